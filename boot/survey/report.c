/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a survey: see the header. */
#include "report.h"
#include "kernel/abi/survey.h"
#include "kernel/format.h"
#include <stdint.h>
#include <string.h>

enum { LINE_BYTES = 1024 };

static struct {
    bool (*sink)(const char *bytes, size_t count);
    void (*print)(const char *text);
    bool failed;
    uint32_t records;
} report;

static void put(const char *text)
{
    if (!report.failed && !report.sink(text, strlen(text)))
        report.failed = true;
}

/* Texts of firmware and processor come through here: what is no printing character ends no line. */
static void put_line(const char *before, const char *text, va_list args)
{
    char line[LINE_BYTES];
    vformat(line, sizeof(line), text, args);
    for (char *at = line; *at; at++)
        if ((*at < ' ' && *at != '\t') || *at > '~')
            *at = '?';
    put(before);
    put(line);
    put("\n");
}

static void put_format(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    put_line("", text, args);
    va_end(args);
}

void report_begin(bool (*sink)(const char *bytes, size_t count), void (*print)(const char *text))
{
    report.sink = sink;
    report.print = print;
    report.failed = false;
    report.records = 0;
    put(SURVEY_FIRST "\n");
}

void report_say(const char *text, ...)
{
    char line[LINE_BYTES];
    va_list args;
    va_start(args, text);
    vformat(line, sizeof(line), text, args);
    va_end(args);
    put_format("# %s", line);
    report.print(line);
    report.print("\n");
}

const char *report_path(const char *text, ...)
{
    static char path[SURVEY_PATH_MOST + 1];
    va_list args;
    va_start(args, text);
    vformat(path, sizeof(path), text, args);
    va_end(args);
    return path;
}

void report_folder(const char *path)
{
    report.records++;
    put_format("folder %s", path);
}

void report_line(const char *path, const char *text, ...)
{
    va_list args;
    report.records++;
    put("line ");
    put(path);
    va_start(args, text);
    put_line(" ", text, args);
    va_end(args);
}

void report_text(const char *path)
{
    report.records++;
    put_format("text %s", path);
}

void report_more(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    put_line(" ", text, args);
    va_end(args);
}

void report_data(const char *path, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    static const uint8_t zeros[SURVEY_ROW];
    if (count == 0 || count > SURVEY_DATA_MOST)
        return;
    report.records++;
    put_format("data %s %lu", path, (uint64_t)count);
    for (size_t at = 0; at < count; at += SURVEY_ROW) {
        size_t row = count - at < SURVEY_ROW ? count - at : SURVEY_ROW;
        char hex[2 * SURVEY_ROW + 1] = "";
        if (memcmp(from + at, zeros, row) == 0)
            continue;
        for (size_t i = 0; i < row; i++)
            format(hex + 2 * i, sizeof(hex) - 2 * i, "%02x", from[at + i]);
        put_format(" %lx %s", (uint64_t)at, hex);
    }
}

bool report_end(void)
{
    put_format("end %u", report.records);
    return !report.failed;
}
