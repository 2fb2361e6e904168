/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I6: `bulkhead audit`. Whoever changes, adds, takes out or withholds a record, or says beside it
 * something else than it says, is found out, at the line where that is; an honest trail over many
 * boots is whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/abi/management.h"
#include "made_trail.h"

static enum trail_verdict put_all(void)
{
    for (uint32_t i = 0; i < count; i++)
        if (lines[i][0])
            trail_put(&trail, lines[i], strlen(lines[i]));
    trail_print(&trail, trail.out);
    fflush(trail.out);
    return trail_verdict(&trail);
}

#define says(text)                                                                                 \
    do {                                                                                           \
        if (!strstr(said, text))                                                                   \
            fail_msg("no `%s` in: %s", text, said);                                                \
    } while (0)

static void an_honest_trail_is_whole(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    append_boot(8, false, 3);
    append_boot(9, false, 0);
    assert_int_equal(put_all(), TRAIL_ANCHORED);
    assert_string_equal(said, "trail: 25 records of 3 boots: unbroken and anchored\n");
}

static void a_cold_start_is_no_break(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    append_boot(8, true, 3);
    append_boot(9, false, 2);
    assert_int_equal(put_all(), TRAIL_UNBROKEN);
    says("unbroken from boot 8; 1 cold start");
}

static void a_file_that_begins_later(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    append_boot(8, false, 1);
    for (uint32_t i = 0; i < 6; i++)
        lines[i][0] = 0;
    strcpy(lines[5], "{\"lost\": 6}");
    assert_int_equal(put_all(), TRAIL_UNBROKEN);
    says("unbroken from a boot of unknown number, record 6");
}

/* The text is not in the chain: what it says other than the bytes is said, and is no break. */
static void a_text_that_was_changed(void **state)
{
    static const char *const changes[][2] = {
        {"ops asked: stop of office", "bob asked: stop of office"}, /* the second is another's */
        {"ops asked: stop of office", "ops asked: start of office"},
        {"ops asked: stop of office", "OPS asked: stop of office"},
        {"ticket 5", "ticket 6"},
        {"office: life 0 begins", "office: life 1 begins"},
        {"office: life 0 begins", ""},
    };
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        setup(state);
        append_boot(7, false, 4);
        append(AUDIT_CALL, 0, (uint64_t[5]){MANAGEMENT_STOP, 0, 4});
        append(AUDIT_CALL, 0, (uint64_t[5]){MANAGEMENT_STOP, 0, 5});
        append(AUDIT_CALL, 0, (uint64_t[5]){MANAGEMENT_STOP, 3, 6});
        uint32_t at = i < 4 ? 9 : 4;
        char *old = strstr(lines[at], changes[i][0]);
        assert_non_null(old);
        char rest[1024];
        strcpy(rest, old + strlen(changes[i][0]));
        sprintf(old, "%s%s", changes[i][1], rest);
        assert_int_equal(put_all(), TRAIL_ANCHORED);
        says(at == 9 ? "trail:10: `text` is not what this version says of record 9"
                     : "trail:5: `text` is not what this version says of record 4");
        says("unbroken and anchored; BUT THE TEXT beside 1 record, first at line");
    }
}

/* Whichever bit of whichever record: its line is named, and only a hash can be wrong there. */
static void every_bit_counts(void **state)
{
    (void)state;
    append_boot(7, false, 4);
    append_boot(8, false, 2);
    fclose(trail.out);
    trail.out = NULL;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t bit = 0; bit < 8 * sizeof records[0]; bit++) {
            uint32_t byte = bit / 8;
            ((uint8_t *)&records[i])[byte] ^= (uint8_t)(1 << bit % 8);
            write_line(i);
            struct trail one = {.name = "trail"};
            for (uint32_t k = 0; k < count; k++)
                trail_put(&one, lines[k], strlen(lines[k]));
            /* The last hash of all is what nothing follows on. */
            if (trail_verdict(&one) < TRAIL_GAP)
                fail_msg("record %u, bit %u: accepted", i, bit);
            ((uint8_t *)&records[i])[byte] ^= (uint8_t)(1 << bit % 8);
            write_line(i);
        }
    assert_true(trail_verdict(&(struct trail){0}) == TRAIL_ANCHORED);
}

static void a_changed_record_is_named(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    records[6].value[0]++;
    write_line(6);
    assert_int_equal(put_all(), TRAIL_BROKEN);
    says("trail:7: record 6 has the hash ");
    says("compare with another copy");
    says("broken, first at line 7, unbroken since boot 7, record 6");
    assert_int_equal(trail.broken, 1); /* what follows follows on the hash that stands there */
}

static void a_missing_record_is_a_gap(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    lines[8][0] = 0;
    assert_int_equal(put_all(), TRAIL_GAP);
    says("trail:9: record 9 follows on record 7");
    says("records are missing, unbroken since boot 7, record 9");
}

static void records_in_another_order(void **state)
{
    char swap[sizeof lines[0]];
    (void)state;
    append_boot(7, false, 10);
    memcpy(swap, lines[8], sizeof swap);
    memcpy(lines[8], lines[9], sizeof swap);
    memcpy(lines[9], swap, sizeof swap);
    assert_int_equal(put_all(), TRAIL_BROKEN);
    says("trail:10: record 8 follows on record 9");
}

static void records_that_were_not_kept(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    strcpy(lines[8], "{\"lost\": 1}");
    assert_int_equal(put_all(), TRAIL_GAP);
    says("trail:9: 1 records were not kept any more");
    assert_int_equal(trail.broken, 0);
}

/* The machine found another head than the last one here. */
static void the_end_of_a_boot_is_missing(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    append_boot(8, false, 3);
    lines[13][0] = 0;
    assert_int_equal(put_all(), TRAIL_GAP);
    says("trail:17: this boot found the head ");
    says("unbroken since boot 8");
}

static void counters_go_on(void **state)
{
    (void)state;
    append_boot(7, false, 1);
    append_boot(9, false, 1);
    assert_int_equal(put_all(), TRAIL_GAP);
    says("trail:6: boot 9 comes after boot 7: of those between nothing");
    setup(NULL);
    append_boot(7, false, 1);
    append_boot(7, true, 1);
    assert_int_equal(put_all(), TRAIL_BROKEN);
    says("boot 7 comes after boot 7: the firmware's counter was set back");
    setup(NULL);
    append_boot(7, false, 1);
    append_boot(0, false, 1); /* a store that can't be written says nothing of the order */
    append_boot(0, false, 1);
    assert_int_equal(put_all(), TRAIL_ANCHORED);
}

static void replace(char *line, const char *from, const char *to)
{
    char made[2048], *at = strstr(line, from);
    assert_non_null(at);
    snprintf(made, sizeof made, "%.*s%s%s", (int)(at - line), line, to, at + strlen(from));
    strcpy(line, made);
}

/* What stands beside the bytes must be what they say. */
static void a_console_that_tells_otherwise(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } lies[] = {
        {"\"number\": 8", "\"number\": 9", "trail:9: `number` is 9, the record's own 8"},
        {"\"start\"", "\"end\"", "trail:9: `kind` is `end`, the record's own `start`"},
        {"\"office\"", "\"net\"", "trail:9: `domain` is `net`, which was `office` before"},
        {":18.", ":28.", "trail:9: `time` is 10 s off"},
        {"\"text\": ", "\"more\": ", "trail:9: there is no `text`"},
        {"\"number\"", "\"kind\": 1, \"number\"", "trail:9: it is no JSON object"},
        {"\"hash\": \"", "\"hash\": \"A", "trail:9: `hash` is not 64"},
        {"\"record\": \"0", "\"record\": \"", "trail:9: `record` is not 128"},
        {"{", "{\"lost\": 5, ", "trail:9: `lost` is not a number alone"},
        {"\"office\"", "5", "trail:9: `domain` is neither"},
        {"Z\"", "\"", "trail:9: `time` is neither"},
        {"}", "} {", "trail:9: it is no JSON object"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        setup(NULL);
        append_boot(7, false, 10);
        if (lies[i].from[0] == ':')
            replace(lines[8], ":13.", ":23.");
        else
            replace(lines[8], lies[i].from, lies[i].to);
        assert_int_equal(put_all(), TRAIL_BROKEN);
        says(lies[i].said);
        teardown(NULL);
    }
    setup(NULL);
}

static void foreign_words_drive_no_terminal(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    replace(lines[8], "\"start\"", "\"\\u001b[2J\"");
    assert_int_equal(put_all(), TRAIL_BROKEN);
    assert_null(strchr(said, 27));
}

/* What this version has no word for, nobody has. */
static void a_kind_without_a_word(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    append(77, 0, (uint64_t[5]){0});
    assert_int_equal(put_all(), TRAIL_ANCHORED);
    teardown(NULL);
    setup(NULL);
    append_boot(7, false, 10);
    append(77, 0, (uint64_t[5]){0});
    replace(lines[count - 1], "unknown", "start");
    assert_int_equal(put_all(), TRAIL_BROKEN);
    says("the record's own is number 77, which this version does not know");
}

static void another_file_is_told_once(void **state)
{
    (void)state;
    append_boot(7, false, 10);
    for (uint32_t i = 0; i < count; i++)
        strcpy(lines[i], "# Bulkhead");
    assert_int_equal(put_all(), TRAIL_BROKEN);
    assert_string_equal(said, "trail:1: it is no JSON object: no line of an audit trail\n"
                              "trail: is no audit trail: none of 14 lines is a record\n");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    static const struct CMUnitTest tests[] = {
        TEST(an_honest_trail_is_whole),
        TEST(a_text_that_was_changed),
        TEST(a_cold_start_is_no_break),
        TEST(a_file_that_begins_later),
        TEST(every_bit_counts),
        TEST(a_changed_record_is_named),
        TEST(a_missing_record_is_a_gap),
        TEST(records_in_another_order),
        TEST(records_that_were_not_kept),
        TEST(the_end_of_a_boot_is_missing),
        TEST(counters_go_on),
        TEST(a_console_that_tells_otherwise),
        TEST(foreign_words_drive_no_terminal),
        TEST(a_kind_without_a_word),
        TEST(another_file_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
