/* SPDX-License-Identifier: Apache-2.0 */
/* What libraries and compiler expect of a C library, beside what guests/lib/boot.c has. */
#include "start.h"
#include <stddef.h>
#include <stdint.h>

void *memmove(void *to, const void *from, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);
void *memcpy(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
void *__memcpy_chk(void *to, const void *from, size_t bytes, size_t room);
void *__memmove_chk(void *to, const void *from, size_t bytes, size_t room);
void *__memset_chk(void *to, int value, size_t bytes, size_t room);
_Noreturn void __stack_chk_fail(void);
_Noreturn void __assert_fail(const char *what, const char *file, unsigned line, const char *where);

void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *out = to;
    const uint8_t *in = from;
    if ((uintptr_t)to - (uintptr_t)from >= bytes) {
        return memcpy(to, from, bytes);
    }
    while (bytes > 0) {
        bytes--;
        out[bytes] = in[bytes];
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < bytes; i++) {
        if (left[i] != right[i]) {
            return left[i] < right[i] ? -1 : 1;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) {
        length++;
    }
    return length;
}

/* Debian builds its libraries with _FORTIFY_SOURCE. */
static void fits(size_t bytes, size_t room)
{
    if (bytes > room) {
        console_end("a library wrote beyond a buffer's end");
    }
}

void *__memcpy_chk(void *to, const void *from, size_t bytes, size_t room)
{
    fits(bytes, room);
    return memcpy(to, from, bytes);
}

void *__memmove_chk(void *to, const void *from, size_t bytes, size_t room)
{
    fits(bytes, room);
    return memmove(to, from, bytes);
}

void *__memset_chk(void *to, int value, size_t bytes, size_t room)
{
    fits(bytes, room);
    return memset(to, value, bytes);
}

_Noreturn void __stack_chk_fail(void)
{
    console_end("the stack is damaged");
}

_Noreturn void __assert_fail(const char *what, const char *file, unsigned line, const char *where)
{
    (void)file;
    (void)line;
    (void)where;
    console_end(what);
}
