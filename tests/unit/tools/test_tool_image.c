/* SPDX-License-Identifier: Apache-2.0 */
/* Compiling, showing and compiling again; the PE file that carries it all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kernel/manifest.h"
#include "kernel/sha256.h"
#include "tools/image/compile.h"
#include "tools/image/decompile.h"
#include "tools/image/image.h"
#include "tools/image/payload.h"
#include "tools/image/pe.h"
#include "tools/image/version.h"
#include "tools/tool.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char manifest_text[] =
    "host: gate-7\n"
    "platform: {cpu: amd, processors: 8, memory: 4G, memory_guard: 4M, com1: domain}\n"
    "networks: {spare: {}, line: {exposed: true}}\n"
    "domains:\n"
    "  - name: office\n"
    "    cpus: [4, 5]\n"
    "    memory: 512M\n"
    "    boot: {linux: build/fixtures/good.bzimage, initrd: build/fixtures/4k.initrd,\n"
    "           cmdline: \"a=\\\"b c\\\" d=\\\\ \xc3\xbc \xe2\x82\xac ' # : {\"}\n"
    "    serial: {port: com1, polled: true}\n"
    "    on_exit: {do: restart, limit: 3, within: 1m}\n"
    "  - {name: plant, cpus: 3, memory: 4M, boot: {elf64: build/fixtures/good.elf}}\n"
    "  - {name: spare, cpus: 1, memory: 4M, boot: {elf64: build/fixtures/same.elf}}\n"
    "  - name: \"null\"\n"
    "    cpus: 1\n"
    "    memory: 64M\n"
    "    boot: {linux: ./build/fixtures/good.bzimage, cmdline: quiet}\n"
    "    serial: {port: com2, irq: 5}\n"
    "    on_exit: {do: restart, limit: 9}\n";

/* Every key of the policy, with a date behind all acceptances. */
static const char policy_text[] =
    "host: gate-7\n"
    "levels: [{name: public, colour: \"#000000\"}, restricted, {colour: \"#C8102e\", name: "
    "secret}]\n"
    "categories: [alpha, beta]\n"
    "classification: {level: secret, categories: [beta, alpha]}\n"
    "aggregation:\n"
    "  - {when: {count: 2, of: public}, then: restricted}\n"
    "mixed_levels: {accepted_by: \"the \\\"accreditor\\\"\", reason: cost, until: 2199-12-31}\n"
    "forbid_removable: [secret]\n"
    "keep_apart: [[office, backup], [plant, backup, mail]]\n"
    "networks:\n"
    "  internet: {level: public, exposed: true}\n"
    "  \"null\": {level: restricted, categories: [alpha, beta]}\n"
    "  cable: {level: public, exposed: true, trunk: [internet]}\n"
    "  up: {level: public, one_way: {from: gate-7, to: archive, by: a diode}}\n"
    "  admin: {level: secret, categories: [alpha]}\n"
    "platform: {smt: off, microcode: 0x2b000571, tpm: required, inventory: "
    "build/fixtures/boards/bare}\n"
    "review: {by: accreditor, date: 2026-01-31, due: 2199-12-31}\n"
    "assurance: 3\n"
    "unsafe: [{allow: split-core, reason: an old board}]\n"
    "domains:\n"
    "  - name: office\n"
    "    label: {level: public}\n"
    "    hardened: {by: CIS Debian 12, date: 2026-10-01}\n"
    "    role: firewall\n"
    "    protects: [depot, elsewhere]\n"
    "    cpus: 1\n"
    "    memory: 64M\n"
    "    memory_at: 4G\n"
    "    cache_ways: 4\n"
    "    boot:\n"
    "      linux: build/fixtures/good.bzimage\n"
    "      initrd: build/fixtures/4k.initrd\n"
    "      identity: unique\n"
    "      digest:\n"
    "        initrd: ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7\n"
    "    serial: {read: [operator, auditor]}\n"
    "    devices:\n"
    "      - {pci: \"00:04.0\", id: \"8086:10d3\", network: internet, serial_number: \"A 17\",\n"
    "         accept_sideband: true}\n"
    "      - {pci: \"02:1f.7\", removable: true, accept_no_reset: true,\n"
    "         interrupts: none, on_reset_failure: go-on,\n"
    "         sanitized_by: \"site office, 2026-10-01\"}\n"
    "    on_dma_fault: restart\n"
    "    start_after: [control]\n"
    "    manage: [status, counters, start, stop, restart, power-button, check]\n"
    "  - name: control\n"
    "    label: {level: restricted, categories: [alpha]}\n"
    "    cpus: 1\n"
    "    memory: 64M\n"
    "    boot: {elf64: build/fixtures/good.elf}\n"
    "management:\n"
    "  cpus: [7]\n"
    "  memory: 64M\n"
    "  nic: {pci: \"00:03.0\", network: admin, address: 192.168.255.1/30, accept_sideband: true,\n"
    "        sanitized_by: depot, gateway: 192.168.255.2}\n"
    "  names: [console.example, \"127.0.0.1:8443\"]\n"
    "  key: build/fixtures/p384.key\n"
    "  icmp_echo: true\n"
    "  admins:\n"
    "    - {name: ops, key: build/fixtures/ops.pub, role: operator, expires: 2199-12-31}\n"
    "    - {name: audit, key: build/fixtures/audit.pub, role: auditor, expires: 2199-12-31}\n";

/* `openssl pkey -in build/fixtures/p384.key -pubout -outform DER | sha256sum` */
static const uint8_t p384_digest[] = {
    0xbd, 0x21, 0x84, 0x02, 0x8e, 0xca, 0x1c, 0x5d, 0x56, 0x3d, 0x4e, 0xd1, 0x1a, 0x7c, 0x81, 0x71,
    0xcd, 0x11, 0x62, 0x29, 0x4c, 0x81, 0x68, 0xb6, 0xee, 0xf2, 0xab, 0x8a, 0x31, 0x14, 0xef, 0x55};

static void compile_text(struct check *check, const char *text, size_t bytes, bool release,
                         struct compiled *out)
{
    check_text(check, "test", text, bytes);
    if (check->errors > 0)
        fail_msg("line %u: %s", check->findings[0].at.line, check->findings[0].what);
    const char *complaint = compile(check, release, out);
    if (complaint)
        fail_msg("%s", complaint);
}

static void test_fields(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    (void)state;
    compile_text(&check, manifest_text, strlen(manifest_text), false, &compiled);
    assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                     MANIFEST_OK);
    const struct manifest_header *header = manifest.header;
    assert_string_equal(header->host, "gate-7");
    assert_int_equal(header->cpu_vendor, MANIFEST_CPU_AMD);
    assert_int_equal(header->flags, MANIFEST_LAB);
    assert_int_equal(header->platform_cpus, 8);
    assert_int_equal(header->platform_memory, 4ull << 30);
    assert_int_equal(header->memory_guard, 4 << 20);
    const struct manifest_domain *office = &manifest.domains[0], *plant = &manifest.domains[1];
    assert_string_equal(office->name, "office");
    assert_int_equal(office->flags, MANIFEST_CPUS_PINNED | MANIFEST_SERIAL_POLLED);
    assert_int_equal(office->cpu_count, 2);
    assert_int_equal(office->cpus[1], 5);
    assert_int_equal(office->memory, 512 << 20);
    assert_int_equal(office->protocol, MANIFEST_BOOT_LINUX);
    assert_int_equal(office->on_exit, MANIFEST_EXIT_RESTART);
    assert_int_equal(office->restart_limit, 3);
    assert_int_equal(office->restart_window, 60);
    assert_int_equal(office->serial_port, 1);
    assert_string_equal(manifest_string(&manifest, office->cmdline),
                        "a=\"b c\" d=\\ \xc3\xbc \xe2\x82\xac ' # : {");
    assert_int_equal(plant->flags, 0);
    assert_int_equal(plant->protocol, MANIFEST_BOOT_ELF64);
    assert_int_equal(plant->initrd, MANIFEST_NONE);
    assert_int_equal(plant->on_exit, MANIFEST_EXIT_STOP);
    assert_int_equal(plant->serial_port, 0);
    check_close(&check);
}

/* Five paths, three contents: kernel, initrd, ELF file. */
static void test_payloads_are_stored_once(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    uint8_t digest[DIGEST_BYTES];

    (void)state;
    compile_text(&check, manifest_text, strlen(manifest_text), false, &compiled);
    assert_int_equal(compiled.payload_count, 3);
    assert_int_equal(compiled.payload_paths, 5);
    for (uint32_t i = 0; i < compiled.payload_count; i++) {
        sha256(compiled.payloads[i].file->bytes, compiled.payloads[i].size, digest);
        assert_memory_equal(digest, compiled.payloads[i].digest, DIGEST_BYTES);
        assert_int_equal(compiled.payloads[i].offset % PAGE_BYTES, 0);
    }
    check_close(&check);
}

static void test_release_differs_by_the_flag(void **state)
{
    struct check check = {0}, again = {0};
    struct compiled lab, release;

    (void)state;
    compile_text(&check, manifest_text, strlen(manifest_text), false, &lab);
    compile_text(&again, manifest_text, strlen(manifest_text), true, &release);
    assert_int_equal(release.manifest->flags, 0);
    release.manifest->flags = MANIFEST_LAB;
    memcpy(release.manifest->digest, lab.manifest->digest, DIGEST_BYTES);
    assert_memory_equal(release.manifest, lab.manifest, lab.manifest_bytes);
    check_close(&check);
    check_close(&again);
}

static void compile_again(const char *text)
{
    struct check check = {0}, again = {0};
    struct compiled first, second;
    struct manifest manifest;
    char *yaml = NULL;
    size_t bytes = 0;

    compile_text(&check, text, strlen(text), false, &first);
    assert_int_equal(manifest_open(first.manifest, first.manifest_bytes, &manifest), MANIFEST_OK);
    FILE *out = open_memstream(&yaml, &bytes);
    decompile(&manifest, out);
    fclose(out);
    compile_text(&again, yaml, bytes, false, &second);
    assert_int_equal(second.manifest_bytes, first.manifest_bytes);
    assert_memory_equal(second.manifest, first.manifest, first.manifest_bytes);
    free(yaml);
    check_close(&check);
    check_close(&again);
}

static void test_show_compiles_to_the_same_bytes(void **state)
{
    (void)state;
    compile_again(manifest_text);
    compile_again(policy_text);
}

static void test_policy_fields(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;
    uint32_t count;

    (void)state;
    compile_text(&check, policy_text, strlen(policy_text), false, &compiled);
    assert_int_equal(manifest_open(compiled.manifest, compiled.manifest_bytes, &manifest),
                     MANIFEST_OK);
    const struct manifest_policy *policy = manifest_entries(&manifest, MANIFEST_POLICY, &count);
    assert_int_equal(count, 1);
    assert_int_equal(manifest.header->flags, MANIFEST_LAB | MANIFEST_TPM);
    assert_int_equal(policy->level, 3);
    assert_int_equal(policy->categories, 3);
    assert_string_equal(manifest_string(&manifest, policy->classification), "secret {alpha, beta}");
    assert_int_equal(policy->microcode, 0x2b000571);
    const struct manifest_name *level = manifest_entries(&manifest, MANIFEST_LEVELS, &count);
    assert_int_equal(count, 3);
    assert_int_equal(level[0].colour, MANIFEST_COLOUR); /* black is a colour */
    assert_int_equal(level[1].colour, 0);
    assert_int_equal(level[2].colour, MANIFEST_COLOUR | 0xc8102e);
    assert_string_equal(level[2].name, "secret");
    const struct manifest_device *device = manifest_entries(&manifest, MANIFEST_DEVICES, &count);
    assert_int_equal(count, 3);
    assert_int_equal(device[0].pci, 4 << 3);
    assert_int_equal(device[0].id, 0x808610d3);
    assert_int_equal(device[0].network, 0);
    assert_int_equal(device[1].pci, 2 << 8 | 0x1f << 3 | 7);
    assert_int_equal(device[0].flags, MANIFEST_SIDEBAND);
    assert_int_equal(device[1].flags,
                     MANIFEST_REMOVABLE | MANIFEST_NO_RESET | MANIFEST_SILENT | MANIFEST_GO_ON);
    assert_int_equal(device[1].network, MANIFEST_NONE);
    assert_int_equal(device[2].domain, MANIFEST_NONE);
    assert_int_equal(device[2].flags, MANIFEST_SIDEBAND);
    const struct manifest_management *management =
        manifest_entries(&manifest, MANIFEST_MANAGEMENT, &count);
    assert_int_equal(count, 1);
    assert_int_equal(management->address, 0xc0a8ff01);
    assert_int_equal(management->prefix, 30);
    assert_int_equal(management->cpus[0], 7);
    assert_int_equal(management->gateway, 0xc0a8ff02);
    assert_string_equal(manifest_string(&manifest, management->names[0]), "console.example");
    assert_string_equal(manifest_string(&manifest, management->names[1]), "127.0.0.1:8443");
    assert_int_equal(management->names[2], 0);
    assert_int_equal(management->flags, MANIFEST_CPUS_PINNED | MANIFEST_ICMP_ECHO);
    assert_int_equal(management->key, 3);
    assert_memory_equal(management->key_digest, p384_digest, sizeof(p384_digest));
    assert_int_equal(manifest.payloads[3].bytes, sizeof(struct server_key));
    const struct manifest_domain *office = &manifest.domains[0];
    assert_int_equal(office->level, 1);
    assert_int_equal(office->manage, MANIFEST_RIGHTS);
    assert_int_equal(office->start_after, 2);
    assert_int_equal(office->serial_read, 1 << MANIFEST_OPERATOR | 1 << MANIFEST_AUDITOR);
    assert_int_equal(office->serial_write, 0);
    assert_int_equal(office->flags, MANIFEST_FIREWALL | MANIFEST_IDENTITY_UNIQUE);
    assert_int_equal(manifest.payloads[0].pinned, 0);
    assert_int_equal(manifest.payloads[1].pinned, 1);
    check_close(&check);
}

/* One field of a table each, by its offset, with a value that no reader may follow. */
static const struct {
    enum manifest_table_id table;
    size_t at;
    uint32_t value;
} wrong[] = {
    {MANIFEST_DOMAINS, offsetof(struct manifest_domain, level), 4},
    {MANIFEST_DOMAINS, offsetof(struct manifest_domain, categories), 4},
    {MANIFEST_DOMAINS, offsetof(struct manifest_domain, manage), 0x80},
    {MANIFEST_DOMAINS, offsetof(struct manifest_domain, start_after), 4},
    {MANIFEST_DOMAINS, offsetof(struct manifest_domain, serial_irq), 16},
    {MANIFEST_PAYLOADS, offsetof(struct manifest_payload, pinned), 2},
    {MANIFEST_LEVELS, offsetof(struct manifest_name, name), 0},
    {MANIFEST_LEVELS, offsetof(struct manifest_name, colour), 0xc8102e},
    {MANIFEST_LEVELS, offsetof(struct manifest_name, colour), 3 * MANIFEST_COLOUR},
    {MANIFEST_LEVELS, offsetof(struct manifest_name, reserved), 1},
    {MANIFEST_CATEGORIES, offsetof(struct manifest_name, colour), MANIFEST_COLOUR},
    {MANIFEST_CATEGORIES, offsetof(struct manifest_name, reserved), 1},
    {MANIFEST_CATEGORIES, offsetof(struct manifest_name, name) + NAME_BYTES - 4, 0x41414141},
    {MANIFEST_NETWORKS, offsetof(struct manifest_network, level), 4},
    {MANIFEST_NETWORKS, offsetof(struct manifest_network, categories), 4},
    {MANIFEST_NETWORKS, offsetof(struct manifest_network, trunk), 1u << 5},
    {MANIFEST_NETWORKS, offsetof(struct manifest_network, exposed), 2},
    {MANIFEST_NETWORKS, offsetof(struct manifest_network, one_way_by), 1 << 19},
    {MANIFEST_DEVICES, offsetof(struct manifest_device, domain), 2},
    {MANIFEST_DEVICES, offsetof(struct manifest_device, network), 5},
    {MANIFEST_DEVICES, offsetof(struct manifest_device, flags), MANIFEST_GO_ON << 1},
    {MANIFEST_DEVICES, offsetof(struct manifest_device, serial_number), UINT32_MAX},
    {MANIFEST_DEVICES, offsetof(struct manifest_device, sanitized_by), UINT32_MAX},
    {MANIFEST_MANAGEMENT, offsetof(struct manifest_management, cpu_count), MAX_DOMAIN_CPUS + 1},
    {MANIFEST_MANAGEMENT, offsetof(struct manifest_management, flags), 8},
    {MANIFEST_MANAGEMENT, offsetof(struct manifest_management, names[0]), UINT32_MAX},
    {MANIFEST_MANAGEMENT, offsetof(struct manifest_management, names[7]), UINT32_MAX},
    {MANIFEST_MANAGEMENT, offsetof(struct manifest_management, key), 4},
    /* Another payload, one that a domain boots, a kernel or an initrd. */
    {MANIFEST_MANAGEMENT, offsetof(struct manifest_management, key), 0},
    {MANIFEST_DOMAINS, offsetof(struct manifest_domain, kernel), 3},
    {MANIFEST_PAYLOADS, offsetof(struct manifest_payload, bytes), sizeof(struct server_key) - 1},
    {MANIFEST_ADMINS, offsetof(struct manifest_admin, role), 3},
    {MANIFEST_ADMINS, offsetof(struct manifest_admin, path), UINT32_MAX},
    {MANIFEST_POLICY, offsetof(struct manifest_policy, level), 4},
    {MANIFEST_POLICY, offsetof(struct manifest_policy, classification), UINT32_MAX},
    {MANIFEST_AGGREGATIONS, offsetof(struct manifest_aggregation, then), 4},
    {MANIFEST_KEEP_APART, offsetof(struct manifest_apart, name), UINT32_MAX},
    {MANIFEST_UNSAFE, offsetof(struct manifest_unsafe, allow), MANIFEST_UNSAFE_KINDS},
    {MANIFEST_HARDENED, offsetof(struct manifest_hardened, domain), 2},
    {MANIFEST_PROTECTS, offsetof(struct manifest_protects, domain), MANIFEST_NONE},
};

/* I10: the last entry of each table, wrong in one field, with a good digest. */
static void test_wrong_policy_is_refused(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    (void)state;
    compile_text(&check, policy_text, strlen(policy_text), false, &compiled);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct manifest_header *copy = malloc(compiled.manifest_bytes);

        memcpy(copy, compiled.manifest, compiled.manifest_bytes);
        const struct manifest_table *table = &copy->tables[wrong[i].table];
        memcpy((char *)copy + table->offset + (table->count - 1) * table->entry_bytes + wrong[i].at,
               &wrong[i].value, sizeof(wrong[i].value));
        manifest_digest(copy, copy->digest);
        enum manifest_error error = manifest_open(copy, compiled.manifest_bytes, &manifest);
        if (error != MANIFEST_BAD_POLICY)
            fail_msg("table %d offset %zu: error %d", wrong[i].table, wrong[i].at, error);
        free(copy);
    }
    check_close(&check);
}

/* I6: no domain's memory gets the server's key, as an initial RAM disk either. */
static void test_key_is_no_initrd(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    struct manifest manifest;

    (void)state;
    compile_text(&check, policy_text, strlen(policy_text), false, &compiled);
    struct manifest_header *header = compiled.manifest;
    struct manifest_domain *office =
        (void *)((char *)header + header->tables[MANIFEST_DOMAINS].offset);
    office->initrd = compiled.key;
    manifest_digest(header, header->digest);
    assert_int_equal(manifest_open(header, compiled.manifest_bytes, &manifest),
                     MANIFEST_BAD_POLICY);
    check_close(&check);
}

/* The smallest EFI application: one section of code. */
enum {
    PE_AT = 0x80,
    OPTIONAL_AT = PE_AT + 24,
    TABLE_AT = OPTIONAL_AT + 240,
    HEADER_BYTES = 0x400,
    LOADER_BYTES = 0x600,
};

static void put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static uint32_t get(const uint8_t *at)
{
    return at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24;
}

static void make_loader(uint8_t loader[LOADER_BYTES + 8])
{
    uint8_t *pe = loader + PE_AT, *optional = loader + OPTIONAL_AT, *section = loader + TABLE_AT;

    memset(loader, 0, LOADER_BYTES + 8);
    put(loader, 0x5a4d, 2); /* MZ */
    put(loader + 0x3c, PE_AT, 4);
    put(pe, 0x4550, 4); /* PE */
    put(pe + 4, 0x8664, 2);
    put(pe + 6, 1, 2);
    put(pe + 8, 0x12345678, 4);    /* time stamp */
    put(pe + 12, LOADER_BYTES, 4); /* symbols */
    put(pe + 20, 240, 2);
    put(optional, 0x20b, 2);
    put(optional + 8, 0x200, 4); /* SizeOfInitializedData */
    put(optional + 32, 0x1000, 4);
    put(optional + 36, 0x200, 4);
    put(optional + 56, 0x2000, 4); /* SizeOfImage */
    put(optional + 60, HEADER_BYTES, 4);
    put(optional + 68, 10, 2);
    put(optional + 108, 16, 4);
    put(section, 0x747865742e, 8); /* .text */
    put(section + 8, 0x123, 4);
    put(section + 12, 0x1000, 4);
    put(section + 16, 0x200, 4);
    put(section + 20, HEADER_BYTES, 4);
    put(section + 36, 0x60000020, 4);
    memset(loader + HEADER_BYTES, 0xc3, 0x123);
    memset(loader + LOADER_BYTES, 0x55, 8); /* left-overs behind the last section */
}

static const struct pe_piece pieces[] = {{.bytes = "one", .size = 3},
                                         {.bytes = "second", .size = 6}};
static const struct pe_addition additions[] = {
    {".kernel", pieces, 1}, {".manif", pieces + 1, 1}, {".payload", pieces, 2}};

static const char *append(const uint8_t *loader, char **out, size_t *bytes)
{
    struct pe pe;
    const char *complaint = pe_open(loader, LOADER_BYTES + 8, &pe);

    if (complaint)
        return complaint;
    FILE *file = open_memstream(out, bytes);
    complaint = pe_append(&pe, additions, 3, file);
    fclose(file);
    return complaint;
}

/* Straight from the format's description: 16-bit words with carry, the field itself as zero. */
static uint32_t reference_checksum(const uint8_t *image, size_t bytes)
{
    uint32_t sum = 0;

    for (size_t i = 0; i < bytes; i += 2) {
        uint32_t word = i == OPTIONAL_AT + 64 || i == OPTIONAL_AT + 66
                            ? 0
                            : (uint32_t)(image[i] | image[i + 1] << 8);
        sum += word;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum + (uint32_t)bytes;
}

static void test_append(void **state)
{
    uint8_t loader[LOADER_BYTES + 8];
    char *out = NULL;
    size_t bytes = 0;
    struct pe pe;

    (void)state;
    make_loader(loader);
    assert_null(append(loader, &out, &bytes));
    if (!out)
        return; /* cmocka left above, which an analyzer does not know */
    const uint8_t *image = (const uint8_t *)out, *optional = image + OPTIONAL_AT;
    assert_null(pe_open(out, bytes, &pe));
    assert_int_equal(pe.section_count, 4);
    const struct pe_section *kernel = pe_find(&pe, ".kernel");
    const struct pe_section *payload = pe_find(&pe, ".payload");
    assert_non_null(kernel);
    assert_non_null(pe_find(&pe, ".manif"));
    assert_non_null(payload);
    assert_int_equal(kernel->address, 0x2000);
    assert_int_equal(pe_find(&pe, ".manif")->address, 0x3000);
    assert_int_equal(payload->address, 0x4000);
    assert_int_equal(payload->virtual_bytes, 0x1006); /* the second piece begins a page */
    assert_int_equal(payload->flags, 0x40000040);     /* data, readable, nothing else */
    assert_memory_equal(image + kernel->raw_offset, "one", 4);
    assert_memory_equal(image + payload->raw_offset, "one", 4);
    assert_memory_equal(image + payload->raw_offset + 0x1000, "second", 7);
    assert_memory_equal(image + HEADER_BYTES, loader + HEADER_BYTES, 0x200);
    assert_int_equal(bytes % 0x200, 0);
    assert_int_equal(pe.image_bytes, 0x6000);
    assert_int_equal(get(optional + 8), 0x200 + 0x200 + 0x200 + 0x1200);
    assert_int_equal(get(optional + 64), reference_checksum(image, bytes));
    assert_int_equal(optional[71] & 1, 1);        /* NX_COMPAT */
    assert_int_equal(get(image + PE_AT + 8), 0);  /* the same on every day */
    assert_int_equal(get(image + PE_AT + 12), 0); /* symbols are gone */
    free(out);
}

static bool says(const uint8_t *bytes, uint32_t length, const char *text)
{
    for (uint32_t at = 0; at + 2 * strlen(text) <= length; at += 2) {
        uint32_t i = 0;

        while (text[i] && bytes[at + 2 * i] == (uint8_t)text[i] && bytes[at + 2 * i + 1] == 0)
            i++;
        if (!text[i])
            return true;
    }
    return false;
}

/* Follows the directories as a reader does: type, name, language, data. */
/* What is one of ours: a PE file with a manifest that is whole, and a hypervisor. */
static void test_images_are_told(void **state)
{
    struct check check = {0};
    struct compiled compiled;
    uint8_t loader[LOADER_BYTES + 8];
    struct image image;
    struct pe pe;

    (void)state;
    compile_text(&check, manifest_text, strlen(manifest_text), false, &compiled);
    make_loader(loader);
    assert_null(pe_open(loader, LOADER_BYTES + 8, &pe));
    const char *complaint = image_open(&check.arena, loader, sizeof(loader), &image);
    assert_non_null(strstr(complaint, "has no .manif section"));
    for (uint32_t count = 1; count <= 2; count++) {
        char *out = NULL;
        size_t bytes;
        FILE *file = open_memstream(&out, &bytes);
        const struct pe_piece manifest = {.bytes = compiled.manifest,
                                          .size = compiled.manifest_bytes};
        const struct pe_piece kernel = {.bytes = "kernel", .size = 6};
        const struct pe_addition added[] = {{".manif", &manifest, 1}, {".kernel", &kernel, 1}};

        assert_null(pe_append(&pe, added, count, file));
        fclose(file);
        complaint = image_open(&check.arena, out, bytes, &image);
        if (count == 1)
            assert_non_null(strstr(complaint, "has no .kernel section"));
        else
            assert_null(complaint);
        assert_memory_equal(image.manifest.header->digest, compiled.manifest->digest, DIGEST_BYTES);
        if (count == 2) {
            struct pe whole;
            assert_null(pe_open(out, bytes, &whole));
            out[pe_find(&whole, ".manif")->raw_offset + 200] ^= 1;
            assert_non_null(image_open(&check.arena, out, bytes, &image));
            assert_int_equal(image.kernel.size, 6);
        }
        free(out);
    }
    check_close(&check);
}

static void test_version(void **state)
{
    enum { RELEASE_FLAGS = 40 + 28, SPECIAL_BUILD = 0x20 };
    static const char host[] = "a-name-of-the-longest-that-a-host-can-have-123456789-1234567890";

    (void)state;
    for (int release = 0; release < 2; release++) {
        uint8_t loader[LOADER_BYTES + 8], version[VERSION_BYTES];
        struct pe_piece piece = {.bytes = version};
        struct pe_addition addition = {".rsrc", &piece, 1};
        char *out = NULL;
        size_t bytes = 0;
        struct pe pe;

        make_loader(loader);
        assert_null(pe_open(loader, LOADER_BYTES + 8, &pe));
        piece.size = version_resource(version, (uint32_t)pe_end(&pe), host, release);
        FILE *file = open_memstream(&out, &bytes);
        assert_null(pe_append(&pe, &addition, 1, file));
        fclose(file);
        assert_null(pe_open(out, bytes, &pe));
        const struct pe_section *section = pe_find(&pe, ".rsrc");
        assert_non_null(section);
        const uint8_t *optional = (const uint8_t *)out + OPTIONAL_AT;
        assert_int_equal(get(optional + 128), section->address);
        assert_int_equal(get(optional + 132), piece.size);
        const uint8_t *base = (const uint8_t *)out + section->raw_offset, *at = base;
        assert_int_equal(get(at + 16), 16); /* a version */
        for (int level = 0; level < 2; level++) {
            assert_true(get(at + 20) >> 31);
            at = base + (get(at + 20) & 0x7fffffff);
        }
        at = base + get(at + 20);
        assert_int_equal(get(at) + get(at + 4), section->address + piece.size);
        at = base + (get(at) - section->address);
        uint32_t length = get(base + get(base + 0x30 + 20) + 4);
        assert_int_equal(get(at) & 0xffff, length);
        assert_int_equal(get(at + 40), 0xfeef04bd);
        assert_int_equal(get(at + RELEASE_FLAGS), release ? 0 : SPECIAL_BUILD);
        assert_true(says(at, length, "123456789-1234567890"));
        assert_int_equal(says(at, length, TOOL_VERSION " LAB"), !release);
        assert_int_equal(says(at, length, "LAB"), !release);
        free(out);
    }
}

/* One broken field of the loader each, and a word of the complaint. */
static const struct {
    uint32_t at;
    int bytes;
    uint64_t value;
    const char *complaint;
} broken[] = {
    {0, 1, 0, "no PE file"},
    {0x3c, 4, 0xfffffff0, "no PE file"},
    {PE_AT, 1, 0, "no PE file"},
    {PE_AT + 4, 2, 0x14c, "x86-64"},
    {PE_AT + 6, 2, 0, "damaged"},
    {PE_AT + 6, 2, 0xffff, "damaged"},
    {PE_AT + 20, 2, 16, "x86-64"},
    {OPTIONAL_AT, 2, 0x10b, "x86-64"},
    {OPTIONAL_AT + 32, 4, 0x1001, "damaged"},
    {OPTIONAL_AT + 36, 4, 0, "damaged"},
    {OPTIONAL_AT + 60, 4, 0xffffffff, "damaged"},
    {OPTIONAL_AT + 60, 4, TABLE_AT + 40 + 119, "no room"},
    {OPTIONAL_AT + 68, 2, 3, "no EFI application"},
    {OPTIONAL_AT + 132, 4, 8, "resources"},
    {OPTIONAL_AT + 148, 4, 8, "signed"},
    {TABLE_AT + 12, 4, 0x1010, "inside a page"},
    {TABLE_AT + 16, 4, 0x300, "cut off"},
    {TABLE_AT + 20, 4, 0xfffffff0, "cut off"},
    {TABLE_AT + 20, 4, TABLE_AT + 40, "no room"},
    {TABLE_AT + 36, 4, 0xe0000020, "writable and executable"},
};

static void test_broken_loaders(void **state)
{
    uint8_t loader[LOADER_BYTES + 8];

    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        char *out = NULL;
        size_t bytes;

        make_loader(loader);
        put(loader + broken[i].at, broken[i].value, broken[i].bytes);
        const char *complaint = append(loader, &out, &bytes);
        if (!complaint || !strstr(complaint, broken[i].complaint))
            fail_msg("0x%x: %s", broken[i].at, complaint ? complaint : "accepted");
        free(out);
    }
}

/* Truncated at every length: refused or read, never beyond the end. */
static void test_truncated_loaders(void **state)
{
    uint8_t loader[LOADER_BYTES + 8];
    struct pe pe;

    (void)state;
    make_loader(loader);
    for (size_t size = 0; size <= LOADER_BYTES; size++) {
        uint8_t *copy = malloc(size + 1);

        memcpy(copy, loader, size);
        assert_int_equal(pe_open(copy, size, &pe) == NULL, size == LOADER_BYTES);
        free(copy);
    }
}

/* A file as a piece gives the bytes that it holds. */
static void test_piece_of_file(void **state)
{
    uint8_t loader[LOADER_BYTES + 8];
    struct check check = {.path = "m.yaml"};
    const struct payload *file = payload_open(&check, "build/fixtures/good.elf");
    struct pe_piece as_file = {.size = file->size, .file = file};
    struct pe_piece as_bytes = {.bytes = file->bytes, .size = file->size};
    const struct pe_addition additions_of[] = {{".payload", &as_file, 1},
                                               {".payload", &as_bytes, 1}};
    char *out[2];
    size_t bytes[2];
    struct pe pe;

    (void)state;
    make_loader(loader);
    assert_null(pe_open(loader, sizeof(loader), &pe));
    for (int i = 0; i < 2; i++) {
        FILE *stream = open_memstream(&out[i], &bytes[i]);

        assert_null(pe_append(&pe, &additions_of[i], 1, stream));
        fclose(stream);
    }
    assert_int_equal(bytes[0], bytes[1]);
    assert_memory_equal(out[0], out[1], bytes[0]);
    assert_true(bytes[0] > file->size);
    free(out[0]);
    free(out[1]);
    check_close(&check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_payloads_are_stored_once),
        cmocka_unit_test(test_release_differs_by_the_flag),
        cmocka_unit_test(test_show_compiles_to_the_same_bytes),
        cmocka_unit_test(test_policy_fields),
        cmocka_unit_test(test_wrong_policy_is_refused),
        cmocka_unit_test(test_key_is_no_initrd),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_images_are_told),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_piece_of_file),
        cmocka_unit_test(test_broken_loaders),
        cmocka_unit_test(test_truncated_loaders),
    };

    return cmocka_run_group_tests_name("tool_image", tests, NULL, NULL);
}
