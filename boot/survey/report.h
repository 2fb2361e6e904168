/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a survey's text as kernel/abi/survey.h has it. */
#ifndef BULKHEAD_BOOT_SURVEY_REPORT_H
#define BULKHEAD_BOOT_SURVEY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/* Starts the text. `sink` takes it, and says false when it can't; `print` shows words to people. */
void report_begin(bool (*sink)(const char *bytes, size_t count), void (*print)(const char *text));

/* Words for people: on the screen, and in the text as a remark. One line. */
void report_say(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* A path for the next call, of SURVEY_PATH_MOST bytes at most. */
const char *report_path(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* A folder; a file of one line; a file of lines, which report_more() adds one by one. */
void report_folder(const char *path);
void report_line(const char *path, const char *text, ...) __attribute__((format(printf, 2, 3)));
void report_text(const char *path);
void report_more(const char *text, ...) __attribute__((format(printf, 1, 2)));

/* A file of `count` bytes; one of none, or of more than SURVEY_DATA_MOST, is left out. */
void report_data(const char *path, const void *bytes, size_t count);

/* The last line. Returns whether the sink took all. */
bool report_end(void);

#endif
