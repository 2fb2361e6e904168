/* SPDX-License-Identifier: Apache-2.0 */
/* Text formatting: the same as the C library's where both know the conversion. */
#include "kernel/format.h"
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SAME(...)                                                                                  \
    do {                                                                                           \
        char ours[200], theirs[200];                                                               \
        size_t length = format(ours, sizeof(ours), __VA_ARGS__);                                   \
        snprintf(theirs, sizeof(theirs), __VA_ARGS__);                                             \
        assert_string_equal(ours, theirs);                                                         \
        assert_int_equal(length, strlen(theirs));                                                  \
    } while (0)

static void as_the_c_library(void **state)
{
    (void)state;
    SAME("plain");
    SAME("%s|%s|", "abc", "");
    SAME("%u %u %05u %lu", 7u, UINT_MAX, 42u, ULONG_MAX);
    SAME("%x %08x %02x %02x %02x %lx %04lx", 0xbeefu, 0xbeefu, 0u, 0xau, 0xabu, ULONG_MAX, 0x1fful);
    SAME("100%% %s", "sure");
}

static void what_does_not_fit_is_cut(void **state)
{
    char out[8];
    (void)state;
    memset(out, '#', sizeof(out));
    assert_int_equal(format(out, 6, "%s", "abcdefgh"), 5);
    assert_string_equal(out, "abcde");
    assert_int_equal(out[6], '#');
    assert_int_equal(format(out, 6, "%09u", 1u), 5);
    assert_string_equal(out, "00000");
    assert_int_equal(format(out, 1, "%u", 12u), 0);
    assert_string_equal(out, "");
    out[0] = '#';
    assert_int_equal(format(out, 0, "abc"), 0);
    assert_int_equal(out[0], '#');
}

#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-extra-args"
static void the_unknown_stands_as_it_is(void **state)
{
    char out[64];
    (void)state;
    format(out, sizeof(out), "%q %5y %-3u %ls %d %0x %0");
    assert_string_equal(out, "%q %5y %-3u %ls %d %0x %0");
    format(out, sizeof(out), "end %");
    assert_string_equal(out, "end %");
    const char *volatile nothing = NULL;
    format(out, sizeof(out), "%s", nothing);
    assert_string_equal(out, "(null)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_the_c_library),
        cmocka_unit_test(what_does_not_fit_is_cut),
        cmocka_unit_test(the_unknown_stands_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
