/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3: `bulkhead check` and the loader judge the same boards, each in its own form, with the same
 * answer: what the one refuses the other does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board_files.h"
#include "tools/rules/rules.h"
#include <stdio.h>

enum { ROUNDS = 1000, TEXT_BYTES = 1 << 14, CARD = 0x020000 };

static char folder[] = "/dev/shm/bulkhead-agree-XXXXXX";

/* What the tool refuses and the loader can't see, or has no opinion of. */
static const char *const tools_own[] = {"port-overlap", "controller-split", "rmrr-split"};

static bool is_own(const char *rule)
{
    for (size_t i = 0; i < sizeof(tools_own) / sizeof(tools_own[0]); i++)
        if (strcmp(rule, tools_own[i]) == 0)
            return true;
    return false;
}

struct verdict {
    bool loader, tool, unknown; /* accepted; and the tool says that it can't know */
    char rules[512], what[1024];
};

static void ask_tool(const struct board *board, struct verdict *verdict)
{
    static char text[TEXT_BYTES];
    struct check check = {0};

    board_write(board, folder);
    board_manifest(board, folder, text, sizeof(text));
    check_text(&check, "test", text, strlen(text));
    verdict->tool = true;
    for (size_t i = 0; i < check.finding_count; i++) {
        const struct finding *finding = &check.findings[i];

        verdict->unknown |= strcmp(finding->rule->name, "boot-controller-unknown") == 0;
        if (finding->rule->severity != SEVERITY_ERROR || is_own(finding->rule->name))
            continue;
        verdict->tool = false;
        if (strlen(verdict->rules) < sizeof(verdict->rules) - 64)
            sprintf(verdict->rules + strlen(verdict->rules), "%s ", finding->rule->name);
        snprintf(verdict->what, sizeof(verdict->what), "%s", finding->what);
    }
    check_close(&check);
}

static struct verdict ask(struct board *board)
{
    struct verdict verdict = {.loader = board_assign(board)};

    ask_tool(board, &verdict);
    return verdict;
}

/* The firmware's word on what the machine was booted from is in no inventory. */
static bool must_agree(const struct board *board, const struct verdict *verdict, const char *name)
{
    bool unknown = verdict->unknown && strstr(board->why.text, "may have booted from");

    if (!verdict->loader && verdict->tool && !unknown)
        fail_msg("%s: only the loader refuses: %s", name, board->why.text);
    if (verdict->loader && !verdict->tool)
        fail_msg("%s: only the tool refuses: %s(%s)", name, verdict->rules, verdict->what);
    return verdict->loader;
}

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

static void keep(struct board *board, uint32_t pci)
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
    keep(board, PCI(1, 0, 0));
}

static void kept_lost(struct board *board)
{
    nothing(board);
    keep(board, PCI(1, 0, 0));
    board->facts.scopes[0].bus = 0;
    board->facts.scopes[0].hops = 2;
}

static void kept_usb(struct board *board)
{
    board_give(board, PCI(0, 0x14, 0), 0);
    keep(board, PCI(0, 0x14, 0));
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

#define ROW(change, rule)                                                                          \
    {                                                                                              \
#change, change, rule                                                                      \
    }

/* rule: what the tool says of it, NULL: both accept it; the boot device's is a warning. */
static const struct row {
    const char *name;
    void (*change)(struct board *board);
    const char *rule;
} rows[] = {
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
};

static void each_kind_is_judged_alike(void **state)
{
    struct board *board = malloc(sizeof(*board));

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];

        board_init(board);
        row->change(board);
        struct verdict verdict = ask(board);
        must_agree(board, &verdict, row->name);
        if (verdict.loader != !row->rule)
            fail_msg("%s: loader: %s", row->name, board->why.text);
        if (row->rule && !strstr(verdict.rules, row->rule) && !verdict.unknown)
            fail_msg("%s: no %s in: %s", row->name, row->rule, verdict.rules);
    }
    free(board);
}

static uint32_t random_state = 11;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

/* Boards can't be booted from a place that is no function's. */
static struct fact_function *any_card(struct board *board)
{
    struct fact_function *one;

    do
        one = &board->facts.functions[random_below(board->facts.function_count)];
    while (one->header != 0);
    return one;
}

static void change(struct board *board)
{
    static const uint32_t classes[] = {0x010601, 0x010400, 0x080600, 0x0c0330, 0x060000,
                                       0x060100, 0x0c0500, 0x080501, 0x030000, 0x078000};
    struct fact_function *one = any_card(board);
    struct fact_function *any = &board->facts.functions[random_below(board->facts.function_count)];
    struct fact_bar *bar = &one->bars[random_below(2) * 3];

    switch (random_below(14)) {
    case 0:
        one->express_capabilities = 0;
        break;
    case 1:
        one->no_soft_reset = false;
        break;
    case 2:
        one->msi = 0;
        break;
    case 3:
        one->msix = 0;
        break;
    case 4:
        any->acs = any->express && any->acs == 0 ? 0x148 : 0;
        any->acs_capability = any->acs_control = any->acs ? 0x1d : 0;
        break;
    case 5:
        bar->base = random_below(3) == 0 ? 0 : bar->base + 0x1000000 * random_below(8);
        break;
    case 6:
        bar->bytes = 16u << random_below(16);
        break;
    case 7:
        one->class_code = classes[random_below(sizeof(classes) / sizeof(classes[0]))] << 8;
        break;
    case 8:
        one->id = random_below(2) ? 0x467f8086 : 0x15338086;
        break;
    case 9:
        one->msix_table = random_below(0x5000) << 3 | random_below(8);
        break;
    case 10:
        keep(board, any->pci);
        break;
    case 11:
        board->facts.boot_function = random_below(2) ? FUNCTION_NONE : one->pci;
        break;
    case 12:
        if (any->header && any->port_type)
            any->port_type = (uint8_t)(4 + random_below(4));
        break;
    default:
        one->bad_list = random_below(2);
        break;
    }
}

static void give(struct board *board)
{
    uint32_t pci = any_card(board)->pci, domain = random_below(2);

    if (owner_entry(&board->manifest, pci))
        return;
    struct manifest_device *device = board_give(board, pci, domain);
    device->flags = random_below(8) == 0   ? MANIFEST_SILENT
                    : random_below(4) == 0 ? MANIFEST_NO_RESET
                                           : 0;
}

static void random_boards_are_judged_alike(void **state)
{
    struct board *board = malloc(sizeof(*board));
    uint32_t accepted = 0;
    char name[32];

    (void)state;
    for (uint32_t round = 0; round < ROUNDS; round++) {
        board_init(board);
        for (uint32_t i = random_below(3); i > 0; i--)
            change(board);
        board_assign(board); /* so that the manifest can be looked at */
        for (uint32_t i = random_below(3) + 1; i > 0; i--)
            give(board);
        struct verdict verdict = ask(board);
        snprintf(name, sizeof(name), "round %u", round);
        accepted += must_agree(board, &verdict, name);
    }
    assert_in_range(accepted, ROUNDS / 20, ROUNDS - ROUNDS / 20);
    free(board);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_judged_alike),
        cmocka_unit_test(random_boards_are_judged_alike),
    };

    return cmocka_run_group_tests_name("tool_loader_agrees", tests, make_folder, remove_folder);
}
