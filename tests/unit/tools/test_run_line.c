/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest writes cannot drive the terminal, hide, or leave its own line. */
#include "tools/run/line.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char lines[4096]; /* all lines that came, each followed by '|' */

static void collect(const char *line, void *context)
{
    (void)context;
    assert_true(strlen(lines) + strlen(line) + 2 < sizeof(lines));
    strcat(strcat(lines, line), "|");
}

static void feed(struct line *line, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        line_put(line, (uint8_t)bytes[i], collect, NULL);
}

/* What comes out of `bytes` on a line 40 cells wide, the unfinished rest after the last '|'. */
static const char *shown_bytes(const char *bytes, size_t count, bool ascii)
{
    struct line line;
    char rest[LINE_BYTES];
    lines[0] = 0;
    line_open(&line, 40, ascii);
    feed(&line, bytes, count);
    line_partial(&line, rest);
    return strcat(lines, rest);
}

static const char *shown(const char *text)
{
    return shown_bytes(text, strlen(text), false);
}

static void test_plain(void **state)
{
    (void)state;
    assert_string_equal(shown("one\r\ntwo\nthree"), "one|two|three");
    assert_string_equal(shown("\n\n"), "||");
    assert_string_equal(shown("a\tb"), "a       b");
}

static void test_controls(void **state)
{
    (void)state;
    assert_string_equal(shown("bell\a end"), "bell end");
    assert_string_equal(shown("a\x01\x7f"), "a<01><7F>");
    assert_string_equal(shown_bytes("a\0b", 3, false), "ab");
}

static void test_stays_in_its_line(void **state)
{
    (void)state;
    assert_string_equal(shown("x\b\b\b\b\by"), "y");
    assert_string_equal(shown("12345\rab\n"), "ab345|");
    assert_string_equal(shown("\033[10Dzz"), "zz");
    assert_string_equal(shown("ab\033[99Cc"), "abc");
    assert_string_equal(shown("ab\033[A\033[1;1Hc"), "ab|c"); /* up and home: a line of its own */
    assert_string_equal(shown("prompt\b\b\033[K!"), "prom!");
}

static void test_sequences_vanish(void **state)
{
    (void)state;
    assert_string_equal(shown("\033[31mred\033[0m"), "red");
    assert_string_equal(shown("\033]0;title\007x"), "x");
    assert_string_equal(shown("\033]52;c;aGk=\033\\x"), "x");
    assert_string_equal(shown("\033Pq\033\\x"), "x");
    assert_string_equal(shown("\033cx\033(0y"), "xy");
    assert_string_equal(shown("\033[2\ny"), "|y");
    assert_string_equal(shown("\033[\033[31mx"), "x");
    assert_string_equal(shown_bytes("\xc2\x9b"
                                    "31mx",
                                    6, false),
                        "<U+009B>31mx"); /* C1 CSI */
}

/* A sequence that never ends must not swallow what follows for ever. */
static void test_endless_sequence(void **state)
{
    char text[600];
    (void)state;
    memset(text, '1', sizeof(text));
    memcpy(text, "\033[", 2);
    memcpy(text + sizeof(text) - 5, "\nend\n", 5);
    assert_non_null(strstr(shown_bytes(text, sizeof(text), false), "|end|"));
    memcpy(text, "\033]", 2);
    assert_non_null(strstr(shown_bytes(text, sizeof(text), false), "|end|"));
}

static void test_wide(void **state)
{
    char text[100];
    (void)state;
    memset(text, 'x', sizeof(text));
    const char *out = shown_bytes(text, sizeof(text), false);
    assert_int_equal(strcspn(out, "|"), 40);
    assert_int_equal(strlen(out), 100 + 2);
}

static void test_utf8(void **state)
{
    (void)state;
    assert_string_equal(shown("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
    assert_string_equal(shown("\xe2\x94\x80"), "\xe2\x94\x80");
    assert_string_equal(shown_bytes("\xc3\xbc", 2, true), "<U+00FC>");
    assert_string_equal(shown("\xff\xfe"), "<FF><FE>");
    assert_string_equal(shown("\xc3(\xe2\x82(\xe2"), "<invalid>(<invalid>(");
    assert_string_equal(shown("\xc0\xaf"), "<invalid>");         /* overlong '/' */
    assert_string_equal(shown("\xed\xa0\x80"), "<invalid>");     /* a surrogate */
    assert_string_equal(shown("\xf5\x80\x80\x80"), "<invalid>"); /* beyond Unicode */
    assert_string_equal(shown("a\xe2\x80\xae"
                              "b"),
                        "a<U+202E>b"); /* right-to-left override */
    assert_string_equal(shown("a\xe2\x80\x8b"
                              "b"),
                        "a<U+200B>b");                           /* zero width */
    assert_string_equal(shown("a\xcc\x81"), "a<U+0301>");        /* combines */
    assert_string_equal(shown("\xf0\x9f\x98\x80"), "<U+1F600>"); /* two columns wide */
}

/* No byte string at all brings a control character out, or a line that is too wide. */
static void test_anything(void **state)
{
    struct line line;
    char rest[LINE_BYTES];
    unsigned seed = 1;
    (void)state;
    line_open(&line, 40, false);
    for (int i = 0; i < 300000; i++) {
        static const char likely[] = "\033[]\r\n\b\t;mHKJ\007\\0123";
        seed = seed * 1103515245 + 12345;
        unsigned pick = seed >> 16;
        char byte = pick & 1 ? (char)(pick >> 1) : likely[(pick >> 1) % (sizeof(likely) - 1)];
        lines[0] = 0;
        feed(&line, &byte, 1);
        size_t length = line_partial(&line, rest);
        assert_true(length < LINE_BYTES && line.length <= 40 && line.cursor <= line.length);
        strcat(lines, rest);
        for (const char *at = lines; *at; at++)
            assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_stays_in_its_line),
        cmocka_unit_test(test_sequences_vanish),
        cmocka_unit_test(test_endless_sequence),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
