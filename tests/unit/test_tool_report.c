/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead report`: the paths that it shows are exactly those of a manifest (I5), nothing that
 * somebody wrote becomes markup. Runs in the root of the tree.
 */
#include "../../tools/report/access.h"
#include "../../tools/report/report.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BODY(name, more)                                                                           \
    "  - name: " name "\n    cpus: 1\n    memory: 64M\n"                                           \
    "    boot: {elf64: build/fixtures/good.elf}\n" more
#define START "host: gate\n"
#define ALONE START "domains:\n" BODY("one", "") BODY("two", "")
#define ADMINS                                                                                     \
    "management:\n  cpus: 1\n  memory: 64M\n"                                                      \
    "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}\n"                           \
    "  admins:\n"                                                                                  \
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2027-01-31}\n"        \
    "    - {name: audit, key: build/fixtures/audit.pub, role: auditor, expires: 2027-01-31}\n"

/* One of each kind of path: `a` and `b` meet on x, b joins x with y, z shares y's cable. */
#define PATHS                                                                                      \
    START                                                                                          \
    "networks:\n  x: {level: low}\n  y: {level: low, trunk: [mid]}\n"                              \
    "  mid: {level: low, trunk: [z]}\n  z: {level: low}\n"                                         \
    "  out: {level: low, one_way: {from: gate, to: far, by: diode}}\n  admin: {level: low}\n"      \
    "levels: [low]\ndomains:\n" BODY(                                                              \
        "a", "    label: {level: low}\n    serial: {port: com2, read: [auditor]}\n"                \
             "    devices: [{pci: \"00:04.0\", network: x}]\n    manage: [status, stop]\n")        \
        BODY("b", "    label: {level: low}\n    devices: [{pci: \"00:05.0\", network: x}, "        \
                  "{pci: \"00:06.0\", network: y}]\n")                                             \
            BODY("c", "    label: {level: low}\n    devices: [{pci: \"00:07.0\", network: z}, "    \
                      "{pci: \"00:08.0\", network: out}]\n")                                       \
                BODY("d", "    label: {level: low}\n    devices: [{pci: \"00:09.0\", "             \
                          "network: y}]\n") ADMINS

/* `a` has a card and media, `b` a card, `c` nothing; a and b are threads of one core (board). */
#define SIDEBAND                                                                                   \
    "management:\n  cpus: [3]\n  memory: 64M\n"                                                    \
    "  nic: {pci: \"00:1f.6\", network: admin, address: 10.0.2.15/24, accept_sideband: true}\n"    \
    "  admins:\n"                                                                                  \
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2027-01-31}\n"
#define UNSAFE(kind)                                                                               \
    START "platform: {inventory: build/fixtures/board}\nlevels: [low]\n"                           \
          "networks: {x: {level: low}, y: {level: low}, admin: {level: low}}\ndomains:\n"          \
          "  - {name: a, label: {level: low}, cpus: [0], memory: 64M, boot: {elf64: "              \
          "build/fixtures/good.elf},\n     devices: [{pci: \"01:00.0\", network: x}, "             \
          "{pci: \"00:14.0\", removable: true, accept_no_reset: true}]}\n"                         \
          "  - {name: b, label: {level: low}, cpus: [1], memory: 64M, boot: {elf64: "              \
          "build/fixtures/good.elf},\n     devices: [{pci: \"01:00.1\", network: y}]}\n"           \
          "  - {name: c, label: {level: low}, cpus: [2], memory: 64M, boot: {elf64: "              \
          "build/fixtures/good.elf}}\n" SIDEBAND "unsafe:\n"                                       \
          "  - {allow: split-core, reason: lab}\n  - {allow: split-iommu-group, reason: lab}\n"    \
          "  - {allow: " kind ", reason: lab}\n"

#define HOSTILE "<script>alert(1)</script> & | `x` *y* [l](https://evil.example) \\\" 'q'"
#define HOSTILE_TEXTS                                                                              \
    START "levels: [low, high]\n"                                                                  \
          "mixed_levels: {accepted_by: \"" HOSTILE "\", reason: \"" HOSTILE                        \
          "\", until: 2027-06-30}\n"                                                               \
          "unsafe: [{allow: split-core, reason: \"" HOSTILE                                        \
          "\"}]\ndomains:\n" BODY("one", "    label: {level: low}\n    hardened: {by: \"" HOSTILE  \
                                         "\", date: 2026-01-01}\n")                                \
              BODY("two", "    label: {level: high}\n")

static char *write_page(const struct page *page, bool markdown)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    (markdown ? page_markdown : page_html)(page, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void read_manifest(struct check *check, const char *manifest)
{
    *check = (struct check){.today = 20700};
    check_text(check, "gate.yaml", manifest, strlen(manifest));
    if (check->errors > 0) {
        check_print(check, stderr);
        fail_msg("the manifest of the test is not good");
    }
}

static char *report_text(const char *manifest, bool markdown)
{
    struct compiled compiled;
    struct report out;
    struct check check;

    read_manifest(&check, manifest);
    assert_null(compile(&check, true, &compiled));
    report_build(&out, &check, &compiled);
    char *text = write_page(&out.page, markdown);
    check_close(&check);
    return text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("not there: %s in\n%s", part, text);
}

static void lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("there: %s", part);
}

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

enum { PATHS_TEXT = 16384 };

/* "from>to kind" of each path, in the order of the list. */
static char *paths_of(const char *manifest)
{
    struct check check;
    char *text = calloc(1, PATHS_TEXT);

    read_manifest(&check, manifest);
    struct access_list list = access_paths(&check);
    for (uint32_t i = 0; i < list.count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, PATHS_TEXT - used, "%s>%s %d\n",
                 access_party(&check, list.items[i].from), access_party(&check, list.items[i].to),
                 (int)list.items[i].kind);
    }
    check_close(&check);
    return text;
}

static bool has_path(const char *paths, const char *from, const char *to, enum access_kind kind)
{
    char line[128];

    snprintf(line, sizeof(line), "%s>%s %d\n", from, to, (int)kind);
    for (const char *at = paths; (at = strstr(at, line)); at++) {
        if (at == paths || at[-1] == '\n')
            return true;
    }
    return false;
}

static void paths_are_those_of_the_manifest(void **state)
{
    static const struct {
        const char *from, *to;
        enum access_kind kind;
    } expected[] = {
        {"a", "b", ACCESS_NETWORK},
        {"b", "a", ACCESS_NETWORK},
        {"b", "d", ACCESS_NETWORK},
        {"d", "b", ACCESS_NETWORK},
        {"b", "c", ACCESS_TRUNK},
        {"c", "b", ACCESS_TRUNK},
        {"c", "d", ACCESS_TRUNK},
        {"d", "c", ACCESS_TRUNK},
        {"a", "d", ACCESS_RELAY},
        {"d", "a", ACCESS_RELAY},
        {"a", "management", ACCESS_RIGHT},
        {"management", "a", ACCESS_RIGHT},
        {"a", "management", ACCESS_SERIAL_READ},
        {"a", "outside", ACCESS_UART},
        {"outside", "a", ACCESS_UART},
        {"a", "outside", ACCESS_NETWORK},
        {"outside", "a", ACCESS_NETWORK},
        {"b", "outside", ACCESS_NETWORK},
        {"outside", "b", ACCESS_NETWORK}, /* x */
        {"b", "outside", ACCESS_NETWORK},
        {"outside", "b", ACCESS_NETWORK}, /* y */
        {"c", "outside", ACCESS_NETWORK},
        {"outside", "c", ACCESS_NETWORK}, /* z */
        {"c", "outside", ACCESS_NETWORK}, /* the diode lets nothing back */
        {"d", "outside", ACCESS_NETWORK},
        {"outside", "d", ACCESS_NETWORK},
        {"management", "outside", ACCESS_NETWORK},
        {"outside", "management", ACCESS_NETWORK},
    };
    size_t lines = 0, count = sizeof(expected) / sizeof(expected[0]);
    char *paths = paths_of(PATHS);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        if (!has_path(paths, expected[i].from, expected[i].to, expected[i].kind))
            fail_msg("no path %s > %s in\n%s", expected[i].from, expected[i].to, paths);
    }
    for (const char *at = paths; (at = strchr(at, '\n')); at++)
        lines++;
    if (lines != count)
        fail_msg("%zu paths, not %zu:\n%s", lines, count, paths);
    free(paths);
}

static size_t count_paths(const char *paths, enum access_kind kind)
{
    char end[16];
    size_t count = 0;

    snprintf(end, sizeof(end), " %d\n", (int)kind);
    for (const char *at = paths; (at = strstr(at, end)); at++)
        count++;
    return count;
}

static void media_and_firmware_are_paths(void **state)
{
    char *paths = paths_of(UNSAFE("no-dma-remapping"));

    (void)state;
    assert_true(has_path(paths, "a", "outside", ACCESS_MEDIA));
    assert_true(has_path(paths, "outside", "a", ACCESS_MEDIA));
    assert_int_equal(count_paths(paths, ACCESS_MEDIA), 2);
    assert_true(has_path(paths, "management", "outside", ACCESS_SIDEBAND));
    assert_true(has_path(paths, "outside", "management", ACCESS_SIDEBAND));
    assert_int_equal(count_paths(paths, ACCESS_SIDEBAND), 2);
    free(paths);
}

/* Four parties, three of which own devices, make twelve pairs. */
static void unsafe_keys_are_paths(void **state)
{
    char *dma = paths_of(UNSAFE("no-dma-remapping"));
    char *interrupts = paths_of(UNSAFE("no-interrupt-remapping"));
    char *text = report_text(UNSAFE("no-dma-remapping"), true);

    (void)state;
    assert_int_equal(count_paths(dma, ACCESS_DMA), 3 * 3 + 3 * 3);
    assert_true(has_path(dma, "c", "management", ACCESS_DMA));
    assert_true(has_path(dma, "management", "c", ACCESS_DMA));
    assert_int_equal(count_paths(dma, ACCESS_INTERRUPT), 0);
    assert_int_equal(count_paths(interrupts, ACCESS_INTERRUPT), 3 * 3);
    assert_true(has_path(interrupts, "b", "c", ACCESS_INTERRUPT));
    assert_false(has_path(interrupts, "c", "b", ACCESS_INTERRUPT));
    assert_int_equal(count_paths(interrupts, ACCESS_DMA), 0);
    assert_true(has_path(dma, "a", "b", ACCESS_CORE));
    assert_true(has_path(dma, "management", "c", ACCESS_CORE));
    assert_int_equal(count_paths(dma, ACCESS_CORE), 4);
    assert_true(has_path(dma, "b", "a", ACCESS_GROUP));
    assert_int_equal(count_paths(dma, ACCESS_GROUP), 2);
    has(text, "| **c** | UNSAFE: devices of a read all memory (no-dma-remapping) |");
    has(text, "UNSAFE: they have threads of one core (split-core)");
    free(dma);
    free(interrupts);
    free(text);
}

/* Sixteen domains on four networks: each pair of networks is one entry, whoever joins them. */
static void relays_are_folded(void **state)
{
    char manifest[16384];
    size_t used =
        (size_t)snprintf(manifest, sizeof(manifest),
                         START "levels: [low]\nnetworks: {n0: {level: low}, n1: {level: low}, "
                               "n2: {level: low}, n3: {level: low}}\ndomains:\n");

    (void)state;
    for (unsigned i = 0; i < 16; i++)
        used += (size_t)snprintf(
            manifest + used, sizeof(manifest) - used,
            "  - {name: d%u, label: {level: low}, cpus: 1, memory: 64M, boot: {elf64: "
            "build/fixtures/good.elf},\n     devices: [{pci: \"%02x:00.0\", network: n0}, "
            "{pci: \"%02x:01.0\", network: n1}, {pci: \"%02x:02.0\", network: n2}, "
            "{pci: \"%02x:03.0\", network: n3}]}\n",
            i, i + 1, i + 1, i + 1, i + 1);
    char *text = report_text(manifest, true);
    has(text, "<br>network n0, then whatever domain d2, d3, d4, d5, d6, d7, d8, d9, d10, d11, d12, "
              "d13, d14 or d15 passes on, then network n1<br>");
    assert_true(strlen(text) < 1 << 20);
    free(text);
}

static void no_path_where_none_is_granted(void **state)
{
    char *paths = paths_of(ALONE), *text = report_text(ALONE, true);

    (void)state;
    assert_string_equal(paths, "");
    has(text, "| **one** | \xe2\x80\x94 | none | none |");
    has(text, "| **two** | none | \xe2\x80\x94 | none |");
    has(text, "| **outside** | none | none | \xe2\x80\x94 |");
    has(text, "There is no management");
    free(paths);
    free(text);
}

static void the_matrix_shows_the_paths(void **state)
{
    char *text = report_text(PATHS, true);

    (void)state;
    has(text, "| from \\\\ to | a | b | c | d | management | outside |");
    has(text, "| **a** | \xe2\x80\x94 | both are on network x | none | network x, then whatever "
              "domain b passes on, then network y | status (granted by manage, line ");
    has(text, "this version does not hand them over");
    has(text, "this version does not start it");
    free(text);
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
        cmocka_unit_test(paths_are_those_of_the_manifest),
        cmocka_unit_test(media_and_firmware_are_paths),
        cmocka_unit_test(unsafe_keys_are_paths),
        cmocka_unit_test(relays_are_folded),
        cmocka_unit_test(no_path_where_none_is_granted),
        cmocka_unit_test(the_matrix_shows_the_paths),
        cmocka_unit_test(texts_are_no_markup),
        cmocka_unit_test(control_characters_are_shown),
    };

    return cmocka_run_group_tests_name("tool_report", tests, NULL, NULL);
}
