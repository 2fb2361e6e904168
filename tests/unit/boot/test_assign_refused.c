/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I10: which functions nobody gets, with what is said of each, and what is close to these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"

static struct board board;

/* A line of what makes an assignment of 01:00.0 (or `pci`) to domain one fail. */
struct refusal {
    uint32_t pci, flags;
    void (*change)(struct board *board, struct fact_function *fact);
    const char *words[3];
};

#define CHANGE(name, ...)                                                                          \
    static void name(struct board *b, struct fact_function *f)                                     \
    {                                                                                              \
        (void)b;                                                                                   \
        (void)f;                                                                                   \
        __VA_ARGS__;                                                                               \
    }

CHANGE(nothing, (void)0)
CHANGE(other_id, b->devices[0].id = 0x10ec8139)
CHANGE(other_serial, b->devices[0].serial_number = made_manifest_string(&b->made, "00-1b-21-ff");
       f->has_serial_number = true; f->serial_number = 0x1b21ffff000002)
CHANGE(no_serial, b->devices[0].serial_number = made_manifest_string(&b->made, "00-1b-21-ff"))
CHANGE(boots, b->facts.boot_function = PCI(1, 0, 0))
CHANGE(may_boot_disk, b->facts.boot_function = FUNCTION_NONE; f->class_code = 0x01080200)
CHANGE(may_boot_stick, b->facts.boot_function = FUNCTION_NONE; f->class_code = 0x0c033000)
CHANGE(may_boot_card, b->facts.boot_function = FUNCTION_NONE; f->class_code = 0x08050100)
CHANGE(boots_unknown, b->facts.boot_function = FUNCTION_NONE)
CHANGE(bad_list, f->bad_list = true)
CHANGE(over_another, f->msix = 0x48)
CHANGE(past_space, f->express = 0xf8)
CHANGE(in_header, f->power = 0x3c)
CHANGE(not_read, f->config = NULL)
CHANGE(no_messages, f->msi = f->msix = 0)
CHANGE(no_flr, f->express_capabilities = 0; f->advanced = 0)
CHANGE(half_af, f->express_capabilities = 0; f->advanced = 0xc0; f->advanced_capabilities = 2)
CHANGE(kept_for_it, b->facts.reserved_count = 1;
       b->facts.reserved[0] = (struct fact_reserved){0x7a000000, 0x7c000000, 0, false, 0, 1};
       b->facts.scope_count = 1;
       b->facts.scopes[0] = (struct fact_scope){SCOPE_ENDPOINT, 0, 1, 1, {0}})
CHANGE(kept_for_any, kept_for_it(b, f); b->facts.scopes[0].bus = 9; b->facts.reserved[0].any = true)
CHANGE(kept_for_lost, kept_for_it(b, f); b->facts.scopes[0].hops = 0)
CHANGE(graphics, kept_for_it(b, f); f->class_code = 0x03000000)
CHANGE(unplaced, f->bars[0].base = 0)
CHANGE(odd_size, f->bars[0].bytes = 0x3000)
CHANGE(unaligned, f->bars[0].base += 0x1000)
CHANGE(half_of_wide, f->bars[4] = (struct fact_bar){.base = 0xe0000000, .bytes = 0x1000})
CHANGE(wide_at_the_end, f->bars[5] = (struct fact_bar){0xe0000000, 0x1000, BAR_64, 0})
CHANGE(beyond_processor, f->bars[3].base = 1ull << 40)
CHANGE(beyond_unit, b->facts.iommus[0].capability = 2 | 6 << 8 | 38 << 16;
       f->bars[3].base = 0x8000000000)
CHANGE(narrow_above, f->bars[0].base = 1ull << 33)
CHANGE(over_memory, f->bars[0].base = 0x40000000)
CHANGE(over_ecam, f->bars[0].base = 0xb0100000)
CHANGE(over_unit, f->bars[0].base = 0xfed80000)
CHANGE(over_ioapic, f->bars[0].base = 0xfec00000)
CHANGE(over_hpet, f->bars[3].base = 0xfed00000)
CHANGE(over_apic, f->bars[0].base = 0xfee20000)
CHANGE(speaks_as_ioapic, b->facts.ioapics[0].requester = f->pci)
CHANGE(near_ioapic, b->facts.ioapics[0].requester = f->pci | 0xff)
CHANGE(over_neighbour, f->bars[3].base = board_at(b, PCI(5, 0, 0))->bars[0].base)
CHANGE(closed_bridge, b->own_windows = true; board_at(b, PCI(0, 1, 0))->windows[1].bytes = 0)
CHANGE(half_in_bridge, b->own_windows = true;
       board_at(b, PCI(0, 1, 0))->windows[0] = (struct free_range){f->bars[0].base, 0x20000})
CHANGE(endless_bridge, b->own_windows = true;
       board_at(b, PCI(0, 1, 0))->windows[0] = (struct free_range){0xffff0000, 1ull << 63})
CHANGE(in_other_bridge, b->own_windows = true;
       board_at(b, PCI(0, 1, 0))->windows[0] = (struct free_range){0xc0000000, 0x20000000};
       board_at(b, PCI(0, 5, 0))->windows[1] = (struct free_range){f->bars[3].base + 0x3000, MIB})
CHANGE(root_in_bridge, b->own_windows = true;
       board_at(b, PCI(0, 5, 0))->windows[0] = (struct free_range){f->bars[0].base & ~(MIB - 1),
                                                                   MIB})
CHANGE(table_nowhere, f->msix_table = 0x2000 | 1)
CHANGE(table_in_ports, f->msix_table = 2)
CHANGE(table_in_seven, f->msix_table = 7)
CHANGE(table_past, f->msix_table = 0x3f70 | 3)
CHANGE(pending_past, f->msix_pending = 0x4000 | 3)
CHANGE(pending_on_table, f->msix_pending = 0x2098 | 3)
CHANGE(legacy_past, f->legacy_offset = 0x1fffc)
CHANGE(legacy_nowhere, f->legacy_offset = 0x100; f->bars[0].bytes = 0)
CHANGE(twice, board_give(b, PCI(1, 0, 0), 1))
CHANGE(taken_partner, board_give(b, PCI(0, 0x1c, 1), 1))
CHANGE(managed_partner, board_give(b, PCI(0, 0x1c, 1), MANIFEST_NONE))
CHANGE(no_table, b->facts.dmar = false)
CHANGE(no_unit, b->facts.iommu_count = 0)
CHANGE(no_remapping, b->facts.interrupt_remapping = false)
CHANGE(opt_out, b->facts.x2apic_opt_out = true)
CHANGE(no_queue, b->facts.iommus[0].extended_capability &= ~2ull)
CHANGE(no_interrupts, b->facts.iommus[0].extended_capability &= ~8ull)
CHANGE(no_eim, b->facts.iommus[0].extended_capability &= ~16ull)
CHANGE(no_levels, b->facts.iommus[0].capability = 2 | 1 << 8 | 47 << 16)
CHANGE(second_without, b->facts.iommu_count = 2)
CHANGE(not_covered, b->facts.iommus[0].include_all = false)
CHANGE(other_segment, b->facts.iommus[0].segment = 1)
CHANGE(no_ecam, b->facts.ecam_count = 0)
CHANGE(ecam_of_other, b->facts.ecam[0].segment = 1)
CHANGE(ecam_ends, b->facts.ecam[0].bus_last = 0)
CHANGE(ecam_begins, b->facts.ecam[0].bus_first = 1)
CHANGE(loops, board_at(b, PCI(4, 0, 0))->secondary = 3)
CHANGE(few_ids, b->facts.iommus[0].capability &= ~7ull;
       for (uint32_t i = 2; i < 16; i++) made_manifest_domain(&b->made, "more", 1, 2 * MIB, 0))

static const struct refusal refusals[] = {
    {1u << 16 | PCI(1, 0, 0), 0, nothing, {"of PCI segment group 1", "VMD"}},
    {PCI(1, 1, 0), 0, nothing, {"01:01.0, and this machine has none there", "correct `pci`"}},
    {PCI(1, 0, 0), 0, other_id, {"is to be 10ec:8139 and is 8086:10d3", "correct `pci` or `id`"}},
    {PCI(1, 0, 0), 0, other_serial, {"the serial number 00-1b-21-ff and has 001b21ffff000002"}},
    {PCI(1, 0, 0), 0, no_serial, {"the serial number 00-1b-21-ff and has none"}},
    {PCI(1, 0, 0), 0, twice, {"01:00.0, which the manifest lists twice"}},
    {PCI(0, 1, 0), 0, nothing, {"00:01.0, which is a bridge or a port", "header type 1"}},
    {PCI(0, 0, 0), 0, nothing, {"00:00.0, which is a host bridge (class 0600)", "nobody's"}},
    {PCI(0, 0x1f, 0), 0, nothing, {"which is the ISA bridge"}},
    {PCI(0, 0x1f, 2), 0, nothing, {"which is beside the ISA bridge"}},
    {PCI(1, 0, 0), 0, boots, {"which this machine boots from", "leave it to nobody"}},
    {PCI(7, 1, 0), 0, nothing, {"behind the PCI bridge 00:04.0", "PCI Express slot"}},
    {PCI(1, 0, 0), 0, may_boot_disk, {"which this machine may have booted from"}},
    {PCI(1, 0, 0), 0, may_boot_stick, {"which this machine may have booted from"}},
    {PCI(1, 0, 0), 0, may_boot_card, {"which this machine may have booted from"}},
    {PCI(1, 0, 0), 0, bad_list, {"list of capabilities can't be followed"}},
    {PCI(1, 0, 0), 0, over_another, {"list of capabilities can't be followed"}},
    {PCI(1, 0, 0), 0, past_space, {"list of capabilities can't be followed"}},
    {PCI(1, 0, 0), 0, in_header, {"list of capabilities can't be followed"}},
    {PCI(1, 0, 0), 0, not_read, {"list of capabilities can't be followed"}},
    {PCI(1, 0, 0), 0, no_messages, {"neither MSI nor MSI-X", "`interrupts: none`"}},
    {PCI(0, 0x14, 0), 0, no_flr, {"no way to be reset", "accept_no_reset"}},
    {PCI(0, 0x14, 0), 0, half_af, {"no way to be reset"}},
    {PCI(1, 0, 0), 0, kept_for_it, {"keeps memory at 7a000000 to 7c000000 for it (RMRR)"}},
    {PCI(1, 0, 0), 0, kept_for_any, {"for a function that can't be told (RMRR)"}},
    {PCI(1, 0, 0), 0, kept_for_lost, {"for a function that can't be told (RMRR)"}},
    {PCI(1, 0, 0), 0, graphics, {"(RMRR)"}},
    {PCI(0, 0x1c, 0), 0, nothing, {"nothing separates it from 00:1c.1 of nobody", "ACS"}},
    {PCI(0, 0x1c, 0), 0, taken_partner, {"nothing separates it from 00:1c.1 of two"}},
    {PCI(0, 0x1c, 0), 0, managed_partner, {"nothing separates it from 00:1c.1 of management"}},
    {PCI(5, 0, 0), 0, nothing, {"nothing separates it from 06:00.0 of nobody"}},
    {PCI(1, 0, 0), 0, unplaced, {"gave its BAR 0 no address"}},
    {PCI(1, 0, 0), 0, odd_size, {"BAR 0 of 12288 bytes can't lie at"}},
    {PCI(1, 0, 0), 0, unaligned, {"BAR 0 of 131072 bytes can't lie at"}},
    {PCI(1, 0, 0), 0, half_of_wide, {"BAR 3 of 16384 bytes can't lie at"}},
    {PCI(1, 0, 0), 0, wide_at_the_end, {"BAR 5 of 4096 bytes can't lie at"}},
    {PCI(1, 0, 0), 0, beyond_processor, {"BAR 3 at 10000000000", "the processor can't reach"}},
    {PCI(1, 0, 0), 0, beyond_unit, {"lies above 8000000000, which the IOMMU unit"}},
    {PCI(1, 0, 0), 0, narrow_above, {"BAR 0 at 200000000 (131072 bytes) lies above 100000000"}},
    {PCI(1, 0, 0), 0, over_memory, {"BAR 0 at 40000000 (131072 bytes) overlaps memory at 100000"}},
    {PCI(1, 0, 0), 0, over_ecam, {"overlaps the configuration space (ECAM) at b0000000"}},
    {PCI(1, 0, 0), 0, over_unit, {"overlaps an IOMMU unit at fed90000"}},
    {PCI(1, 0, 0), 0, over_ioapic, {"overlaps an I/O APIC at fec00000"}},
    {PCI(1, 0, 0), 0, over_hpet, {"overlaps the HPET at fed00000"}},
    {PCI(1, 0, 0), 0, speaks_as_ioapic, {"DMAR gives its address to an I/O APIC: update"}},
    {PCI(0, 0x14, 0), 0, speaks_as_ioapic, {"DMAR gives its address to an I/O APIC: update"}},
    {PCI(1, 0, 0), 0, near_ioapic, {"DMAR gives its bus to an I/O APIC: update the firmware"}},
    {PCI(1, 0, 0), 0, over_apic, {"overlaps the local APICs at fee00000"}},
    {PCI(1, 0, 0), 0, over_neighbour, {"shares a page with BAR 0 of 05:00.0 of nobody"}},
    {PCI(1, 0, 0),
     0,
     closed_bridge,
     {"BAR 0 at", "lies outside of what the bridge 00:01.0 passes"}},
    {PCI(1, 0, 0), 0, half_in_bridge, {"BAR 3 at", "outside of what the bridge 00:01.0 passes"}},
    {PCI(1, 0, 0), 0, endless_bridge, {"BAR 0 at", "outside of what the bridge 00:01.0 passes"}},
    {PCI(1, 0, 0), 0, in_other_bridge, {"BAR 3 at", "lies in what the bridge 00:05.0 passes on"}},
    {PCI(0, 0x14, 0), 0, root_in_bridge, {"BAR 0 at", "in what the bridge 00:05.0 passes on"}},
    {PCI(1, 0, 0), 0, table_nowhere, {"MSI-X table lies in BAR 1, which is none of memory"}},
    {PCI(1, 0, 0), 0, table_in_ports, {"MSI-X table lies in BAR 2, which is none of memory"}},
    {PCI(1, 0, 0), 0, table_in_seven, {"MSI-X table lies in BAR 7, which is none of memory"}},
    {PCI(1, 0, 0), 0, table_past, {"MSI-X table (160 bytes at 3f70 of BAR 3) goes past"}},
    {PCI(1, 0, 0), 0, pending_past, {"MSI-X pending bits (8 bytes at 4000 of BAR 3) goes past"}},
    {PCI(1, 0, 0), 0, pending_on_table, {"MSI-X table and pending bits overlap"}},
    {PCI(1, 0, 0), 0, legacy_past, {"legacy support capability lies at 1fffc"}},
    {PCI(1, 0, 0), 0, legacy_nowhere, {"legacy support capability lies at 100"}},
    {PCI(1, 0, 0), 0, no_table, {"lists no IOMMU", "VT-d", "remove `devices`"}},
    {PCI(1, 0, 0), 0, no_unit, {"lists no IOMMU", "VT-d", "remove `devices`"}},
    {PCI(1, 0, 0), 0, no_remapping, {"DMAR offers no interrupt remapping"}},
    {PCI(1, 0, 0), 0, opt_out, {"DMAR opts out of x2APIC mode"}},
    {PCI(1, 0, 0), 0, no_queue, {"the IOMMU unit at fed90000 has no queued invalidation"}},
    {PCI(1, 0, 0), 0, no_interrupts, {"the IOMMU unit at fed90000 has no interrupt remapping"}},
    {PCI(1, 0, 0), 0, no_eim, {"has no interrupt remapping for x2APIC mode (EIM)"}},
    {PCI(1, 0, 0), 0, second_without, {"the IOMMU unit at 0 has no queued invalidation"}},
    {PCI(1, 0, 0), 0, few_ids, {"too few domain ids"}},
    {PCI(1, 0, 0), 0, no_levels, {"tables of neither 3 nor 4 levels"}},
    {PCI(1, 0, 0), 0, not_covered, {"DMAR names no IOMMU unit for it"}},
    {PCI(1, 0, 0), 0, other_segment, {"DMAR names no IOMMU unit for it"}},
    {PCI(1, 0, 0), 0, no_ecam, {"MCFG has no window with the buses 00 to 01"}},
    {PCI(1, 0, 0), 0, ecam_of_other, {"MCFG has no window with the buses 00 to 01"}},
    {PCI(1, 0, 0), 0, ecam_ends, {"MCFG has no window with the buses 00 to 01"}},
    {PCI(1, 0, 0), 0, ecam_begins, {"MCFG has no window with the buses 00 to 01"}},
    {PCI(1, 0, 0), 0, loops, {"I3: the bridge 04:00.0 leads to the buses 03 to 05"}},
};

static void what_cannot_be_given_is_refused(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        const struct refusal *line = &refusals[i];
        board_init(&board);
        board_give(&board, line->pci, 0);
        if (fact_function(&board.facts, line->pci))
            line->change(&board, board_at(&board, line->pci));
        board_refuses(&board, "I3: ", line->words[0]);
        for (uint32_t w = 1; w < 3 && line->words[w]; w++)
            board_refuses(&board, line->words[w]);
        /* Nobody asks: nobody is refused. */
        board.made.header.tables[MANIFEST_DEVICES].count = 0;
        board_must_assign(&board);
        assert_int_equal(board.handoff.function_count, 0);
    }
}

/* Each stands close to a refusal above. */
CHANGE(same_id, b->devices[0].id = 0x808610d3)
CHANGE(same_serial,
       b->devices[0].serial_number = made_manifest_string(&b->made, "00-1B-21:ff FF000002");
       f->has_serial_number = true; f->serial_number = 0x1b21ffff000002)
CHANGE(disk_serial, b->devices[0].serial_number = made_manifest_string(&b->made, "S4EV-17");
       f->class_code = 0x01080200)
CHANGE(whole_af, f->express_capabilities = 0; f->advanced = 0xc0; f->advanced_capabilities = 3)
CHANGE(soft_reset, f->express_capabilities = 0; f->no_soft_reset = false)
CHANGE(by_bus, f->express_capabilities = 0; f->express = 0)
CHANGE(kept_for_usb, kept_for_any(b, f); b->facts.reserved[0].any = true)
CHANGE(kept_for_other, kept_for_it(b, f); b->facts.scopes[0].bus = 8)
CHANGE(kept_elsewhere, kept_for_any(b, f); b->facts.reserved[0].segment = 1)
CHANGE(partner, board_give(b, PCI(0, 0x1c, 1), 0)->flags = MANIFEST_SILENT;
       board_at(b, PCI(0, 0x1c, 1))->msi = board_at(b, PCI(0, 0x1c, 1))->msix = 0)
CHANGE(named_unit, b->facts.iommus[0].include_all = false; b->facts.iommus[0].scope_count = 1;
       b->facts.scope_count = 1;
       b->facts.scopes[0] = (struct fact_scope){SCOPE_BRIDGE, 0, 0, 1, {1 << 3}})
CHANGE(other_unit_walks_past, named_unit(b, f); b->facts.iommus[1] = b->facts.iommus[0];
       b->facts.iommus[1].include_all = true; b->facts.iommus[1].scope_count = 0;
       b->facts.iommus[1].extended_capability &= ~1ull; b->facts.iommu_count = 2)
CHANGE(two_windows, b->own_windows = true;
       board_at(b, PCI(0, 1, 0))->windows[1] = (struct free_range){f->bars[0].base, 0x20000};
       board_at(b, PCI(0, 1, 0))->windows[0] = (struct free_range){f->bars[3].base, 0x4000};
       board_at(b, PCI(0, 5, 0))->windows[1] = (struct free_range){f->bars[3].base + 0x4000,
                                                                   1ull << 62})
CHANGE(exact_table, f->msix_table = 0x3f60 | 3; f->msix_pending = 0x2000 | 3)

static void what_can_be_given_is(void **state)
{
    (void)state;
    static const struct {
        uint32_t pci, flags;
        void (*change)(struct board *board, struct fact_function *fact);
        uint32_t resets;
    } table[] = {
        {PCI(1, 0, 0), 0, same_id, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, same_serial, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, disk_serial, RESET_FLR | RESET_BUS},
        {PCI(0, 0x14, 0), 0, whole_af, RESET_AF_FLR},
        {PCI(0, 0x14, 0), 0, soft_reset, RESET_D3HOT},
        {PCI(1, 0, 0), 0, by_bus, RESET_BUS},
        {PCI(0, 0x14, 0), MANIFEST_NO_RESET, no_flr, 0},
        {PCI(0, 0x14, 0), MANIFEST_SILENT, no_flr, 0},
        {PCI(1, 0, 0), MANIFEST_SILENT, no_messages, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), MANIFEST_SILENT, unplaced, RESET_FLR | RESET_BUS},
        {PCI(0, 0x14, 0), 0, kept_for_usb, RESET_FLR},
        {PCI(1, 0, 0), 0, kept_for_other, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, kept_elsewhere, RESET_FLR | RESET_BUS},
        {PCI(0, 0x1c, 0), 0, partner, RESET_FLR},
        {PCI(8, 0, 0), 0, nothing, RESET_FLR}, /* its neighbour is nobody's: no bus reset */
        {PCI(1, 0, 0), 0, named_unit, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, other_unit_walks_past, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, two_windows, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, boots_unknown, RESET_FLR | RESET_BUS},
        {PCI(1, 0, 0), 0, exact_table, RESET_FLR | RESET_BUS},
        {PCI(0, 0x14, 0), 0, near_ioapic, RESET_FLR},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        board_init(&board);
        board_give(&board, table[i].pci, 0)->flags = table[i].flags;
        table[i].change(&board, board_at(&board, table[i].pci));
        board_must_assign(&board);
        assert_int_equal(board.handoff.functions[0].pci, table[i].pci);
        if (board.handoff.functions[0].resets != table[i].resets)
            fail_msg("line %u: resets %x", i, board.handoff.functions[0].resets);
    }
}

static void organs_are_nobodys(void **state)
{
    (void)state;
    static const struct {
        uint32_t pci, class, id;
        const char *what; /* NULL: it can be given */
    } table[] = {
        {PCI(0, 0x16, 0), 0x078000, 0x1e3a8086, "part of the management engine"},
        {PCI(0, 0x16, 3), 0x070002, 0x1e3d8086, "part of the management engine"},
        {PCI(0, 0x18, 0), 0x078000, 0x1e3a8086, "part of the management engine"},
        {PCI(0, 0x18, 0), 0x070002, 0x1e3a8086, NULL},
        {PCI(0, 0x16, 0), 0x078000, 0x1e3a1022, NULL},
        {PCI(0, 0x17, 0), 0x010400, 0x28228086, NULL},
        {PCI(0, 0x0e, 0), 0x010400, 0x467f8086, "the VMD"},
        {PCI(0, 0x1f, 5), 0x0c8000, 0xa0a48086, "(SPI)"},
        {PCI(0, 0x1f, 4), 0x0c0500, 0xa0a38086, "the SMBus"},
        {PCI(0, 0x1f, 1), 0x058000, 0xa0a08086, "(P2SB, PMC)"},
        {PCI(0, 0x1f, 7), 0x130000, 0xa0a68086, "the chipset's trace hub"},
        {PCI(0, 0x1f, 6), 0x020000, 0x15fb8086, "in the chipset's own device"},
        {PCI(0, 0x1f, 6), 0x020000, 0x10001234, NULL},
        {PCI(0, 0x18, 2), 0x108000, 0x14561022, "the security processor"},
        {PCI(0, 0x18, 2), 0x080600, 0x14191022, "an IOMMU"},
        {PCI(0, 0x0d, 2), 0x0c0340, 0x9a1b8086, "the USB4 host"},
        {PCI(0, 0x0d, 0), 0x0c0330, 0x9a138086, NULL},
        {PCI(0, 0x18, 2), 0x0c0701, 0x00001234, "(IPMI)"},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        board_init(&board);
        board.facts.function_count = 9; /* bridges and what is before them only */
        struct fact_function *one = board_card(&board, table[i].pci);
        one->id = table[i].id;
        one->class_code = table[i].class << 8;
        const char *what = organ_of(&board.facts, board_at(&board, table[i].pci));
        if (!what != !table[i].what || (what && !strstr(what, table[i].what)))
            fail_msg("line %u: %s", i, what ? what : "none");
    }
    /* What stands beside the engine's interface is its own, whatever it is. */
    board_init(&board);
    board_card(&board, PCI(0, 0x16, 0))->class_code = 0x07800000;
    board_card(&board, PCI(0, 0x16, 2))->class_code = 0x01018500;
    assert_non_null(organ_of(&board.facts, board_at(&board, PCI(0, 0x16, 2))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_given_is_refused),
        cmocka_unit_test(what_can_be_given_is),
        cmocka_unit_test(organs_are_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
