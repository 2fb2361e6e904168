/* SPDX-License-Identifier: Apache-2.0 */
/* Text on COM1, a 16550 that is polled. */
#ifndef GUEST_CONSOLE_H
#define GUEST_CONSOLE_H

#include <stdarg.h>

/* Eight bits a character; the start code has called it already. */
void console_init(void);

/*
 * Prints %s %c %u %d %x %p %% with the lengths l and ll, a width, '-' and '0'. A call's text stays
 * together: processors wait for each other. Not for interrupt handlers, which would wait for
 * the code that they interrupted.
 */
void print(const char *text, ...) __attribute__((format(printf, 1, 2)));
void vprint(const char *text, va_list args) __attribute__((format(printf, 1, 0)));

/* A byte that came; -1: none has. */
int console_read(void);

/* Waits until the UART has sent everything. */
void console_drain(void);

#endif
