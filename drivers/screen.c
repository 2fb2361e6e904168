/* SPDX-License-Identifier: Apache-2.0 */
/* Framebuffer text: see the header. */
#include "screen.h"

enum { FIRST_GLYPH = ' ', LAST_GLYPH = '~', UNKNOWN_GLYPH = '?' };
#define INK   0xc0c0c0c0u /* grey is grey in every order of the colours */
#define PAPER 0x00000000u

void screen_open(struct screen *screen, const struct handoff_screen *facts, const uint8_t *glyphs,
                 volatile void *pixels, uint32_t row)
{
    *screen = (struct screen){0};
    if (!facts->base || !glyphs || !facts->glyph_width || facts->glyph_width > 8 ||
        !facts->glyph_height || facts->pixels_per_line < facts->width ||
        (uint64_t)facts->pixels_per_line * facts->height * 4 > facts->bytes)
        return;
    screen->pitch = facts->pixels_per_line;
    screen->glyphs = glyphs;
    screen->glyph_width = facts->glyph_width;
    screen->glyph_height = facts->glyph_height;
    screen->columns = facts->width / facts->glyph_width;
    screen->rows = facts->height / facts->glyph_height;
    if (screen->columns && screen->rows) {
        screen->pixels = pixels;
        screen->row = row;
    }
}

static void draw(struct screen *screen, uint32_t row, uint32_t column, uint8_t character)
{
    const uint8_t *glyph =
        screen->glyphs + (uint32_t)(character - FIRST_GLYPH) * screen->glyph_height;

    row %= screen->rows;
    for (uint32_t y = 0; y < screen->glyph_height; y++) {
        volatile uint32_t *pixel = screen->pixels +
                                   (uint64_t)(row * screen->glyph_height + y) * screen->pitch +
                                   column * screen->glyph_width;
        for (uint32_t x = 0; x < screen->glyph_width; x++)
            pixel[x] = glyph[y] & 0x80 >> x ? INK : PAPER;
    }
}

static void blank(struct screen *screen, uint32_t row)
{
    for (uint32_t column = 0; column < screen->columns; column++)
        draw(screen, row, column, ' ');
}

static void new_line(struct screen *screen)
{
    screen->column = 0;
    screen->row++;
    if (screen->row >= screen->rows) {
        blank(screen, screen->row);
        blank(screen, screen->row + 1);
    }
}

void screen_put(struct screen *screen, char character)
{
    uint8_t code = (uint8_t)character;

    if (!screen->pixels || character == '\r')
        return;
    if (character == '\n') {
        new_line(screen);
        return;
    }
    if (screen->column == screen->columns)
        new_line(screen);
    if (code < FIRST_GLYPH || code > LAST_GLYPH)
        code = UNKNOWN_GLYPH;
    draw(screen, screen->row, screen->column++, code);
}
