/* SPDX-License-Identifier: Apache-2.0 */
/* Boards of each kind that is accepted or refused. */
#include "board_kinds.h"

static struct fact_function *given(struct board *board, uint32_t bus, uint32_t function)
{
    board_give(board, PCI(bus, 0, function), 0);
    return board_at(board, PCI(bus, 0, function));
}

static void nothing(struct board *board)
{
    given(board, 1, 0);
}

static void separated(struct board *board)
{
    given(board, 8, 0);
    board_give(board, PCI(8, 0, 1), 1);
}

static void switch_of_one(struct board *board)
{
    given(board, 5, 0);
    given(board, 6, 0);
}

static void split(struct board *board)
{
    given(board, 2, 0);
}

static void switch_of_two(struct board *board)
{
    given(board, 5, 0);
    board_give(board, PCI(6, 0, 0), 1);
}

static void odd_acs(struct board *board)
{
    board_at(board, PCI(0, 3, 0))->acs_capability = 0x1c;
    switch_of_two(board);
}

static void conventional(struct board *board)
{
    board_give(board, PCI(7, 1, 0), 0);
    board_give(board, PCI(7, 2, 0), 0);
}

void board_keep(struct board *board, uint32_t pci)
{
    board->facts.scopes[0] = (struct fact_scope){
        .type = SCOPE_ENDPOINT, .bus = (uint8_t)(pci >> 8), .hops = 1, .path = {(uint8_t)pci}};
    board->facts.scope_count = 1;
    board->facts.reserved[0] =
        (struct fact_reserved){.base = 0x7b000000, .end = 0x7b100000, .scope_count = 1};
    board->facts.reserved_count = 1;
}

static void kept(struct board *board)
{
    nothing(board);
    board_keep(board, PCI(1, 0, 0));
}

static void kept_lost(struct board *board)
{
    nothing(board);
    board_keep(board, PCI(1, 0, 0));
    board->facts.scopes[0].bus = 0;
    board->facts.scopes[0].hops = 2;
}

static void kept_usb(struct board *board)
{
    board_give(board, PCI(0, 0x14, 0), 0);
    board_keep(board, PCI(0, 0x14, 0));
}

static void organ(struct board *board)
{
    board->facts.boot_function = PCI(8, 0, 0);
    board_give(board, PCI(0, 0x1f, 2), 0);
}

static void booted(struct board *board)
{
    given(board, 1, 0)->class_code = 0x01060100;
    board->facts.boot_function = PCI(1, 0, 0);
}

static void boot_unknown(struct board *board)
{
    board->facts.boot_function = FUNCTION_NONE;
    board_give(board, PCI(0, 0x14, 0), 0);
}

static void missing(struct board *board)
{
    board_give(board, PCI(9, 0, 0), 0);
}

static void other_id(struct board *board)
{
    board_give(board, PCI(1, 0, 0), 0)->id = 0x80861533;
}

static void no_messages(struct board *board)
{
    struct fact_function *card = given(board, 1, 0);

    card->msi = card->msix = 0;
}

static void no_reset(struct board *board)
{
    given(board, 8, 0)->express_capabilities = 0;
}

static void bus_reset(struct board *board)
{
    given(board, 1, 0)->express_capabilities = 0;
}

static void accepted_no_reset(struct board *board)
{
    no_reset(board);
    board->devices[0].flags = MANIFEST_NO_RESET;
}

static void shared_page(struct board *board)
{
    struct fact_function *one = given(board, 8, 0);

    one->bars[0].bytes = 0x100;
    board_at(board, PCI(8, 0, 1))->bars[0] = one->bars[0];
    board_at(board, PCI(8, 0, 1))->bars[0].base += 0x100;
}

static void shared_by_one(struct board *board)
{
    shared_page(board);
    given(board, 8, 1);
}

static void own_page(struct board *board)
{
    struct fact_function *one = given(board, 1, 0);

    one->bars[0].bytes = 0x100;
    one->bars[1] = one->bars[0];
    one->bars[1].base += 0x100;
}

static void outside(struct board *board)
{
    nothing(board);
    board_open_bridges(board);
    board->own_windows = true;
    board_at(board, PCI(0, 1, 0))->windows[0].base += 8 * MIB;
}

static void in_anothers(struct board *board)
{
    board_give(board, PCI(0, 0x14, 0), 0);
    board_open_bridges(board);
    board->own_windows = true;
    board_at(board, PCI(0, 5, 0))->windows[0] =
        (struct free_range){board_at(board, PCI(0, 0x14, 0))->bars[0].base, MIB};
}

static void no_address(struct board *board)
{
    given(board, 1, 0)->bars[0].base = 0;
}

static void in_memory(struct board *board)
{
    given(board, 1, 0)->bars[0].base = 0x7f000000;
}

static void table_absent(struct board *board)
{
    given(board, 1, 0)->msix_table = 0x2000 | 4;
}

static void table_in_ports(struct board *board)
{
    given(board, 1, 0)->msix_table = 2;
}

static void table_past(struct board *board)
{
    given(board, 1, 0)->msix_table = 0x3ff8 | 3;
}

static void pending_past(struct board *board)
{
    given(board, 1, 0)->msix_pending = 0x4000 | 3;
}

static void loop(struct board *board)
{
    given(board, 1, 0)->bad_list = true;
}

static void many(struct board *board)
{
    board_bridge(board, PCI(0, 6, 0), PORT_ROOT, true, 9, 9);
    for (uint32_t i = 0; i < 32; i++) {
        board_card(board, PCI(9, i, 0));
        board_give(board, PCI(9, i, 0), 0);
    }
}

static void full(struct board *board)
{
    board->made.domains[1].cpu_count = 16;
    board_bridge(board, PCI(0, 6, 0), PORT_ROOT, true, 9, 9);
    for (uint32_t i = 0; i < 19; i++) {
        board_card(board, PCI(9, i, 0));
        board_give(board, PCI(9, i, 0), 1);
    }
}

static void ports_only(struct board *board)
{
    struct fact_function *card = given(board, 1, 0);

    card->msix = 0;
    card->bars[0] = card->bars[3] = (struct fact_bar){0};
}

static void segment(struct board *board)
{
    board_card(board, 1 << 16 | PCI(1, 0, 0));
    board_give(board, 1 << 16 | PCI(1, 0, 0), 0);
}

static void volume(struct board *board)
{
    struct fact_function *card = given(board, 1, 0);

    card->class_code = 0x01040000;
    card->id = 0x9a0b8086;
}

static void iommu(struct board *board)
{
    given(board, 1, 0)->class_code = 0x08060000;
}

static void no_dmar(struct board *board)
{
    nothing(board);
    board->facts.dmar = false;
    board->facts.iommu_count = 0;
}

static void no_remapping(struct board *board)
{
    nothing(board);
    board->facts.interrupt_remapping = false;
}

static void opted_out(struct board *board)
{
    nothing(board);
    board->facts.x2apic_opt_out = true;
}

static void silent(struct board *board)
{
    no_messages(board);
    board->devices[0].flags = MANIFEST_SILENT;
}

static void few_buses(struct board *board)
{
    nothing(board);
    board->facts.ecam[0].bus_last = 0;
}

static void enough_buses(struct board *board)
{
    nothing(board);
    board->facts.ecam[0].bus_last = 1;
}

static void over_ecam(struct board *board)
{
    given(board, 1, 0)->bars[0].base = board->facts.ecam[0].base + MIB;
}

static void over_unit(struct board *board)
{
    struct fact_bar *bar = &given(board, 1, 0)->bars[0];

    bar->bytes = 0x1000;
    bar->base = board->facts.iommus[0].registers;
}

static void over_apics(struct board *board)
{
    given(board, 1, 0)->bars[0].base = 0xfee00000;
}

static void overlapping_buses(struct board *board)
{
    nothing(board);
    board_at(board, PCI(0, 2, 0))->subordinate = 8;
}

static void looping_buses(struct board *board)
{
    nothing(board);
    board_at(board, PCI(0, 2, 0))->secondary = 0;
}

static void no_queue(struct board *board)
{
    nothing(board);
    board->facts.iommus[0].extended_capability &= ~2ull;
}

static void no_eim(struct board *board)
{
    nothing(board);
    board->facts.iommus[0].extended_capability &= ~0x10ull;
}

static void no_levels(struct board *board)
{
    nothing(board);
    board->facts.iommus[0].capability &= ~(7ull << 8);
}

static void narrow(struct board *board)
{
    nothing(board);
    board->facts.iommus[0].capability = 2 | 2 << 8 | 30 << 16;
}

#define ROW(change, rule)                                                                          \
    {                                                                                              \
#change, change, rule                                                                      \
    }

const struct board_kind board_kinds[] = {
    ROW(nothing, NULL),
    ROW(separated, NULL),
    ROW(switch_of_one, NULL),
    ROW(split, "iommu-group-quirk"),
    ROW(switch_of_two, "iommu-group-quirk"),
    ROW(odd_acs, "iommu-group-quirk"),
    ROW(conventional, "device-conventional"),
    ROW(kept, "device-rmrr"),
    ROW(kept_lost, "device-rmrr"),
    ROW(kept_usb, NULL),
    ROW(organ, "device-chipset"),
    ROW(volume, "device-chipset"),
    ROW(iommu, "device-chipset"),
    ROW(booted, "boot-controller"),
    ROW(boot_unknown, "boot-controller-unknown"),
    ROW(missing, "device-missing"),
    ROW(other_id, "device-id"),
    ROW(no_messages, "device-interrupts"),
    ROW(silent, NULL),
    ROW(no_reset, "device-no-reset"),
    ROW(bus_reset, NULL),
    ROW(accepted_no_reset, NULL),
    ROW(shared_page, "bar-page"),
    ROW(shared_by_one, "bar-page"),
    ROW(own_page, "bar-address"),
    ROW(outside, "bar-window"),
    ROW(in_anothers, "bar-window"),
    ROW(no_address, "bar-address"),
    ROW(in_memory, "bar-address"),
    ROW(table_absent, "device-capabilities"),
    ROW(table_in_ports, "device-capabilities"),
    ROW(table_past, "device-capabilities"),
    ROW(pending_past, "device-capabilities"),
    ROW(loop, "device-capabilities"),
    ROW(many, "range"),
    ROW(full, "interrupt-entries"),
    ROW(ports_only, NULL),
    ROW(segment, "device-segment"),
    ROW(no_dmar, "iommu-missing"),
    ROW(no_remapping, "iommu-missing"),
    ROW(opted_out, "iommu-missing"),
    ROW(no_queue, "iommu-unit"),
    ROW(no_eim, "iommu-unit"),
    ROW(no_levels, "iommu-reach"),
    ROW(narrow, "iommu-reach"),
    ROW(few_buses, "ecam-window"),
    ROW(enough_buses, NULL),
    ROW(over_ecam, "bar-address"),
    ROW(over_unit, "bar-address"),
    ROW(over_apics, "bar-address"),
    ROW(overlapping_buses, "bus-numbers"),
    ROW(looping_buses, "bus-numbers"),
};

const size_t board_kind_count = sizeof(board_kinds) / sizeof(board_kinds[0]);
