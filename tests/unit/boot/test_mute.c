/* SPDX-License-Identifier: Apache-2.0 */
/* I3: who may go on with DMA because the IOMMU units block it, and which display the screen is. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"
#include "boot/plan/mute.h"

#define SCREEN 0xd0000000ull

static struct board board;

/* A board with a display of 16 MiB or more, whose size nobody asked for; units in use. */
static int setup(void **state)
{
    (void)state;
    board_init(&board);
    struct fact_function *display = board_add(&board, PCI(0, 6, 0), 0x030000);
    display->bars[0] = (struct fact_bar){.base = 0xfe000000};
    display->bars[2] = (struct fact_bar){.base = SCREEN, .type = BAR_64 | BAR_PREFETCHABLE};
    board.facts.screen = (struct handoff_screen){.base = SCREEN, .bytes = 0x300000};
    board_must_assign(&board);
    board.handoff.iommu_count = 1;
    return 0;
}

static uint32_t display(void)
{
    uint32_t index = mute_display(&board.facts);
    return index == FUNCTION_NONE ? index : board.facts.functions[index].pci;
}

static void the_display_is_told_by_its_registers(void **state)
{
    struct fact_function *card = board_at(&board, PCI(0, 6, 0));
    (void)state;
    assert_int_equal(display(), PCI(0, 6, 0));
    board.facts.screen.base += 0x800000; /* a second picture of it */
    assert_int_equal(display(), PCI(0, 6, 0));
    card->bars[2].bytes = 0x800000; /* it ends there */
    assert_int_equal(display(), FUNCTION_NONE);
    card->bars[2].bytes = 0x1000000;
    assert_int_equal(display(), PCI(0, 6, 0));
    card->class_code = 0x12000000;
    assert_int_equal(display(), FUNCTION_NONE);
    card->class_code = 0x03800000;
    assert_int_equal(display(), PCI(0, 6, 0));
    card->bars[2].type = BAR_PORTS;
    assert_int_equal(display(), FUNCTION_NONE);
    card->bars[2].type = 0;
    board_at(&board, PCI(1, 0, 0))->bars[0].base = SCREEN + 0x400000; /* nearer, and no display */
    assert_int_equal(display(), FUNCTION_NONE);
    board_at(&board, PCI(1, 0, 0))->bars[0].base = SCREEN + 0x1000000;
    assert_int_equal(display(), PCI(0, 6, 0));
    board.facts.screen.base = 0;
    assert_int_equal(display(), FUNCTION_NONE);
    board.facts.screen.base = 0x1d0000000; /* far above what begins at 0xd0000000 */
    assert_int_equal(display(), FUNCTION_NONE);
}

static void refuses(uint32_t pci, const char *text)
{
    uint32_t before = board.handoff.muted_count;
    assert_false(mute(&board.facts, &board.handoff, board_index(&board, pci), &board.why));
    assert_int_equal(board.handoff.muted_count, before);
    if (!strstr(board.why.text, text))
        fail_msg("%s", board.why.text);
}

static void mutes(uint32_t pci)
{
    assert_true(mute(&board.facts, &board.handoff, board_index(&board, pci), &board.why));
    assert_int_equal(board.handoff.muted[board.handoff.muted_count - 1], pci);
}

static void what_a_unit_blocks_is_muted(void **state)
{
    (void)state;
    mutes(PCI(0, 6, 0));
    mutes(PCI(1, 0, 0));
    mutes(PCI(0, 3, 0)); /* a bridge */
    assert_int_equal(board.handoff.muted_count, 3);
}

static void what_none_blocks_is_refused(void **state)
{
    (void)state;
    board.handoff.iommu_count = 0;
    refuses(PCI(1, 0, 0), "0000:01:00.0 keeps bus mastering: it is nobody's, and no IOMMU is in "
                          "use that would block it: remove or disable the device, or switch VT-d");
    board.handoff.iommu_count = 1;
    board.facts.iommus[0].include_all = false; /* a unit in use, and not for this function */
    refuses(PCI(1, 0, 0), "no IOMMU unit blocks it there");
    board.facts.iommus[0].include_all = true;
    /* Another segment's function has its number in common with one of segment 0. */
    board_at(&board, PCI(8, 0, 1))->pci |= 1 << 16;
    board.facts.iommus[0].segment = 1;
    refuses(1 << 16 | PCI(8, 0, 1), "0001:08:00.1 keeps bus mastering");
}

static void what_a_domain_is_to_have_is_refused(void **state)
{
    (void)state;
    board_give(&board, PCI(1, 0, 0), 0);
    board_must_assign(&board);
    board.handoff.iommu_count = 1;
    refuses(PCI(1, 0, 0), "it is to be a domain's, which could not be stopped");
    mutes(PCI(2, 0, 0));
}

static void there_is_room_for_eight(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MAX_MUTED; i++) {
        board_add(&board, PCI(9, i, 0), 0x020000);
        mutes(PCI(9, i, 0));
    }
    refuses(PCI(0, 6, 0), "more than 8 PCI functions keep bus mastering although they are "
                          "nobody's, of which 00:06.0 is the last");
}

/* A display without reserved memory may be a domain's; the screen then is not the hypervisor's. */
static void the_screen_goes_with_its_display(void **state)
{
    struct fact_function *card = board_at(&board, PCI(1, 0, 0));
    (void)state;
    card->class_code = 0x03000000;
    board.facts.screen.base = card->bars[0].base + 0x1f000;
    board.facts.screen.bytes = 0x1000;
    assert_int_equal(display(), PCI(1, 0, 0));
    assert_false(mute_screen_is_given(&board.facts, &board.handoff));
    struct manifest_device *device = board_give(&board, PCI(1, 0, 0), 0);
    board_must_assign(&board);
    assert_true(mute_screen_is_given(&board.facts, &board.handoff));
    refuses(PCI(1, 0, 0), "0000:01:00.0 keeps bus mastering");
    board.facts.screen.base = card->bars[3].base + card->bars[3].bytes;
    assert_false(mute_screen_is_given(&board.facts, &board.handoff));
    board.facts.screen.base = card->bars[0].base - 1; /* in its page, or not */
    board.facts.screen.bytes = 1;
    assert_false(mute_screen_is_given(&board.facts, &board.handoff));
    board.facts.screen.bytes = 2;
    assert_true(mute_screen_is_given(&board.facts, &board.handoff));
    device->flags = MANIFEST_SILENT; /* nobody reaches it */
    board_must_assign(&board);
    assert_false(mute_screen_is_given(&board.facts, &board.handoff));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_display_is_told_by_its_registers),
        TEST(what_a_unit_blocks_is_muted),
        TEST(what_none_blocks_is_refused),
        TEST(what_a_domain_is_to_have_is_refused),
        TEST(there_is_room_for_eight),
        TEST(the_screen_goes_with_its_display),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
