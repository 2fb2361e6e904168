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
#include "tools/image/compile.h"
#include "tools/image/decompile.h"
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

/* Without a payload it is what it was: nobody's domain, and the loader refuses it. */
static void test_without_payload(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    (void)state;
    compile_text(&check, HEAD NIC ADMINS, &compiled);
    assert_non_null(undone_text(&check));
    assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                     MANIFEST_OK);
    assert_int_equal(manifest.domain_count, 1);
    assert_false(is_carried_out(&manifest));
    check_close(&check);
}

static void test_shown(void **state)
{
    const char *texts[] = {HEAD BOOT ADMINS, HEAD BOOT NIC ADMINS, HEAD NIC ADMINS};

    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        struct check check = {0}, again = {0};
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
    assert_int_equal(check.errors, 0);
    const char *complaint = compile(&check, false, &compiled);
    assert_non_null(complaint);
    assert_non_null(strstr(complaint, "one of the 16"));
    check_close(&check);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_domain), cmocka_unit_test(test_without_payload),
        cmocka_unit_test(test_shown),  cmocka_unit_test(test_one_and_asked_nothing),
        cmocka_unit_test(test_most),
    };
    return cmocka_run_group_tests_name("tool_management", tests, NULL, NULL);
}
