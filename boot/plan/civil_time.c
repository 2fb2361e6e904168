/* SPDX-License-Identifier: Apache-2.0 */
/* A clock's answer, not trusted: what counts years later must come to an end (I8). */
#include "civil_time.h"
#include <stdbool.h>

enum { FIRST_YEAR = 1970, LAST_YEAR = 9999, MOST_ZONE = 1440 };

static bool is_leap(uint32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static uint32_t month_days(uint32_t year, uint32_t month)
{
    static const uint8_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0);
}

static bool is_date(const struct civil_time *time)
{
    return time->year >= FIRST_YEAR && time->year <= LAST_YEAR && time->month >= 1 &&
           time->month <= 12 && time->day >= 1 &&
           time->day <= month_days(time->year, time->month) && time->hour < 24 &&
           time->minute < 60 && time->second < 60;
}

uint64_t civil_unix_time(const struct civil_time *time)
{
    int64_t zone = time->zone == CIVIL_ZONE_UNKNOWN ? 0 : time->zone, days = 0;
    if (!is_date(time) || zone < -MOST_ZONE || zone > MOST_ZONE)
        return 0;
    for (uint32_t year = FIRST_YEAR; year < time->year; year++)
        days += is_leap(year) ? 366 : 365;
    for (uint32_t month = 1; month < time->month; month++)
        days += month_days(time->year, month);
    days += time->day - 1;
    int64_t seconds =
        ((days * 24 + time->hour) * 60 + time->minute + zone) * 60 + (int64_t)time->second;
    return seconds > 0 ? (uint64_t)seconds : 0;
}
