/* SPDX-License-Identifier: Apache-2.0 */
/* What the console knows of its machine: described once at start, the same for the whole boot. */
#ifndef CONSOLE_MACHINE_H
#define CONSOLE_MACHINE_H

#include "kernel/abi/console.h"
#include "kernel/abi/management.h"
#include <stdbool.h>
#include <stddef.h>

struct machine {
    const struct console_info *info;
    struct management_machine is;
    uint32_t domain_count, level_count, category_count, network_count, device_count, admin_count;
    struct manifest_domain domains[MAX_DOMAINS];
    struct manifest_name levels[MAX_LEVELS], categories[MAX_CATEGORIES];
    struct manifest_network networks[MAX_NETWORKS];
    struct manifest_device devices[MAX_DEVICES];
};

extern struct machine machine;

/* Asks for all of it; `info` stays where it is. False if the hypervisor refuses to describe. */
bool machine_start(const struct console_info *info);

/* A call about domain `index` by the wish of `admin`. */
enum management_result machine_ask(enum management_call call, uint32_t index, uint32_t detail,
                                   uint32_t admin, void *answer, size_t room);

/* The domain of that name, or -1; never the management domain. */
int machine_find(const char *name, size_t bytes);

bool machine_is_own(uint32_t index); /* the management domain, of which nobody is told */

/* What `admin` may do to domain `index`: by manage: and the role. */
bool machine_may(uint32_t admin, uint32_t index, enum manifest_right right);
bool machine_may_read(uint32_t admin, uint32_t index); /* its serial port */
bool machine_may_write(uint32_t admin, uint32_t index);
bool machine_is_operator(uint32_t admin);

enum standing { STANDING_GOOD, STANDING_EXPIRED, STANDING_CLOCK };

bool machine_clock_is_good(void); /* there is one, and it is not from before the image */

/* Whether the key of `admin` is good today; of what it may do this says nothing. */
enum standing machine_standing(uint32_t admin);

/* Seconds between two values of the TSC; 0 where the first is not before the second. */
uint64_t machine_seconds(uint64_t from, uint64_t to);

/* Milliseconds since 1970 at `tsc`; 0: the machine has no clock. */
uint64_t machine_time_of(uint64_t tsc);

struct date {
    uint32_t year, month, day; /* from 1 */
};
struct date date_of_day(uint64_t day); /* since 1970-01-01; none after 9999-12-31 */

/* "2026-11-30T10:15:00.123Z" and "2026-11-30", zero-terminated. */
enum { TIME_TEXT_BYTES = 32 };
void time_text(char text[TIME_TEXT_BYTES], uint64_t milliseconds);
void date_text(char text[TIME_TEXT_BYTES], uint64_t day);

/* As HTTP writes a second (RFC 9110, "Date/Time Formats"): "Mon, 30 Nov 2026 10:15:00 GMT". */
void http_time_text(char text[TIME_TEXT_BYTES], uint64_t seconds);

#endif
