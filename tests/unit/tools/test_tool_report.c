/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead report`: what it says is what the manifest says, nothing that somebody wrote becomes
 * markup. Runs in the root of the tree.
 */
#include "report_world.h"
#include "tools/image/payload.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema_parse.h"
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
    static const char *const titles[] = {"Classification",
                                         "Acceptances and reviews",
                                         "Unsafe keys",
                                         "What the manifest demands",
                                         "Access matrix",
                                         "Networks and cabling",
                                         "Inventory of the machine",
                                         "Domains and what they own",
                                         "PCI functions",
                                         "Roles and operations",
                                         "Start order and recovery",
                                         "Shared resources",
                                         "Attack surface",
                                         "Payload digests",
                                         "Lines of code",
                                         "Acceptance"};

    (void)state;
    for (int markdown = 0; markdown < 2; markdown++) {
        char *text = report_text(PATHS, markdown), *again = report_text(PATHS, markdown);

        assert_string_equal(text, again);
        for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
            bool found = false;

            for (int number = 1; number <= 16 && !found; number++) {
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

/* The ledger follows unsafe, memory_guard and the devices. */
static void the_ledger_is_computed(void **state)
{
    static const char guard[] =
        START "platform: {memory_guard: 0}\ndomains:\n" BODY("one", "") BODY("two", "");
    static const char split[] = ALONE "unsafe: [{allow: split-core, reason: lab}]\n";
    static const char no_threads[] = ALONE "platform: {smt: off}\n"
                                           "unsafe: [{allow: split-core, reason: lab}]\n";
    char *alone = report_text(ALONE, true), *without = report_text(guard, true);
    char *cores = report_text(split, true), *singles = report_text(no_threads, true);
    char *paths = report_text(PATHS, true), *dma = report_text(UNSAFE("no-dma-remapping"), true);
    char *interrupts = report_text(UNSAFE("no-interrupt-remapping"), true);

    (void)state;
    has(alone, "one domain a core");
    has(alone, "at least 2M lie unowned between two domains' memory");
    has(alone, "no domain has a PCI function");
    has(alone, "interrupts of a processor reach its owner only");
    has(without, "nothing lies between two domains' memory (memory\\_guard: 0)");
    lacks(without, "lie unowned");
    has(cores, "**UNSAFE:** nothing between threads of one core");
    lacks(cores, "one domain a core");
    has(singles, "one domain a core");
    has(paths, "they are no domain's, but 7 PCI functions behind them are");
    lacks(paths, "no domain has a PCI function");
    has(dma, "**UNSAFE:** nothing keeps devices from any frame (no-dma-remapping)");
    has(dma, "**UNSAFE:** nothing: DMA of devices needs no remapping");
    has(interrupts, "**UNSAFE:** nothing keeps devices from raising any interrupt");
    lacks(interrupts, "interrupts of a processor reach its owner only");
    lacks(interrupts, "no domain can raise an SMI by a port or an interrupt");
    has(alone, "no domain can raise an SMI by a port or an interrupt");
    free(alone);
    free(without);
    free(cores);
    free(singles);
    free(paths);
    free(dma);
    free(interrupts);
}

/* The inventory tells who is a thread of whose core, and 01:00 hangs below one port. */
static void pairs_differ_by_the_inventory(void **state)
{
    char *text = report_text(UNSAFE("no-dma-remapping"), true), *alone = report_text(ALONE, true);
    char *split = report_text(ALONE "unsafe: [{allow: split-core, reason: lab}]\n", true);

    (void)state;
    has(text, "| **a and c; b and c; c and management** | own cores, L2 not known, L3 not known | "
              "not shared: ");
    has(text, "| **all 3 others** | own cores, L2 not known, L3 not known | not shared | shared |");
    lacks(text, "threads of one core, ");
    has(split, "| **one and two** | UNSAFE: perhaps threads of one core, L2 not known, ");
    has(alone, "The manifest names no inventory");
    has(alone, "| **one and two** | own cores, L2 not known, L3 not known | not shared: ");
    free(text);
    free(split);
    free(alone);
}

/* What the reader of the page must find: which machine, what each function is, what he accepts. */
static void the_machine_and_the_acceptance_are_there(void **state)
{
    char *text = report_text(UNSAFE("no-dma-remapping"), true), *paths = report_text(PATHS, true);
    char *html = report_text(PATHS, false), *alone = report_text(ALONE, true);

    (void)state;
    has(text, "| **Folder** | build/fixtures/boards/wide |");
    has(text, "| **Board** | Made Up Board 7 |\n| **Firmware** | 1.2 |\n"
              "| **Processors** | 8, Made Up 3000 |\n| **Microcode** | 0xf4 |");
    has(text, "| **Saved on** | not known |");
    has(text, "| **a** | 01:00.0 | 8086:1521 | Intel Corporation I350 Gigabit Network Connection | "
              "Ethernet controller (020000) | at 0xfed91000 | the domain's |");
    has(text, "| **a** | 00:14.0 | 8086:a36d | not known | 0c0330 | at 0xfed91000 |");
    has(text, "| **SPI flash** | firmware | neither its controller's memory nor its function");
    has(text, "| **Unsafe: no-dma-remapping** | lab |");
    has(text, "| **Warnings of the check** | ");
    lacks(text, "| **Checked and not carried out** | ");
    has(text, "| **boots** | build/fixtures/good.elf, SHA-256 ");
    has(text, "| **cannot reach** | memory, processors, devices and UARTs of any domain");
    lacks(text, "**No inventory**");
    has(paths, "The manifest names none: nothing was compared with a machine");
    has(paths, "| **a** | 00:04.0 | any | not known | not known | not known | the domain's |");
    has(paths,
        "| **SPI flash** | not known | not known: functions are given away, and no inventory");
    has(paths, "| **No inventory** | nothing was compared with the machine |");
    has(alone, "| **SPI flash** | firmware | ");
    has(alone, "| Name | Role | Date | Signature |");
    has(html, "<td class=\"blank\"></td>");
    has(alone, "bulkhead report --image FILE");
    free(text);
    free(paths);
    free(html);
    free(alone);
}

/* Whoever gets which processor: all share one cache. */
static void a_cache_of_all_is_shared_by_counted_processors(void **state)
{
    char *text = report_text(START "platform: {inventory: build/fixtures/boards/shared}\n"
                                   "domains:\n" BODY("one", "") BODY("two", ""),
                             true);

    (void)state;
    has(text, "| **one and two** | own cores, L2 not known, L3 shared | ");
    free(text);
}

/* An image is named by its digest, and must have been built from this manifest. */
static void an_image_belongs_to_its_manifest(void **state)
{
    struct report_image image = {.path = "gate.efi", .digest = {0xab}, .kernel_digest = {0xcd}};
    struct compiled release;
    struct report out;
    struct check check;

    (void)state;
    read_manifest(&check, ALONE);
    assert_null(compile(&check, true, &release));
    image.manifest_digest = image.bare_digest = release.manifest->digest;
    assert_null(report_build(&out, &check, &image));
    char *text = write_page(&out.page, true);
    has(text, "| **Image** | ab00000000");
    has(text, "| **hypervisor in it** | cd00000000");
    free(text);
    uint8_t other[DIGEST_BYTES] = {1};
    image.bare_digest = other;
    assert_non_null(strstr(report_build(&out, &check, &image), "built from another manifest"));
    check_close(&check);
}

#define FACTS                                                                                      \
    START                                                                                          \
    "levels: [low, mid, high]\naggregation:\n"                                                     \
    "  - {when: {count: 2, of: low}, then: mid}\n  - {when: {count: 2, of: mid}, then: high}\n"    \
    "platform: {processors: 8, memory: 4G, smt: on, microcode: 0xf0, memory_guard: 4M, tpm: "      \
    "required}\n"                                                                                  \
    "forbid_removable: [mid]\nkeep_apart: [[one, elsewhere]]\n"                                    \
    "networks: {x: {level: low}, y: {level: low}, admin: {level: mid}}\ndomains:\n" BODY(          \
        "one",                                                                                     \
        "    label: {level: low}\n    role: firewall\n    protects: [x, behind]\n"                 \
        "    serial: {read: [auditor]}\n    cache_ways: 2\n"                                       \
        "    devices:\n      - {pci: \"00:04.0\", network: x, sanitized_by: me}\n"                 \
        "      - {pci: \"00:05.0\", removable: true}\n      - {pci: \"00:06.0\", network: y}\n")   \
        BODY("two", "    label: {level: low}\n    serial: {port: com4, polled: true}\n")           \
            BODY("three", "    label: {level: low}\n    serial: {port: com3, irq: 7}\n") ADMINS

static void every_fact_is_there(void **state)
{
    static const char *const facts[] = {
        ("| **mid** | aggregation, 2 or more domains of low or higher: applies: 3 domains (one, "
         "two, three)"),
        "| (high) | aggregation, 2 or more domains of mid or higher: does not apply: 0 of 2 |",
        "| **00:04.0 of one is cleared of what an earlier owner left** | the manifest | me |",
        "| **Logical processors** | 8 or more |",
        "| **Memory** | 4G |",
        "| **Multithreading (SMT)** | on |",
        "| **Microcode** | 0xf0 or later |",
        "| **TPM 2.0** | takes and logs the measurements of manifest and payloads |",
        "| **Unowned between the memory of two domains** | 4M |",
        "| **Never together on one machine** | one, elsewhere |",
        "| **No removable media on** | mid |",
        "| 00:05.0 | any | whatever media people bring | removable |",
        "| **management** | 00:03.0 | any | network admin | 10.0.2.15/24 |",
        "| firewall, protects x, behind | 1 | 64M | 2 of its own | management | 3 |",
        "| system | 1 | 64M | shared | com4 (polled) | 0 |",
        "| system | 1 | 64M | shared | com3 (line 7) | 0 |",
        "tells the cause on com1, its first words to the boot after a warm reset",
        "| **the machine** | read the audit | read the audit |",
    };
    char *text = report_text(FACTS, true);

    (void)state;
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        has(text, facts[i]);
    free(text);
}

/* The digests of both images; with `unsafe` there is no release, and each page says LAB. */
static void digests_are_those_of_images(void **state)
{
    static const char two[] = ALONE "unsafe:\n  - {allow: split-core, reason: lab}\n"
                                    "  - {allow: no-dma-remapping, reason: lab}\n";
    char *text = report_text(ALONE, true), *unsafe = report_text(two, true);
    char *html = report_text(two, false);
    struct compiled lab, release;
    struct check check;

    (void)state;
    read_manifest(&check, ALONE);
    assert_null(compile(&check, false, &lab));
    assert_null(compile(&check, true, &release));
    has(text, digest_text(&check.arena, lab.manifest->digest));
    has(text, digest_text(&check.arena, release.manifest->digest));
    lacks(text, "UNSAFE");
    has(unsafe, "**no classification defined - LAB, UNSAFE**\n\n# ");
    has(unsafe,
        "| **compiled manifest of a release image, without the hypervisor's digest** | none");
    has(unsafe, "| **Note:** unsafe | line 12 |");
    has(unsafe, "| **Note:** unsafe | line 13 |");
    has(html, "content:\"no classification defined - LAB, UNSAFE\"");
    check_close(&check);
    free(text);
    free(unsafe);
    free(html);
}

static void keys_are_shown_by_digest(void **state)
{
    char *text = report_text(PATHS, true);
    const struct payload *file;
    uint8_t digest[DIGEST_BYTES];
    struct check check;

    (void)state;
    read_manifest(&check, PATHS);
    file = payload_open(&check, "build/fixtures/ops.pub");
    assert_true(pubkey_digest(file->bytes, file->size, digest));
    has(text, say(&check.arena, "| build/fixtures/ops.pub | %s | 2027-01-31 |",
                  digest_text(&check.arena, digest)));
    check_close(&check);
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
    has(html, "content:\"a\\000022 \\00007d \\00003c b\\00000a \"");
    free(html);
    arena_free(&arena);
}

/* On paper: the heading of a broad table turns with it, and dates are in one line. */
static void paper_keeps_together(void **state)
{
    static const char *const heads[9] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
    struct arena arena = {0};
    struct page page = {.arena = &arena, .title = "t", .banner = "b"};

    (void)state;
    page_section(&page, "upright");
    page_say(&page, MARK_PLAIN, "from 2026-10-01 to <2027-01-31>, 2027-1-1, 2027-01-3");
    page_table(&page, 8, heads);
    page_section(&page, "broad");
    page_table(&page, 9, heads);
    page_section(&page, "upright again");
    char *text = write_page(&page, false);
    has(text, "<section>\n<h2 id=\"s1\">1 upright</h2>");
    has(text, "</section>\n<section class=\"many\">\n<h2 id=\"s2\">2 broad</h2>\n<div");
    has(text, "</section>\n<section>\n<h2 id=\"s3\">3 upright again</h2>\n</section>");
    has(text,
        "<p>from <span class=\"date\">2026-10-01</span> to &lt;<span class=\"date\">2027-01-31"
        "</span>&gt;, 2027-1-1, 2027-01-3</p>");
    has(text, ".date{white-space:nowrap}");
    has(text, ".many{page:many}");
    free(text);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_section_is_there),
        cmocka_unit_test(the_ledger_is_computed),
        cmocka_unit_test(pairs_differ_by_the_inventory),
        cmocka_unit_test(the_machine_and_the_acceptance_are_there),
        cmocka_unit_test(a_cache_of_all_is_shared_by_counted_processors),
        cmocka_unit_test(an_image_belongs_to_its_manifest),
        cmocka_unit_test(every_fact_is_there),
        cmocka_unit_test(digests_are_those_of_images),
        cmocka_unit_test(keys_are_shown_by_digest),
        cmocka_unit_test(texts_are_no_markup),
        cmocka_unit_test(control_characters_are_shown),
        cmocka_unit_test(paper_keeps_together),
    };

    return cmocka_run_group_tests_name("tool_report", tests, NULL, NULL);
}
