/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log: first UART and framebuffer, on the boot processor until the domains start. */
#ifndef BULKHEAD_LOG_H
#define BULKHEAD_LOG_H

#include <stdarg.h>

/* `row`: the screen row where the loader stopped. */
void log_open(void);
void log_print(const char *text, ...) __attribute__((format(printf, 1, 2)));
void log_vprint(const char *text, va_list args);

/* The screen leaves with the boot page table; the UART stays for a panic. */
void log_close_screen(void);

#endif
