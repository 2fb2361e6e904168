/* SPDX-License-Identifier: Apache-2.0 */
/* I5, I6: a domain that starts after others waits, and can be seen and asked while it does. */
#include "life_world.h"

static int start_waiting(void **state)
{
    (void)state;
    the_order = 1 << 2;
    int result = start(MANIFEST_RIGHTS, MANIFEST_DMA_STOP);
    the_order = 0;
    return result;
}

/* As management's first processor says it. */
static void let_go(void)
{
    go();
    machine_knock(0);
}

static void it_waits_until_it_is_let_go(void **state)
{
    (void)state;
    usleep(20000);
    assert_int_equal(shared->page.state, LIFE_NEW);
    assert_int_equal(shared->ram[0], 0x5a);
    let_go();
    wait_until(runs(1));
    assert_true(ram_is_loaded());
    trail_is(EVENT(AUDIT_START, 1));
    ask(ASK_STOP);
    wait_until(answered());
    let_go(); /* only the first start is ordered */
    usleep(20000);
    assert_int_equal(shared->page.state, LIFE_STOPPED);
}

/* Whoever may start or restart it need not wait for the others. */
static void an_operator_starts_it_all_the_same(void **state)
{
    (void)state;
    ask(ASK_START);
    wait_until(answered() && runs(1));
    let_go();
    ask(ASK_POWER_BUTTON);
    wait_until(answered());
    assert_int_equal(shared->page.lives, 1);
}

static void a_restart_starts_it_too(void **state)
{
    (void)state;
    ask(ASK_RESTART);
    wait_until(answered() && runs(1));
    trail_is(EVENT(AUDIT_START, 1));
}

/* Stopped for good, it does not start when the others do. */
static void an_operator_stops_it(void **state)
{
    (void)state;
    ask(ASK_STOP);
    wait_until(answered());
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    assert_true(ram_is_zero());
    let_go();
    usleep(20000);
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    ask(ASK_START);
    wait_until(answered() && runs(1));
}

/* I12: a check is done while it waits; one that finds something keeps it waiting. */
static void a_check_while_it_waits(void **state)
{
    (void)state;
    ask(ASK_POWER_BUTTON);
    wait_until(answered());
    assert_int_equal(shared->pressed, 0);
    shared->finds = 1 << 1;
    ask(ASK_CHECK);
    wait_until(answered());
    assert_true(checked(1));
    let_go();
    ask(ASK_START);
    wait_until(answered());
    usleep(20000);
    assert_int_equal(shared->page.state, LIFE_NEW);
    shared->finds = 0;
    ask(ASK_CHECK);
    wait_until(runs(1));
}

static int start_waiting_without_rights(void **state)
{
    (void)state;
    the_order = 1 << 2;
    int result = start(MANIFEST_MAY_STATUS, MANIFEST_DMA_STOP);
    the_order = 0;
    return result;
}

static void what_nobody_may_ask(void **state)
{
    (void)state;
    for (enum life_ask what = ASK_START; what <= ASK_CHECK; what++) {
        ask(what);
        wait_until(answered());
        assert_int_equal(shared->page.state, LIFE_NEW);
    }
    let_go();
    wait_until(runs(1));
}

/* The boot processor does not knock: who waits for nobody else sees its word all the same. */
static void who_waits_for_nobody(void **state)
{
    (void)state;
    usleep(20000);
    go();
    wait_until(runs(1));
}

#define WAITS(name) cmocka_unit_test_setup_teardown(name, start_waiting, stop_domain)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_waits_for_nobody),
        WAITS(it_waits_until_it_is_let_go),
        WAITS(an_operator_starts_it_all_the_same),
        WAITS(a_restart_starts_it_too),
        WAITS(an_operator_stops_it),
        WAITS(a_check_while_it_waits),
        cmocka_unit_test_setup_teardown(what_nobody_may_ask, start_waiting_without_rights,
                                        stop_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
