/* SPDX-License-Identifier: Apache-2.0 */
/* Several ports on one screen: each line carries the name of whoever wrote it. */
#ifndef BULKHEAD_RUN_SCREEN_H
#define BULKHEAD_RUN_SCREEN_H

#include "line.h"
#include "machine.h"

enum { OWNER_BYTES = 48 };

/*
 * Whole lines scroll by. On a terminal the last row is the live one: the unfinished line of the
 * port that has the keyboard, else that of another port, else what the runner is about.
 */
struct screen {
    bool terminal;    /* control codes may be written; else plain lines */
    bool colour;      /* and colour: NO_COLOR is not set, or empty */
    bool ascii;       /* the locale is not UTF-8 */
    const char *self; /* what the runner calls itself */
    bool only;        /* of the ports only the keyboard's is shown */
    bool narrow;      /* there is room for com1..com4 only, not for names */
    unsigned columns, name_width, text_columns;
    char names[SERIAL_PORTS][OWNER_BYTES]; /* "" for a port that nobody has */
    int keyboard;                          /* the port that gets what is typed, -1: none */
    int latest;                            /* the port whose unfinished line came last */
    const char *hint;                      /* takes the live row while it is set; NULL: none */
    unsigned drawn;                        /* columns of the live row that are in use */
    char open[SERIAL_PORTS][LINE_BYTES];   /* the unfinished line of each port, as it was told */
};

/* Looks at standard output. `plain`: behave as if it were no terminal. Names come later. */
void screen_open(struct screen *screen, bool plain);

/*
 * Looks how wide the window is and divides the columns between names and text, so that no row of a
 * port is wider than the window; to be called again when that changed.
 */
void screen_layout(struct screen *screen);

/*
 * Shows a whole line of a port, in several rows if it is too wide; `owner` NULL stands for the
 * port's own name.
 */
void screen_line(struct screen *screen, int port, const char *owner, const char *line);

/* Shows the line of a port as far as it has come. */
void screen_partial(struct screen *screen, int port, const char *line);

/* Shows the live row anew: the window or what it shows may have changed. */
void screen_refresh(struct screen *screen);

/* What the runner itself has to say: a line that stays, or (on a terminal) one that goes. */
void screen_note(struct screen *screen, const char *text, ...)
    __attribute__((format(printf, 2, 3)));
void screen_status(struct screen *screen, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

/* Words that keep the live row until they are taken back with NULL. */
void screen_hint(struct screen *screen, const char *hint);

/* Leaves the live row as it is for good, and the cursor at the start of the next. */
void screen_close(struct screen *screen);

#endif
