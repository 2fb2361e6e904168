/* SPDX-License-Identifier: Apache-2.0 */
/* Text on COM1. */
#include "console.h"
#include "kernel/abi/guest.h"
#include "x86.h"
#include <stdbool.h>

enum {
    UART_THR = GUEST_COM1,
    UART_LCR = GUEST_COM1 + 3,
    UART_LSR = GUEST_COM1 + 5,
    LCR_8N1 = 3,
    LSR_DR = 1 << 0,
    LSR_THRE = 1 << 5,
    LSR_TEMT = 1 << 6,
    POLLS = 1000000, /* a UART that never gets ready must not stop a payload */
    DIGITS = 24,
};

static volatile bool busy;

static void wait_for(uint8_t bit)
{
    for (int i = 0; i < POLLS && !(inb(UART_LSR) & bit); i++) {
        cpu_relax();
    }
}

static void put(char c)
{
    if (c == '\n') {
        put('\r');
    }
    wait_for(LSR_THRE);
    outb(UART_THR, (uint8_t)c);
}

static void put_padded(const char *text, unsigned length, unsigned width, bool left, char pad)
{
    if (!left) {
        for (unsigned i = length; i < width; i++) {
            put(pad);
        }
    }
    for (unsigned i = 0; i < length; i++) {
        put(text[i]);
    }
    if (left) {
        for (unsigned i = length; i < width; i++) {
            put(' ');
        }
    }
}

static void put_number(uint64_t value, unsigned base, bool negative, unsigned width, bool left,
                       char pad)
{
    char digits[DIGITS];
    unsigned at = DIGITS;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (negative) {
        digits[--at] = '-';
    }
    put_padded(digits + at, DIGITS - at, width, left, pad);
}

/* One conversion behind its '%'; returns the text behind it. */
static const char *convert(const char *text, va_list *args)
{
    bool left = *text == '-';
    text += left;
    char pad = *text == '0' ? '0' : ' ';
    unsigned width = 0;
    for (; *text >= '0' && *text <= '9'; text++) {
        width = width * 10 + (unsigned)(*text - '0');
    }
    bool is_long = *text == 'l';
    while (*text == 'l') {
        text++;
    }
    if (*text == 's') {
        const char *string = va_arg(*args, const char *);
        unsigned length = 0;
        while (string[length]) {
            length++;
        }
        put_padded(string, length, width, left, ' ');
    } else if (*text == 'c') {
        put((char)va_arg(*args, int));
    } else if (*text == 'd') {
        int64_t value = is_long ? va_arg(*args, int64_t) : va_arg(*args, int);
        put_number(value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0, width, left,
                   pad);
    } else if (*text == 'u' || *text == 'x' || *text == 'p') {
        uint64_t value =
            is_long || *text == 'p' ? va_arg(*args, uint64_t) : va_arg(*args, unsigned);
        put_number(value, *text == 'u' ? 10 : 16, false, width, left, pad);
    } else {
        put(*text);
    }
    return text + 1;
}

int console_read(void)
{
    return inb(UART_LSR) & LSR_DR ? inb(UART_THR) : -1;
}

void vprint(const char *text, va_list args)
{
    va_list rest;
    va_copy(rest, args);
    while (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE)) {
        cpu_relax();
    }
    while (*text) {
        if (*text == '%') {
            text = convert(text + 1, &rest);
        } else {
            put(*text++);
        }
    }
    __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
    va_end(rest);
}

void print(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vprint(text, args);
    va_end(args);
}

void console_init(void)
{
    outb(UART_LCR, LCR_8N1);
}

void console_drain(void)
{
    wait_for(LSR_TEMT);
}
