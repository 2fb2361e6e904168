/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests and the site's table as one net for the cascade analysis. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/cascade/fleet.h"
#include "tools/manifest/schema.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_BYTES = 4096 };

#define DOMAIN(name, level, rest)                                                                  \
    "  - name: " name "\n    label: {level: " level "}\n    cpus: 1\n    memory: 64M\n"            \
    "    boot: {elf64: x}\n" rest
#define LEVELS "levels: [public, restricted, secret]\ncategories: [red, blue]\n"

static struct fleet fleet;
static struct cascade_table table;
static bool with_table;
static struct cascade_result result;

static void add(const char *path, const char *text)
{
    struct check check = {.path = path};

    schema_read(&check, text, strlen(text));
    if (check.errors > 0)
        check_print(&check, stderr);
    assert_int_equal(check.errors, 0);
    fleet_add(&fleet, with_table ? &table : NULL, &check);
    check_close(&check);
}

/* The number of findings in a table file, which holds `text`. */
static size_t read_table(const char *text)
{
    char path[] = "/tmp/bulkhead-table-XXXXXX";
    struct check check = {0};
    int file = mkstemp(path);

    memset(&table, 0, sizeof(table));
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    assert_true(cascade_table_read(&check, path, &table));
    size_t errors = check.errors;
    /* The names must outlive the check here. */
    for (uint32_t i = 0; i < table.level_count; i++)
        table.levels[i] = say(&fleet.arena, "%s", table.levels[i]);
    check_close(&check);
    unlink(path);
    return errors;
}

static int start(void **state)
{
    (void)state;
    memset(&fleet, 0, sizeof(fleet));
    memset(&table, 0, sizeof(table));
    with_table = false;
    return 0;
}

static int finish(void **state)
{
    (void)state;
    arena_free(&fleet.arena);
    return 0;
}

static void use_site_table(void)
{
    with_table = true;
    assert_int_equal(read_table("levels: [public, restricted, secret]\n"
                                "required: {restricted: {public: 1}, "
                                "secret: {restricted: 1, public: 2}}\n"
                                "categories: 3\n"),
                     0);
}

static void analyse(void)
{
    fleet_finish(&fleet);
    cascade_run(&fleet.arena, &fleet.net, 100, true, &result);
}

static const char upper[] =
    "host: upper\nassurance: 1\n" LEVELS
    "networks: {joint: {level: restricted}}\ndomains:\n" DOMAIN("s", "secret", "")
        DOMAIN("r", "restricted", "    devices: [{pci: \"00:04.0\", network: joint}]\n");
static const char lower[] =
    "host: lower\nassurance: 1\n" LEVELS
    "networks: {joint: {level: restricted}}\ndomains:\n" DOMAIN("p", "public", "")
        DOMAIN("r", "restricted", "    devices: [{pci: \"00:04.0\", network: joint}]\n");

static void networks_of_one_name_are_one(void **state)
{
    (void)state;
    use_site_table();
    add("a", upper);
    add("b", lower);
    analyse();
    assert_int_equal(fleet.problems, 0);
    assert_int_equal(fleet.net.network_count, 1);
    assert_int_equal(fleet.net.link_count, 2);
    assert_int_equal(result.locals + result.directs, 0);
    assert_int_equal(result.cascades, 1);
    assert_int_equal(result.findings[0].required, 2);
}

static void without_a_table_nothing_is_granted(void **state)
{
    (void)state;
    add("a", upper);
    add("b", lower);
    analyse();
    assert_int_equal(result.locals, 2);
    assert_int_equal(result.cascades, 1);
    assert_int_equal(result.findings[0].required, CASCADE_NEVER);
    assert_int_equal(result.findings[0].fix_count, 0);
    assert_int_equal(result.findings[2].fix_count, 4); /* only links */
}

/* One of the two manifests above with a joint that leads from `lower` to `upper`. */
static void with_diode(char text[TEXT_BYTES], const char *manifest)
{
    const char *end = strstr(manifest, "}}\ndomains:");

    assert_non_null(end);
    snprintf(text, TEXT_BYTES, "%.*s, one_way: {from: lower, to: upper, by: d}%s",
             (int)(end - manifest), manifest, end);
}

static void a_diode_stops_it(void **state)
{
    char text[TEXT_BYTES];

    (void)state;
    use_site_table();
    with_diode(text, upper);
    add("a", text);
    with_diode(text, lower);
    add("b", text);
    analyse();
    assert_int_equal(fleet.problems, 0);
    assert_int_equal(fleet.links[0].directions, CASCADE_TO_HOST);
    assert_int_equal(result.cascades, 0);
}

static void the_console_is_on_its_network_and_serial_grants_are_channels(void **state)
{
    (void)state;
    use_site_table();
    add("a",
        "host: a\nassurance: 9\n" LEVELS "networks: {admin: {level: restricted}}\n"
        "management:\n  cpus: 1\n  memory: 64M\n"
        "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.0.1/24}\n"
        "  admins: [{name: o, key: k, role: operator, expires: 2030-01-01}]\n"
        "domains:\n" DOMAIN("p", "public", "    serial: {read: [auditor], write: [operator]}\n")
            DOMAIN("s", "secret", "    serial: {read: [auditor]}\n"));
    analyse();
    assert_int_equal(fleet.net.channel_count, 3);
    assert_int_equal(fleet.net.link_count, 1);
    /* Management writes down to p, s is read down by management, and the two joined. */
    assert_int_equal(result.directs, 2);
    assert_int_equal(result.cascades, 1);
    assert_int_equal(result.fix_count, 2);
}

static void whoever_manages_a_domain_learns_of_it(void **state)
{
    (void)state;
    use_site_table();
    add("a", "host: a\nassurance: 9\n" LEVELS "networks: {admin: {level: restricted}}\n"
             "management:\n  cpus: 1\n  memory: 64M\n"
             "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.0.1/24}\n"
             "  admins: [{name: o, key: k, role: operator, expires: 2030-01-01}]\n"
             "domains:\n" DOMAIN("s", "secret", "    manage: [restart]\n"));
    analyse();
    assert_int_equal(fleet.net.channel_count, 1);
    assert_int_equal(result.directs, 1);
    assert_int_equal(result.findings[0].steps[0].means, CASCADE_BY_CHANNEL);
}

static void a_lacking_category_counts(void **state)
{
    (void)state;
    use_site_table();
    add("a", "host: a\nassurance: 2\n" LEVELS "domains:\n"
             "  - {name: r, label: {level: secret, categories: [red]}, cpus: 1, memory: 64M, "
             "boot: {elf64: x}}\n"
             "  - {name: b, label: {level: secret, categories: [red, blue]}, cpus: 1, memory: 64M, "
             "boot: {elf64: x}}\n");
    analyse();
    assert_int_equal(fleet.label_count, 2);
    assert_string_equal(fleet.labels[1].name, "secret{red,blue}");
    assert_int_equal(result.locals, 1);
    assert_int_equal(result.findings[0].from.level, 1);
    assert_int_equal(result.findings[0].required, 3);
}

static void a_trunk_joins_what_it_carries(void **state)
{
    (void)state;
    use_site_table();
    add("a",
        "host: a\nassurance: 9\n" LEVELS
        "networks: {low: {level: public}, all: {level: secret, trunk: [low]}}\ndomains:\n" DOMAIN(
            "s", "secret", "    devices: [{pci: \"00:04.0\", network: all}]\n"));
    analyse();
    assert_int_equal(fleet.net.link_count, 2);
    assert_int_equal(result.directs, 1);
    finish(state);
    start(state);
    add("b", "host: b\nassurance: 9\n" LEVELS
             "networks: {low: {level: public}, all: {level: public, trunk: [low]}, "
             "third: {level: public, trunk: [all]}}\ndomains:\n" DOMAIN(
                 "p", "public", "    devices: [{pci: \"00:04.0\", network: low}]\n"));
    analyse();
    assert_int_equal(fleet.net.link_count, 3); /* who is listed is on the cable too */
}

static void a_trunk_that_a_third_host_says_joins_too(void **state)
{
    (void)state;
    use_site_table();
    add("a", "host: a\nassurance: 9\n" LEVELS "networks: {n1: {level: secret}}\ndomains:\n" DOMAIN(
                 "s", "secret", "    devices: [{pci: \"00:04.0\", network: n1}]\n"));
    add("b", "host: b\nassurance: 9\n" LEVELS "networks: {n2: {level: public}}\ndomains:\n" DOMAIN(
                 "p", "public", "    devices: [{pci: \"00:04.0\", network: n2}]\n"));
    add("c", "host: c\nassurance: 9\n" LEVELS
             "networks: {n1: {level: secret, trunk: [n2]}, n2: {level: public}}\n"
             "domains:\n" DOMAIN("r", "restricted", ""));
    analyse();
    assert_int_equal(fleet.problems, 0);
    assert_int_equal(fleet.net.link_count, 4);
    assert_true(result.directs > 0);
}

static void what_keeps_a_fleet_from_being_analysed(void **state)
{
    static const struct {
        const char *second;
        uint32_t problems;
    } cases[] = {
        {upper, 1}, /* the same host twice */
        {"host: b\n" LEVELS "networks: {joint: {level: secret}}\ndomains:\n" DOMAIN(
             "s", "secret", "    devices: [{pci: \"00:04.0\", network: joint}]\n"),
         1},
        {"host: b\nlevels: [restricted, public]\ndomains:\n" DOMAIN("p", "public", ""), 1},
        {"host: b\nlevels: [public, other]\ndomains:\n" DOMAIN("p", "public", ""), 0},
        {"host: b\nlevels: [public]\ndomains:\n" DOMAIN("p", "secret", ""), 1},
        {"host: b\n" LEVELS "domains:\n"
         "  - {name: p, cpus: 1, memory: 64M, boot: {elf64: x}}\n",
         1},
        {lower, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start(state);
        add("a", upper);
        add("b", cases[i].second);
        if (fleet.problems != cases[i].problems)
            fail_msg("case %zu: %u problems", i, fleet.problems);
        finish(state);
    }
}

static void levels_not_in_the_table_or_not_in_its_order_are_refused(void **state)
{
    (void)state;
    use_site_table();
    add("a", "host: a\nlevels: [public, other]\ndomains:\n" DOMAIN("p", "public", ""));
    assert_int_equal(fleet.problems, 1);
    add("b", "host: b\nlevels: [secret, public]\ndomains:\n" DOMAIN("p", "public", ""));
    assert_int_equal(fleet.problems, 2);
}

#define PAIR(host, levels, low, high)                                                              \
    "host: " host "\nlevels: " levels "\ndomains:\n" DOMAIN("x", low, "") DOMAIN("y", high, "")

static void without_a_table_the_manifests_together_say_what_is_up(void **state)
{
    static const char *const texts[] = {
        PAIR("a", "[p, s]", "p", "s"),
        PAIR("b", "[s, t]", "s", "t"),
        PAIR("c", "[p, t]", "p", "t"),
        PAIR("d", "[p, q]", "p", "q"),
    };

    (void)state;
    for (uint32_t first = 0; first < 4; first++) {
        uint32_t never = 0;

        start(state);
        for (uint32_t i = 0; i < 4; i++)
            add("x", texts[(first + i) % 4]);
        analyse();
        assert_int_equal(fleet.problems, 0);
        assert_int_equal(fleet.label_count, 4);
        for (uint32_t i = 0; i < 16; i++)
            never += fleet.required[i] == CASCADE_NEVER;
        assert_int_equal(never, 8); /* s, t and q to p, t to s, and q and s, q and t both ways */
        finish(state);
    }
    start(state);
    add("a", texts[0]);
    add("b", texts[1]);
    add("c", PAIR("c", "[t, p]", "t", "p"));
    assert_int_equal(fleet.problems, 1); /* none of the two alone contradicts it */
}

static void a_diode_points_one_way(void **state)
{
    static const char format[] =
        "host: %s\n" LEVELS "networks: {up: {level: restricted, one_way: {from: %s, to: %s, by: "
        "d}}}\ndomains:\n" DOMAIN("r", "restricted",
                                  "    devices: [{pci: \"00:04.0\", network: up}]\n");
    char text[TEXT_BYTES];

    (void)state;
    snprintf(text, sizeof(text), format, "a", "a", "b");
    add("a", text);
    snprintf(text, sizeof(text), format, "b", "a", "b");
    add("b", text);
    assert_int_equal(fleet.problems, 0);
    snprintf(text, sizeof(text), format, "c", "b", "a");
    add("c", text);
    assert_int_equal(fleet.problems, 1);
    add("d", "host: d\n" LEVELS
             "networks: {up: {level: restricted}}\ndomains:\n" DOMAIN("r", "restricted", ""));
    assert_int_equal(fleet.problems, 2); /* to say nothing is to say something else */
}

static void a_bad_table_is_refused(void **state)
{
    static const char *const bad[] = {
        "- a\n",
        "required: {}\n",
        "levels: a\n",
        "levels: []\n",
        "required: {b: {a: 1}}\n",
        "levels: [a, [b]]\n",
        "levels: [a, a]\n",
        "levels: [a, b]\nrequired: {c: {a: 1}}\n",
        "levels: [a, b]\nrequired: {b: {c: 1}}\n",
        "levels: [a, b]\nrequired: {a: {b: 1}}\n",
        "levels: [a, b]\nrequired: {b: {a: x}}\n",
        "levels: [a, b]\nrequired: {b: {a: 1001}}\n",
        "levels: [a, b]\nrequired: {b: {a: -1}}\n",
        "levels: [a, b]\nrequired: {b: {a: [1]}}\n",
        "levels: [a, b]\nrequired: {b: 1}\n",
        "levels: [a, b]\nrequired: [b]\n",
        "levels: [a]\ncategories: 99999999999999999999\n",
        "levels: [a]\nlevel: [b]\n",
        "levels: [a]\ncategories: 1\ncategories: 2\n",
        "levels: [a, b]\nrequired: {b: {a: 3, a: 1}}\n",
        "levels: [a, b]\nrequired: {b: {a: 3}, b: {}}\n",
        "levels: &x [a]\n",
        "levels: [a]\n? [b]\n: 1\n",
        "levels: [\"a\\0b\"]\n",
        "{",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (read_table(bad[i]) != 1)
            fail_msg("%s: not one finding", bad[i]);
    }
    assert_int_equal(read_table("levels: [a, b, c]\nrequired: {c: {a: 0}}\n"), 0);
    assert_int_equal(table.required[2][0], 0);
    assert_int_equal(table.required[2][1], CASCADE_NEVER);
    assert_int_equal(table.required[0][2], 0);
    assert_int_equal(table.category, CASCADE_NEVER);
}

static void the_shipped_example_is_a_good_table(void **state)
{
    struct check check = {0};

    (void)state;
    memset(&table, 0, sizeof(table));
    assert_true(cascade_table_read(&check, "tools/examples/risk-index.yaml", &table));
    assert_int_equal(check.errors, 0);
    assert_int_equal(table.required[3][0], 6);
    check_close(&check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(networks_of_one_name_are_one, start, finish),
        cmocka_unit_test_setup_teardown(without_a_table_nothing_is_granted, start, finish),
        cmocka_unit_test_setup_teardown(a_diode_stops_it, start, finish),
        cmocka_unit_test_setup_teardown(
            the_console_is_on_its_network_and_serial_grants_are_channels, start, finish),
        cmocka_unit_test_setup_teardown(whoever_manages_a_domain_learns_of_it, start, finish),
        cmocka_unit_test_setup_teardown(a_lacking_category_counts, start, finish),
        cmocka_unit_test_setup_teardown(a_trunk_joins_what_it_carries, start, finish),
        cmocka_unit_test_setup_teardown(a_trunk_that_a_third_host_says_joins_too, start, finish),
        cmocka_unit_test_setup_teardown(levels_not_in_the_table_or_not_in_its_order_are_refused,
                                        start, finish),
        cmocka_unit_test_setup_teardown(without_a_table_the_manifests_together_say_what_is_up,
                                        start, finish),
        cmocka_unit_test_setup_teardown(a_diode_points_one_way, start, finish),
        cmocka_unit_test(what_keeps_a_fleet_from_being_analysed),
        cmocka_unit_test_setup_teardown(a_bad_table_is_refused, start, finish),
        cmocka_unit_test_setup_teardown(the_shipped_example_is_a_good_table, start, finish),
    };
    return cmocka_run_group_tests_name("fleet", tests, NULL, NULL);
}
