/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `ctl machine`, `domains`, `status`, `metrics`, `compare`: recorded answers are shown, hostile
 * ones neither believed nor let near the terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl_world.h"
#include "kernel/abi/manifest.h"
#include <stdlib.h>
#include <string.h>

static struct world world;

/* One answer, one command. */
static int run(enum exit_status (*command)(struct ctl *ctl), const char *path, long status,
               const char *body, bool json)
{
    struct answer answers[] = {{"GET", path, status, body, 0, false}, {0}};

    world_open(&world, answers);
    world.ctl.json = json;
    world_hear(&world);
    int result = (int)command(&world.ctl);
    world_hear_no_more(&world);
    world_close(&world);
    return result;
}

static enum exit_status status_of_office(struct ctl *ctl)
{
    return ctl_status(ctl, "office");
}

static int run_status(const char *body, bool json)
{
    return run(status_of_office, "/v1/domains/office", 200, body, json);
}

static void test_machine(void **state)
{
    char *text = world_file("machine.txt");

    (void)state;
    assert_int_equal(run(ctl_machine, "/v1/machine", 200, text, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "host            gate-7\n"));
    assert_non_null(
        strstr(world.out, "networks        internet (public, exposed), plant-bus (res"));
    assert_non_null(strstr(world.out, "you             ops, operator, until 2027-01-31\n"));
    assert_null(strstr(world.out, "believed"));
    char *doubted = world_replace(text, "\"believed\":true", "\"believed\":false");
    assert_int_equal(run(ctl_machine, "/v1/machine", 200, doubted, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "not to be believed: operators are refused"));
    free(doubted);
    free(text);
}

static void test_domains(void **state)
{
    char *text = world_file("domains.txt");

    (void)state;
    assert_int_equal(run(ctl_domains, "/v1/domains", 200, text, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "DOMAIN   LABEL                   STATE"));
    assert_non_null(strstr(world.out, "\noffice   public                  stopped"));
    assert_non_null(strstr(world.out, "\nsecrets  secret (crypto, plant)  "));
    assert_int_equal(run(ctl_domains, "/v1/domains", 200, text, true), EXIT_GOOD);
    json_t *again = api_parse(world.out, strlen(world.out)),
           *before = api_parse(text, strlen(text));
    assert_true(json_equal(again, before));
    json_decref(again);
    json_decref(before);
    free(text);
}

static void test_status(void **state)
{
    char *text = world_file("office.txt");

    (void)state;
    assert_int_equal(run_status(text, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "\nstate           stopped for 2 min\n"));
    assert_non_null(strstr(world.out, "\ndevices         01:00.0 8086:10d3 on internet\n"));
    assert_non_null(strstr(world.out, "\nexits, cpu 0    CPUID: 119, WRMSR: 234\n"));
    assert_non_null(strstr(world.out, "\nchecks          1, the last one found nothing\n"));
    char *failed = world_replace(text, "\"check_failed\":null", "\"check_failed\":3");
    assert_int_equal(run_status(failed, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "the last one FAILED (3)"));
    free(failed);
    char *secret = world_replace(text, "\"state\":\"stopped\"", "\"state\":null");
    assert_int_equal(run_status(secret, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "you may not read it"));
    free(secret);
    free(text);
}

/* What is not as the API has it is not shown, and not guessed at. */
static void test_hostile(void **state)
{
    static const char *const bad[][3] = {
        {"\"name\":\"office\"", "\"nome\":\"office\"", "`name` is missing"},
        {"\"name\":\"office\"", "\"name\":7", "`name` is not a text"},
        {"\"name\":\"office\"", "\"name\":null", "`name` is not a text"},
        {"\"name\":\"office\"", "\"name\":\"a\\u0000b\"", "no JSON object"},
        {"\"name\":\"office\"", "\"name\":\"a\",\"name\":\"b\"", "no JSON object"},
        {"\"cpus\":2", "\"cpus\":\"2\"", "`cpus` is not a number"},
        {"\"cpus\":2", "\"cpus\":-1", "`cpus` is not a number"},
        {"\"cpus\":2", "\"cpus\":2.5", "`cpus` is not a number"},
        {"\"cpus\":2", "\"cpus\":9007199254740992", "`cpus` is not a number"},
        {"\"cpus\":2", "\"cpus\":99999999999999999999999", "no JSON object"},
        {"\"cpus\":2", "\"cpus\":null", "`cpus` is not a number"},
        {"\"since\":150", "\"since\":[150]", "`since` is not a number"},
        {"\"devices\":[", "\"devices\":{},\"more\":[", "`devices` is not a list"},
        {"\"may\":[", "\"may\":null,\"more\":[", "`may` is not a list"},
        {"\"fault\":null", "\"fault\":[]", "`fault` is not an object"},
        {"\"state\":\"stopped\"", "\"state\":{}", "`state` is not a text"},
        {"\"name\":\"office\"", "\"name\":\"\xff\"", "no JSON object"},
    };
    char *text = world_file("office.txt");

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *body = world_replace(text, bad[i][0], bad[i][1]);

        assert_int_equal(run_status(body, i % 2 == 0), EXIT_ENVIRONMENT);
        if (!strstr(world.said, bad[i][2]))
            fail_msg("%s: said %s", bad[i][1], world.said);
        assert_string_equal(world.out, "");
        free(body);
    }
    free(text);
}

static void test_no_json(void **state)
{
    static const char *const bad[] = {"", "null", "[]", "7", "{", "{}x", "\"a\"", "<html>"};
    char *deep = malloc(1 << 20);

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(run(ctl_machine, "/v1/machine", 200, bad[i], false), EXIT_ENVIRONMENT);
        assert_non_null(strstr(world.said, "no JSON object"));
    }
    assert_int_equal(run(ctl_machine, "/v1/machine", 200, NULL, false), EXIT_ENVIRONMENT);
    assert_int_equal(run(ctl_machine, "/v1/machine", 200, "{}", false), EXIT_ENVIRONMENT);
    assert_non_null(strstr(world.said, "`host` is missing"));
    memset(deep, '[', (1 << 20) - 1);
    deep[(1 << 20) - 1] = 0;
    memcpy(deep, "{\"a\":", 5);
    assert_int_equal(run(ctl_machine, "/v1/machine", 200, deep, false), EXIT_ENVIRONMENT);
    free(deep);
}

/* A console can say anything; nothing of it moves the cursor, and no line looks like another's. */
static void test_control_characters(void **state)
{
    static const char evil[] = "\"label\":\"\\u001b[2J\\u0007\\n\\u009b\xe2\x80\xae\\u007f\"";
    char *text = world_file("office.txt"), *all = world_file("domains.txt");
    char *body = world_replace(text, "\"label\":\"public\"", evil);
    char *list = world_replace(all, "\"label\":\"public\"", evil);

    (void)state;
    assert_int_equal(run_status(body, false), EXIT_GOOD);
    assert_true(world_is_plain(world.out));
    assert_non_null(strstr(world.out, "label           \\x1b[2J\\x07\\x0a"));
    assert_int_equal(run_status(body, true), EXIT_GOOD);
    assert_true(world_is_plain(world.out));
    assert_int_equal(run(ctl_domains, "/v1/domains", 200, list, false), EXIT_GOOD);
    assert_true(world_is_plain(world.out));
    assert_int_equal(run(ctl_metrics, "/metrics", 200, "a 1\n\033[2Jb\n", false), EXIT_GOOD);
    assert_string_equal(world.out, "a 1\n\\x1b[2Jb\n");
    assert_int_equal(
        run(ctl_machine, "/v1/machine", 403, "{\"detail\":\"\\u001b]0;x\\u0007\"}", false),
        EXIT_FINDINGS);
    assert_true(world_is_plain(world.said));
    free(list);
    free(all);
    free(body);
    free(text);
}

static void test_long_texts(void **state)
{
    char *text = world_file("domains.txt"), *long_text = calloc(1, 20000);

    (void)state;
    strcpy(long_text, "\"label\":\"");
    memset(long_text + strlen(long_text), 'x', 5000);
    strcat(long_text, "\"");
    char *body = world_replace(text, "\"label\":\"public\"", long_text);
    assert_int_equal(run(ctl_domains, "/v1/domains", 200, body, false), EXIT_GOOD);
    assert_non_null(strstr(world.out, "xxx...  stopped"));
    for (const char *line = world.out; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") < 200);
    free(body);
    memset(long_text + 9, 'x', 17000);
    strcpy(long_text + 17000, "\"");
    body = world_replace(text, "\"label\":\"public\"", long_text);
    assert_int_equal(run(ctl_domains, "/v1/domains", 200, body, false), EXIT_ENVIRONMENT);
    assert_non_null(strstr(world.said, "`label` is not a text of at most 16 KiB"));
    free(body);
    free(long_text);
    free(text);
}

/* Each way in which no answer is one has its status. */
static void test_refusals(void **state)
{
    static const char problem[] =
        "{\"type\":\"about:blank\",\"status\":403,\"detail\":\"no right\"}";

    (void)state;
    assert_int_equal(run(ctl_machine, "/v1/machine", 403, problem, false), EXIT_FINDINGS);
    assert_string_equal(world.said, "bulkhead ctl: gate-7: refused (403): no right\n");
    assert_int_equal(run(ctl_machine, "/v1/machine", 503, "<html>", false), EXIT_FINDINGS);
    assert_non_null(strstr(world.said, "refused (503): the console does not say why"));
    assert_int_equal(run(ctl_machine, "/v1/machine", 500, "{\"detail\":5}", false), EXIT_FINDINGS);
    assert_int_equal(run(ctl_machine, "/v1/machine", 0, "no way", false), EXIT_ENVIRONMENT);
    assert_string_equal(world.said, "bulkhead ctl: gate-7: no way\n");
    assert_int_equal(run(ctl_machine, "/v1/machine", 302, "{}", false), EXIT_ENVIRONMENT);
    assert_int_equal(run(ctl_machine, "/v1/machine", 700, "{}", false), EXIT_ENVIRONMENT);
}

static int compare(const char *machine, const char *domains, const struct comparison *comparison)
{
    struct answer answers[] = {{"GET", "/v1/machine", 200, machine, 0, false},
                               {"GET", "/v1/domains", 200, domains, 0, false},
                               {0}};

    world_open(&world, answers);
    world_hear(&world);
    int result = (int)ctl_compare(&world.ctl, comparison);
    world_hear_no_more(&world);
    world_close(&world);
    return result;
}

/* By the digest, and by nothing else; what differs is said as far as the console tells it. */
static void test_compare(void **state)
{
    static const char old[] = "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
    struct comparison comparison = {.file = "tests/unit/tools/ctl/gate-7.yaml",
                                    .kernel = "build/fixtures/good.elf"};
    char *machine = world_file("machine.txt"), *domains = world_file("domains.txt");
    char digest[65] = "";

    (void)state;
    assert_int_equal(compare(machine, domains, &comparison), EXIT_DIFFERS);
    assert_non_null(strstr(world.out, "\noffice: memory "));
    assert_non_null(strstr(world.out, "\nplant "));
    assert_null(strstr(world.out, "\nhost"));
    assert_int_equal(sscanf(strstr(world.out, old) + 64, " %64[0-9a-f]", digest), 1);
    assert_int_equal(strlen(digest), 64);
    char *same = world_replace(machine, old, digest);
    assert_int_equal(compare(same, domains, &comparison), EXIT_GOOD);
    assert_non_null(strstr(world.out, "gate-7: runs what is in this file"));
    /* Another hypervisor, another build: another digest. */
    comparison.kernel = "build/fixtures/physical.elf";
    assert_int_equal(compare(same, domains, &comparison), EXIT_DIFFERS);
    char *release = world_replace(same, "\"lab\":true", "\"lab\":false");
    comparison.kernel = "build/fixtures/good.elf";
    assert_int_equal(compare(release, domains, &comparison), EXIT_DIFFERS);
    comparison.cpu_vendor = MANIFEST_CPU_AMD;
    assert_int_equal(compare(same, domains, &comparison), EXIT_DIFFERS);
    comparison.cpu_vendor = 0;
    char *short_digest = world_replace(machine, old, "d1");
    assert_int_equal(compare(short_digest, domains, &comparison), EXIT_ENVIRONMENT);
    comparison.file = "/nonexistent";
    assert_int_equal(compare(machine, domains, &comparison), EXIT_ENVIRONMENT);
    comparison.file = "tests/unit/tools/ctl/machine.txt";
    assert_int_equal(compare(machine, domains, &comparison), EXIT_FINDINGS);
    free(short_digest);
    free(release);
    free(same);
    free(domains);
    free(machine);
}

/* A manifest built with --cpu is found without it; a difference says what may be missing. */
static void test_compare_vendors(void **state)
{
    static const char old[] = "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1";
    struct comparison comparison = {.file = "tests/unit/tools/ctl/gate-7.yaml",
                                    .cpu_vendor = MANIFEST_CPU_AMD};
    char *machine = world_file("machine.txt"), *domains = world_file("domains.txt");
    char digest[65] = "";

    (void)state;
    assert_int_equal(system("mkdir -p build/unit/kernel && cp build/fixtures/good.elf "
                            "build/unit/kernel/kernel-amd.elf && cp build/fixtures/physical.elf "
                            "build/unit/kernel/kernel-intel.elf"),
                     0);
    assert_int_equal(compare(machine, domains, &comparison), EXIT_DIFFERS);
    assert_non_null(strstr(world.out, "--kernel and --cpu as they were then"));
    assert_int_equal(sscanf(strstr(world.out, old) + 64, " %64[0-9a-f]", digest), 1);
    char *same = world_replace(machine, old, digest);
    comparison.cpu_vendor = 0;
    assert_int_equal(compare(same, domains, &comparison), EXIT_GOOD);
    assert_non_null(strstr(world.out, ", built with --cpu amd\n"));
    comparison.cpu_vendor = MANIFEST_CPU_INTEL;
    assert_int_equal(compare(same, domains, &comparison), EXIT_DIFFERS);
    comparison.cpu_vendor = 0;
    assert_int_equal(compare(machine, domains, &comparison), EXIT_DIFFERS);
    assert_int_equal(system("rm -r build/unit/kernel"), 0);
    free(same);
    free(domains);
    free(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_machine),    cmocka_unit_test(test_domains),
        cmocka_unit_test(test_status),     cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_no_json),    cmocka_unit_test(test_control_characters),
        cmocka_unit_test(test_long_texts), cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_compare),    cmocka_unit_test(test_compare_vendors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
