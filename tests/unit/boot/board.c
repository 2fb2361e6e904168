/* SPDX-License-Identifier: Apache-2.0 */
/* A board with PCI functions and a manifest that gives some away. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"
#include "boot/plan/align.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"

enum { CLASS_NETWORK = 0x020000, CLASS_PORT = 0x060400, ACS_ALL = 0x1d };

static const uint8_t configuration[CONFIG_SPACE_BYTES];

struct fact_function *board_add(struct board *board, uint32_t pci, uint32_t class)
{
    struct facts *facts = &board->facts;
    uint32_t at = facts->function_count++;
    assert_true(at < MAX_FUNCTIONS);
    for (; at > 0 && facts->functions[at - 1].pci > pci; at--)
        facts->functions[at] = facts->functions[at - 1];
    facts->functions[at] = (struct fact_function){.pci = pci,
                                                  .id = 0x10d3u << 16 | 0x8086,
                                                  .class_code = class << 8,
                                                  .config = configuration};
    return &facts->functions[at];
}

void board_bridge(struct board *board, uint32_t pci, uint32_t type, bool acs, uint8_t secondary,
                  uint8_t subordinate)
{
    struct fact_function *bridge = board_add(board, pci, CLASS_PORT);
    bridge->header = 1;
    bridge->secondary = secondary;
    bridge->subordinate = subordinate;
    bridge->express = type ? 0x54 : 0;
    bridge->port_type = (uint8_t)type;
    if (acs) {
        bridge->acs = 0x148;
        bridge->acs_capability = 0x5f;
        bridge->acs_control = ACS_ALL;
    }
}

/* As an igb: MSI-X in BAR 3, function level reset. */
struct fact_function *board_card(struct board *board, uint32_t pci)
{
    struct fact_function *card = board_add(board, pci, CLASS_NETWORK);
    card->power = 0x40;
    card->no_soft_reset = true;
    card->msi = 0x50;
    card->msi_control = 0x180;
    card->msix = 0x70;
    card->msix_control = 9;
    card->msix_table = 0x2000 | 3;
    card->msix_pending = 0x3000 | 3;
    card->express = 0xa0;
    card->express_capabilities = 1 << 28;
    card->bars[0] = (struct fact_bar){.base = board->next_bar, .bytes = 0x20000};
    card->bars[2] = (struct fact_bar){.base = 0xc000, .bytes = 0x20, .type = BAR_PORTS};
    card->bars[3] =
        (struct fact_bar){.base = board->next_bar + 0x20000, .bytes = 0x4000, .type = BAR_64};
    board->next_bar += MIB;
    return card;
}

static void add_functions(struct board *board)
{
    board_add(board, PCI(0, 0, 0), 0x060000);
    board_bridge(board, PCI(0, 1, 0), PORT_ROOT, true, 1, 1);
    board_bridge(board, PCI(0, 2, 0), PORT_ROOT, false, 2, 2);
    board_bridge(board, PCI(0, 3, 0), PORT_ROOT, true, 3, 6);
    board_bridge(board, PCI(0, 4, 0), 7, false, 7, 7);
    board_bridge(board, PCI(0, 5, 0), PORT_ROOT, true, 8, 8);
    board_bridge(board, PCI(3, 0, 0), PORT_UPSTREAM, false, 4, 6);
    board_bridge(board, PCI(4, 0, 0), PORT_DOWNSTREAM, false, 5, 5);
    board_bridge(board, PCI(4, 1, 0), PORT_DOWNSTREAM, false, 6, 6);
    static const uint32_t cards[] = {PCI(0, 0x1c, 0), PCI(0, 0x1c, 1), PCI(1, 0, 0), PCI(2, 0, 0),
                                     PCI(2, 0, 1),    PCI(5, 0, 0),    PCI(6, 0, 0), PCI(7, 1, 0),
                                     PCI(7, 2, 0),    PCI(8, 0, 0),    PCI(8, 0, 1)};
    for (uint32_t i = 0; i < sizeof(cards) / sizeof(cards[0]); i++)
        board_card(board, cards[i]);
    for (uint32_t i = 0; i < 2; i++) {
        struct fact_function *one = board_at(board, PCI(8, 0, i));
        one->acs = 0x150;
        one->acs_capability = one->acs_control = 0xc;
    }
    board_at(board, PCI(2, 0, 1))->bars[0].bytes = 0x100;
    struct fact_function *usb = board_card(board, PCI(0, 0x14, 0));
    usb->class_code = 0x0c033000;
    usb->msix_table = 0x3000;
    usb->msix_pending = 0x3800;
    usb->legacy_offset = 0x8000;
    board_add(board, PCI(0, 0x1f, 0), 0x060100);
    board_card(board, PCI(0, 0x1f, 2))->class_code = 0x01060100;
}

void board_init(struct board *board)
{
    memset(board, 0, sizeof(*board));
    board->facts = (struct facts){
        .physical_address_bits = 40,
        .ioapic_count = 1,
        .ioapics = {{.address = 0xfec00000, .requester = FUNCTION_NONE}},
        .hpet_base = 0xfed00000,
        .ecam_count = 1,
        .ecam = {{.base = 0xb0000000, .bus_last = 255}},
        .dmar = true,
        .interrupt_remapping = true,
        .iommu_count = 1,
        .iommus = {{.registers = 0xfed90000,
                    .include_all = true,
                    .capability = 2 | 6 << 8 | 47 << 16 | 3ull << 34,
                    .extended_capability = 0x1b}},
        .boot_function = PCI(0, 0x1f, 2),
        .memory_count = 2,
        .memory = {{0x1000, 0x9f000}, {0x100000, 0x7ff00000}},
    };
    board->next_bar = 0xc0000000;
    add_functions(board);
    made_manifest_init(&board->made);
    made_manifest_domain(&board->made, "one", 2, 64 * MIB, 0);
    made_manifest_domain(&board->made, "two", 4, 64 * MIB, 0);
    board->made.header.tables[MANIFEST_DEVICES] = (struct manifest_table){
        .offset = offsetof(struct board, devices) - offsetof(struct board, made),
        .entry_bytes = sizeof(struct manifest_device)};
    board->in = (struct plan_input){.facts = &board->facts, .manifest = &board->manifest};
}

uint32_t board_index(struct board *board, uint32_t pci)
{
    const struct fact_function *fact = fact_function(&board->facts, pci);
    assert_non_null(fact);
    return (uint32_t)(fact - board->facts.functions);
}

struct fact_function *board_at(struct board *board, uint32_t pci)
{
    return &board->facts.functions[board_index(board, pci)];
}

struct manifest_device *board_give(struct board *board, uint32_t pci, uint32_t domain)
{
    struct manifest_device *device =
        &board->devices[board->made.header.tables[MANIFEST_DEVICES].count++];
    *device = (struct manifest_device){.domain = domain, .pci = pci, .network = MANIFEST_NONE};
    return device;
}

/* Windows of a bridge around the placed registers below it: below 4 GiB, and above. */
static void open_bridge(const struct board *board, struct fact_function *bridge)
{
    struct free_range *windows = bridge->windows;
    windows[0] = windows[1] = (struct free_range){0};
    for (uint32_t i = 0; i < board->facts.function_count * MAX_BARS; i++) {
        const struct fact_function *one = &board->facts.functions[i / MAX_BARS];
        const struct fact_bar *bar = &one->bars[i % MAX_BARS];
        if (!is_below(one, bridge) || !is_memory(bar) || bar->base == 0 ||
            bar->bytes > UINT64_MAX - bar->base)
            continue;
        struct free_range *window = &windows[bar->base >> 32 != 0];
        uint64_t base = align_down(bar->base, MIB), end = align_up(bar->base + bar->bytes, MIB);
        if (window->bytes > 0) {
            base = min_u64(base, window->base);
            end = max_u64(end, window->base + window->bytes);
        }
        *window = (struct free_range){base, end - base};
    }
}

void board_open_bridges(struct board *board)
{
    for (uint32_t i = 0; i < board->facts.function_count && !board->own_windows; i++)
        if (is_bridge(&board->facts.functions[i]))
            open_bridge(board, &board->facts.functions[i]);
}

bool board_assign(struct board *board)
{
    board_open_bridges(board);
    uint32_t count = board->made.header.tables[MANIFEST_DOMAINS].count;
    board->manifest = (struct manifest){
        .header = &board->made.header,
        .domains = board->made.domains,
        .strings = board->made.strings,
        .domain_count = count,
        .string_bytes = board->made.header.tables[MANIFEST_STRINGS].count,
    };
    memset(&board->handoff, 0, sizeof(board->handoff));
    memset(&board->why, 0, sizeof(board->why));
    board->handoff.domain_count = count;
    board->handoff.ioapic_count = board->facts.ioapic_count;
    memcpy(board->handoff.ioapics, board->facts.ioapics, sizeof(board->handoff.ioapics));
    for (uint32_t i = 0; i < count; i++)
        board->handoff.domains[i].cpu_count = board->made.domains[i].cpu_count;
    return assign_functions(&board->in, &board->handoff, &board->why);
}

void board_must_assign(struct board *board)
{
    if (!board_assign(board))
        fail_msg("refused: %s", board->why.text);
    board_check(board);
}

void board_must_refuse(struct board *board, const char *const *words)
{
    if (board_assign(board))
        fail_msg("accepted, not refused for: %s", *words);
    for (; *words; words++)
        if (!strstr(board->why.text, *words))
            fail_msg("no `%s` in: %s", *words, board->why.text);
    assert_true(strlen(board->why.text) < sizeof(board->why.text) - 1);
}

/* Pages of its shown registers, trapped pages taken out, and no more. */
static uint64_t given_bytes(const struct function *function)
{
    uint64_t bytes = 0;
    for (uint32_t b = 0; b < MAX_BARS; b++)
        bytes += page_up(function->bars[b].bytes);
    for (uint32_t t = 0; t < function->trap_count; t++)
        bytes -= function->traps[t].bytes;
    return bytes;
}

/* Some run holds these bytes of a BAR, at its place in the host too. */
static void check_trapped(const struct function *function, uint32_t bar, uint32_t offset,
                          uint32_t bytes)
{
    uint64_t gpa = function->bars[bar].gpa + offset, hpa = function->bars[bar].hpa + offset;
    for (uint32_t t = 0; t < function->trap_count; t++) {
        const struct function_trap *trap = &function->traps[t];
        if (trap->gpa <= gpa && gpa + bytes <= trap->gpa + trap->bytes &&
            gpa - trap->gpa == hpa - trap->hpa)
            return;
    }
    fail_msg("%u bytes at %x of BAR %u of " PCI_NAME " are not trapped", bytes, offset, bar,
             PCI_PARTS(function->pci));
}

static void check_function(const struct board *board, const struct function *function)
{
    const struct handoff_domain *owner = &board->handoff.domains[function->domain];
    if (function->vectors > 0) {
        check_trapped(function, function->table_bar, function->table_offset,
                      function->vectors * 16);
        check_trapped(function, function->pending_bar, function->pending_offset,
                      (function->vectors + 63) / 64 * 8);
    }
    if (function->legacy_offset > 0)
        check_trapped(function, 0, function->legacy_offset, 8);
    for (uint32_t b = 0; b < MAX_BARS; b++) {
        const struct function_bar *bar = &function->bars[b];
        if (bar->bytes == 0)
            continue;
        assert_true(bar->gpa % bar->bytes == 0 && bar->gpa >= GUEST_DEVICES);
        assert_true(bar->gpa % PAGE_BYTES == bar->hpa % PAGE_BYTES);
        assert_true(bar->gpa + bar->bytes <= GUEST_ECAM || bar->gpa >= GUEST_HOLE_END);
        assert_true(bar->type & BAR_64 || bar->gpa + bar->bytes <= GUEST_ECAM);
    }
    for (uint32_t t = 0; t < function->trap_count; t++) {
        const struct function_trap *trap = &function->traps[t];
        assert_true(trap->bytes > 0 && (trap->gpa | trap->hpa | trap->bytes) % PAGE_BYTES == 0);
        assert_true(trap->va >= VA_TRAPPED && trap->va + trap->bytes <= VA_TRAPPED_END);
        for (uint32_t w = 0; w < owner->window_count; w++) {
            const struct handoff_window *window = &owner->windows[w];
            assert_false(ranges_overlap(trap->gpa, trap->bytes, window->gpa, window->bytes));
            assert_false(ranges_overlap(trap->hpa, trap->bytes, window->hpa, window->bytes));
        }
    }
}

static void check_domain(const struct board *board, uint32_t domain)
{
    const struct handoff *handoff = &board->handoff;
    const struct handoff_domain *owner = &handoff->domains[domain];
    uint64_t bytes = 0, windows = 0, vectors = 0, va = VA_TRAPPED;
    uint32_t count = 0, slot = 0;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->domain != domain)
            continue;
        count++;
        bytes += given_bytes(function);
        vectors += function_vectors_bytes(function);
        assert_int_equal(function->slot, function->flags & FUNCTION_SILENT ? 0 : ++slot);
        for (uint32_t t = 0; t < function->trap_count; va += function->traps[t++].bytes)
            assert_int_equal(function->traps[t].va, va);
    }
    for (uint32_t w = 0; w < owner->window_count; w++) {
        const struct handoff_window *one = &owner->windows[w];
        assert_true(one->bytes > 0 && (one->gpa | one->hpa | one->bytes) % PAGE_BYTES == 0);
        assert_true(w == 0 || one[-1].gpa + one[-1].bytes <= one->gpa);
        windows += one->bytes;
    }
    assert_int_equal(windows, bytes);
    assert_int_equal(owner->function_count, count);
    assert_int_equal(owner->vectors_bytes, vectors);
    assert_int_equal(owner->devices_bytes, count ? page_up(functions_bytes(count)) : 0);
}

/* Host pages have one owner; entries of the remapping table one function. */
static void check_apart(const struct handoff *handoff)
{
    uint32_t entry = 0;
    for (uint32_t d = 0; d < handoff->domain_count; d++)
        for (uint32_t w = 0; w < handoff->domains[d].window_count; w++)
            for (uint32_t e = 0; e <= d; e++)
                for (uint32_t v = 0; v < (e < d ? handoff->domains[e].window_count : w); v++)
                    assert_false(ranges_overlap(
                        handoff->domains[d].windows[w].hpa, handoff->domains[d].windows[w].bytes,
                        handoff->domains[e].windows[v].hpa, handoff->domains[e].windows[v].bytes));
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        assert_int_equal(function->irte, entry);
        entry += handoff->domains[function->domain].cpu_count * IRTE_BLOCK;
    }
    assert_true(entry <= IRT_LINES);
}

void board_check(const struct board *board)
{
    for (uint32_t i = 0; i < board->handoff.function_count; i++)
        check_function(board, &board->handoff.functions[i]);
    for (uint32_t i = 0; i < board->handoff.domain_count; i++)
        check_domain(board, i);
    check_apart(&board->handoff);
}
