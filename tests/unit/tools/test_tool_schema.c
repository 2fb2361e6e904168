/* SPDX-License-Identifier: Apache-2.0 */
/* The table of keys is sound, and what it says is what happens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/abi/manifest.h"
#include "tools/manifest/schema.h"
#include "tools/reference/reference.h"
#include "tools/rules/rules.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < key_count; i++) {
        const struct key *key = &keys[i];
        char parent[128];

        assert_ptr_equal(key_at(key->path), key); /* no path twice */
        assert_true(strlen(key->text) > 10);
        assert_true(key->min <= key->max);
        if (key->type == KEY_CHOICE)
            assert_non_null(key->choices);
        if (key->type == KEY_LIST || key->type == KEY_COUNT_OR_LIST)
            assert_true(key->noun && key->item_bytes > 0);
        snprintf(parent, sizeof(parent), "%s", key->path);
        char *end = strrchr(parent, '.');
        if (!end)
            continue;
        *end = 0;
        if (strcmp(parent + strlen(parent) - 2, "[]") == 0)
            parent[strlen(parent) - 2] = 0;
        assert_non_null(key_at(parent));
    }
}

static void test_children_are_direct(void **state)
{
    (void)state;
    assert_true(key_is_child(key_at("platform.cpu"), "platform"));
    assert_false(key_is_child(key_at("platform.cpu"), ""));
    assert_true(key_is_child(key_at("platform"), ""));
    assert_true(key_is_child(key_at("domains[].boot"), "domains[]"));
    assert_false(key_is_child(key_at("domains[].boot.linux"), "domains[]"));
    assert_false(key_is_child(key_at("domains[].cpus[]"), "domains[]"));
    assert_null(key_find("platform", "cp", 2));
    assert_ptr_equal(key_find("platform", "cpu", 3), key_at("platform.cpu"));
}

/* One scalar against one key: the rule that it breaks, or NULL and the value stored. */
static const struct scalar_case {
    const char *key, *text;
    bool quoted;
    const char *rule;
    uint64_t value;
} scalars[] = {
    {"domains[].memory", "512M", false, NULL, 512ull << 20},
    {"domains[].memory", "2G", false, NULL, 2ull << 30},
    {"domains[].memory", "2048K", false, NULL, 2 << 20},
    {"domains[].memory", "1T", false, NULL, 1ull << 40},
    {"domains[].memory", "512", false, "type", 0},
    {"domains[].memory", "512MB", false, "type", 0},
    {"domains[].memory", "0x200M", false, "type", 0},
    {"domains[].memory", "1.5G", false, "type", 0},
    {"domains[].memory", "M", false, "type", 0},
    {"domains[].memory", " 512M", false, "type", 0},
    {"domains[].memory", "512M", true, "type", 0},
    {"domains[].memory", "0512M", false, "type", 0},
    {"domains[].memory", "", false, "type", 0},
    {"domains[].memory", "~", false, "type", 0},
    {"domains[].memory", "1M", false, "range", 0},
    {"domains[].memory", "3M", false, "range", 0},
    {"domains[].memory", "2T", false, "range", 0},
    {"domains[].memory", "0", false, "range", 0},
    {"domains[].memory", "-2M", false, "range", 0},
    {"domains[].memory", "16777216T", false, "range", 0},             /* 2^64 */
    {"domains[].memory", "16777217T", false, "range", 0},             /* 2^64 + 2^40 */
    {"domains[].memory", "18446744073709551616K", false, "range", 0}, /* 2^64 K */
    {"domains[].memory", "67108864", false, "type", 0},
    {"platform.memory_guard", "0", false, NULL, 0},
    {"platform.memory_guard", "1", false, "type", 0},
    {"platform.microcode", "0x2b000571", false, NULL, 0x2b000571},
    {"platform.microcode", "1", false, "type", 0},
    {"platform.processors", "64", false, NULL, 64},
    {"platform.processors", "65", false, "range", 0},
    {"platform.processors", "18446744073709551615", false, "range", 0},
    {"platform.processors", "18446744073709551616", false, "range", 0},
    {"platform.processors", "18446744073709551617", false, "range", 0}, /* not 1 */
    {"platform.processors", "-1", false, "range", 0},
    {"platform.processors", "+1", false, "type", 0},
    {"platform.processors", "1_0", false, "type", 0},
    {"platform.processors", "four", false, "type", 0},
    {"domains[].on_exit.within", "60s", false, NULL, 60},
    {"domains[].on_exit.within", "5m", false, NULL, 300},
    {"domains[].on_exit.within", "2h", false, NULL, 7200},
    {"domains[].on_exit.within", "366d", false, NULL, 366 * 86400},
    {"domains[].on_exit.within", "367d", false, "range", 0},
    {"domains[].on_exit.within", "60", false, "type", 0},
    {"domains[].on_exit.within", "0s", false, "range", 0},
    {"domains[].serial.polled", "true", false, NULL, 1},
    {"domains[].serial.polled", "false", false, NULL, 0},
    {"domains[].serial.polled", "True", false, NULL, 1},
    {"domains[].serial.polled", "FALSE", false, NULL, 0},
    {"domains[].serial.polled", "tRUE", false, "type", 0},
    {"domains[].serial.polled", "yes", false, "type", 0},
    {"domains[].serial.polled", "true", true, "type", 0},
    {"domains[].serial.port", "com4", false, NULL, 4},
    {"domains[].serial.port", "com4", true, NULL, 4},
    {"domains[].serial.port", "com5", false, "choice", 0},
    {"platform.cpu", "amd", false, NULL, MANIFEST_CPU_AMD},
    {"platform.cpu", "AMD", false, "choice", 0},
    {"platform.tpm", "required", false, NULL, TPM_REQUIRED},
    {"platform.tpm", "true", false, "choice", 0},
};

static void test_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        const struct scalar_case *one = &scalars[i];
        struct check check = {.path = "test"};
        struct number number = {0};
        struct scalar scalar = {one->text, strlen(one->text), !one->quoted, {"test", 7, 3}};

        key_store_scalar(&check, key_at(one->key), "here", &scalar, &number);
        const char *rule = check.finding_count ? check.findings[0].rule->name : NULL;
        if ((rule == NULL) != (one->rule == NULL) || (rule && strcmp(rule, one->rule) != 0))
            fail_msg("%s: %s breaks %s, not %s", one->key, one->text, rule ? rule : "nothing",
                     one->rule ? one->rule : "nothing");
        assert_int_equal(number.valid, rule == NULL);
        assert_int_equal(number.value, one->value);
        assert_int_equal(number.at.line, 7);
        check_close(&check);
    }
}

static const struct {
    const char *text;
    bool good;
} names[] = {
    {"a", true},
    {"gate-7", true},
    {"7", true},
    {"-a", false},
    {"a-", false},
    {"a_b", false},
    {"A", false},
    {"a b", false},
    {"a.b", false},
    {"\xc3\xbc", false},
    {"abcdefghijklmnopqrstuvwxyz01234", true}, /* 31 */
    {"abcdefghijklmnopqrstuvwxyz012345", false},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct check check = {.path = "test"};
        struct text text = {0};
        struct scalar scalar = {names[i].text, strlen(names[i].text), true, {"test", 1, 1}};

        key_store_scalar(&check, key_at("domains[].name"), "here", &scalar, &text);
        assert_int_equal(check.finding_count, names[i].good ? 0 : 1);
        assert_int_equal(text.value != NULL, names[i].good);
        check_close(&check);
    }
}

/* A name with a zero byte inside is not the name before it. */
static void test_zero_byte(void **state)
{
    struct check check = {.path = "test"};
    struct text text = {0};
    struct scalar scalar = {"office\0x", 8, false, {"test", 1, 1}};

    (void)state;
    key_store_scalar(&check, key_at("domains[].name"), "here", &scalar, &text);
    key_store_scalar(&check, key_at("domains[].boot.linux"), "here", &scalar, &text);
    key_store_scalar(&check, key_at("domains[].serial.port"), "here",
                     &(struct scalar){"com2\0", 5, false, {"test", 1, 1}}, &(struct number){0});
    assert_int_equal(check.finding_count, 3);
    assert_null(text.value);
    check_close(&check);
}

static const char all_keys[] =
    "host: gate-7\n"
    "platform: {cpu: amd, processors: 8, memory: 4G, memory_guard: 4M, com1: domain}\n"
    "domains:\n"
    "  - name: office\n"
    "    cpus: [4, 5]\n"
    "    memory: 512M\n"
    "    boot: {linux: build/fixtures/good.bzimage, initrd: build/fixtures/4k.initrd,\n"
    "           cmdline: quiet}\n"
    "    serial: {port: com1, polled: true}\n"
    "    on_exit: {do: restart, limit: 3, within: 1m}\n"
    "  - {name: plant, cpus: 3, memory: 4M, boot: {elf64: build/fixtures/good.elf}}\n";

static void test_all_keys_reach_the_model(void **state)
{
    struct check check = {0};

    (void)state;
    check_text(&check, "test", all_keys, strlen(all_keys));
    assert_int_equal(check.finding_count, 0);
    const struct model *model = &check.model;
    const struct model_domain *office = model_domain(model, 0), *plant = model_domain(model, 1);
    assert_string_equal(model->host.value, "gate-7");
    assert_int_equal(model->platform.cpu.value, MANIFEST_CPU_AMD);
    assert_int_equal(model->platform.processors.value, 8);
    assert_int_equal(model->platform.memory.value, 4ull << 30);
    assert_int_equal(model->platform.memory_guard.value, 4 << 20);
    assert_int_equal(model->platform.com1.value, COM1_DOMAIN);
    assert_int_equal(model->domains.count, 2);
    assert_string_equal(office->name.value, "office");
    assert_true(office->cpus.is_list);
    assert_int_equal(office->cpus.value, 2);
    assert_int_equal(listed(&office->cpus.list, 1)->value, 5);
    assert_int_equal(listed(&office->cpus.list, 1)->at.line, 5);
    assert_int_equal(listed(&office->cpus.list, 1)->at.column, 15);
    assert_int_equal(office->memory.value, 512 << 20);
    assert_string_equal(office->boot.bzimage.value, "build/fixtures/good.bzimage");
    assert_string_equal(office->boot.initrd.value, "build/fixtures/4k.initrd");
    assert_string_equal(office->boot.cmdline.value, "quiet");
    assert_int_equal(office->serial.port.value, 1);
    assert_int_equal(office->serial.polled.value, 1);
    assert_int_equal(office->on_exit.action.value, MANIFEST_EXIT_RESTART);
    assert_int_equal(office->on_exit.limit.value, 3);
    assert_int_equal(office->on_exit.within.value, 60);
    assert_false(plant->cpus.is_list);
    assert_int_equal(plant->cpus.value, 3);
    assert_int_equal(plant->on_exit.action.value, MANIFEST_EXIT_STOP); /* a default */
    assert_false(is_written(plant->on_exit.action.at));
    assert_false(plant->serial.port.valid);
    check_close(&check);
}

/* What an editor is told of values whose type other readers of YAML guess. */
static void test_json_schema(void **state)
{
    static const char *const said[][2] = {
        {"domains[].devices[].serial_number", "\"type\": [\"string\", \"number\", \"boolean\"], "},
        {"domains[].hardened.by", "\"type\": [\"string\", \"number\", \"boolean\"], "},
        {"domains[].name", "\"type\": [\"string\", \"integer\", \"boolean\"], "},
        {"domains[].memory", "\"type\": \"string\", \"pattern\": \"^(0|[1-9][0-9]*)[KMGT]$\"}"},
        {"platform.memory_guard",
         "\"type\": [\"string\", \"integer\"], \"minimum\": 0, \"maximum\": 0, "},
        {"domains[].devices[].removable", "\"type\": \"boolean\"}"},
    };
    char *schema = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&schema, &bytes);

    (void)state;
    json_schema_write(out);
    fclose(out);
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        const char *text = strstr(schema, key_at(said[i][0])->text);
        const char *value = text ? strstr(text, "\", \"") : NULL;

        if (!value || strncmp(value + 3, said[i][1], strlen(said[i][1])) != 0)
            fail_msg("%s: %.80s", said[i][0], value ? value : "is not there");
    }
    free(schema);
}

/* These are texts, though unquoted numbers. */
static void test_numbers_as_texts(void **state)
{
    static const char *const paths[] = {"domains[].devices[].serial_number",
                                        "domains[].hardened.by", "domains[].name"};

    (void)state;
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct check check = {.path = "test"};
        struct text text = {0};

        key_store_scalar(&check, key_at(paths[i]), "here",
                         &(struct scalar){"12", 2, true, {"test", 1, 1}}, &text);
        assert_string_equal(text.value, "12");
        check_close(&check);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound), cmocka_unit_test(test_children_are_direct),
        cmocka_unit_test(test_numbers),        cmocka_unit_test(test_names),
        cmocka_unit_test(test_zero_byte),      cmocka_unit_test(test_all_keys_reach_the_model),
        cmocka_unit_test(test_json_schema),    cmocka_unit_test(test_numbers_as_texts),
    };

    return cmocka_run_group_tests_name("tool_schema", tests, NULL, NULL);
}
