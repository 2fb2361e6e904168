/* SPDX-License-Identifier: Apache-2.0 */
/* I1, I3, I12: what the screen's display reads, by the loader's tables and by broken ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/remap.h"
#include "flips.h"
#include "machine_world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
enum { KEPT = 0x1e3ff000 };

static bool iommu_accepts(void *context)
{
    (void)context;
    return check_machine_iommu(&the->machine);
}

/* The last function of all is the screen's display, for which three pages are kept. */
static void make_display(uint64_t base)
{
    h->iommus[0].capability &= ~(3ull << 34);
    the->units[0][3] &= ~(3u << 2);
    h->display = (struct handoff_display){.base = base, .bytes = 0x3000, .pci = 0xffff};
    h->iommu_bytes = remap_bytes(h);
    for (uint32_t i = 0; i < h->extent_count; i++)
        if (h->extents[i].base == MADE_ROOT)
            h->extents[i].bytes = h->iommu_bytes;
    memset(the->world.memory + MADE_ROOT, 0, h->iommu_bytes);
    remap_locate(h);
    remap_build(h, machine_reach, NULL);
}

static uint64_t *display_table(uint32_t page)
{
    return (uint64_t *)(the->world.memory + h->display.table + page * PAGE_BYTES);
}

/* Its tables, bit by bit: of each entry that is there, and a sample of those that are none. */
static void what_the_display_reads(void **state)
{
    struct setting *s = machine_make(0);
    bool needed[MAX_HARMLESS] = {false};
    struct flips flips = {.what = "display's table",
                          .accepted = iommu_accepts,
                          .base = the->world.memory,
                          .stride = 1};
    (void)state;
    machine_add_units();
    make_display(KEPT);
    machine_must_accept();
    assert_int_equal(made_context(0xffff)[0], h->display.table | 3);
    assert_int_equal(made_context(0xffff)[1], 3 << 8 | 2);
    flips.from = (size_t)((uint8_t *)made_context(0xffff) - the->world.memory);
    flips.bytes = 16;
    flip_all(&flips, needed);
    flips.bytes = 8;
    for (uint32_t page = 0; page < 5; page++)
        for (uint32_t i = 0; i < PAGING_ENTRIES; i++)
            if (display_table(page)[i] || i % 101 == 0) {
                flips.from = (size_t)((uint8_t *)&display_table(page)[i] - the->world.memory);
                flip_all(&flips, needed);
            }
    for (uint32_t i = 0; i < MADE_UNITS; i++) { /* three levels only */
        h->iommus[i].capability ^= 3 << 9;
        the->units[i][2] ^= 3 << 9;
    }
    *world_entry(&the->world, domain0->nested_root, 1ull << 39, 4) = 0;
    memset(the->world.memory + MADE_ROOT, 0, h->iommu_bytes);
    remap_build(h, machine_reach, NULL);
    machine_must_accept();
    assert_int_equal(made_context(0xffff)[0], (h->display.table + PAGE_BYTES) | 3);
    machine_drop(s);
}

BREAK(display_loud, make_display(KEPT); h->muted[0] = 0xfffe)
BREAK(display_askew, make_display(KEPT); h->display.base += 1)
BREAK(display_wraps, make_display(KEPT); h->display.base = MAX_HPA - 0x1000)
BREAK(display_table_outside, make_display(KEPT); h->display.table = MADE_ENTRIES)
BREAK(display_table_early, make_display(KEPT); h->display.table -= 0x1000)
BREAK(display_reads_ram, make_display(KEPT); h->display.base = WORLD_RAM;
      remap_build(h, machine_reach, NULL))
BREAK(display_reads_more, make_display(KEPT); h->display.bytes -= 0x1000)
BREAK(display_reads_less, make_display(KEPT); h->display.bytes += 0x1000)
BREAK(display_writes, make_display(KEPT); display_table(3)[511] |= 2)
BREAK(display_elsewhere, make_display(KEPT); display_table(4)[0] += 0x1000)
BREAK(display_large, make_display(KEPT); display_table(2)[242] = 0x1e400081)
BREAK(display_outside, make_display(KEPT); display_table(2)[242] = WORLD_RAM | 1)
BREAK(registers_of_display, make_display(MADE_BAR))

static const struct corruption corruptions[] = {
/* clang-format off */
#define ROW(name, invariant, text) {#name, name, invariant, text}
    /* clang-format on */
    ROW(display_loud, "I3", "display ffff reads 3000 bytes at 1e3ff000 by a table at"),
    ROW(display_askew, "I3", "bytes at 1e3ff001 by a table at"),
    ROW(display_wraps, "I3", "out of bounds, or not muted"),
    ROW(display_table_outside, "I3", "by a table at 1c00000: out of bounds"),
    ROW(display_table_early, "I3", "context table at"),
    ROW(display_reads_ram, "I1", "the device window at 800000 overlaps it"),
    ROW(display_reads_more, "I3", "address 1e401000: 1e401001, expected nothing"),
    ROW(display_reads_less, "I3", "address 1e402000: 0, expected that place, to be read"),
    ROW(display_writes, "I3", "address 1e3ff000: 1e3ff003, expected that place, to be read"),
    ROW(display_elsewhere, "I3", "address 1e400000: 1e401001, expected that place"),
    ROW(display_large, "I3", "address 1e400000: 1e400081, expected that place, to be read"),
    ROW(display_outside, "I3", "table of the screen's display at 800000, address"),
    ROW(registers_of_display, "I1", "what the screen's display reads"),
};

int main(void)
{
    static struct CMUnitTest tests[1 + COUNT(corruptions)] = {
        cmocka_unit_test(what_the_display_reads)};
    for (size_t i = 0; i < COUNT(corruptions); i++)
        tests[1 + i] = (struct CMUnitTest){corruptions[i].name, machine_refuses, NULL, NULL,
                                           (void *)&corruptions[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
