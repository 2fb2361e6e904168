/* SPDX-License-Identifier: Apache-2.0 */
/* What the console knows of its machine: see the header. */
#include "machine.h"
#include "platform.h"
#include "writer.h"
#include <string.h>

enum { DAY_SECONDS = 86400, LAST_DAY = 2932896 /* 9999-12-31 */ };

struct machine machine;

/* Subject, its table here, its bounds. What the hypervisor counts beyond them is left out. */
static bool describe(enum management_subject subject, void *table, size_t bytes, uint32_t most,
                     uint32_t *count)
{
    uint32_t there = subject == MANAGEMENT_MACHINE ? 1 : machine.is.counts[subject];
    *count = there < most ? there : most;
    for (uint32_t i = 0; i < *count; i++) {
        const struct management_request request = {.call = MANAGEMENT_DESCRIBE,
                                                   .detail = subject,
                                                   .index = i,
                                                   .admin = MANAGEMENT_NO_ADMIN};
        if (platform_call(&request, NULL, (char *)table + i * bytes, bytes) != MANAGEMENT_DONE) {
            return false;
        }
    }
    return true;
}

#define DESCRIBE(subject, table, count)                                                            \
    describe(subject, machine.table, sizeof(machine.table[0]),                                     \
             sizeof(machine.table) / sizeof(machine.table[0]), &machine.count)

/* Everywhere else names are read to their zero, and each processor that is told of is asked for. */
static void bound_texts_and_counts(void)
{
    machine.is.host[sizeof(machine.is.host) - 1] = 0;
    machine.is.classification[sizeof(machine.is.classification) - 1] = 0;
    for (uint32_t i = 0; i < machine.domain_count; i++) {
        struct manifest_domain *is = &machine.domains[i];
        is->name[NAME_BYTES - 1] = 0;
        is->cpu_count = is->cpu_count < MAX_DOMAIN_CPUS ? is->cpu_count : MAX_DOMAIN_CPUS;
    }
    for (uint32_t i = 0; i < machine.level_count; i++) {
        machine.levels[i].name[NAME_BYTES - 1] = 0;
    }
    for (uint32_t i = 0; i < machine.category_count; i++) {
        machine.categories[i].name[NAME_BYTES - 1] = 0;
    }
    for (uint32_t i = 0; i < machine.network_count; i++) {
        machine.networks[i].name[NAME_BYTES - 1] = 0;
    }
}

bool machine_start(const struct console_info *info)
{
    uint32_t one;
    memset(&machine, 0, sizeof(machine));
    machine.info = info;
    machine.admin_count = info->admin_count < MAX_ADMINS ? info->admin_count : MAX_ADMINS;
    bool good = describe(MANAGEMENT_MACHINE, &machine.is, sizeof(machine.is), 1, &one) &&
                DESCRIBE(MANAGEMENT_DOMAIN, domains, domain_count) &&
                DESCRIBE(MANAGEMENT_LEVEL, levels, level_count) &&
                DESCRIBE(MANAGEMENT_CATEGORY, categories, category_count) &&
                DESCRIBE(MANAGEMENT_NETWORK, networks, network_count) &&
                DESCRIBE(MANAGEMENT_DEVICE, devices, device_count);
    bound_texts_and_counts();
    good = good && machine.is.tsc_hz > 0;
    machine.is.tsc_hz = good ? machine.is.tsc_hz : 1; /* it divides */
    return good;
}

enum management_result machine_ask(enum management_call call, uint32_t index, uint32_t detail,
                                   uint32_t admin, void *answer, size_t room)
{
    const struct management_request request = {
        .call = call, .index = index, .detail = detail, .admin = admin};
    return platform_call(&request, NULL, answer, room);
}

bool machine_is_own(uint32_t index)
{
    return index == machine.is.own || (machine.domains[index].flags & MANIFEST_IS_MANAGEMENT);
}

int machine_find(const char *name, size_t bytes)
{
    for (uint32_t i = 0; i < machine.domain_count; i++) {
        const char *is = machine.domains[i].name;
        if (!machine_is_own(i) && strlen(is) == bytes && memcmp(is, name, bytes) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* 0: none that there is. */
static uint32_t role_of(uint32_t admin)
{
    uint32_t role = admin < machine.admin_count ? machine.info->admins[admin].role : 0;
    return role == MANIFEST_OPERATOR || role == MANIFEST_AUDITOR ? role : 0;
}

bool machine_is_operator(uint32_t admin)
{
    return role_of(admin) == MANIFEST_OPERATOR;
}

bool machine_may(uint32_t admin, uint32_t index, enum manifest_right right)
{
    bool reads = right == MANIFEST_MAY_STATUS || right == MANIFEST_MAY_COUNTERS;
    bool role = reads ? role_of(admin) != 0 : machine_is_operator(admin);
    return role && (machine.domains[index].manage & right);
}

static bool has_role(uint32_t admin, uint8_t roles)
{
    return role_of(admin) != 0 && (roles & 1 << role_of(admin));
}

bool machine_may_read(uint32_t admin, uint32_t index)
{
    return has_role(admin, machine.domains[index].serial_read);
}

bool machine_may_write(uint32_t admin, uint32_t index)
{
    return has_role(admin, machine.domains[index].serial_write);
}

bool machine_clock_is_good(void)
{
    uint64_t now = platform_unix_time();
    return now != 0 && now / DAY_SECONDS >= machine.info->not_before;
}

/* Without a clock nobody's last day is ever over: that is why it must be good for operators. */
enum standing machine_standing(uint32_t admin)
{
    bool good = machine_clock_is_good();
    if (admin >= machine.admin_count ||
        (good && platform_unix_time() / DAY_SECONDS > machine.info->admins[admin].expires)) {
        return STANDING_EXPIRED;
    }
    return good || role_of(admin) == MANIFEST_AUDITOR ? STANDING_GOOD : STANDING_CLOCK;
}

uint64_t machine_seconds(uint64_t from, uint64_t to)
{
    return from < to ? (to - from) / machine.is.tsc_hz : 0;
}

uint64_t machine_time_of(uint64_t tsc)
{
    uint64_t hz = machine.is.tsc_hz, base = machine.is.unix_time_tsc;
    uint64_t apart = tsc > base ? tsc - base : base - tsc;
    uint64_t milliseconds = apart / hz * 1000 + apart % hz * 1000 / hz;
    uint64_t then = machine.is.unix_time * 1000;
    if (machine.is.unix_time == 0) {
        return 0;
    }
    return tsc > base ? then + milliseconds : then - (milliseconds < then ? milliseconds : then);
}

static bool is_leap(uint32_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static uint32_t days_of_month(uint32_t year, uint32_t month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

struct date date_of_day(uint64_t day)
{
    struct date date = {.year = 1970, .month = 1};
    uint32_t left = day < LAST_DAY ? (uint32_t)day : LAST_DAY;
    for (; left >= 365u + is_leap(date.year); date.year++) {
        left -= 365u + is_leap(date.year);
    }
    for (; left >= days_of_month(date.year, date.month); date.month++) {
        left -= days_of_month(date.year, date.month);
    }
    date.day = left + 1;
    return date;
}

static void put_date(struct writer *to, uint64_t day)
{
    struct date date = date_of_day(day);
    write_digits(to, date.year, 4);
    write_text(to, "-");
    write_digits(to, date.month, 2);
    write_text(to, "-");
    write_digits(to, date.day, 2);
}

void date_text(char text[TIME_TEXT_BYTES], uint64_t day)
{
    struct writer to = {.text = text, .room = TIME_TEXT_BYTES - 1};
    put_date(&to, day);
    text[to.used] = 0;
}

static void put_clock(struct writer *to, uint64_t seconds)
{
    write_digits(to, seconds / 3600 % 24, 2);
    write_text(to, ":");
    write_digits(to, seconds / 60 % 60, 2);
    write_text(to, ":");
    write_digits(to, seconds % 60, 2);
}

void time_text(char text[TIME_TEXT_BYTES], uint64_t milliseconds)
{
    struct writer to = {.text = text, .room = TIME_TEXT_BYTES - 1};
    put_date(&to, milliseconds / 1000 / DAY_SECONDS);
    write_text(&to, "T");
    put_clock(&to, milliseconds / 1000);
    write_text(&to, ".");
    write_digits(&to, milliseconds % 1000, 3);
    write_text(&to, "Z");
    text[to.used] = 0;
}

void http_time_text(char text[TIME_TEXT_BYTES], uint64_t seconds)
{
    static const char days[] = "ThuFriSatSunMonTueWed"; /* the first day of all was a Thursday */
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct writer to = {.text = text, .room = TIME_TEXT_BYTES - 1};
    struct date date = date_of_day(seconds / DAY_SECONDS);
    write_bytes(&to, days + seconds / DAY_SECONDS % 7 * 3, 3);
    write_text(&to, ", ");
    write_digits(&to, date.day, 2);
    write_text(&to, " ");
    write_bytes(&to, months + (size_t)(date.month - 1) * 3, 3);
    write_text(&to, " ");
    write_digits(&to, date.year, 4);
    write_text(&to, " ");
    put_clock(&to, seconds);
    write_text(&to, " GMT");
    text[to.used] = 0;
}
