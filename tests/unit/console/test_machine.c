/* SPDX-License-Identifier: Apache-2.0 */
/* I6: what a key may do, when it may, and the calendar. */
#include "guests/console/machine.h"
#include "tests/console/made_machine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void begin(void)
{
    made_start();
    assert_true(machine_start(made_info()));
}

static void rights_are_those_of_the_manifest_and_the_role(void **state)
{
    (void)state;
    begin();
    assert_true(machine_may(MADE_OPERATOR, MADE_OFFICE, MANIFEST_MAY_STOP));
    assert_true(machine_may(MADE_OPERATOR, MADE_OFFICE, MANIFEST_MAY_CHECK));
    assert_false(machine_may(MADE_OPERATOR, MADE_PLANT, MANIFEST_MAY_STOP));
    assert_false(machine_may(MADE_OPERATOR, MADE_SECRETS, MANIFEST_MAY_COUNTERS));
    assert_true(machine_may(MADE_AUDITOR, MADE_OFFICE, MANIFEST_MAY_STATUS));
    assert_true(machine_may(MADE_AUDITOR, MADE_OFFICE, MANIFEST_MAY_COUNTERS));
    for (unsigned bit = 2; bit < 7; bit++) {
        assert_false(machine_may(MADE_AUDITOR, MADE_OFFICE, (enum manifest_right)(1 << bit)));
        assert_false(machine_may(MADE_ADMINS, MADE_OFFICE, (enum manifest_right)(1 << bit)));
    }
    assert_false(machine_may(MADE_ADMINS, MADE_OFFICE, MANIFEST_MAY_STATUS));
    assert_false(machine_may(~0u, MADE_OFFICE, MANIFEST_MAY_STATUS));
}

static void serial_rights(void **state)
{
    (void)state;
    begin();
    assert_true(machine_may_read(MADE_OPERATOR, MADE_OFFICE));
    assert_true(machine_may_read(MADE_AUDITOR, MADE_OFFICE));
    assert_true(machine_may_write(MADE_OPERATOR, MADE_OFFICE));
    assert_false(machine_may_write(MADE_AUDITOR, MADE_OFFICE));
    assert_false(machine_may_read(MADE_AUDITOR, MADE_SECRETS));
    assert_false(machine_may_write(MADE_OPERATOR, MADE_SECRETS));
    assert_false(machine_may_read(MADE_OPERATOR, MADE_PLANT));
    assert_false(machine_may_read(MADE_ADMINS, MADE_OFFICE));
}

/* A role that the manifest does not know may nothing. */
static void unknown_roles(void **state)
{
    struct console_info *info = made_info();
    (void)state;
    made_start();
    made_domain(MADE_OFFICE)->serial_read = 0xff;
    info->admins[0].role = 0;
    info->admins[1].role = 40;
    assert_true(machine_start(info));
    assert_false(machine_may(0, MADE_OFFICE, MANIFEST_MAY_STATUS));
    assert_false(machine_may(1, MADE_OFFICE, MANIFEST_MAY_STOP));
    assert_false(machine_may(1, MADE_OFFICE, MANIFEST_MAY_STATUS));
    assert_false(machine_may_read(0, MADE_OFFICE));
    assert_false(machine_may_read(1, MADE_OFFICE));
}

static void the_last_day_is_a_good_one(void **state)
{
    struct console_info *info = made_info();
    (void)state;
    made_start();
    assert_true(machine_start(info));
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_GOOD);
    assert_int_equal(machine_standing(MADE_AUDITOR), STANDING_GOOD);
    assert_int_equal(machine_standing(MADE_EXPIRED), STANDING_EXPIRED);
    assert_int_equal(machine_standing(MADE_ADMINS), STANDING_EXPIRED);
    made.now = 0;
    made.unix_time = 20850ull * 86400 - 1;
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_GOOD);
    made.unix_time++;
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_EXPIRED);
    assert_int_equal(machine_standing(MADE_AUDITOR), STANDING_EXPIRED);
}

static void no_clock_is_never_a_good_one(void **state)
{
    struct console_info *info = made_info();
    (void)state;
    made_start();
    info->not_before = 0;
    assert_true(machine_start(info));
    made.unix_time = 0;
    assert_false(machine_clock_is_good());
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_CLOCK);
}

/* I10: whose clock may be wrong lets in who only reads. */
static void a_clock_that_is_not_believed(void **state)
{
    (void)state;
    begin();
    made.unix_time = 0;
    assert_false(machine_clock_is_good());
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_CLOCK);
    assert_int_equal(machine_standing(MADE_EXPIRED), STANDING_CLOCK);
    assert_int_equal(machine_standing(MADE_AUDITOR), STANDING_GOOD);
    made.now = 0;
    made.unix_time = 20786ull * 86400 - 1;
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_CLOCK);
    assert_int_equal(machine_standing(MADE_AUDITOR), STANDING_GOOD);
    made.unix_time++;
    assert_true(machine_clock_is_good());
    assert_int_equal(machine_standing(MADE_OPERATOR), STANDING_GOOD);
}

static void names(void **state)
{
    (void)state;
    begin();
    assert_int_equal(machine_find("office", 6), MADE_OFFICE);
    assert_int_equal(machine_find("plant", 5), MADE_PLANT);
    assert_int_equal(machine_find("plant", 4), -1);
    assert_int_equal(machine_find("plants", 6), -1);
    assert_int_equal(machine_find("", 0), -1);
    assert_int_equal(machine_find("console", 7), -1);
    assert_true(machine_is_own(MADE_CONSOLE));
    assert_false(machine_is_own(MADE_OFFICE));
}

/* Leap years, centuries, and the last day that has a date of four digits. */
/* Each is asked for one by one: a number out of range must not keep the console busy. */
static void more_processors_than_a_domain_has(void **state)
{
    (void)state;
    made_start();
    made_domain(MADE_OFFICE)->cpu_count = ~0u;
    assert_true(machine_start(made_info()));
    assert_int_equal(machine.domains[MADE_OFFICE].cpu_count, MAX_DOMAIN_CPUS);
}

static void the_calendar(void **state)
{
    static const struct {
        uint64_t day;
        const char *text;
    } days[] = {{0, "1970-01-01"},      {58, "1970-02-28"},      {59, "1970-03-01"},
                {789, "1972-02-29"},    {790, "1972-03-01"},     {11016, "2000-02-29"},
                {20787, "2026-11-30"},  {47540, "2100-02-28"},   {47541, "2100-03-01"},
                {157113, "2400-02-29"}, {2932896, "9999-12-31"}, {UINT64_MAX, "9999-12-31"}};
    char text[TIME_TEXT_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        date_text(text, days[i].day);
        assert_string_equal(text, days[i].text);
    }
    time_text(text, 1796033700123ull);
    assert_string_equal(text, "2026-11-30T10:15:00.123Z");
    http_time_text(text, 784111777);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT"); /* RFC 9110's example */
    http_time_text(text, 1796033700);
    assert_string_equal(text, "Mon, 30 Nov 2026 10:15:00 GMT");
    time_text(text, UINT64_MAX);
    assert_int_equal(strlen(text), 24);
}

static void times(void **state)
{
    (void)state;
    begin();
    uint64_t base = machine.is.unix_time_tsc, hz = machine.is.tsc_hz;
    assert_int_equal(machine_time_of(base), MADE_BOOT_TIME * 1000ull);
    assert_int_equal(machine_time_of(base + hz + hz / 4), MADE_BOOT_TIME * 1000ull + 1250);
    assert_int_equal(machine_time_of(base - hz / 4), MADE_BOOT_TIME * 1000ull - 250);
    assert_int_equal(machine_seconds(base, base + 5 * hz - 1), 4);
    assert_int_equal(machine_seconds(base, base - 1), 0);
    machine.is.unix_time = 0;
    assert_int_equal(machine_time_of(base), 0);
}

/* The hypervisor is believed, but not in how much there is room for here. */
static void more_than_there_is_room_for(void **state)
{
    struct console_info *info = made_info();
    (void)state;
    info->admin_count = 1000;
    made_start();
    assert_true(machine_start(info));
    assert_int_equal(machine.admin_count, MAX_ADMINS);
    assert_int_equal(machine.domain_count, MADE_DOMAINS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rights_are_those_of_the_manifest_and_the_role),
        cmocka_unit_test(serial_rights),
        cmocka_unit_test(unknown_roles),
        cmocka_unit_test(the_last_day_is_a_good_one),
        cmocka_unit_test(a_clock_that_is_not_believed),
        cmocka_unit_test(no_clock_is_never_a_good_one),
        cmocka_unit_test(names),
        cmocka_unit_test(more_processors_than_a_domain_has),
        cmocka_unit_test(the_calendar),
        cmocka_unit_test(times),
        cmocka_unit_test(more_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
