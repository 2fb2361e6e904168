/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text into a buffer of fixed size, and JSON: what does not fit is left out as a whole call, and
 * `full` says so from then on. Nothing that is written here can end a JSON string early.
 */
#ifndef CONSOLE_WRITER_H
#define CONSOLE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writer {
    char *text; /* not zero-terminated */
    size_t room, used;
    bool full;
    bool comma; /* JSON: the next member or element is not the first of its object or array */
};

void write_bytes(struct writer *to, const void *bytes, size_t count);
void write_text(struct writer *to, const char *text);
void write_number(struct writer *to, uint64_t value);                 /* decimal */
void write_digits(struct writer *to, uint64_t value, unsigned width); /* with zeros before it */
void write_hex(struct writer *to, uint64_t value, unsigned width);
void write_hex_bytes(struct writer *to, const void *bytes, size_t count);
void write_base64(struct writer *to, const void *bytes, size_t count); /* RFC 4648, padded */

/*
 * What stands between the quotes of a JSON string: control characters, quotes, backslashes and what
 * HTML or a terminal could take for its own (< > & DEL, U+0080 to U+009F, U+2028, U+2029, the marks
 * that turn the direction of text) as \uXXXX, and what is no UTF-8 as U+FFFD.
 */
void write_escaped(struct writer *to, const char *text, size_t count);

/* Members of an object, or with `key` NULL elements of an array. */
void json_begin(struct writer *to, const char *key, char bracket);     /* '{' or '[' */
void json_end(struct writer *to, char bracket);                        /* '}' or ']' */
void json_text(struct writer *to, const char *key, const char *text);  /* NULL: null */
void json_number(struct writer *to, const char *key, uint64_t value);  /* from 2^53: "0x..." */
void json_address(struct writer *to, const char *key, uint64_t value); /* always "0x..." */
void json_bool(struct writer *to, const char *key, bool value);
void json_null(struct writer *to, const char *key);
void json_hex(struct writer *to, const char *key, const void *bytes, size_t count);
void json_base64(struct writer *to, const char *key, const void *bytes, size_t count);

#endif
