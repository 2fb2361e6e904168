/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's files in the text of a survey (kernel/abi/survey.h), in place of a folder of them. */
#ifndef BULKHEAD_HW_SURVEY_H
#define BULKHEAD_HW_SURVEY_H

#include "tools/text.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct survey_file {
    const char *path;
    const uint8_t *bytes; /* NULL: a folder */
    size_t count;
};

struct survey {
    struct survey_file *files; /* by path */
    uint32_t count;
};

/* The largest text that is read. */
enum { SURVEY_TEXT_MOST = 16 << 20 };

/*
 * Reads a survey; the arena takes what it holds, and `text` of `count` bytes is not needed any
 * more. Returns NULL, or what is wrong as the rest of a sentence ("is cut off ..."); `line` is
 * where.
 */
const char *survey_open(struct arena *arena, const char *text, size_t count, struct survey *out,
                        uint32_t *line);

/* What is at `path`, a file or a folder; NULL, and errno set: nothing. */
const struct survey_file *survey_find(const struct survey *survey, const char *path);

/* Whether something is there, or below it. */
bool survey_has_folder(const struct survey *survey, const char *path);

/*
 * A name in the folder `path`, the first `length` bytes of what is returned, ascending; one that is
 * a folder comes once for each file below it. NULL: no more. `next` is 0 at first.
 */
const char *survey_name(const struct survey *survey, const char *path, uint32_t *next,
                        size_t *length);

#endif
