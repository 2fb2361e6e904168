/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's date and time as seconds since 1970. */
#ifndef BULKHEAD_BOOT_CIVIL_TIME_H
#define BULKHEAD_BOOT_CIVIL_TIME_H

#include <stdint.h>

enum { CIVIL_ZONE_UNKNOWN = 0x7ff };

struct civil_time {
    uint32_t year, month, day; /* 1.. */
    uint32_t hour, minute, second;
    int32_t zone; /* minutes that UTC is ahead of this, or CIVIL_ZONE_UNKNOWN: taken for UTC */
};

/*
 * Seconds since 1970-01-01 00:00 UTC; 0 if it is no time of the Gregorian calendar or not after
 * that. UEFI Specification, "GetTime()".
 */
uint64_t civil_unix_time(const struct civil_time *time);

#endif
