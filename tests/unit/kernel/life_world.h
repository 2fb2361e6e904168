/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loop of test_life.c runs on: processors that are processes, and in place of arch/ and of
 * the devices functions that note what was asked of them. This process is the boot processor and
 * management. Included once.
 */
#ifndef BULKHEAD_LIFE_WORLD_H
#define BULKHEAD_LIFE_WORLD_H

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

enum { CPUS = 3, RAM = 10 << 20, PAYLOAD = 5 << 20, LOAD_AT = 3 << 20, PATIENCE_SECONDS = 60 };
enum { PIECE_TICKS = 1000 };

static struct shared {
    struct public_page page;
    pid_t pids[CPUS];
    volatile uint32_t locked;       /* what a processor holds while a machine check strikes */
    volatile uint32_t act[CPUS];    /* enum life_end: what the guest is to do next */
    volatile uint32_t guests;       /* processors in the guest or waiting for SIPI, as bits */
    volatile uint32_t settle_fails; /* processors whose APIC can't be emptied, as bits */
    volatile uint32_t listening;    /* those whose APIC hears the board's NMIs */
    volatile uint32_t told, refused, stop, halted;
    volatile uint32_t no_dma;             /* functions in quarantine */
    volatile bool too_early;              /* answered before that */
    volatile uint32_t calm_turns, calmed; /* that the functions need for a reset; resets so far */
    volatile bool calm_fails, calm_too_late;
    volatile uint32_t trail[64], trail_count; /* kind, and what it tells first */
    volatile uint32_t again[64];              /* and third: on_exit's doing */
    volatile bool strikes;                    /* whoever reads the payload: a machine check */
    volatile bool goes_on, told_lost;         /* without the function that does not come back */
    volatile uint32_t pressed;                /* times that the guest heard of its power button */
    volatile uint32_t pieces;       /* that a processor's part of the separation check takes */
    volatile uint32_t checks[CPUS]; /* parts that each has done */
    volatile uint32_t begins[CPUS]; /* and begun */
    volatile uint32_t struck; /* processors that a machine check strikes in a piece, as bits */
    volatile uint32_t finds;  /* processors whose part finds something, as bits */
    volatile uint32_t told_found;
    volatile bool checked_too_early; /* while devices were reset, or with the timer on */
    volatile bool timer;             /* processors have one that brings a guest back, */
    volatile bool endless;           /* which does not come before the test allows it */
    volatile uint32_t goes[CPUS];    /* times that each guest went on in the midst of a check */
    volatile uint32_t timers;        /* processors whose timer is on, as bits */
    _Alignas(16) uint8_t own_checks[256];
    _Alignas(16) uint8_t own[4096]; /* what life.c keeps of the domain */
    uint8_t ram[RAM], payload[PAYLOAD];
} * shared;
static struct handoff_slice the_slice;
static const struct function its_functions[3] = {{.pci = 0x10}, {.pci = 0x11}, {.pci = 0x12}};
#undef VA_DEVICES
#define VA_DEVICES ((uint64_t)its_functions)

#include "kernel/life/faults.h"
struct faults faults;

#include "kernel/life/fill.c"
#include "kernel/life/life.c"
#include "kernel/life/recheck.c"

struct stop_page stop_page;
struct cpu cpu;
struct vcpu vcpu;
volatile bool stop_own;
static jmp_buf empty_stack;

/* The machine. */
static void take_knock(int signal)
{
    (void)signal;
    stop_page.stop = shared->stop;
    vcpu.knock = 1;
}

void machine_knock(uint32_t apic_id)
{
    kill(shared->pids[apic_id], SIGUSR1);
}

uint32_t machine_apic_id(uint32_t local)
{
    return local;
}

static uint64_t own_time; /* goes by in a check's pieces only */
uint64_t machine_tsc(void)
{
    return own_time;
}

void machine_init(void)
{
}

void machine_reset(void)
{
}

void machine_clear_counts(void)
{
}

bool machine_settle(void)
{
    __atomic_and_fetch(&shared->listening, ~(1u << cpu.local), __ATOMIC_SEQ_CST);
    return !(shared->settle_fails >> cpu.local & 1);
}

void machine_listen(void)
{
    __atomic_or_fetch(&shared->listening, 1u << cpu.local, __ATOMIC_SEQ_CST);
}

void cpu_park(void)
{
    sigset_t knock, before;
    sigemptyset(&knock);
    sigaddset(&knock, SIGUSR1);
    sigprocmask(SIG_BLOCK, &knock, &before);
    while (!vcpu.knock)
        sigsuspend(&before);
    vcpu.knock = 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
}

_Noreturn void cpu_leave_stack(void (*function)(void))
{
    (void)function; /* always life_run */
    longjmp(empty_stack, 1);
}

_Noreturn void panic_halt(void)
{
    __atomic_add_fetch(&shared->halted, 1, __ATOMIC_SEQ_CST);
    _exit(0);
}

static void timer_off(void)
{
    __atomic_and_fetch(&shared->timers, ~(1u << cpu.local), __ATOMIC_SEQ_CST);
}

bool vcpu_come_back(uint64_t ticks)
{
    if (!shared->timer)
        return false;
    assert_int_equal(ticks, 7 * PIECE_TICKS);
    __atomic_or_fetch(&shared->timers, 1u << cpu.local, __ATOMIC_SEQ_CST);
    shared->goes[cpu.local]++;
    return true;
}

void vcpu_leave(void)
{
    timer_off();
    __atomic_and_fetch(&shared->guests, ~(1u << cpu.local), __ATOMIC_SEQ_CST);
}

void vcpu_set_sipi(uint8_t vector)
{
    (void)vector;
}

void vcpu_set_entry(const struct handoff_entry *entry)
{
    (void)entry;
}

/* The guest: its first processor starts the others; it ends as it is told. */
_Noreturn void vcpu_enter(void)
{
    for (uint32_t local = 1; cpu.local == 0 && local < CPUS; local++)
        life_request(local, REQUEST_SIPI, 0x10);
    __atomic_or_fetch(&shared->guests, 1u << cpu.local, __ATOMIC_SEQ_CST);
    for (;;) {
        if (vcpu.knock || (shared->timers >> cpu.local & 1 && !shared->endless)) {
            timer_off();
            vcpu.knock = 0;
            life_knocked();
        }
        uint32_t cause = __atomic_exchange_n(&shared->act[cpu.local], END_NONE, __ATOMIC_SEQ_CST);
        if (cause != END_NONE)
            life_end(cause);
        usleep(20);
    }
}

/* The separation check. */
struct check_result separation_result;
static uint32_t pieces_left;

void separation_begin(void)
{
    shared->checked_too_early |= !life_rests(state_of(life.phase));
    shared->checked_too_early |= shared->timers >> cpu.local & 1;
    shared->begins[cpu.local]++;
    pieces_left = shared->pieces;
}

enum check_progress separation_go_on(void)
{
    bool finds = shared->finds >> cpu.local & 1;
    own_time += PIECE_TICKS;
    if (!finds && pieces_left && pieces_left--) /* the first thing found is the last */
        return CHECK_GOES_ON;
    if (__atomic_fetch_and(&shared->struck, ~(1u << cpu.local), __ATOMIC_SEQ_CST) >> cpu.local & 1)
        life_end(END_MACHINE_CHECK);
    shared->checks[cpu.local]++;
    separation_result = (struct check_result){.ok = !finds, .invariant = finds ? "I11" : ""};
    return CHECK_DONE;
}

void tell_found(const char *invariant, const char *text)
{
    (void)text;
    assert_string_equal(invariant, "I11");
    __atomic_add_fetch(&shared->told_found, 1, __ATOMIC_SEQ_CST);
}

void devices_power_button(void)
{
    shared->pressed++;
}

void devices_setup(void)
{
}

/* Its device writes to its RAM as long as it may. */
bool devices_calm(void)
{
    static uint32_t turns;
    shared->calm_too_late |= shared->guests != 0 || cpu.local != 0;
    shared->ram[RAM - 1] = 0x77;
    if (turns++ < shared->calm_turns)
        return false;
    turns = 0;
    shared->calmed++;
    return true;
}

const struct function *devices_lost(uint32_t flag)
{
    static const struct function function;
    return shared->calm_fails && flag == (shared->goes_on ? FUNCTION_GO_ON : 0) ? &function : NULL;
}

void devices_let_go(void)
{
    __atomic_and_fetch(&shared->locked, ~(1u << cpu.local), __ATOMIC_SEQ_CST);
}

void devices_reset(void)
{
}

void devices_pump(void)
{
}

void devices_quarantine(uint32_t functions)
{
    shared->no_dma |= functions;
}

void faults_look(void)
{
    faults.begun = true;
}

uint32_t faults_taken(void)
{
    return shared->page.faulted ^ shared->page.quarantined;
}

void faults_answer(uint32_t functions)
{
    shared->too_early |= (shared->no_dma & functions) != functions;
    shared->page.quarantined ^= functions;
}

void faults_forget(void)
{
    shared->no_dma = 0;
}

void tell_end(enum life_end cause, uint32_t restarts, bool stay, bool limit)
{
    (void)restarts;
    shared->told = cause | (uint32_t)stay << 8 | (uint32_t)limit << 9;
}

void audit_write(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2, uint64_t value3)
{
    (void)domain, (void)value1, (void)value3;
    if (shared->trail_count < 64) {
        shared->again[shared->trail_count] = (uint32_t)value2;
        shared->trail[shared->trail_count++] = kind << 16 | (uint32_t)value0;
    }
}

void audit_heed(void)
{
}

void nmi_look(uint32_t nmis, uint32_t knocks)
{
    (void)nmis, (void)knocks;
}

void tell_refusal(enum life_state state, const struct function *lost)
{
    shared->refused = lost ? LIFE_RESETTING : state;
}

void tell_lost(const struct function *lost)
{
    shared->told_lost = lost != NULL;
}

void memory_zero(void *to, size_t bytes)
{
    assert_true(bytes <= LARGE_PAGE_BYTES);
    memset(to, 0, bytes);
}

void memory_copy(void *to, const void *from, size_t bytes)
{
    assert_true(bytes <= LARGE_PAGE_BYTES);
    if (shared->strikes)
        life_end(END_MACHINE_CHECK);
    memcpy(to, from, bytes);
}

static bool ram_is_zero(void)
{
    for (size_t i = 0; i < RAM; i++)
        if (shared->ram[i] != 0)
            return false;
    return true;
}

static bool ram_is_loaded(void)
{
    for (size_t i = 0; i < RAM; i++)
        if (shared->ram[i] !=
            (i >= LOAD_AT && i < LOAD_AT + PAYLOAD ? shared->payload[i - LOAD_AT] : 0))
            return false;
    return true;
}

/* The boot processor and management. */
static void go(void)
{
    __atomic_store_n(&shared->page.go, 1, __ATOMIC_RELEASE);
}

static uint32_t last_ticket(void)
{
    return (uint32_t)(shared->page.wish >> PUBLIC_TICKET);
}

static void ask(enum life_ask what)
{
    __atomic_store_n(&shared->page.wish, (uint64_t)(last_ticket() + 1) << PUBLIC_TICKET | what,
                     __ATOMIC_RELEASE);
    machine_knock(0);
}

static bool answered(void)
{
    return __atomic_load_n(&shared->page.answered, __ATOMIC_ACQUIRE) == last_ticket();
}

static bool runs(uint32_t lives)
{
    return shared->page.lives == lives && shared->guests == (1 << CPUS) - 1;
}

static bool checked(uint32_t times)
{
    return shared->page.checks == times && shared->checks[0] == times &&
           shared->checks[1] == times && shared->checks[2] == times;
}

static struct manifest_domain rules;
static uint32_t the_order; /* whom it starts after, as bits */
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
                                     .start_after = the_order,
                                     .on_dma_fault = on_dma_fault,
                                     .on_exit = MANIFEST_EXIT_RESTART,
                                     .restart_limit = 2,
                                     .restart_window = 60};
    place = (struct handoff_domain){.cpu_count = CPUS,
                                    .function_count = 3,
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
             shared->page.state, shared->guests, last_ticket(), shared->page.answered)

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_domain, stop_domain)
/* The audit trail since the beginning: exactly these, in this order (I6). */
#define EVENT(kind, value) ((uint32_t)(kind) << 16 | (value))
#define trail_is(...)                                                                              \
    do {                                                                                           \
        static const uint32_t due[] = {__VA_ARGS__};                                               \
        assert_int_equal(shared->trail_count, sizeof due / sizeof due[0]);                         \
        for (size_t i = 0; i < sizeof due / sizeof due[0]; i++)                                    \
            assert_int_equal(shared->trail[i], due[i]);                                            \
    } while (0)

#endif
