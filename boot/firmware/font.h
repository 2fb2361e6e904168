/* SPDX-License-Identifier: Apache-2.0 */
/* Letters for a screen whose firmware has none. */
#ifndef BULKHEAD_BOOT_FONT_H
#define BULKHEAD_BOOT_FONT_H

#include <stdint.h>

enum { FONT_HEIGHT = 16, FONT_GLYPHS = '~' - ' ' + 1 };

/* Fills `out` with FONT_HEIGHT rows of eight pixels, the leftmost in bit 7, for each of ' '..'~'.
 */
void font_draw(uint8_t *out);

#endif
