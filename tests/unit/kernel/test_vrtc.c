/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual clock against the C library's calendar, read as Linux 6.1 reads it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* gmtime_r */
#endif
#include "kernel/vm/vrtc.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

enum { HZ = 1000000000 };

static struct vrtc rtc;
static uint64_t now;

static uint8_t cmos(uint8_t index)
{
    now += HZ / 500000;
    vrtc_write(&rtc, 0x70, index);
    now += HZ / 500000;
    return vrtc_read(&rtc, 0x71, now);
}

static unsigned bcd_value(uint8_t value)
{
    assert_true(value >> 4 <= 9 && (value & 15) <= 9);
    return (value >> 4) * 10u + (value & 15);
}

static void start(uint64_t unix_time)
{
    rtc = (struct vrtc){.unix_time = unix_time, .tsc = 777, .tsc_hz = HZ};
    now = 777;
}

static void assert_date(time_t expected)
{
    struct tm t;

    gmtime_r(&expected, &t);
    assert_int_equal(bcd_value(cmos(0)), t.tm_sec);
    assert_int_equal(bcd_value(cmos(2)), t.tm_min);
    assert_int_equal(bcd_value(cmos(4)), t.tm_hour);
    assert_int_equal(bcd_value(cmos(6)), t.tm_wday + 1);
    assert_int_equal(bcd_value(cmos(7)), t.tm_mday);
    assert_int_equal(bcd_value(cmos(8)), t.tm_mon + 1);
    assert_int_equal(bcd_value(cmos(0x32)) * 100 + bcd_value(cmos(9)), t.tm_year + 1900);
}

static void calendar_is_right(void **state)
{
    static const time_t special[] = {
        1,          86399,      86400,      951782399,  951782400,
        951868799,  951868800,                                      /* February 2000 */
        1709164799, 1709164800, 1709251200, 1735689599, 1735689600, /* 2024 */
        4107542399, 4107542400,                                     /* 2100 is no leap year */
        2147483647, 2147483648, 4294967295, 4294967296,
    };

    (void)state;
    for (unsigned i = 0; i < sizeof special / sizeof special[0]; i++) {
        start((uint64_t)special[i]);
        assert_date(special[i]);
    }
    for (time_t t = 0; t < 200ll * 366 * 86400; t += 86400 * 3 + 3607) {
        start((uint64_t)t);
        assert_date(t);
    }
}

static void tsc_moves_the_clock(void **state)
{
    (void)state;
    start(1767225599); /* the last second of 2025 */
    now += HZ - HZ / 100;
    assert_int_equal(bcd_value(cmos(9)), 25);
    now += HZ / 50;
    assert_int_equal(bcd_value(cmos(9)), 26);
    assert_int_equal(bcd_value(cmos(0)), 0);
    start(1767225599);
    now += 86400ull * 365 * HZ;
    assert_date(1767225599 + 86400 * 365);
}

/* Linux gives up on a clock whose UIP never clears, in 12-hour mode, or without valid RAM. */
static void status_registers_suit_linux(void **state)
{
    (void)state;
    start(1767225600);
    assert_int_equal(cmos(0x0a) & 0x7f, 0x26);
    assert_int_equal(cmos(0x0a) & 0x80, 0);
    assert_int_equal(cmos(0x0b), 0x02);
    assert_int_equal(cmos(0x0c), 0);
    assert_int_equal(cmos(0x0d), 0x80);
    start(0);
    assert_int_equal(cmos(0x0d), 0); /* nobody knows the time */
}

/* Whoever saw UIP clear may take 2 ms to read; whoever saw it set waits no longer than that. */
static void update_in_progress_guards_the_change(void **state)
{
    (void)state;
    for (uint64_t phase = 0; phase < HZ; phase += HZ / 10000) {
        uint8_t second;
        bool updating;
        start(1767225600);
        now += phase;
        second = cmos(0);
        updating = cmos(0x0a) & 0x80;
        now += HZ / 500 - HZ / 10000;
        if (updating)
            assert_false(cmos(0x0a) & 0x80);
        else
            assert_int_equal(cmos(0), second);
    }
}

static void nothing_can_be_set(void **state)
{
    (void)state;
    start(1767225600);
    for (unsigned index = 0; index < 128; index++) {
        vrtc_write(&rtc, 0x70, (uint8_t)index);
        vrtc_write(&rtc, 0x71, 0xff);
    }
    assert_int_equal(bcd_value(cmos(9)), 26);
    assert_int_equal(cmos(0x0b), 0x02);
    for (unsigned index = 0x0e; index < 128; index++) {
        if (index != 0x32)
            assert_int_equal(cmos((uint8_t)index), 0);
    }
    assert_int_equal(bcd_value(cmos(0x80 | 9)), 26); /* bit 7 is the NMI mask */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_is_right),
        cmocka_unit_test(tsc_moves_the_clock),
        cmocka_unit_test(status_registers_suit_linux),
        cmocka_unit_test(update_in_progress_guards_the_change),
        cmocka_unit_test(nothing_can_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
