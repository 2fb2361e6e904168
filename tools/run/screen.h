/* SPDX-License-Identifier: Apache-2.0 */
/* Several ports on one screen: each line carries the name of whoever wrote it. */
#ifndef BULKHEAD_RUN_SCREEN_H
#define BULKHEAD_RUN_SCREEN_H

#include "line.h"
#include "machine.h"

enum { OWNER_BYTES = 48 };

struct screen {
    bool terminal; /* control codes may be written; else plain lines */
    bool colour;   /* and colour: NO_COLOR is not set, or empty */
    bool ascii;    /* the locale is not UTF-8 */
    unsigned columns;
    unsigned name_width;
    char names[SERIAL_PORTS][OWNER_BYTES]; /* "" for a port that nobody has */
    int keyboard;                          /* the port that gets what is typed, -1: none */
    int open;    /* the port whose unfinished line is the last on the screen, -1: none */
    bool status; /* a status line is the last on the screen */
    char shown[SERIAL_PORTS][LINE_BYTES]; /* what was shown of the unfinished line */
};

/* Looks at standard output. `plain`: behave as if it were no terminal. Names come later. */
void screen_open(struct screen *screen, bool plain);

/* Computes the prefix' width from the names; the columns that are left for text. */
unsigned screen_layout(struct screen *screen);

/* Shows a whole line of a port; `owner` NULL stands for the port's own name. */
void screen_line(struct screen *screen, int port, const char *owner, const char *line);

/* Shows the line of a port as far as it has come. */
void screen_partial(struct screen *screen, int port, const char *line);

/* What the runner itself has to say: a line that stays, or (on a terminal) one that goes. */
void screen_note(struct screen *screen, const char *text, ...)
    __attribute__((format(printf, 2, 3)));
void screen_status(struct screen *screen, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

/* Leaves the cursor at the start of a line. */
void screen_close(struct screen *screen);

#endif
