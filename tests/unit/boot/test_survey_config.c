/* SPDX-License-Identifier: Apache-2.0 */
/* I10: what a survey takes of a function's configuration space, and where its windows end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/survey/bars.h"
#include "boot/survey/config.h"

static uint8_t space[CONFIG_BYTES], taken[CONFIG_BYTES];
static unsigned touched[CONFIG_BYTES / 4];
static uint32_t has;

static uint32_t read(void *context, uint32_t offset)
{
    uint32_t value;

    assert_null(context);
    assert_int_equal(offset % 4, 0);
    assert_true(offset < CONFIG_BYTES);
    touched[offset / 4]++;
    memcpy(&value, space + offset, sizeof(value));
    return value;
}

static uint32_t take(void)
{
    memset(touched, 0, sizeof(touched));
    memset(taken, 0xee, sizeof(taken));
    return config_read(read, NULL, taken, &has);
}

static void put(unsigned at, unsigned bytes, uint64_t value)
{
    memcpy(space + at, &value, bytes);
}

static void make(void)
{
    memset(space, 0xaa, sizeof(space));
    memset(space, 0, 64);
    put(0, 4, 0x10d38086);
    put(6, 2, 0x10);
    put(0x34, 1, 0x40);
    put(0x40, 4, 0x00235001); /* power, then MSI, express, MSI-X, something, AF */
    put(0x44, 4, 0);
    put(0x50, 4, 0x00806805);
    put(0x68, 4, 0x0002a410);
    put(0x6c, 4, 0x10000000);
    put(0xa4, 4, 0x0004b011);
    put(0xb0, 4, 0x0010c009);
    put(0xc0, 4, 0x03060013);
    put(0x100, 4, 0x14010001);
    put(0x140, 4, 0x15010003);
    put(0x150, 4, 0x1a01000d);
    put(0x1a0, 4, 0x00010010);
}

static void known_capabilities_are_read(void **state)
{
    (void)state;
    make();
    assert_int_equal(take(), CONFIG_BYTES);
    assert_int_equal(has, CONFIG_FLR | CONFIG_D3_RESET | CONFIG_MSI | CONFIG_MSIX | CONFIG_ACS |
                              CONFIG_SRIOV | CONFIG_SERIAL);
    assert_memory_equal(taken, space, 64);
    assert_memory_equal(taken + 0x68, space + 0x68, 60);
    assert_memory_equal(taken + 0x140, space + 0x140, 12);
    assert_memory_equal(taken + 0x1a0, space + 0x1a0, 64);
}

/* Of what is not known only what leads on: some devices don't bear more. */
static void nothing_else_is_read(void **state)
{
    (void)state;
    make();
    take();
    assert_int_equal(touched[0x48 / 4], 0);
    assert_int_equal(touched[0xb0 / 4], 1);
    assert_int_equal(touched[0xb4 / 4], 0);
    assert_int_equal(touched[0x104 / 4], 0);
    assert_int_equal(touched[0x14c / 4], 0);
    assert_int_equal(touched[0xffc / 4], 0);
    assert_int_equal(taken[0xb4], 0);
    assert_int_equal(taken[0xfff], 0);
}

static void a_conventional_function_has_256_bytes(void **state)
{
    (void)state;
    make();
    put(0x68, 4, 0x0002a409);
    assert_int_equal(take(), CONFIG_CONVENTIONAL);
    assert_int_equal(touched[0x100 / 4], 0);
    assert_int_equal(has & (CONFIG_ACS | CONFIG_SERIAL), 0);
    put(6, 2, 0);
    assert_int_equal(take(), CONFIG_CONVENTIONAL);
    assert_int_equal(touched[0x40 / 4], 0);
    assert_int_equal(has, 0);
}

static void lists_without_end_end(void **state)
{
    (void)state;
    make();
    put(0xc0, 4, 0x03064013);
    put(0x1a0, 4, 0x10010010);
    assert_int_equal(take(), CONFIG_BYTES);
    assert_true(touched[0x40 / 4] <= 48);
    put(0xc0, 4, 0x0306fc13); /* at the very end */
    put(0xfc, 4, 0x00000010);
    put(0x1a0, 4, 0xffc10010);
    put(0xffc, 4, 0x00010010);
    assert_int_equal(take(), CONFIG_BYTES);
    put(0xc0, 4, 0x0306fe13); /* no multiple of four */
    assert_int_equal(take(), CONFIG_BYTES);
    assert_int_equal(touched[0xfc / 4], 0);
}

static void resets_are_as_they_say(void **state)
{
    (void)state;
    make();
    put(0x44, 4, 8);
    take();
    assert_int_equal(has & CONFIG_D3_RESET, 0);
    put(0x6c, 4, 0);
    take();
    assert_int_equal(has & CONFIG_FLR, CONFIG_FLR); /* AF */
    put(0xc0, 4, 0x02060013);
    take();
    assert_int_equal(has & CONFIG_FLR, 0);
}

static struct bars_line lines[BARS_LINES];

static void window(uint8_t *at, uint8_t type, uint64_t base, uint64_t most, uint64_t bytes)
{
    memset(at, 0, 46);
    at[0] = 0x8a;
    at[1] = 43;
    at[3] = type;
    memcpy(at + 14, &base, 8);
    memcpy(at + 22, &most, 8);
    memcpy(at + 38, &bytes, 8);
    at[46] = 0x79;
}

static void windows_are_the_firmwares(void **state)
{
    uint8_t list[2 * 46 + 2];
    struct bars_window windows[BARS_WINDOWS];

    (void)state;
    window(list, 0, 0xa0000000, 0, 0x20000);
    window(list + 46, 1, 0x7000, 0, 0x20);
    uint32_t count = bars_take(list, windows, 0);
    assert_int_equal(count, 2);
    window(list, 0, 0xe040000000, 0, 0x4000);
    list[46] = 0x79;
    count = bars_take(list, windows, count);
    assert_int_equal(count, 3);

    make();
    put(0x10, 4, 0xa0000000);
    put(0x18, 4, 0x7001);
    put(0x1c, 8, 0xe04000000c);
    assert_true(bars_match(space, windows, count, lines));
    assert_int_equal(lines[0].start, 0xa0000000);
    assert_int_equal(lines[0].end, 0xa001ffff);
    assert_int_equal(lines[0].flags, 0x200);
    assert_int_equal(lines[1].end, 0);
    assert_int_equal(lines[2].end, 0x701f);
    assert_int_equal(lines[2].flags, 0x101);
    assert_int_equal(lines[3].start, 0xe040000000);
    assert_int_equal(lines[3].end, 0xe040003fff);
    assert_int_equal(lines[3].flags, 0x10220c);
    assert_int_equal(lines[4].flags, 0);

    put(0x14, 4, 0x8); /* there, and not set */
    assert_true(bars_match(space, windows, count, lines));
    assert_int_equal(lines[1].flags, 0x20002208);
    put(0x14, 4, 0xb0000000);
    assert_false(bars_match(space, windows, count, lines));
    put(0x14, 4, 0xa0000001); /* of ports, and the window is not */
    assert_false(bars_match(space, windows, count, lines));
    put(0x0e, 1, 1); /* a bridge's registers from 0x18 on are others */
    put(0x14, 4, 0);
    put(0x18, 4, 0x00050500);
    assert_true(bars_match(space, windows, count, lines));
    windows[0].bytes = UINT64_MAX;
    assert_false(bars_match(space, windows, count, lines));
}

static void lists_of_windows_end(void **state)
{
    uint8_t list[20 * 46 + 2];
    struct bars_window windows[BARS_WINDOWS];
    uint32_t first = 0, last = 255;

    (void)state;
    for (unsigned i = 0; i < 20; i++)
        window(list + 46 * i, 0, 0x1000 * i, 0, 0x1000);
    assert_int_equal(bars_take(list, windows, 0), BARS_WINDOWS);
    bars_buses(list, &first, &last);
    assert_int_equal(first, 0);
    assert_int_equal(last, 255);
    window(list + 46, 2, 0x80, 0x1ff, 0x180);
    bars_buses(list, &first, &last);
    assert_int_equal(last, 255);
    window(list + 46, 2, 0x80, 0x8f, 0x10);
    bars_buses(list, &first, &last);
    assert_int_equal(first, 0x80);
    assert_int_equal(last, 0x8f);
    list[1] = 0; /* a descriptor of another length ends it */
    assert_int_equal(bars_take(list, windows, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_capabilities_are_read),
        cmocka_unit_test(nothing_else_is_read),
        cmocka_unit_test(a_conventional_function_has_256_bytes),
        cmocka_unit_test(lists_without_end_end),
        cmocka_unit_test(resets_are_as_they_say),
        cmocka_unit_test(windows_are_the_firmwares),
        cmocka_unit_test(lists_of_windows_end),
    };
    return cmocka_run_group_tests_name("survey_config", tests, NULL, NULL);
}
