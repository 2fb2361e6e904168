/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I7, I9: the loop of a domain's life with three processors, which are processes here: what belongs
 * to one is its own, what belongs to the domain is shared memory, a knock is a signal. This process
 * is the boot processor and management. No wake-up may be lost, whatever comes together.
 */
#include "life_world.h"

static int start_without_rights(void **state)
{
    (void)state;
    return start(MANIFEST_MAY_STATUS | MANIFEST_MAY_COUNTERS, MANIFEST_DMA_STOP);
}

static int start_logging(void **state)
{
    (void)state;
    return start(0, MANIFEST_DMA_LOG);
}

static int start_restarting(void **state)
{
    (void)state;
    return start(0, MANIFEST_DMA_RESTART);
}

static void nothing_happens_before_go(void **state)
{
    (void)state;
    usleep(20000);
    assert_int_equal(shared->page.state, LIFE_NEW);
    assert_int_equal(shared->ram[0], 0x5a);
    go();
    wait_until(runs(1));
    assert_int_equal(shared->page.state, LIFE_RUNNING);
    assert_true(ram_is_loaded());
}

static void on_exit_restarts_up_to_its_limit(void **state)
{
    (void)state;
    go();
    for (uint32_t n = 1; n <= 3; n++) {
        wait_until(runs(n));
        memset(shared->ram, 0xa5, RAM);
        shared->act[n % CPUS] = END_TRIPLE_FAULT;
    }
    wait_until(shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->told, END_TRIPLE_FAULT | 1 << 8 | 1 << 9);
    assert_int_equal(shared->page.last_end, END_TRIPLE_FAULT);
    assert_int_equal(shared->page.restarts, 2);
    assert_int_equal(shared->page.lives, 3);
    assert_true(ram_is_zero());
    wait_until(shared->listening == (1 << CPUS) - 1); /* I9: while no guest has the APICs */
    ask(ASK_START);                                   /* and the count begins anew */
    wait_until(answered() && runs(4));
    assert_int_equal(shared->listening, 0);
    shared->act[1] = END_TRIPLE_FAULT;
    wait_until(runs(5));
    ask(ASK_RESTART);
    wait_until(answered() && runs(6));
    trail_is(EVENT(AUDIT_START, 1), EVENT(AUDIT_END, END_TRIPLE_FAULT), EVENT(AUDIT_START, 2),
             EVENT(AUDIT_END, END_TRIPLE_FAULT), EVENT(AUDIT_START, 3),
             EVENT(AUDIT_END, END_TRIPLE_FAULT), EVENT(AUDIT_REST, LIFE_STOPPED),
             EVENT(AUDIT_START, 4), EVENT(AUDIT_END, END_TRIPLE_FAULT), EVENT(AUDIT_START, 5),
             EVENT(AUDIT_END, END_ASKED), EVENT(AUDIT_START, 6));
    static const uint32_t again[] = {0, 1, 1, 2, 2, 0, 0, 0, 1, 1, 0, 0};
    for (size_t i = 0; i < sizeof again / sizeof again[0]; i++)
        assert_int_equal(shared->again[i], again[i]);
}

/* A request that changes nothing must not hide a life that ended at the same time. */
static void an_end_beside_a_request(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    kill(shared->pids[0], SIGSTOP);
    shared->act[1] = END_RESET;
    wait_until(shared->guests == 5); /* its processor has left the guest */
    ask(ASK_START);
    kill(shared->pids[0], SIGCONT);
    wait_until(runs(2) && answered());
}

static void power_off_stops(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    shared->act[0] = END_POWER_OFF;
    wait_until(shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->told, END_POWER_OFF | 1 << 8);
    assert_true(ram_is_zero());
}

static void management_stops_starts_and_restarts(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    ask(ASK_STOP);
    wait_until(answered());
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    assert_int_equal(shared->page.last_end, END_ASKED);
    assert_true(ram_is_zero());
    ask(ASK_STOP);
    wait_until(answered());
    ask(ASK_START);
    wait_until(answered() && runs(2));
    assert_true(ram_is_loaded());
    ask(ASK_START); /* it runs already */
    wait_until(answered());
    assert_int_equal(shared->page.lives, 2);
    ask(ASK_RESTART);
    wait_until(answered() && runs(3));
    ask(77); /* nobody knows that */
    wait_until(answered());
    assert_true(runs(3));
    trail_is(EVENT(AUDIT_START, 1), EVENT(AUDIT_END, END_ASKED), EVENT(AUDIT_REST, LIFE_STOPPED),
             EVENT(AUDIT_START, 2), EVENT(AUDIT_END, END_ASKED), EVENT(AUDIT_START, 3));
}

/* The page says what somebody wrote; the manifest says what may be asked. */
static void what_the_manifest_does_not_allow(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    for (enum life_ask what = ASK_START; what <= ASK_CHECK; what++) {
        ask(what);
        wait_until(answered());
        assert_true(runs(1));
        assert_int_equal(shared->page.last_end, END_NONE);
    }
    assert_int_equal(shared->pressed, 0);
    assert_int_equal(shared->page.checks + shared->checks[0], 0);
}

/* Asked before the boot processor lets it go: it is emptied, and stays stopped. */
static void stopped_before_its_first_life(void **state)
{
    (void)state;
    ask(ASK_STOP);
    go();
    wait_until(shared->page.state == LIFE_STOPPED && answered());
    assert_int_equal(shared->page.lives, 0);
    assert_true(ram_is_zero());
}

static void an_apic_that_keeps_something_refuses(void **state)
{
    (void)state;
    shared->settle_fails = 1 << 2;
    go();
    wait_until(shared->page.state == LIFE_REFUSED);
    assert_int_equal(shared->refused, LIFE_SETTLING);
    assert_true(ram_is_zero());
    wait_until(shared->listening == (1 << CPUS) - 1);
    shared->settle_fails = 0; /* the next attempt is a new one */
    ask(ASK_START);
    wait_until(answered() && runs(1));
    trail_is(EVENT(AUDIT_REST, LIFE_REFUSED), EVENT(AUDIT_START, 1));
}

/* I3, I7: it may take its time, and what a device wrote until then is gone. */
static void devices_come_to_rest_before_ram_is_zeroed(void **state)
{
    (void)state;
    shared->calm_turns = 5000;
    go();
    for (uint32_t n = 1; n <= 3; n++) {
        wait_until(runs(n));
        assert_int_equal(shared->calmed, n);
        assert_true(ram_is_loaded());
        shared->act[n % CPUS] = END_RESET;
    }
    wait_until(shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->calmed, 4);
    assert_true(ram_is_zero());
    assert_false(shared->calm_too_late);
}

static void asked_while_devices_come_to_rest(void **state)
{
    (void)state;
    shared->calm_turns = UINT32_MAX;
    go();
    wait_until(shared->page.state == LIFE_RESETTING);
    shared->page.faulted = 1; /* a late one: the reset is not to be disturbed */
    ask(ASK_STOP);
    wait_until(shared->page.quarantined == 1);
    assert_int_equal(shared->no_dma, 0);
    usleep(1000);
    shared->calm_turns = 0;
    wait_until(answered());
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    assert_int_equal(shared->page.lives, 0);
}

static void a_device_that_does_not_come_back_refuses(void **state)
{
    (void)state;
    shared->calm_fails = true;
    go();
    wait_until(shared->page.state == LIFE_REFUSED);
    assert_int_equal(shared->refused, LIFE_RESETTING);
    assert_int_equal(shared->page.lives, 0);
    assert_true(ram_is_zero());
    ask(ASK_START);
    wait_until(answered());
    assert_int_equal(shared->page.state, LIFE_REFUSED);
    assert_int_equal(shared->calmed, 2); /* each attempt is a new one */
    shared->calm_fails = false;
    ask(ASK_START);
    wait_until(answered() && runs(1));
    assert_false(shared->told_lost);
}

static void unless_the_manifest_lets_it_go_on(void **state)
{
    (void)state;
    shared->goes_on = shared->calm_fails = true;
    go();
    wait_until(runs(1));
    assert_true(shared->told_lost);
}

/* I3: the owner's first processor switches bus mastering off, whatever the policy is. */
static void fault(uint32_t functions)
{
    shared->page.faulted ^= functions;
    machine_knock(0);
    wait_until(shared->page.quarantined == shared->page.faulted);
    assert_false(shared->too_early);
}

static void a_dma_fault_stops(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    fault(5);
    wait_until(shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->told, END_DMA_FAULT | 1 << 8);
    trail_is(EVENT(AUDIT_START, 1), EVENT(AUDIT_DMA_FAULT, 0x10), EVENT(AUDIT_QUARANTINE, 0x10),
             EVENT(AUDIT_DMA_FAULT, 0x12), EVENT(AUDIT_QUARANTINE, 0x12),
             EVENT(AUDIT_END, END_DMA_FAULT), EVENT(AUDIT_REST, LIFE_STOPPED));
    fault(2); /* what was under way: the next life doesn't begin with its end */
    ask(ASK_START);
    wait_until(answered() && runs(2));
    usleep(2000);
    assert_true(runs(2));
}

static void or_is_only_noted(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    fault(4);
    usleep(2000);
    assert_true(runs(1));
    assert_int_equal(shared->no_dma, 4);
    assert_int_equal(shared->page.last_end, END_NONE);
}

static void or_restarts_up_to_the_limit(void **state)
{
    (void)state;
    go();
    for (uint32_t n = 1; n <= 3; n++) {
        wait_until(runs(n));
        fault(1);
    }
    wait_until(shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->told, END_DMA_FAULT | 1 << 8 | 1 << 9);
}

static void another_payload_refuses(void **state)
{
    (void)state;
    shared->payload[PAYLOAD - 1] ^= 1;
    go();
    wait_until(shared->page.state == LIFE_REFUSED);
    assert_int_equal(shared->refused, LIFE_LOADING);
    assert_true(ram_is_zero());
    assert_int_equal(shared->page.lives, 0);
}

static void a_machine_check_between_lives_refuses(void **state)
{
    (void)state;
    shared->strikes = true;
    go();
    wait_until(shared->page.state == LIFE_REFUSED);
    assert_int_equal(shared->refused, LIFE_LOADING);
    assert_int_equal(shared->page.lives, 0);
    shared->strikes = false;
    ask(ASK_START);
    wait_until(runs(1));
    assert_true(ram_is_loaded());
}

static void a_panic_elsewhere_stops_all(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    shared->stop = 1;
    for (uint32_t local = 0; local < CPUS; local++)
        machine_knock(local);
    wait_until(shared->halted == CPUS);
}

/* Requests at any moment, and lives that end meanwhile: it always comes to rest. */
static void no_wake_up_is_lost(void **state)
{
    (void)state;
    srand(17);
    go();
    for (int i = 0; i < 300; i++) {
        ask(ASK_START + (unsigned)rand() % ASK_CHECK);
        if (rand() % 3 == 0)
            shared->act[rand() % CPUS] = END_RESET;
        usleep((useconds_t)rand() % 2000);
        if (rand() % 4 == 0)
            wait_until(answered());
    }
    ask(ASK_STOP);
    wait_until(answered());
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    assert_true(ram_is_zero());
    assert_true(shared->page.checks > 10 && checked(shared->page.checks));
    assert_false(shared->checked_too_early);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_happens_before_go),
        TEST(on_exit_restarts_up_to_its_limit),
        TEST(an_end_beside_a_request),
        TEST(power_off_stops),
        TEST(management_stops_starts_and_restarts),
        cmocka_unit_test_setup_teardown(what_the_manifest_does_not_allow, start_without_rights,
                                        stop_domain),
        TEST(stopped_before_its_first_life),
        TEST(an_apic_that_keeps_something_refuses),
        TEST(devices_come_to_rest_before_ram_is_zeroed),
        TEST(asked_while_devices_come_to_rest),
        TEST(a_device_that_does_not_come_back_refuses),
        TEST(unless_the_manifest_lets_it_go_on),
        TEST(a_dma_fault_stops),
        cmocka_unit_test_setup_teardown(or_is_only_noted, start_logging, stop_domain),
        cmocka_unit_test_setup_teardown(or_restarts_up_to_the_limit, start_restarting, stop_domain),
        TEST(another_payload_refuses),
        TEST(a_machine_check_between_lives_refuses),
        TEST(a_panic_elsewhere_stops_all),
        TEST(no_wake_up_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
