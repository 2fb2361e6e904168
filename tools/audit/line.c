/* SPDX-License-Identifier: Apache-2.0 */
/* A line of a trail: what its bytes say, and what the console says of them. */
#include "line.h"
#include "guests/console/words.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *audit_kind_word(uint64_t kind)
{
    return kind != 0 && kind < AUDIT_KINDS ? word_of_record(kind) : NULL;
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Exactly `bytes` bytes, in lower case: one record has one form. */
static bool read_hex(const json_t *value, void *to, size_t bytes)
{
    const char *text = json_string_value(value);
    if (!text || json_string_length(value) != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ((uint8_t *)to)[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool read_number(const json_t *value, uint64_t *to)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return false;
    *to = (uint64_t)json_integer_value(value);
    return true;
}

/* A text, or null, which becomes an empty one. */
static bool read_text(const json_t *value, char *to, size_t room)
{
    *to = 0;
    if (json_is_null(value))
        return true;
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text || length == 0 || length >= room || strlen(text) != length)
        return false;
    memcpy(to, text, length + 1);
    return true;
}

/* 2026-11-30T10:15:00.123Z, with or without milliseconds. */
static bool read_time(const json_t *value, int64_t *to)
{
    struct tm tm = {0};
    unsigned milliseconds = 0;
    *to = AUDIT_TIME_UNKNOWN;
    if (json_is_null(value))
        return true;
    const char *text = json_string_value(value);
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
    int used = 0;
    if (rest && *rest == '.' && sscanf(rest, ".%3u%n", &milliseconds, &used) == 1)
        rest += used;
    if (!rest || strcmp(rest, "Z") != 0)
        return false;
    *to = (int64_t)timegm(&tm) * 1000 + milliseconds;
    return true;
}

static const char *read_object(const json_t *object, struct audit_line *line)
{
    const json_t *lost = json_object_get(object, "lost");
    if (lost)
        return read_number(lost, &line->lost) && line->lost > 0 && json_object_size(object) == 1
                   ? NULL
                   : "`lost` is not a number alone";
    if (!read_hex(json_object_get(object, "record"), &line->record, AUDIT_BODY_BYTES))
        return "`record` is not 128 hexadecimal digits";
    if (!read_hex(json_object_get(object, "hash"), line->record.hash, DIGEST_BYTES))
        return "`hash` is not 64 hexadecimal digits";
    if (!read_number(json_object_get(object, "number"), &line->number))
        return "`number` is no number";
    if (!read_text(json_object_get(object, "kind"), line->kind, sizeof(line->kind)))
        return "`kind` is no word";
    if (!read_text(json_object_get(object, "domain"), line->domain, sizeof(line->domain)))
        return "`domain` is neither null nor a name";
    if (!read_time(json_object_get(object, "time"), &line->time))
        return "`time` is neither null nor a time";
    const json_t *words = json_object_get(object, "text");
    if (!json_is_string(words))
        return "there is no `text`";
    if (!read_text(words, line->text, sizeof(line->text)))
        *line->text = 0;
    return NULL;
}

const char *audit_line_read(const char *text, size_t bytes, struct audit_line *line)
{
    *line = (struct audit_line){0};
    json_t *object =
        bytes <= AUDIT_LINE_BYTES ? json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL) : NULL;
    const char *wrong = json_is_object(object) ? read_object(object, line) : "it is no JSON object";
    json_decref(object);
    return wrong;
}
