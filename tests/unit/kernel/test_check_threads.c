/* SPDX-License-Identifier: Apache-2.0 */
/* I2, I12: the check finds threads of one core in two domains whatever leaf 0xB says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/start/check_machine.h"

enum { HTT = 1 << 28, THREADS = 1 << 8 };

/* Processors 0 and 1 are domain 0's, 2 is domain 1's, 3 nobody's; this is processor 1. */
static const struct row {
    const char *name;
    uint32_t apic_ids[4];
    struct check_topology topology;
    uint32_t smt;         /* enum of the manifest's policy */
    const char *expected; /* NULL: passes */
} rows[] = {
    {"cores of one thread", {0, 1, 2, 3}, {.package = {4 << 16, HTT}, .caches = 3 << 26 | 1}, 0, 0},
    {"a package of one thread",
     {0, 1, 2, 3},
     {.package = {1 << 16, HTT}, .caches = 7 << 26 | 1},
     0,
     0},
    {"no multithreading at all", {0, 1, 2, 3}, {.package = {0, 1}}, 0, 0},
    {"threads of one domain",
     {2, 3, 0, 1},
     {.package = {4 << 16, HTT}, .caches = 1 << 26 | 1},
     0,
     0},
    {"threads apart",
     {1, 2, 3, 0},
     {.package = {4 << 16, HTT}, .caches = 1 << 26 | 1},
     0,
     "cpus with APIC ids 2 and 3: threads of one core in different domains"},
    {"a thread of nobody's",
     {0, 2, 4, 3},
     {.package = {8 << 16, HTT}, .caches = 3 << 26 | 1},
     0,
     0},
    {"leaf 4 is missing", {1, 2, 3, 0}, {.package = {4 << 16, HTT}}, 0, "in different domains"},
    {"more cores than threads",
     {1, 2, 3, 0},
     {.package = {4 << 16, HTT}, .caches = 7 << 26 | 1},
     0,
     "in different domains"},
    {"leaf 1 is missing", {1, 2, 3, 0}, {.caches = 3 << 26 | 1}, 0, "in different domains"},
    {"AMD: one thread",
     {1, 2, 3, 0},
     {.amd = true, .package = {4 << 16, HTT}, .unit_known = true},
     0,
     0},
    {"AMD: two threads",
     {1, 2, 3, 0},
     {.amd = true, .package = {4 << 16, HTT}, .unit_known = true, .unit = 1 << 8},
     0,
     "in different domains"},
    {"AMD: leaf 0x8000001E is missing",
     {1, 2, 3, 0},
     {.amd = true, .package = {4 << 16, HTT}},
     0,
     "in different domains"},
    {"leaf 0xB alone",
     {1, 2, 3, 0},
     {.package = {4 << 16, HTT}, .caches = 3 << 26 | 1, .extended = {1, 2, THREADS, 2}},
     0,
     "in different domains; CPUID leaf 0xB alone says it"},
    {"leaf 0xB denies it",
     {1, 2, 3, 0},
     {.package = {4 << 16, HTT}, .caches = 1 << 26 | 1, .extended = {0, 1, THREADS, 2}},
     0,
     "in different domains; CPUID leaf 0xB denies it"},
    {"another APIC id",
     {0, 1, 2, 3},
     {.package = {4 << 16, HTT}, .caches = 3 << 26 | 1, .extended = {0, 1, THREADS, 2}},
     0,
     "cpu 1, APIC id 1: CPUID leaf 0xB says 2"},
    {"smt: off",
     {2, 3, 0, 1},
     {.package = {4 << 16, HTT}, .caches = 1 << 26 | 1},
     MANIFEST_SMT_OFF,
     "cpus with APIC ids 3 and 2: threads, where none may be"},
    {"smt: off, nobody's",
     {0, 2, 4, 3},
     {.package = {8 << 16, HTT}, .caches = 3 << 26 | 1},
     MANIFEST_SMT_OFF,
     "cpus with APIC ids 2 and 3: threads, where none may be"},
    {"smt: off, and none",
     {0, 2, 4, 6},
     {.package = {8 << 16, HTT}, .caches = 3 << 26 | 1},
     MANIFEST_SMT_OFF,
     0},
};

static const struct check_topology *topology(uint32_t cpu, void *context)
{
    static const struct check_topology alone = {.package = {0, 1}};
    const struct row *row = context;
    return cpu == 1 ? &row->topology : &alone;
}

static void judged(void **state)
{
    const struct row *row = *state;
    struct {
        struct manifest_header header;
        struct manifest_policy policy;
    } made = {.policy = {.smt = row->smt}};
    struct manifest manifest = {.header = &made.header};
    struct handoff handoff = {.cpu_count = 4, .domain_count = 2};
    struct check_result result = {.invariant = ""};
    const struct check_machine machine = {.handoff = &handoff,
                                          .manifest = &manifest,
                                          .topology = topology,
                                          .context = (void *)row,
                                          .result = &result};
    made.header.tables[MANIFEST_POLICY].count = 1;
    made.header.tables[MANIFEST_POLICY].offset = (uint32_t)offsetof(__typeof__(made), policy);
    for (uint32_t i = 0; i < 4; i++)
        handoff.cpus[i] = (struct handoff_cpu){.apic_id = row->apic_ids[i],
                                               .domain = i == 3 ? HANDOFF_NOBODY : i / 2};
    bool passed = check_threads(&machine);
    if (passed != !row->expected)
        fail_msg("%s: %s", result.invariant, result.text);
    if (!passed && (strcmp(result.invariant, "I2") != 0 || !strstr(result.text, row->expected)))
        fail_msg("%s: %s", result.invariant, result.text);
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof rows[0] };
    static struct CMUnitTest tests[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){rows[i].name, judged, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
