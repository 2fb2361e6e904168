/* SPDX-License-Identifier: Apache-2.0 */
/* I3: which functions the scan finds in made configuration spaces, and what it leaves behind. */
#include "scan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_function_is_found(void **state)
{
    static const uint32_t order[] = {HOST, PLAIN, PAIR, PAIR + 2, HIDDEN, PORT, NIC, FAR, OTHER};
    (void)state;
    make(PLAIN, 1, 0, 0);
    make(PLAIN + 1, 1, 0, 0); /* an echo */
    make(PAIR, 1, 0, 0x80);
    make(PAIR + 2, 1, 0, 0);
    make(HIDDEN, 1, 0, 0);
    make(FAR, 0x12345678, 0x0c033000, 0);
    make(OTHER, 2, 0, 0);
    assert_true(scans());
    assert_int_equal(facts.function_count, sizeof(order) / sizeof(order[0]));
    for (unsigned i = 0; i < facts.function_count; i++)
        assert_int_equal(facts.functions[i].pci, order[i]);
    assert_false(found(PLAIN)->multifunction);
    assert_true(found(PAIR)->multifunction);
    assert_true(found(PAIR + 2)->multifunction);
    assert_true(found(HIDDEN)->multifunction);
    assert_int_equal(found(PAIR)->header, 0);
    assert_int_equal(found(PORT)->header, 1);
    assert_int_equal(found(PORT)->secondary, 1);
    assert_int_equal(found(PORT)->subordinate, 2);
    assert_int_equal(found(NIC)->secondary, 0);
    assert_int_equal(found(NIC)->id, 0x10d38086);
    assert_int_equal(found(NIC)->class_code, 0x02000003);
    assert_true(found(NIC)->master);
    assert_false(found(PORT)->master);
    assert_int_equal(found(FAR)->id, 0x12345678);
    for (unsigned i = 0; i < facts.function_count; i++)
        assert_int_equal(writes(order[i]), 0); /* nobody named, nothing touched */
}

static void too_many_functions_are_refused(void **state)
{
    (void)state;
    for (uint32_t function = 0; function < MAX_FUNCTIONS; function++)
        make(function, 1, 0, 0x80);
    assert_true(scans());
    assert_int_equal(facts.function_count, MAX_FUNCTIONS);
    make(MAX_FUNCTIONS, 1, 0, 0);
    expect_refused("more than the 512 PCI functions");
}

static void bar(unsigned index, uint32_t value, uint32_t mask)
{
    put(NIC, 0x10 + 4 * index, 4, value);
    open_bits(NIC, 0x10 + 4 * index, 4, mask);
}

static void expect_bar(unsigned index, uint64_t base, uint64_t bytes, uint32_t type)
{
    const struct fact_bar *got = &found(NIC)->bars[index];
    assert_true(got->base == base);
    assert_true(got->bytes == bytes);
    assert_int_equal(got->type, type);
}

static void windows_are_sized(void **state)
{
    (void)state;
    name(NIC);
    bar(0, 0xfe000000, 0xfffe0000);
    bar(1, 0xc001, 0x0000ffe0);
    bar(2, 0x0000000c, 0xffffc000);
    bar(3, 0x000000e0, 0xffffffff);
    bar(5, 0xfe100008, 0xfffff000);
    put(PORT, 0x10, 4, 0xfe200000);
    name(PORT); /* no header of an endpoint: never sized */
    memset(at(NIC, 0x300), 0x5a, 16);
    assert_true(scans());
    expect_bar(0, 0xfe000000, 0x20000, 0);
    expect_bar(1, 0xc000, 0x20, BAR_PORTS);
    expect_bar(2, 0xe000000000, 0x4000, BAR_64 | BAR_PREFETCHABLE);
    expect_bar(3, 0, 0, 0);
    expect_bar(4, 0, 0, 0);
    expect_bar(5, 0xfe100000, 0x1000, BAR_PREFETCHABLE);
    assert_int_equal(get(NIC, PCI_COMMAND, 2), 7);
    assert_int_equal(get(NIC, 0x10, 4), 0xfe000000);
    assert_int_equal(get(NIC, 0x14, 4), 0xc001);
    assert_int_equal(get(NIC, 0x18, 4), 0x0000000c);
    assert_int_equal(get(NIC, 0x1c, 4), 0xe0);
    assert_int_equal(writes(PORT), 0);
    assert_memory_equal(found(NIC)->config, at(NIC, 0), SPACE);
    assert_memory_equal(found(PORT)->config, at(PORT, 0), SPACE);
    assert_ptr_not_equal(found(NIC)->config, found(PORT)->config);
    assert_null(found(HOST)->config);
}

/* Of what nobody named: where it lies, without a write. */
static void places_are_read(void **state)
{
    (void)state;
    bar(0, 0xfe000000, 0xfffe0000);
    bar(1, 0xc001, 0x0000ffe0);
    bar(2, 0x0000000c, 0xffffc000);
    bar(3, 0xe0, 0xffffffff);
    bar(5, 0xfe10000c, 0xfffff000); /* no register for its upper half */
    put(NIC, 0x28, 4, 7);
    put(PORT, 0x10, 4, 0xfe200004);
    put(PORT, 0x14, 4, 1);
    put(PORT, 0x20, 4, 0xfe30fe20);
    put(PORT, 0x24, 4, 0x4ff14001);
    put(PORT, 0x28, 4, 0x10);
    put(PORT, 0x2c, 4, 0x11);
    assert_true(scans());
    expect_bar(0, 0xfe000000, 0, 0);
    expect_bar(1, 0, 0, 0);
    expect_bar(2, 0xe000000000, 0, BAR_64 | BAR_PREFETCHABLE);
    expect_bar(3, 0, 0, 0);
    expect_bar(5, 0xfe100000, 0, BAR_64 | BAR_PREFETCHABLE);
    assert_int_equal(writes(NIC), 0);
    assert_int_equal(writes(PORT), 0);
    assert_false(found(PORT)->bars[0].base); /* decodes nothing */
    put(PORT, PCI_COMMAND, 2, 2);
    put(NIC, PCI_COMMAND, 2, 5);
    assert_true(scans());
    expect_bar(0, 0, 0, 0);
    assert_true(found(PORT)->bars[0].base == 0x1fe200000);
    assert_true(found(PORT)->bars[2].base == 0);
    assert_true(found(PORT)->windows[0].base == 0xfe200000);
    assert_true(found(PORT)->windows[0].bytes == 0x200000);
    assert_true(found(PORT)->windows[1].base == 0x1040000000);
    assert_true(found(PORT)->windows[1].bytes == 0x110000000);
}

static void closed_windows_pass_nothing_on(void **state)
{
    static const uint32_t closed[] = {0, 0x0000fff0, 0xfe10fe20, 0x000000f0};
    (void)state;
    for (unsigned i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        put(PORT, 0x20, 4, closed[i]);
        put(PORT, 0x24, 4, closed[i]);
        put(PORT, 0x28, 4, 1); /* not of 64 bits: unused */
        assert_true(scans());
        assert_true(found(PORT)->windows[0].bytes == 0);
        assert_true(found(PORT)->windows[1].bytes == 0);
    }
    assert_true(found(NIC)->windows[0].bytes == 0);
}

static void odd_windows_are_nobodys(void **state)
{
    static const struct {
        unsigned index;
        uint32_t value, mask, high_mask;
        uint64_t bytes;
    } cases[] = {
        {0, 4, 0, 0xfffffffe, 8ull << 30}, /* above 4 GiB */
        {0, 4, 0x80000000, 0xffffffff, 2ull << 30},
        {0, 4, 0, 0, 0},                   /* no bit can be written */
        {0, 4, 0xfff0f000, 0xffffffff, 0}, /* no size */
        {0, 0, 0xfff0f000, 0, 0},
        {0, 2, 0xfffff000, 0xffffffff, 0}, /* below 1 MiB */
        {0, 6, 0xfffff000, 0xffffffff, 0}, /* reserved */
        {5, 4, 0xfffff000, 0xffffffff, 0}, /* no register for its upper half */
        {0, 1, 0xffffffe0, 0, 32},         /* ports, all 32 bits of which can be written */
        {0, 1, 0x00000000, 0, 0},
        {0, 0, 0xffffffff, 0, 0}, /* gone */
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        teardown(state);
        setup(state);
        name(NIC);
        bar(cases[i].index + 1, 0, cases[i].high_mask);
        bar(cases[i].index, cases[i].value, cases[i].mask);
        assert_true(scans());
        assert_true(found(NIC)->bars[cases[i].index].bytes == cases[i].bytes);
    }
}

static void a_window_that_does_not_come_back_is_refused(void **state)
{
    (void)state;
    name(NIC);
    bar(2, 0xfe000000, 0xffffc000);
    sticks = 0x18;
    expect_refused("0000:01:00.0, which the manifest assigns, does not keep its addresses");
    sticks = PCI_COMMAND;
    put(NIC, 0x18, 4, 0);
    expect_refused("does not keep its addresses");
    sticks = 0;
    put(NIC, PCI_COMMAND, 2, 7);
    open_bits(NIC, PCI_COMMAND, 2, 7);
    assert_true(scans());
}

static _Alignas(SPACE) uint32_t registers[SPACE / 4];

static void make_xhci(void)
{
    uint64_t base = (uint64_t)registers;
    make(NIC, 0x000d1b36, 0x0c033001, 0);
    put(NIC, PCI_COMMAND, 2, 5); /* memory off */
    put(NIC, 0x10, 4, (uint32_t)base | 4);
    put(NIC, 0x14, 4, (uint32_t)(base >> 32));
    open_bits(NIC, 0x10, 4, 0xfffff000);
    open_bits(NIC, 0x14, 4, 0xffffffff);
    memset(registers, 0, sizeof(registers));
    registers[4] = 0x10 << 16;
    registers[0x10] = 0x802;
    registers[0x18] = 1;
}

static void usb_controllers_tell_their_legacy_registers(void **state)
{
    (void)state;
    name(NIC);
    make_xhci();
    assert_true(scans());
    assert_int_equal(found(NIC)->legacy_offset, 0x60);
    assert_int_equal(get(NIC, PCI_COMMAND, 2), 5);
    registers[4] = 0;
    assert_true(scans());
    assert_int_equal(found(NIC)->legacy_offset, 0);
    registers[4] = 0x10 << 16;
    registers[0x10] = 0xff02;
    registers[0x10 + 0xff] = 0xff02;
    registers[0x10 + 2 * 0xff] = 0xff02;
    registers[0x10 + 3 * 0xff] = 0xff02; /* the next is beyond the window */
    expect_refused("does not say whether it can raise SMIs");
    make_xhci();
    mapped = false;
    expect_refused("0000:01:00.0");
    named_count = 0;
    assert_true(scans());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_function_is_found),
        TEST(too_many_functions_are_refused),
        TEST(windows_are_sized),
        TEST(places_are_read),
        TEST(closed_windows_pass_nothing_on),
        TEST(odd_windows_are_nobodys),
        TEST(a_window_that_does_not_come_back_is_refused),
        TEST(usb_controllers_tell_their_legacy_registers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
