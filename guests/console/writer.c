/* SPDX-License-Identifier: Apache-2.0 */
/* Text into a buffer of fixed size, and JSON: see the header. */
#include "writer.h"
#include "utf8.h"
#include <string.h>

#define JSON_NUMBER_END (1ull << 53) /* from here on a reader may round */

void write_bytes(struct writer *to, const void *bytes, size_t count)
{
    if (to->full || count > to->room - to->used) {
        to->full = true;
        return;
    }
    memcpy(to->text + to->used, bytes, count);
    to->used += count;
}

void write_text(struct writer *to, const char *text)
{
    write_bytes(to, text, strlen(text));
}

static void write_in_base(struct writer *to, uint64_t value, unsigned base, unsigned width)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    while (sizeof(digits) - at < width && at > 0) {
        digits[--at] = '0';
    }
    write_bytes(to, digits + at, sizeof(digits) - at);
}

void write_number(struct writer *to, uint64_t value)
{
    write_in_base(to, value, 10, 1);
}

void write_digits(struct writer *to, uint64_t value, unsigned width)
{
    write_in_base(to, value, 10, width);
}

void write_hex(struct writer *to, uint64_t value, unsigned width)
{
    write_in_base(to, value, 16, width);
}

void write_hex_bytes(struct writer *to, const void *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_hex(to, ((const uint8_t *)bytes)[i], 2);
    }
}

void write_base64(struct writer *to, const void *bytes, size_t count)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = bytes;
    for (size_t i = 0; i < count; i += 3) {
        size_t left = count - i;
        uint32_t three = (uint32_t)from[i] << 16;
        three |= left > 1 ? (uint32_t)from[i + 1] << 8 : 0;
        three |= left > 2 ? from[i + 2] : 0;
        char four[4] = {alphabet[three >> 18], alphabet[three >> 12 & 63],
                        left > 1 ? alphabet[three >> 6 & 63] : '=',
                        left > 2 ? alphabet[three & 63] : '='};
        write_bytes(to, four, sizeof(four));
    }
}

static bool must_be_escaped(uint32_t point)
{
    return point < ' ' || (point >= 0x7f && point < 0xa0) || point == '"' || point == '\\' ||
           point == '<' || point == '>' || point == '&' || point == 0x61c ||
           (point >= 0x200e && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xfeff;
}

void write_escaped(struct writer *to, const char *text, size_t count)
{
    for (size_t at = 0; at < count;) {
        uint32_t point;
        size_t bytes = utf8_decode(text + at, count - at, &point);
        if (bytes == 0) {
            write_text(to, "\xef\xbf\xbd"); /* U+FFFD */
            at++;
        } else {
            if (must_be_escaped(point)) { /* all of these are below U+10000 */
                write_text(to, "\\u");
                write_hex(to, point, 4);
            } else {
                write_bytes(to, text + at, bytes);
            }
            at += bytes;
        }
    }
}

/* What comes before a value. */
static void begin_value(struct writer *to, const char *key)
{
    if (to->comma) {
        write_text(to, ",");
    }
    to->comma = true;
    if (key) {
        write_text(to, "\"");
        write_escaped(to, key, strlen(key));
        write_text(to, "\":");
    }
}

void json_begin(struct writer *to, const char *key, char bracket)
{
    begin_value(to, key);
    write_bytes(to, &bracket, 1);
    to->comma = false;
}

void json_end(struct writer *to, char bracket)
{
    write_bytes(to, &bracket, 1);
    to->comma = true;
}

void json_text(struct writer *to, const char *key, const char *text)
{
    if (!text) {
        json_null(to, key);
        return;
    }
    begin_value(to, key);
    write_text(to, "\"");
    write_escaped(to, text, strlen(text));
    write_text(to, "\"");
}

void json_number(struct writer *to, const char *key, uint64_t value)
{
    if (value >= JSON_NUMBER_END) {
        json_address(to, key, value);
        return;
    }
    begin_value(to, key);
    write_number(to, value);
}

void json_address(struct writer *to, const char *key, uint64_t value)
{
    begin_value(to, key);
    write_text(to, "\"0x");
    write_hex(to, value, 1);
    write_text(to, "\"");
}

void json_bool(struct writer *to, const char *key, bool value)
{
    begin_value(to, key);
    write_text(to, value ? "true" : "false");
}

void json_null(struct writer *to, const char *key)
{
    begin_value(to, key);
    write_text(to, "null");
}

void json_hex(struct writer *to, const char *key, const void *bytes, size_t count)
{
    begin_value(to, key);
    write_text(to, "\"");
    write_hex_bytes(to, bytes, count);
    write_text(to, "\"");
}

void json_base64(struct writer *to, const char *key, const void *bytes, size_t count)
{
    begin_value(to, key);
    write_text(to, "\"");
    write_base64(to, bytes, count);
    write_text(to, "\"");
}
