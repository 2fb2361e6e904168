/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `bulkhead diff`: one change to a manifest that uses every key is one change said, or the few that
 * follow from it. Runs in the root of the tree after `make fixtures`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/diff/diff.h"
#include "tools/rules/rules.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base[] =
    "host: gate-7\n"
    "platform: {cpu: intel, processors: 8, memory: 8G, memory_guard: 4M, com1: domain, smt: off,\n"
    "           microcode: 0x2b, tpm: required}\n"
    "levels: [public, restricted, secret]\n"
    "categories: [alpha, beta]\n"
    "classification: {level: secret}\n"
    "aggregation: [{when: {count: 2, of: public}, then: restricted}]\n"
    "mixed_levels: {accepted_by: me, reason: no room, until: 2190-01-01}\n"
    "forbid_removable: [secret]\n"
    "networks:\n"
    "  internet: {level: public, exposed: true}\n"
    "  lan: {level: public}\n"
    "  lab: {level: public, one_way: {from: gate-7, to: gate-8, by: diode}}\n"
    "  trunk: {level: public, trunk: [lab]}\n"
    "  admin: {level: restricted}\n"
    "domains:\n"
    "  - name: office\n"
    "    label: {level: public}\n"
    "    hardened: {by: guide, date: 2026-10-01}\n"
    "    role: firewall\n"
    "    protects: [press]\n"
    "    cpus: 2\n"
    "    memory: 512M\n"
    "    memory_at: 4G\n"
    "    cache_ways: 4\n"
    "    boot: {linux: build/fixtures/good.bzimage, initrd: build/fixtures/4k.initrd, cmdline: "
    "quiet}\n"
    "    serial: {port: com2, polled: true}\n"
    "    devices:\n"
    "      - {pci: \"00:04.0\", id: \"8086:10c9\", network: internet, serial_number: A17}\n"
    "      - {pci: \"00:06.0\", removable: true, accept_no_reset: true}\n"
    "    on_exit: {do: restart, limit: 3, within: 60s}\n"
    "    on_dma_fault: log\n"
    "    start_after: [control]\n"
    "    manage: [status, restart]\n"
    "  - name: control\n"
    "    hardened: {by: other, date: 2026-10-01}\n"
    "    label: {level: restricted}\n"
    "    cpus: [6]\n"
    "    memory: 64M\n"
    "    boot: {elf64: build/fixtures/good.elf, identity: unique}\n"
    "    serial: {read: [auditor]}\n"
    "    devices:\n"
    "      - {pci: \"00:09.0\", id: \"1b36:0010\"}\n"
    "    manage: [status]\n"
    "keep_apart: [[office, press]]\n"
    "management:\n"
    "  cpus: 1\n"
    "  memory: 64M\n"
    "  nic: {pci: \"00:03.0\", id: \"8086:10c9\", network: admin, address: 10.0.2.15/24,\n"
    "        accept_sideband: true, gateway: 10.0.2.1}\n"
    "  names: [console.example, \"127.0.0.1:8443\"]\n"
    "  key: build/fixtures/server.key\n"
    "  icmp_echo: true\n"
    "  admins:\n"
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2190-01-31}\n"
    "    - {name: audit, key: build/fixtures/audit.pub, role: auditor, expires: 2190-01-31}\n"
    "review: {by: me, date: 2026-10-01, due: 2190-01-01}\n"
    "assurance: 3\n"
    "unsafe: [{allow: split-core, reason: old board}]\n";

/* `from` is what stands in `base`; `said` are lines "SIGN GROUP: WHAT[: OLD -> NEW]". */
static const struct {
    const char *from, *to, *said;
    size_t grew, shrank;
} cases[] = {
    {"host: gate-7", "host: gate-8", "~ machine: host: gate-7 -> gate-8\n", 0, 0},
    {"cpu: intel", "cpu: amd", "~ machine: vendor of the processors: intel -> amd\n", 0, 0},
    {"processors: 8", "processors: 9", "~ machine: processors: 8 -> 9\n", 0, 0},
    {"memory: 8G", "memory: 9G", "~ machine: memory: 8G -> 9G\n", 0, 0},
    {"memory_guard: 4M", "memory_guard: 2M", "~ machine: memory between two domains: 4M -> 2M\n", 0,
     0},
    {"com1: domain", "com1: boot-log", "~ machine: use of com1: domain -> boot-log\n", 0, 0},
    {"smt: off", "smt: on", "~ machine: multithreading: off -> on\n", 0, 0},
    {"0x2b", "0x2c", "~ machine: lowest revision of microcode: 43 -> 44\n", 0, 0},
    {"tpm: required", "tpm: optional", "~ machine: TPM: required -> optional\n", 0, 0},
    {"restricted, secret]", "restricted, secret, top]",
     "~ machine: levels: public, restricted, secret -> public, restricted, secret, top\n", 0, 0},
    {"[alpha, beta]", "[alpha]", "~ machine: categories: alpha, beta -> alpha\n", 0, 0},
    {"classification: {level: secret}", "classification: {level: restricted}",
     "~ machine: declared classification: secret -> restricted\n"
     "~ machine: overall classification: secret -> restricted\n",
     0, 0},
    {"count: 2,", "count: 3,",
     "- machine: 2 domains of public weigh as restricted\n"
     "+ machine: 3 domains of public weigh as restricted\n",
     0, 0},
    {"accepted_by: me", "accepted_by: you",
     "~ machine: different labels on one machine are accepted: by me until 2190-01-01: no room "
     "-> by you until 2190-01-01: no room\n",
     0, 0},
    {"forbid_removable: [secret]\n", "", "- machine: no removable media on secret\n", 0, 0},
    {"lan: {level: public}", "lan: {level: public, exposed: true}",
     "+ network lan: strangers reach it\n", 1, 0},
    {"trunk: [lab]", "trunk: [lan, lab]", "+ network trunk: shares its cable with lan\n", 1, 0},
    {"by: diode", "by: trust",
     "~ network lab: one way: from gate-7 to gate-8 by diode -> from gate-7 to gate-8 by trust\n",
     0, 0},
    {"admin: {level: restricted}", "admin: {level: secret}",
     "~ network admin: label: restricted -> secret\n", 0, 0},
    {"level: restricted}\n    cpus", "level: public}\n    cpus",
     "~ domain control: label: restricted -> public\n"
     "~ device 00:09.0 (1b36:0010): owner: domain control (restricted) -> domain control "
     "(public)\n",
     0, 0},
    {"by: guide", "by: nobody",
     "~ domain office: hardened: by guide on 2026-10-01 -> by nobody on 2026-10-01\n", 0, 0},
    {"    role: firewall\n    protects: [press]\n", "",
     "- domain office: protects press\n~ domain office: role: firewall -> system\n", 0, 0},
    {"cpus: 2", "cpus: 3", "~ domain office: processors: 2 -> 3\n", 0, 0},
    {"cpus: [6]", "cpus: [5]", "~ domain control: processors: 1: 6 -> 1: 5\n", 0, 0},
    {"512M", "1G", "~ domain office: memory: 512M -> 1G\n", 0, 0},
    {"memory_at: 4G", "memory_at: 5G", "~ domain office: memory begins at: 4G -> 5G\n", 0, 0},
    {"cache_ways: 4", "cache_ways: 5", "~ domain office: ways of the cache: 4 -> 5\n", 0, 0},
    {"quiet", "loud", "~ domain office: command line: quiet -> loud\n", 0, 0},
    {", identity: unique", "", "~ domain control: identity of its payloads: unique -> shared\n", 0,
     0},
    {"port: com2", "port: com1", "~ domain office: serial port: com2 -> com1\n", 0, 0},
    {"{read: [auditor]}", "{port: com3}",
     "+ domain control: serial port\n- domain control: serial port read by: auditor\n", 1, 1},
    {", polled: true", "", "- domain office: serial port is polled\n", 0, 0},
    {"network: internet", "network: lan",
     "- domain office: reaches network internet\n+ domain office: reaches network lan\n", 1, 1},
    {"A17", "A18",
     "~ domain office: owns device 00:04.0: 8086:10c9, serial number A17 -> 8086:10c9, serial "
     "number A18\n",
     0, 0},
    {"removable: true, ", "", "- domain office: removable media in 00:06.0\n", 0, 1},
    {", accept_no_reset: true", "",
     "- domain office: 00:06.0 cannot be reset, and that is accepted\n", 0, 1},
    {"accept_no_reset: true", "accept_no_reset: true, on_reset_failure: go-on",
     "+ domain office: goes on where 00:06.0 can't be reset\n", 0, 0},
    {"on_dma_fault: log", "on_dma_fault: restart",
     "~ domain office: on a DMA fault: log -> restart\n", 0, 0},
    {"accept_no_reset: true", "accept_no_reset: true, sanitized_by: x",
     "+ domain office: 00:06.0 sanitized by\n", 0, 0},
    {"limit: 3", "limit: 4",
     "~ domain office: on exit: restart, at most 3 within 60 seconds -> restart, at most 4 within "
     "60 seconds\n",
     0, 0},
    {"on_dma_fault: log", "on_dma_fault: stop", "~ domain office: on a DMA fault: log -> stop\n", 0,
     0},
    {"    start_after: [control]\n", "", "- domain office: starts after control\n", 0, 0},
    {"[status, restart]", "[restart, status, stop]", "+ domain office: management may: stop\n", 1,
     0},
    {"read: [auditor]", "read: [operator]",
     "- domain control: serial port read by: auditor\n"
     "+ domain control: serial port read by: operator\n",
     1, 1},
    {"read: [auditor]", "read: [auditor], write: [operator]",
     "+ domain control: serial port written by: operator\n", 1, 0},
    {"build/fixtures/ops.pub", "./build/fixtures/ops.pub", NULL, 0, 0},
    {"build/fixtures/good.elf", "build/fixtures/same.elf", NULL, 0, 0},
    {"[[office, press]]", "[[office, mail]]",
     "+ machine: kept apart: office, mail\n- machine: kept apart: office, press\n", 0, 0},
    {"memory: 64M\n  nic", "memory: 128M\n  nic", "~ management: memory: 64M -> 128M\n", 0, 0},
    {"10.0.2.15", "10.0.2.16", "~ management: address: 10.0.2.15/24 -> 10.0.2.16/24\n", 0, 0},
    {"\"00:03.0\"", "\"00:07.0\"",
     "~ management: network card: 00:03.0 (8086:10c9) -> 00:07.0 (8086:10c9)\n", 0, 0},
    {"gateway: 10.0.2.1", "gateway: 10.0.2.2", "~ management: gateway: 10.0.2.1 -> 10.0.2.2\n", 0,
     0},
    {", gateway: 10.0.2.1", "", "- management: gateway\n", 0, 1},
    {"console.example", "other.example",
     "- management: has the name console.example\n+ management: has the name other.example\n", 1,
     1},
    {"  icmp_echo: true\n", "", "- management: answers echo requests\n", 0, 1},
    {"  key: build/fixtures/server.key\n", "", "- management: server key\n", 0, 0},
    {"fixtures/server.key", "fixtures/other.key", NULL, 0, 0},
    {"[status, restart]", "[status, restart, power-button]",
     "+ domain office: management may: power-button\n", 1, 0},
    {"[status, restart]", "[status, restart, check]", "+ domain office: management may: check\n", 1,
     0},
    {",\n        accept_sideband: true", "", "- management: firmware shares the network card\n", 0,
     1},
    {"name: ops", "name: opus", NULL, 1, 1},
    {"operator, expires: 2190-01-31", "operator, expires: 2190-02-28",
     "~ admin ops: last day of the key: 2190-01-31 -> 2190-02-28\n", 0, 0},
    {"by: me, date", "by: you, date",
     "~ machine: reviewed: by me on 2026-10-01, again due on 2190-01-01 -> by you on 2026-10-01, "
     "again due on 2190-01-01\n",
     0, 0},
    {"assurance: 3", "assurance: 4", "~ machine: assurance: 3 -> 4\n", 0, 0},
    {"unsafe: [{allow: split-core, reason: old board}]\n", "",
     "- machine: unsafe split-core is allowed\n", 0, 1},
    {"", "", "", 0, 0},
};

static char folder[] = "/tmp/bulkhead-test-XXXXXX";
static char old_path[64], new_path[64];

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_changed(const char *path, const char *from, const char *to)
{
    const char *at = strstr(base, from);
    char text[8192];

    if (!at)
        fail_msg("%s is not in the manifest", from);
    snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - base), base, to, at + strlen(from));
    write_file(path, text);
}

static const char *said(const struct diff *diff)
{
    static char text[8192];
    size_t length = 0;

    text[0] = 0;
    for (size_t i = 0; i < diff->count; i++) {
        const struct change *change = &diff->changes[i];
        bool both = change->sign == '~';

        length += (size_t)snprintf(text + length, sizeof(text) - length, "%c %s: %s%s%s%s%s\n",
                                   change->sign, change->group, change->what, both ? ": " : "",
                                   both ? change->old_value : "", both ? " -> " : "",
                                   both ? change->new_value : "");
        assert_true(length < sizeof(text));
    }
    return text;
}

static void test_every_change_is_said(void **state)
{
    (void)state;
    write_file(old_path, base);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct diff diff = {0};

        write_changed(new_path, cases[i].from, cases[i].to);
        assert_true(diff_open(&diff, old_path, new_path));
        if (!diff.compared) {
            check_print(&diff.new, stderr);
            fail_msg("%s -> %s is not good", cases[i].from, cases[i].to);
        }
        if (cases[i].said && strcmp(said(&diff), cases[i].said) != 0)
            fail_msg("%s -> %s:\n%s", cases[i].from, cases[i].to, said(&diff));
        assert_true(cases[i].said || diff.count > 0);
        if (diff.grew != cases[i].grew || diff.shrank != cases[i].shrank)
            fail_msg("%s: %zu and %zu", cases[i].to, diff.grew, diff.shrank);
        diff_close(&diff);
    }
}

/* Where a change is: a line of one file, and by default in the other. */
static void test_places(void **state)
{
    struct diff diff = {0};

    (void)state;
    write_file(old_path, base);
    write_changed(new_path, "    on_dma_fault: log\n", "");
    assert_true(diff_open(&diff, old_path, new_path));
    assert_int_equal(diff.count, 1);
    assert_int_equal(diff.changes[0].old_at.line, 32);
    assert_string_equal(diff.changes[0].old_at.file, old_path);
    assert_false(is_written(diff.changes[0].new_at));
    diff_close(&diff);
}

#define OLD_CARD "{pci: \"00:09.0\", id: \"1b36:0010\""
#define NEW_CARD "{pci: \"00:03.0\", id: \"8086:10c9\"" /* of management */

/* What differs from `base`, and how many devices moved unsanitized. */
static const struct {
    const char *old_from, *old_to, *new_from, *new_to;
    size_t findings;
} moves[] = {
    {"", "", "", "", 0},
    {"", "", "A17}", "A18}", 0},
    /* the serial number tells, wherever it is plugged in */
    {OLD_CARD, OLD_CARD ", serial_number: B20", "A17", "B20", 1},
    {OLD_CARD, OLD_CARD ", serial_number: B20", "A17", "B20, sanitized_by: x", 0},
    {OLD_CARD, OLD_CARD ", serial_number: B20, sanitized_by: y", "A17", "B20, sanitized_by: x", 0},
    /* what was said of an earlier move */
    {OLD_CARD, OLD_CARD ", serial_number: B20, sanitized_by: x", "A17", "B20, sanitized_by: x", 1},
    /* the slot and the id tell, for the card of management too */
    {OLD_CARD, "{pci: \"00:08.0\"", "\"00:06.0\"", "\"00:08.0\"", 1},
    {"\"00:06.0\"", "\"00:08.0\"", NEW_CARD, "{pci: \"00:08.0\", id: \"8086:10c9\"", 1},
    {"\"00:06.0\"", "\"00:08.0\", id: \"8086:10d4\"", NEW_CARD,
     "{pci: \"00:08.0\", id: \"8086:10c9\"", 0},
    {"\"00:06.0\"", "\"00:08.0\"", NEW_CARD,
     "{pci: \"00:08.0\", id: \"8086:10c9\", sanitized_by: x", 0},
    /* another label is another owner */
    {"", "", "level: restricted}\n    cpus", "level: public}\n    cpus", 1},
};

static void test_moved_devices(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
        struct diff diff = {0};
        size_t found = 0;

        write_changed(old_path, moves[i].old_from, moves[i].old_to);
        write_changed(new_path, moves[i].new_from, moves[i].new_to);
        assert_true(diff_open(&diff, old_path, new_path));
        if (!diff.compared)
            fail_msg("case %zu is not good", i);
        for (size_t j = 0; j < diff.new.finding_count; j++)
            found += strcmp(diff.new.findings[j].rule->name, "device-moved") == 0;
        if (found != moves[i].findings)
            fail_msg("case %zu: %zu findings", i, found);
        diff_close(&diff);
    }
}

static void test_bad_manifests_are_not_compared(void **state)
{
    struct diff diff = {0};

    (void)state;
    write_file(old_path, base);
    write_changed(new_path, "cpus: 2", "cpus: 0");
    assert_true(diff_open(&diff, old_path, new_path));
    assert_false(diff.compared);
    assert_int_equal(diff.new.errors, 1);
    assert_int_equal(diff.count, 0);
    diff_close(&diff);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(old_path, sizeof(old_path), "%s/old.yaml", mkdtemp(folder));
    snprintf(new_path, sizeof(new_path), "%s/new.yaml", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(old_path);
    unlink(new_path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_change_is_said),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_moved_devices),
        cmocka_unit_test(test_bad_manifests_are_not_compared),
    };

    setenv("SOURCE_DATE_EPOCH", "1795392000", 1); /* 2026-11-23 */
    return cmocka_run_group_tests_name("tool_diff", tests, make_folder, remove_folder);
}
