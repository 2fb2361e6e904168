/* SPDX-License-Identifier: Apache-2.0 */
/* I12: whatever single bit of the handoff is wrong, the machine's or a processor's part refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flips.h"
#include "machine_world.h"

/* Each processor as it was set up, and the handoff as it is now. */
struct all_processors {
    struct check_registers registers[4];
    struct check_input inputs[4];
    struct handoff before;
};

/* A loader that was wrong about its handoff would have written slices that say the same. */
static bool slices_can_be_written(const struct handoff *before)
{
    bool can = h->cpu_count == 4;
    for (uint32_t i = 0; i < 4; i++)
        can &= h->cpus[i].slice_hpa == before->cpus[i].slice_hpa;
    for (uint32_t i = 0; i < 2; i++)
        can &= h->domains[i].cpu_count <= MAX_DOMAIN_CPUS;
    return can;
}

static bool machine_accepts(void *context)
{
    struct all_processors *all = context;
    struct check check;
    if (slices_can_be_written(&all->before))
        world_slice(&the->world);
    if (h->functions[0].domain < 2 && h->functions[1].domain < 2 && h->functions[2].domain < 2)
        machine_list();
    for (uint32_t cpu = 0; cpu < 4; cpu++) {
        struct check_result result;
        all->inputs[cpu].slice =
            (const void *)(the->world.memory + all->before.cpus[cpu].slice_hpa);
        if (all->inputs[cpu].slice->cpu_count > MAX_DOMAIN_CPUS)
            return false;
        check_begin(&check, &all->inputs[cpu], &result);
        while (check_go_on(&check, CHECK_PIECE) == CHECK_GOES_ON)
            continue;
        if (!result.ok)
            return false;
    }
    return check_machine(&the->machine);
}

#define HANDOFF(name)       offsetof(struct handoff, name), sizeof(h->name)
#define CPU(index, name)    offsetof(struct handoff, cpus[index].name), sizeof(h->cpus[0].name)
#define DOMAIN(index, name) offsetof(struct handoff, domains[index].name), sizeof(domain0->name)
#define BEHIND(index, array, count)                                                                \
    offsetof(struct handoff, domains[index].array[count]),                                         \
        sizeof domain0->array - (count) * sizeof domain0->array[0]
#define LOAD(d, index, name) offsetof(struct handoff, domains[d].load[index].name), sizeof(uint64_t)
#define SCRUB(index)         offsetof(struct handoff, scrubs[index]), sizeof h->scrubs[0]
#define EXTENT(index, name)  offsetof(struct handoff, extents[index].name), sizeof h->extents[0].name
#define FUNCTION(index, name)                                                                      \
    offsetof(struct handoff, functions[index].name), sizeof h->functions[0].name
#define BETWEEN(index, first, last)                                                                \
    offsetof(struct handoff, functions[index].first),                                              \
        offsetof(struct function, last) - offsetof(struct function, first)
#define OWNERS(index)                                                                              \
    {owners, FUNCTION(index, flags), 0xfffffffe},                                                  \
        {owners, BETWEEN(index, resets, irte), ALL_BITS},                                          \
        {owners, BETWEEN(index, power, vectors), ALL_BITS},                                        \
        {owners, BETWEEN(index, table_bar, trap_count), ALL_BITS},                                 \
        {unused, FUNCTION(index, bars[0].reserved), ALL_BITS},                                     \
        {unused, BETWEEN(index, bars[1], traps), ALL_BITS},                                        \
        {unused, BETWEEN(index, traps[1], traps[MAX_TRAPS]), ALL_BITS},                            \
    {                                                                                              \
        owners, FUNCTION(index, acs), ALL_BITS                                                     \
    }
static const char owners[] = "how its owner goes about it, which reaches no more by it";
static const char time_and_work[] = "what time it is, and what took how long";
static const char unused[] = "nobody reads it";
static const char masked[] = "a root's low and high bits: the register is compared as a whole";
static const char own_memory[] = "from its own payloads to its own RAM, wherever there";
static const char nobodys[] = "memory of nobody";

/* The scrubbed ranges move over what nobody owns; which of it firmware used is not known here. */
static const struct harmless of_handoff[] = {
    {time_and_work, HANDOFF(tsc_hz), ALL_BITS},
    {time_and_work, HANDOFF(entry_tsc), ALL_BITS},
    {time_and_work, HANDOFF(work_tsc), ALL_BITS},
    {time_and_work, HANDOFF(wait_tsc), ALL_BITS},
    {time_and_work, HANDOFF(work_bytes), ALL_BITS},
    {time_and_work, HANDOFF(unix_time), ALL_BITS},
    {time_and_work, HANDOFF(unix_time_tsc), ALL_BITS},
    {"a manifest elsewhere does not open: it has a digest", HANDOFF(manifest_offset), 0x3fff},
    {"both ways to a function are compared", HANDOFF(ecam_bus_last), 0xffffffff},
    {"what the boot before has left, for the audit trail", HANDOFF(audit), ALL_BITS},
    {"where text goes on", HANDOFF(text_row), ALL_BITS},
    {nobodys, HANDOFF(scrub_count), 2},
    {"a picture of another shape, held by who draws, or over nobody's memory", HANDOFF(screen),
     ALL_BITS},
    {unused, CPU(0, sources), ALL_BITS},
    {unused, CPU(1, sources), ALL_BITS},
    {unused, CPU(2, sources), ALL_BITS},
    {unused, CPU(3, sources), ALL_BITS},
    {"one of the start tables", CPU(0, start_table), 0x1000},
    {"one of the start tables", CPU(1, start_table), 0x1000},
    {"one of the start tables", CPU(2, start_table), 0x1000},
    {"one of the start tables", CPU(3, start_table), 0x1000},
    {masked, CPU(0, page_table), 0xfff0000000000fff},
    {masked, CPU(1, page_table), 0xfff0000000000fff},
    {masked, CPU(2, page_table), 0xfff0000000000fff},
    {masked, CPU(3, page_table), 0xfff0000000000fff},
    {unused, HANDOFF(ioapics[0].reserved), ALL_BITS},
    {unused, HANDOFF(ioapics[0].id), ALL_BITS},
    {unused, HANDOFF(ioapics[1].id), ALL_BITS},
    {"none of its lines is open", HANDOFF(ioapics[1].requester), ALL_BITS},
    {unused, HANDOFF(ioapics[1].reserved), ALL_BITS},
    {"all its lines are masked, whichever they are", HANDOFF(ioapics[1].gsi_base), ALL_BITS},
    {unused, BEHIND(0, cpus, 2), ALL_BITS},
    {unused, BEHIND(1, cpus, 1), ALL_BITS},
    {unused, BEHIND(0, ram, 2), ALL_BITS},
    {unused, BEHIND(1, ram, 1), ALL_BITS},
    {unused, BEHIND(0, digest, 2), ALL_BITS},
    {unused, BEHIND(1, digest, 1), ALL_BITS},
    {own_memory, DOMAIN(0, load_count), 0x1f},
    {own_memory, DOMAIN(1, load_count), 0x1f},
    {own_memory, DOMAIN(0, load), ALL_BITS},
    {own_memory, DOMAIN(1, load), ALL_BITS},
    {"within its last page", DOMAIN(0, payload_bytes), 0xfff},
    {"within its last page", DOMAIN(1, payload_bytes), 0xfff},
    {masked, DOMAIN(0, nested_root), 0xfff0000000000fff},
    {masked, DOMAIN(1, nested_root), 0xfff0000000000fff},
    {"inside what is loaded", DOMAIN(0, entry.rip), 0x7ff},
    {"inside what is loaded", DOMAIN(1, entry.rip), 0x7ff},
    {"tables of any length, in memory of nobody", EXTENT(10, bytes), 0xff000},
    {"of no bytes", DOMAIN(1, vectors_hpa), ALL_BITS},
    OWNERS(0),
    OWNERS(1),
    OWNERS(2),
    {"another of its domain's slots", FUNCTION(0, slot), 0x1e},
    {"another of its domain's slots", FUNCTION(1, slot), 0x1e},
    {"silent: it has none", FUNCTION(2, slot), ALL_BITS},
    {"silent: it has none", FUNCTION(2, irte), ALL_BITS},
    {"silent: it has none", FUNCTION(2, bars[0]), ALL_BITS},
    {unused, FUNCTION(1, traps[0]), ALL_BITS},
    {unused, FUNCTION(2, traps[0]), ALL_BITS},
    {nobodys, SCRUB(0), ALL_BITS},
    {nobodys, SCRUB(1), ALL_BITS},
};

/* What of the handoff is in use: all else nobody reads. */
static void handoff_flips(void **state)
{
    (void)state;
    struct setting *s = machine_make(0);
    machine_add_units();
    world_slice(&s->world);
    struct all_processors *all = calloc(1, sizeof *all);
    for (uint32_t cpu = 0; cpu < 4; cpu++) {
        world_aim(&s->world, cpu, 7);
        all->registers[cpu] = s->world.registers;
        all->inputs[cpu] = s->world.input;
        all->inputs[cpu].registers = &all->registers[cpu];
        all->before = *h;
    }
    bool needed[MAX_HARMLESS] = {false};
    struct flips flips = {.what = "handoff",
                          .base = (uint8_t *)h,
                          .stride = 1,
                          .harmless = of_handoff,
                          .harmless_count = sizeof of_handoff / sizeof of_handoff[0],
                          .accepted = machine_accepts,
                          .context = all};
    const struct {
        size_t from, to;
    } used[] = {
        {0, offsetof(struct handoff, cpus[4])},
        {offsetof(struct handoff, ioapics), offsetof(struct handoff, ioapics[2])},
        {offsetof(struct handoff, domains), offsetof(struct handoff, domains[0].windows[2])},
        {offsetof(struct handoff, domains[0].devices_hpa),
         offsetof(struct handoff, domains[1].windows[1])},
        {offsetof(struct handoff, domains[1].devices_hpa), offsetof(struct handoff, domains[2])},
        {offsetof(struct handoff, extents), offsetof(struct handoff, extents[h->extent_count])},
        {offsetof(struct handoff, scrubs), offsetof(struct handoff, scrubs[2])},
        {offsetof(struct handoff, iommus), offsetof(struct handoff, iommus[MADE_UNITS])},
        {offsetof(struct handoff, functions), offsetof(struct handoff, functions[3])},
        {offsetof(struct handoff, muted), offsetof(struct handoff, muted[1])}};
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        flips.from = used[i].from;
        flips.bytes = used[i].to - used[i].from;
        flip_all(&flips, needed);
    }
    all_needed(&flips, needed);
    free(all);
    machine_drop(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(handoff_flips)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
