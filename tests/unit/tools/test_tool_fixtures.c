/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every rule has a bad and a good fixture, every fixture belongs to a rule, a bad one breaks that
 * rule only, and every message is the one in tests/fixtures/messages.txt. Runs in the root of the
 * tree after `make fixtures`. A fixture of a rule across manifests is a folder.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/diff/diff.h"
#include "tools/rules/assurance.h"
#include "tools/rules/check_fleet.h"
#include "tools/rules/rules.h"
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FOLDER "tests/fixtures"

static const char *fixture_path(char path[512], const char *rule, const char *kind)
{
    snprintf(path, 512, FOLDER "/%s.%s.yaml", rule, kind);
    return path;
}

static void test_every_rule_has_fixtures(void **state)
{
    char path[512];

    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        const char *kinds[] = {"bad", "good"};

        assert_true(strlen(rules[i].text) > 10);
        assert_ptr_equal(rule_named(rules[i].name), &rules[i]); /* no name twice */
        for (int kind = 0; kind < 2; kind++) {
            fixture_path(path, rules[i].name, kinds[kind]);
            if (access(path, R_OK) != 0)
                *strrchr(path, '.') = 0; /* a folder */
            if (access(path, R_OK) != 0)
                fail_msg("rule %s has no %s", rules[i].name, path);
        }
    }
}

static bool ends_with(const char *name, const char *end)
{
    size_t length = strlen(name);

    return length > strlen(end) && strcmp(name + length - strlen(end), end) == 0;
}

/* The fixtures' names: RULE.good.yaml, RULE.bad.yaml, RULE.VARIANT.bad.yaml. */
static int is_fixture(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".yaml");
}

static int is_folder(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".bad") || ends_with(entry->d_name, ".good");
}

static void check_only(const struct check *check, const char *name, const char *rule)
{
    for (size_t i = 0; i < check->finding_count; i++) {
        const struct finding *finding = &check->findings[i];

        /* Whoever allows something twice allows it, which is a finding by itself. */
        if (strcmp(finding->rule->name, "unsafe") == 0 && strcmp(rule, "unsafe-twice") == 0)
            continue;
        if (strcmp(finding->rule->name, rule) != 0)
            fail_msg("%s breaks %s too: %s", name, finding->rule->name, finding->what);
        assert_true(finding->at.line > 0 && finding->at.column > 0);
        assert_true(strlen(finding->what) > 10 && strlen(finding->remedy) > 10);
    }
}

static void check_bad(const struct check *check, const char *name, const char *rule)
{
    if (check->finding_count == 0)
        fail_msg("%s: nothing was found", name);
    check_only(check, name, rule);
}

static void test_every_fixture_breaks_its_rule_only(void **state)
{
    struct dirent **entries;
    int count = scandir(FOLDER, &entries, is_fixture, alphasort);

    (void)state;
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        struct check check = {0};
        char path[512], rule[256];
        const char *name = entries[i]->d_name;

        snprintf(path, sizeof(path), FOLDER "/%s", name);
        snprintf(rule, sizeof(rule), "%.*s", (int)strcspn(name, "."), name);
        if (!rule_named(rule))
            fail_msg("%s belongs to no rule", path);
        assert_true(check_manifest(&check, path));
        if (strstr(name, ".bad."))
            check_bad(&check, name, rule);
        else if (check.finding_count > 0)
            fail_msg("%s: %s", name, check.findings[0].what);
        check_close(&check);
        free(entries[i]);
    }
    free(entries);
}

static size_t check_pair(const char *path, const char *rule, FILE *out)
{
    struct diff diff = {0};
    char old[600], new[600];

    snprintf(old, sizeof(old), "%s/old.yaml", path);
    snprintf(new, sizeof(new), "%s/new.yaml", path);
    assert_true(diff_open(&diff, old, new));
    assert_int_equal(diff.old.finding_count, 0);
    check_only(&diff.new, path, rule);
    check_print(&diff.new, out);
    size_t findings = diff.new.finding_count;
    diff_close(&diff);
    return findings;
}

/* A folder may hold the site's table, for the rule that needs one. */
static void apply_table(struct fleet_check *fleet, const char *path)
{
    struct cascade_table table = {0};
    struct check check = {0};
    char file[512];

    snprintf(file, sizeof(file), "%s/table", path);
    if (access(file, F_OK) != 0)
        return;
    assert_true(cascade_table_read(&check, file, &table));
    assert_int_equal(check.errors, 0);
    for (size_t i = 0; i < fleet->count; i++)
        rules_table_apply(&fleet->hosts[i], &table);
    check_close(&check);
}

/* The findings in a folder, printed; their number. */
static size_t check_fleet(const char *path, const char *rule, FILE *out)
{
    struct fleet_check fleet = {0};
    size_t findings = 0;

    assert_true(fleet_check_open(&fleet, path));
    assert_false(fleet.incomplete);
    apply_table(&fleet, path);
    for (size_t i = 0; i < fleet.count; i++) {
        check_only(&fleet.hosts[i], path, rule);
        check_print(&fleet.hosts[i], out);
        findings += fleet.hosts[i].finding_count;
    }
    fleet_check_close(&fleet);
    return findings;
}

/* The same for every folder. */
static void check_folders(FILE *out)
{
    struct dirent **entries;
    int count = scandir(FOLDER, &entries, is_folder, alphasort);

    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        char path[512], rule[256];
        const char *name = entries[i]->d_name;

        snprintf(path, sizeof(path), FOLDER "/%s", name);
        snprintf(rule, sizeof(rule), "%.*s", (int)strcspn(name, "."), name);
        if (!rule_named(rule))
            fail_msg("%s belongs to no rule", path);
        bool pair = strcmp(rule, "device-moved") == 0;
        if (((pair ? check_pair : check_fleet)(path, rule, out) > 0) != ends_with(name, ".bad"))
            fail_msg("%s: it is the other way round", path);
        free(entries[i]);
    }
    free(entries);
}

static char *read_text(FILE *file)
{
    char *text = calloc(1, 1 << 20);

    rewind(file);
    text[fread(text, 1, (1 << 20) - 1, file)] = 0;
    return text;
}

/* Set UPDATE=1 to write the messages anew, and read what changed before committing it. */
static void test_messages_are_the_expected_ones(void **state)
{
    struct dirent **entries;
    int count = scandir(FOLDER, &entries, is_fixture, alphasort);
    FILE *out = tmpfile();

    (void)state;
    assert_non_null(out);
    for (int i = 0; i < count; i++) {
        struct check check = {0};
        char path[512];

        snprintf(path, sizeof(path), FOLDER "/%s", entries[i]->d_name);
        assert_true(check_manifest(&check, path));
        check_print(&check, out);
        check_close(&check);
        free(entries[i]);
    }
    free(entries);
    check_folders(out);
    FILE *golden = fopen(FOLDER "/messages.txt", getenv("UPDATE") ? "w+" : "r");
    assert_non_null(golden);
    char *got = read_text(out);
    if (getenv("UPDATE"))
        fputs(got, golden);
    char *expected = read_text(golden);
    assert_string_equal(got, expected);
    free(got);
    free(expected);
    fclose(golden);
    fclose(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_rule_has_fixtures),
        cmocka_unit_test(test_every_fixture_breaks_its_rule_only),
        cmocka_unit_test(test_messages_are_the_expected_ones),
    };

    setenv("SOURCE_DATE_EPOCH", "1795392000", 1); /* 2026-11-23 */
    return cmocka_run_group_tests_name("tool_fixtures", tests, NULL, NULL);
}
