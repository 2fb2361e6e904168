/* SPDX-License-Identifier: Apache-2.0 */
/* The loader's own words: on the first UART and the framebuffer, with or without a firmware. */
#ifndef BULKHEAD_BOOT_TEXT_H
#define BULKHEAD_BOOT_TEXT_H

#include "kernel/abi/handoff.h"

/* Starts with an empty screen, where `screen` and `glyphs` give one. */
void text_open(const struct handoff_screen *screen, const uint8_t *glyphs);

/*
 * What the firmware does while it is there: `print`, where there is neither UART nor drawn text,
 * and `keep`, of a refusal's words. NULL: nothing, or not any more.
 */
void text_by_firmware(void (*print)(const char *text), void (*keep)(const char *words));

void text_print(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* Says why the machine does not start, and stops it (I10). */
_Noreturn void refuse(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* The screen row below what was printed. */
uint32_t text_row(void);

#endif
