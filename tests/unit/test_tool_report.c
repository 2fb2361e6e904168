/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead report`: what it says is what the manifest says, nothing that somebody wrote becomes
 * markup. Runs in the root of the tree.
 */
#include "report_world.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTILE "<script>alert(1)</script> & | `x` *y* [l](https://evil.example) \\\" 'q'"
#define HOSTILE_TEXTS                                                                              \
    START "levels: [low, high]\n"                                                                  \
          "mixed_levels: {accepted_by: \"" HOSTILE "\", reason: \"" HOSTILE                        \
          "\", until: 2027-06-30}\n"                                                               \
          "unsafe: [{allow: split-core, reason: \"" HOSTILE                                        \
          "\"}]\ndomains:\n" BODY("one", "    label: {level: low}\n    hardened: {by: \"" HOSTILE  \
                                         "\", date: 2026-01-01}\n")                                \
              BODY("two", "    label: {level: high}\n")

static void every_section_is_there(void **state)
{
    static const char *const titles[] = {
        "Classification",       "Acceptances and reviews",  "Unsafe keys",
        "Access matrix",        "Networks and cabling",     "Domains and what they own",
        "Roles and operations", "Start order and recovery", "Shared resources",
        "Attack surface",       "Payload digests",          "Lines of code"};

    (void)state;
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = report_text(PATHS, markdown), *again = report_text(PATHS, markdown);

        assert_string_equal(text, again);
        for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
            bool found = false;

            for (int number = 1; number <= 12 && !found; number++) {
                char line[128];

                snprintf(line, sizeof(line), markdown ? "\n## %d %s\n" : "\">%d %s</h2>", number,
                         titles[i]);
                found = strstr(text, line) != NULL;
            }
            if (!found)
                fail_msg("no section %s", titles[i]);
        }
        free(text);
        free(again);
    }
}

static void texts_are_no_markup(void **state)
{
    char *html = report_text(HOSTILE_TEXTS, false), *markdown = report_text(HOSTILE_TEXTS, true);

    (void)state;
    lacks(html, "<script");
    has(html, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; | `x`");
    has(html, "&quot; &#39;q&#39;");
    has(html, "<strong>UNSAFE:</strong> split-core");
    lacks(html, "src=");
    lacks(html, "href=\"h");
    lacks(markdown, "<script");
    has(markdown, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; \\| \\`x\\` \\*y\\* "
                  "\\[l\\](https\\://evil.example)");
    has(markdown, "**UNSAFE:** split-core");
    free(html);
    free(markdown);
}

static void control_characters_are_shown(void **state)
{
    static const char *const heads[] = {"\x1b[2J", "two"};
    struct arena arena = {0};
    struct page page = {.arena = &arena, .title = "</title>\x07", .banner = "a\"}<b\n"};

    (void)state;
    page_section(&page, "\r<b>");
    page_say(&page, MARK_NOTE,
             "\xe2\x80\xae"
             "right\xff");
    page_table(&page, 2, heads);
    page_cell(&page, MARK_HEAD, "a\nb|c");
    page_cell(&page, MARK_CODE, "\x7f");
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = write_page(&page, markdown);

        for (const char *at = text; *at; at++)
            assert_true(*at == '\n' || (unsigned char)*at >= 0x20);
        lacks(text, "\x7f");
        lacks(text, "\xe2\x80\xae");
        lacks(text, "<b>");
        has(text, markdown ? "\\\\x1b\\[2J" : "\\x1b[2J");
        has(text, markdown ? "| **a<br>b\\|c** |" : "<div>a</div><div>b|c</div>");
        free(text);
    }
    char *html = write_page(&page, false);
    has(html, "content:\"a\\000022\\00007d\\00003cb\\00000a\"");
    free(html);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_section_is_there),
        cmocka_unit_test(texts_are_no_markup),
        cmocka_unit_test(control_characters_are_shown),
    };

    return cmocka_run_group_tests_name("tool_report", tests, NULL, NULL);
}
