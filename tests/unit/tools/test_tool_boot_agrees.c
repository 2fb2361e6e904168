/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `bulkhead check` lets pass the loader accepts: payloads with random header fields go
 * through the tool's rules and through the loader's own parser and placement in guest memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/guest/guest_memory.h"
#include "tools/image/compile.h"
#include "tools/image/payload.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 2000, FILE_MAX_BYTES = 1 << 16 };

static uint32_t random_state = 7;

static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % limit;
}

struct field {
    uint32_t offset, bytes;
};

/* e_type .. e_phnum, then both program headers. */
static const struct field elf_fields[] = {
    {4, 1},   {5, 1},   {6, 1},   {16, 2},  {18, 2},  {20, 4},  {24, 8},  {32, 8},  {54, 2},
    {56, 2},  {64, 4},  {68, 4},  {72, 8},  {80, 8},  {88, 8},  {96, 8},  {104, 8}, {112, 8},
    {120, 4}, {124, 4}, {128, 8}, {136, 8}, {144, 8}, {152, 8}, {160, 8}, {168, 8},
};

/* setup_sects, syssize, jump, version, flags, initrd_addr_max, alignment ... init_size. */
static const struct field linux_fields[] = {
    {0x1f1, 1}, {0x1f4, 4}, {0x1fe, 2}, {0x201, 1}, {0x206, 2}, {0x211, 1}, {0x22c, 4},
    {0x230, 4}, {0x234, 1}, {0x236, 2}, {0x238, 4}, {0x258, 8}, {0x260, 4},
};

/* Powers of two, their neighbours, small steps, and anything. */
static uint64_t strange_value(uint64_t old)
{
    uint64_t any = (uint64_t)random_below(1 << 24) << 40 ^ (uint64_t)random_below(1 << 24) << 20 ^
                   random_below(1 << 24);

    switch (random_below(5)) {
    case 0:
        return (1ull << random_below(64)) + random_below(3) - 1;
    case 1:
        return old + 1 - random_below(3);
    case 2:
        return old + 0x1000 * (1 - (uint64_t)random_below(3));
    case 3:
        return random_below(4096);
    default:
        return any >> random_below(64);
    }
}

static void change_field(uint8_t *file, const struct field *field)
{
    uint64_t value = 0;

    memcpy(&value, file + field->offset, field->bytes);
    value = strange_value(value);
    memcpy(file + field->offset, &value, field->bytes);
}

static size_t load(const char *path, uint8_t *file)
{
    FILE *in = fopen(path, "rb");

    assert_non_null(in);
    size_t bytes = fread(file, 1, FILE_MAX_BYTES, in);
    fclose(in);
    return bytes;
}

static void store(const char *path, const uint8_t *file, size_t bytes)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(file, 1, bytes, out), bytes);
    fclose(out);
}

/* Whether check finds the manifest good; if so the loader must agree. */
static bool agree(const char *text, bool amd)
{
    static const struct facts intel_facts = {.tsc_hz = 2000000000},
                              amd_facts = {.tsc_hz = 4294967295000, .amd = true};
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;
    struct diagnostic why = {{0}};
    struct handoff_domain *domain = calloc(1, sizeof(*domain));

    check_text(&check, "test", text, strlen(text));
    bool good = check.finding_count == 0;
    if (good) {
        assert_null(compile(&check, false, &compiled));
        assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                         MANIFEST_OK);
        uint8_t *payload = calloc(1, compiled.payload_bytes);
        for (uint32_t i = 0; i < compiled.payload_count; i++)
            memcpy(payload + compiled.payloads[i].offset, compiled.payloads[i].file->bytes,
                   compiled.payloads[i].size);
        struct plan_input in = {.facts = amd ? &amd_facts : &intel_facts,
                                .manifest = &manifest,
                                .payload = payload,
                                .payload_bytes = compiled.payload_bytes};
        if (!guest_plan(&in, 0, domain, &why))
            fail_msg("check lets pass what the loader refuses: %s", why.text);
        free(payload);
    }
    check_close(&check);
    free(domain);
    return good;
}

/* `form` has one %s, which becomes the path of the changed file. */
static void compare(const char *good, const struct field *fields, size_t field_count,
                    const char *form)
{
    char changed[] = "/tmp/bulkhead-test-XXXXXX", text[512];
    int created = mkstemp(changed);

    assert_true(created >= 0);
    close(created);
    snprintf(text, sizeof(text), form, changed);
    uint8_t *original = calloc(1, FILE_MAX_BYTES), *file = calloc(1, FILE_MAX_BYTES);
    size_t bytes = load(good, original);
    uint32_t accepted = 0;

    for (uint32_t round = 0; round < ROUNDS; round++) {
        memcpy(file, original, bytes);
        for (uint32_t i = random_below(3) + 1; i > 0; i--)
            change_field(file, &fields[random_below((uint32_t)field_count)]);
        store(changed, file, random_below(20) == 0 ? random_below((uint32_t)bytes) + 1 : bytes);
        accepted += agree(text, false);
    }
    /* Both answers were tried. */
    assert_in_range(accepted, ROUNDS / 50, ROUNDS - ROUNDS / 50);
    remove(changed);
    free(original);
    free(file);
}

static void test_elf_files(void **state)
{
    (void)state;
    compare("build/fixtures/good.elf", elf_fields, sizeof(elf_fields) / sizeof(elf_fields[0]),
            "host: a\ndomains:\n  - {name: b, cpus: 1, memory: 32M,\n"
            "     boot: {elf64: %s}}\n");
}

static void test_kernels(void **state)
{
    (void)state;
    compare("build/fixtures/good.bzimage", linux_fields,
            sizeof(linux_fields) / sizeof(linux_fields[0]),
            "host: a\ndomains:\n  - {name: b, cpus: 1, memory: 50M,\n"
            "     boot: {linux: %s,\n"
            "            initrd: build/fixtures/4k.initrd, cmdline: console=ttyS0}}\n");
}

/* The longest command line that passes check passes the loader, and so does every shorter one. */
static void test_command_lines(void **state)
{
    char text[4096], cmdline[2100];
    const char *kinds[] = {"linux: build/fixtures/good.bzimage", "elf64: build/fixtures/good.elf"};
    uint32_t longest[2][2] = {{0}};

    (void)state;
    for (uint32_t length = 2000; length < 2060; length++) {
        memset(cmdline, 'x', length);
        cmdline[length] = 0;
        for (int amd = 0; amd < 2; amd++) {
            for (int kind = 0; kind < 2; kind++) {
                snprintf(text, sizeof(text),
                         "host: a\nplatform: {cpu: %s}\ndomains:\n"
                         "  - {name: b, cpus: 1, memory: 64M, boot: {%s, cmdline: %s}}\n",
                         amd ? "amd" : "intel", kinds[kind], cmdline);
                if (agree(text, amd))
                    longest[amd][kind] = length;
            }
        }
    }
    assert_int_equal(longest[0][0], 2046);
    assert_int_equal(longest[1][0], 2007);
    assert_int_equal(longest[0][1], 2047);
    assert_int_equal(longest[1][1], 2047);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elf_files),
        cmocka_unit_test(test_kernels),
        cmocka_unit_test(test_command_lines),
    };

    return cmocka_run_group_tests_name("tool_boot_agrees", tests, NULL, NULL);
}
