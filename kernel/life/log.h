/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's own words on the first UART: the boot log, and a panic's cause. */
#ifndef BULKHEAD_LOG_H
#define BULKHEAD_LOG_H

/* On any page table, before the first word. */
void log_open(void);
/* The same of a port that is set up and that others may be writing to. */
void log_join(void);
void log_write(const char *text);
void log_print(const char *text, ...) __attribute__((format(printf, 1, 2)));

#endif
