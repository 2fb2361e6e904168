/* SPDX-License-Identifier: Apache-2.0 */
/* The loader refuses what would be left out in silence (I10): manifests as the tool compiles them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "boot/plan/demands.h"
#include "tools/image/compile.h"
#include <stdio.h>
#include <string.h>

#define DOMAINS                                                                                    \
    "host: gate-7\ndomains:\n"                                                                     \
    "  - {name: one, cpus: 1, memory: 4M, boot: {elf64: build/fixtures/good.elf}}\n"               \
    "  - {name: two, cpus: 1, memory: 4M, boot: {elf64: build/fixtures/good.elf}"

static const struct facts two_cores = {
    .microcode = 0x21,
    .cpu_count = 4,
    .cpus = {{.apic_id = 0, .core_id = 1},
             {.apic_id = 1, .core_id = 1},
             {.apic_id = 2, .core_id = 2},
             {.apic_id = 3, .core_id = 2}},
};
static const struct facts no_threads = {
    .cpu_count = 3,
    .cpus = {{.apic_id = 0, .core_id = 1},
             {.apic_id = 2, .core_id = 2},
             {.apic_id = 4, .core_id = 3}},
};

/* What the tool would not compile: whom a domain starts after, as bits. */
static struct {
    uint32_t domain, after;
} order;

/* "" when all is carried out, else why not. */
static const char *said(const char *text, const struct facts *facts)
{
    static struct diagnostic why;
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    why.text[0] = 0;
    check_text(&check, "made", text, strlen(text));
    if (check.errors > 0)
        fail_msg("%s: %s", text, check.findings[0].what);
    assert_null(compile(&check, false, &compiled));
    assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                     MANIFEST_OK);
    if (order.after)
        ((struct manifest_domain *)&manifest.domains[order.domain])->start_after = order.after;
    if (demands_met(&manifest, facts, &why))
        assert_string_equal(why.text, "");
    else
        assert_memory_equal(why.text, "I10: ", 5);
    check_close(&check);
    return why.text;
}

static void expect(const char *text, const struct facts *facts, const char *part)
{
    const char *why = said(text, facts);

    if (!strstr(why, part))
        fail_msg("%s: %s", text, why);
}

static void nothing_is_left_out(void **state)
{
    (void)state;
    assert_string_equal(said(DOMAINS "}\n", &two_cores), "");
    assert_string_equal(said(DOMAINS ", devices: [{pci: \"00:1f.2\"}]}\n", &two_cores), "");
    expect(DOMAINS ", cache_ways: 4}\n", &two_cores, "domain two is to have 4 ways");
    expect("host: gate-7\nlevels: [low]\nnetworks: {admin: {level: low}}\ndomains:\n"
           "  - {name: one, cpus: 1, memory: 4M, boot: {elf64: build/fixtures/good.elf},\n"
           "     label: {level: low}}\n"
           "management: {cpus: 1, memory: 64M,\n"
           " nic: {pci: \"00:03.0\", network: admin, address: 10.0.2.15/24}, admins: [\n"
           "  {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2199-12-31}]}\n",
           &two_cores, "has a management that boots nothing");
}

#define MANAGEMENT                                                                                 \
    "management:\n  cpus: 1\n  memory: 64M\n  boot: {elf64: build/fixtures/good.elf}\n"            \
    "  admins:\n"                                                                                  \
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2199-12-31}\n"        \
    "    - {name: audit, key: build/fixtures/audit.pub, role: auditor, expires: 2199-12-31}\n"

/* Who lets others start waits for nobody, and somebody must. */
static void an_order_needs_management(void **state)
{
    (void)state;
    assert_string_equal(said(DOMAINS ", start_after: [one]}\n" MANAGEMENT, &two_cores), "");
    order.after = 1;
    order.domain = 1;
    expect(DOMAINS "}\n", &two_cores,
           "domain two is to start after others, and without `management` nobody");
    order.domain = 2;
    expect(DOMAINS "}\n" MANAGEMENT, &two_cores,
           "management's domain management is to start after others");
    order.after = 0;
}

static void the_platform_is_as_written(void **state)
{
    (void)state;
    assert_string_equal(said(DOMAINS "}\nplatform: {smt: on, microcode: 0x21}\n", &two_cores), "");
    assert_string_equal(said(DOMAINS "}\nplatform: {smt: off}\n", &no_threads), "");
    expect(DOMAINS "}\nplatform: {smt: off}\n", &two_cores, "APIC ids 0 and 1 are threads");
    expect(DOMAINS "}\nplatform: {smt: on}\n", &no_threads, "no two processors of this one");
    expect(DOMAINS "}\nplatform: {microcode: 0x22}\n", &two_cores,
           "wants microcode 0x22 or later, and this processor has 0x21");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_left_out),
        cmocka_unit_test(an_order_needs_management),
        cmocka_unit_test(the_platform_is_as_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
