/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I7, I9: the loop of a domain's life with three processors, which are processes here: what belongs
 * to one is its own, what belongs to the domain is shared memory, a knock is a signal. This process
 * is the boot processor and management. No wake-up may be lost, whatever comes together.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_DOMAIN
#define life                   (*the_life) /* life.c defines a pointer now */
#define recheck                (*the_recheck)
#define __builtin_ia32_pause() usleep(20) /* the host may have fewer processors than we */

#include "kernel/abi/layout.h"
#undef VA_PUBLIC
#undef VA_SLICE
#undef VA_RAM
#undef VA_PAYLOAD
#define VA_PUBLIC  ((uint64_t)&shared->page)
#define VA_SLICE   ((uint64_t)&the_slice)
#define VA_RAM     ((uint64_t)shared->ram)
#define VA_PAYLOAD ((uint64_t)shared->payload)

#include "kernel/abi/handoff.h"
#include "kernel/abi/public.h"

#include "life_world.h"

static struct manifest_domain rules;
static struct handoff_domain place;

static _Noreturn void run_processor(uint32_t local)
{
    cpu = (struct cpu){.local = local, .index = local, .domain = &place, .rules = &rules};
    alarm(PATIENCE_SECONDS);
    setjmp(empty_stack);
    life_run();
}

static int start(uint32_t rights, uint8_t on_dma_fault)
{
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(shared, MAP_FAILED);
    assert_true(sizeof(life) <= sizeof(shared->own));
    the_life = (void *)shared->own;
    assert_true(sizeof(recheck) <= sizeof(shared->own_checks));
    the_recheck = (void *)shared->own_checks;
    memset(shared->ram, 0x5a, RAM);
    for (size_t i = 0; i < PAYLOAD; i++)
        shared->payload[i] = (uint8_t)(i / 4096 * 7 + 1);
    rules = (struct manifest_domain){.manage = rights,
                                     .on_dma_fault = on_dma_fault,
                                     .on_exit = MANIFEST_EXIT_RESTART,
                                     .restart_limit = 2,
                                     .restart_window = 60};
    place = (struct handoff_domain){.cpu_count = CPUS,
                                    .ram_count = 2,
                                    .ram = {{0, 0, 3 << 20}, {3 << 20, 0, 7 << 20}},
                                    .digest_count = 1,
                                    .digest = {{0, PAYLOAD, {0}}},
                                    .load_count = 1,
                                    .load = {{0, LOAD_AT, PAYLOAD}}};
    sha256(shared->payload, PAYLOAD, place.digest[0].digest);
    signal(SIGUSR1, take_knock);
    for (uint32_t local = 0; local < CPUS; local++) {
        pid_t pid = fork();
        if (pid == 0)
            run_processor(local);
        assert_true(pid > 0);
        shared->pids[local] = pid;
    }
    return 0;
}

static int start_domain(void **state)
{
    (void)state;
    return start(MANIFEST_RIGHTS, MANIFEST_DMA_STOP);
}

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

static int stop_domain(void **state)
{
    (void)state;
    for (int i = 0; i < CPUS; i++) {
        kill(shared->pids[i], SIGKILL);
        waitpid(shared->pids[i], NULL, 0);
    }
    munmap(shared, sizeof(*shared));
    return 0;
}

#define wait_until(condition)                                                                      \
    for (time_t end = time(NULL) + PATIENCE_SECONDS; !(condition); usleep(20))                     \
        if (time(NULL) > end)                                                                      \
    fail_msg("never: %s; state %u, guests %x, ticket %u, answered %u", #condition,                 \
             shared->page.state, shared->guests, shared->page.ticket, shared->page.answered)

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
    ask(ASK_START); /* and the count begins anew */
    wait_until(answered() && runs(4));
    shared->act[1] = END_TRIPLE_FAULT;
    wait_until(runs(5));
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

static bool checked(uint32_t times)
{
    return shared->page.checks == times && shared->checks[0] == times &&
           shared->checks[1] == times && shared->checks[2] == times;
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
    shared->settle_fails = 0; /* the next attempt is a new one */
    ask(ASK_START);
    wait_until(answered() && runs(1));
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_domain, stop_domain)

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
        TEST(the_power_button),
        TEST(a_check_is_done_by_all),
        TEST(what_a_check_finds_ends_the_life),
        TEST(a_check_waits_for_devices),
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
