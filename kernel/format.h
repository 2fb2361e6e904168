/* SPDX-License-Identifier: Apache-2.0 */
/* Text formatting without a C library, for the loader and the kernel. */
#ifndef BULKHEAD_FORMAT_H
#define BULKHEAD_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes at most `room` bytes to `out`, the terminating zero included, and returns the number of
 * characters written without it; text that does not fit is cut. Knows %s %u %x %lu
 * %lx %%, and of numbers a width of zeros (%02x). An unknown conversion is written as it stands.
 * `room` 0 writes nothing.
 */
size_t format(char *out, size_t room, const char *text, ...) __attribute__((format(printf, 3, 4)));
size_t vformat(char *out, size_t room, const char *text, va_list args);

#endif
