/* SPDX-License-Identifier: Apache-2.0 */
/* A document as one HTML file: no script, nothing from elsewhere, and a style for paper. */
#include "page.h"

#include <string.h>

static const char style_start[] =
    ":root{color-scheme:light}\n"
    "body{font:16px/1.5 system-ui,'Liberation Sans',Arial,sans-serif;color:#1a1a1a;"
    "background:#fff;max-width:68rem;margin:0 auto;padding:0 1.5rem 1.5rem}\n"
    ".banner{text-align:center;font-weight:700;letter-spacing:.06em;border:2px solid #1a1a1a;"
    "padding:.4rem;margin:1rem 0}\n"
    "h1{font-size:1.7rem;line-height:1.2;margin:1.2rem 0 .6rem}\n"
    "h2{font-size:1.2rem;margin:2.2rem 0 .5rem;padding-bottom:.2rem;border-bottom:1px solid #777}\n"
    "p{margin:.5rem 0;max-width:46rem}\n"
    "nav ol{columns:2;margin:.5rem 0}nav a{color:#003e80}\n"
    ".wide{overflow-x:auto}\n"
    "table{border-collapse:collapse;margin:.7rem 0;font-size:.88rem;line-height:1.4}\n"
    "th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top;"
    "overflow-wrap:break-word}\n"
    "thead th{background:#e9ecef}tbody th{background:#f6f7f8}\n"
    ".code{font-family:ui-monospace,'Liberation Mono',monospace;font-size:.9em;"
    "overflow-wrap:anywhere}td.code{min-width:6rem}\n"
    ".number{text-align:right;font-variant-numeric:tabular-nums}\n"
    ".note{border-left:4px solid #8a6100;padding-left:.5rem}\n"
    ".unsafe,.alarm{border-left:4px solid #a4001d;padding-left:.5rem}.unsafe{font-weight:700}\n"
    "td.blank{height:2.2rem;min-width:8rem}td div+div{margin-top:.3rem}.date{white-space:nowrap}\n";

static const char style_print[] =
    "@media print{body{font-size:10pt;max-width:none;padding:0}p{max-width:none}"
    "h2{break-after:avoid}tr,p{break-inside:avoid}thead{display:table-header-group}"
    ".wide{overflow:visible}table{font-size:8pt;width:100%}nav a{color:inherit;"
    "text-decoration:none}.many{page:many}.many table{font-size:6.5pt;table-layout:fixed}"
    ".many th,.many td{padding:.15rem;overflow-wrap:anywhere}}\n"
    "@page many{size:A4 landscape}\n";

static void put(FILE *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        char character[17];
        size_t step = escape_character(text, left, character);
        const char *entity = *text == '&'    ? "&amp;"
                             : *text == '<'  ? "&lt;"
                             : *text == '>'  ? "&gt;"
                             : *text == '"'  ? "&quot;"
                             : *text == '\'' ? "&#39;"
                                             : character;

        fputs(entity, out);
        text += step;
        left -= step;
    }
}

/*
 * A CSS string: whatever is not plain becomes an escape of its byte, so it cannot end early. The
 * blank behind an escape is part of it.
 */
static void put_css(FILE *out, const char *text)
{
    for (; *text; text++) {
        bool plain = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
                     (*text >= '0' && *text <= '9') || *text == ' ' || *text == '-' || *text == ',';

        fprintf(out, plain ? "%c" : "\\%06x ", (unsigned char)*text);
    }
}

/* The banner at the head and foot of each sheet. */
static void put_margins(const struct page *page, FILE *out)
{
    static const char *const places[] = {"@top-center", "@bottom-left"};

    fputs("@page{size:A4;margin:18mm 14mm", out);
    for (int i = 0; i < 2; i++) {
        fprintf(out, ";%s{font:700 9pt sans-serif;content:\"", places[i]);
        put_css(out, page->banner);
        fputs("\"}", out);
    }
    fputs("@bottom-right{font:9pt sans-serif;content:counter(page) \" / \" counter(pages)}}\n",
          out);
}

static const char *mark_class(enum mark mark)
{
    return mark == MARK_CODE     ? " class=\"code\""
           : mark == MARK_NUMBER ? " class=\"number\""
           : mark == MARK_NOTE   ? " class=\"note\""
           : mark == MARK_UNSAFE ? " class=\"unsafe\""
           : mark == MARK_ALARM  ? " class=\"alarm\""
           : mark == MARK_BLANK  ? " class=\"blank\""
                                 : "";
}

static void put_word(enum mark mark, FILE *out)
{
    if (*mark_word(mark))
        fprintf(out, "<strong>%s</strong> ", mark_word(mark));
}

/* Bytes of the date "2026-10-01" that begins here, or 0. */
static size_t date_at(const char *text)
{
    static const char form[] = "0000-00-00";

    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return 0;
    }
    return sizeof(form) - 1;
}

/* Text whose dates stay in one line. */
static void put_dated(const struct page *page, const char *text, FILE *out)
{
    for (const char *end; *text; text = end + date_at(end)) {
        for (end = text; *end && date_at(end) == 0;)
            end++;
        put(out, say(page->arena, "%.*s", (int)(end - text), text));
        if (*end)
            fprintf(out, "<span class=\"date\">%.*s</span>", (int)date_at(end), end);
    }
}

/* The entries of a cell, a line each. */
static void put_entries(const struct page *page, const char *text, FILE *out)
{
    const char *end = strchr(text, '\n');

    if (!end) {
        put_dated(page, text, out);
        return;
    }
    for (; *text; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        fputs("<div>", out);
        put_dated(page, say(page->arena, "%.*s", (int)(end - text), text), out);
        fputs("</div>", out);
    }
}

static void put_table(const struct page *page, const struct block *table, FILE *out)
{
    fputs("<div class=\"wide\"><table>\n<thead><tr>", out);
    for (uint32_t i = 0; i < table->columns; i++) {
        fputs("<th scope=\"col\">", out);
        put(out, table->head.cells[i].text);
        fputs("</th>", out);
    }
    fputs("</tr></thead>\n<tbody>\n", out);
    for (const struct row *row = table->rows; row; row = row->next) {
        fputs("<tr>", out);
        for (uint32_t i = 0; i < table->columns; i++) {
            const struct cell *cell = &row->cells[i];
            bool head = cell->mark == MARK_HEAD;

            fprintf(out, head ? "<th scope=\"row\"%s>" : "<td%s>", mark_class(cell->mark));
            put_word(cell->mark, out);
            put_entries(page, cell->text, out);
            fputs(head ? "</th>" : "</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

/* Whether a section needs sheets turned on their side, all of it: its head stays with its table. */
static bool is_broad(const struct block *section)
{
    enum { MANY = 8 }; /* columns that an upright sheet has room for */

    for (const struct block *block = section->next; block && block->kind != BLOCK_SECTION;
         block = block->next) {
        if (block->kind == BLOCK_TABLE && block->columns > MANY)
            return true;
    }
    return false;
}

static void put_contents(const struct page *page, FILE *out)
{
    uint32_t number = 0;

    fputs("<nav aria-label=\"Contents\"><ol>\n", out);
    for (const struct block *block = page->blocks; block; block = block->next) {
        if (block->kind != BLOCK_SECTION)
            continue;
        fprintf(out, "<li><a href=\"#s%u\">", ++number);
        put(out, block->text);
        fputs("</a></li>\n", out);
    }
    fputs("</ol></nav>\n", out);
}

static void put_banner(const struct page *page, FILE *out)
{
    fputs("<div class=\"banner\">", out);
    put(out, page->banner);
    fputs("</div>\n", out);
}

static void put_blocks(const struct page *page, FILE *out)
{
    uint32_t number = 0;

    for (const struct block *block = page->blocks; block; block = block->next) {
        if (block->kind == BLOCK_TABLE) {
            put_table(page, block, out);
        } else if (block->kind == BLOCK_SECTION) {
            fprintf(out, "%s<section%s>\n<h2 id=\"s%u\">%u ", number > 0 ? "</section>\n" : "",
                    is_broad(block) ? " class=\"many\"" : "", number + 1, number + 1);
            number++;
            put(out, block->text);
            fputs("</h2>\n", out);
        } else {
            fprintf(out, "<p%s>", mark_class(block->mark));
            put_word(block->mark, out);
            put_dated(page, block->text, out);
            fputs("</p>\n", out);
        }
    }
    fputs(number > 0 ? "</section>\n" : "", out);
}

void page_html(const struct page *page, FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "style-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>",
          out);
    put(out, page->title);
    fprintf(out, "</title>\n<style>\n%s%s", style_start, style_print);
    put_margins(page, out);
    fputs("</style>\n</head>\n<body>\n", out);
    put_banner(page, out);
    fputs("<h1>", out);
    put(out, page->title);
    fputs("</h1>\n", out);
    put_contents(page, out);
    put_blocks(page, out);
    put_banner(page, out);
    fputs("</body>\n</html>\n", out);
}
