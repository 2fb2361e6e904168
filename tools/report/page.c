/* SPDX-License-Identifier: Apache-2.0 */
/* A document in memory. */
#include "page.h"

static struct block *add(struct page *page, enum block_kind kind, enum mark mark, const char *text)
{
    struct block *block = arena_take(page->arena, sizeof(*block));

    *block = (struct block){.kind = kind, .mark = mark, .text = text};
    *(page->last ? &page->last->next : &page->blocks) = block;
    page->last = block;
    return block;
}

void page_section(struct page *page, const char *title)
{
    add(page, BLOCK_SECTION, MARK_PLAIN, title);
}

void page_say(struct page *page, enum mark mark, const char *text)
{
    add(page, BLOCK_PARAGRAPH, mark, text);
}

void page_table(struct page *page, uint32_t columns, const char *const *heads)
{
    struct block *table = add(page, BLOCK_TABLE, MARK_PLAIN, NULL);

    table->columns = columns;
    for (uint32_t i = 0; i < columns; i++)
        table->head.cells[i].text = heads[i];
    page->filled = 0;
}

void page_cell(struct page *page, enum mark mark, const char *text)
{
    struct block *table = page->last;

    if (page->filled == 0) {
        struct row *row = arena_take(page->arena, sizeof(*row));

        *(table->last ? &table->last->next : &table->rows) = row;
        table->last = row;
    }
    table->last->cells[page->filled] = (struct cell){mark, text};
    page->filled = (page->filled + 1) % table->columns;
}

const char *mark_word(enum mark mark)
{
    return mark == MARK_NOTE ? "Note:" : mark == MARK_UNSAFE ? "UNSAFE:" : "";
}
