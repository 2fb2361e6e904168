/* SPDX-License-Identifier: Apache-2.0 */
/* Rows in columns, for a terminal: what is foreign in them can neither steer it nor look like more.
 */
#ifndef BULKHEAD_CTL_TABLE_H
#define BULKHEAD_CTL_TABLE_H

#include "tools/text.h"

enum { TABLE_COLUMNS = 8, CELL_CHARACTERS = 72, LAST_CHARACTERS = 400 };

struct table_row;
struct table {
    struct arena *arena;
    struct table_row *first, **end;
    unsigned columns;
};

/* A table in `arena`; the titles of its columns are its first row. */
void rows_open(struct table *table, struct arena *arena, unsigned columns,
               const char *const *titles);

/* A row of as many cells; NULL stands for "-". */
void rows_add(struct table *table, const char *const *cells);

/*
 * Columns are as wide as their widest cell, which is cut at CELL_CHARACTERS, in the
 * last column at LAST_CHARACTERS.
 */
void rows_print(const struct table *table, FILE *out);

/* "KEY    VALUE", as foreign as it may be; nothing if `value` is NULL. */
void pair_print(FILE *out, const char *key, const char *value);

#endif
