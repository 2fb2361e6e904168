/* SPDX-License-Identifier: Apache-2.0 */
/* I8, I10: what a firmware's clock may answer, against the host's own calendar. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "boot/plan/civil_time.h"

static uint64_t at(uint32_t year, uint32_t month, uint32_t day, int32_t zone)
{
    return civil_unix_time(&(struct civil_time){year, month, day, 12, 34, 56, zone});
}

static void every_day_of_five_centuries(void **state)
{
    (void)state;
    for (int64_t days = 0; days < 500 * 366; days++) {
        time_t noon = (time_t)(days * 86400 + (12 * 60 + 34) * 60 + 56);
        struct tm tm;
        assert_non_null(gmtime_r(&noon, &tm));
        assert_int_equal(at((uint32_t)tm.tm_year + 1900, (uint32_t)tm.tm_mon + 1,
                            (uint32_t)tm.tm_mday, CIVIL_ZONE_UNKNOWN),
                         noon);
    }
}

static void zones_count(void **state)
{
    (void)state;
    uint64_t utc = at(2026, 11, 30, 0);
    assert_int_equal(at(2026, 11, 30, CIVIL_ZONE_UNKNOWN), utc);
    assert_int_equal(at(2026, 11, 30, -60), utc - 3600); /* east of Greenwich */
    assert_int_equal(at(2026, 11, 30, 1440), utc + 86400);
    assert_int_equal(at(2026, 11, 30, 1441), 0);
    assert_int_equal(at(2026, 11, 30, -1441), 0);
    assert_int_equal(at(2026, 11, 30, INT32_MIN), 0);
}

static void what_is_no_time_is_none(void **state)
{
    static const struct civil_time wrong[] = {
        {1969, 12, 31, 23, 59, 59, 0},     {1970, 1, 1, 0, 0, 0, 0},
        {1970, 1, 1, 0, 30, 0, -60},       {10000, 1, 1, 0, 0, 0, 0},
        {2026, 0, 1, 0, 0, 0, 0},          {2026, 13, 1, 0, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0, 0},          {2026, 4, 31, 0, 0, 0, 0},
        {2026, 2, 29, 0, 0, 0, 0},         {2100, 2, 29, 0, 0, 0, 0},
        {2026, 1, 1, 24, 0, 0, 0},         {2026, 1, 1, 0, 60, 0, 0},
        {2026, 1, 1, 0, 0, 60, 0},         {UINT32_MAX, 1, 1, 0, 0, 0, 0},
        {2026, UINT32_MAX, 1, 0, 0, 0, 0}, {2026, 1, UINT32_MAX, 0, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(civil_unix_time(&wrong[i]), 0);
    assert_int_equal(civil_unix_time(&(struct civil_time){1970, 1, 1, 0, 0, 1, 0}), 1);
    assert_int_equal(civil_unix_time(&(struct civil_time){9999, 12, 31, 23, 59, 59, 0}),
                     253402300799);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_of_five_centuries),
        cmocka_unit_test(zones_count),
        cmocka_unit_test(what_is_no_time_is_none),
    };
    return cmocka_run_group_tests_name("civil_time", tests, NULL, NULL);
}
