/* SPDX-License-Identifier: Apache-2.0 */
/* Text on a linear framebuffer of 32 bits a pixel, with the glyphs that the firmware drew. */
#ifndef BULKHEAD_SCREEN_H
#define BULKHEAD_SCREEN_H

#include "kernel/abi/handoff.h"

struct screen {
    volatile uint32_t *pixels; /* null: no screen, nothing is drawn */
    const uint8_t *glyphs;
    uint32_t pitch; /* pixels from one line to the next */
    uint32_t glyph_width, glyph_height;
    uint32_t columns, rows;
    uint32_t column; /* where the next character goes */
    uint32_t row;    /* counted on after the last: it is drawn in row % rows */
};

/*
 * Starts at row `row`, which is 0 or where another screen stopped, of the framebuffer that `facts`
 * describe, mapped at `pixels`; `glyphs` are those at facts->glyph_offset. Facts that don't fit
 * together give no screen.
 */
void screen_open(struct screen *screen, const struct handoff_screen *facts, const uint8_t *glyphs,
                 volatile void *pixels, uint32_t row);

/*
 * Draws a character; '\n' starts a line, long lines wrap. Behind the last row the text goes on in
 * the first, with a blank row after the newest: nothing is ever read back from the framebuffer,
 * which would take seconds on some boards.
 */
void screen_put(struct screen *screen, char character);

#endif
