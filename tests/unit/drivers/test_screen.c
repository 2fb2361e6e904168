/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a made framebuffer. */
#include "drivers/screen.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* Ten columns, four rows and a rest on both sides; lines are longer than they are shown. */
enum { WIDTH = 83, HEIGHT = 66, PITCH = 96, GLYPH_HEIGHT = 16, COLUMNS = 10, ROWS = 4 };

static uint32_t frame[PITCH * HEIGHT + 1];
static uint8_t glyphs[95 * GLYPH_HEIGHT];
static struct screen screen;

static const struct handoff_screen facts = {
    .base = 1,
    .bytes = PITCH * HEIGHT * 4,
    .width = WIDTH,
    .height = HEIGHT,
    .pixels_per_line = PITCH,
    .glyph_width = 8,
    .glyph_height = GLYPH_HEIGHT,
};

/* Each glyph's first row is its code, its last row 0x81. */
static int setup(void **state)
{
    (void)state;
    memset(frame, 0, sizeof frame);
    frame[PITCH * HEIGHT] = 0xdeadbeef;
    for (unsigned c = 0; c < 95; c++) {
        glyphs[c * GLYPH_HEIGHT] = (uint8_t)(c ? c + ' ' : 0);
        glyphs[c * GLYPH_HEIGHT + GLYPH_HEIGHT - 1] = c ? 0x81 : 0;
    }
    screen_open(&screen, &facts, glyphs, frame, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(frame[PITCH * HEIGHT], 0xdeadbeef);
    return 0;
}

static char shown(unsigned row, unsigned column)
{
    unsigned code = 0, last = 0;

    for (unsigned x = 0; x < 8; x++) {
        code = code << 1 | (frame[row * GLYPH_HEIGHT * PITCH + column * 8 + x] != 0);
        last = last << 1 | (frame[((row + 1) * GLYPH_HEIGHT - 1) * PITCH + column * 8 + x] != 0);
    }
    assert_int_equal(last, code ? 0x81 : 0);
    return code ? (char)code : ' ';
}

static void print(const char *text)
{
    for (; *text; text++)
        screen_put(&screen, *text);
}

static void assert_row(unsigned row, const char *text)
{
    char line[COLUMNS + 1] = {0}, expected[COLUMNS + 1];

    memset(expected, ' ', COLUMNS);
    expected[COLUMNS] = 0;
    memcpy(expected, text, strlen(text));
    for (unsigned column = 0; column < COLUMNS; column++)
        line[column] = shown(row, column);
    assert_string_equal(line, expected);
}

static void text_appears(void **state)
{
    (void)state;
    assert_non_null(screen.pixels);
    print("ab c\r\n~\x01\xff");
    assert_row(0, "ab c");
    assert_row(1, "~?\?");
}

static void long_lines_wrap(void **state)
{
    (void)state;
    print("0123456789abc\n0123456789\nx");
    assert_row(0, "0123456789");
    assert_row(1, "abc");
    assert_row(2, "0123456789"); /* a full line and its end are one */
    assert_row(3, "x");
}

static void text_goes_on_at_the_top(void **state)
{
    (void)state;
    print("one\ntwo\nthree\nfour\nfive");
    assert_row(0, "five");
    assert_row(1, "");
    assert_row(2, "three");
    assert_row(3, "four");
    screen_open(&screen, &facts, glyphs, frame, screen.row);
    print("\nsix\nseven\neight\nnine");
    assert_row(0, "nine");
    assert_row(1, "");
    assert_row(2, "seven");
    assert_row(3, "eight");
}

static void kernel_goes_on_where_the_loader_stopped(void **state)
{
    (void)state;
    print("loader\n");
    screen_open(&screen, &facts, glyphs, frame, screen.row);
    print("kernel");
    assert_row(0, "loader");
    assert_row(1, "kernel");
}

static void wrong_facts_give_no_screen(void **state)
{
    struct handoff_screen wrong[8];

    (void)state;
    for (unsigned i = 0; i < 8; i++)
        wrong[i] = facts;
    wrong[0].base = 0;
    wrong[1].bytes--;
    wrong[2].pixels_per_line = WIDTH - 1;
    wrong[3].glyph_width = 0;
    wrong[4].glyph_width = 9;
    wrong[5].glyph_height = 0;
    wrong[6].glyph_height = HEIGHT + 1;
    wrong[7].pixels_per_line = 1u << 29; /* times height and 4: nothing, in 32 bits */
    for (unsigned i = 0; i < 8; i++) {
        screen_open(&screen, &wrong[i], glyphs, frame, 0);
        assert_null(screen.pixels);
        print("text\n");
    }
    screen_open(&screen, &facts, NULL, frame, 0);
    assert_null(screen.pixels);
    for (unsigned i = 0; i < PITCH * HEIGHT; i++)
        assert_int_equal(frame[i], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text_appears, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lines_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(text_goes_on_at_the_top, setup, teardown),
        cmocka_unit_test_setup_teardown(kernel_goes_on_where_the_loader_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_facts_give_no_screen, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
