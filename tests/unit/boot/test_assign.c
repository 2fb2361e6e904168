/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I4: which functions a domain gets, where it finds their registers; and who gets none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"

static struct board board;

static int setup(void **state)
{
    (void)state;
    board_init(&board);
    return 0;
}

static const struct function *given(uint32_t pci)
{
    for (uint32_t i = 0; i < board.handoff.function_count; i++)
        if (board.handoff.functions[i].pci == pci)
            return &board.handoff.functions[i];
    fail_msg(PCI_NAME " is nobody's", PCI_PARTS(pci));
    return NULL;
}

static void a_function_is_described(void **state)
{
    (void)state;
    board_give(&board, PCI(1, 0, 0), 1)->id = 0x808610d3;
    board_must_assign(&board);
    const struct function *function = given(PCI(1, 0, 0));
    assert_int_equal(function->id, 0x10d38086);
    assert_int_equal(function->domain, 1);
    assert_int_equal(function->slot, 1);
    assert_int_equal(function->port, PCI(0, 1, 0));
    assert_int_equal(function->flags, 0);
    assert_int_equal(function->resets, RESET_FLR | RESET_BUS);
    assert_true(function->power == 0x40 && function->msi == 0x50 && function->msix == 0x70 &&
                function->express == 0xa0 && function->advanced == 0 && function->acs == 0);
    assert_true(function->msi_64 == 1 && function->msi_maskable == 1);
    assert_true(function->vectors == 10 && function->table_bar == 3 &&
                function->table_offset == 0x2000 && function->pending_bar == 3 &&
                function->pending_offset == 0x3000);
    /* The 32-bit one first; ports are hidden; table and pending bits are one run. */
    assert_int_equal(function->bars[0].gpa, GUEST_DEVICES);
    assert_int_equal(function->bars[2].bytes, 0);
    assert_int_equal(function->bars[3].gpa, GUEST_DEVICES + 0x20000);
    assert_int_equal(function->bars[3].type, BAR_64);
    assert_int_equal(function->trap_count, 1);
    assert_int_equal(function->traps[0].gpa, GUEST_DEVICES + 0x22000);
    assert_int_equal(function->traps[0].hpa, function->bars[3].hpa + 0x2000);
    assert_int_equal(function->traps[0].bytes, 0x2000);
    assert_int_equal(function->traps[0].va, VA_TRAPPED);
    assert_int_equal(board.handoff.domains[1].window_count, 2);
    assert_int_equal(board.handoff.domains[1].windows[1].bytes, 0x2000);
    assert_int_equal(board.handoff.domains[0].function_count, 0);
}

static void numbers_follow_the_manifest(void **state)
{
    (void)state;
    board_give(&board, PCI(8, 0, 1), 1);
    board_give(&board, PCI(0, 0x1c, 1), 0);
    board_give(&board, PCI(0, 0x1c, 0), 0)->flags = MANIFEST_SILENT;
    board_give(&board, PCI(0, 0x14, 0), 0)->flags = MANIFEST_REMOVABLE | MANIFEST_NO_RESET;
    board_give(&board, PCI(1, 0, 0), MANIFEST_NONE);
    board_give(&board, PCI(8, 0, 0), 1);
    board_must_assign(&board);
    assert_int_equal(board.handoff.function_count, 5);
    assert_int_equal(given(PCI(8, 0, 1))->slot, 1);
    assert_int_equal(given(PCI(8, 0, 0))->slot, 2);
    assert_int_equal(given(PCI(8, 0, 0))->acs, 0x150); /* what its own domain's reset puts back */
    assert_int_equal(given(PCI(0, 0x1c, 1))->slot, 1);
    const struct function *silent = given(PCI(0, 0x1c, 0)), *usb = given(PCI(0, 0x14, 0));
    assert_int_equal(silent->slot, 0);
    assert_int_equal(silent->flags, FUNCTION_SILENT);
    assert_int_equal(silent->vectors, 0);
    assert_int_equal(silent->trap_count, 0);
    assert_int_equal(silent->bars[0].bytes, 0);
    assert_int_equal(usb->slot, 2);
    assert_int_equal(usb->flags, FUNCTION_GO_ON);
    assert_int_equal(usb->port, FUNCTION_NONE);
    assert_int_equal(usb->resets, RESET_FLR);
    assert_int_equal(given(PCI(8, 0, 0))->irte, (4 + 2 + 2 + 2) * IRTE_BLOCK);
    /* xHCI: its legacy registers are a run of their own, apart from the messages' page. */
    assert_int_equal(usb->trap_count, 2);
    assert_int_equal(usb->traps[0].gpa, usb->bars[0].gpa + 0x3000);
    assert_int_equal(usb->traps[0].bytes, PAGE_BYTES);
    assert_int_equal(usb->traps[1].gpa, usb->bars[0].gpa + 0x8000);
    assert_int_equal(usb->traps[1].hpa, usb->bars[0].hpa + 0x8000);
}

static void trapped_pages_are_joined(void **state)
{
    (void)state;
    static const struct {
        uint32_t table, pending, legacy, runs, first;
    } table[] = {
        {0x3000, 0x1000, 0, 2, 0x1000},           {0x3000, 0x2000, 0, 1, 0x2000},
        {0x3800, 0x3000, 0, 1, 0x3000},           {0x3000, 0x5000, 0x4000, 1, 0x3000},
        {0x3fe0, 0x6000, 0, 2, 0x3fe0 & ~0xfffu}, {0x3000, 0x3800, 0x3ffc, 1, 0x3000},
        {0x1000, 0x5000, 0x9000, 3, 0x1000},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        board_init(&board);
        struct fact_function *fact = board_at(&board, PCI(0, 0x14, 0));
        fact->msix_table = table[i].table;
        fact->msix_pending = table[i].pending;
        fact->legacy_offset = table[i].legacy;
        board_give(&board, PCI(0, 0x14, 0), 0);
        board_must_assign(&board);
        const struct function *usb = given(PCI(0, 0x14, 0));
        if (usb->trap_count != table[i].runs ||
            usb->traps[0].gpa != usb->bars[0].gpa + table[i].first)
            fail_msg("line %u: %u runs, the first at %lx", i, usb->trap_count, usb->traps[0].gpa);
    }
    /* The table begins in the BAR's last page and could end behind it only by refusal. */
    board_at(&board, PCI(0, 0x14, 0))->msix_table = 0x1fff0;
    board_refuses(&board, "goes past the BAR's end");
}

/* A card may say so, and neighbours in the machine are neighbours in the domain. */
static void runs_end_with_their_register(void **state)
{
    (void)state;
    struct fact_function *fact = board_at(&board, PCI(1, 0, 0));
    memset(fact->bars, 0, sizeof(fact->bars));
    fact->bars[0] = (struct fact_bar){.base = 0xf0000000, .bytes = 0x4000};
    fact->bars[1] = (struct fact_bar){.base = 0xf0004000, .bytes = 0x4000};
    fact->msix_table = 0x3000 | 0;
    fact->msix_pending = 0x0000 | 1;
    board_give(&board, PCI(1, 0, 0), 0);
    board_must_assign(&board);
    const struct function *function = given(PCI(1, 0, 0));
    const struct handoff_domain *domain = &board.handoff.domains[0];
    assert_int_equal(function->bars[1].gpa, function->bars[0].gpa + 0x4000);
    assert_int_equal(function->trap_count, 2);
    assert_int_equal(function->traps[0].bytes, PAGE_BYTES);
    assert_int_equal(function->traps[1].gpa, function->bars[1].gpa);
    assert_int_equal(domain->window_count, 2);
    assert_int_equal(domain->windows[0].bytes, 0x3000);
    assert_int_equal(domain->windows[1].bytes, 0x3000);
    assert_int_equal(domain->windows[1].hpa, 0xf0005000);
}

static void large_registers_lie_above_memory(void **state)
{
    (void)state;
    board.made.domains[0].memory = 4 * GIB + 2 * MIB;
    struct fact_bar *bars = board_at(&board, PCI(1, 0, 0))->bars;
    bars[2] = (struct fact_bar){0};
    bars[1] = (struct fact_bar){
        .base = 0xe000000000, .bytes = 512 * MIB, .type = BAR_64 | BAR_PREFETCHABLE};
    board_give(&board, PCI(1, 0, 0), 0);
    board_must_assign(&board);
    const struct function *function = given(PCI(1, 0, 0));
    assert_int_equal(function->bars[1].gpa, 0x160000000);
    assert_int_equal(function->bars[1].type, BAR_64 | BAR_PREFETCHABLE);
    assert_int_equal(function->bars[3].gpa, GUEST_DEVICES + 0x20000);
    /* Half as much fits below. */
    bars[1].bytes = 256 * MIB;
    board_must_assign(&board);
    assert_int_equal(given(PCI(1, 0, 0))->bars[1].gpa, GUEST_DEVICES + 256 * MIB);
    /* Memory up to where the room ends. */
    bars[1].bytes = 512 * MIB;
    board.facts.iommus[0].capability = 2 | 2 << 8 | 38 << 16;
    bars[1].base = 0x4000000000;
    board_must_assign(&board);
    board.made.domains[0].memory = 511 * GIB;
    board_refuses(&board, "domain one has no room left for a BAR of 536870912 bytes", "01:00.0",
                  "below 8000000000", "less memory");
    board.made.domains[0].memory = 512 * GIB;
    board_refuses(&board, "the memory of domain one ends at 8040000000", "below 8000000000");
    board.facts.iommus[0].capability = 2 | 6 << 8 | 47 << 16;
    board_must_assign(&board);
}

static void small_registers_have_their_page(void **state)
{
    (void)state;
    struct fact_bar *small = board_at(&board, PCI(2, 0, 1))->bars;
    board_give(&board, PCI(2, 0, 0), 0);
    board_give(&board, PCI(2, 0, 1), 0);
    small->base += 0x300;
    board_must_assign(&board);
    assert_int_equal(given(PCI(2, 0, 1))->bars[0].gpa % PAGE_BYTES, 0x300);
    assert_int_equal(given(PCI(2, 0, 1))->bars[0].bytes, 0x100);
    assert_int_equal(given(PCI(2, 0, 1))->resets, RESET_FLR | RESET_BUS);
    /* Somebody else's in the same page, sized or not. */
    struct fact_bar *other = board_at(&board, PCI(6, 0, 0))->bars;
    *other = (struct fact_bar){.base = small->base + 0x100, .bytes = 0x100};
    board_refuses(&board, "02:00.1", "BAR 0",
                  "(256 bytes) shares a page with BAR 0 of 06:00.0 of nobody", "another slot");
    other->base = small->base & ~0xfffull;
    other->bytes = 0;
    board_refuses(&board, "shares a page with BAR 0 of 06:00.0");
    other->type = BAR_PORTS;
    board_must_assign(&board);
    /* Its own neighbour. */
    board_at(&board, PCI(2, 0, 1))->bars[1] =
        (struct fact_bar){.base = (small->base & ~0xfffull) + 0x800, .bytes = 0x100};
    board_refuses(&board, "shares a page with BAR 1 of 02:00.1 of one");
}

static void a_32_bit_register_needs_room_below(void **state)
{
    (void)state;
    struct fact_bar *bars = board_at(&board, PCI(1, 0, 0))->bars;
    board_give(&board, PCI(1, 0, 0), 0);
    bars[0].bytes = 0x4000;
    bars[1] = (struct fact_bar){.base = 0xe0000000, .bytes = 256 * MIB};
    bars[5] = (struct fact_bar){.base = 0xd0000000, .bytes = 256 * MIB};
    board_refuses(&board, "no room left for a BAR of 16384 bytes", "below e0000000");
    bars[5].bytes = 128 * MIB;
    board_must_assign(&board);
}

/* Bus 0x20 and on: `count` cards of their own to domain `domain`. */
static void give_many(uint32_t first, uint32_t count, uint32_t domain)
{
    for (uint32_t i = first; i < first + count; i++) {
        board_card(&board, PCI(0x20, 0, i))->acs = 1;
        struct fact_function *card = board_at(&board, PCI(0x20, 0, i));
        card->bars[0].bytes = 0x1000;
        card->bars[3] = (struct fact_bar){0};
        card->msix = 0;
        board_give(&board, PCI(0x20, 0, i), domain);
    }
}

static void there_are_limits(void **state)
{
    (void)state;
    give_many(0, MAX_DOMAIN_DEVICES, 0);
    board_must_assign(&board);
    give_many(MAX_DOMAIN_DEVICES, 1, 0);
    board_refuses(&board, "20:03.7, the 32th of this domain", "31 at most");

    board_init(&board);
    made_manifest_domain(&board.made, "three", 1, 64 * MIB, 0);
    for (uint32_t i = 0; i < 3; i++)
        give_many(i * 22, i < 2 ? 22 : MAX_DEVICES - 44, i);
    board_must_assign(&board);
    give_many(MAX_DEVICES, 1, 2);
    board_refuses(&board, "the 65th of all", "all together 64");

    /* 292 blocks: 18 processors of 16 functions, and 4 of one. */
    board_init(&board);
    board.made.domains[0].cpu_count = 16;
    give_many(0, 18, 0);
    give_many(18, 1, 1);
    board_must_assign(&board);
    give_many(19, 1, 1);
    board_refuses(&board, "I4: the interrupt-remapping table is full", "20:02.3 of domain two",
                  "needs 896 entries (224 for each of its 4 processors), and 0 are left");

    /* Each function leaves four windows of one register, twice as many as there are places. */
    board_init(&board);
    for (uint32_t i = 0; i < 17; i++) {
        give_many(i, 1, 0);
        struct fact_function *card = board_at(&board, PCI(0x20, 0, i));
        *card->bars = (struct fact_bar){.base = 0x80100000 + i * 0x10000, .bytes = 0x10000};
        card->msix = 0x70;
        card->msix_table = 0x1000;
        card->msix_pending = 0x3000;
        card->legacy_offset = 0x5000;
        if (i < 16)
            board_must_assign(&board);
    }
    board_refuses(&board, "domain one lie in more than 64 pieces");
}

static uint32_t next_random(void)
{
    static uint32_t seed = 11;
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* A field of some function or of the machine becomes another. */
static void change_something(void)
{
    struct fact_function *one = &board.facts.functions[next_random() % board.facts.function_count];
    uint8_t *bytes = (uint8_t *)one + next_random() % offsetof(struct fact_function, config);
    struct fact_bar *bar = &one->bars[next_random() % MAX_BARS];
    switch (next_random() % 8) {
    case 0:
        *bytes ^= (uint8_t)(1u << next_random() % 8);
        one->bad_list = one->has_serial_number = one->no_soft_reset = false;
        one->multifunction = one->master = false;
        break;
    case 1:
        one->secondary = (uint8_t)(next_random() % 12);
        one->subordinate = (uint8_t)(one->secondary + next_random() % 4);
        break;
    case 2:
        *bar = (struct fact_bar){.base = (uint64_t)next_random() << next_random() % 32,
                                 .bytes = 1ull << next_random() % 40,
                                 .type = next_random() % 16};
        break;
    case 3:
        bar->bytes = PAGE_BYTES << next_random() % 8;
        bar->base = 0x80100000 + next_random() % 64 * bar->bytes;
        break;
    case 4:
        one->msix_table = next_random() % 0x30000;
        break;
    case 5:
        one->msix_pending = next_random() % 0x30000;
        break;
    case 6:
        one->legacy_offset = next_random() % 0x30000;
        break;
    default:
        board.made.domains[next_random() % 2].memory = (next_random() % 0x10000) * 16ull * MIB;
    }
}

/* Whatever a machine shows: what is accepted is disjoint and whole, and every search ends. */
static void whatever_is_there_nothing_is_shared(void **state)
{
    (void)state;
    static const uint32_t pairs[][2] = {
        {PCI(1, 0, 0), 0}, {PCI(0, 0x14, 0), 1}, {PCI(2, 0, 0), 0},    {PCI(2, 0, 1), 0},
        {PCI(5, 0, 0), 1}, {PCI(6, 0, 0), 1},    {PCI(0, 0x1c, 0), 0}, {PCI(0, 0x1c, 1), 0},
        {PCI(8, 0, 0), 0}, {PCI(8, 0, 1), 1}};
    static uint8_t config[CONFIG_SPACE_BYTES], reads[CONFIG_SPACE_BYTES],
        hardware[CONFIG_SPACE_BYTES];
    uint32_t accepted = 0;
    for (uint32_t round = 0; round < 6000; round++) {
        board_init(&board);
        for (uint32_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
            board_give(&board, pairs[i][0], pairs[i][1])->flags =
                next_random() % 16 ? 0 : MANIFEST_SILENT;
        for (uint32_t i = next_random() % 4; i > 0; i--)
            change_something();
        if (!board_assign(&board)) {
            assert_true(strlen(board.why.text) > 40);
            continue;
        }
        accepted++;
        board_check(&board);
        for (uint32_t i = 0; i < 64; i++)
            config[i < 48 ? 0x34 + i * 4 + next_random() % 2 : next_random() % CONFIG_SPACE_BYTES] =
                (uint8_t)next_random();
        for (uint32_t i = 0; i < board.handoff.function_count; i++) {
            struct fact_function *fact = board_at(&board, board.handoff.functions[i].pci);
            fact->config = config;
            config_space_build(fact, &board.handoff.functions[i], reads, hardware);
        }
    }
    assert_true(accepted > 1000 && accepted < 5000);
}

/* By the units of its own functions alone, and only if all of them can. */
static void snooped_where_the_unit_can(void **state)
{
    enum { SNOOPS = 1 << 7 };
    (void)state;
    struct fact_iommu *second = &board.facts.iommus[board.facts.iommu_count++];
    *second = board.facts.iommus[0]; /* that of all others */
    second->include_all = true;
    board.facts.iommus[0].include_all = false;
    board.facts.iommus[0].scope_count = 1;
    board.facts.iommus[0].scope_first = board.facts.scope_count;
    board.facts.scopes[board.facts.scope_count++] =
        (struct fact_scope){.type = SCOPE_ENDPOINT, .bus = 8, .hops = 1, .path = {0}};
    second->registers += 0x1000;
    board_give(&board, PCI(1, 0, 0), 0);
    board_give(&board, PCI(8, 0, 0), 1);
    board_must_assign(&board);
    assert_false(domain_is_snooped(&board.facts, &board.handoff, 0));
    second->extended_capability |= SNOOPS;
    assert_true(domain_is_snooped(&board.facts, &board.handoff, 0));
    assert_false(domain_is_snooped(&board.facts, &board.handoff, 1));
    board.handoff.functions[1].domain = 0;
    assert_false(domain_is_snooped(&board.facts, &board.handoff, 0));
    assert_false(domain_is_snooped(&board.facts, &board.handoff, 1)); /* it has none */
    board.handoff.functions[1].flags |= FUNCTION_SILENT;
    assert_true(domain_is_snooped(&board.facts, &board.handoff, 0));
    board.handoff.functions[1].flags = 0;
    board.facts.iommus[0].extended_capability |= SNOOPS;
    assert_true(domain_is_snooped(&board.facts, &board.handoff, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_function_is_described, setup),
        cmocka_unit_test_setup(numbers_follow_the_manifest, setup),
        cmocka_unit_test_setup(trapped_pages_are_joined, setup),
        cmocka_unit_test_setup(runs_end_with_their_register, setup),
        cmocka_unit_test_setup(large_registers_lie_above_memory, setup),
        cmocka_unit_test_setup(small_registers_have_their_page, setup),
        cmocka_unit_test_setup(a_32_bit_register_needs_room_below, setup),
        cmocka_unit_test_setup(there_are_limits, setup),
        cmocka_unit_test_setup(snooped_where_the_unit_can, setup),
        cmocka_unit_test_setup(whatever_is_there_nothing_is_shared, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
