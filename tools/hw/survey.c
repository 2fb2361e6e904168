/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a survey, read defensively: a file that went through mail and editors. */
#include "survey.h"

#include "kernel/abi/survey.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS_MOST = 65536, ALL_MOST = 64 << 20, DIGITS_MOST = 10 };

struct reader {
    struct arena *arena;
    const char *at, *end; /* what is not read yet */
    uint32_t line;
    struct survey *out;
    size_t taken; /* bytes of all files */
};

/* The next line without its end; false: there is none. */
static bool next_line(struct reader *reader, const char **line, size_t *count)
{
    size_t left = (size_t)(reader->end - reader->at);
    const char *feed = left > 0 ? memchr(reader->at, '\n', left) : NULL;

    if (!feed)
        return false;
    *line = reader->at;
    *count = (size_t)(feed - reader->at);
    if (*count > 0 && (*line)[*count - 1] == '\r')
        --*count;
    reader->at = feed + 1;
    reader->line++;
    return true;
}

/* The same if the line belongs to the record above it; words for people between are passed over. */
static bool next_part(struct reader *reader, const char **line, size_t *count)
{
    while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '#')) {
        bool part = *reader->at == ' ';

        if (!next_line(reader, line, count))
            return false;
        if (part) {
            ++*line;
            --*count;
            return true;
        }
    }
    return false;
}

/* Takes the word `name` and the blank behind it off the line. */
static bool take_word(const char **line, size_t *count, const char *name)
{
    size_t length = strlen(name);

    if (*count <= length || memcmp(*line, name, length) != 0 || (*line)[length] != ' ')
        return false;
    *line += length + 1;
    *count -= length + 1;
    return true;
}

/* Takes a number off the line, up to a blank or its end. */
static bool take_number(const char **line, size_t *count, unsigned base, uint64_t *out)
{
    size_t digits = 0;

    for (*out = 0; digits < *count && (*line)[digits] != ' '; digits++) {
        char c = (*line)[digits];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                                : base;

        if (digit >= base || digits == DIGITS_MOST)
            return false;
        *out = *out * base + digit;
    }
    *line += digits;
    *count -= digits;
    return digits > 0;
}

/* A path leads nowhere but down: no empty part, none that begins with a point. */
static const char *take_path(struct reader *reader, const char **line, size_t *count)
{
    size_t length = 0;
    const char *path = *line;

    for (char before = '/'; length < *count && path[length] != ' '; before = path[length++]) {
        char c = path[length];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

        if (!letter && (c == 0 || !strchr("/._:-", c)))
            return NULL;
        if (before == '/' && (c == '/' || c == '.'))
            return NULL;
    }
    if (length == 0 || length > SURVEY_PATH_MOST || path[length - 1] == '/')
        return NULL;
    *line += length;
    *count -= length;
    return say(reader->arena, "%.*s", (int)length, path);
}

/* Room for a file's bytes, zeros; NULL: all together would be too many. */
static uint8_t *take_room(struct reader *reader, size_t count)
{
    if (count > ALL_MOST - reader->taken)
        return NULL;
    reader->taken += count;
    return arena_take(reader->arena, count + 1);
}

static const char *read_data(struct reader *reader, uint64_t size, struct survey_file *file)
{
    const char *line;
    size_t count;
    uint8_t *bytes = size <= SURVEY_DATA_MOST ? take_room(reader, size) : NULL;

    if (!bytes)
        return "has more bytes than a machine";
    *file = (struct survey_file){file->path, bytes, size};
    for (uint64_t from = 0, at; next_part(reader, &line, &count); from = at) {
        if (!take_number(&line, &count, 16, &at) || at < from || count < 3 || *line != ' ')
            return "has no offset where one belongs";
        for (line++, count--; count >= 2; line += 2, count -= 2) {
            const char *digits = line;
            size_t two = 2;
            uint64_t byte;

            if (!take_number(&digits, &two, 16, &byte) || two != 0 || at >= size)
                return "has a byte too many, or none that is one";
            bytes[at++] = (uint8_t)byte;
        }
        if (count != 0)
            return "has half a byte";
    }
    return NULL;
}

static const char *read_text(struct reader *reader, struct survey_file *file)
{
    const char *line, *start = reader->at;
    size_t count, used = 0;
    uint8_t *bytes;

    while (next_part(reader, &line, &count))
        ;
    bytes = take_room(reader, (size_t)(reader->at - start));
    if (!bytes)
        return "has more bytes than a machine";
    for (reader->at = start; next_part(reader, &line, &count);) {
        memcpy(bytes + used, line, count);
        used += count;
        bytes[used++] = '\n';
    }
    *file = (struct survey_file){file->path, bytes, used};
    return NULL;
}

static const char *read_record(struct reader *reader, const char *line, size_t count)
{
    static const char *const kinds[] = {"folder", "line", "text", "data"};
    struct survey_file file = {0};
    const char *complaint = NULL;
    uint64_t size = 0;
    size_t kind = 0;

    while (kind < 4 && !take_word(&line, &count, kinds[kind]))
        kind++;
    if (kind == 4)
        return "has a line that is none of a survey";
    file.path = take_path(reader, &line, &count);
    if (!file.path)
        return "has a path that is none";
    if (kind == 1) {
        uint8_t *bytes = count > 0 ? take_room(reader, count) : NULL;

        if (!bytes)
            return "has a line without a text, or more bytes than a machine";
        memcpy(bytes, line + 1, count - 1);
        bytes[count - 1] = '\n';
        file.bytes = bytes;
        file.count = count;
    } else if (kind == 3) {
        line += count > 0;
        count -= count > 0;
        if (!take_number(&line, &count, 10, &size) || count != 0)
            return "does not say how many bytes follow";
        complaint = read_data(reader, size, &file);
    } else if (count != 0) {
        return "has words behind a path";
    } else if (kind == 2) {
        complaint = read_text(reader, &file);
    }
    if (reader->out->count == RECORDS_MOST)
        return "has more files than a machine";
    reader->out->files[reader->out->count++] = file;
    return complaint;
}

/* What is in a folder follows it at once, before names that are longer: a slash is the least. */
static int by_path(const void *left, const void *right)
{
    const char *one = ((const struct survey_file *)left)->path;
    const char *other = ((const struct survey_file *)right)->path;

    while (*one && *one == *other) {
        one++;
        other++;
    }
    return (*one == '/' ? 1 : (unsigned char)*one) - (*other == '/' ? 1 : (unsigned char)*other);
}

/* Two files in one place: which is the machine's? */
static bool has_twice(const struct survey *survey)
{
    for (uint32_t i = 1; i < survey->count; i++) {
        if (strcmp(survey->files[i - 1].path, survey->files[i].path) == 0)
            return true;
    }
    return false;
}

const char *survey_open(struct arena *arena, const char *text, size_t count, struct survey *out,
                        uint32_t *line_number)
{
    struct reader reader = {.arena = arena, .at = text, .end = text + count, .out = out};
    uint32_t lines = 0;
    const char *line, *complaint = NULL;
    size_t length;
    uint64_t records;

    *line_number = 1;
    for (size_t i = 0; i < count && lines < RECORDS_MOST; i++)
        lines += text[i] == '\n';
    *out = (struct survey){.files = arena_take(arena, (lines + 1) * sizeof(*out->files))};
    if (!next_line(&reader, &line, &length) || length != strlen(SURVEY_FIRST) ||
        memcmp(line, SURVEY_FIRST, length) != 0)
        return "is neither a folder nor a survey of this version (\"" SURVEY_FIRST "\")";
    while (!complaint && next_line(&reader, &line, &length)) {
        *line_number = reader.line;
        if (length == 0 || *line == '#')
            continue;
        if (take_word(&line, &length, "end")) {
            if (!take_number(&line, &length, 10, &records) || length != 0 || records != out->count)
                return "has lost a part, or has one too many";
            qsort(out->files, out->count, sizeof(*out->files), by_path);
            return has_twice(out) ? "has one file twice" : NULL;
        }
        complaint = read_record(&reader, line, length);
        *line_number = reader.line;
    }
    return complaint ? complaint : "is cut off: its last line is not there";
}

const struct survey_file *survey_find(const struct survey *survey, const char *path)
{
    struct survey_file wanted = {.path = path};
    const struct survey_file *found =
        survey->count == 0
            ? NULL
            : bsearch(&wanted, survey->files, survey->count, sizeof(wanted), by_path);

    errno = ENOENT;
    return found;
}

/* Whether `path` is below `folder`. */
static bool is_in(const char *path, const char *folder)
{
    size_t length = strlen(folder);

    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

bool survey_has_folder(const struct survey *survey, const char *path)
{
    const struct survey_file *file = survey_find(survey, path);

    if (file)
        return !file->bytes;
    for (uint32_t i = 0; i < survey->count; i++) {
        if (is_in(survey->files[i].path, path))
            return true;
    }
    return false;
}

const char *survey_name(const struct survey *survey, const char *path, uint32_t *next,
                        size_t *length)
{
    while (*next < survey->count) {
        const char *file = survey->files[(*next)++].path;

        if (!is_in(file, path))
            continue;
        file += strlen(path) + 1;
        *length = strcspn(file, "/");
        return file;
    }
    return NULL;
}
