/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I10: the DMAR, made up: units, reserved memory, scopes, and that what lies is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/dmar.h"

enum { ROOM = 16384, ENTRIES = 48, UNIT = 0, RESERVED = 1 };

static uint8_t table[ROOM];
static unsigned bytes, entry; /* of the table; where the last entry begins */
static struct facts facts;
static struct diagnostic why;

static void put(unsigned at, uint64_t value, unsigned width)
{
    memcpy(table + at, &value, width);
}

static int setup(void **state)
{
    (void)state;
    memset(table, 0, sizeof(table));
    bytes = ENTRIES;
    return 0;
}

static void begin(unsigned type, unsigned length)
{
    entry = bytes;
    bytes += length;
    put(entry, type, 2);
    put(entry + 2, length, 2);
}

static void add_unit(uint64_t base, unsigned segment, bool include_all)
{
    begin(UNIT, 16);
    table[entry + 4] = include_all;
    put(entry + 6, segment, 2);
    put(entry + 8, base, 8);
}

static void add_reserved(uint64_t base, uint64_t last)
{
    begin(RESERVED, 24);
    put(entry + 8, base, 8);
    put(entry + 16, last, 8);
}

/* Of the last entry: `hops` times the path 1f.7, or what `path` says. */
static void add_scope(unsigned type, unsigned enumeration, unsigned bus, unsigned hops,
                      const uint8_t *path)
{
    uint8_t *at = table + bytes;
    at[0] = (uint8_t)type;
    at[1] = (uint8_t)(6 + 2 * hops);
    at[4] = (uint8_t)enumeration;
    at[5] = (uint8_t)bus;
    for (unsigned i = 0; i < 2 * hops; i++)
        at[6 + i] = path ? path[i] : i % 2 ? 7 : 0x1f;
    bytes += 6 + 2 * hops;
    put(entry + 2, bytes - entry, 2);
}

/* The table at the end of its memory, so that a byte beyond it is noticed. */
static bool reads(void)
{
    uint8_t *copy = malloc(bytes ? bytes : 1);
    memcpy(copy, table, bytes);
    memset(&facts, 0, sizeof(facts));
    why.text[0] = 0;
    bool good = dmar_read(copy, bytes, &facts, &why);
    free(copy);
    return good;
}

static void expect_refused(const char *part)
{
    assert_false(reads());
    if (!strstr(why.text, part))
        fail_msg("%s", why.text);
}

static void flags_are_told(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 8; flags++) {
        table[37] = (uint8_t)flags;
        assert_true(reads());
        assert_true(facts.dmar);
        assert_int_equal(facts.interrupt_remapping, flags & 1);
        assert_int_equal(facts.x2apic_opt_out, flags >> 1 & 1);
    }
    bytes = ENTRIES - 1;
    expect_refused("no room for its flags");
    bytes = ENTRIES;
    assert_true(reads());
    assert_false(dmar_read(table, bytes, &facts, &why));
    assert_non_null(strstr(why.text, "a second table"));
}

static void units_and_their_scopes(void **state)
{
    static const uint8_t path[] = {0x1c, 4, 0, 1};
    (void)state;
    add_unit(0xfed90000, 0, false);
    add_scope(SCOPE_ENDPOINT, 0, 0, 1, (const uint8_t[]){2, 0});
    add_scope(SCOPE_BRIDGE, 0, 5, 2, path);
    begin(2, 8); /* a kind that is skipped by its length */
    add_unit(0xfed91000, 0, true);
    add_scope(SCOPE_IOAPIC, 9, 0xf0, 1, NULL);
    add_unit(0x10000000000, 3, true);
    assert_true(reads());
    assert_int_equal(facts.iommu_count, 3);
    assert_int_equal(facts.scope_count, 3);
    const struct fact_iommu *unit = facts.iommus;
    assert_int_equal(unit[0].registers, 0xfed90000);
    assert_false(unit[0].include_all);
    assert_int_equal(unit[0].scope_first, 0);
    assert_int_equal(unit[0].scope_count, 2);
    assert_true(unit[1].include_all);
    assert_int_equal(unit[1].scope_first, 2);
    assert_int_equal(unit[1].scope_count, 1);
    assert_int_equal(unit[2].registers, 0x10000000000);
    assert_int_equal(unit[2].segment, 3);
    assert_int_equal(unit[2].scope_count, 0);
    assert_int_equal(facts.scopes[0].hops, 1);
    assert_int_equal(facts.scopes[0].path[0], 2 << 3);
    assert_int_equal(facts.scopes[1].type, SCOPE_BRIDGE);
    assert_int_equal(facts.scopes[1].bus, 5);
    assert_int_equal(facts.scopes[1].hops, 2);
    assert_int_equal(facts.scopes[1].path[0], 0x1c << 3 | 4);
    assert_int_equal(facts.scopes[1].path[1], 1);
    assert_int_equal(facts.scopes[2].enumeration, 9);
    assert_int_equal(facts.scopes[2].bus, 0xf0);
    assert_int_equal(facts.scopes[2].path[0], 0xff);
}

static void units_that_lie_are_refused(void **state)
{
    static const struct {
        uint64_t first, second;
        unsigned segment;
        bool include_all, second_include_all;
        const char *part; /* NULL: it is good */
    } cases[] = {
        {0xfed90000, 0xfed91000, 0, false, true, NULL},
        {0xfed90000, 0xfed91000, 1, true, true, NULL},
        {0xfed90000, 0, 0, false, true, "unit without a place"},
        {0xfed90000, 0xfed91010, 0, false, true, "unit without a place"},
        {0xfed90000, 0xfed90000, 0, false, true, "two units at one place"},
        {0xfed90000, 0xfed90000, 1, false, true, "two units at one place"},
        {0xfed90000, 0xfed91000, 0, true, true, "all else of one segment"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        add_unit(cases[i].first, 0, cases[i].include_all);
        add_unit(cases[i].second, cases[i].segment, cases[i].second_include_all);
        if (cases[i].part)
            expect_refused(cases[i].part);
        else
            assert_true(reads());
    }
    setup(state);
    for (unsigned i = 0; i < MAX_IOMMUS; i++)
        add_unit(0xfed90000 + 0x1000 * i, 0, false);
    assert_true(reads());
    add_unit(0xfed80000, 0, false);
    expect_refused("more than the 16 IOMMU units");
}

static void lengths_that_lie_are_refused(void **state)
{
    static const struct {
        unsigned at, value, cut; /* a 16-bit field of the entry, or a byte of its scope */
        const char *part;
    } cases[] = {
        {2, 0, 0, "reaches beyond"},    {2, 3, 0, "reaches beyond"},
        {2, 25, 0, "reaches beyond"},   {2, 0xffff, 0, "reaches beyond"},
        {2, 12, 0, "shorter"},          {2, 20, 0, "wrong length"},
        {17, 0, 0, "wrong length"},     {17, 5, 0, "wrong length"},
        {17, 7, 0, "wrong length"},     {17, 10, 0, "wrong length"},
        {17, 255, 0, "wrong length"},   {17, 6, 0, "wrong length"}, /* two bytes are left */
        {0, UNIT, 1, "reaches beyond"}, {0, UNIT, 22, "reaches beyond"},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        add_unit(0xfed90000, 0, false);
        add_scope(SCOPE_ENDPOINT, 0, 0, 1, NULL);
        assert_true(reads());
        put(entry + cases[i].at, cases[i].value, cases[i].at == 17 ? 1 : 2);
        bytes -= cases[i].cut;
        expect_refused(cases[i].part);
    }
}

static void units_whose_scope_cannot_be_followed_are_refused(void **state)
{
    static const uint8_t wild[][2] = {{32, 0}, {0, 8}};
    (void)state;
    add_unit(0xfed90000, 0, false);
    add_scope(SCOPE_ENDPOINT, 0, 0, SCOPE_PATH, NULL);
    assert_true(reads());
    assert_int_equal(facts.scopes[0].hops, SCOPE_PATH);
    add_scope(SCOPE_ENDPOINT, 0, 0, SCOPE_PATH + 1, NULL);
    expect_refused("can't be followed");
    for (unsigned i = 0; i < 2; i++) {
        setup(state);
        add_unit(0xfed90000, 0, false);
        add_scope(SCOPE_ENDPOINT, 0, 0, 1, wild[i]);
        expect_refused("can't be followed");
    }
    setup(state);
    add_unit(0xfed90000, 0, false);
    add_scope(SCOPE_ENDPOINT, 0, 0, 0, NULL);
    expect_refused("can't be followed");
    setup(state);
    add_unit(0xfed90000, 0, false);
    for (unsigned i = 0; i < MAX_SCOPES; i++)
        add_scope(SCOPE_ENDPOINT, 0, 0, 1, NULL);
    assert_true(reads());
    assert_int_equal(facts.scope_count, MAX_SCOPES);
    add_scope(SCOPE_ENDPOINT, 0, 0, 1, NULL);
    expect_refused("or more than 256");
}

static void reserved_memory(void **state)
{
    (void)state;
    add_reserved(0x7b800000, 0x7fffffff);
    add_scope(SCOPE_ENDPOINT, 0, 0, 1, (const uint8_t[]){2, 0});
    add_reserved(0x1234, 0x2000); /* no whole pages */
    add_scope(SCOPE_ENDPOINT, 0, 0, 1, (const uint8_t[]){0x14, 0});
    put(entry + 6, 2, 2);
    assert_true(reads());
    assert_int_equal(facts.reserved_count, 2);
    assert_int_equal(facts.reserved[0].base, 0x7b800000);
    assert_int_equal(facts.reserved[0].end, 0x80000000);
    assert_false(facts.reserved[0].any);
    assert_int_equal(facts.reserved[0].scope_count, 1);
    assert_int_equal(facts.reserved[1].base, 0x1000);
    assert_int_equal(facts.reserved[1].end, 0x3000);
    assert_int_equal(facts.reserved[1].segment, 2);
    assert_int_equal(facts.reserved[1].scope_first, 1);
    assert_int_equal(facts.scopes[1].path[0], 0x14 << 3);
}

/* TRAPS 61: never of none. */
static void reserved_memory_of_any_function(void **state)
{
    static const struct {
        unsigned hops;
        uint8_t path[2];
    } cases[] = {{0, {0}}, {SCOPE_PATH + 1, {0}}, {1, {32, 0}}, {1, {0, 8}}, {124, {0}}};
    (void)state;
    add_reserved(0x1000, 0x1fff);
    assert_true(reads());
    assert_true(facts.reserved[0].any);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        setup(state);
        add_reserved(0x1000, 0x1fff);
        add_scope(SCOPE_ENDPOINT, 0, 0, 1, NULL);
        add_scope(SCOPE_ENDPOINT, 0, 0, cases[i].hops, cases[i].hops == 1 ? cases[i].path : NULL);
        assert_true(reads());
        assert_true(facts.reserved[0].any);
        assert_int_equal(facts.reserved[0].scope_count, 0);
        assert_int_equal(facts.scope_count, 0);
    }
    setup(state);
    add_reserved(0x1000, 0x1fff);
    for (unsigned i = 0; i <= MAX_SCOPES; i++)
        add_scope(SCOPE_ENDPOINT, 0, 0, 1, NULL);
    assert_true(reads());
    assert_true(facts.reserved[0].any);
}

static void reserved_memory_that_lies_is_refused(void **state)
{
    static const uint64_t ranges[][2] = {
        {0x2000, 0x1fff}, {1, 0}, {0, ~0ull}, {~0ull, ~0ull}, {0, 1ull << 52}};
    for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        setup(state);
        add_reserved(ranges[i][0], ranges[i][1]);
        expect_refused("ends before it begins");
    }
    setup(state);
    add_reserved(0x1000, 0x1fff);
    put(entry + 2, 23, 2);
    expect_refused("shorter than its kind");
    setup(state);
    for (unsigned i = 0; i < MAX_RESERVED; i++)
        add_reserved(0x1000, 0x1fff);
    assert_true(reads());
    add_reserved(0x1000, 0x1fff);
    expect_refused("more than the 32 ranges");
    setup(state);
    add_reserved(0x1000, 0x1fff);
    add_scope(SCOPE_ENDPOINT, 0, 0, 1, NULL);
    table[entry + 25] = 4;
    expect_refused("wrong length");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(flags_are_told, setup),
        cmocka_unit_test_setup(units_and_their_scopes, setup),
        cmocka_unit_test_setup(units_that_lie_are_refused, setup),
        cmocka_unit_test_setup(lengths_that_lie_are_refused, setup),
        cmocka_unit_test_setup(units_whose_scope_cannot_be_followed_are_refused, setup),
        cmocka_unit_test_setup(reserved_memory, setup),
        cmocka_unit_test_setup(reserved_memory_of_any_function, setup),
        cmocka_unit_test_setup(reserved_memory_that_lies_is_refused, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
