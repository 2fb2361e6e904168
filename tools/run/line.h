/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a serial port wrote, as lines that are safe to show: no control character, no escape
 * sequence, no invalid UTF-8 and no character that moves, hides or reorders others ever comes out.
 */
#ifndef BULKHEAD_RUN_LINE_H
#define BULKHEAD_RUN_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LINE_CELLS = 512, LINE_BYTES = LINE_CELLS * 4 + 1 };

struct line {
    uint32_t cells[LINE_CELLS]; /* one character each, one column wide each */
    unsigned length, cursor;
    unsigned width; /* cells after which a line is broken, 1 .. LINE_CELLS */
    bool ascii;     /* other characters are shown by their number */
    unsigned state; /* of the escape sequence */
    unsigned eaten; /* bytes that the sequence has swallowed so far */
    unsigned parameter;
    uint32_t character; /* UTF-8 decoder: the bits so far, */
    unsigned missing;   /* the bytes that are still to come, */
    uint32_t smallest;  /* and the least character that this length may stand for */
};

/* Called with each whole line: NUL-terminated UTF-8 without its end of line. */
typedef void (*line_sink)(const char *line, void *context);

void line_open(struct line *line, unsigned width, bool ascii);

/* Takes one byte. Calls `sink` when that completes a line, or when the line got too wide. */
void line_put(struct line *line, uint8_t byte, line_sink sink, void *context);

/* The line as far as it has come, in at most LINE_BYTES; its length in bytes. */
size_t line_partial(const struct line *line, char out[LINE_BYTES]);

#endif
