/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log: first UART and framebuffer, on the boot processor until the domains start. */
#ifndef BULKHEAD_LOG_H
#define BULKHEAD_LOG_H

#include <stdarg.h>

/* Goes on where the loader stopped; only on the boot page table, which maps the framebuffer. */
void log_open(void);
/* The UART alone, on any page table: for a panic, and when the boot page table is left. */
void log_open_uart(void);
void log_print(const char *text, ...) __attribute__((format(printf, 1, 2)));
void log_vprint(const char *text, va_list args);

#endif
