/* SPDX-License-Identifier: Apache-2.0 */
/* Tables. */
#include "table.h"
#include "words.h"

#include <stdbool.h>
#include <string.h>

enum { KEY_COLUMNS = 15, GAP = 2 };

struct table_row {
    struct table_row *next;
    const char *cells[TABLE_COLUMNS]; /* safe */
};

static unsigned columns_of(const char *text)
{
    unsigned count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

void rows_open(struct table *table, struct arena *arena, unsigned columns,
               const char *const *titles)
{
    *table = (struct table){.arena = arena, .columns = columns};
    table->end = &table->first;
    rows_add(table, titles);
}

void rows_add(struct table *table, const char *const *cells)
{
    struct table_row *row = arena_take(table->arena, sizeof(*row));

    for (unsigned i = 0; i < table->columns; i++) {
        bool last = i + 1 == table->columns;

        row->cells[i] = safe_text(table->arena, cells[i] && *cells[i] ? cells[i] : "-",
                                  last ? LAST_CHARACTERS : CELL_CHARACTERS);
    }
    *table->end = row;
    table->end = &row->next;
}

void rows_print(const struct table *table, FILE *out)
{
    unsigned widths[TABLE_COLUMNS] = {0};

    for (const struct table_row *row = table->first; row; row = row->next) {
        for (unsigned i = 0; i < table->columns; i++) {
            unsigned width = columns_of(row->cells[i]);

            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    for (const struct table_row *row = table->first; row; row = row->next) {
        for (unsigned i = 0; i < table->columns; i++) {
            bool last = i + 1 == table->columns;

            fprintf(out, "%s%*s", row->cells[i],
                    last ? 0 : (int)(widths[i] - columns_of(row->cells[i]) + GAP), "");
        }
        fputc('\n', out);
    }
}

void pair_print(FILE *out, const char *key, const char *value)
{
    if (!value)
        return;
    fprintf(out, "%-*s ", KEY_COLUMNS, key);
    put_safely(out, value);
    fputc('\n', out);
}
