/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's function (I3): all of its configuration space, and its judged pages. */
#include "function_world.h"

#include "kernel/vm/vfunction.c"
#include "kernel/vm/vmsi.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct world_function w;
static struct vfunction f;

static int setup(void **state)
{
    (void)state;
    world_make(&w);
    vfunction_setup(&f, &w.function, w.pages, w.config, w.vectors);
    vfunction_reset(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(&w);
    return 0;
}

static uint32_t get(unsigned offset)
{
    return (uint32_t)vfunction_read(&f, offset, 4);
}

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* The bits of hardware's configuration space that any write of the guest may change. */
static void named_bits(uint8_t *named)
{
    memset(named, 0, 4096);
    world_put(named, 0x04, 2, 0x0004);
    world_put(named, MSI + 2, 2, 0x0001);
    world_put(named, MSI + 4, 4, 0x000fffe4);
    world_put(named, MSI + 16, 4, 1);
    world_put(named, MSIX + 2, 2, 0xc000);
    world_put(named, EXPRESS + 8, 2, 0x7110);
    world_put(named, EXPRESS + 10, 2, 0xffff); /* memory: a 1 stays where hardware would clear */
}

/* Before a write: what the named registers have in hardware, bits that aren't the guest's set. */
static void prepare(uint8_t *before)
{
    world_put(w.config, MSI + 4, 4, 0xfee00010);
    world_put(w.config, MSI + 8, 4, 0);
    world_put(w.config, MSI + 12, 2, 0);
    world_put(w.config, MSI + 16, 4, 0);
    world_put(w.config, EXPRESS + 10, 2, 0x000f);
    memcpy(before, w.config, 4096);
}

/* world_look() sees each write besides: its width, and what goes with it. */
static void writes_reach_named_bits_only(void **state)
{
    static uint8_t before[4096], named[4096];
    uint64_t seed = 88172645463325252;

    (void)state;
    named_bits(named);
    for (unsigned kind = 0; kind < 6; kind++) {
        for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
            for (unsigned offset = 0; offset + bytes <= 4096; offset++) {
                uint64_t value = kind == 0 ? ~0ull : kind == 1 ? 0 : random64(&seed);
                prepare(before);
                vfunction_write(&f, offset, bytes, value);
                for (unsigned i = 0; i < 4096; i++)
                    assert_int_equal((before[i] ^ w.config[i]) & ~named[i], 0);
            }
        }
    }
}

/* Each write by itself: what hardware and the guest then have of the bits. */
static const struct {
    unsigned offset, bytes;
    uint64_t value;
    unsigned hardware; /* where it shows there */
    uint16_t expected; /* 16 bits */
    uint32_t read;     /* the dword that the guest then reads */
} writes[] = {
    {0x04, 2, 0x0007, 0x04, 0x0406, 0x00100006},
    {0x04, 1, 0x04, 0x04, 0x0406, 0x00100004},
    {0x04, 4, 0xffffffff, 0x04, 0x0406, 0x00100406},
    {0x05, 1, 0xff, 0x04, 0x0402, 0x00100400},
    {0x05, 1, 0x00, 0x04, 0x0402, 0x00100000},
    {0x04, 2, 0x0000, 0x04, 0x0402, 0x00100000},
    {0x06, 2, 0xffff, 0x04, 0x0402, 0x00100000},
    {0x03, 4, 0x000004ff, 0x04, 0x0406, 0x00100004}, /* from the id into Command */
    {0x01, 8, 0x0004ffffff, 0x04, 0x0406, 0x00100004},
    {EXPRESS + 8, 2, 0xffff, EXPRESS + 8, 0x7110 | PAYLOAD, 0x000f0000 | 0x7110 | PAYLOAD},
    {EXPRESS + 8, 2, 0x0000, EXPRESS + 8, PAYLOAD, 0x000f0000 | PAYLOAD},
    {EXPRESS + 9, 1, 0xff, EXPRESS + 8, 0x7100 | PAYLOAD, 0x000f0000 | 0x7100 | PAYLOAD},
    {EXPRESS + 8, 1, 0xff, EXPRESS + 8, 0x2010 | PAYLOAD, 0x000f0000 | 0x2010 | PAYLOAD},
    {EXPRESS + 8, 2, 0x8000, EXPRESS + 8, PAYLOAD, 0x000f0000 | PAYLOAD}, /* reset */
    {EXPRESS + 10, 2, 0x0005, EXPRESS + 10, 0x0005, 0x00050000 | 0x2000 | PAYLOAD},
    {EXPRESS + 10, 1, 0xff, EXPRESS + 10, 0x000f, 0x000f0000 | 0x2000 | PAYLOAD},
    {EXPRESS + 11, 1, 0xff, EXPRESS + 10, 0x000f, 0x000f0000 | 0x2000 | PAYLOAD},
    {EXPRESS + 10, 2, 0x0000, EXPRESS + 10, 0x000f, 0x000f0000 | 0x2000 | PAYLOAD},
    {EXPRESS + 8, 4, 0x00020000, EXPRESS + 10, 0x0002, 0x00020000 | PAYLOAD},
    {POWER + 4, 2, 0x8103, POWER + 4, 0, 0x0000000b},
    {POWER + 4, 1, 0x02, POWER + 4, 0, 0x0000000a},
    {POWER + 5, 1, 0xff, POWER + 4, 0, 0x00000008},
};

static void each_register_is_judged_with_its_own_bytes(void **state)
{
    (void)state;
    for (unsigned n = 0; n < sizeof(writes) / sizeof(writes[0]); n++) {
        unsigned at = writes[n].hardware;
        world_put(w.config, EXPRESS + 8, 2, 0x2000 | PAYLOAD);
        world_put(w.config, EXPRESS + 10, 2, 0x000f);
        world_put(w.config, POWER + 4, 2, 0);
        vfunction_reset(&f);
        vfunction_write(&f, writes[n].offset, writes[n].bytes, writes[n].value);
        assert_int_equal(world_get(w.config, at, 2), writes[n].expected);
        assert_int_equal(get(at & ~3u), writes[n].read);
    }
}

/* TRAPS 72: who writes one register writes no other. */
static void narrow_writes_stay_narrow(void **state)
{
    static const struct {
        unsigned offset, bytes, writes;
    } narrow[] = {
        {0x04, 2, 1},         {0x05, 1, 1},         {0x06, 2, 0},        {0x07, 1, 0},
        {EXPRESS + 8, 2, 1},  {EXPRESS + 9, 1, 1},  {EXPRESS + 8, 4, 2}, {EXPRESS + 10, 2, 1},
        {EXPRESS + 10, 1, 1}, {EXPRESS + 11, 1, 0}, {POWER + 4, 4, 0},   {0x10, 8, 0},
        {MSIX + 2, 2, 1},     {0x3c, 4, 0},         {0x104, 4, 0},
    };

    (void)state;
    for (unsigned n = 0; n < sizeof(narrow) / sizeof(narrow[0]); n++) {
        unsigned before = world_writes;
        vfunction_write(&f, narrow[n].offset, narrow[n].bytes, ~0ull);
        assert_int_equal(world_writes - before, narrow[n].writes);
    }
}

/* Any width at any offset reads what the dwords have. */
static void reads_are_parts_of_dwords(void **state)
{
    uint8_t dwords[4096];

    (void)state;
    vfunction_write(&f, 0x04, 2, 6);
    vfunction_write(&f, MSI + 4, 8, 0x123456789abcdef0);
    for (unsigned at = 0; at < 4096; at += 4)
        world_put(dwords, at, 4, get(at));
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
        for (unsigned offset = 0; offset + bytes <= 4096; offset++)
            assert_int_equal(vfunction_read(&f, offset, bytes), world_get(dwords, offset, bytes));
    }
}

/* What has no virtual state comes from the compiled pages, whatever hardware has elsewhere. */
static void what_is_not_compiled_is_not_seen(void **state)
{
    (void)state;
    for (unsigned at = 0; at < 4096; at += 4) {
        uint32_t reads = (uint32_t)world_get(w.pages, at, 4);
        uint32_t hardware = (uint32_t)world_get(w.pages + 4096, at, 4);
        if (at < 0x100 && f.own >> at / 4 & 1)
            continue;
        uint32_t live = (uint32_t)world_get(w.config, at, 4);
        assert_int_equal(get(at), (reads & ~hardware) | (live & hardware));
    }
    unsigned before = world_reads;
    assert_int_equal(get(0), 0x10c98086);
    assert_int_equal(world_reads, before);
    world_put(w.config, 0x104, 4, ~0u);
    assert_int_equal(get(0x104), 0x003ff011);
    world_put(w.config, 0x104, 4, 0);
    assert_int_equal(get(0x104), 1);
    memset(w.config, 0xff, 4096); /* gone */
    assert_int_equal(get(0), 0x10c98086);
    vfunction_write(&f, EXPRESS + 8, 2, 0x7110);
    assert_int_equal(world_get(w.config, EXPRESS + 8, 2), 0xffff);
}

static void bars_answer_sizing_and_stay(void **state)
{
    (void)state;
    static const struct {
        unsigned bar;
        uint32_t address, size;
    } bars[] = {
        {0, (uint32_t)BAR0_GPA, 0xfffe0000},
        {1, 0, 0},
        {2, (uint32_t)BAR2_GPA | 0xc, 0x0000000c},
        {3, (uint32_t)(BAR2_GPA >> 32), 0xfffffffe},
        {4, 0, 0},
        {5, 0, 0},
    };
    for (unsigned n = 0; n < 6; n++) {
        unsigned at = 0x10 + bars[n].bar * 4;
        assert_int_equal(get(at), bars[n].address);
        vfunction_write(&f, at, 4, 0xffffffff);
        assert_int_equal(get(at), bars[n].size);
        for (unsigned other = 0; other < 6; other++) /* and no other does */
            assert_true(other == n || get(0x10 + other * 4) == bars[other].address);
        vfunction_write(&f, at, 4, 0xc0000000);
        assert_int_equal(get(at), bars[n].address);
        vfunction_write(&f, at, 4, 0xfffffff0);
        assert_int_equal(get(at), bars[n].size);
        vfunction_write(&f, at, 2, ~0ull);
        assert_int_equal(get(at), bars[n].address);
        vfunction_write(&f, at, 8, ~0ull);
        assert_int_equal(get(at), bars[n].size);
        vfunction_reset(&f);
        assert_int_equal(get(at), bars[n].address);
    }
    vfunction_write(&f, 0x30, 4, ~0u); /* no expansion ROM */
    assert_int_equal(get(0x30), 0);
}

static void quarantine_lasts_until_the_reset(void **state)
{
    (void)state;
    vfunction_write(&f, 4, 2, 6);
    assert_int_equal(world_get(w.config, 4, 2), 0x0406);
    vfunction_quarantine(&f);
    assert_int_equal(world_get(w.config, 4, 2), 0x0402);
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
        for (unsigned offset = 0; offset < 8; offset++) {
            vfunction_write(&f, offset, bytes, ~0ull);
            vfunction_write(&f, offset, bytes, 0x0606060606060606);
            assert_int_equal(world_get(w.config, 4, 2), 0x0402);
        }
    }
    assert_int_equal(get(4) & 0xffff, 0x0406); /* as it wrote */
    vfunction_reset(&f);
    assert_int_equal(world_get(w.config, 4, 2), 0x0402);
    vfunction_write(&f, 4, 2, 6);
    assert_int_equal(world_get(w.config, 4, 2), 0x0406);
}

/* I7 */
static void a_reset_is_as_power_on(void **state)
{
    uint32_t fresh[64];

    (void)state;
    for (unsigned at = 0; at < 0x100; at += 4)
        fresh[at / 4] = get(at);
    for (unsigned at = 0; at < 0x100; at += 4) {
        if (at != EXPRESS + 8)
            vfunction_write(&f, at, 4, ~0u);
    }
    world_put(w.config, EXPRESS + 8, 2, 0x2f1f | PAYLOAD);
    vfunction_reset(&f);
    assert_int_equal(world_get(w.config, EXPRESS + 8, 2), 0x2110 | PAYLOAD);
    world_put(w.config, EXPRESS + 8, 2, 0x2000 | PAYLOAD);
    for (unsigned at = 0; at < 0x100; at += 4)
        assert_int_equal(get(at), fresh[at / 4]);
    assert_int_equal(world_get(w.config, 4, 2), 0x0402);
}

/* A function with no capability has none of their registers. */
static void what_a_function_lacks_is_not_there(void **state)
{
    static uint8_t before[4096];

    (void)state;
    w.function.power = w.function.msi = w.function.msix = w.function.express = 0;
    w.function.vectors = w.function.trap_count = w.function.legacy_offset = 0;
    vfunction_setup(&f, &w.function, w.pages, w.config, w.vectors);
    assert_int_equal(f.own, 1 << 1 | 0x3f << 4);
    memcpy(before, w.config, 4096);
    vfunction_reset(&f);
    for (unsigned offset = 0; offset < 4096; offset += 4)
        vfunction_write(&f, offset, 4, ~0u);
    world_put(before, 4, 2, 0x0406);
    assert_memory_equal(before, w.config, 4096);
}

static uint64_t read_page(unsigned offset, unsigned bytes)
{
    return vfunction_read_memory(&f, w.trapped + offset, BAR0_GPA + TRAP_OFFSET + offset, bytes);
}

static void write_page(unsigned offset, unsigned bytes, uint64_t value)
{
    vfunction_write_memory(&f, w.trapped + offset, BAR0_GPA + TRAP_OFFSET + offset, bytes, value);
}

enum {
    TABLE = TABLE_OFFSET - TRAP_OFFSET,
    PENDING = PENDING_OFFSET - TRAP_OFFSET,
    LEGACY = LEGACY_OFFSET - TRAP_OFFSET,
};

/* Every offset and width of a judged page: which are forwarded, which not. */
static void a_page_is_judged_by_offset_and_width(void **state)
{
    (void)state;
    for (unsigned bytes = 1; bytes <= 8; bytes *= 2) {
        for (unsigned at = 0; at + bytes <= TRAP_BYTES; at++) {
            bool table = at >= TABLE && at < TABLE + VECTORS * 16;
            bool pending = at + bytes > PENDING && at < PENDING + 8;
            bool legacy = at + bytes > LEGACY && at < LEGACY + 8;
            bool control = at + bytes > LEGACY + 4 && at < LEGACY + 8;
            uint64_t old = 0x1122334455667788, value = 0x8877665544332211;
            if (!table)
                world_put(w.trapped, at, bytes, old);
            uint64_t seen = world_get(w.trapped, at, bytes);
            if (at % bytes)
                assert_int_equal(read_page(at, bytes), ~0ull);
            else if (!table)
                assert_int_equal(read_page(at, bytes), control ? 0 : seen);
            write_page(at, bytes, value);
            bool forwarded = at % bytes == 0 && !table && !pending && !legacy;
            assert_int_equal(world_get(w.trapped, at, bytes) != seen, forwarded);
            if (forwarded)
                assert_memory_equal(w.trapped + at, &value, bytes);
            if (table && at % bytes == 0)
                write_page(at & ~7u, 8, 0x0000000100000000);
        }
    }
}

static void the_table_reads_as_written(void **state)
{
    (void)state;
    for (unsigned entry = 0; entry < VECTORS; entry++) {
        assert_int_equal(read_page(TABLE + entry * 16, 8), 0);
        assert_int_equal(read_page(TABLE + entry * 16 + 8, 8), 1ull << 32);
    }
    write_page(TABLE + 16, 8, 0xfee02000);
    write_page(TABLE + 24, 4, 0x4131);
    write_page(TABLE + 28, 4, 0);
    assert_int_equal(read_page(TABLE + 16, 4), 0xfee02000);
    assert_int_equal(read_page(TABLE + 24, 8), 0x4131);
    assert_int_equal(read_page(TABLE + 17, 1), 0x20);
    assert_int_equal(read_page(TABLE + 18, 2), 0xfee0);
    assert_int_equal(world_get(w.trapped, TABLE + 16, 4),
                     irte_message_address(function_irte(&w.function, 1, 0x31)));
    unsigned before = world_reads;
    read_page(TABLE + 28, 4);
    assert_int_equal(world_reads - before, 2); /* hardware's too */
}

/* A table that no trapped run holds whole can't be used at all. */
static void a_table_outside_is_no_table(void **state)
{
    (void)state;
    static const uint32_t offsets[] = {0x1ff8, 0x2f68, 0x3000, 0, 0xffffff00};
    for (unsigned n = 0; n < sizeof(offsets) / sizeof(offsets[0]); n++) {
        w.function.table_offset = offsets[n];
        vfunction_setup(&f, &w.function, w.pages, w.config, w.vectors);
        assert_int_equal(f.msi.entries, 0);
        vfunction_reset(&f);
        vfunction_write(&f, MSIX, 4, ~0u);
        assert_int_equal(world_get(w.config, MSIX + 2, 2), 0);
        assert_int_equal(get(MSIX), 0x0009a011);
        uint64_t gpa = BAR0_GPA + 0x2f70;
        if (offsets[n] == 0x2f68) {
            vfunction_write_memory(&f, w.trapped + 0xf70, gpa, 8, ~0ull);
            assert_int_equal(vfunction_read_memory(&f, w.trapped + 0xf70, gpa, 8), ~0ull);
            assert_int_equal(world_get(w.trapped, 0xf70, 8), 0);
        }
    }
    w.function.table_offset = 0x2f60; /* just fits */
    vfunction_setup(&f, &w.function, w.pages, w.config, w.vectors);
    assert_int_equal(f.msi.entries, VECTORS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_reach_named_bits_only, setup, teardown),
        cmocka_unit_test_setup_teardown(each_register_is_judged_with_its_own_bytes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(narrow_writes_stay_narrow, setup, teardown),
        cmocka_unit_test_setup_teardown(reads_are_parts_of_dwords, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_compiled_is_not_seen, setup, teardown),
        cmocka_unit_test_setup_teardown(bars_answer_sizing_and_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(quarantine_lasts_until_the_reset, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_is_as_power_on, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_function_lacks_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_page_is_judged_by_offset_and_width, setup, teardown),
        cmocka_unit_test_setup_teardown(the_table_reads_as_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_table_outside_is_no_table, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
