/* SPDX-License-Identifier: Apache-2.0 */
/* Text formatting without a C library. */
#include "format.h"
#include <stdint.h>

struct output {
    char *text;
    size_t room, used; /* room without the terminating zero */
};

static void put(struct output *out, char c)
{
    if (out->used < out->room)
        out->text[out->used++] = c;
}

static void put_number(struct output *out, uint64_t value, unsigned base, unsigned width)
{
    char digits[20];
    size_t at = sizeof(digits);
    do
        digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) > 0);
    for (size_t length = sizeof(digits) - at; length < width; length++)
        put(out, '0');
    while (at < sizeof(digits))
        put(out, digits[at++]);
}

/* %s %u %x %%, of numbers l and 0W; returns the text behind the conversion that `text` begins. */
static const char *convert(struct output *out, const char *text, va_list *args)
{
    const char *at = text + 1, *from;
    unsigned width = 0;
    if (at[0] == '0' && at[1] >= '1' && at[1] <= '9') {
        width = (unsigned)(at[1] - '0');
        at += 2;
    }
    int wide = *at == 'l';
    at += wide;
    if (*at == 'u' || *at == 'x') {
        uint64_t value = wide ? va_arg(*args, unsigned long) : va_arg(*args, unsigned int);
        put_number(out, value, *at == 'x' ? 16 : 10, width);
        return at + 1;
    }
    if (at == text + 1 && *at == 's') {
        for (from = va_arg(*args, const char *), from = from ? from : "(null)"; *from; from++)
            put(out, *from);
        return at + 1;
    }
    put(out, '%');
    return text + (text[1] == '%' ? 2 : 1);
}

size_t vformat(char *out, size_t room, const char *text, va_list args)
{
    struct output to = {.text = out, .room = room > 0 ? room - 1 : 0};
    va_list rest;
    va_copy(rest, args);
    while (*text)
        if (*text == '%')
            text = convert(&to, text, &rest);
        else
            put(&to, *text++);
    va_end(rest);
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
