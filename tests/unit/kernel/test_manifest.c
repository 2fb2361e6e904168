/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled manifest: every field out of range is refused by its cause (I10). */
#include "tests/unit/made_manifest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct made_manifest made;

/* Two domains, two payloads. */
static int setup(void **state)
{
    (void)state;
    made_manifest_init(&made);
    made_manifest_payload(&made, "a.elf", "first", 5);
    made_manifest_payload(&made, "b.elf", "second", 6);
    made_manifest_domain(&made, "one", 2, 512 << 20, 0)->cmdline =
        made_manifest_string(&made, "console=ttyS0");
    made_manifest_domain(&made, "two", 1, 2 << 20, 1);
    made_manifest_seal(&made);
    return 0;
}

static enum manifest_error open_made(struct manifest *manifest)
{
    return manifest_open(&made, sizeof(made), manifest);
}

static void a_good_one_opens(void **state)
{
    struct manifest manifest;
    (void)state;
    assert_int_equal(open_made(&manifest), MANIFEST_OK);
    assert_int_equal(manifest.domain_count, 2);
    assert_int_equal(manifest.payload_count, 2);
    assert_string_equal(manifest.domains[1].name, "two");
    assert_string_equal(manifest_string(&manifest, manifest.domains[0].cmdline), "console=ttyS0");
    assert_string_equal(manifest_string(&manifest, manifest.payloads[1].path), "b.elf");
    assert_string_equal(manifest_string(&manifest, 0), "");
    assert_string_equal(manifest_string(&manifest, 0xffffffff), "");
}

static void bytes_behind_are_ignored(void **state)
{
    struct manifest manifest;
    (void)state;
    made.header.total_bytes -= 8;
    made_manifest_seal(&made);
    assert_int_equal(open_made(&manifest), MANIFEST_OK);
}

/* Each changes a sealed manifest; it is sealed again unless the error comes before the digest. */
#define CHANGE(name, error, statement)                                                             \
    static void change_##name(struct made_manifest *m)                                             \
    {                                                                                              \
        statement;                                                                                 \
    }                                                                                              \
    enum { error_##name = error };
#define CHANGES(X)                                                                                 \
    X(magic, MANIFEST_BAD_MAGIC, m->header.magic ^= 1)                                             \
    X(version, MANIFEST_BAD_VERSION, m->header.version++)                                          \
    X(total_small, MANIFEST_TOO_SHORT, m->header.total_bytes = 100)                                \
    X(total_large, MANIFEST_TOO_SHORT, m->header.total_bytes += 8)                                 \
    X(host_empty, MANIFEST_BAD_STRING, m->header.host[0] = 0)                                      \
    X(host_endless, MANIFEST_BAD_STRING, memset(m->header.host, 'x', sizeof(m->header.host)))      \
    X(host_control, MANIFEST_BAD_STRING, m->header.host[1] = 27)                                   \
    X(host_tail, MANIFEST_BAD_STRING, m->header.host[20] = 'x')                                    \
    X(vendor, MANIFEST_BAD_HEADER, m->header.cpu_vendor = 3)                                       \
    X(flags, MANIFEST_BAD_HEADER, m->header.flags = 4)                                             \
    X(header_reserved, MANIFEST_BAD_HEADER, m->header.reserved = 1)                                \
    X(guard, MANIFEST_BAD_HEADER, m->header.memory_guard = 100)                                    \
    X(guard_huge, MANIFEST_BAD_HEADER, m->header.memory_guard = 1ull << 63)                        \
    X(table_odd, MANIFEST_BAD_TABLE, m->header.tables[0].offset += 4)                              \
    X(table_in_header, MANIFEST_BAD_TABLE, m->header.tables[0].offset = 8)                         \
    X(table_outside, MANIFEST_BAD_TABLE, m->header.tables[0].offset = 0xfffffff8)                  \
    X(table_cut, MANIFEST_BAD_TABLE, m->header.tables[2].count = 5000)                             \
    X(table_overlap, MANIFEST_BAD_TABLE,                                                           \
      m->header.tables[1].offset = m->header.tables[0].offset + 8)                                 \
    X(table_entry, MANIFEST_BAD_TABLE, m->header.tables[0].entry_bytes--)                          \
    X(table_reserved, MANIFEST_BAD_TABLE, m->header.tables[1].reserved = 1)                        \
    X(slot_reserved, MANIFEST_BAD_TABLE, m->header.tables[15].reserved = 1)                        \
    X(slot_used, MANIFEST_BAD_TABLE, m->header.tables[3].count = 1)                                \
    X(no_domains, MANIFEST_BAD_TABLE, m->header.tables[0].count = 0)                               \
    X(many_domains, MANIFEST_BAD_TABLE, m->header.tables[0].count = MAX_DOMAINS + 1)               \
    X(wrapping_count, MANIFEST_BAD_TABLE, m->header.tables[1].count = 0x04000001)                  \
    X(strings_start, MANIFEST_BAD_STRING, m->strings[0] = 'x')                                     \
    X(strings_end, MANIFEST_BAD_STRING, m->strings[m->header.tables[2].count - 1] = 'x')           \
    X(path_outside, MANIFEST_BAD_STRING, m->payloads[0].path = 4000)                               \
    X(payload_odd, MANIFEST_BAD_PAYLOAD, m->payloads[1].offset += 8)                               \
    X(payload_empty, MANIFEST_BAD_PAYLOAD, m->payloads[1].bytes = 0)                               \
    X(payload_outside, MANIFEST_BAD_PAYLOAD, m->payloads[1].bytes = 4097)                          \
    X(payload_wraps, MANIFEST_BAD_PAYLOAD, m->payloads[1].bytes = ~0ull)                           \
    X(payload_overlap, MANIFEST_BAD_PAYLOAD, m->payloads[1].offset = 0)                            \
    X(payload_reserved, MANIFEST_BAD_PAYLOAD, m->payloads[1].reserved[1] = 1)                      \
    X(name_empty, MANIFEST_BAD_STRING, memset(m->domains[0].name, 0, NAME_BYTES))                  \
    X(name_endless, MANIFEST_BAD_STRING, memset(m->domains[0].name, 'x', NAME_BYTES))              \
    X(name_twice, MANIFEST_BAD_DOMAIN, strcpy(m->domains[1].name, "one"))                          \
    X(domain_flags, MANIFEST_BAD_DOMAIN, m->domains[0].flags = 0x20)                               \
    X(management_alone, MANIFEST_BAD_DOMAIN, m->domains[0].flags = MANIFEST_IS_MANAGEMENT)         \
    X(no_cpus, MANIFEST_BAD_DOMAIN, m->domains[0].cpu_count = 0)                                   \
    X(many_cpus, MANIFEST_BAD_DOMAIN, m->domains[0].cpu_count = MAX_DOMAIN_CPUS + 1)               \
    X(no_memory, MANIFEST_BAD_DOMAIN, m->domains[0].memory = 0)                                    \
    X(odd_memory, MANIFEST_BAD_DOMAIN, m->domains[0].memory = 3 << 20)                             \
    X(endless_memory, MANIFEST_BAD_DOMAIN, m->domains[0].memory = 1ull << 47)                      \
    X(protocol, MANIFEST_BAD_DOMAIN, m->domains[0].protocol = 3)                                   \
    X(kernel, MANIFEST_BAD_DOMAIN, m->domains[0].kernel = 2)                                       \
    X(initrd, MANIFEST_BAD_DOMAIN, m->domains[0].initrd = 2)                                       \
    X(elf_initrd, MANIFEST_BAD_DOMAIN, m->domains[0].initrd = 1)                                   \
    X(cmdline_outside, MANIFEST_BAD_STRING, m->domains[0].cmdline = 4000)                          \
    X(on_exit, MANIFEST_BAD_DOMAIN, m->domains[0].on_exit = 0)                                     \
    X(serial, MANIFEST_BAD_DOMAIN, m->domains[0].serial_port = 5)                                  \
    X(dma_fault, MANIFEST_BAD_DOMAIN, m->domains[0].on_dma_fault = MANIFEST_DMA_RESTART + 1)       \
    X(serial_twice, MANIFEST_BAD_DOMAIN,                                                           \
      m->domains[0].serial_port = m->domains[1].serial_port = 2)                                   \
    X(domain_irq, MANIFEST_BAD_POLICY, m->domains[1].serial_irq = 16)                              \
    X(pinned_twice, MANIFEST_BAD_DOMAIN, m->domains[0].flags = MANIFEST_CPUS_PINNED)               \
    X(pinned_by_both, MANIFEST_BAD_DOMAIN, {                                                       \
        m->domains[0].flags = m->domains[1].flags = MANIFEST_CPUS_PINNED;                          \
        m->domains[0].cpus[1] = 3;                                                                 \
        m->domains[1].cpus[0] = 3;                                                                 \
    })
CHANGES(CHANGE)

static const struct change {
    const char *name;
    enum manifest_error error;
    void (*make)(struct made_manifest *);
} changes[] = {
#define ENTRY(name, error, statement) {#name, (enum manifest_error)error_##name, change_##name},
    CHANGES(ENTRY)};

static void each_field_is_checked(void **state)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct manifest manifest, zero = {0};
        setup(state);
        changes[i].make(&made);
        if (made.header.total_bytes <= sizeof(made) && made.header.total_bytes >= 152)
            made_manifest_seal(&made);
        enum manifest_error error = open_made(&manifest);
        if (error != changes[i].error)
            fail_msg("%s: error %d instead of %d", changes[i].name, error, changes[i].error);
        assert_memory_equal(&manifest, &zero, sizeof(zero));
        assert_true(strlen(manifest_error_text(error)) > 20);
    }
}

static void long_cmdline_is_refused(void **state)
{
    char text[CMDLINE_BYTES + 1] = "";
    struct manifest manifest;
    (void)state;
    memset(text, 'x', CMDLINE_BYTES);
    made.domains[0].cmdline = made_manifest_string(&made, text);
    made_manifest_seal(&made);
    assert_int_equal(open_made(&manifest), MANIFEST_BAD_STRING);
    made.domains[0].cmdline++;
    made_manifest_seal(&made);
    assert_int_equal(open_made(&manifest), MANIFEST_OK);
}

/* So that neither reading nor showing a manifest takes long, whatever it holds. */
static void long_path_is_refused(void **state)
{
    char text[CMDLINE_BYTES + 1] = "";
    struct manifest manifest;
    (void)state;
    memset(text, 'x', CMDLINE_BYTES);
    made.payloads[0].path = made_manifest_string(&made, text);
    made_manifest_seal(&made);
    assert_int_equal(open_made(&manifest), MANIFEST_BAD_STRING);
    made.payloads[0].path++;
    made_manifest_seal(&made);
    assert_int_equal(open_made(&manifest), MANIFEST_OK);
}

static void too_many_processors_in_all(void **state)
{
    struct manifest manifest;
    (void)state;
    for (int i = 0; i < 4; i++) {
        char name[] = {(char)('a' + i), 0};
        made_manifest_domain(&made, name, MAX_DOMAIN_CPUS, 2 << 20, 0);
    }
    made_manifest_seal(&made);
    assert_int_equal(open_made(&manifest), MANIFEST_BAD_DOMAIN);
}

/* I10: no bit of the manifest can change unnoticed. */
static void every_flipped_bit_is_noticed(void **state)
{
    struct manifest manifest;
    uint8_t *bytes = (uint8_t *)&made;
    (void)state;
    for (size_t i = 0; i < sizeof(made); i += i < 600 ? 1 : 37) {
        bytes[i] ^= (uint8_t)(1 << (i % 8));
        assert_int_not_equal(open_made(&manifest), MANIFEST_OK);
        bytes[i] ^= (uint8_t)(1 << (i % 8));
    }
    assert_int_equal(open_made(&manifest), MANIFEST_OK);
}

/* The reader stays inside the bytes that it was given; the sanitizer watches. */
static void truncated_at_any_length(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof(made); size += size < 600 ? 1 : 101) {
        struct manifest manifest;
        void *copy = malloc(size ? size : 1);
        memcpy(copy, &made, size);
        assert_int_equal(manifest_open(copy, size, &manifest), MANIFEST_TOO_SHORT);
        free(copy);
    }
}

/* Sealed noise behind a good header: any answer, but never a bad access. */
static void noise_is_harmless(void **state)
{
    srand(1);
    for (int round = 0; round < 3000; round++) {
        struct manifest manifest;
        setup(state);
        for (int n = rand() % 8; n >= 0; n--) {
            size_t at = 48 + (size_t)rand() % (rand() % 2 ? 400 : sizeof(made) - 48);
            ((uint8_t *)&made)[at] = (uint8_t)rand();
        }
        made_manifest_seal(&made);
        if (open_made(&manifest) == MANIFEST_OK)
            for (uint32_t i = 0; i < manifest.domain_count; i++)
                assert_true(strlen(manifest_string(&manifest, manifest.domains[i].cmdline)) <
                            CMDLINE_BYTES);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_one_opens, setup),
        cmocka_unit_test_setup(bytes_behind_are_ignored, setup),
        cmocka_unit_test(each_field_is_checked),
        cmocka_unit_test_setup(long_cmdline_is_refused, setup),
        cmocka_unit_test_setup(long_path_is_refused, setup),
        cmocka_unit_test_setup(too_many_processors_in_all, setup),
        cmocka_unit_test_setup(every_flipped_bit_is_noticed, setup),
        cmocka_unit_test_setup(truncated_at_any_length, setup),
        cmocka_unit_test_setup(noise_is_harmless, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
