/* SPDX-License-Identifier: Apache-2.0 */
/* What an SVG picture is drawn with: boxes, texts that wrap, colours of levels. */
#ifndef BULKHEAD_DRAWING_H
#define BULKHEAD_DRAWING_H

#include "tools/manifest/model.h"
#include <stdio.h>

/* Pixels of a character and from line to line, of ordinary and of small text ("class" s). */
enum { CHARACTER = 8, LINE = 16, SMALL_CHARACTER = 7, SMALL_LINE = 14 };

/* Where text stands: its first line's baseline, the way to the next, characters that fit a line. */
struct spot {
    int x, y, line, characters;
};

int larger(int one, int other);

/* Lines of `text` when so many characters fit one: broken at \n, else behind a word, else behind a
 * hyphen. */
int lines_of(const char *text, int characters);

/* Draws all lines of the text; `style` is attributes. Returns the next baseline. */
int put_text(FILE *out, struct spot spot, const char *style, const char *text);

/* The same of one line. */
void put_line(FILE *out, int x, int y, const char *style, const char *text);

void put_box(FILE *out, int x, int y, int width, int height, uint32_t fill, const char *style);

/* A filled arrowhead; its tip is at x, y and points along dx, dy, one of which is 0. */
void put_arrowhead(FILE *out, int x, int y, int dx, int dy);

/* The level's colour, light to dark; they differ in lightness, so print and any eye keep them. */
uint32_t level_colour(const struct model *model, uint32_t level);

/* Black or white, whichever reads better on the colour. */
const char *ink_on(uint32_t colour);

#endif
