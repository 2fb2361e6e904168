/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/manifest.md and docs/accidents.md are what the tables say now, and every YAML block of the
 * documentation passes `check`. Runs in the root of the tree; the files that a block names are
 * stood in for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/json.h"
#include "tools/reference/accidents.h"
#include "tools/reference/reference.h"
#include "tools/rules/rules.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *file = fopen(path, "r");

    if (file)
        text[fread(text, 1, (1 << 20) - 1, file)] = 0;
    if (file)
        fclose(file);
    return text;
}

/* Set UPDATE=1 to write the pages anew. */
static void check_page(const char *path, void (*write)(FILE *out))
{
    char *now = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&now, &bytes);

    assert_non_null(out);
    write(out);
    fclose(out);
    FILE *page = getenv("UPDATE") ? fopen(path, "w") : NULL;
    if (page) {
        fputs(now, page);
        fclose(page);
    }
    char *written = read_file(path);
    assert_string_equal(written, now);
    free(written);
    free(now);
}

static void test_reference_is_current(void **state)
{
    (void)state;
    check_page("docs/manifest.md", reference_write);
}

/* Each is stopped by its rule, and by nothing else. */
static void write_accidents(FILE *out)
{
    assert_int_equal(accidents_write(out), 0);
}

static void test_accidents_are_stopped(void **state)
{
    (void)state;
    check_page("docs/accidents.md", write_accidents);
}

/* The files that the documentation's manifests name, in a folder of their own. */
static const char stand_ins[] = "mkdir -p $DIR/build/guests $DIR/keys\n"
                                "cp build/fixtures/good.bzimage $DIR/build/guests/vmlinuz\n"
                                "cp build/fixtures/good.bzimage $DIR/vmlinuz\n"
                                "cp build/fixtures/4k.initrd $DIR/build/guests/initrd.img\n"
                                "cp build/fixtures/4k.initrd $DIR/initrd.img\n"
                                "cp build/fixtures/good.elf $DIR/build/guests/control.elf\n"
                                "cp build/fixtures/good.elf $DIR/control.elf\n"
                                "cp build/fixtures/ops.pub build/fixtures/audit.pub $DIR/keys\n"
                                "cp build/fixtures/server.key $DIR/keys/console.key\n"
                                "cp -r $DIR/keys $DIR/build\n";

static void check_block(const char *folder, const char *document, const char *text, size_t bytes)
{
    struct check check = {.today = 20780}; /* 2026-11-23 */
    char name[512];

    snprintf(name, sizeof(name), "%s/manifest.yaml", folder);
    check_text(&check, name, text, bytes);
    if (check.finding_count > 0)
        fail_msg("%s: line %u of a block: %s", document, check.findings[0].at.line,
                 check.findings[0].what);
    check_close(&check);
}

/* Whole manifests only: a block of a few keys explains itself. */
static int check_document(const char *folder, const char *path)
{
    char *text = read_file(path), *at = text;
    int blocks = 0;

    while ((at = strstr(at, "```yaml\n")) != NULL) {
        at += strlen("```yaml\n");
        char *end = strstr(at, "```");
        assert_non_null(end);
        *end = 0;
        if (strstr(at, "host:") && strstr(at, "domains:")) {
            check_block(folder, path, at, (size_t)(end - at));
            blocks++;
        }
        at = end + 1;
    }
    free(text);
    return blocks;
}

static int is_page(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return length > 3 && strcmp(entry->d_name + length - 3, ".md") == 0;
}

static void test_examples_are_good(void **state)
{
    char folder[] = "/tmp/bulkhead-test-XXXXXX", path[512];
    struct dirent **entries;
    int blocks = 0, count = scandir("docs", &entries, is_page, alphasort);

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("DIR", folder, 1), 0);
    assert_int_equal(system(stand_ins), 0);
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof(path), "docs/%s", entries[i]->d_name);
        blocks += check_document(folder, path);
        free(entries[i]);
    }
    free(entries);
    check_document(folder, "README.md");
    assert_true(blocks > 0);
    assert_int_equal(system("rm -r $DIR"), 0);
}

static void test_json_is_plain(void **state)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    (void)state;
    json_string(out, "a\"b\\c\n\x1b[31m \xc3\xbc \xf0\x9f\x98\x80 \xe2\x80\xae \xff");
    fclose(out);
    assert_string_equal(text,
                        "\"a\\\"b\\\\c\\u000a\\u001b[31m \\u00fc \\ud83d\\ude00 \\u202e \\ufffd\"");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reference_is_current),
        cmocka_unit_test(test_accidents_are_stopped),
        cmocka_unit_test(test_examples_are_good),
        cmocka_unit_test(test_json_is_plain),
    };

    return cmocka_run_group_tests_name("tool_docs", tests, NULL, NULL);
}
