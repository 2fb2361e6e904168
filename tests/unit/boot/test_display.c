/* SPDX-License-Identifier: Apache-2.0 */
/* I1, I3: what of memory the screen's display may go on reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"
#include "boot/plan/display.h"

#define SCREEN 0xd0000000ull
enum { KEPT = 0x7c000000, KEPT_BYTES = 0x2000000 };

static struct board board;

/* A board with RAM, a display behind a unit, and memory that the firmware keeps for it. */
static int setup(void **state)
{
    (void)state;
    board_init(&board);
    struct facts *facts = &board.facts;
    struct fact_function *display = board_add(&board, PCI(0, 6, 0), 0x030000);
    display->bars[0] = (struct fact_bar){.base = 0xfe000000};
    display->bars[2] = (struct fact_bar){.base = SCREEN, .type = BAR_64 | BAR_PREFETCHABLE};
    facts->screen = (struct handoff_screen){.base = SCREEN, .bytes = 0x300000};
    board_must_assign(&board);
    facts->memory_count = 1;
    facts->memory[0] = (struct free_range){0x100000, KEPT - 0x100000};
    facts->scopes[facts->scope_count] =
        (struct fact_scope){SCOPE_ENDPOINT, 0, 0, 1, {PCI(0, 6, 0)}};
    facts->reserved_count = 1;
    facts->reserved[0] = (struct fact_reserved){.base = KEPT,
                                                .end = (uint64_t)KEPT + KEPT_BYTES,
                                                .scope_first = facts->scope_count++,
                                                .scope_count = 1};
    board.handoff.iommu_count = facts->iommu_count;
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        board.handoff.iommus[i].capability = facts->iommus[i].capability;
    board.handoff.domain_count = 2;
    return 0;
}

static bool grants(void)
{
    board.handoff.display = (struct handoff_display){0};
    display_grant(&board.facts, &board.handoff);
    return board.handoff.display.bytes != 0;
}

static void what_is_kept_for_it_is_read(void **state)
{
    (void)state;
    assert_true(grants());
    assert_int_equal(board.handoff.display.base, KEPT);
    assert_int_equal(board.handoff.display.bytes, KEPT_BYTES);
    assert_int_equal(board.handoff.display.pci, PCI(0, 6, 0));
    assert_int_equal(board.handoff.display.table, 0);
}

/* One fact each way. */
static void else_nothing_is(void **state)
{
    struct facts *facts = &board.facts;
    struct fact_reserved kept = facts->reserved[0];
    (void)state;
    facts->screen.base = 0; /* nobody knows which display it is */
    assert_false(grants());
    facts->screen.base = SCREEN;
    board.handoff.iommu_count = 0; /* no unit is in use */
    assert_false(grants());
    board.handoff.iommu_count = facts->iommu_count;
    board.handoff.domain_count = 15; /* of 16 domain ids the last is in use, and 0 is the units' */
    board.handoff.iommus[0].capability &= ~7ull;
    assert_false(grants());
    board.handoff.domain_count = 14;
    assert_true(grants());
    facts->reserved[0].any = true; /* who knows whose it is */
    assert_false(grants());
    facts->reserved[0].any = false;
    facts->reserved[0].segment = 1; /* another's */
    assert_false(grants());
    facts->reserved[0] = kept;
    facts->reserved[1] = kept; /* several */
    facts->reserved_count = 2;
    assert_false(grants());
    facts->reserved_count = 0;
    assert_false(grants());
    facts->reserved_count = 1;
    facts->scopes[kept.scope_first].path[0] = PCI(0, 0x14, 0);
    assert_false(grants());
    facts->scopes[kept.scope_first].path[0] = PCI(0, 6, 0);
    assert_true(grants());
}

static void nor_what_is_somebody_elses(void **state)
{
    struct facts *facts = &board.facts;
    (void)state;
    facts->memory[0].bytes += PAGE_BYTES;
    assert_false(grants());
    facts->memory[0].bytes -= PAGE_BYTES;
    facts->hpet_base = KEPT + 0x1000;
    assert_false(grants());
    facts->hpet_base = 0;
    board_at(&board, PCI(1, 0, 0))->bars[0] =
        (struct fact_bar){.base = KEPT - 0x1000, .bytes = 0x2000};
    assert_false(grants());
    board_at(&board, PCI(1, 0, 0))->bars[0].bytes = 0x1000;
    assert_true(grants());
    board_at(&board, PCI(0, 6, 0))->bars[1] = (struct fact_bar){.base = KEPT + KEPT_BYTES - 8};
    assert_false(grants());
    board_at(&board, PCI(0, 6, 0))->bars[1].base += 8;
    assert_true(grants());
    facts->reserved[0].end = 1ull << 48; /* no unit reaches so far */
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        facts->iommus[i].capability = (facts->iommus[i].capability & ~(0x3full << 16)) | 38ull
                                                                                             << 16;
    facts->reserved[0].base = (1ull << 39) - 0x1000;
    facts->reserved[0].end = (1ull << 39) + 0x1000;
    assert_false(grants());
    facts->reserved[0].end = 1ull << 39;
    assert_true(grants());
    board.handoff.functions[board.handoff.function_count++] =
        (struct function){.pci = PCI(0, 6, 0)};
    assert_false(grants());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_kept_for_it_is_read, setup),
        cmocka_unit_test_setup(else_nothing_is, setup),
        cmocka_unit_test_setup(nor_what_is_somebody_elses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
