/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is written. */
#ifndef BULKHEAD_JSON_H
#define BULKHEAD_JSON_H

#include <stdio.h>

/*
 * Writes `text` as a JSON string in plain ASCII: every other character as \u escapes, and broken
 * UTF-8 as U+FFFD.
 */
void json_string(FILE *out, const char *text);

#endif
