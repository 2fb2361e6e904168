/* SPDX-License-Identifier: Apache-2.0 */
/* Text formatting without a C library. */
#include "format.h"
#include <stdbool.h>
#include <stdint.h>

struct output {
    char *text;
    size_t room, used; /* room without the terminating zero */
};

/* One conversion as the format has it: %[-0][width][.precision][length]kind */
struct conversion {
    bool left, zeros, negative;
    size_t width, precision;
    unsigned int longs; /* 0: int, else 64 bits */
    char kind;
};

static void put(struct output *out, char c, size_t times)
{
    for (; times > 0 && out->used < out->room; times--)
        out->text[out->used++] = c;
}

static void put_padded(struct output *out, const struct conversion *how, const char *text,
                       size_t length)
{
    size_t width = length + how->negative;
    size_t padding = how->width > width ? how->width - width : 0;
    if (!how->left && !how->zeros)
        put(out, ' ', padding);
    put(out, '-', how->negative);
    if (!how->left && how->zeros)
        put(out, '0', padding);
    for (size_t i = 0; i < length; i++)
        put(out, text[i], 1);
    if (how->left)
        put(out, ' ', padding);
}

static void put_number(struct output *out, const struct conversion *how, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t base = how->kind == 'x' || how->kind == 'p' ? 16 : 10;
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) > 0);
    put_padded(out, how, digits + at, sizeof(digits) - at);
}

static void put_string(struct output *out, struct conversion *how, const char *text)
{
    size_t length = 0;
    if (!text)
        text = "(null)";
    while (length < how->precision && text[length])
        length++;
    how->zeros = false;
    put_padded(out, how, text, length);
}

static size_t parse_number(const char **at)
{
    size_t value = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++)
        if (value < 4096)
            value = value * 10 + (size_t)(**at - '0');
    return value;
}

/* Reads the conversion after a '%' and returns the text behind it. */
static const char *parse(const char *at, struct conversion *how)
{
    *how = (struct conversion){.precision = SIZE_MAX};
    for (; *at == '-' || *at == '0'; at++)
        *(*at == '-' ? &how->left : &how->zeros) = true;
    how->width = parse_number(&at);
    if (*at == '.') {
        at++;
        how->precision = parse_number(&at);
    }
    for (; *at == 'l' || *at == 'z'; at++)
        how->longs++;
    how->kind = *at;
    return *at ? at + 1 : at;
}

size_t vformat(char *out, size_t room, const char *text, va_list args)
{
    struct output to = {.text = out, .room = room > 0 ? room - 1 : 0};
    while (*text) {
        struct conversion how;
        const char *from = text++;
        if (*from != '%') {
            put(&to, *from, 1);
            continue;
        }
        text = parse(text, &how);
        if (how.kind == 's') {
            put_string(&to, &how, va_arg(args, const char *));
        } else if (how.kind == 'c') {
            char c = (char)va_arg(args, int);
            how.zeros = false;
            put_padded(&to, &how, &c, 1);
        } else if (how.kind == 'd') {
            int64_t value = how.longs ? va_arg(args, long long) : va_arg(args, int);
            how.negative = value < 0;
            put_number(&to, &how, value < 0 ? -(uint64_t)value : (uint64_t)value);
        } else if (how.kind == 'u' || how.kind == 'x') {
            put_number(&to, &how,
                       how.longs ? va_arg(args, unsigned long long) : va_arg(args, unsigned int));
        } else if (how.kind == 'p') {
            put_number(&to, &how, (uintptr_t)va_arg(args, void *));
        } else if (how.kind == '%') {
            put(&to, '%', 1);
        } else {
            while (from < text)
                put(&to, *from++, 1);
        }
    }
    if (room > 0)
        out[to.used] = 0;
    return to.used;
}

size_t format(char *out, size_t room, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    size_t used = vformat(out, room, text, args);
    va_end(args);
    return used;
}
