/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a compiled manifest. Every field that is used as an index, offset or count is checked. */
#include "manifest.h"
#include "sha256.h"
#include <stdbool.h>
#include <string.h>

#define MANIFEST_MEMORY_MAX (1ull << 46)

static const char *const error_texts[MANIFEST_ERRORS] = {
    [MANIFEST_OK] = "the manifest is well-formed",
    [MANIFEST_TOO_SHORT] = "the manifest is cut off: copy the image again",
    [MANIFEST_BAD_MAGIC] = "this is no compiled manifest: build the image with `bulkhead build`",
    [MANIFEST_BAD_VERSION] = "the manifest was compiled for another version of Bulkhead: build the "
                             "image again with the tool of this version",
    [MANIFEST_BAD_DIGEST] = "the manifest differs from its digest: the image was damaged or "
                            "changed after it was built; copy or build it again",
    [MANIFEST_BAD_HEADER] = "a field of the manifest's header is out of range: build the image "
                            "again",
    [MANIFEST_BAD_TABLE] = "a table of the manifest lies outside of it or has a wrong size: build "
                           "the image again",
    [MANIFEST_BAD_STRING] = "a name or string of the manifest is empty, unterminated or too long: "
                            "build the image again",
    [MANIFEST_BAD_DOMAIN] = "a domain of the manifest has a value out of range, or two domains "
                            "claim the same name, processor or port: run `bulkhead check`",
    [MANIFEST_BAD_POLICY] = "a network, device, label, right or date of the manifest is out of "
                            "range: build the image again",
    [MANIFEST_BAD_PAYLOAD] = "a payload of the manifest lies outside the image or overlaps "
                             "another: build the image again",
};

const char *manifest_error_text(enum manifest_error error)
{
    return (unsigned int)error < MANIFEST_ERRORS ? error_texts[error] : "unknown manifest error";
}

void manifest_digest(const struct manifest_header *header, uint8_t digest[DIGEST_BYTES])
{
    static const uint8_t zeros[DIGEST_BYTES];
    const uint8_t *bytes = (const uint8_t *)header;
    size_t before = offsetof(struct manifest_header, digest);
    size_t after = before + DIGEST_BYTES;
    struct sha256 hash;
    sha256_init(&hash);
    sha256_update(&hash, bytes, before);
    sha256_update(&hash, zeros, sizeof(zeros));
    sha256_update(&hash, bytes + after, header->total_bytes - after);
    sha256_final(&hash, digest);
}

const char *manifest_string(const struct manifest *manifest, uint32_t offset)
{
    return offset < manifest->string_bytes ? manifest->strings + offset : "";
}

static bool all_zero(const void *from, size_t bytes)
{
    const uint8_t *at = from;
    while (bytes > 0 && at[bytes - 1] == 0)
        bytes--;
    return bytes == 0;
}

/* A printable name of at least one character; the rest of its field is zero. */
static bool name_is_good(const char *name, size_t room)
{
    size_t length = 0;
    while (length < room && name[length] >= ' ' && name[length] <= '~')
        length++;
    return length > 0 && length < room && all_zero(name + length, room - length);
}

/* The strings' last byte is zero, so a string that starts inside them ends inside them. */
static bool string_is_good(const struct manifest *manifest, uint32_t offset, size_t room)
{
    size_t length = 0;
    if (offset >= manifest->string_bytes)
        return false;
    while (manifest->strings[offset + length])
        length++;
    return length < room;
}

static enum manifest_error check_header(const struct manifest_header *header, size_t size)
{
    uint8_t digest[DIGEST_BYTES];
    if (size < sizeof(*header))
        return MANIFEST_TOO_SHORT;
    if (header->magic != MANIFEST_MAGIC)
        return MANIFEST_BAD_MAGIC;
    if (header->version != MANIFEST_VERSION)
        return MANIFEST_BAD_VERSION;
    if (header->total_bytes < sizeof(*header) || header->total_bytes > size)
        return MANIFEST_TOO_SHORT;
    if (header->total_bytes > MANIFEST_MAX_BYTES)
        return MANIFEST_BAD_HEADER;
    manifest_digest(header, digest);
    if (memcmp(digest, header->digest, sizeof(digest)) != 0)
        return MANIFEST_BAD_DIGEST;
    if (!name_is_good(header->host, sizeof(header->host)))
        return MANIFEST_BAD_STRING;
    if (header->cpu_vendor != MANIFEST_CPU_INTEL && header->cpu_vendor != MANIFEST_CPU_AMD)
        return MANIFEST_BAD_HEADER;
    if (header->flags & ~(uint32_t)MANIFEST_LAB || header->reserved)
        return MANIFEST_BAD_HEADER;
    if (header->memory_guard % PAGE_BYTES || header->memory_guard > MANIFEST_MEMORY_MAX)
        return MANIFEST_BAD_HEADER;
    return MANIFEST_OK;
}

static uint64_t table_bytes(const struct manifest_table *table)
{
    return (uint64_t)table->count * table->entry_bytes;
}

static bool tables_overlap(const struct manifest_table *a, const struct manifest_table *b)
{
    return a->offset < b->offset + table_bytes(b) && b->offset < a->offset + table_bytes(a);
}

static enum manifest_error check_tables(const struct manifest_header *header)
{
    static const struct {
        uint32_t entry_bytes, count_max;
    } expected[] = {
        [MANIFEST_DOMAINS] = {sizeof(struct manifest_domain), MAX_DOMAINS},
        [MANIFEST_PAYLOADS] = {sizeof(struct manifest_payload), MAX_PAYLOADS},
        [MANIFEST_STRINGS] = {1, MANIFEST_MAX_BYTES},
        [MANIFEST_LEVELS] = {sizeof(struct manifest_name), MAX_LEVELS},
        [MANIFEST_CATEGORIES] = {sizeof(struct manifest_name), MAX_CATEGORIES},
        [MANIFEST_NETWORKS] = {sizeof(struct manifest_network), MAX_NETWORKS},
        [MANIFEST_DEVICES] = {sizeof(struct manifest_device), MAX_DEVICES},
        [MANIFEST_MANAGEMENT] = {sizeof(struct manifest_management), 1},
        [MANIFEST_ADMINS] = {sizeof(struct manifest_admin), MAX_ADMINS},
        [MANIFEST_POLICY] = {sizeof(struct manifest_policy), 1},
        [MANIFEST_AGGREGATIONS] = {sizeof(struct manifest_aggregation), MAX_POLICY_ITEMS},
        [MANIFEST_KEEP_APART] = {sizeof(struct manifest_apart), MAX_POLICY_ITEMS * MAX_DOMAINS},
        [MANIFEST_UNSAFE] = {sizeof(struct manifest_unsafe), MAX_POLICY_ITEMS},
        [MANIFEST_HARDENED] = {sizeof(struct manifest_hardened), MAX_DOMAINS},
        [MANIFEST_PROTECTS] = {sizeof(struct manifest_protects), MAX_POLICY_ITEMS * MAX_DOMAINS},
    };
    enum { USED = sizeof(expected) / sizeof(expected[0]) };
    for (uint32_t i = 0; i < USED; i++) {
        const struct manifest_table *table = &header->tables[i];
        if (i > MANIFEST_STRINGS && all_zero(table, sizeof(*table)))
            continue;
        if (table->entry_bytes != expected[i].entry_bytes || table->reserved)
            return MANIFEST_BAD_TABLE;
        if (table->count == 0 || table->count > expected[i].count_max)
            return MANIFEST_BAD_TABLE;
        if (table->offset % 8 || table->offset < sizeof(*header) ||
            table->offset > header->total_bytes ||
            table_bytes(table) > header->total_bytes - table->offset)
            return MANIFEST_BAD_TABLE;
        for (uint32_t j = 0; j < i; j++)
            if (tables_overlap(table, &header->tables[j]))
                return MANIFEST_BAD_TABLE;
    }
    if (!all_zero(&header->tables[USED], sizeof(header->tables) - USED * sizeof(header->tables[0])))
        return MANIFEST_BAD_TABLE;
    return MANIFEST_OK;
}

static bool pins(const struct manifest_domain *domain, uint32_t apic_id, uint32_t below)
{
    if (domain->flags & MANIFEST_CPUS_PINNED)
        for (uint32_t i = 0; i < below; i++)
            if (domain->cpus[i] == apic_id)
                return true;
    return false;
}

/* What domain `index` may not share with those before it, nor a processor with itself. */
static bool domain_is_distinct(const struct manifest *manifest, uint32_t index)
{
    const struct manifest_domain *domain = &manifest->domains[index];
    for (uint32_t i = 0; i < index; i++) {
        const struct manifest_domain *other = &manifest->domains[i];
        if (memcmp(domain->name, other->name, NAME_BYTES) == 0)
            return false;
        if (domain->serial_port && domain->serial_port == other->serial_port)
            return false;
    }
    if (domain->flags & MANIFEST_CPUS_PINNED)
        for (uint32_t cpu = 0; cpu < domain->cpu_count; cpu++)
            for (uint32_t i = 0; i <= index; i++)
                if (pins(&manifest->domains[i], domain->cpus[cpu],
                         i < index ? manifest->domains[i].cpu_count : cpu))
                    return false;
    return true;
}

static enum manifest_error check_domain(const struct manifest *manifest, uint32_t index)
{
    const struct manifest_domain *domain = &manifest->domains[index];
    if (!name_is_good(domain->name, sizeof(domain->name)) ||
        !string_is_good(manifest, domain->cmdline, CMDLINE_BYTES))
        return MANIFEST_BAD_STRING;
    if (domain->flags & ~(uint32_t)MANIFEST_DOMAIN_FLAGS)
        return MANIFEST_BAD_DOMAIN;
    if (domain->cpu_count == 0 || domain->cpu_count > MAX_DOMAIN_CPUS)
        return MANIFEST_BAD_DOMAIN;
    if (domain->memory == 0 || domain->memory % LARGE_PAGE_BYTES ||
        domain->memory > MANIFEST_MEMORY_MAX)
        return MANIFEST_BAD_DOMAIN;
    if (domain->protocol != MANIFEST_BOOT_LINUX && domain->protocol != MANIFEST_BOOT_ELF64)
        return MANIFEST_BAD_DOMAIN;
    if (domain->kernel >= manifest->payload_count)
        return MANIFEST_BAD_DOMAIN;
    if (domain->initrd != MANIFEST_NONE &&
        (domain->initrd >= manifest->payload_count || domain->protocol != MANIFEST_BOOT_LINUX))
        return MANIFEST_BAD_DOMAIN;
    if (domain->on_exit != MANIFEST_EXIT_STOP && domain->on_exit != MANIFEST_EXIT_RESTART)
        return MANIFEST_BAD_DOMAIN;
    if (domain->serial_port > 4 || domain->memory_at % LARGE_PAGE_BYTES ||
        domain->memory_at > MANIFEST_MEMORY_MAX)
        return MANIFEST_BAD_DOMAIN;
    return domain_is_distinct(manifest, index) ? MANIFEST_OK : MANIFEST_BAD_DOMAIN;
}

static enum manifest_error check_payload(const struct manifest *manifest, uint32_t index)
{
    const struct manifest_payload *payload = &manifest->payloads[index];
    uint64_t room = manifest->header->payload_bytes;
    if (!string_is_good(manifest, payload->path, SIZE_MAX))
        return MANIFEST_BAD_STRING;
    if (payload->offset % PAGE_BYTES || payload->bytes == 0 || payload->offset > room ||
        payload->bytes > room - payload->offset)
        return MANIFEST_BAD_PAYLOAD;
    if (!all_zero(payload->reserved, sizeof(payload->reserved)))
        return MANIFEST_BAD_PAYLOAD;
    for (uint32_t i = 0; i < index; i++) {
        const struct manifest_payload *other = &manifest->payloads[i];
        if (payload->offset < other->offset + other->bytes &&
            other->offset < payload->offset + payload->bytes)
            return MANIFEST_BAD_PAYLOAD;
    }
    return MANIFEST_OK;
}

const void *manifest_entries(const struct manifest *manifest, enum manifest_table_id table,
                             uint32_t *count)
{
    const struct manifest_table *slot = &manifest->header->tables[table];
    *count = slot->count;
    return slot->count ? (const char *)manifest->header + slot->offset : NULL;
}

/* What a field of 32 bits may hold; `of` is a table or a number. */
enum field_kind { AT_MOST, LEVEL_OF, BITS_OF, INDEX_OF, INDEX_OR_NONE_OF, STRING, NAME };
static const struct {
    uint8_t table, at, kind, of;
} fields[] = {
#define FIELD(table, type, member, kind, of)                                                       \
    {                                                                                              \
        table, offsetof(struct type, member), kind, of                                             \
    }
    FIELD(MANIFEST_DOMAINS, manifest_domain, level, LEVEL_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_DOMAINS, manifest_domain, categories, BITS_OF, MANIFEST_CATEGORIES),
    FIELD(MANIFEST_DOMAINS, manifest_domain, manage, AT_MOST, MANIFEST_RIGHTS),
    FIELD(MANIFEST_DOMAINS, manifest_domain, start_after, BITS_OF, MANIFEST_DOMAINS),
    FIELD(MANIFEST_DOMAINS, manifest_domain, reserved, AT_MOST, 0),
    FIELD(MANIFEST_PAYLOADS, manifest_payload, pinned, AT_MOST, 1),
    FIELD(MANIFEST_LEVELS, manifest_name, name, NAME, 0),
    FIELD(MANIFEST_CATEGORIES, manifest_name, name, NAME, 0),
    FIELD(MANIFEST_NETWORKS, manifest_network, name, NAME, 0),
    FIELD(MANIFEST_NETWORKS, manifest_network, level, LEVEL_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_NETWORKS, manifest_network, categories, BITS_OF, MANIFEST_CATEGORIES),
    FIELD(MANIFEST_NETWORKS, manifest_network, exposed, AT_MOST, 1),
    FIELD(MANIFEST_NETWORKS, manifest_network, trunk, BITS_OF, MANIFEST_NETWORKS),
    FIELD(MANIFEST_NETWORKS, manifest_network, one_way_from, STRING, 0),
    FIELD(MANIFEST_NETWORKS, manifest_network, one_way_to, STRING, 0),
    FIELD(MANIFEST_NETWORKS, manifest_network, one_way_by, STRING, 0),
    FIELD(MANIFEST_DEVICES, manifest_device, domain, INDEX_OR_NONE_OF, MANIFEST_DOMAINS),
    FIELD(MANIFEST_DEVICES, manifest_device, network, INDEX_OR_NONE_OF, MANIFEST_NETWORKS),
    FIELD(MANIFEST_DEVICES, manifest_device, flags, AT_MOST, MANIFEST_DEVICE_FLAGS),
    FIELD(MANIFEST_DEVICES, manifest_device, serial_number, STRING, 0),
    FIELD(MANIFEST_DEVICES, manifest_device, sanitized_by, STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, flags, AT_MOST, MANIFEST_CPUS_PINNED),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, cpu_count, AT_MOST, MAX_DOMAIN_CPUS),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, prefix, AT_MOST, 32),
    FIELD(MANIFEST_ADMINS, manifest_admin, name, NAME, 0),
    FIELD(MANIFEST_ADMINS, manifest_admin, role, AT_MOST, MANIFEST_AUDITOR),
    FIELD(MANIFEST_ADMINS, manifest_admin, path, STRING, 0),
    FIELD(MANIFEST_POLICY, manifest_policy, level, LEVEL_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_POLICY, manifest_policy, categories, BITS_OF, MANIFEST_CATEGORIES),
    FIELD(MANIFEST_POLICY, manifest_policy, declared_level, LEVEL_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_POLICY, manifest_policy, declared_categories, BITS_OF, MANIFEST_CATEGORIES),
    FIELD(MANIFEST_POLICY, manifest_policy, classification, STRING, 0),
    FIELD(MANIFEST_POLICY, manifest_policy, forbid_removable, BITS_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_POLICY, manifest_policy, mixed_by, STRING, 0),
    FIELD(MANIFEST_POLICY, manifest_policy, mixed_reason, STRING, 0),
    FIELD(MANIFEST_POLICY, manifest_policy, review_by, STRING, 0),
    FIELD(MANIFEST_POLICY, manifest_policy, smt, AT_MOST, MANIFEST_SMT_ON),
    FIELD(MANIFEST_POLICY, manifest_policy, inventory, STRING, 0),
    FIELD(MANIFEST_AGGREGATIONS, manifest_aggregation, of, LEVEL_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_AGGREGATIONS, manifest_aggregation, then, LEVEL_OF, MANIFEST_LEVELS),
    FIELD(MANIFEST_KEEP_APART, manifest_apart, name, STRING, 0),
    FIELD(MANIFEST_UNSAFE, manifest_unsafe, allow, AT_MOST, MANIFEST_UNSAFE_KINDS - 1),
    FIELD(MANIFEST_UNSAFE, manifest_unsafe, reason, STRING, 0),
    FIELD(MANIFEST_HARDENED, manifest_hardened, domain, INDEX_OF, MANIFEST_DOMAINS),
    FIELD(MANIFEST_HARDENED, manifest_hardened, by, STRING, 0),
    FIELD(MANIFEST_PROTECTS, manifest_protects, domain, INDEX_OF, MANIFEST_DOMAINS),
    FIELD(MANIFEST_PROTECTS, manifest_protects, name, STRING, 0),
#undef FIELD
};

static bool field_is_good(const struct manifest *manifest, const char *at, uint8_t kind, uint8_t of)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    uint32_t count =
        kind >= LEVEL_OF && kind <= INDEX_OR_NONE_OF ? manifest->header->tables[of].count : of;
    switch (kind) {
    case BITS_OF:
        return (uint64_t)value >> count == 0;
    case INDEX_OR_NONE_OF:
        return value < count || value == MANIFEST_NONE;
    case INDEX_OF:
        return value < count;
    case STRING:
        return string_is_good(manifest, value, SIZE_MAX);
    case NAME:
        return name_is_good(at, NAME_BYTES);
    default: /* AT_MOST, LEVEL_OF */
        return value <= count;
    }
}

static bool fields_are_good(const struct manifest *manifest)
{
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const struct manifest_table *table = &manifest->header->tables[fields[i].table];
        const char *at = (const char *)manifest->header + table->offset + fields[i].at;
        for (uint32_t j = 0; j < table->count; j++, at += table->entry_bytes)
            if (!field_is_good(manifest, at, fields[i].kind, fields[i].of))
                return false;
    }
    return true;
}

static enum manifest_error check_contents(const struct manifest *manifest)
{
    enum manifest_error error = MANIFEST_OK;
    uint32_t cpus = 0;
    if (manifest->strings[0] != 0 || manifest->strings[manifest->string_bytes - 1] != 0)
        return MANIFEST_BAD_STRING;
    for (uint32_t i = 0; i < manifest->payload_count && !error; i++)
        error = check_payload(manifest, i);
    for (uint32_t i = 0; i < manifest->domain_count && !error; i++) {
        error = check_domain(manifest, i);
        cpus += manifest->domains[i].cpu_count;
    }
    if (!error && cpus > MAX_CPUS)
        return MANIFEST_BAD_DOMAIN;
    return error || fields_are_good(manifest) ? error : MANIFEST_BAD_POLICY;
}

enum manifest_error manifest_open(const void *bytes, size_t size, struct manifest *out)
{
    const struct manifest_header *header = bytes;
    const struct manifest_table *tables = header->tables;
    memset(out, 0, sizeof(*out));
    enum manifest_error error = check_header(header, size);
    if (!error)
        error = check_tables(header);
    if (error)
        return error;
    struct manifest manifest = {
        .header = header,
        .domains = (const void *)((const char *)bytes + tables[MANIFEST_DOMAINS].offset),
        .payloads = (const void *)((const char *)bytes + tables[MANIFEST_PAYLOADS].offset),
        .strings = (const char *)bytes + tables[MANIFEST_STRINGS].offset,
        .domain_count = tables[MANIFEST_DOMAINS].count,
        .payload_count = tables[MANIFEST_PAYLOADS].count,
        .string_bytes = tables[MANIFEST_STRINGS].count,
    };
    error = check_contents(&manifest);
    if (!error)
        *out = manifest;
    return error;
}
