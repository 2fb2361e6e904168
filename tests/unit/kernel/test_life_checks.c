/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I10, I12: management's wishes that are no event of a domain's life: the power button, and the
 * separation check, which each of its processors does while it lives.
 */
#include "life_world.h"

/* Its guest is told, while it runs; what it makes of that is its own, and S5 stops it for good. */
static void the_power_button(void **state)
{
    (void)state;
    go();
    wait_until(runs(1));
    ask(ASK_POWER_BUTTON);
    wait_until(answered());
    assert_int_equal(shared->pressed, 1);
    assert_true(runs(1));
    shared->act[0] = END_POWER_OFF;
    wait_until(shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->told, END_POWER_OFF | 1 << 8);
    ask(ASK_POWER_BUTTON);
    wait_until(answered());
    assert_int_equal(shared->pressed, 1);
    assert_int_equal(shared->page.state, LIFE_STOPPED);
}

/* I12: each processor does its part, in pieces, and its guest goes on. */
static void a_check_is_done_by_all(void **state)
{
    (void)state;
    shared->pieces = 100;
    go();
    wait_until(runs(1));
    for (uint32_t n = 1; n <= 20; n++) {
        ask(ASK_CHECK);
        wait_until(answered());
        assert_true(checked(n));
        assert_int_equal(shared->page.check_failed, 0);
    }
    assert_true(runs(1));
    ask(ASK_STOP);
    wait_until(answered());
    ask(ASK_CHECK);
    wait_until(answered());
    assert_true(checked(21));
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    assert_int_equal(shared->page.lives, 1);
    assert_int_equal(shared->told_found, 0);
    assert_int_equal(shared->trail_count, 1 + 21 + 2); /* each once */
    assert_int_equal(shared->trail[20], EVENT(AUDIT_CHECK, 0));
}

enum { A_FEW = 4 }; /* a knock that comes meanwhile brings a guest back too */

/* I12: where a timer brings it back each guest runs after every piece but the last. */
static void a_guest_goes_on_between_two_pieces(void **state)
{
    (void)state;
    shared->pieces = 100;
    shared->timer = true;
    go();
    wait_until(runs(1));
    for (uint32_t n = 1; n <= 3; n++) {
        ask(ASK_CHECK);
        wait_until(answered());
        assert_true(checked(n));
        assert_int_equal(shared->page.check_failed, 0);
        for (uint32_t local = 0; local < CPUS; local++)
            assert_int_equal(shared->goes[local], 100 * n);
        assert_int_equal(shared->timers, 0);
    }
    assert_true(runs(1));
    ask(ASK_STOP); /* a domain without a guest needs no timer */
    wait_until(answered());
    ask(ASK_CHECK);
    wait_until(answered());
    assert_true(checked(4));
    assert_int_equal(shared->goes[1], 300);
    assert_false(shared->checked_too_early);
    assert_int_equal(shared->trail_count, 1 + 4 + 2);
}

/* I9: what comes meanwhile waits for no guest any more. */
static void what_comes_meanwhile_does_not_wait(void **state)
{
    (void)state;
    shared->pieces = 100;
    shared->timer = shared->endless = true;
    go();
    wait_until(runs(1));
    ask(ASK_CHECK);
    wait_until(shared->timers == (1 << CPUS) - 1);
    usleep(2000);
    assert_false(answered());
    ask(ASK_STOP);
    wait_until((shared->timers & 1) == 0);
    shared->endless = false; /* the others see it when they come back */
    wait_until(answered());
    assert_int_equal(shared->page.state, LIFE_STOPPED);
    assert_true(checked(1));
    for (uint32_t local = 0; local < CPUS; local++)
        assert_in_range(shared->goes[local], 1, A_FEW);
    assert_int_equal(shared->timers, 0);
    assert_false(shared->checked_too_early);
}

/* I9, I12: a life that ends in the midst of a check, by the first processor and by another. */
static void a_life_ends_in_the_midst(void **state)
{
    (void)state;
    shared->pieces = 100;
    shared->timer = shared->endless = true;
    go();
    for (uint32_t local = 0; local < 2; local++) {
        shared->endless = true;
        wait_until(runs(local + 1));
        ask(ASK_CHECK);
        wait_until(shared->timers == (1 << CPUS) - 1);
        shared->act[local] = END_TRIPLE_FAULT;
        wait_until((shared->timers >> local & 1) == 0);
        shared->endless = false;
        wait_until(answered() && runs(local + 2));
        assert_true(checked(local + 1));
        assert_int_equal(shared->timers, 0);
    }
    for (uint32_t local = 0; local < CPUS; local++)
        assert_in_range(shared->goes[local], 2, 2 * A_FEW);
    assert_false(shared->checked_too_early);
}

/* I10, I12: what one processor finds ends the life; the others' parts wait for no guest then. */
static void what_is_found_waits_for_no_guest(void **state)
{
    (void)state;
    shared->pieces = 100;
    shared->timer = shared->endless = true;
    go();
    wait_until(runs(1));
    shared->finds = 1 << 1;
    ask(ASK_CHECK);
    wait_until(shared->checks[0] == 1 && shared->checks[1] == 1);
    shared->endless = false;
    wait_until(answered() && shared->page.state == LIFE_STOPPED);
    assert_int_equal(shared->page.last_end, END_CHECK);
    assert_int_equal(shared->goes[1], 0);
    for (uint32_t local = 0; local < CPUS; local += 2)
        assert_in_range(shared->goes[local], 0, A_FEW);
    assert_int_equal(shared->trail[1], EVENT(AUDIT_CHECK, 11));
    assert_false(shared->checked_too_early);
}

/* I10, I12: whoever finds something, and whatever on_exit says, until a check finds nothing. */
static void what_a_check_finds_ends_the_life(void **state)
{
    (void)state;
    go();
    for (uint32_t local = 0; local < CPUS; local++) {
        wait_until(runs(local + 1));
        shared->finds = 1 << local;
        ask(ASK_CHECK);
        wait_until(answered() && shared->page.state == LIFE_STOPPED);
        assert_int_equal(shared->page.check_failed, 11);
        assert_int_equal(shared->page.last_end, END_CHECK);
        assert_int_equal(shared->told_found, local + 1);
        assert_true(ram_is_zero());
        ask(ASK_START);
        wait_until(answered());
        ask(ASK_RESTART);
        wait_until(answered());
        assert_int_equal(shared->page.state, LIFE_STOPPED);
        assert_int_equal(shared->page.lives, local + 1);
        shared->finds = 0;
        ask(ASK_CHECK);
        wait_until(answered());
        assert_int_equal(shared->page.check_failed, 0);
        ask(ASK_START);
    }
    wait_until(answered() && runs(CPUS + 1));
    assert_int_equal(shared->trail[1], EVENT(AUDIT_CHECK, 11));
    assert_true(ram_is_loaded());
}

static void a_check_waits_for_devices(void **state)
{
    (void)state;
    shared->calm_turns = UINT32_MAX;
    go();
    wait_until(shared->page.state == LIFE_RESETTING);
    ask(ASK_CHECK);
    usleep(2000);
    assert_int_equal(shared->checks[1], 0);
    shared->calm_turns = 0;
    wait_until(answered() && runs(1));
    assert_true(checked(1));
    assert_false(shared->checked_too_early);
}

/* I9, I12: a part that a machine check breaks off was none; it begins anew. */
static void a_check_that_is_broken_off_begins_anew(void **state)
{
    (void)state;
    shared->pieces = 10;
    shared->struck = 1 << 1;
    shared->locked = 1 << 0 | 1 << 1;
    go();
    wait_until(runs(1));
    ask(ASK_CHECK);
    wait_until(answered());
    assert_true(checked(1));
    assert_int_equal(shared->struck, 0);
    assert_int_equal(shared->locked, 1 << 0); /* nothing of the processor that was struck */
    assert_int_equal(shared->begins[0], 1);
    assert_int_equal(shared->begins[1], 2);
    assert_int_equal(shared->page.last_end, END_MACHINE_CHECK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_power_button),
        TEST(a_check_is_done_by_all),
        TEST(a_guest_goes_on_between_two_pieces),
        TEST(what_comes_meanwhile_does_not_wait),
        TEST(a_life_ends_in_the_midst),
        TEST(what_is_found_waits_for_no_guest),
        TEST(what_a_check_finds_ends_the_life),
        TEST(a_check_waits_for_devices),
        TEST(a_check_that_is_broken_off_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
