/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3, I7: PCI functions brought to rest. The functions are pages of memory here, which a model
 * looks at between two turns: it does what was asked of it, or not, as boards do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/abi/layout.h"
#include "kernel/vm/reset.h"

#include "reset_world.h"

static void assert_rests(uint32_t n)
{
    assert_false(reset.lost >> n & 1);
    assert_int_equal(*dword(n, 0), functions[n].id);
    assert_int_equal(*word(n, 4), COMMAND_AT_REST);
    assert_int_equal(*word(n, 0xc), 0x10);
    assert_int_equal(*dword(n, 0x10), 0xfe000000);
    assert_int_equal(*dword(n, 0x14), 0xe0000004);
    assert_int_equal(*dword(n, 0x18), 0xe0);
    assert_int_equal(*dword(n, 0x30), 0xfd000000);
    assert_int_equal(window[n * 4096 + 0x3c], 11);
    assert_int_equal(*word(n, EXPRESS + 8), CONTROL_AT_BOOT);
    assert_int_equal(*word(n, ACS + 6), ACS_AT_BOOT);
    assert_int_equal(*word(n, POWER + 4) & 0x103, 0);
    assert_int_equal(*word(n, MSI + 2), 0x80);
    assert_int_equal(*word(n, MSIX + 2), 4);
    assert_false(models[n].loud);
}

static int empty(void **state)
{
    (void)state;
    memset(window, 0, sizeof(window));
    memset(models, 0, sizeof(models));
    now = 77 * HZ;
    return 0;
}

enum { FLR = RESET_FLR, AF = RESET_AF_FLR, D3 = RESET_D3HOT, BUS = RESET_BUS };

/* One function alone. */
static const struct row {
    const char *what;
    uint32_t resets, works;
    uint32_t back_ms, pending_ms, flags;
    uint16_t hardwired;
    bool lost;
    uint32_t seen[4]; /* FLR, AF-FLR, D3hot, bus */
    uint64_t at_least, at_most;
} rows[] = {
    {"FLR", FLR | D3 | BUS, FLR | D3 | BUS, 0, 0, 0, 0, false, {1}, 100, 110},
    {"AF-FLR", AF | D3 | BUS, AF | BUS, 0, 0, 0, 0, false, {0, 1}, 100, 110},
    {"D3hot", D3 | BUS, D3 | BUS, 0, 0, 0, 0, false, {0, 0, 1}, 20, 30},
    {"bus", BUS, BUS, 0, 0, 0, 0, false, {0, 0, 0, 1}, 102, 110},
    {"D3hot that does nothing, then the bus",
     D3 | BUS,
     BUS,
     0,
     0,
     0,
     0,
     false,
     {0, 0, 1, 1},
     122,
     135},
    {"D3hot that does nothing, and no other", D3, 0, 0, 0, 0, 0, true, {0, 0, 1}, 20, 30},
    {"FLR that does nothing", FLR | BUS, BUS, 0, 0, 0, 0, false, {1, 0, 0, 1}, 202, 215},
    {"nothing that works", FLR | AF | D3 | BUS, 0, 0, 0, 0, 0, true, {1, 1, 1, 1}, 322, 340},
    {"no reset, as the manifest accepts", 0, 0, 0, 0, 0, 0, false, {0}, 0, 5},
    {"silent for 3 s", FLR, FLR, 3 * SECOND, 0, 0, 0, false, {1}, 3 * SECOND, 3005},
    {"silent for 9 s", FLR, FLR, 9 * SECOND, 0, 0, 0, false, {1}, 9 * SECOND, 9005},
    {"for ever", FLR, FLR, FOR_EVER, 0, 0, 0, true, {1}, 10 * SECOND, 10200},
    {"for ever, the bus too",
     FLR | BUS,
     FLR | BUS,
     FOR_EVER,
     0,
     0,
     0,
     true,
     {1, 0, 0, 1},
     20 * SECOND,
     20400},
    {"transactions for 0.3 s", FLR, FLR, 0, 300, 0, 0, false, {1}, 400, 410},
    {"for ever: no FLR",
     FLR | AF | BUS,
     FLR | AF | BUS,
     0,
     FOR_EVER,
     0,
     0,
     false,
     {0, 0, 0, 1},
     1102,
     1110},
    {"for ever, and no other", FLR | AF, FLR | AF, 0, FOR_EVER, 0, 0, true, {0}, 1000, 1005},
};

static void one_function(void **state)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        empty(state);
        make(0, row->resets, row->works);
        models[0].back_ms = row->back_ms;
        models[0].pending_ms = row->pending_ms;
        init(1);
        uint64_t took = climb();
        if (took < row->at_least || took > row->at_most)
            fail_msg("%s: %lu ms", row->what, (unsigned long)took);
        for (unsigned k = 0; k < 4; k++)
            if (models[0].seen[k] != row->seen[k])
                fail_msg("%s: %u resets of kind %u", row->what, models[0].seen[k], k);
        if (reset.lost != row->lost)
            fail_msg("%s: lost %x", row->what, reset.lost);
        if (!row->lost)
            assert_rests(0);
        assert_false(models[0].loud);
        assert_false(*word(0, 4) & 4 && !models[0].gone);
        if (row->seen[3])
            assert_true(models[0].held_for >= 2 * MS && models[0].held_for < 4 * MS);
    }
}

/* What the first life changed is not what the next one finds. */
static void every_life_finds_the_same(void **state)
{
    (void)state;
    static const uint32_t offers[] = {FLR, BUS, 0};
    for (unsigned i = 0; i < 3; i++) {
        empty(state);
        make(0, offers[i], offers[i]);
        init(1);
        for (unsigned life = 0; life < 3; life++) {
            climb();
            assert_rests(0);
            assert_int_equal(models[0].resets, offers[i] ? life + 1 : 0);
            use(0);
        }
    }
}

/* Nothing in its header can be lost: specifications are trusted, D3hot isn't. */
static void a_function_with_nothing_to_show(void **state)
{
    static const struct {
        uint32_t offers;
        bool lost;
    } cases[] = {{FLR, false}, {D3, true}};
    for (unsigned i = 0; i < 2; i++) {
        empty(state);
        make(0, cases[i].offers, cases[i].offers);
        models[0].hardwired = 0xffff;
        functions[0].express = i == 0 ? EXPRESS : 0;
        for (unsigned at = 0xc; at < 0x40; at += 4)
            *dword(0, at) = 0;
        models[0].works = 0;
        init(1);
        climb();
        assert_int_equal(reset.lost, cases[i].lost);
    }
}

static void the_registers_of_a_silent_function_are_off(void **state)
{
    (void)state;
    make(0, FLR, FLR);
    functions[0].flags = FUNCTION_SILENT;
    init(1);
    climb();
    assert_int_equal(reset.lost, 0);
    assert_int_equal(*word(0, 4), 0x400);
}

/* Powered down by the firmware. */
static void a_sleeper_is_woken(void **state)
{
    (void)state;
    make(0, FLR, FLR);
    *word(0, POWER + 4) = 0x010b;
    init(1);
    assert_true(climb() >= 110);
    assert_rests(0);
}

static void share_a_port(uint32_t a, uint32_t b)
{
    functions[b].port = functions[a].port;
    reset.functions[b].port = reset.functions[a].port;
}

/* Both at one time, and once, whoever of them needs it. */
static void one_bus_reset_for_two(void **state)
{
    (void)state;
    make(0, BUS, BUS);
    make(1, BUS, BUS);
    make(2, FLR, FLR);
    init(3);
    share_a_port(0, 1);
    assert_in_range(climb(), 102, 115);
    for (uint32_t n = 0; n < 3; n++)
        assert_rests(n);
    assert_int_equal(models[0].seen[3], 1);
    assert_int_equal(models[1].seen[3], 1);
    assert_int_equal(models[2].seen[3], 0);
}

/* The bus waits for the FLR beside it, and what it wipes is brought back. */
static void a_bus_reset_hurts_nobody_beside(void **state)
{
    (void)state;
    make(0, FLR | BUS, FLR | BUS);
    make(1, D3 | BUS, BUS);
    models[0].back_ms = SECOND;
    init(2);
    share_a_port(0, 1);
    assert_in_range(climb(), 2 * SECOND + 2, 2 * SECOND + 150);
    for (uint32_t n = 0; n < 2; n++) {
        assert_rests(n);
        assert_int_equal(models[n].seen[3], 1);
    }
    assert_int_equal(models[0].seen[0], 1);
    assert_true(models[0].held_at - began >= SECOND * MS);
}

/* One that is lost keeps nobody. */
static void each_at_its_own_pace(void **state)
{
    (void)state;
    make(0, FLR, FLR);
    make(1, FLR, FLR);
    make(2, D3 | BUS, BUS);
    models[1].back_ms = FOR_EVER;
    init(3);
    climb();
    assert_int_equal(reset.lost, 2);
    assert_rests(0);
    assert_rests(2);
    assert_true(models[0].reset_at - began < 5 * MS);
    assert_true(models[2].reset_at - began < 30 * MS);
}

/* Gone before anything could be noted: nothing is made up; when it is there again, it is. */
static void gone_and_back(void **state)
{
    (void)state;
    make(0, FLR | BUS, FLR | BUS);
    memcpy(models[0].kept, window, 4096);
    memset(window, 0xff, 4096);
    models[0].gone = true;
    models[0].back_at = ~0ull;
    init(1);
    assert_true(climb() <= 1010);
    assert_int_equal(reset.lost, 1);
    memcpy(window, models[0].kept, 4096);
    models[0].gone = false;
    models[0].back_at = 0;
    climb();
    assert_rests(0);
}

static void no_functions_take_no_time(void **state)
{
    (void)state;
    init(0);
    assert_true(reset_go_on(&reset, now));
    assert_int_equal(reset.lost, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_function),
        TEST(every_life_finds_the_same),
        TEST(a_function_with_nothing_to_show),
        TEST(the_registers_of_a_silent_function_are_off),
        TEST(a_sleeper_is_woken),
        TEST(one_bus_reset_for_two),
        TEST(a_bus_reset_hurts_nobody_beside),
        TEST(each_at_its_own_pace),
        TEST(gone_and_back),
        TEST(no_functions_take_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
