/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that a subcommand makes: written beside its place and moved there when it is whole, so
 * that a failure, a full disk or an interrupt leaves what was there before, and nothing half-made.
 */
#ifndef BULKHEAD_OUTPUT_H
#define BULKHEAD_OUTPUT_H

#include <stdbool.h>

enum { OUTPUT_PATH_BYTES = 4096 };

struct output {
    const char *path;
    char temporary[OUTPUT_PATH_BYTES];
    int file; /* to write to, -1: none */
};

/*
 * Opens the file that is to become `path`, for reading and writing. One at a time. False, said on
 * stderr: the folder cannot be written, or `path` is there and is no regular file.
 */
bool output_open(struct output *output, const char *path);

/* Ends it: moves the file to its place if `good`, else removes it. False, said on stderr, if that
 * failed; true for one that was not good. */
bool output_close(struct output *output, bool good);

/* Makes a folder, and those above it, if it is not there; false: errno says why not. */
bool folder_make(const char *path);

/* Whether `path` is the file `input`, by whatever names; said on stderr. */
bool output_is_input(const char *path, const char *input);

#endif
