/* SPDX-License-Identifier: Apache-2.0 */
/* One line of an audit trail as a console tells it (docs/console-api.md, "A record"). */
#ifndef BULKHEAD_AUDIT_LINE_H
#define BULKHEAD_AUDIT_LINE_H

#include "wording.h"
#include <stddef.h>

enum { AUDIT_LINE_BYTES = 8192, AUDIT_TIME_UNKNOWN = -1 };

struct audit_line {
    uint64_t lost; /* not 0: no record, but so many were not to be had any more */
    struct audit_record record;
    /* The console's reading of it. */
    uint64_t number;
    char kind[32];
    char domain[NAME_BYTES];  /* empty: null */
    int64_t time;             /* milliseconds since 1970, or AUDIT_TIME_UNKNOWN */
    char text[WORDING_BYTES]; /* empty: longer than a console's */
};

/* Reads the line `text`, of `bytes` bytes without its end. NULL, or what is wrong with it. */
const char *audit_line_read(const char *text, size_t bytes, struct audit_line *line);

/* The word for a kind of record; NULL: none that is known. */
const char *audit_kind_word(uint64_t kind);

#endif
