/* SPDX-License-Identifier: Apache-2.0 */
/* I3: what the hardware can't separate is one group; scopes of the DMAR, followed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "board.h"

static struct board board;

static int setup(void **state)
{
    (void)state;
    board_init(&board);
    return 0;
}

static void expect_group(uint32_t pci, uint32_t lowest)
{
    uint32_t group = board.facts.functions[group_of(&board.facts, board_index(&board, pci))].pci;
    if (group != lowest)
        fail_msg("group of " PCI_NAME ": " PCI_NAME ", not " PCI_NAME, PCI_PARTS(pci),
                 PCI_PARTS(group), PCI_PARTS(lowest));
}

static void groups_are_what_is_not_separated(void **state)
{
    (void)state;
    static const struct {
        uint32_t pci, lowest;
    } table[] = {
        {PCI(0, 0, 0), PCI(0, 0, 0)},       {PCI(0, 1, 0), PCI(0, 1, 0)},
        {PCI(1, 0, 0), PCI(1, 0, 0)},       {PCI(0, 2, 0), PCI(0, 2, 0)},
        {PCI(2, 0, 0), PCI(0, 2, 0)},       {PCI(2, 0, 1), PCI(0, 2, 0)},
        {PCI(3, 0, 0), PCI(3, 0, 0)},       {PCI(4, 0, 0), PCI(4, 0, 0)},
        {PCI(4, 1, 0), PCI(4, 0, 0)},       {PCI(5, 0, 0), PCI(4, 0, 0)},
        {PCI(6, 0, 0), PCI(4, 0, 0)},       {PCI(0, 4, 0), PCI(0, 4, 0)},
        {PCI(7, 1, 0), PCI(0, 4, 0)},       {PCI(7, 2, 0), PCI(0, 4, 0)},
        {PCI(0, 0x1c, 0), PCI(0, 0x1c, 0)}, {PCI(0, 0x1c, 1), PCI(0, 0x1c, 0)},
        {PCI(0, 0x1f, 2), PCI(0, 0x1f, 0)}, {PCI(0, 0x14, 0), PCI(0, 0x14, 0)},
        {PCI(8, 0, 0), PCI(8, 0, 0)},       {PCI(8, 0, 1), PCI(8, 0, 1)},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        expect_group(table[i].pci, table[i].lowest);
}

/* Each of the four bits counts, and only as it reads back (TRAPS 71). */
static void a_port_needs_all_four_bits(void **state)
{
    (void)state;
    static const uint16_t bits[] = {1 << 0, 1 << 2, 1 << 3, 1 << 4};
    struct fact_function *port = board_at(&board, PCI(0, 1, 0));
    for (uint32_t i = 0; i < 4; i++) {
        port->acs_control = (uint16_t)(0x1d & ~bits[i]);
        expect_group(PCI(1, 0, 0), PCI(0, 1, 0));
        port->acs_control = 0x1d;
        port->acs_capability = (uint16_t)(0x1d & ~bits[i]);
        expect_group(PCI(1, 0, 0), PCI(0, 1, 0));
        port->acs_capability = 0x1d;
    }
    expect_group(PCI(1, 0, 0), PCI(1, 0, 0));
    port->acs_control = 0x1d | 1 << 5; /* what is let go before it is redirected */
    expect_group(PCI(1, 0, 0), PCI(0, 1, 0));
    port->acs_control = 0x1d | 1 << 6;
    expect_group(PCI(1, 0, 0), PCI(0, 1, 0));
    port->acs_control = 0x1d | 1 << 1;
    expect_group(PCI(1, 0, 0), PCI(1, 0, 0));
    port->acs = 0;
    expect_group(PCI(1, 0, 0), PCI(0, 1, 0));
}

static void a_switch_is_as_good_as_its_worst_port(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct fact_function *port = board_at(&board, PCI(4, i, 0));
        port->acs = 0x148;
        port->acs_capability = port->acs_control = 0x1d;
        expect_group(PCI(5, 0, 0), i ? PCI(5, 0, 0) : PCI(4, 0, 0));
    }
    expect_group(PCI(6, 0, 0), PCI(6, 0, 0));
    /* A second function beside the upstream port reaches into the switch. */
    board_card(&board, PCI(3, 0, 1));
    expect_group(PCI(5, 0, 0), PCI(3, 0, 0));
    expect_group(PCI(3, 0, 1), PCI(3, 0, 0));
    /* The root port above all. */
    board_at(&board, PCI(0, 3, 0))->acs_control = 0;
    expect_group(PCI(6, 0, 0), PCI(0, 3, 0));
}

static void functions_of_a_device(void **state)
{
    (void)state;
    /* One that could send to others, and doesn't send up: both are one. */
    board_at(&board, PCI(8, 0, 1))->acs_control = 8;
    expect_group(PCI(8, 0, 0), PCI(8, 0, 0));
    expect_group(PCI(8, 0, 1), PCI(8, 0, 0));
    /* None that can: separate. */
    board_at(&board, PCI(8, 0, 1))->acs_capability = 8;
    expect_group(PCI(8, 0, 1), PCI(8, 0, 1));
    /* Function numbers above 7 are device numbers to whoever doesn't know of ARI. */
    board_card(&board, PCI(1, 1, 0));
    expect_group(PCI(1, 1, 0), PCI(1, 0, 0));
    expect_group(PCI(1, 0, 0), PCI(1, 0, 0));
    /* A host bridge beside root ports, as AMD's boards have it, joins nothing. */
    board_add(&board, PCI(0, 9, 0), 0x060000);
    board_bridge(&board, PCI(0, 9, 1), PORT_ROOT, true, 9, 9);
    board_bridge(&board, PCI(0, 9, 2), PORT_ROOT, true, 10, 10);
    board_card(&board, PCI(9, 0, 0));
    expect_group(PCI(9, 0, 0), PCI(9, 0, 0));
    /* A root port without ACS beside one with it does. */
    board_at(&board, PCI(0, 9, 2))->acs = 0;
    expect_group(PCI(9, 0, 0), PCI(0, 9, 1));
}

static void expect_buses(const char *words)
{
    struct diagnostic why = {0};
    if (buses_check(&board.facts, &why) != !words)
        fail_msg("%s", words ? "accepted" : why.text);
    if (words && !strstr(why.text, words))
        fail_msg("no `%s` in: %s", words, why.text);
}

static void buses_that_loop_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t pci;
        uint8_t secondary, subordinate;
        const char *words;
    } table[] = {
        {PCI(0, 1, 0), 1, 1, NULL},
        {PCI(0, 1, 0), 0, 0, NULL}, /* nothing below yet */
        {PCI(0, 1, 0), 0, 5, "00:01.0 leads to the buses 00 to 05"},
        {PCI(0, 1, 0), 9, 8, "00:01.0 leads to the buses 09 to 08"},
        {PCI(3, 0, 0), 3, 6, "03:00.0 leads to the buses 03 to 06"},
        {PCI(3, 0, 0), 4, 7, "00:03.0 (buses 03 to 06) and 03:00.0 (04 to 07) overlap or loop"},
        {PCI(4, 1, 0), 5, 5, "04:00.0 (buses 05 to 05) and 04:01.0 (05 to 05)"},
        {PCI(0, 1, 0), 3, 3, "00:01.0 (buses 03 to 03) and 00:03.0 (03 to 06)"},
        {PCI(0, 1, 0), 4, 4, "00:01.0 (buses 04 to 04) and 00:03.0 (03 to 06)"},
        {PCI(0, 1, 0), 1, 9, "overlap or loop: update the firmware"},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        board_init(&board);
        board_at(&board, table[i].pci)->secondary = table[i].secondary;
        board_at(&board, table[i].pci)->subordinate = table[i].subordinate;
        expect_buses(table[i].words);
    }
    /* Group and scope end even so. */
    for (uint32_t i = 0; i < board.facts.function_count; i++) {
        board.facts.functions[i].secondary = (uint8_t)(i * 7);
        board.facts.functions[i].subordinate = 255;
    }
    for (uint32_t i = 0; i < board.facts.function_count; i++)
        assert_true(group_of(&board.facts, i) < board.facts.function_count);
}

static void scopes_are_followed(void **state)
{
    (void)state;
    static const struct {
        struct fact_scope scope;
        uint32_t pci;
        bool covers, lost;
    } table[] = {
        {{SCOPE_ENDPOINT, 0, 0, 1, {0x14 << 3}}, PCI(0, 0x14, 0), true, false},
        {{SCOPE_ENDPOINT, 0, 0, 1, {0x14 << 3}}, PCI(0, 0x1c, 0), false, false},
        {{SCOPE_ENDPOINT, 0, 0, 1, {0x15 << 3}}, PCI(0, 0x14, 0), false, false},
        {{SCOPE_BRIDGE, 0, 0, 1, {3 << 3}}, PCI(6, 0, 0), true, false},
        {{SCOPE_BRIDGE, 0, 0, 1, {3 << 3}}, PCI(7, 1, 0), false, false},
        {{SCOPE_BRIDGE, 0, 0, 3, {3 << 3, 0, 1 << 3}}, PCI(6, 0, 0), true, false},
        {{SCOPE_BRIDGE, 0, 0, 3, {3 << 3, 0, 1 << 3}}, PCI(5, 0, 0), false, false},
        {{SCOPE_ENDPOINT, 0, 0, 4, {3 << 3, 0, 0, 0}}, PCI(5, 0, 0), true, false},
        {{SCOPE_ENDPOINT, 0, 5, 1, {0}}, PCI(5, 0, 0), true, false},
        {{SCOPE_ENDPOINT, 0, 0, SCOPE_PATH + 1, {3 << 3}}, PCI(5, 0, 0), false, true},
        {{SCOPE_ENDPOINT, 0, 0, 0, {0}}, PCI(5, 0, 0), false, true},
        {{SCOPE_ENDPOINT, 0, 0, 2, {0x14 << 3, 0}}, PCI(5, 0, 0), false, true},
        {{SCOPE_BRIDGE, 0, 0, 1, {0x14 << 3}}, PCI(0, 0x14, 0), true, true},
        {{SCOPE_BRIDGE, 0, 0, 1, {0x15 << 3}}, PCI(0, 0x14, 0), false, true},
        {{SCOPE_IOAPIC, 2, 0, 1, {0x14 << 3}}, PCI(0, 0x14, 0), false, false},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        uint32_t index = board_index(&board, table[i].pci);
        board.facts.scope_count = 3;
        board.facts.scopes[1] = (struct fact_scope){SCOPE_HPET, 0, 0, 1, {0}};
        board.facts.scopes[2] = table[i].scope;
        if (scope_covers(&board.facts, 0, 1, 2, index) != table[i].covers ||
            scope_is_lost(&board.facts, 0, 1, 2) != table[i].lost)
            fail_msg("scope %u", i);
        assert_false(scope_covers(&board.facts, 1, 1, 2, index));
        assert_false(scope_covers(&board.facts, 0, 1, 1, index));
    }
    /* A list that leaves the table names nothing, and may name anything. */
    assert_false(scope_covers(&board.facts, 0, 2, 2, 0));
    assert_true(scope_is_lost(&board.facts, 0, 2, 2));
    assert_true(scope_is_lost(&board.facts, 0, 0xffffffff, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(groups_are_what_is_not_separated, setup),
        cmocka_unit_test_setup(a_port_needs_all_four_bits, setup),
        cmocka_unit_test_setup(a_switch_is_as_good_as_its_worst_port, setup),
        cmocka_unit_test_setup(functions_of_a_device, setup),
        cmocka_unit_test_setup(buses_that_loop_are_refused, setup),
        cmocka_unit_test_setup(scopes_are_followed, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
