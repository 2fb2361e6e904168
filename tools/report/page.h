/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A document of sections, paragraphs and tables, and its two writers. Texts are plain: a writer
 * escapes everything, so no text can be markup, a link or a control sequence.
 */
#ifndef BULKHEAD_REPORT_PAGE_H
#define BULKHEAD_REPORT_PAGE_H

#include "tools/text.h"
#include <stdbool.h>

/* What a paragraph or cell is beside its words. Each is shown by a word or sign, not colour alone.
 */
enum mark {
    MARK_PLAIN,
    MARK_HEAD,   /* names its row */
    MARK_CODE,   /* a path, digest or other text to compare letter by letter */
    MARK_NUMBER, /* aligned right */
    MARK_NOTE,   /* a reader must not miss it */
    MARK_UNSAFE, /* weaker than it should be */
    MARK_ALARM,  /* says so itself */
    MARK_BLANK,  /* to be filled in by hand */
};

enum { PAGE_COLUMNS = 24 };

struct cell {
    enum mark mark;
    const char *text; /* a new line in it separates entries */
};

struct row {
    struct row *next;
    struct cell cells[PAGE_COLUMNS];
};

enum block_kind { BLOCK_SECTION, BLOCK_PARAGRAPH, BLOCK_TABLE };

struct block {
    struct block *next;
    enum block_kind kind;
    enum mark mark;   /* of a paragraph */
    const char *text; /* a section's title, a paragraph */
    uint32_t columns; /* of a table; row `head` names them */
    struct row head, *rows, *last;
};

struct page {
    struct arena *arena;
    const char *title, *banner; /* the banner stands above and below, and on each printed page */
    struct block *blocks, *last;
    uint32_t filled; /* cells of the row that is being written */
};

void page_section(struct page *page, const char *title);
void page_say(struct page *page, enum mark mark, const char *text);

/* A table with `columns` columns; then its cells, row after row. */
void page_table(struct page *page, uint32_t columns, const char *const *heads);
void page_cell(struct page *page, enum mark mark, const char *text);

/* The word that stands before what is marked, "" for most. */
const char *mark_word(enum mark mark);

void page_html(const struct page *page, FILE *out);
void page_markdown(const struct page *page, FILE *out);

#endif
