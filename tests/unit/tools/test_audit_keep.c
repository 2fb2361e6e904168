/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I6: `bulkhead audit collect`. Files grow by what is new only, over boots and interruptions; what
 * does not follow is a finding, and what is no trail is not kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "made_trail.h"

/* A console as the source of what is collected. */
static struct {
    bool silent;
    uint32_t asked;
    const char *instead;
} console;

static bool fetch(void *context, const char *host, uint64_t from, char **text, size_t *bytes)
{
    assert_string_equal(host, "gate-7");
    assert_ptr_equal(context, &console);
    console.asked++;
    if (console.silent)
        return false;
    FILE *out = open_memstream(text, bytes);
    uint32_t boot = 0;
    for (uint32_t i = 0; i < count; i++)
        boot = records[i].number == 0 ? i : boot;
    if (first_kept > boot + from)
        fprintf(out, "{\"lost\": %u}\n", (unsigned)(first_kept - boot - from));
    for (uint32_t i = boot; i < count && !console.instead; i++)
        if (records[i].number >= from && i >= first_kept)
            fprintf(out, "%s\n", lines[i]);
    if (console.instead)
        fputs(console.instead, out);
    fclose(out);
    return true;
}

static char folder[] = "/tmp/audit-test-XXXXXX", path[64];

static int make_folder(void **state)
{
    setup(state);
    strcpy(strrchr(folder, '-'), "-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/gate-7.ndjson", folder);
    memset(&console, 0, sizeof console);
    return 0;
}

static int remove_folder(void **state)
{
    unlink(path);
    rmdir(folder);
    return teardown(state);
}

static enum exit_status collect(void)
{
    const struct keep_source source = {fetch, &console};
    return keep_collect(&source, "gate-7", folder);
}

static enum trail_verdict kept(void)
{
    FILE *file = fopen(path, "r");
    struct trail all = {.name = path};
    assert_non_null(file);
    assert_true(keep_read(file, &all, NULL));
    fclose(file);
    trail = (struct trail){.out = trail.out, .records = all.records};
    return trail_verdict(&all);
}

static void files_grow_by_what_is_new(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    for (uint32_t n = 0; n < 4; n++) {
        assert_int_equal(collect(), EXIT_GOOD);
        assert_int_equal(collect(), EXIT_GOOD); /* nothing new */
        assert_int_equal(kept(), TRAIL_ANCHORED);
        assert_int_equal(trail.records, count);
        if (n == 1)
            append_boot(8, false, 20); /* its numbers reach beyond those of the boot before */
        else
            append(AUDIT_END, 1, (uint64_t[5]){n});
    }
    console.silent = true;
    assert_int_equal(collect(), EXIT_ENVIRONMENT);
    assert_int_equal(kept(), TRAIL_ANCHORED);
    append_boot(9, true, 1);
    console.silent = false;
    assert_int_equal(collect(), EXIT_GOOD); /* a cold start is nobody's fault */
    assert_int_equal(kept(), TRAIL_UNBROKEN);
}

static void gaps_are_findings(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    assert_int_equal(collect(), EXIT_GOOD);
    for (int i = 0; i < 10; i++)
        append(AUDIT_START, 0, (uint64_t[5]){0});
    first_kept = count - 3;
    assert_int_equal(collect(), EXIT_FINDINGS);
    assert_int_equal(kept(), TRAIL_GAP);
    assert_int_equal(collect(), EXIT_GOOD); /* said once */
}

static void use_file(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", folder, name);
}

/* A counter that goes back: nothing after it is lost, and each file is a trail. */
static void a_counter_that_goes_back(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    assert_int_equal(collect(), EXIT_GOOD);
    console.silent = true;
    append_boot(7, true, 1);
    assert_int_equal(collect(), EXIT_ENVIRONMENT);
    console.silent = false;
    assert_int_equal(collect(), EXIT_FINDINGS);
    assert_int_equal(kept(), TRAIL_ANCHORED);
    assert_int_equal(trail.records, 9);
    use_file("gate-7.2.ndjson");
    assert_int_equal(kept(), TRAIL_ANCHORED);
    assert_int_equal(trail.records, 5);
    append(AUDIT_END, 1, (uint64_t[5]){0});
    append_boot(8, false, 1);
    assert_int_equal(collect(),
                     EXIT_FINDINGS); /* what the record before the boot was, nobody has */
    append(AUDIT_END, 1, (uint64_t[5]){0});
    assert_int_equal(collect(), EXIT_GOOD);
    assert_int_equal(kept(), TRAIL_GAP);
    assert_int_equal(trail.records, 11);
    append_boot(1, true, 1);
    assert_int_equal(collect(), EXIT_FINDINGS);
    assert_int_equal(collect(), EXIT_GOOD);
    use_file("gate-7.3.ndjson");
    assert_int_equal(kept(), TRAIL_ANCHORED);
    unlink(path);
    use_file("gate-7.2.ndjson");
    unlink(path);
    use_file("gate-7.ndjson");
}

/* Somebody has changed what is kept: it stays as it is, and what comes is kept beside it. */
static void a_broken_file_is_left(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    assert_int_equal(collect(), EXIT_GOOD);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fputs("garbage\n", file);
    fclose(file);
    append(AUDIT_END, 1, (uint64_t[5]){0});
    console.silent = true; /* nothing is begun for nothing */
    assert_int_equal(collect(), EXIT_ENVIRONMENT);
    console.silent = false;
    assert_int_equal(collect(), EXIT_FINDINGS);
    assert_int_equal(kept(), TRAIL_BROKEN);
    use_file("gate-7.2.ndjson");
    assert_int_equal(kept(), TRAIL_ANCHORED);
    assert_int_equal(trail.records, count);
    assert_int_equal(collect(), EXIT_GOOD);
    unlink(path);
    use_file("gate-7.ndjson");
}

/* Records that were not collected before the machine was reset. */
static void a_head_that_does_not_follow(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    assert_int_equal(collect(), EXIT_GOOD);
    append(AUDIT_END, 1, (uint64_t[5]){0});
    append_boot(8, false, 5);
    assert_int_equal(collect(), EXIT_FINDINGS);
    assert_int_equal(kept(), TRAIL_GAP);
}

/* What was cut off while it was written is not continued in the midst. */
static void half_a_line_is_written_anew(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    assert_int_equal(collect(), EXIT_GOOD);
    assert_int_equal(truncate(path, 3000), 0);
    assert_int_equal(collect(), EXIT_GOOD);
    assert_int_equal(kept(), TRAIL_ANCHORED);
    assert_int_equal(trail.records, count);
}

static void what_is_no_trail_is_not_kept(void **state)
{
    (void)state;
    append_boot(7, false, 5);
    assert_int_equal(collect(), EXIT_GOOD);
    static const char *const answers[] = {"\033[2J\n", "{\"lost\": 0}\n", "<html>\n", "[]\n",
                                          "{\"number\": 5}\n"};
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        console.instead = answers[i];
        assert_int_equal(collect(), EXIT_FINDINGS);
        assert_int_equal(kept(), TRAIL_ANCHORED);
        assert_int_equal(trail.records, count);
    }
    console.instead = "{\"lost\"";
    assert_int_equal(collect(), EXIT_ENVIRONMENT);
    console.instead = NULL;
    assert_int_equal(collect(), EXIT_GOOD);
    assert_int_equal(kept(), TRAIL_ANCHORED);
}

int main(void)
{
#define KEEP(name) cmocka_unit_test_setup_teardown(name, make_folder, remove_folder)
    static const struct CMUnitTest tests[] = {
        KEEP(files_grow_by_what_is_new),    KEEP(gaps_are_findings),
        KEEP(a_head_that_does_not_follow),  KEEP(half_a_line_is_written_anew),
        KEEP(what_is_no_trail_is_not_kept), KEEP(a_counter_that_goes_back),
        KEEP(a_broken_file_is_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
