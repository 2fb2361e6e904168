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
#include "board_kinds.h"
#include "memory_folder.h"
#include "tools/rules/rules.h"
#include <stdio.h>

enum { ROUNDS = 1000, TEXT_BYTES = 1 << 14 };

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

static void each_kind_is_judged_alike(void **state)
{
    struct board *board = malloc(sizeof(*board));

    (void)state;
    for (size_t i = 0; i < board_kind_count; i++) {
        const struct board_kind *row = &board_kinds[i];

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
        board_keep(board, any->pci);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_judged_alike),
        cmocka_unit_test(random_boards_are_judged_alike),
    };

    return cmocka_run_group_tests_name("tool_loader_agrees", tests, make_folder, remove_folder);
}
