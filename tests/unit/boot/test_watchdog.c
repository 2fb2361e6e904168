/* SPDX-License-Identifier: Apache-2.0 */
/* I10: a watchdog that firmware left running is told of, one that stands still is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BULKHEAD_TEST_IO
#include "boot/machine/watchdog.c"

static uint32_t port_value;
static unsigned reads;

static uint32_t read_port(uint16_t port, unsigned bytes)
{
    assert_int_equal(port, 0x468);
    reads += bytes;
    return bytes == 4 ? port_value : port_value & ((1u << 8 * bytes) - 1);
}

uint8_t inb(uint16_t port)
{
    return (uint8_t)read_port(port, 1);
}

uint16_t inw(uint16_t port)
{
    return (uint16_t)read_port(port, 2);
}

uint32_t inl(uint16_t port)
{
    return read_port(port, 4);
}

static char said[256];

void text_print(const char *text, ...)
{
    strncpy(said, text, sizeof(said) - 1);
}

static const char *tell(uint8_t bytes, uint8_t shift, uint32_t mask, uint32_t value)
{
    struct fact_watchdog watchdog = {
        .there = true, .bytes = bytes, .shift = shift, .port = 0x468, .mask = mask, .value = value};
    said[0] = 0;
    watchdog_tell(&watchdog);
    return said;
}

static void one_that_runs_is_told_of(void **state)
{
    (void)state;
    port_value = 0x80000100;
    assert_non_null(strstr(tell(2, 11, 1, 0), "watchdog runs"));
    assert_non_null(strstr(tell(4, 31, 1, 1), "watchdog runs"));
    assert_non_null(strstr(tell(1, 0, 0xff, 0), "watchdog runs"));
    port_value = 0x800;
    assert_string_equal(tell(2, 11, 1, 0), "");
    assert_string_equal(tell(4, 31, 1, 1), "");
}

static void one_that_cannot_be_asked_is_not_touched(void **state)
{
    (void)state;
    reads = 0;
    assert_non_null(strstr(tell(0, 0, 1, 0), "can't be asked"));
    said[0] = 0;
    watchdog_tell(&(struct fact_watchdog){.bytes = 2, .port = 0x468});
    assert_string_equal(said, "");
    assert_int_equal(reads, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_runs_is_told_of),
        cmocka_unit_test(one_that_cannot_be_asked_is_not_touched),
    };
    return cmocka_run_group_tests_name("watchdog", tests, NULL, NULL);
}
