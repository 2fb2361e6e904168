/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A management that boots a payload, with and without a network card: compiled as a domain more
 * (I6), shown, and compiled again from what is shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/demands.h"
#include "kernel/abi/manifest_policy.h"
#include "tools/image/compile.h"
#include "tools/image/decompile.h"
#include "tools/rules/rules.h"
#include "tools/rules/undone.h"

#define HEAD                                                                                       \
    "host: gate-7\nlevels: [low]\nnetworks: {admin: {level: low}}\ndomains:\n"                     \
    "  - {name: one, cpus: 1, memory: 4M, boot: {elf64: build/fixtures/good.elf},\n"               \
    "     label: {level: low}, manage: [status, stop]}\n"                                          \
    "management:\n  cpus: [3]\n  memory: 4M\n"
#define ADMINS                                                                                     \
    "  admins:\n"                                                                                  \
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2199-12-31}\n"
#define BOOT                                                                                       \
    "  boot: {elf64: build/fixtures/good.elf, cmdline: \"a=b c\"}\n"                               \
    "  serial: {port: com2, polled: true}\n"
#define NIC "  nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}\n"

static void compile_text(struct check *check, const char *text, struct compiled *out)
{
    check_text(check, "test", text, strlen(text));
    if (check->errors > 0)
        fail_msg("line %u: %s", check->findings[0].at.line, check->findings[0].what);
    assert_null(compile(check, false, out));
}

static bool is_carried_out(const struct manifest *manifest)
{
    static const struct facts facts;
    struct diagnostic why;
    return demands_met(manifest, &facts, &why);
}

static void test_domain(void **state)
{
    const char *texts[] = {HEAD BOOT ADMINS, HEAD BOOT NIC ADMINS};

    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        struct check check = {0};
        struct compiled compiled;
        struct manifest manifest;
        uint32_t count;

        compile_text(&check, texts[i], &compiled);
        assert_null(undone_text(&check));
        assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                         MANIFEST_OK);
        assert_true(is_carried_out(&manifest));
        assert_int_equal(manifest.domain_count, 2);
        const struct manifest_domain *own = &manifest.domains[1];
        assert_string_equal(own->name, "management");
        assert_int_equal(own->flags,
                         MANIFEST_IS_MANAGEMENT | MANIFEST_CPUS_PINNED | MANIFEST_SERIAL_POLLED);
        assert_int_equal(manifest.domains[0].flags, 0);
        assert_int_equal(own->cpus[0], 3);
        assert_int_equal(own->serial_port, 2);
        assert_int_equal(own->manage, 0);
        assert_int_equal(own->on_exit, MANIFEST_EXIT_RESTART);
        assert_int_equal(own->restart_limit, 0);
        assert_int_equal(own->level, i);
        assert_string_equal(manifest_string(&manifest, own->cmdline), "a=b c");
        const struct manifest_device *device =
            manifest_entries(&manifest, MANIFEST_DEVICES, &count);
        assert_int_equal(count, i);
        if (i == 1)
            assert_int_equal(device->domain, 1);
        check_close(&check);
    }
}

/* Without a console, as no image has it, it is nobody's domain, and the loader refuses it. */
static void test_without_payload(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    (void)state;
    compile_text(&check, HEAD NIC ADMINS, &compiled);
    assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                     MANIFEST_OK);
    assert_int_equal(manifest.domain_count, 1);
    assert_false(is_carried_out(&manifest));
    check_close(&check);
}

#define CONSOLE "build/unit/console.elf"

/* A good program that differs from what the other domain boots. */
static void make_console(void)
{
    FILE *from = fopen("build/fixtures/good.elf", "rb"), *to = fopen(CONSOLE, "wb");

    assert_true(from && to);
    for (int byte = getc(from); byte != EOF; byte = getc(from))
        putc(byte, to);
    putc('x', to);
    fclose(from);
    fclose(to);
}

/* The console is what boots where nothing is named, by the same bytes wherever it was found. */
static void test_own_console(void **state)
{
    static const struct {
        const char *text, *console;
        bool own;
    } cases[] = {{HEAD NIC ADMINS, CONSOLE, true},
                 {HEAD NIC ADMINS, "./" CONSOLE, true},
                 {HEAD ADMINS, CONSOLE, true},
                 {HEAD BOOT NIC ADMINS, "/none", false}};
    uint8_t digest[DIGEST_BYTES] = {0};

    (void)state;
    make_console();
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check check = {.console = cases[i].console};
        struct compiled compiled;
        struct manifest manifest;
        uint32_t count;

        compile_text(&check, cases[i].text, &compiled);
        assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                         MANIFEST_OK);
        assert_true(is_carried_out(&manifest));
        assert_int_equal(manifest.domain_count, 2);
        const struct manifest_management *management =
            manifest_entries(&manifest, MANIFEST_MANAGEMENT, &count);
        assert_int_equal((management->flags & MANIFEST_OWN_CONSOLE) != 0, cases[i].own);
        const struct manifest_domain *domain = &manifest.domains[1];
        const char *path = manifest_string(&manifest, manifest.payloads[domain->kernel].path);
        assert_string_equal(path, cases[i].own ? "guests/console.elf" : "build/fixtures/good.elf");
        assert_int_equal(domain->protocol, MANIFEST_BOOT_ELF64);
        const struct manifest_device *device =
            manifest_entries(&manifest, MANIFEST_DEVICES, &count);
        if (count)
            assert_int_equal(device->domain, 1);
        if (i == 1)
            assert_memory_equal(digest, manifest.header->digest, DIGEST_BYTES);
        memcpy(digest, manifest.header->digest, DIGEST_BYTES);
        check_close(&check);
    }
}

/* One that is not there, or too large, is a finding as any payload's, at `management`. */
static void test_console_is_checked(void **state)
{
    static const struct {
        const char *console, *rule;
    } cases[] = {{"/none", "payload-missing"},
                 {"build/fixtures/empty", "payload-file"},
                 {"build/fixtures/beyond.elf", "elf-range"},
                 {"build/fixtures/cut.bzimage", "elf-format"}};

    (void)state;
    for (uint32_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct check check = {.console = cases[i].console};

        check_text(&check, "test", HEAD NIC ADMINS, strlen(HEAD NIC ADMINS));
        if (check.finding_count != 1 || strcmp(check.findings[0].rule->name, cases[i].rule) != 0)
            fail_msg("%s: %zu findings, %s", cases[i].console, check.finding_count,
                     check.finding_count ? check.findings[0].rule->name : "none");
        assert_int_equal(check.findings[0].at.line, 8);
        check_close(&check);
    }
}

static void test_shown(void **state)
{
    const char *texts[] = {HEAD BOOT ADMINS, HEAD BOOT NIC ADMINS, HEAD NIC ADMINS, HEAD NIC ADMINS,
                           HEAD ADMINS "  serial: {port: com2}\n"};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        struct check check = {.console = i < 3 ? NULL : "build/fixtures/good.elf"};
        struct check again = {.console = check.console};
        struct compiled compiled, recompiled;
        struct manifest manifest;
        char *text = NULL;
        size_t bytes = 0;
        FILE *out = open_memstream(&text, &bytes);

        compile_text(&check, texts[i], &compiled);
        manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest);
        decompile(&manifest, out);
        fclose(out);
        compile_text(&again, text, &recompiled);
        assert_int_equal(compiled.manifest_bytes, recompiled.manifest_bytes);
        assert_memory_equal(compiled.manifest, recompiled.manifest, compiled.manifest_bytes);
        free(text);
        check_close(&check);
        check_close(&again);
    }
}

/* A compiled manifest that grants something over management, or has two, is none. */
static void test_one_and_asked_nothing(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    (void)state;
    compile_text(&check, HEAD BOOT ADMINS, &compiled);
    struct manifest_header *header = compiled.manifest;
    struct manifest_domain *domains =
        (void *)((char *)header + header->tables[MANIFEST_DOMAINS].offset);
    domains[1].manage = MANIFEST_MAY_STOP;
    manifest_digest(header, header->digest);
    assert_int_equal(manifest_open(header, compiled.manifest_bytes, &manifest),
                     MANIFEST_BAD_DOMAIN);
    domains[1].manage = 0;
    domains[1].protocol = MANIFEST_BOOT_LINUX; /* which does not find what it is told of itself */
    manifest_digest(header, header->digest);
    assert_int_equal(manifest_open(header, compiled.manifest_bytes, &manifest),
                     MANIFEST_BAD_DOMAIN);
    domains[1].protocol = MANIFEST_BOOT_ELF64;
    domains[0].manage = 0;
    domains[0].flags = MANIFEST_IS_MANAGEMENT;
    manifest_digest(header, header->digest);
    assert_int_equal(manifest_open(header, compiled.manifest_bytes, &manifest),
                     MANIFEST_BAD_DOMAIN);
    check_close(&check);
}

/* It takes a domain's place: the seventeenth is refused in words. */
static void test_most(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    (void)state;
    fputs("host: gate-7\ndomains:\n", out);
    for (unsigned i = 0; i < MAX_DOMAINS; i++)
        fprintf(out,
                "  - {name: d%u, cpus: 1, memory: 4M, boot: {elf64: build/fixtures/good.elf}}\n",
                i);
    fputs("management:\n  cpus: 1\n  memory: 4M\n" BOOT ADMINS, out);
    fclose(out);
    check_text(&check, "test", text, bytes);
    assert_int_equal(check.errors, 1);
    assert_string_equal(check.findings[0].rule->name, "management-place");
    const char *complaint = compile(&check, false, &compiled);
    assert_non_null(complaint);
    assert_non_null(strstr(complaint, "one of the 16"));
    check_close(&check);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain),      cmocka_unit_test(test_without_payload),
        cmocka_unit_test(test_own_console), cmocka_unit_test(test_console_is_checked),
        cmocka_unit_test(test_shown),       cmocka_unit_test(test_one_and_asked_nothing),
        cmocka_unit_test(test_most),
    };
    return cmocka_run_group_tests_name("tool_management", tests, NULL, NULL);
}
