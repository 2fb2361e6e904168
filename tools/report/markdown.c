/* SPDX-License-Identifier: Apache-2.0 */
/* A document as Markdown with tables. */
#include "page.h"

#include <string.h>

/* Characters that could begin markup anywhere in a line; HTML's are written as entities. */
static const char special[] = "\\`*_[]|~#";

static void put(FILE *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        char character[17];
        size_t step = escape_character(text, left, character);

        if (*text == '\n')
            fputs("<br>", out);
        else if (*text == '<' || *text == '>' || *text == '&')
            fputs(*text == '<' ? "&lt;" : *text == '>' ? "&gt;" : "&amp;", out);
        else if (step == 1 && character[1] == 0 &&
                 (strchr(special, *text) || (*text == ':' && text[1] == '/')))
            fprintf(out, "\\%c", *text); /* a scheme's colon: no link by itself */
        else
            fprintf(out, "%s%s", character[0] == '\\' ? "\\" : "", character);
        text += step;
        left -= step;
    }
}

static void put_word(enum mark mark, FILE *out)
{
    if (*mark_word(mark))
        fprintf(out, "**%s** ", mark_word(mark));
}

static void put_table(const struct block *table, FILE *out)
{
    for (uint32_t i = 0; i < table->columns; i++) {
        fputs("| ", out);
        put(out, table->head.cells[i].text);
        fputc(' ', out);
    }
    fputs("|\n", out);
    for (uint32_t i = 0; i < table->columns; i++)
        fputs(table->rows && table->rows->cells[i].mark == MARK_NUMBER ? "|--:" : "|---", out);
    fputs("|\n", out);
    for (const struct row *row = table->rows; row; row = row->next) {
        for (uint32_t i = 0; i < table->columns; i++) {
            bool strong = row->cells[i].mark == MARK_HEAD && *row->cells[i].text;

            fprintf(out, "| %s", strong ? "**" : "");
            put_word(row->cells[i].mark, out);
            put(out, row->cells[i].text);
            fputs(strong ? "** " : " ", out);
        }
        fputs("|\n", out);
    }
    fputc('\n', out);
}

void page_markdown(const struct page *page, FILE *out)
{
    uint32_t number = 0;

    fputs("**", out);
    put(out, page->banner);
    fputs("**\n\n# ", out);
    put(out, page->title);
    fputs("\n\n", out);
    for (const struct block *block = page->blocks; block; block = block->next) {
        if (block->kind == BLOCK_TABLE) {
            put_table(block, out);
            continue;
        }
        if (block->kind == BLOCK_SECTION)
            fprintf(out, "## %u ", ++number);
        put_word(block->mark, out);
        put(out, block->text);
        fputs("\n\n", out);
    }
    fputs("**", out);
    put(out, page->banner);
    fputs("**\n", out);
}
