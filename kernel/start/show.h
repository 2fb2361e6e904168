/* SPDX-License-Identifier: Apache-2.0 */
/* The boot log, on the first UART and the framebuffer, from the boot processor. */
#ifndef BULKHEAD_SHOW_H
#define BULKHEAD_SHOW_H

/* Goes on where the loader stopped; on the boot page table, which maps the framebuffer. From here
 * on a panic of any processor is shown too, but for com1 by this one. */
void show_open(void);
/* Forgets where the screen is, also for a panic. */
void show_close(void);
void show(const char *text, ...) __attribute__((format(printf, 1, 2)));

#endif
