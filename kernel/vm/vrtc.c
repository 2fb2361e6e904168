/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual MC146818: see the header. */
#include "vrtc.h"
#include <stdbool.h>

enum rtc_register {
    RTC_SECONDS = 0x00,
    RTC_MINUTES = 0x02,
    RTC_HOURS = 0x04,
    RTC_WEEKDAY = 0x06, /* 1 is Sunday */
    RTC_DAY = 0x07,
    RTC_MONTH = 0x08,
    RTC_YEAR = 0x09,
    RTC_A = 0x0a,
    RTC_B = 0x0b,
    RTC_D = 0x0d,
    RTC_CENTURY = 0x32,
};

enum {
    RTC_A_UIP = 0x80,
    RTC_A_DIVIDER = 0x26, /* 32,768 Hz crystal, 1,024 Hz rate: as every PC's */
    RTC_B_24_HOURS = 0x02,
    RTC_D_VALID = 0x80,
    /* Update in progress during the last 1/512 of a second: whoever saw it clear has 2 ms. */
    UPDATE_FRACTION = 512,
    DAY_SECONDS = 86400,
};

struct date {
    unsigned year, month, day; /* 1970.., 1..12, 1..31 */
};

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Counts years and months off; the clock's range makes that some hundred steps at most. */
static struct date date_of(uint64_t days)
{
    static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    struct date d = {1970, 1, 0};
    unsigned length;

    for (; days >= (length = is_leap(d.year) ? 366 : 365); d.year++)
        days -= length;
    for (;; d.month++) {
        length = month_days[d.month - 1] + (d.month == 2 && is_leap(d.year));
        if (days < length)
            break;
        days -= length;
    }
    d.day = (unsigned)days + 1;
    return d;
}

static uint8_t bcd(uint64_t value)
{
    return (uint8_t)(value / 10 % 10 << 4 | value % 10);
}

static uint8_t read_register(const struct vrtc *rtc, uint64_t now)
{
    uint64_t passed = now - rtc->tsc;
    uint64_t time = rtc->unix_time + passed / rtc->tsc_hz;
    uint64_t days = time / DAY_SECONDS;
    bool updating;

    switch (rtc->index) {
    case RTC_SECONDS:
        return bcd(time % 60);
    case RTC_MINUTES:
        return bcd(time / 60 % 60);
    case RTC_HOURS:
        return bcd(time / 3600 % 24);
    case RTC_WEEKDAY: /* 1 January 1970 was a Thursday */
        return bcd((days + 4) % 7 + 1);
    case RTC_DAY:
        return bcd(date_of(days).day);
    case RTC_MONTH:
        return bcd(date_of(days).month);
    case RTC_YEAR:
        return bcd(date_of(days).year % 100);
    case RTC_CENTURY:
        return bcd(date_of(days).year / 100);
    case RTC_A:
        updating = passed % rtc->tsc_hz >= rtc->tsc_hz - rtc->tsc_hz / UPDATE_FRACTION;
        return RTC_A_DIVIDER | (updating ? RTC_A_UIP : 0);
    case RTC_B:
        return RTC_B_24_HOURS;
    case RTC_D:
        return rtc->unix_time ? RTC_D_VALID : 0;
    }
    return 0;
}

uint8_t vrtc_read(const struct vrtc *rtc, unsigned port, uint64_t now)
{
    return port == VRTC_DATA ? read_register(rtc, now) : 0xff;
}

void vrtc_write(struct vrtc *rtc, unsigned port, uint8_t value)
{
    if (port == VRTC_INDEX)
        rtc->index = value & 0x7f;
}
