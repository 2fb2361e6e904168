/* SPDX-License-Identifier: Apache-2.0 */
/* I10: the loader's own letters: each printing character has one, and no two have the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/firmware/font.h"

static uint8_t font[FONT_GLYPHS * FONT_HEIGHT];

static void letters_differ(void **state)
{
    static const uint8_t nothing[FONT_HEIGHT];

    (void)state;
    memset(font, 0xff, sizeof(font));
    font_draw(font);
    assert_memory_equal(font, nothing, FONT_HEIGHT); /* the blank */
    for (unsigned i = 1; i < FONT_GLYPHS; i++)
        for (unsigned k = 0; k < i; k++)
            if (memcmp(font + i * FONT_HEIGHT, font + k * FONT_HEIGHT, FONT_HEIGHT) == 0)
                fail_msg("%c looks like %c", ' ' + i, ' ' + k);
}

/* Neighbours don't touch. */
static void letters_have_edges(void **state)
{
    (void)state;
    font_draw(font);
    for (unsigned i = 0; i < FONT_GLYPHS; i++) {
        assert_int_equal(font[i * FONT_HEIGHT], 0);
        assert_int_equal(font[(i + 1) * FONT_HEIGHT - 1], 0);
        for (unsigned y = 0; y < FONT_HEIGHT; y++)
            assert_int_equal(font[i * FONT_HEIGHT + y] & 0x83, 0);
    }
}

static void letters_stand_upright(void **state)
{
    static const uint8_t l[FONT_HEIGHT] = {0,    0x40, 0x40, 0x40, 0x40, 0x40, 0x40, 0x40,
                                           0x40, 0x40, 0x40, 0x40, 0x40, 0x7c, 0x7c, 0};

    (void)state;
    font_draw(font);
    assert_memory_equal(font + ('L' - ' ') * FONT_HEIGHT, l, FONT_HEIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_differ),
        cmocka_unit_test(letters_have_edges),
        cmocka_unit_test(letters_stand_upright),
    };
    return cmocka_run_group_tests_name("font", tests, NULL, NULL);
}
