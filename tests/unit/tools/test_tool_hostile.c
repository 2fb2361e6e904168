/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No manifest makes the tool crash, hang or grow: bombs, nesting, broken text, mutations of good
 * manifests. Built with sanitizers, so a fault ends the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/manifest.h"
#include "tools/image/compile.h"
#include "tools/image/decompile.h"
#include "tools/manifest/yaml_load.h"
#include "tools/rules/rules.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Checks a text; returns the name of the first finding's rule, "" for none. */
static const char *first_rule(const char *text, size_t bytes)
{
    struct check check = {0};
    FILE *nowhere = fopen("/dev/null", "w");

    check_text(&check, "hostile", text, bytes);
    check_print(&check, nowhere);
    fclose(nowhere);
    const char *rule = check.finding_count ? check.findings[0].rule->name : "";
    check_close(&check);
    return rule;
}

static const char *first_rule_of(const char *text)
{
    return first_rule(text, strlen(text));
}

/* `count` times `part`, up to the largest file. */
static char *repeat(const char *part, size_t count)
{
    size_t length = strlen(part);
    char *text = malloc(count * length + 1);

    for (size_t i = 0; i < count; i++)
        memcpy(text + i * length, part, length);
    text[count * length] = 0;
    return text;
}

static void test_alias_bomb(void **state)
{
    (void)state;
    assert_string_equal(first_rule_of("a: &a [x,x,x,x,x,x,x,x,x]\n"
                                      "b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                                      "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
                                      "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"),
                        "alias");
    assert_string_equal(first_rule_of("host: &loop [*loop]\n"), "alias");
    assert_string_equal(first_rule_of("domains: &d\n  - *d\n"), "alias");
}

/* The largest files of one repeated part, each with the rule that refuses it. */
static const struct {
    const char *head, *part;
    const char *rule;
} floods[] = {
    {"", "[", "file-limits"},
    {"", "{", "file-limits"},
    {"", "- ", "file-limits"},
    {"", "? ", "file-limits"},
    {"domains: [", "a,", "file-limits"},
    {"", "x: 1\n", "file-limits"}, /* more values than a manifest may have */
    {"", "\"", "syntax"},
    {"", "&a ", "alias"},
    {"", "*a ", "alias"},
    {"", "!", "alias"},
    {"", "%", "syntax"},
    {"", "#\n", "syntax"},
    {"", "\n", "syntax"},
    {"host: ", "x", "missing-key"},
    {"host: |\n", " x\n", "missing-key"},
    {"", "---\n", "syntax"},
    {"", "host: x\n", "file-limits"},
};

static void test_floods(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(floods) / sizeof(floods[0]); i++) {
        size_t head = strlen(floods[i].head), part = strlen(floods[i].part);
        char *tail = repeat(floods[i].part, (YAML_MAX_BYTES - head) / part);
        char *text = malloc(YAML_MAX_BYTES + 1);
        clock_t start = clock();

        snprintf(text, YAML_MAX_BYTES + 1, "%s%s", floods[i].head, tail);
        const char *rule = first_rule_of(text);
        if (strcmp(rule, floods[i].rule) != 0)
            fail_msg("a flood of %s breaks %s, not %s", floods[i].part, rule, floods[i].rule);
        if (clock() - start > 10 * CLOCKS_PER_SEC)
            fail_msg("a flood of %s takes too long", floods[i].part);
        free(tail);
        free(text);
    }
}

/* Unknown and duplicate keys up to the limit of values: findings are bounded. */
static void test_many_findings(void **state)
{
    struct check check = {0};
    char *text = repeat("x: 1\n", 30000);

    (void)state;
    check_text(&check, "hostile", text, strlen(text));
    assert_int_equal(check.finding_count, 1000);
    assert_true(check_full(&check));
    check_close(&check);
    free(text);
}

/* Warnings give way to errors, and every error counts. */
static void test_errors_among_warnings(void **state)
{
    struct check check = {.path = "hostile"};
    struct place at = {"hostile", 1, 1};
    char *json = NULL;
    size_t bytes = 0, shown = 0;

    (void)state;
    for (uint32_t i = 1; i <= 1500; i++)
        report_as(&check, "unsafe", (struct place){"hostile", i, 1}, "what", "remedy");
    assert_false(check_full(&check));
    report_as(&check, "assurance-low", at, "what", "remedy");
    report_as(&check, "assurance-low", at, "what", "remedy");
    assert_int_equal(check.errors, 2);
    assert_int_equal(check.warnings, 1500);
    assert_int_equal(check.finding_count, 1000);
    for (size_t i = 0; i < check.finding_count; i++)
        shown += strcmp(check.findings[i].rule->name, "assurance-low") == 0;
    assert_int_equal(shown, 2);
    FILE *out = open_memstream(&json, &bytes);
    check_print_json(&check, out);
    fclose(out);
    assert_non_null(strstr(json, "\"truncated\": true"));
    free(json);
    check_close(&check);
}

/* A list that is too long is not stored beyond its key's limit. */
static void test_long_list(void **state)
{
    struct check check = {0};
    char *items = repeat("{},", 1000), *text = malloc(strlen(items) + 16);

    (void)state;
    sprintf(text, "domains: [%s]\n", items);
    check_text(&check, "hostile", text, strlen(text));
    assert_int_equal(check.model.domains.count, 16);
    check_close(&check);
    free(items);
    free(text);
}

static void test_too_large(void **state)
{
    char *text = repeat(" ", YAML_MAX_BYTES + 1);

    (void)state;
    assert_string_equal(first_rule_of(text), "file-limits");
    free(text);
}

static void test_broken_text(void **state)
{
    (void)state;
    assert_string_equal(first_rule("host: a\0b\n", 10), "syntax");
    assert_string_equal(first_rule_of("\xef\xbb\xbfhost: h\n"), "missing-key");
    assert_string_equal(first_rule_of("host: \xff\n"), "syntax");
    assert_string_equal(first_rule_of("host: \xc0\x80\n"), "syntax");
    assert_string_equal(first_rule_of("host: \xed\xa0\x80\n"), "syntax");
    assert_string_equal(first_rule_of("host: \x1b[31m\n"), "syntax");
    assert_string_equal(first_rule_of("\xff\xfeh\0o\0s\0t\0"), "syntax");
    assert_string_equal(first_rule_of("host: \"a\\0b\"\n"), "missing-key");
    assert_string_equal(first_rule_of(""), "syntax");
    assert_string_equal(first_rule_of("%YAML 9.9\n---\nhost: a\n"), "syntax");
}

/* The place of a finding is where the broken byte is. */
static void test_place_of_broken_byte(void **state)
{
    struct check check = {0};
    const char *text = "host: a\n# \xc3\xbc\xff\n";

    (void)state;
    check_text(&check, "hostile", text, strlen(text));
    assert_int_equal(check.finding_count, 1);
    assert_int_equal(check.findings[0].at.line, 2);
    assert_int_equal(check.findings[0].at.column, 4);
    check_close(&check);
}

/* Nothing that a manifest holds reaches the terminal as a control character. */
static void test_output_is_harmless(void **state)
{
    const char *text = "\"\\e[2Jhost\\x9b\\u202e\\u2028\": 1\n"
                       "host: \"\\r\\b\\a\\x7f\"\n"
                       "domains: [{name: \"\\e\", boot: {elf64: \"/\\u202egnp\"}}]\n";
    struct check check = {0};
    char *out = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&out, &bytes);

    (void)state;
    check_text(&check, "\x1b[0mmanifest", text, strlen(text));
    check_print(&check, file);
    fclose(file);
    assert_true(check.finding_count >= 3);
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)out[i];

        if ((c < 0x20 && c != '\n') || c == 0x7f)
            fail_msg("byte 0x%02x in the output", c);
    }
    assert_null(strstr(out, "\xc2\x9b"));
    assert_null(strstr(out, "\xe2\x80\xae"));
    check_close(&check);
    free(out);
}

static void test_strange_payloads(void **state)
{
    char folder[] = "/tmp/bulkhead-test-XXXXXX";
    char text[512], path[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/pipe", folder);
    assert_int_equal(mkfifo(path, 0600), 0);
    snprintf(text, sizeof(text),
             "host: a\ndomains:\n"
             "  - {name: b, cpus: 1, memory: 4M, boot: {elf64: %s}}\n"
             "  - {name: c, cpus: 1, memory: 4M, boot: {linux: /dev/zero, initrd: /dev/random}}\n"
             "  - {name: d, cpus: 1, memory: 4M, boot: {elf64: /proc/self/mem}}\n"
             "  - {name: e, cpus: 1, memory: 4M, boot: {elf64: /dev/full/x}}\n",
             path);
    struct check check = {0};
    check_text(&check, "hostile", text, strlen(text));
    assert_int_equal(check.finding_count, 5);
    check_close(&check);
    unlink(path);
    rmdir(folder);
}

static void test_strange_manifests(void **state)
{
    struct check check = {0};

    (void)state;
    assert_non_null(freopen("/dev/null", "w", stderr));
    assert_false(check_manifest(&check, "/dev/zero"));
    assert_false(check_manifest(&check, "/"));
    assert_false(check_manifest(&check, "/absent"));
    check_close(&check);
}

static uint32_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

static const char good[] =
    "host: gate-7\n"
    "platform: {cpu: amd, processors: 8, memory: 4G, memory_guard: 4M, com1: domain}\n"
    "domains:\n"
    "  - name: office\n"
    "    cpus: [4, 5]\n"
    "    memory: 512M\n"
    "    boot: {linux: build/fixtures/good.bzimage, initrd: build/fixtures/4k.initrd}\n"
    "    serial: {port: com1, polled: true}\n"
    "    on_exit: {do: restart, limit: 3, within: 1m}\n"
    "    label: {level: public, categories: [alpha]}\n"
    "    hardened: {by: house guide, date: 2026-01-31}\n"
    "    devices: [{pci: \"00:04.0\", id: \"8086:10c9\", network: internet, removable: true}]\n"
    "    start_after: [plant]\n"
    "    manage: [status, restart]\n"
    "  - {name: plant, cpus: 3, memory: 4M, boot: {elf64: build/fixtures/good.elf},\n"
    "     label: {level: secret, categories: [alpha]}, serial: {read: [auditor]}}\n"
    "levels: [public, secret]\n"
    "categories: [alpha, beta]\n"
    "aggregation: [{when: {count: 2, of: public}, then: secret}]\n"
    "mixed_levels: {accepted_by: accreditor, reason: cost, until: 2199-12-31}\n"
    "networks:\n"
    "  internet: {level: public, categories: [alpha], exposed: true}\n"
    "  admin: {level: secret, categories: [alpha], one_way: {from: gate-7, to: b, by: c}}\n"
    "keep_apart: [[plant, backup]]\n"
    "management:\n"
    "  cpus: 1\n"
    "  memory: 64M\n"
    "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}\n"
    "  admins:\n"
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2199-12-31}\n"
    "    - {name: audit, key: build/fixtures/audit.pub, role: auditor, expires: 2199-12-31}\n";

/* What `check` finds good compiles, and what `show` makes of it compiles to the same bytes. */
static bool survives(const char *text, size_t size)
{
    struct check check = {0}, again = {0};
    struct compiled first, second;
    struct manifest manifest;
    char *yaml = NULL;
    size_t bytes = 0;

    check_text(&check, "hostile", text, size);
    bool good_text = check.errors == 0;
    if (good_text) {
        assert_null(compile(&check, false, &first));
        assert_int_equal(manifest_open(first.manifest, first.manifest_bytes, &manifest),
                         MANIFEST_OK);
        FILE *out = open_memstream(&yaml, &bytes);
        assert_non_null(out);
        decompile(&manifest, out);
        fclose(out);
        check_text(&again, "shown", yaml, bytes);
        if (again.errors > 0)
            fail_msg("%s\nof\n%s: %s", yaml, text, again.findings[0].what);
        assert_null(compile(&again, false, &second));
        assert_int_equal(second.manifest_bytes, first.manifest_bytes);
        if (memcmp(second.manifest, first.manifest, first.manifest_bytes) != 0)
            fail_msg("%s\nof\n%s", yaml, text);
        free(yaml);
        check_close(&again);
    }
    check_close(&check);
    return good_text;
}

/* A hostile image says what it is classified as: no control character gets out. */
static void test_shown_classification(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;
    uint32_t count;
    char *out = NULL;
    size_t bytes = 0;

    (void)state;
    check_text(&check, "hostile", good, sizeof(good) - 1);
    assert_int_equal(check.errors, 0);
    assert_null(compile(&check, false, &compiled));
    struct manifest_header *header = compiled.manifest;
    assert_int_equal(manifest_open(header, header->total_bytes, &manifest), MANIFEST_OK);
    const struct manifest_policy *policy = manifest_entries(&manifest, MANIFEST_POLICY, &count);
    memcpy((char *)header + header->tables[MANIFEST_STRINGS].offset + policy->classification,
           "\x1b[2J\n", 5);
    manifest_digest(header, header->digest);
    assert_int_equal(manifest_open(header, header->total_bytes, &manifest), MANIFEST_OK);
    FILE *file = open_memstream(&out, &bytes);
    decompile(&manifest, file);
    fclose(file);
    assert_non_null(strstr(out, "# classified \\x1b[2J\\x0a"));
    assert_null(strchr(out, 0x1b));
    free(out);
    check_close(&check);
}

/* Bytes replaced, removed, doubled, and lines copied elsewhere. */
static size_t mutate(char *text, size_t bytes, size_t room)
{
    static const char spice[] = "{}[]:,-#&*!|>'\"%@`\n \t\\0~<";

    for (uint32_t i = random_below(6) + 1; i > 0 && bytes > 1; i--) {
        size_t at = random_below((uint32_t)bytes), length = random_below(40) + 1;

        if (length > bytes - at)
            length = bytes - at;
        switch (random_below(4)) {
        case 0:
            text[at] = (char)random_below(256);
            break;
        case 1:
            text[at] = spice[random_below(sizeof(spice) - 1)];
            break;
        case 2:
            memmove(text + at, text + at + length, bytes - at - length);
            bytes -= length;
            break;
        default:
            if (bytes + length > room)
                break;
            memmove(text + at + length, text + at, bytes - at);
            bytes += length;
        }
    }
    return bytes;
}

static void test_mutations(void **state)
{
    char text[4 * sizeof(good) + 1];
    clock_t start = clock();
    uint32_t rounds = 0, refused = 0;

    (void)state;
    while (clock() - start < CLOCKS_PER_SEC) {
        memcpy(text, good, sizeof(good) - 1);
        size_t bytes = mutate(text, sizeof(good) - 1, sizeof(text) - 1);
        text[bytes] = 0;
        refused += !survives(text, bytes);
        rounds++;
    }
    assert_true(rounds > 100 && refused > rounds / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alias_bomb),
        cmocka_unit_test(test_floods),
        cmocka_unit_test(test_many_findings),
        cmocka_unit_test(test_errors_among_warnings),
        cmocka_unit_test(test_long_list),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_broken_text),
        cmocka_unit_test(test_place_of_broken_byte),
        cmocka_unit_test(test_output_is_harmless),
        cmocka_unit_test(test_strange_payloads),
        cmocka_unit_test(test_shown_classification),
        cmocka_unit_test(test_mutations),
        cmocka_unit_test(test_strange_manifests),
    };

    return cmocka_run_group_tests_name("tool_hostile", tests, NULL, NULL);
}
