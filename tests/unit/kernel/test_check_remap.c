/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I1, I3, I4, I11, I12: a domain's part of the check over functions: what its processors map of
 * them, their windows in nested tables, their entries of the units' tables, their registers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"
#include "machine_world.h"

enum { WRITE = 2, UNCACHED = 0x18, EXECUTE = 4, WRITE_BACK = 0x30, BLOCK = 1000 };
#define NO_CODE (1ull << 63)

static const uint32_t all_of_function = CONFIG_PORTS * PAGE_BYTES;

/* The processor's entry of its page tables, of its guest's nested tables. */
static uint64_t *own(uint64_t va)
{
    return world_entry(&the->world, h->cpus[the->world.cpu].page_table, va, 1);
}

static uint64_t *nested(uint64_t gpa)
{
    uint32_t domain = the->world.cpu / 2;
    return world_entry(&the->world, h->domains[domain].nested_root, gpa, domain ? 2 : 1);
}

static uint64_t below_top(void)
{
    return *world_entry(&the->world, domain0->nested_root, 0, 4) & 0xffffffffff000;
}

#define BREAK(name, ...)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
BREAK(nothing, (void)0)
BREAK(list_writable, *own(VA_DEVICES) |= WRITE)
BREAK(list_missing, *own(VA_DEVICES + 0x2000) = 0)
BREAK(list_too_long, *own(VA_DEVICES + 0x3000) = *own(VA_DEVICES))
BREAK(list_unseen, domain0->devices_hpa = ECAM; the->ecam_unseen = true)
BREAK(list_count, domain0->function_count = 32; domain0->devices_bytes = functions_bytes(32))
BREAK(list_bytes, domain0->devices_bytes += PAGE_BYTES)
BREAK(many_processors, domain0->cpu_count = MAX_DOMAIN_CPUS + 1)
BREAK(vectors_read_only, *own(VA_VECTORS) &= ~(uint64_t)WRITE)
BREAK(vectors_uncached, *own(VA_VECTORS) |= UNCACHED)
BREAK(vectors_of_other, *own(VA_VECTORS) += PAGE_BYTES)
BREAK(config_cached, *own(VA_CONFIG) &= ~(uint64_t)UNCACHED)
BREAK(config_executable, *own(VA_CONFIG) &= ~NO_CODE)
BREAK(config_of_neighbour, *own(VA_CONFIG) += 0x205000)
BREAK(config_of_nobody, *own(VA_CONFIG + 0x1000) = *own(VA_CONFIG) + 0x1000)
BREAK(config_of_silent_missing, *own(VA_CONFIG + 0x1000) = 0)
BREAK(port_missing, *own(VA_CONFIG + all_of_function) = 0)
BREAK(port_of_none, *own(VA_CONFIG + all_of_function) = *own(VA_CONFIG))
BREAK(trap_cached, *own(VA_TRAPPED) &= ~(uint64_t)UNCACHED)
BREAK(trap_missing, *own(VA_TRAPPED) = 0)
BREAK(trap_too_long, *own(VA_TRAPPED + 0x1000) = *own(VA_TRAPPED) + 0x1000)
BREAK(trap_outside, h->functions[0].traps[0].va = VA_UNITS)
BREAK(remap_writable, *own(VA_REMAP + 0x1000) |= WRITE)
BREAK(remap_context_writable, *own(VA_REMAP) |= WRITE)
BREAK(remap_uncached, *own(VA_REMAP + 0x2000) |= UNCACHED)
BREAK(remap_missing, *own(VA_REMAP) = 0)
BREAK(remap_short, *own(VA_REMAP + 0x3000) = 0)
BREAK(remap_too_long, *own(VA_REMAP + 0x4000) = *own(VA_REMAP + 0x3000) + 0x1000)
BREAK(remap_of_silent, *own(VA_REMAP + REMAP_STRIDE) = *own(VA_REMAP))
BREAK(remap_root, *own(VA_REMAP) -= 0x1000)
BREAK(units_of_reader, world_map(&the->world, 0, h->cpus[0].page_table, VA_UNITS,
                                 FIRST_UNIT | NO_CODE | UNCACHED | WRITE | 1, 1, 3))
BREAK(public_of_reader,
      world_map(&the->world, 0, h->cpus[0].page_table, VA_UNITS + (UNITS_PUBLIC + 1) * PAGE_BYTES,
                domain1->public_hpa | NO_CODE | WRITE | 1, 1, 3))
BREAK(unit_missing, *own(VA_UNITS + 0x1000) = 0)
BREAK(unit_cached, *own(VA_UNITS) &= ~(uint64_t)UNCACHED)
BREAK(unit_read_only, *own(VA_UNITS) &= ~(uint64_t)WRITE)
BREAK(unit_of_none, *own(VA_UNITS + 0x2000) = *own(VA_UNITS) + 0x2000)
BREAK(public_missing, *own(VA_UNITS + UNITS_PUBLIC * PAGE_BYTES) = 0)
BREAK(public_uncached, *own(VA_UNITS + UNITS_PUBLIC * PAGE_BYTES) |= UNCACHED)
BREAK(public_second, *own(VA_UNITS + UNITS_PUBLIC * PAGE_BYTES) += PAGE_BYTES)

BREAK(window_cached, *nested(GUEST_DEVICES) |= WRITE_BACK)
BREAK(window_executable, *nested(GUEST_DEVICES) |= EXECUTE)
BREAK(window_read_only, *nested(GUEST_DEVICES) &= ~(uint64_t)WRITE)
BREAK(window_missing, *nested(GUEST_DEVICES + 0x2000) = 0)
BREAK(window_trapped, *nested(GUEST_DEVICES + 0x1000) = *nested(GUEST_DEVICES) + 0x1000)
BREAK(window_longer, *nested(GUEST_DEVICES + 0x4000) = *nested(GUEST_DEVICES) + 0x4000)
BREAK(window_of_other, *nested(GUEST_DEVICES) += 0x4000)
BREAK(window_executable_large, *nested(GUEST_HOLE_END) |= EXECUTE)
BREAK(window_twice, *nested(GUEST_HOLE_END + 2 * MIB) = *nested(GUEST_HOLE_END))

BREAK(context_absent, made_context(0x0100)[0] = 0)
BREAK(context_untold, made_context(0x0100)[0] |= 2)
BREAK(context_passes, made_context(0x0100)[0] |= 2 << 2)
BREAK(context_of_other, made_context(0x0100)[0] = domain1->nested_root | 1)
BREAK(context_domain, made_context(0x0100)[1] = 2 << 8 | 2)
BREAK(context_width, made_context(0x0100)[1] = 1 << 8 | 3)
BREAK(context_lower, made_context(0x0100)[0] = below_top() | 1)
BREAK(context_three_levels, made_context(0x0100)[0] = below_top() | 1;
      made_context(0x0100)[1] = 1 << 8 | 1)
BREAK(context_three_of_four, made_context(0x0100)[1] = 1 << 8 | 1)
BREAK(context_askew, h->functions[0].context_hpa += 8)
BREAK(silent_beside, h->functions[2].pci = 0x0306)
BREAK(silent_with_context, h->functions[2].pci = 0x0306;
      made_context(0x0306)[0] = domain1->nested_root | 1)
BREAK(silent_domain, h->functions[2].pci = 0x0306; made_context(0x0306)[1] = 2)
BREAK(other_beside, made_context(0x0306)[0] = 1)
BREAK(entry_absent, made_entry(BLOCK + 223)[0] = 0)
BREAK(entry_vector, made_entry(BLOCK)[0] = 31 << 16 | 1)
BREAK(entry_nmi, made_entry(BLOCK + 7)[0] |= 4 << 5)
BREAK(entry_elsewhere, made_entry(BLOCK + 224)[0] = 32 << 16 | 1)
BREAK(entry_last, made_entry(BLOCK + 447)[0] |= 1 << 4)
BREAK(entry_source, made_entry(BLOCK + 3)[1] += 1)
BREAK(entry_any_source, made_entry(BLOCK + 4)[1] &= ~(3ull << 18))
BREAK(entry_behind, made_entry(BLOCK + 448)[0] = 1)
BREAK(entries_askew, h->functions[0].entries_hpa += 15)

BREAK(is_master, the->functions[4].command |= 4)
BREAK(has_intx, the->functions[4].command &= ~0x400u)
BREAK(has_serr, the->functions[4].command |= 0x100)
BREAK(is_gone, the->functions[4].id = 0)
BREAK(silent_master, the->functions[3].command |= 4)
BREAK(silent_intx, the->functions[3].command &= ~0x400u)
BREAK(no_errors, h->functions[0].express = 8) /* control at 0x10 */
BREAK(tells_errors, h->functions[0].express = 8; the->functions[4].bars[0] |= 4)

static const struct row {
    const char *name;
    uint32_t cpu;
    void (*corrupt)(void);
    const char *invariant, *text; /* NULL: passes */
} rows[] = {
/* clang-format off */
#define ROW(cpu, name, invariant, text) {#name, cpu, name, invariant, text}
#define PASS(cpu, name) {#name, cpu, name, NULL, NULL}
    /* clang-format on */
    PASS(0, nothing),
    PASS(1, nothing),
    PASS(2, nothing),
    PASS(3, nothing),
    ROW(0, list_writable, "I11", "va ffffffffe8000000 level 1"),
    ROW(0, list_missing, "I11", "va ffffffffe8002000 level 1: 0 (not mapped)"),
    ROW(0, list_too_long, "I11", "va ffffffffe8003000 level 1"),
    ROW(0, list_unseen, "I3", "list of 1 functions at e0000000, 3000 bytes: unseen"),
    ROW(0, list_count, "I3", "list of 32 functions"),
    ROW(0, list_bytes, "I3", "list of 1 functions at 1e00000, 4000 bytes: unseen"),
    ROW(0, many_processors, "I3", "list of 1 functions"),
    ROW(1, vectors_read_only, "I11", "va ffffffffea000000 level 1"),
    ROW(0, vectors_uncached, "I11", "va ffffffffea000000 level 1"),
    ROW(0, vectors_of_other, "I11", "va ffffffffea000000 level 1"),
    ROW(0, config_cached, "I11", "va ffffffffec000000 level 1"),
    ROW(0, config_executable, "I11", "va ffffffffec000000 level 1"),
    ROW(0, config_of_neighbour, "I11", "due: configuration space e0100000 rights 3 bits 18"),
    ROW(0, config_of_nobody, "I11", "va ffffffffec001000 level 1"),
    ROW(2, config_of_silent_missing, "I11", "va ffffffffec001000 level 1: 0 (not mapped)"),
    ROW(0, port_missing, "I11", "va ffffffffec020000 level 1: 0 (not mapped)"),
    ROW(2, port_of_none, "I11", "va ffffffffec020000 level 1"),
    ROW(0, trap_cached, "I11", "due: trapped registers d0001000 rights 3 bits 18"),
    ROW(0, trap_missing, "I11", "va ffffffffee000000 level 1: 0 (not mapped)"),
    ROW(0, trap_too_long, "I11", "va ffffffffee001000 level 1"),
    ROW(0, trap_outside, "I11", "trapped registers due at va fffffffff0000000"),
    ROW(0, remap_writable, "I11", "va fffffffff1001000 level 1"),
    ROW(0, remap_context_writable, "I11", "due: IOMMU tables 1d01000 rights 1 bits 0 up to 1000"),
    ROW(0, remap_uncached, "I11", "va fffffffff1002000 level 1"),
    ROW(0, remap_missing, "I11", "va fffffffff1000000 level 1: 0 (not mapped)"),
    ROW(1, remap_short, "I11", "va fffffffff1003000 level 1: 0 (not mapped)"),
    ROW(0, remap_too_long, "I11", "va fffffffff1004000 level 1"),
    ROW(2, remap_of_silent, "I11", "va fffffffff1010000 level 1"),
    ROW(2, remap_root, "I11", "va fffffffff1000000 level 1"),
    ROW(0, units_of_reader, "I11", "va fffffffff0000000 level 1"),
    ROW(0, public_of_reader, "I11", "va fffffffff0011000 level 1"),
    ROW(3, unit_missing, "I11", "va fffffffff0001000 level 1: 0 (not mapped)"),
    ROW(3, unit_cached, "I11", "due: IOMMU unit fed90000 rights 3 bits 18"),
    ROW(3, unit_read_only, "I11", "va fffffffff0000000 level 1"),
    ROW(3, unit_of_none, "I11", "va fffffffff0002000 level 1"),
    ROW(3, public_missing, "I11", "va fffffffff0010000 level 1: 0 (not mapped)"),
    ROW(3, public_uncached, "I11", "due: a public page 498000 rights 3 bits 0"),
    ROW(3, public_second, "I11", "va fffffffff0010000 level 1"),
    ROW(0, window_cached, "I1", "gpa c0000000 level 1"),
    ROW(0, window_executable, "I1", "due: registers d0000000 rights 3 bits 0 up to 1000"),
    ROW(0, window_read_only, "I1", "gpa c0000000 level 1"),
    ROW(0, window_missing, "I1", "gpa c0002000 level 1: 0 (not mapped)"),
    ROW(0, window_trapped, "I1", "gpa c0001000 level 1"),
    ROW(0, window_longer, "I1", "gpa c0004000 level 1"),
    ROW(0, window_of_other, "I1", "gpa c0000000 level 1"),
    ROW(2, window_executable_large, "I1", "gpa 100000000 level 2"),
    ROW(2, window_twice, "I1", "gpa 100200000 level 2"),
    ROW(0, context_absent, "I3", "function 01:00.0: context entry 0, expected 400001"),
    ROW(1, context_untold, "I3", "context entry 400003, expected 400001"),
    ROW(0, context_passes, "I3", "context entry 400009, expected 400001"),
    ROW(0, context_of_other, "I3", "context entry 500001, expected 400001"),
    ROW(0, context_domain, "I3", "context entry, high half 202, expected 102"),
    ROW(0, context_width, "I3", "context entry, high half 103, expected 102"),
    ROW(0, context_lower, "I3", "expected 400001"),
    PASS(0, context_three_levels),
    ROW(0, context_three_of_four, "I3", "context entry 400001, expected 40"),
    ROW(0, context_askew, "I3", "context entry ffffffffffffffff, expected 400001"),
    PASS(2, silent_beside),
    ROW(2, silent_with_context, "I3", "function 03:00.6: silent, with a context entry 500001"),
    ROW(2, silent_domain, "I3", "function 03:00.6: silent, with a context entry 0, expected 0"),
    PASS(2, other_beside),
    ROW(0, entry_absent, "I3", "remapping entry 0, expected ff0001"),
    ROW(0, entry_vector, "I3", "remapping entry 1f0001, expected 200001"),
    ROW(0, entry_nmi, "I3", "remapping entry 270081, expected 270001"),
    ROW(0, entry_elsewhere, "I3", "remapping entry 200001, expected 200200001"),
    ROW(1, entry_last, "I3", "remapping entry 200ff0011, expected 200ff0001"),
    ROW(0, entry_source, "I3", "source of its messages 40101, expected 40100"),
    ROW(0, entry_any_source, "I3", "source of its messages 100, expected 40100"),
    PASS(0, entry_behind),
    ROW(0, entries_askew, "I3", "remapping entry ffffffffffffffff, expected 200001"),
    PASS(0, is_master),
    ROW(0, has_intx, "I3", "function 01:00.0: Command 2, expected 402"),
    ROW(0, has_serr, "I3", "function 01:00.0: Command 502, expected 402"),
    PASS(0, is_gone),
    ROW(2, silent_master, "I3", "function 00:1f.2: Command 407, expected 403"),
    ROW(2, silent_intx, "I3", "function 00:1f.2: Command 3, expected 403"),
    PASS(0, no_errors),
    ROW(0, tells_errors, "I3", "function 01:00.0: Device Control 4, expected 0"),
};

static void make(uint32_t cpu)
{
    machine_make(cpu);
    machine_add_units();
}

static bool accepts(unsigned piece)
{
    struct world *world = &the->world;
    struct check check;
    machine_list();
    world_slice(world);
    world->input.slice = (const void *)(world->memory + h->cpus[world->cpu].slice_hpa);
    check_begin(&check, &world->input, &world->result);
    while (check_go_on(&check, piece) == CHECK_GOES_ON)
        continue;
    return world->result.ok;
}

static void one_row(void **state)
{
    const struct row *row = *state;
    make(row->cpu);
    row->corrupt();
    bool accepted = accepts(CHECK_PIECE);
    const struct check_result *result = &the->world.result;
    if (accepted != !row->text)
        fail_msg("%s %s: %s", row->name, accepted ? "accepted" : "refused", result->text);
    if (row->text &&
        (strcmp(result->invariant, row->invariant) != 0 || !strstr(result->text, row->text)))
        fail_msg("%s: expected %s \"%s\", got %s \"%s\"", row->name, row->invariant, row->text,
                 result->invariant, result->text);
    machine_drop(the);
}

/* However long its pieces are, the verdict is one, and so is the digest. */
static void pieces(void **state)
{
    static const unsigned sizes[] = {1, 2, 223, 225, CHECK_PIECE};
    uint8_t digest[DIGEST_BYTES];
    (void)state;
    make(0);
    assert_true(accepts(CHECK_PIECE));
    memcpy(digest, the->world.result.digest, DIGEST_BYTES);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_true(accepts(sizes[i]));
        assert_memory_equal(the->world.result.digest, digest, DIGEST_BYTES);
    }
    machine_drop(the);
}

/* Of windows and of the list of functions each counts. */
static void digest_covers_functions(void **state)
{
    uint8_t digests[3][DIGEST_BYTES];
    (void)state;
    make(2);
    for (unsigned i = 0; i < 3; i++) {
        if (i == 1)
            h->functions[2].resets = RESET_FLR;
        if (i == 2) {
            domain1->windows[0].hpa += 2 * MIB;
            *nested(GUEST_HOLE_END) += 2 * MIB;
        }
        assert_true(accepts(CHECK_PIECE));
        memcpy(digests[i], the->world.result.digest, DIGEST_BYTES);
        for (unsigned k = 0; k < i; k++)
            assert_memory_not_equal(digests[i], digests[k], DIGEST_BYTES);
    }
    machine_drop(the);
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof rows[0], OTHERS = 2 };
    static struct CMUnitTest tests[OTHERS + ROWS] = {cmocka_unit_test(pieces),
                                                     cmocka_unit_test(digest_covers_functions)};
    for (size_t i = 0; i < ROWS; i++)
        tests[OTHERS + i] =
            (struct CMUnitTest){rows[i].name, one_row, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
