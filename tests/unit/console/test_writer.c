/* SPDX-License-Identifier: Apache-2.0 */
/* Text and JSON: nothing that is written ends a string early, and nothing is cut in the middle. */
#include "guests/console/writer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char text[8192];

static struct writer begin(size_t room)
{
    memset(text, 0, sizeof(text));
    return (struct writer){.text = text, .room = room};
}

static void expect_escaped(const char *in, size_t bytes, const char *out)
{
    struct writer to = begin(sizeof(text) - 1);
    write_escaped(&to, in, bytes);
    assert_false(to.full);
    assert_string_equal(text, out);
}

#define ESCAPED(in, out) expect_escaped(in, sizeof(in) - 1, out)

static void what_is_escaped(void **state)
{
    (void)state;
    ESCAPED("plain ~", "plain ~");
    ESCAPED("\"\\<>&", "\\u0022\\u005c\\u003c\\u003e\\u0026");
    ESCAPED("\0\n\r\t\033[31m\177", "\\u0000\\u000a\\u000d\\u0009\\u001b[31m\\u007f");
    ESCAPED("\xc2\x80\xc2\x9f\xc2\xa0", "\\u0080\\u009f\xc2\xa0");
    ESCAPED("\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xef\xbb\xbf", "\\u2028\\u202e\\u2066\\ufeff");
    ESCAPED("na\xc3\xafve \xe2\x82\xac \xf0\x9f\x94\x92",
            "na\xc3\xafve \xe2\x82\xac \xf0\x9f\x94\x92");
}

#define BAD "\xef\xbf\xbd"

static void what_is_no_utf8(void **state)
{
    (void)state;
    ESCAPED("\xff\xfe", BAD BAD);
    ESCAPED("a\x80z", "a" BAD "z");
    ESCAPED("\xc0\xaf", BAD BAD);                 /* overlong */
    ESCAPED("\xe0\x80\x80", BAD BAD BAD);         /* overlong */
    ESCAPED("\xf0\x80\x80\xbc", BAD BAD BAD BAD); /* overlong */
    ESCAPED("\xed\xa0\x80", BAD BAD BAD);         /* a surrogate */
    ESCAPED("\xf4\x90\x80\x80", BAD BAD BAD BAD); /* beyond the last */
    ESCAPED("\xf8\x88\x80\x80\x80", BAD BAD BAD BAD BAD);
    ESCAPED("\xe2\x82", BAD BAD);     /* cut off */
    ESCAPED("\xe2\"", BAD "\\u0022"); /* hides no quote */
    ESCAPED("\xf0\x9f\x94\"", BAD BAD BAD "\\u0022");
}

static void numbers(void **state)
{
    struct writer to = begin(sizeof(text) - 1);
    (void)state;
    write_number(&to, 0);
    write_text(&to, " ");
    write_number(&to, UINT64_MAX);
    write_text(&to, " ");
    write_digits(&to, 7, 3);
    write_text(&to, " ");
    write_hex(&to, 0xbeef, 6);
    write_text(&to, " ");
    write_hex_bytes(&to, "\x01\xff", 2);
    assert_string_equal(text, "0 18446744073709551615 007 00beef 01ff");
}

static void base64(void **state)
{
    static const char *const due[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                      "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    (void)state;
    for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
        struct writer to = begin(sizeof(text) - 1);
        write_base64(&to, "foobar", i);
        assert_string_equal(text, due[i]);
    }
    struct writer to = begin(sizeof(text) - 1);
    write_base64(&to, "\xfb\xff\xfe", 3);
    assert_string_equal(text, "+//+");
}

static void json(void **state)
{
    struct writer to = begin(sizeof(text) - 1);
    (void)state;
    json_begin(&to, NULL, '{');
    json_text(&to, "a\"b", "c\"d");
    json_text(&to, "none", NULL);
    json_number(&to, "small", (1ull << 53) - 1);
    json_number(&to, "large", 1ull << 53);
    json_address(&to, "address", 0x7000);
    json_bool(&to, "yes", true);
    json_begin(&to, "list", '[');
    json_end(&to, ']');
    json_begin(&to, "more", '[');
    json_begin(&to, NULL, '{');
    json_hex(&to, "hex", "\xab", 1);
    json_end(&to, '}');
    json_base64(&to, NULL, "f", 1);
    json_end(&to, ']');
    json_end(&to, '}');
    assert_string_equal(text,
                        "{\"a\\u0022b\":\"c\\u0022d\",\"none\":null,\"small\":9007199254740991,"
                        "\"large\":\"0x20000000000000\",\"address\":\"0x7000\",\"yes\":true,"
                        "\"list\":[],\"more\":[{\"hex\":\"ab\"},\"Zg==\"]}");
}

/* Once something did not fit nothing follows, and no byte lies behind the room. */
static void a_full_buffer(void **state)
{
    struct writer to = begin(5);
    (void)state;
    write_text(&to, "abc");
    write_text(&to, "defg");
    assert_true(to.full);
    write_text(&to, "x");
    assert_int_equal(to.used, 3);
    assert_string_equal(text, "abc");
    to = begin(5);
    write_text(&to, "abcde");
    assert_false(to.full);
    write_text(&to, "");
    assert_false(to.full);
    write_number(&to, 1);
    assert_true(to.full);
    assert_int_equal(text[5], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_escaped),
        cmocka_unit_test(what_is_no_utf8),
        cmocka_unit_test(numbers),
        cmocka_unit_test(base64),
        cmocka_unit_test(json),
        cmocka_unit_test(a_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
