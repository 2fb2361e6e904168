/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629). */
#ifndef CONSOLE_UTF8_H
#define CONSOLE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * The code point that begins `text`; returns how many bytes it takes, or 0 where there is none:
 * cut off, overlong, a surrogate or beyond U+10FFFF.
 */
static inline size_t utf8_decode(const char *text, size_t count, uint32_t *point)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *bytes = (const uint8_t *)text;
    if (count == 0) {
        return 0;
    }
    size_t length = bytes[0] < 0x80   ? 1
                    : bytes[0] < 0xc0 ? 0
                    : bytes[0] < 0xe0 ? 2
                    : bytes[0] < 0xf0 ? 3
                    : bytes[0] < 0xf8 ? 4
                                      : 0;
    if (length == 0 || length > count) {
        return 0;
    }
    *point = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
        *point = *point << 6 | (bytes[i] & 0x3f);
    }
    return *point < lowest[length] || *point > 0x10ffff || (*point >= 0xd800 && *point < 0xe000)
               ? 0
               : length;
}

#endif
