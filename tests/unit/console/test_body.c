/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies of requests: JSON that is what it must be, and base64 to the letter. */
#include "guests/console/body.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 8 };

static struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static void expect_bytes(const char *body, const char *bytes)
{
    char out[ROOM + 1] = "";
    size_t count = 0;
    const char *wrong = body_base64(span_of(body), out, ROOM, &count);
    if (wrong) {
        print_error("%s: %s\n", body, wrong);
    }
    assert_null(wrong);
    assert_int_equal(count, strlen(bytes));
    assert_memory_equal(out, bytes, count);
}

static void good_ones(void **state)
{
    (void)state;
    expect_bytes("{\"base64\":\"\"}", "");
    expect_bytes("{\"base64\":\"Zg==\"}", "f");
    expect_bytes(" {\r\n \"base64\" : \"Zm8=\" }\n", "fo");
    expect_bytes("{\"base64\":\"Zm9v\"}", "foo");
    expect_bytes("{\"base64\":\"Zm9vYmFyMTI=\"}", "foobar12");
    expect_bytes("{\"base64\":\"+/\\/+\"}", "\xfb\xff\xfe");
}

static void bad_ones(void **state)
{
    static const char *const bodies[] = {
        "",
        " ",
        "null",
        "[]",
        "{}",
        "\"base64\"",
        "{\"base64\"}",
        "{\"base64\":}",
        "{\"base64\":1}",
        "{\"base64\":null}",
        "{\"base64\":[\"Zg==\"]}",
        "{\"base64\":{\"base64\":\"Zg==\"}}",
        "{\"base\":\"Zg==\"}",
        "{\"Base64\":\"Zg==\"}",
        "{\"base64\":\"Zg==\"",
        "{\"base64\":\"Zg==\"}}",
        "{\"base64\":\"Zg==\"}x",
        "{\"base64\":\"Zg==\"} {}",
        "{\"base64\":\"Zg==\"} \"x\"",
        "{\"base64\":\"Zg==\",\"more\":1}",
        "{\"base64\":\"Zg==\",\"base64\":\"Zg==\"}",
        "{\"base64\" \"Zg==\"}",
        "{\"base64\":\"Zg\"}",
        "{\"base64\":\"Zg=\"}",
        "{\"base64\":\"Z===\"}",
        "{\"base64\":\"Z\"}",
        "{\"base64\":\"=\"}",
        "{\"base64\":\"====\"}",
        "{\"base64\":\"Zg===\"}",
        "{\"base64\":\"Zm9v=\"}",
        "{\"base64\":\"Zm9v====\"}",
        "{\"base64\":\"Zg==Zg==\"}",
        "{\"base64\":\"AA=A\"}",
        "{\"base64\":\"Zh==\"}", /* bits of no byte that are not 0 */
        "{\"base64\":\"Zm9=\"}",
        "{\"base64\":\"Zm 9v\"}",
        "{\"base64\":\"Zm9-\"}",
        "{\"base64\":\"\\u005ag==\"}",
        "{\"base64\":\"Zm9\\\\v\"}",
        "{\"base64\":\"Zm9vYmFyMTIz\"}", /* more than there is room for */
        "[[[[[[[[[[[[[[[[[[[[",
    };
    char out[ROOM];
    size_t count;
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        if (!body_base64(span_of(bodies[i]), out, ROOM, &count)) {
            print_error("taken: %s\n", bodies[i]);
            fail();
        }
    }
}

static void empty_objects(void **state)
{
    (void)state;
    assert_true(body_is_empty_object(span_of("{}")));
    assert_true(body_is_empty_object(span_of(" { } ")));
    assert_false(body_is_empty_object(span_of("")));
    assert_false(body_is_empty_object(span_of("[]")));
    assert_false(body_is_empty_object(span_of("{\"a\":1}")));
    assert_false(body_is_empty_object(span_of("{}{}")));
    assert_false(body_is_empty_object(span_of("{} 1")));
}

static void seconds(void **state)
{
    static const struct {
        const char *body;
        uint32_t is; /* 0: refused */
    } bodies[] = {
        {"{\"stop_after\":1}", 1},
        {"{\"stop_after\":60}", 60},
        {" { \"stop_after\" : 3600 } ", 3600},
        {"{\"stop_after\":0}", 0},
        {"{\"stop_after\":3601}", 0},
        {"{\"stop_after\":-1}", 0},
        {"{\"stop_after\":1.0}", 0},
        {"{\"stop_after\":1e1}", 0},
        {"{\"stop_after\":01}", 0},
        {"{\"stop_after\":4294967297}", 0},
        {"{\"stop_after\":18446744073709551617}", 0},
        {"{\"stop_after\":\"60\"}", 0},
        {"{\"stop_after\":null}", 0},
        {"{\"stop_after\":true}", 0},
        {"{\"stop_after\":[60]}", 0},
        {"{\"stop_after\":{\"stop_after\":60}}", 0},
        {"{\"stop_after\":60,\"stop_after\":60}", 0},
        {"{\"stop_after\":60,\"more\":1}", 0},
        {"{\"Stop_after\":60}", 0},
        {"{\"stop_after\"}", 0},
        {"{\"stop_after\":60} 1", 0},
        {"{\"stop_after\":60", 0},
        {"[60]", 0},
        {"60", 0},
        {"{}", 0},
        {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        uint32_t number = 0;
        const char *wrong = body_stop_after(span_of(bodies[i].body), &number);
        if (!wrong == !bodies[i].is || number != bodies[i].is) {
            print_error("%s: %u\n", bodies[i].body, number);
        }
        assert_int_equal(wrong == NULL, bodies[i].is != 0);
        assert_int_equal(number, bodies[i].is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_ones),
        cmocka_unit_test(bad_ones),
        cmocka_unit_test(empty_objects),
        cmocka_unit_test(seconds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
