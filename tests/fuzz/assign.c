/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A board whose functions show anything: a byte of the input says how many pieces follow, each
 * changes a field of a function or of an IOMMU's scopes, and what is left is configuration space.
 * What the loader accepts is disjoint and whole, and what a guest would read is made of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz.h"
#include "tests/unit/boot/board.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_BYTES = 8, SCOPES = 4 };

/* A bool has two values, whoever wrote it. */
static void change_function(struct fact_function *one, uint32_t at, uint8_t value)
{
    at %= offsetof(struct fact_function, config);
    ((uint8_t *)one)[at] = value;
    bool *const bools[] = {&one->multifunction, &one->master, &one->bad_list, &one->no_soft_reset,
                           &one->has_serial_number};
    for (size_t i = 0; i < sizeof(bools) / sizeof(bools[0]); i++) {
        uint8_t bit = *(const uint8_t *)bools[i] & 1;
        memcpy(bools[i], &bit, 1);
    }
}

static void change(struct board *board, const uint8_t piece[PIECE_BYTES])
{
    struct facts *facts = &board->facts;
    struct fact_function *one = &facts->functions[piece[1] % facts->function_count];
    struct fact_bar *bar = &one->bars[piece[2] % MAX_BARS];

    switch (piece[0] % 6) {
    case 0:
        change_function(one, piece[2] | piece[3] << 8, piece[4]);
        break;
    case 1:
        one->secondary = piece[2];
        one->subordinate = piece[3];
        break;
    case 2:
        bar->base = (uint64_t)(piece[3] | piece[4] << 8) << piece[5] % 48;
        bar->bytes = 1ull << piece[6] % 48;
        bar->type = piece[7];
        break;
    case 3:
        memcpy(piece[3] & 1 ? &one->msix_table : &one->msix_pending, &piece[4], 4);
        break;
    case 4:
        facts->scope_count = SCOPES;
        memcpy(&facts->scopes[piece[1] % SCOPES], &piece[2], PIECE_BYTES - 2);
        facts->iommus[0].scope_count = facts->reserved[0].scope_count = piece[1] % (SCOPES + 2);
        facts->iommus[0].include_all = piece[1] & 0x80;
        facts->reserved_count = piece[1] >> 6 & 1;
        break;
    default:
        board->made.domains[piece[1] % 2].memory =
            (uint64_t)(piece[2] | piece[3] << 8) * LARGE_PAGE_BYTES;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t given[][2] = {
        {PCI(1, 0, 0), 0}, {PCI(0, 0x14, 0), 1}, {PCI(2, 0, 0), 0},    {PCI(2, 0, 1), 0},
        {PCI(5, 0, 0), 1}, {PCI(6, 0, 0), 1},    {PCI(0, 0x1c, 0), 0}, {PCI(0, 0x1c, 1), 0},
        {PCI(8, 0, 0), 0}, {PCI(8, 0, 1), 1}};
    static struct board board;
    static uint8_t config[CONFIG_SPACE_BYTES], reads[CONFIG_SPACE_BYTES];
    static uint8_t hardware[CONFIG_SPACE_BYTES];
    uint32_t pieces = size > 0 ? *data++ % 16 : 0;

    size -= size > 0;
    board_init(&board);
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
        board_give(&board, given[i][0], given[i][1]);
    for (; pieces > 0 && size >= PIECE_BYTES; pieces--, data += PIECE_BYTES, size -= PIECE_BYTES)
        change(&board, data);
    if (!board_assign(&board)) {
        fuzz_expect(board.why.text[0] != 0, "a refusal without a text");
        return 0;
    }
    board_check(&board);
    memset(config, 0, sizeof(config));
    memcpy(config, data, size < sizeof(config) ? size : sizeof(config));
    for (uint32_t i = 0; i < board.handoff.function_count; i++) {
        const struct function *function = &board.handoff.functions[i];
        struct fact_function *fact = board_at(&board, function->pci);

        fact->config = config;
        config_space_build(fact, function, reads, hardware);
        fuzz_expect((hardware[4] | hardware[5] | hardware[6] | hardware[7]) == 0,
                    "Command comes from hardware");
    }
    return 0;
}
