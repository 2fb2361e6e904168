/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, bytes and times as text, and back. */
#ifndef BULKHEAD_CTL_WORDS_H
#define BULKHEAD_CTL_WORDS_H

#include "tools/text.h"

#include <jansson.h>

/* Writes JSON in plain ASCII without control characters; `lines`: indented, else on one line. */
void json_print(const json_t *value, bool lines);

/* Exactly so many bytes of two hexadecimal digits each; else false. */
bool hex_bytes(const char *text, uint8_t *out, size_t bytes);

/* The bytes of base64, at most `room`; -1 if it is none, or they are more. */
long base64_bytes(const char *text, uint8_t *out, size_t room);
char *base64_text(struct arena *arena, const uint8_t *bytes, size_t count);

/*
 * At most `most` characters of foreign text, as put_safely() writes them, and "..." for the rest.
 */
const char *safe_text(struct arena *arena, const char *text, size_t most);

/* A text that grows, as long as memory does. */
struct gather {
    FILE *out;
    char *text;
    size_t bytes;
};

/* Ends the program with EXIT_ENVIRONMENT if there is no memory. */
void gather_open(struct gather *gather);

/* Ends it; the text in the arena, "-" for an empty one. */
const char *gather_text(struct gather *gather, struct arena *arena);

/* "3 d 4 h", "12 s", "-" for a negative number. */
const char *duration_text(struct arena *arena, int64_t seconds);

/* "2026-11-30 10:15:00 UTC" of seconds since 1970. */
const char *time_text(struct arena *arena, int64_t seconds);

#endif
