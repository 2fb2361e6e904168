/* SPDX-License-Identifier: Apache-2.0 */
/* I9: what is a record of a panic, and what memory holds by chance or by malice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/records.h"

static struct panic_record record, out;

static int setup(void **state)
{
    (void)state;
    record = (struct panic_record){.processor = 6,
                                   .boots = 41,
                                   .rip = 0x1234,
                                   .rsp = 0x5678,
                                   .domain = "office",
                                   .text = "I9: a test"};
    record.crc = record_crc(&record);
    return 0;
}

/* The CRC of IEEE 802.3, over all bytes behind it. */
static void the_crc_is_the_usual_one(void **state)
{
    struct panic_record zeros = {0};
    (void)state;
    zeros.processor = 0x34333231;
    zeros.boots = 0x39383736;
    assert_int_equal(record_crc(&zeros), 0x302abf1d);
}

static void a_good_one_is_read(void **state)
{
    (void)state;
    assert_true(record_read(&record, 42, &out));
    assert_memory_equal(&out, &record, sizeof(out));
}

static void a_wrong_crc_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(record); i++) {
        ((uint8_t *)&record)[i] ^= 1 << i % 8;
        assert_false(record_read(&record, 42, &out));
        ((uint8_t *)&record)[i] ^= 1 << i % 8;
    }
    assert_true(record_read(&record, 42, &out));
}

/* Shown by the next boot, and by no later one; where nobody counts by the next that takes it. */
static void another_boot_s_is_none(void **state)
{
    (void)state;
    assert_false(record_read(&record, 41, &out));
    assert_false(record_read(&record, 43, &out));
    assert_false(record_read(&record, 0, &out));
    record.boots = 0;
    record.crc = record_crc(&record);
    assert_true(record_read(&record, 0, &out));
    assert_true(record_read(&record, 1, &out));
    assert_false(record_read(&record, 2, &out));
}

static void cleared_memory_is_none(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        memset(&record, (int)byte, sizeof(record));
        assert_false(record_read(&record, 0, &out));
        assert_false(record_read(&record, 1, &out));
        assert_false(record_read(&record, record.boots + 1, &out));
    }
    memset(&record, 0, sizeof(record)); /* begun, and nobody panicked */
    record.boots = 41;
    record.crc = record_crc(&record);
    assert_false(record_read(&record, 42, &out));
}

static void texts_are_ended_and_plain(void **state)
{
    (void)state;
    memset(record.text, 'x', sizeof(record.text));
    memset(record.domain, 0x1b, sizeof(record.domain));
    record.text[3] = '\n';
    record.crc = record_crc(&record);
    assert_true(record_read(&record, 42, &out));
    assert_int_equal(strlen(out.text), sizeof(out.text) - 1);
    assert_int_equal(out.text[3], '?');
    assert_int_equal(strlen(out.domain), sizeof(out.domain) - 1);
    assert_int_equal(strspn(out.domain, "?"), sizeof(out.domain) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_crc_is_the_usual_one, setup),
        cmocka_unit_test_setup(a_good_one_is_read, setup),
        cmocka_unit_test_setup(a_wrong_crc_is_none, setup),
        cmocka_unit_test_setup(another_boot_s_is_none, setup),
        cmocka_unit_test_setup(cleared_memory_is_none, setup),
        cmocka_unit_test_setup(texts_are_ended_and_plain, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
