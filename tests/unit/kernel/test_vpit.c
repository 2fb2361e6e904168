/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual 8254's channel 2, read as Linux 6.1 and memtest86+ read it to calibrate the TSC. */
#include "kernel/vm/vpit.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const uint64_t rates[] = {5000000, 50000000, 1000000000, 2999999999, 5000000000};
enum { RATES = sizeof rates / sizeof rates[0] };

static struct vpit pit;
static uint64_t now, hz;

static uint8_t in(unsigned port)
{
    now += hz / 1000000 + 1; /* an access takes about a microsecond */
    return vpit_read(&pit, port, now);
}

static void out(unsigned port, uint8_t value)
{
    now += hz / 1000000 + 1;
    vpit_write(&pit, port, value, now);
}

static void start(uint64_t rate, uint64_t tsc)
{
    hz = rate;
    now = tsc;
    vpit_reset(&pit, hz);
}

static void assert_near(uint64_t value, uint64_t expected, uint64_t tolerance)
{
    assert_in_range(value, expected - tolerance, expected + tolerance);
}

static void set_timer(uint8_t mode, uint16_t count)
{
    out(0x61, (uint8_t)((in(0x61) & ~2) | 1));
    out(0x43, (uint8_t)(0xb0 | mode << 1));
    out(0x42, (uint8_t)count);
    out(0x42, (uint8_t)(count >> 8));
}

/* pit_calibrate_tsc() and memtest86+: mode 0, wait for OUT2, 10 to 50 ms. */
static void mode_0_output_measures_the_tsc(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RATES; i++) {
        for (unsigned ms = 10; ms <= 50; ms += 20) {
            uint64_t begin;
            start(rates[i], rates[i] * 100);
            set_timer(0, (uint16_t)(1193182 * ms / 1000));
            begin = now;
            while (!(in(0x61) & 0x20))
                assert_true(now - begin < hz);
            assert_near(now - begin, hz * ms / 1000, hz / 100000 + hz / 200000 + 10);
            assert_true(in(0x61) & 0x20); /* and stays */
        }
    }
}

/* quick_pit_calibrate(): the high byte falls every 256 ticks, unlatched reads are low, high. */
static void unlatched_reads_count_down(void **state)
{
    uint64_t begin, end;
    unsigned msb;

    (void)state;
    start(2999999999, 12345);
    set_timer(0, 0xffff);
    begin = now;
    in(0x42);
    assert_int_equal(in(0x42), 0xff);
    for (msb = 0xff; msb > 0xf0; msb--) {
        unsigned count = 0;
        for (;;) {
            in(0x42);
            if (in(0x42) != msb)
                break;
            count++;
        }
        assert_true(count > 5);
    }
    end = now;
    assert_near(end - begin, 15 * 256 * hz / 1193182, hz / 100000);
}

static void latch_holds_one_count(void **state)
{
    uint8_t low, high;
    unsigned first, second;

    (void)state;
    start(1000000000, 0);
    set_timer(2, 0);
    out(0x43, 0x80);
    now += hz / 100;
    out(0x43, 0x80); /* a second latch command before the read changes nothing */
    low = in(0x42);
    now += hz / 100;
    high = in(0x42);
    first = (unsigned)(high << 8 | low);
    assert_near(first, 65536 - 2, 4);
    low = in(0x42);
    high = in(0x42);
    second = (unsigned)(high << 8 | low);
    assert_near(65536 - second, 2 * 11932 + 5, 8);
}

static void periodic_modes_wrap(void **state)
{
    (void)state;
    start(1193182 * 1000ull, 7);
    set_timer(2, 1000);
    for (unsigned tick = 1; tick < 5000; tick += 7) {
        uint64_t t = pit.start + tick * 1000ull + 500;
        vpit_write(&pit, 0x43, 0x80, t);
        unsigned low = vpit_read(&pit, 0x42, t), high = vpit_read(&pit, 0x42, t);
        assert_int_equal(high << 8 | low, 1000 - tick % 1000);
        assert_int_equal(!!(vpit_read(&pit, 0x61, t) & 0x20), tick % 1000 != 999);
    }
    set_timer(3, 1000); /* a square wave, counted by twos */
    for (unsigned tick = 1; tick < 5000; tick += 7) {
        uint64_t t = pit.start + tick * 1000ull + 500;
        vpit_write(&pit, 0x43, 0x80, t);
        unsigned low = vpit_read(&pit, 0x42, t), high = vpit_read(&pit, 0x42, t);
        assert_int_equal(high << 8 | low, 1000 - 2 * tick % 1000);
        assert_int_equal(!!(vpit_read(&pit, 0x61, t) & 0x20), tick % 1000 < 500);
    }
}

static void gate_holds_the_count(void **state)
{
    (void)state;
    start(1000000000, 0);
    set_timer(0, 11932); /* 10 ms */
    now += hz / 200;
    out(0x61, 0);
    now += hz;
    assert_false(in(0x61) & 0x20);
    out(0x61, 1);
    now += hz / 200 - hz / 10000;
    assert_false(in(0x61) & 0x20);
    now += hz / 5000;
    assert_true(in(0x61) & 0x20);
    set_timer(2, 0); /* a rising gate starts a periodic count afresh */
    now += hz / 100;
    out(0x61, 0);
    out(0x61, 1);
    in(0x42);
    assert_int_equal(in(0x42), 0xff);
    out(0x61, 0);
    set_timer(0, 100);
    out(0x61, 0);
    now += hz;
    assert_false(in(0x61) & 0x20);
}

static void byte_access_modes(void **state)
{
    (void)state;
    start(1000000000, 0);
    out(0x61, 1);
    out(0x43, 0x90); /* low byte only */
    out(0x42, 200);
    assert_near(in(0x42), 198, 2);
    assert_near(in(0x42), 197, 3);
    out(0x43, 0xa0); /* high byte only */
    out(0x42, 0x40);
    assert_int_equal(in(0x42), 0x3f);
    assert_int_equal(in(0x42), 0x3f);
    out(0x43, 0xb0);
    assert_false(in(0x61) & 0x20); /* OUT is low from the mode on */
}

static void other_channels_are_absent(void **state)
{
    (void)state;
    start(1000000000, 0);
    set_timer(0, 0xffff);
    out(0x43, 0x34);
    out(0x40, 0);
    out(0x40, 0);
    out(0x43, 0x74);
    out(0x41, 1);
    out(0x43, 0xe8); /* read-back */
    assert_int_equal(in(0x40), 0);
    assert_int_equal(in(0x41), 0);
    assert_int_equal(in(0x43), 0);
    now += hz / 100; /* channel 2 goes on: 46 times 256 ticks */
    in(0x42);
    assert_int_equal(in(0x42), 0xff - 11932 / 256);
}

static void port_61_keeps_four_bits_and_refreshes(void **state)
{
    unsigned toggles = 0;
    uint8_t last;

    (void)state;
    start(1000000000, 0);
    out(0x61, 0xff);
    assert_int_equal(in(0x61) & 0x0f, 0x0f);
    assert_int_equal(in(0x61) & 0xc0, 0); /* no NMI source is pending */
    last = in(0x61) & 0x10;
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t value = in(0x61) & 0x10;
        toggles += value != last;
        last = value;
    }
    assert_near(toggles, 1001 / 15, 2);
}

/* A guest that is up for years reads no jumps. */
static void clock_survives_large_counts(void **state)
{
    (void)state;
    start(5000000000, 0);
    now = 5000000000ull * 86400 * 365 * 20;
    set_timer(0, 11932);
    assert_false(in(0x61) & 0x20);
    now += hz / 100;
    assert_true(in(0x61) & 0x20);
    for (unsigned i = 0; i < 1000; i++) { /* the output stays, whatever the count's low bits */
        now += hz / 300;
        assert_true(in(0x61) & 0x20);
    }
    for (unsigned seconds = 10; seconds <= 3600; seconds *= 6) {
        unsigned low, passed = (unsigned)(1193182ull * seconds % 65536);
        set_timer(2, 0);
        vpit_write(&pit, 0x43, 0x80, pit.start + hz * seconds);
        low = in(0x42);
        low |= (unsigned)in(0x42) << 8;
        assert_near((65536 - low - passed + 100) % 65536, 100, 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mode_0_output_measures_the_tsc),
        cmocka_unit_test(unlatched_reads_count_down),
        cmocka_unit_test(latch_holds_one_count),
        cmocka_unit_test(periodic_modes_wrap),
        cmocka_unit_test(gate_holds_the_count),
        cmocka_unit_test(byte_access_modes),
        cmocka_unit_test(other_channels_are_absent),
        cmocka_unit_test(port_61_keeps_four_bits_and_refreshes),
        cmocka_unit_test(clock_survives_large_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
