/* SPDX-License-Identifier: Apache-2.0 */
/* What a site requires between two of its levels: the file behind `bulkhead cascade --table`. */
#ifndef BULKHEAD_CASCADE_TABLE_H
#define BULKHEAD_CASCADE_TABLE_H

#include "tools/manifest/check.h"

enum { TABLE_LEVELS = 32, ASSURANCE_MAX = 1000 };

struct cascade_table {
    uint32_t level_count;
    const char *levels[TABLE_LEVELS];              /* lowest first */
    uint32_t required[TABLE_LEVELS][TABLE_LEVELS]; /* from, to; upwards 0 */
    uint32_t category; /* where the receiver lacks a category of the sender */
};

/* Downwards and between categories nothing is allowed, whatever the assurance. */
void cascade_table_deny(struct cascade_table *table);

/*
 * Reads the table; what it does not say stays denied. Findings are reported in `check`, whose
 * arena holds the names. Returns false with a message on stderr if the file cannot be read.
 */
bool cascade_table_read(struct check *check, const char *path, struct cascade_table *table);

/* The index of a level, TABLE_LEVELS if the table has none of that name. */
uint32_t cascade_table_level(const struct cascade_table *table, const char *name);

#endif
