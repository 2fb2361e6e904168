/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3, I4, I12: the IOMMU units and their tables: what the loader's arithmetic makes is accepted,
 * and so is a machine made by hand; whatever single bit of it is wrong is named.
 */
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

static int setup(void **state)
{
    *state = machine_make(0);
    machine_add_units();
    world_slice(&the->world);
    return 0;
}

static int teardown(void **state)
{
    machine_drop(*state);
    return 0;
}

static bool iommu_accepts(void *context)
{
    (void)context;
    return check_machine_iommu(&the->machine);
}

static void accepts(void **state)
{
    (void)state;
    machine_must_accept();
    assert_int_equal(the->machine.lines, 32);
    the->units[0][7] |= 0x7fffff; /* reserved bits of the status */
    the->units[1][25] |= 0x7ffffffe;
    machine_must_accept();
    the->functions[1].acs = 0xd000d; /* what is not there can't be on */
    machine_must_accept();
    the->functions[1].acs = 0x1f; /* not on, and all below is one domain's */
    machine_must_accept();
    the->functions[3].acs = 0x1f; /* not PCI Express: no such registers */
    machine_must_accept();
    the->functions[3].express = 0x10; /* a device of one function */
    machine_must_accept();
    the->functions[3].acs = 0;
    the->functions[1].acs = 0x1f; /* registers of another shape */
    the->functions[1].id = 0xa1108086;
    machine_must_accept();
    the->functions[1].id = 0x34208086;
    the->functions[1].express = 0x4001;        /* a list without an end, and none of the kind */
    the->functions[3].bars[0] = MADE_BAR + 1u; /* ports */
    the->functions[3].bars[1] = MADE_BAR + 0x4000u;
    the->functions[6].bars[0] = MADE_BAR + 4u; /* far above */
    the->functions[6].bars[1] = 2;
    machine_must_accept();
}

/* Nothing is shared with the loader but the formats, so this holds both. */
static void accepts_what_the_loader_makes(void **state)
{
    (void)state;
    memset(the->world.memory + MADE_ROOT, 0, MADE_ROOT_BYTES);
    memset(the->world.memory + MADE_ENTRIES, 0, IRT_LINES * 16);
    assert_false(check_machine(&the->machine));
    remap_build(h, machine_reach, NULL);
    remap_line(&h->ioapics[0], 4, made_entry(0xff87));
    machine_must_accept();
    for (uint32_t i = 0; i < MADE_UNITS; i++) { /* three levels only */
        h->iommus[i].capability ^= 3 << 9;
        the->units[i][2] ^= 3 << 9;
    }
    assert_false(check_machine(&the->machine));
    *world_entry(&the->world, domain0->nested_root, 1ull << 39, 4) = 0;
    remap_build(h, machine_reach, NULL);
    machine_must_accept();
    *world_entry(&the->world, domain0->nested_root, 1ull << 39, 4) = 1;
    assert_false(check_machine(&the->machine));
}

/* Every bit of the entries that matter, and of all others a sample. */
static void table_flips(void **state)
{
    static const uint32_t entries[] = {0,    31,   32,   255,  256,    1000,   1223,
                                       1224, 1447, 1448, 4095, 0xff84, 0xff87, 0xffff};
    static const uint32_t contexts[] = {0x0100, 0x0101, 0x01ff, 0x0300, 0x0305, 0xff00, 0xffff};
    bool needed[MAX_HARMLESS] = {false};
    struct flips flips = {.accepted = iommu_accepts, .base = the->world.memory, .stride = 1};
    (void)state;
    flips.what = "remapping entry";
    flips.bytes = 16;
    for (size_t i = 0; i < COUNT(entries); i++) {
        flips.from = MADE_ENTRIES + 16 * entries[i];
        flip_all(&flips, needed);
    }
    flips.what = "context entry";
    for (size_t i = 0; i < COUNT(contexts); i++) {
        flips.from = (size_t)((uint8_t *)made_context(contexts[i]) - the->world.memory);
        flip_all(&flips, needed);
    }
    flips.what = "root table";
    flips.from = MADE_ROOT;
    flips.bytes = PAGE_BYTES;
    flips.stride = 3;
    flip_all(&flips, needed);
    flips.what = "context tables";
    flips.from = MADE_ROOT + PAGE_BYTES;
    flips.bytes = MADE_ROOT_BYTES - PAGE_BYTES;
    flips.stride = 61;
    flip_all(&flips, needed);
    flips.what = "remapping table";
    flips.from = MADE_ENTRIES;
    flips.bytes = IRT_BYTES;
    flips.stride = 16381;
    flip_all(&flips, needed);
}

static void register_flips(void **state)
{
    static const struct harmless all_but_seen[] = {
        {"reserved", offsetof(struct setting, units[1][7]), 4, 0x7fffff},
        {"read-only", offsetof(struct setting, units[1][14]), 4, 0xc0000000},
        {"reserved", offsetof(struct setting, units[1][25]), 4, 0x7ffffffe},
    };
    static const unsigned words[] = {2, 4, 8, 46}, dwords[] = {7, 14, 25};
    bool needed[MAX_HARMLESS] = {false};
    struct flips flips = {.what = "registers",
                          .base = (uint8_t *)the,
                          .bytes = 8,
                          .stride = 1,
                          .harmless = all_but_seen,
                          .harmless_count = COUNT(all_but_seen),
                          .accepted = iommu_accepts};
    (void)state;
    for (size_t i = 0; i < COUNT(words); i++) {
        flips.from = offsetof(struct setting, units[1][words[i]]);
        flip_all(&flips, needed);
    }
    flips.bytes = 4;
    for (size_t i = 0; i < COUNT(dwords); i++) {
        flips.from = offsetof(struct setting, units[1][dwords[i]]);
        flip_all(&flips, needed);
    }
    all_needed(&flips, needed);
}

BREAK(too_many_functions, h->function_count = MAX_DEVICES + 1)
BREAK(too_many_muted, h->muted_count = MAX_MUTED + 1)
BREAK(too_many_units, h->iommu_count = MAX_IOMMUS + 1)
BREAK(no_units, h->iommu_count = 0)
BREAK(no_units_but_tables, h->iommu_count = h->function_count = h->muted_count = 0)
BREAK(unit_twice, h->iommus[1] = h->iommus[0])
BREAK(unit_unseen, h->iommus[1].registers = (uint64_t)ECAM + MIB; the->ecam_unseen = true)
BREAK(unit_askew, h->iommus[0].registers += 8)
BREAK(unit_in_ram, h->iommus[1].registers = WORLD_RAM)
BREAK(scrub_of_unit, h->scrubs[1].base = (uint64_t)FIRST_UNIT + 0x1000)
BREAK(translation_off, the->units[0][7] &= ~(1u << 31))
BREAK(remapping_off, the->units[0][7] &= ~(1u << 25))
BREAK(old_format, the->units[1][7] |= 1 << 23)
BREAK(queue_on, the->units[1][7] |= 1 << 26)
BREAK(other_root, the->units[1][8] += 0x1000)
BREAK(scalable_root, the->units[1][8] |= 1 << 10)
BREAK(short_table, the->units[0][46] -= 1)
BREAK(no_x2apic, the->units[0][46] &= ~(1u << 11))
BREAK(faults_told, the->units[0][14] = 0; the->units[0][16] = 0xfee00000 | 6 << 12)
BREAK(faults_told_elsewhere, the->units[0][14] = 0; the->units[0][15] = 0x400;
      the->units[0][16] = 0xfee00000)
BREAK(faults_odd, the->units[0][14] = 1)
BREAK(protected_on, the->units[1][25] = 1)
BREAK(owner_odd, h->functions[1].domain = 2)
BREAK(requester_odd, h->functions[0].pci = 0x10100)
BREAK(given_twice, h->functions[2].pci = 0x0100)
BREAK(slot_none, h->functions[0].slot = 0)
BREAK(slot_high, h->functions[0].slot = 32)
BREAK(slot_twice, h->functions[2].flags = 0; h->functions[2].slot = 1; h->functions[2].irte = 9000)
BREAK(block_behind, h->functions[0].irte = 0xff80 - 447)
BREAK(block_wraps, h->functions[0].irte = 0xffffff00)
BREAK(block_overlaps, h->functions[1].irte = 1447)
BREAK(muted_and_owned, h->muted[0] = 0x0100)
BREAK(speaks_as_ioapic, h->functions[1].port = FUNCTION_NONE; h->ioapics[1].requester = 0x0305)
BREAK(speaks_on_bus_of_ioapic, h->ioapics[1].requester = 0x01ff)
BREAK(no_root_extent, h->iommu_bytes += 0x1000)
BREAK(no_queue_extent, h->iommu_queue += 0x1000)
BREAK(no_entries_extent, h->iommu_entries = MADE_ROOT)
BREAK(context_of_silent, made_context(0x0100)[2 * 0xfa] = domain1->nested_root | 1)
BREAK(context_of_other, made_context(0x0100)[0] = domain1->nested_root | 1)
BREAK(context_passes, made_context(0x0100)[0] |= 2 << 2)
BREAK(context_mute, made_context(0x0305)[0] |= 2)
BREAK(context_domain, made_context(0x0305)[1] = 1 << 8 | 2)
BREAK(context_width, made_context(0x0305)[1] = 2 << 8 | 1)
BREAK(context_loud, made_context(0xffff)[0] = 0)
BREAK(context_elsewhere, h->functions[0].context_hpa += 16)
BREAK(entries_elsewhere, h->functions[1].entries_hpa -= 16)
BREAK(silent_located, h->functions[2].entries_hpa = MADE_ENTRIES)
BREAK(root_of_silent, *(uint64_t *)(the->world.memory + MADE_ROOT) = (MADE_ROOT + 0x4000) | 1)
BREAK(root_lacks, ((uint64_t *)(the->world.memory + MADE_ROOT))[2] = 0)
BREAK(root_shared, ((uint64_t *)(the->world.memory + MADE_ROOT))[6] = (MADE_ROOT + 0x1000) | 1)
BREAK(rest_written, the->world.memory[MADE_ROOT + 0x4ff0] = 1)
BREAK(no_room, h->muted[1] = 0x0400; h->muted[2] = 0x0500; h->muted_count = 3;
      ((uint64_t *)(the->world.memory + MADE_ROOT))[8] = (MADE_ROOT + 0x3000) | 1;
      ((uint64_t *)(the->world.memory + MADE_ROOT))[10] = (MADE_ROOT + 0x4000) | 1;
      *(uint64_t *)(the->world.memory + MADE_ROOT + 0x3000) = 2;
      *(uint64_t *)(the->world.memory + MADE_ROOT + 0x4000) = 2;
      *(uint64_t *)(the->world.memory + MADE_ROOT + 0x3ff0) = 0;
      ((uint64_t *)(the->world.memory + MADE_ROOT))[2 * 0xff] = (MADE_ROOT + 0x5000) | 1)
BREAK(entry_foreign, made_entry(32)[0] = 1 | 32 << 16)
BREAK(entry_any_source, made_entry(1447)[1] &= ~(3ull << 18))
BREAK(entry_source, made_entry(1447)[1] = 0x40101)
BREAK(entry_nmi, made_entry(1447)[0] |= 4 << 5)
BREAK(entry_vector, made_entry(1000)[0] = 31 << 16 | 1)
BREAK(entry_level, made_entry(1000)[0] |= 1 << 4)
BREAK(entry_posted, made_entry(1000)[0] |= 1 << 15)
BREAK(entry_of_nobody, made_entry(1448)[0] = 1)
BREAK(entry_lacks, made_entry(1223)[0] = 0)
BREAK(line_of_nobody, made_entry(0xff03)[0] = 0x81)
BREAK(line_fixed, made_entry(0xff87)[0] = 0x400200001)
BREAK(line_elsewhere, made_entry(0xff87)[0] = 0x81)
BREAK(line_source, h->ioapics[0].requester = FUNCTION_NONE)
BREAK(pin_old_format, the->ioapics[0][0x11 + 2 * 4] = 0; the->ioapics[0][0x10 + 2 * 4] = 0x400)
BREAK(pin_other_index, the->ioapics[0][0x11 + 2 * 4] = 0xff0b0000)
BREAK(pin_low_index, the->ioapics[0][0x10 + 2 * 4] = 0)
BREAK(pin_level, the->ioapics[0][0x10 + 2 * 7] |= 1 << 15)
BREAK(pin_deaf, the->ioapics[0][0x10 + 2 * 7] |= 1 << 16)
BREAK(bar_of_nobody, h->functions[0].bars[0] = (struct function_bar){.hpa = 0xfe000800, .bytes = 8};
      the->functions[3].bars[1] = 0xfe000010)
BREAK(bar_in_the_midst,
      h->functions[1].bars[5] = (struct function_bar){.hpa = 0x1fe000000, .bytes = MIB};
      the->functions[6].bars[0] = 0xfe0ff00c; the->functions[6].bars[1] = 1)
BREAK(bar_of_port, h->functions[1].bars[0] = (struct function_bar){.hpa = 0xfe000000, .bytes = 64};
      the->functions[1].bars[1] = 0xfe000000)
BREAK(bar_of_silent,
      h->functions[1].bars[0] = (struct function_bar){.hpa = 0xfe000000, .bytes = MIB};
      the->functions[2].bars[0] = 0xfe000000)
BREAK(owned_master, the->functions[4].command |= 4)
BREAK(silent_master, the->functions[3].command |= 4)
BREAK(port_of_others, the->functions[1].buses = 0x20200)
BREAK(port_no_bridge, the->functions[1].header = 0)
BREAK(access_open, the->functions[1].acs = 0x1c001f; the->functions[1].buses = 0x30100)
BREAK(access_by_list, the->functions[1].acs = 0x7d007f)
BREAK(access_of_switch, the->functions[1].express = 0x620010; the->functions[1].acs = 0x1f;
      the->functions[1].buses = 0x30100)
BREAK(access_none, the->functions[1].acs = 0; the->functions[1].buses = 0x30100)
BREAK(access_in_part, the->functions[1].acs = 0xd000d; the->functions[1].buses = 0x30100)
BREAK(access_of_another_shape, the->functions[1].id = 0xa1108086; the->functions[1].buses = 0x30100)
BREAK(access_not_express, the->functions[1].express = 0; the->functions[1].buses = 0x30100)
BREAK(access_of_neighbours, the->functions[1].buses = 0x30100;
      the->functions[7] = (struct made_function){.number = 0x0108,
                                                 .id = 0x34208086,
                                                 .command = 0x0407,
                                                 .class = 0x0604,
                                                 .header = 1,
                                                 .buses = 0x30301,
                                                 .express = 0x620010};
      h->functions[1].port = 0x0108; h->functions[1].port_hpa = ECAM + 0x108000ull)
BREAK(access_of_several, the->functions[4].header = 0x80; the->functions[3].number = 0x0101;
      the->functions[3].express = 0x10; the->functions[3].acs = 0x0c0d;
      the->devices[2].pci = h->functions[2].pci = 0x0101; h->functions[2].port = 8;
      h->functions[2].config_hpa = ECAM + 0x101000ull; h->functions[2].port_hpa = ECAM + 0x8000ull)
BREAK(port_unsaid, h->functions[0].port = FUNCTION_NONE; h->functions[0].port_hpa = 0)
BREAK(port_of_silent, h->functions[0].flags = FUNCTION_SILENT;
      h->functions[0].context_hpa = h->functions[0].entries_hpa = 0; h->function_count = 1;
      h->muted_count = 0; the->functions[6].command = 0;
      memset(the->world.memory + MADE_ROOT, 0, MADE_ROOT_BYTES);
      memset(the->world.memory + MADE_ENTRIES, 0, 16 * 2000))

static const struct corruption corruptions[] = {
/* clang-format off */
#define ROW(name, invariant, text) {#name, name, invariant, text}
    /* clang-format on */
    ROW(too_many_functions, "I3", "handoff: 65 functions and 1 muted behind 2 IOMMU units"),
    ROW(too_many_muted, "I3", "handoff: 3 functions and 9 muted behind 2"),
    ROW(too_many_units, "I12", "handoff version"),
    ROW(no_units, "I3", "handoff: 3 functions and 1 muted behind 0 IOMMU units"),
    ROW(no_units_but_tables, "I3", "0 functions and 0 muted behind 0 IOMMU units, tables at 1d0"),
    ROW(unit_twice, "I3", "IOMMU unit at fed90000: can't be seen, or is listed twice"),
    ROW(unit_unseen, "I3", "IOMMU unit at e0100000: can't be seen"),
    ROW(unit_askew, "I3", "IOMMU unit at fed90008: can't be seen"),
    ROW(unit_in_ram, "I1", "RAM of domain 0 at 800000: the device window at 800000 overlaps it"),
    ROW(scrub_of_unit, "I1", "it holds an IOMMU unit"),
    ROW(translation_off, "I3", "unit at fed90000: global status 43000000, expected c3000000"),
    ROW(remapping_off, "I3", "unit at fed90000: global status c1000000, expected c3000000"),
    ROW(old_format, "I3", "unit at fed91000: global status c3800000, expected c3000000"),
    ROW(queue_on, "I3", "unit at fed91000: global status c7000000, expected c3000000"),
    ROW(other_root, "I3", "root table address 1d01000, expected 1d00000"),
    ROW(scalable_root, "I3", "root table address 1d00400, expected 1d00000"),
    ROW(short_table, "I3", "interrupt table address 1c0080e, expected 1c0080f"),
    ROW(no_x2apic, "I3", "interrupt table address 1c0000f, expected 1c0080f"),
    ROW(faults_told, "I3", "fault event data 0, expected 400"),
    ROW(faults_told_elsewhere, "I3", "fault event address fee00000, expected fee"),
    ROW(faults_odd, "I3", "fault event control 1, expected 0"),
    ROW(protected_on, "I3", "unit at fed91000: protected memory enable 1, expected 0"),
    ROW(owner_odd, "I3", "function 1, 305 of domain 2, slot 1, entries from 20: no such owner"),
    ROW(requester_odd, "I3", "function 0, 10100 of domain 0, slot 1, entries from 3e8: no such"),
    ROW(given_twice, "I3", "function 2, 100 of domain 1, slot 0, entries from 0: given away twice"),
    ROW(slot_none, "I3", "slot 0, entries from 3e8: its slot or its remapping entries"),
    ROW(slot_high, "I3", "slot 32, entries from 3e8: its slot or its remapping entries"),
    ROW(slot_twice, "I3", "function 2, fa of domain 1, slot 1, entries from 2328: its slot is"),
    ROW(block_behind, "I3", "entries from fdc1: its slot or its remapping entries"),
    ROW(block_wraps, "I3", "entries from ffffff00: its slot or its remapping entries"),
    ROW(block_overlaps, "I3", "entries from 5a7: its remapping entries are another's"),
    ROW(muted_and_owned, "I3", "function 0, 100 of domain 0, slot 1, entries from 3e8: assigned"),
    ROW(speaks_as_ioapic, "I3",
        "function 1, 305 of domain 1, slot 1, entries from 20: it can speak"),
    ROW(speaks_on_bus_of_ioapic, "I3", "function 0, 100 of domain 0, slot 1, entries from 3e8: it"),
    ROW(no_root_extent, "I11", "IOMMU tables of number 0 at 1d00000, 6000 bytes: no such extent"),
    ROW(no_queue_extent, "I11", "IOMMU tables of number 0 at 1d21000, 1000 bytes: no such extent"),
    ROW(no_entries_extent, "I11", "IOMMU tables of number 0 at 1d00000, 100000 bytes: no such"),
    ROW(context_of_silent, "I3", "context table at 1d01000, bus 1, entry fa: 0 500001, expected 0"),
    ROW(context_of_other, "I3", "bus 1, entry 0: 102 500001, expected 102 400001"),
    ROW(context_passes, "I3", "bus 1, entry 0: 102 400009, expected 102 400001"),
    ROW(context_mute, "I3", "bus 3, entry 5: 202 500003, expected 202 500001"),
    ROW(context_domain, "I3", "bus 3, entry 5: 102 500001, expected 202 500001"),
    ROW(context_width, "I3", "bus 3, entry 5: 201 500001, expected 202 500001"),
    ROW(context_loud, "I3", "bus ff, entry ff: 0 0, expected 0 2"),
    ROW(context_elsewhere, "I3", "function 0, 100: its context entry at 1d01010, remapping"),
    ROW(entries_elsewhere, "I3", "1c001f0, expected 1d02050 and 1c00200"),
    ROW(silent_located, "I3", "function 2, fa: its context entry at 0, remapping entries at 1c0"),
    ROW(root_of_silent, "I3", "root table at 1d00000, bus 0: 1d04001, expected nothing"),
    ROW(root_lacks, "I3", "root table at 1d00000, bus 1: 0, expected a table at 1d01000"),
    ROW(root_shared, "I3", "root table at 1d00000, bus 3: 1d01001, expected a table at 1d02000"),
    ROW(rest_written, "I3", "context table at 1d04000, bus 100, entry ff: 0 1, expected 0 0"),
    ROW(no_room, "I3", "root table at 1d00000, bus ff: 1d05001, expected a table at 1d05000"),
    ROW(entry_foreign, "I4", "interrupt-remapping entry 20: 40305 200001, expected 40305 4"),
    ROW(entry_any_source, "I4", "entry 5a7: 100 "),
    ROW(entry_source, "I4", "entry 5a7: 40101 "),
    ROW(entry_nmi, "I4", "entry 5a7: 40100 200ff0081, expected 40100 200ff0001"),
    ROW(entry_vector, "I4", "entry 3e8: 40100 1f0001, expected 40100 200001"),
    ROW(entry_level, "I4", "entry 3e8: 40100 200011, expected 40100 200001"),
    ROW(entry_posted, "I4", "entry 3e8: 40100 208001, expected 40100 200001"),
    ROW(entry_of_nobody, "I4", "entry 5a8: 0 1, expected 0 0"),
    ROW(entry_lacks, "I4", "entry 4c7: 40100 0, expected 40100 ff0001"),
    ROW(line_of_nobody, "I4", "entry ff03: 0 81, expected 0 0"),
    ROW(line_fixed, "I4", "entry ff87: 4f0f8 400200001, expected 4f0f8 400000081"),
    ROW(line_elsewhere, "I4", "entry ff87: 4f0f8 81, expected 4f0f8 400000081"),
    ROW(line_source, "I4", "entry ff84: 4f0f8 81, expected 0 0"),
    ROW(pin_old_format, "I4", "line 4: 0 400, expected a knock at its owner"),
    ROW(pin_other_index, "I4", "line 4: ff0b0000 800, expected a knock at its owner"),
    ROW(pin_low_index, "I4", "line 4: ff090000 0, expected a knock at its owner"),
    ROW(pin_level, "I4", "line 7: ff0f0000 8800, expected a knock at its owner"),
    ROW(pin_deaf, "I4", "line 7: ff0f0000 10800, expected a knock at its owner"),
    ROW(bar_of_nobody, "I1", "PCI function 00:1f.2: its registers at fe000010 are another's"),
    ROW(bar_in_the_midst, "I1", "PCI function ff:1f.7: its registers at 1fe0ff000 are another's"),
    ROW(bar_of_port, "I1", "PCI function 00:01.0: its registers at fe000000 are another's"),
    ROW(bar_of_silent, "I1", "PCI function 00:1f.0: its registers at fe000000 are another's"),
    ROW(owned_master, "I3", "PCI function 01:00.0 (10d38086, class 0200) is a bus master"),
    ROW(silent_master, "I3", "PCI function 00:1f.2 (29228086, class 0106) is a bus master"),
    ROW(port_of_others, "I3", "PCI function 00:01.0 (34208086, class 0604) is a bus master"),
    ROW(port_no_bridge, "I3", "PCI function 00:01.0 (34208086, class 0604) is a bus master"),
    ROW(access_open, "I3", "PCI function 00:01.0: access control (ACS) 1c, expected 1d"),
    ROW(access_by_list, "I3", "PCI function 00:01.0: access control (ACS) 7d, expected 1d"),
    ROW(access_of_switch, "I3", "PCI function 00:01.0: access control (ACS) 0, expected 1d"),
    ROW(access_none, "I3", "PCI function 00:01.0: access control (ACS) 0, expected 1d"),
    ROW(access_in_part, "I3", "PCI function 00:01.0: access control (ACS) d, expected 1d"),
    ROW(access_of_another_shape, "I3", "function 00:01.0: access control (ACS) 0, expected 1d"),
    ROW(access_not_express, "I3", "PCI function 00:01.0: access control (ACS) 0, expected 1d"),
    ROW(access_of_neighbours, "I3", "function 01:00.0: access control (ACS) 0, expected c"),
    ROW(access_of_several, "I3", "PCI function 01:00.0: access control (ACS) 0, expected c"),
    ROW(port_unsaid, "I3", "PCI function 01:00.0: the port above it is said to be ffffff"),
    ROW(port_of_silent, "I3", "PCI function 00:01.0 (34208086, class 0604) is a bus master"),
};

int main(void)
{
    enum { OTHERS = 4 };
    static struct CMUnitTest tests[OTHERS + COUNT(corruptions)] = {
        cmocka_unit_test_setup_teardown(accepts, setup, teardown),
        cmocka_unit_test_setup_teardown(accepts_what_the_loader_makes, setup, teardown),
        cmocka_unit_test_setup_teardown(table_flips, setup, teardown),
        cmocka_unit_test_setup_teardown(register_flips, setup, teardown)};
    for (size_t i = 0; i < COUNT(corruptions); i++)
        tests[OTHERS + i] = (struct CMUnitTest){corruptions[i].name, machine_refuses, NULL, NULL,
                                                (void *)&corruptions[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
