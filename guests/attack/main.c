/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Choice of parts, the siblings, and the report.
 *
 * Command line: attack= parts (all), last= how this life ends (triple; see last.c, "none" stops by
 * S5 without planting anything), life_ms= how long it lasts at least, in milliseconds, verbose: a
 * line an attempt, where otherwise each part is summed up and only failures have a line of their
 * own.
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"
#include <stdarg.h>
#include <stddef.h>

enum { SETTLES_A_SECOND = 250, VECTORS = 256 };

/* In "all"; if there is an edu device; only if there is one and the part is named. */
enum when { ALWAYS, WITH_EDU, EDU_NAMED };

struct part {
    const char *word;
    void (*run)(void);
    enum when when;
};

static const struct part parts[] = {
    {"memory", attack_memory, ALWAYS},    {"windows", attack_windows, ALWAYS},
    {"forms", attack_forms, ALWAYS},      {"msr", attack_msr, ALWAYS},
    {"x2apic", attack_x2apic, ALWAYS},    {"port", attack_port, ALWAYS},
    {"string", attack_string_io, ALWAYS}, {"icr", attack_icr, ALWAYS},
    {"nmi", attack_nmi, ALWAYS},          {"lvt", attack_lvt, ALWAYS},
    {"ioapic", attack_ioapic, ALWAYS},    {"delivery", attack_delivery, ALWAYS},
    {"prefix", attack_prefix, ALWAYS},    {"control", attack_control, ALWAYS},
    {"misc", attack_misc, ALWAYS},        {"pci", attack_pci, WITH_EDU},
    {"config", attack_config, WITH_EDU},  {"message", attack_message, WITH_EDU},
    {"window", attack_window, EDU_NAMED}, {"dma", attack_dma, WITH_EDU},
    {"soak", attack_soak, EDU_NAMED},     {"card", attack_card, EDU_NAMED},
};

static unsigned passed, failed;
static volatile uint32_t seen[MAX_DOMAIN_CPUS][VECTORS];
static volatile sibling_function sibling_work[MAX_DOMAIN_CPUS];

void report(bool pass, const char *invariant, const char *name, const char *text, ...)
{
    *(pass ? &passed : &failed) += 1;
    if (pass && !attack_is_verbose()) {
        return;
    }
    va_list args;
    va_start(args, text);
    print("attack: %s %s %s: ", pass ? "PASS" : "FAIL", invariant, name);
    vprint(text, args);
    print("\n");
    va_end(args);
}

bool attack_is_verbose(void)
{
    static enum { UNKNOWN, SUMS, ALL } verbose;
    if (verbose == UNKNOWN) {
        verbose = cmdline_has("verbose") ? ALL : SUMS;
    }
    return verbose == ALL;
}

/* The sum of a part: what it has added to the counts before it. */
static void sum_up(const char *part, unsigned passed_before, unsigned failed_before)
{
    print("attack: %s: %u attempts, %u not stopped\n", part,
          passed + failed - passed_before - failed_before, failed - failed_before);
}

const char *fault_name(int vector)
{
    static const char *const names[] = {
        [0] = "#DE",  [1] = "#DB",  [3] = "#BP",  [4] = "#OF",  [5] = "#BR",  [6] = "#UD",
        [7] = "#NM",  [8] = "#DF",  [10] = "#TS", [11] = "#NP", [12] = "#SS", [13] = "#GP",
        [14] = "#PF", [16] = "#MF", [17] = "#AC", [18] = "#MC", [19] = "#XM",
    };
    if (vector == NO_FAULT) {
        return "nothing";
    }
    bool known = (size_t)vector < sizeof(names) / sizeof(names[0]) && names[vector];
    return known ? names[vector] : "another exception";
}

static void count_interrupt(struct frame *frame)
{
    seen[cpu_self()->index][frame->vector]++;
    apic_eoi();
}

uint32_t interrupts_seen(uint32_t index, uint8_t vector)
{
    return seen[index][vector];
}

uint32_t interrupts_of_all(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < cpu_count(); i++) {
        for (unsigned vector = TIMER_VECTOR; vector < VECTORS; vector++) {
            count += seen[i][vector];
        }
    }
    return count;
}

uint32_t nmis_of_all(void)
{
    uint32_t nmis = 0;
    for (uint32_t i = 0; i < cpu_count(); i++) {
        nmis += cpu_at(i)->nmis;
    }
    return nmis;
}

uint32_t next_random(void)
{
    static uint32_t state = 0x2545f491;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

const struct edu *own_edu(void)
{
    static struct edu edu;
    static enum { UNKNOWN, NONE, FOUND } known;
    if (known == UNKNOWN) {
        known = edu_find(&edu) ? FOUND : NONE;
    }
    return known == FOUND ? &edu : NULL;
}

void settle(void)
{
    interrupts_on();
    tsc_wait(boot_info.tsc_hz / SETTLES_A_SECOND);
    interrupts_off();
}

bool timer_works(void)
{
    uint32_t before = interrupts_seen(0, TIMER_VECTOR);
    timer_init(TIMER_VECTOR);
    timer_at(rdtsc() + boot_info.tsc_hz / SETTLES_A_SECOND / 4);
    uint64_t end = rdtsc() + boot_info.tsc_hz; /* an emulator without time may be late */
    do {
        settle();
    } while (interrupts_seen(0, TIMER_VECTOR) == before && rdtsc() < end);
    timer_stop();
    return interrupts_seen(0, TIMER_VECTOR) == before + 1;
}

/* A sibling sleeps until it has work; interrupts that reach it are counted. */
static void attack_sibling(struct cpu *cpu)
{
    residue_look(cpu);
    apic_enable();
    for (;;) {
        sibling_function work = sibling_work[cpu->index];
        if (work) {
            work(cpu);
            sibling_work[cpu->index] = NULL;
        }
        wait_for_interrupt();
    }
}

uint32_t siblings_start(void)
{
    uint32_t up = 0;
    for (uint32_t i = 1; i < cpu_count(); i++) {
        sibling_work[i] = NULL;
        up += sibling_start(i, attack_sibling);
    }
    return up;
}

void sibling_begin(uint32_t index, sibling_function function)
{
    sibling_work[index] = function;
    apic_send(cpu_at(index)->apic_id, IPI_VECTOR | APIC_FIXED | APIC_ASSERT);
}

void sibling_wait(uint32_t index)
{
    uint64_t end = rdtsc() + 20 * boot_info.tsc_hz; /* a busy host has little time for it */
    while (sibling_work[index] && cpu_at(index)->up && rdtsc() < end) {
        cpu_yield();
    }
}

void siblings_run(sibling_function function)
{
    for (uint32_t i = 1; i < cpu_count(); i++) {
        sibling_begin(i, function);
        sibling_wait(i);
    }
}

static volatile uint32_t boot_processors;

static void count_boot_processor(struct cpu *cpu)
{
    (void)cpu;
    boot_processors += rdmsr(MSR_APIC_BASE) >> 8 & 1;
}

/* Linux 6.12 starts no second processor unless the one that it boots on has the BSP bit. */
static void attack_boot_processor(void)
{
    bool first = rdmsr(MSR_APIC_BASE) >> 8 & 1;
    siblings_run(count_boot_processor);
    report(first && boot_processors == 0, "I2", "boot-processor", "the first one, and %u others",
           boot_processors);
}

static bool selected(const struct part *part)
{
    bool all = cmdline_lists("attack", "all", true);
    bool asked = cmdline_lists("attack", part->word, false) || (all && part->when != EDU_NAMED);
    return asked && (part->when == ALWAYS || own_edu());
}

void guest_main(void)
{
    uint64_t start = rdtsc();
    print("attack: this is domain %s: %u processor%s\n", boot_info.domain, cpu_count(),
          cpu_count() == 1 ? "" : "s");
    residue_check();
    for (unsigned vector = TIMER_VECTOR; vector < VECTORS; vector++) {
        interrupt_set((uint8_t)vector, count_interrupt);
    }
    uint32_t up = siblings_start();
    residue_check_siblings();
    apic_enable();
    report(up + 1 == cpu_count() && timer_works(), "I2", "start", "%u of %u processors are up",
           up + 1, cpu_count());
    attack_boot_processor();
    sum_up("residue and start", 0, 0);
    for (unsigned i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (selected(&parts[i])) {
            uint64_t part_start = rdtsc();
            unsigned passed_before = passed;
            unsigned failed_before = failed;
            parts[i].run();
            report(timer_works(), "I9", parts[i].word, "still alive after %lu TSC ticks",
                   rdtsc() - part_start);
            sum_up(parts[i].word, passed_before, failed_before);
        }
    }
    print("attack: %u passed, %u failed\n", passed, failed);
    if (attack_is_verbose()) {
        print("attack: %lu TSC ticks\n", rdtsc() - start);
    }
    if (cmdline_lists("last", "none", false)) {
        return;
    }
    last_act act = last_act_find();
    uint64_t least = cmdline_number("life_ms", 0) * (boot_info.tsc_hz / 1000);
    while (rdtsc() - start < least) {
        cpu_relax();
    }
    print("attack: last act\n");
    console_drain();
    residue_plant_and(act);
}
