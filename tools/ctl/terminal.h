/* SPDX-License-Identifier: Apache-2.0 */
/* The terminal that one types at, and the signals that end what runs there. */
#ifndef BULKHEAD_CTL_TERMINAL_H
#define BULKHEAD_CTL_TERMINAL_H

#include <signal.h>
#include <stdbool.h>

enum { LEAVE_KEY = 0x1d }; /* Ctrl-] */

/* Set by signals, once terminal_signals() was called: that it is over, that the window has another
 * size. */
extern volatile sig_atomic_t terminal_ended, terminal_resized;
void terminal_signals(void);

/*
 * Every key of standard input as it is typed, without echo. terminal_restore() undoes it; so does
 * the end of the program, however it comes about. False: it is no terminal.
 */
bool terminal_raw(void);
void terminal_restore(void);

#endif
