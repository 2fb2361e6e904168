/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that lives as long as one command, and the texts made in it. */
#include "text.h"

#include "tool.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 64 << 10, QUOTE_CHARACTERS = 60, WORD_MAX = 64 };

struct arena_block {
    struct arena_block *next;
    size_t used, room;
    max_align_t content[];
};

void *arena_take(struct arena *arena, size_t bytes)
{
    size_t unit = sizeof(max_align_t);
    struct arena_block *block = arena->blocks;

    bytes = (bytes + unit - 1) / unit * unit;
    if (!block || block->room - block->used < bytes) {
        size_t room = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;

        block = calloc(1, sizeof(*block) + room);
        if (!block) {
            fprintf(stderr, "bulkhead: out of memory\n");
            exit(EXIT_ENVIRONMENT);
        }
        block->room = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *taken = (char *)block->content + block->used;
    block->used += bytes;
    return taken;
}

size_t arena_bytes(const struct arena *arena)
{
    size_t bytes = 0;

    for (const struct arena_block *block = arena->blocks; block; block = block->next)
        bytes += block->used;
    return bytes;
}

void arena_free(struct arena *arena)
{
    for (struct arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}

char *say(struct arena *arena, const char *text, ...)
{
    va_list args;

    va_start(args, text);
    int length = vsnprintf(NULL, 0, text, args);
    va_end(args);
    char *out = arena_take(arena, length < 0 ? 1 : (size_t)length + 1);
    if (length > 0) {
        va_start(args, text);
        vsnprintf(out, (size_t)length + 1, text, args);
        va_end(args);
    }
    return out;
}

size_t utf8_sequence(const unsigned char *text, size_t left, uint32_t *code)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t bytes = text[0] < 0x80    ? 1
                   : text[0] < 0xc2  ? 0
                   : text[0] < 0xe0  ? 2
                   : text[0] < 0xf0  ? 3
                   : text[0] <= 0xf4 ? 4
                                     : 0;

    if (bytes == 0 || bytes > left)
        return 0;
    *code = bytes == 1 ? text[0] : text[0] & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (text[i] & 0x3f);
    }
    bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
    return *code < lowest[bytes] || *code > 0x10ffff || surrogate ? 0 : bytes;
}

bool is_steering(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c ||
           (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
           (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

bool is_visible(uint32_t code)
{
    static const uint32_t blanks[] = {0x20,   0xa0,   0xad,   0x34f,  0x115f, 0x1160, 0x1680,
                                      0x180e, 0x202f, 0x205f, 0x2800, 0x3000, 0x3164, 0xffa0};

    for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
        if (code == blanks[i])
            return false;
    }
    return !is_steering(code) && !(code >= 0x2000 && code <= 0x200a);
}

size_t escape_character(const char *text, size_t left, char out[17])
{
    uint32_t code = 0;
    size_t bytes = utf8_sequence((const unsigned char *)text, left, &code);

    if (bytes != 0 && !is_steering(code)) {
        memcpy(out, text, bytes);
        out[bytes] = 0;
        return bytes;
    }
    if (bytes == 0)
        bytes = 1;
    for (size_t i = 0; i < bytes; i++)
        snprintf(out + 4 * i, 5, "\\x%02x", (unsigned char)text[i]);
    return bytes;
}

char *quote(struct arena *arena, const char *text, size_t bytes)
{
    char out[QUOTE_CHARACTERS * 17 + 1] = "";
    size_t room = sizeof(out) - 1, length = 0, shown = 0;

    while (bytes > 0 && shown++ < QUOTE_CHARACTERS) {
        char character[17];
        size_t step = escape_character(text, bytes, character);

        length += (size_t)snprintf(out + length, room - length, "%s%s", *text == '"' ? "\\" : "",
                                   character);
        text += step;
        bytes -= step;
    }
    return say(arena, "\"%s%s\"", out, bytes > 0 ? "..." : "");
}

void put_safely(FILE *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        char character[17];
        size_t step = escape_character(text, left, character);

        fputs(character, out);
        text += step;
        left -= step;
    }
}

char *size_text(struct arena *arena, uint64_t bytes)
{
    static const char units[] = "\0KMGT";
    size_t unit = 0;

    while (bytes != 0 && bytes % 1024 == 0 && unit < 4) {
        bytes /= 1024;
        unit++;
    }
    return say(arena, "%llu%.1s", (unsigned long long)bytes, units + unit);
}

/* Edit distance in which two swapped neighbours count once. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][WORD_MAX + 1], a_length = strlen(a), b_length = strlen(b);

    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];

        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

            if (above[j] + 1 < best)
                best = above[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
    }
    return rows[a_length % 3][b_length];
}

const char *nearest_word(const char *word, const char *const *words, size_t count)
{
    size_t length = strlen(word), best = length / 3 + 1;
    const char *found = NULL;
    bool several = false;

    if (length == 0 || length > WORD_MAX)
        return NULL;
    if (length <= 3)
        best = 1; /* of a short word two letters are most of it */
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(words[i]);

        if (other > WORD_MAX)
            continue;
        /* A word that was cut off or carried on is a likely slip at any distance. */
        bool prefix = length >= 3 && strncmp(word, words[i], length < other ? length : other) == 0;
        size_t apart = prefix && other >= 3 ? 1 : distance(word, words[i]);
        if (apart < best || (!found && apart == best && apart < other)) {
            best = apart;
            found = words[i];
            several = false;
        } else if (found && apart == best) {
            several = true;
        }
    }
    return several ? NULL : found; /* which of several was meant is not for us to say */
}
