/* SPDX-License-Identifier: Apache-2.0 */
/* I1, I3, I12: functions and their registers, as the handoff has them, against hardware. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"
#include "kernel/start/check_machine.h"

enum {
    MEMORY = 4 << 20,
    ECAM = 0x100000, /* of buses 0 and 1 */
    LIST = 0x300000, /* and one every 0x10000 a domain */
    NIC = 1 << 8,    /* 01:00.0, below 00:10.0 */
    EDU = 5 << 3,    /* 00:05.0 */
    PORT = 0x10 << 3,
};

static struct board {
    uint8_t memory[MEMORY];
    struct handoff handoff;
    struct {
        struct manifest_header header;
        struct manifest_device devices[2];
    } made;
    struct manifest manifest;
    struct check_result result;
} * b;
#define h (&b->handoff)
#define F (b->handoff.functions)

static const void *frame(uint64_t hpa, void *context)
{
    (void)context;
    return hpa < MEMORY ? b->memory + hpa : NULL;
}

static uint32_t *config(uint32_t pci, unsigned offset)
{
    return (uint32_t *)(b->memory + ECAM + ((size_t)pci << 12) + offset);
}

static void make_lists(void)
{
    for (uint32_t d = 0; d < 2; d++) {
        struct handoff_domain *domain = &h->domains[d];
        struct function *list = (struct function *)(b->memory + domain->devices_hpa);
        uint32_t count = 0;
        for (uint32_t i = 0; i < h->function_count; i++)
            if (F[i].domain == d)
                list[count++] = F[i];
    }
}

/* A network card behind a port with an MSI-X page in its second BAR, and a card on bus 0. */
static void make(void)
{
    b = calloc(1, sizeof *b);
    *config(NIC, 0) = 0x10d38086;
    *config(NIC, 0x10) = 0xfe000000;
    *config(NIC, 0x14) = 0xfe020004;
    *config(NIC, 0x18) = 0;
    *config(NIC, 0x04) = 1 << 20;
    *config(NIC, 0x34) = 0x40;
    *config(NIC, 0x40) = 0x00005001;
    *config(NIC, 0x50) = 0x80040011;
    *config(NIC, 0x54) = 0x001;
    *config(NIC, 0x58) = 0x801;
    *config(PORT, 0x0c) = 1 << 16;
    *config(PORT, 0x18) = 1 << 8;
    *config(EDU, 0) = 0x11e81234;
    *config(EDU, 0x10) = 0xfd000000;
    F[0] = (struct function){.pci = NIC,
                             .id = 0x10d38086,
                             .domain = 0,
                             .slot = 1,
                             .port = PORT,
                             .msix = 0x50,
                             .vectors = 5,
                             .table_bar = 1,
                             .pending_bar = 1,
                             .pending_offset = 0x800,
                             .trap_count = 1,
                             .config_hpa = ECAM + ((uint64_t)NIC << 12),
                             .port_hpa = ECAM + ((uint64_t)PORT << 12),
                             .bars = {{0xfe000000, 0x20000, 0xc0000000, 0, 0},
                                      {0xfe020000, 0x4000, 0xc0020000, BAR_64, 0}},
                             .traps = {{0xc0020000, 0xfe020000, 0x1000, VA_TRAPPED}}};
    F[1] = (struct function){.pci = EDU,
                             .id = 0x11e81234,
                             .domain = 1,
                             .slot = 1,
                             .port = FUNCTION_NONE,
                             .config_hpa = ECAM + ((uint64_t)EDU << 12),
                             .bars = {{0xfd000000, 0x100000, 0xc0000000, 0, 0}}};
    h->ecam_base = ECAM;
    h->ecam_bus_last = 1;
    h->function_count = 2;
    h->domain_count = 2;
    h->domains[0] = (struct handoff_domain){
        .function_count = 1,
        .window_count = 2,
        .windows = {{0xc0000000, 0xfe000000, 0x20000}, {0xc0021000, 0xfe021000, 0x3000}},
        .devices_hpa = LIST,
        .devices_bytes = functions_bytes(1),
        .vectors_hpa = 0x380000,
        .vectors_bytes = 0x1000};
    h->domains[1] = (struct handoff_domain){.function_count = 1,
                                            .window_count = 1,
                                            .windows = {{0xc0000000, 0xfd000000, 0x100000}},
                                            .devices_hpa = LIST + 0x10000,
                                            .devices_bytes = functions_bytes(1)};
    h->extent_count = 1;
    h->extents[0] = (struct handoff_extent){0x1000000, 0x1000000, EXTENT_RAM, 0};
    b->made.devices[0] = (struct manifest_device){.domain = 0, .pci = NIC};
    b->made.devices[1] = (struct manifest_device){.domain = 1, .pci = EDU};
    b->made.header.tables[MANIFEST_DEVICES] =
        (struct manifest_table){offsetof(struct board, made.devices) - offsetof(struct board, made),
                                2, sizeof(struct manifest_device), 0};
    b->manifest.header = &b->made.header;
}

#define BREAK(name, ...)                                                                           \
    static void break_##name(void)                                                                 \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
BREAK(nothing, (void)0)
BREAK(one_missing, h->function_count = 1)
BREAK(one_too_many, h->function_count = 3)
BREAK(another, F[0].pci = 2 << 8)
BREAK(another_domain, F[0].domain = 1)
BREAK(many_traps, F[0].trap_count = MAX_TRAPS + 1)
BREAK(many_windows, h->domains[1].window_count = MAX_DOMAIN_WINDOWS + 1)
BREAK(no_ecam, h->ecam_base = 0)
BREAK(bus_beyond, h->ecam_bus_last = 0)
BREAK(config_elsewhere, F[0].config_hpa += 0x1000)
BREAK(port_elsewhere, F[0].port_hpa += 0x1000)
BREAK(port_missing, F[0].port_hpa = 0)
BREAK(port_of_none, F[1].port_hpa = F[0].port_hpa)
BREAK(other_id, *config(NIC, 0) = 0x10c98086)
BREAK(is_bridge, *config(EDU, 0x0c) = 1 << 16)
BREAK(port_is_none, *config(PORT, 0x0c) = 0)
BREAK(port_leads_elsewhere, *config(PORT, 0x18) = 2 << 8)
BREAK(bar_moved, *config(NIC, 0x10) = 0xfe100000)
BREAK(bar_high, *config(NIC, 0x18) = 1)
BREAK(bar_wider_than_said, F[0].bars[1].type = 0; *config(NIC, 0x18) = 1)
BREAK(bar_type_unsaid, F[0].bars[1].type = 0)
BREAK(bar_wide_for_narrow, F[1].bars[0].type = BAR_64)
BREAK(bar_of_ports, *config(EDU, 0x10) |= 1)
BREAK(bar_unaligned, F[1].bars[0].hpa = *config(EDU, 0x10) = 0xfd080000)
BREAK(bar_odd, F[1].bars[0].bytes = 0x180000)
BREAK(bar_unaligned_to_owner, F[0].bars[1].gpa += 0x1000)
BREAK(bar_of_another, F[1].bars[0].hpa = *config(EDU, 0x10) = 0xfe000000)
BREAK(bar_in_page_of_another,
      F[1].bars[1] = (struct function_bar){0xfe020800, 16, 0xc0100800, 0, 0};
      *config(EDU, 0x14) = 0xfe020800)
BREAK(bar_in_ram, F[1].bars[0].hpa = *config(EDU, 0x10) = 0x1000000)
BREAK(bar_at_apic, F[1].bars[0].hpa = *config(EDU, 0x10) = 0xfee00000)
BREAK(bar_of_interrupts, F[1].bars[0].hpa = *config(EDU, 0x10) = 0xfeef0000;
      F[1].bars[0].bytes = 0x10000)
BREAK(bar_at_ioapic, h->ioapic_count = 1; h->ioapics[0].address = 0xfd001000)
BREAK(bar_at_unit, h->iommu_count = 1; h->iommus[0].registers = 0xfd0ff000)
BREAK(bar_at_screen, h->screen.base = 0xfd000800; h->screen.bytes = 16)
BREAK(bar_in_ecam, F[1].bars[0].hpa = *config(EDU, 0x10) = 0x200000)
BREAK(trap_elsewhere, F[0].traps[0].hpa = 0xfd000000)
BREAK(trap_shifted, F[0].traps[0].gpa += 0x1000)
BREAK(messages_hidden, F[0].msix = 0)
BREAK(messages_made_up, *config(NIC, 0x50) = 0x80040012)
BREAK(messages_endless, *config(NIC, 0x50) = 0x80045012)
BREAK(messages_without_list, *config(NIC, 0x04) = 0)
BREAK(messages_silent, F[0].msix = 0; F[0].flags = FUNCTION_SILENT)
BREAK(more_messages, *config(NIC, 0x50) = 0x80050011)
BREAK(table_elsewhere, *config(NIC, 0x54) = 0x1001)
BREAK(table_in_other, *config(NIC, 0x54) = 0x000)
BREAK(pending_elsewhere, *config(NIC, 0x58) = 0x1001)
BREAK(table_open, *config(NIC, 0x54) = 0x1001; F[0].table_offset = 0x1000)
BREAK(table_half_open, *config(NIC, 0x54) = 0xfb9; F[0].table_offset = 0xfb8)
BREAK(table_in_seven, *config(NIC, 0x54) = 7; F[0].table_bar = 7)
BREAK(pending_open, *config(NIC, 0x58) = 0x000; F[0].pending_bar = F[0].pending_offset = 0)
BREAK(list_differs, make_lists(); ((struct function *)(b->memory + LIST))->irte = 7)
BREAK(list_short, h->domains[0].function_count = 0)
BREAK(list_bytes, h->domains[0].devices_bytes += 0x1000)
BREAK(vectors_short, h->domains[0].vectors_bytes = 0)
BREAK(window_of_another, h->domains[1].windows[0].hpa = 0xfe000000;
      h->domains[1].windows[0].bytes = 0x1000)
BREAK(window_of_trap,
      h->domains[0].windows[1] = (struct handoff_window){0xc0020000, 0xfe020000, 0x3000})
BREAK(window_shifted, h->domains[0].windows[1].gpa += 0x1000)
BREAK(window_missing, h->domains[0].window_count = 1)
BREAK(window_twice, h->domains[0].windows[1] = h->domains[0].windows[0])
BREAK(window_too_long, h->domains[1].windows[0].bytes += 0x1000)
BREAK(window_in_ram, F[1].bars[0].gpa = h->domains[1].windows[0].gpa = 0x100000)
BREAK(window_above_ram, h->domains[1].ram_count = 1;
      h->domains[1].ram[0] = (struct handoff_ram){0x100000000, 0x1000000, 0x200000};
      F[1].bars[0].gpa = h->domains[1].windows[0].gpa = 0x100100000)
BREAK(window_of_silent, F[1].flags = FUNCTION_SILENT)

static const struct row {
    const char *name;
    void (*apply)(void);
    const char *expected; /* in the text; NULL: passes */
} rows[] = {
#define ROW(name, text)                                                                            \
    {                                                                                              \
#name, break_##name, text                                                                  \
    }
    ROW(nothing, NULL),
    ROW(one_missing, "1 PCI functions, the manifest has 2"),
    ROW(one_too_many, "3 PCI functions, the manifest has 2"),
    ROW(another, "02:00.0: the manifest's is 200, expected 100"),
    ROW(another_domain, "01:00.0: domain 1, expected 0"),
    ROW(many_traps, "trapped runs 5, expected 4"),
    ROW(many_windows, "domain 1: 65 windows"),
    ROW(no_ecam, "configuration space at 200000, expected 0"),
    ROW(bus_beyond, "configuration space at 200000, expected 0"),
    ROW(config_elsewhere, "configuration space at 201000, expected 200000"),
    ROW(port_elsewhere, "its port's configuration space at 181000, expected 180000"),
    ROW(port_missing, "its port's configuration space at 0, expected 180000"),
    ROW(port_of_none, "its port's configuration space at 180000, expected 0"),
    ROW(other_id, "id 10c98086, expected 10d38086"),
    ROW(is_bridge, "00:05.0: id 11e81234"),
    ROW(port_is_none, "the port above leads to bus 1, expected 1"),
    ROW(port_leads_elsewhere, "the port above leads to bus 2, expected 1"),
    ROW(bar_moved, "base address register at fe100000, expected fe000000"),
    ROW(bar_high, "base address register at 1fe020000, expected fe020000"),
    ROW(bar_wider_than_said, "base address register at 1fe020000, expected fe020000"),
    ROW(bar_type_unsaid, "base address register at fe020000"),
    ROW(bar_wide_for_narrow, "base address register at fd000000"),
    ROW(bar_of_ports, "base address register at fd000000"),
    ROW(bar_unaligned, "registers at fd080000, 100000 bytes: no such place"),
    ROW(bar_odd, "180000 bytes: no such place"),
    ROW(bar_unaligned_to_owner, "registers at fe020000, 4000 bytes: no such place"),
    ROW(bar_of_another, "registers at fe000000, 20000 bytes: another's"),
    ROW(bar_in_page_of_another, "registers at fe020000, 4000 bytes: another's"),
    ROW(bar_in_ram, "registers at 1000000, 100000 bytes: RAM"),
    ROW(bar_at_apic, "the local APIC"),
    ROW(bar_of_interrupts, "registers at feef0000, 10000 bytes: the local APIC"),
    ROW(bar_at_ioapic, "an I/O APIC"),
    ROW(bar_at_unit, "an IOMMU unit"),
    ROW(bar_at_screen, "the screen"),
    ROW(bar_in_ecam, "PCI configuration space"),
    ROW(trap_elsewhere, "trapped registers at fd000000"),
    ROW(trap_shifted, "trapped registers at fe020000"),
    ROW(messages_hidden, "MSI-X capability and entries 50000, expected 50050"),
    ROW(messages_made_up, "MSI-X capability and entries 50050, expected 0"),
    ROW(messages_endless, "MSI-X capability and entries 50050, expected 0"),
    ROW(messages_without_list, "MSI-X capability and entries 50050, expected 0"),
    ROW(messages_silent, "domain 0: registers at gpa c0000000"),
    ROW(more_messages, "MSI-X capability and entries 50050, expected 60050"),
    ROW(table_elsewhere, "MSI-X table at 1, expected 1001"),
    ROW(table_in_other, "MSI-X table at 1, expected 0"),
    ROW(pending_elsewhere, "MSI-X pending bits at 801, expected 1001"),
    ROW(table_open, "MSI-X table: not trapped, at 1001"),
    ROW(table_half_open, "MSI-X table: not trapped, at fb9"),
    ROW(table_in_seven, "MSI-X table: not trapped, at 7"),
    ROW(pending_open, "MSI-X table: not trapped, at 1"),
    ROW(list_differs, "not on its domain's list"),
    ROW(list_short, "not on its domain's list"),
    ROW(list_bytes, "domain 0: 1 functions, 4000 bytes of list"),
    ROW(vectors_short, "of vectors: not as due"),
    ROW(window_of_another, "domain 1: registers at gpa c0000000, hpa fe000000, 1000 bytes: not"),
    ROW(window_of_trap, "gpa c0020000, hpa fe020000, 3000 bytes: out of place"),
    ROW(window_shifted, "gpa c0022000, hpa fe021000, 3000 bytes: not its own"),
    ROW(window_missing, "domain 0: 20000 bytes of registers, expected 23000"),
    ROW(window_twice, "gpa c0000000, hpa fe000000, 20000 bytes: out of place"),
    ROW(window_too_long, "101000 bytes: not its own"),
    ROW(window_in_ram, "gpa 100000, hpa fd000000, 100000 bytes: out of place"),
    ROW(window_above_ram, "gpa 100100000, hpa fd000000, 100000 bytes: out of place"),
    ROW(window_of_silent, "domain 1: registers at gpa c0000000"),
};

static void all_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make();
        make_lists();
        rows[i].apply();
        if (rows[i].apply != break_list_differs)
            make_lists();
        const struct check_machine machine = {
            .handoff = h, .manifest = &b->manifest, .frame = frame, .result = &b->result};
        bool good = check_functions(&machine);
        if (good != !rows[i].expected ||
            (rows[i].expected && !strstr(b->result.text, rows[i].expected)))
            fail_msg("%s: %s \"%s\", expected \"%s\"", rows[i].name, good ? "passes" : "fails",
                     b->result.text, rows[i].expected ? rows[i].expected : "");
        free(b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_rows)};
    return cmocka_run_group_tests_name("check_functions", tests, NULL, NULL);
}
