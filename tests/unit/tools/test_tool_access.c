/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The access matrix of `bulkhead report`: its paths are exactly those of a manifest (I5). Runs in
 * the root of the tree.
 */
#include "report_world.h"
#include "tools/report/access.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
        {"b", "management", ACCESS_SERIAL_READ},
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
    static const char cards[] = START "domains:\n" BODY("one",
                                                        "    devices: [{pci: \"01:00.0\"}]\n")
        BODY("two", "    devices: [{pci: \"01:00.1\"}]\n") "unsafe:\n"
                                                           "  - {allow: split-core, reason: lab}\n"
                                                           "  - {allow: split-iommu-group, "
                                                           "reason: lab}\n";
    char *dma = paths_of(UNSAFE("no-dma-remapping")), *unknown = paths_of(cards);
    char *interrupts = paths_of(UNSAFE("no-interrupt-remapping"));
    char *text = report_text(UNSAFE("no-dma-remapping"), true), *open = report_text(cards, true);

    (void)state;
    assert_int_equal(count_paths(dma, ACCESS_DMA), 3 * 3 + 3 * 3);
    assert_true(has_path(dma, "c", "management", ACCESS_DMA));
    assert_true(has_path(dma, "management", "c", ACCESS_DMA));
    assert_int_equal(count_paths(dma, ACCESS_INTERRUPT), 0);
    assert_int_equal(count_paths(interrupts, ACCESS_INTERRUPT), 3 * 3);
    assert_true(has_path(interrupts, "b", "c", ACCESS_INTERRUPT));
    assert_false(has_path(interrupts, "c", "b", ACCESS_INTERRUPT));
    assert_int_equal(count_paths(interrupts, ACCESS_DMA), 0);
    assert_int_equal(count_paths(dma, ACCESS_CORE), 0);
    assert_int_equal(count_paths(dma, ACCESS_GROUP), 0);
    /* Without an inventory nobody knows. */
    assert_true(has_path(unknown, "one", "two", ACCESS_CORE));
    assert_int_equal(count_paths(unknown, ACCESS_CORE), 2);
    assert_true(has_path(unknown, "two", "one", ACCESS_GROUP));
    assert_int_equal(count_paths(unknown, ACCESS_GROUP), 2);
    has(text, "| **c** | UNSAFE: devices of a read all memory (no-dma-remapping) |");
    lacks(text, "threads of one core (split-core)");
    has(open, "UNSAFE: they may have threads of one core (split-core)");
    free(open);
    free(dma);
    free(unknown);
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
    has(text, "are confined by VT-d. That was run on AMD-V with VT-d in QEMU; VT-x with VT-d in a "
              "nested machine");
    has(text, "The hypervisor asks no key: what the management domain boots may by itself");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_are_those_of_the_manifest),
        cmocka_unit_test(media_and_firmware_are_paths),
        cmocka_unit_test(unsafe_keys_are_paths),
        cmocka_unit_test(relays_are_folded),
        cmocka_unit_test(no_path_where_none_is_granted),
        cmocka_unit_test(the_matrix_shows_the_paths),
    };

    return cmocka_run_group_tests_name("tool_access", tests, NULL, NULL);
}
