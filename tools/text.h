/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives as long as one command, and the texts made in it. */
#ifndef BULKHEAD_TEXT_H
#define BULKHEAD_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct arena_block;
struct arena {
    struct arena_block *blocks;
};

/* Zeroed memory, freed by arena_free(). Ends the program with EXIT_ENVIRONMENT if there is none. */
void *arena_take(struct arena *arena, size_t bytes);
/* What was taken so far. */
size_t arena_bytes(const struct arena *arena);
void arena_free(struct arena *arena);

/* printf into the arena. */
char *say(struct arena *arena, const char *text, ...) __attribute__((format(printf, 2, 3)));

/*
 * `bytes` bytes of foreign text between double quotes: shortened to about 60 characters, control
 * characters, zero bytes, quotes and broken UTF-8 written as escapes.
 */
char *quote(struct arena *arena, const char *text, size_t bytes);

/*
 * Writes text that may hold foreign parts so that it cannot drive a terminal: control characters,
 * directional overrides and broken UTF-8 appear as \x escapes, everything else as it is.
 */
void put_safely(FILE *out, const char *text);

/*
 * One character of `text` as put_safely() writes it, to `out`; returns the bytes read. `left` is
 * at least 1.
 */
size_t escape_character(const char *text, size_t left, char out[17]);

/* Bytes of the well-formed UTF-8 sequence at `text`, 0 if there is none; its code in `code`. */
size_t utf8_sequence(const unsigned char *text, size_t left, uint32_t *code);

/* Characters that steer a terminal or reorder or hide what a reader sees. */
bool is_steering(uint32_t code);

/* Neither that nor a blank of any width. */
bool is_visible(uint32_t code);

/* A size as manifests write it: 512M, 2G; an exact number of bytes when no unit divides it. */
char *size_text(struct arena *arena, uint64_t bytes);

/* Of `count` words the nearest to `word` that could be a slip for it, or NULL. */
const char *nearest_word(const char *word, const char *const *words, size_t count);

#endif
