/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fields of a compiled manifest may hold: loader and tool check it. That its tables lie
 * inside it is manifest.c's.
 */
#include "kernel/abi/manifest_policy.h"
#include "kernel/abi/server_key.h"
#include "manifest.h"
#include "manifest_parts.h"

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

/* A printable name of at least one character; the rest of its field is zero. */
/*@ assigns \nothing; */
static bool name_is_good(const char *name, size_t room)
{
    size_t length = 0;
    /*@ loop assigns length; */
    while (length < room && name[length] >= ' ' && name[length] <= '~')
        length++;
    if (length == 0 || length == room)
        return false;
    /*@ loop assigns length; */
    while (length < room && name[length] == 0)
        length++;
    return length == room;
}

/* A string starts inside the strings and is shorter than CMDLINE_BYTES, as all that a YAML
 * manifest can say. It ends inside them, as their last byte is zero. */
/*@
  requires tables_fit(header);
  assigns \nothing;
*/
static bool string_is_good(const struct manifest_header *header, uint32_t offset)
{
    uint32_t bytes = header->tables[MANIFEST_STRINGS].count, at = offset;
    /*@ loop assigns at; */
    while (at < bytes && at - offset < CMDLINE_BYTES &&
           *(const char *)entry(header, MANIFEST_STRINGS, at))
        at++;
    return at < bytes && at - offset < CMDLINE_BYTES;
}

/* Whether a domain pins a processor, in the first `below` places of its list. */
/*@ assigns \nothing; */
static bool pins(const struct manifest_domain *domain, uint32_t apic_id, uint32_t below)
{
    if (domain->flags & MANIFEST_CPUS_PINNED)
        /*@ loop assigns i; */
        for (uint32_t i = 0; i < below && i < MAX_DOMAIN_CPUS; i++)
            if (domain->cpus[i] == apic_id)
                return true;
    return false;
}

/* Whether two domains share what none may: a name, a port, a pinned processor. */
/*@ assigns \nothing; */
static bool domains_clash(const struct manifest_domain *a, const struct manifest_domain *b)
{
    if (memcmp(a->name, b->name, NAME_BYTES) == 0 ||
        (a->serial_port && a->serial_port == b->serial_port))
        return true;
    if (a->flags & MANIFEST_CPUS_PINNED)
        /*@ loop assigns i; */
        for (uint32_t i = 0; i < a->cpu_count && i < MAX_DOMAIN_CPUS; i++)
            if (pins(b, a->cpus[i], b->cpu_count))
                return true;
    return false;
}

/* What domain `index` may not share with those before it, nor a processor with itself. */
/*@
  requires tables_fit(header) && index < header->tables[MANIFEST_DOMAINS].count;
  assigns \nothing;
*/
static bool domain_is_distinct(const struct manifest_header *header, uint32_t index)
{
    const struct manifest_domain *domain = entry(header, MANIFEST_DOMAINS, index);
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < index; i++)
        if (domains_clash(domain, entry(header, MANIFEST_DOMAINS, i)))
            return false;
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < domain->cpu_count && i < MAX_DOMAIN_CPUS; i++)
        if (pins(domain, domain->cpus[i], i))
            return false;
    return true;
}

/*@
  requires tables_fit(header) && index < header->tables[MANIFEST_DOMAINS].count;
  assigns \nothing;
*/
static enum manifest_error check_domain(const struct manifest_header *header, uint32_t index)
{
    const struct manifest_domain *domain = entry(header, MANIFEST_DOMAINS, index);
    uint32_t payloads = header->tables[MANIFEST_PAYLOADS].count;
    if (!name_is_good(domain->name, sizeof(domain->name)) ||
        !string_is_good(header, domain->cmdline))
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
    if (domain->kernel >= payloads)
        return MANIFEST_BAD_DOMAIN;
    if (domain->initrd != MANIFEST_NONE &&
        (domain->initrd >= payloads || domain->protocol != MANIFEST_BOOT_LINUX))
        return MANIFEST_BAD_DOMAIN;
    if (domain->on_exit != MANIFEST_EXIT_STOP && domain->on_exit != MANIFEST_EXIT_RESTART)
        return MANIFEST_BAD_DOMAIN;
    if (domain->serial_port > 4 || domain->memory_at % LARGE_PAGE_BYTES ||
        domain->memory_at > MANIFEST_MEMORY_MAX || domain->on_dma_fault > MANIFEST_DMA_RESTART)
        return MANIFEST_BAD_DOMAIN;
    /* Nobody asks it, and what it is told of itself is no Linux'. */
    if (domain->flags & MANIFEST_IS_MANAGEMENT &&
        (domain->manage || domain->protocol != MANIFEST_BOOT_ELF64))
        return MANIFEST_BAD_DOMAIN;
    return domain_is_distinct(header, index) ? MANIFEST_OK : MANIFEST_BAD_DOMAIN;
}

/*@
  requires tables_fit(header) && index < header->tables[MANIFEST_PAYLOADS].count;
  assigns \nothing;
*/
static enum manifest_error check_payload(const struct manifest_header *header, uint32_t index)
{
    const struct manifest_payload *payload = entry(header, MANIFEST_PAYLOADS, index);
    uint64_t room = header->payload_bytes;
    if (!string_is_good(header, payload->path))
        return MANIFEST_BAD_STRING;
    if (payload->offset % PAGE_BYTES || payload->bytes == 0 || payload->offset > room ||
        payload->bytes > room - payload->offset)
        return MANIFEST_BAD_PAYLOAD;
    if (payload->reserved[0] || payload->reserved[1])
        return MANIFEST_BAD_PAYLOAD;
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < index; i++) {
        const struct manifest_payload *other = entry(header, MANIFEST_PAYLOADS, i);
        if (payload->offset < other->offset + other->bytes &&
            other->offset < payload->offset + payload->bytes)
            return MANIFEST_BAD_PAYLOAD;
    }
    return MANIFEST_OK;
}

/* What a field of 32 bits may hold; `of` is a table or a number. */
enum field_kind { AT_MOST, LEVEL_OF, BITS_OF, INDEX_OF, INDEX_OR_NONE_OF, STRING, NAME, COLOUR };
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
    FIELD(MANIFEST_DOMAINS, manifest_domain, serial_irq, AT_MOST, ISA_LINES - 1),
    FIELD(MANIFEST_PAYLOADS, manifest_payload, pinned, AT_MOST, 1),
    FIELD(MANIFEST_LEVELS, manifest_name, name, NAME, 0),
    FIELD(MANIFEST_LEVELS, manifest_name, colour, COLOUR, 0),
    FIELD(MANIFEST_LEVELS, manifest_name, reserved, AT_MOST, 0),
    FIELD(MANIFEST_CATEGORIES, manifest_name, name, NAME, 0),
    FIELD(MANIFEST_CATEGORIES, manifest_name, colour, AT_MOST, 0),
    FIELD(MANIFEST_CATEGORIES, manifest_name, reserved, AT_MOST, 0),
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
    FIELD(MANIFEST_MANAGEMENT, manifest_management, flags, AT_MOST, MANIFEST_MANAGEMENT_FLAGS),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, cpu_count, AT_MOST, MAX_DOMAIN_CPUS),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, prefix, AT_MOST, 32),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[0], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[1], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[2], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[3], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[4], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[5], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[6], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, names[7], STRING, 0),
    FIELD(MANIFEST_MANAGEMENT, manifest_management, key, INDEX_OR_NONE_OF, MANIFEST_PAYLOADS),
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

/*@
  requires tables_fit(header);
  assigns \nothing;
*/
static bool field_is_good(const struct manifest_header *header, const char *at, uint8_t kind,
                          uint8_t of)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    uint32_t count = kind >= LEVEL_OF && kind <= INDEX_OR_NONE_OF ? header->tables[of].count : of;
    switch (kind) {
    case BITS_OF:
        return (uint64_t)value >> count == 0;
    case INDEX_OR_NONE_OF:
        return value < count || value == MANIFEST_NONE;
    case INDEX_OF:
        return value < count;
    case STRING:
        return string_is_good(header, value);
    case NAME:
        return name_is_good(at, NAME_BYTES);
    case COLOUR:
        return value == 0 || value >> 24 == MANIFEST_COLOUR >> 24;
    default: /* AT_MOST, LEVEL_OF */
        return value <= count;
    }
}

/*@
  requires tables_fit(header);
  assigns \nothing;
*/
static bool fields_are_good(const struct manifest_header *header)
{
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        uint32_t table = fields[i].table;
        /*@ loop assigns j; */
        for (uint32_t j = 0; j < header->tables[table].count; j++) {
            const char *at = (const char *)entry(header, table, j) + fields[i].at;
            if (!field_is_good(header, at, fields[i].kind, fields[i].of))
                return false;
        }
    }
    return true;
}

/* The server's key is one, and in no domain's memory. */
/*@
  requires tables_fit(header);
  assigns \nothing;
*/
static bool server_key_is_apart(const struct manifest_header *header)
{
    if (header->tables[MANIFEST_MANAGEMENT].count == 0)
        return true;
    const struct manifest_management *management = entry(header, MANIFEST_MANAGEMENT, 0);
    uint32_t key = management->key;
    if (key >= header->tables[MANIFEST_PAYLOADS].count)
        return key == MANIFEST_NONE;
    const struct manifest_payload *payload = entry(header, MANIFEST_PAYLOADS, key);
    if (payload->bytes != sizeof(struct server_key))
        return false;
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < header->tables[MANIFEST_DOMAINS].count; i++) {
        const struct manifest_domain *domain = entry(header, MANIFEST_DOMAINS, i);
        if (domain->kernel == key || domain->initrd == key)
            return false;
    }
    return true;
}

/*@
  requires tables_fit(header);
  assigns \nothing;
*/
static enum manifest_error check_contents(const struct manifest_header *header)
{
    enum manifest_error error = MANIFEST_OK;
    uint32_t cpus = 0, managements = 0, last = header->tables[MANIFEST_STRINGS].count - 1;
    if (!name_is_good(header->host, sizeof(header->host)) ||
        *(const char *)entry(header, MANIFEST_STRINGS, 0) != 0 ||
        *(const char *)entry(header, MANIFEST_STRINGS, last) != 0)
        return MANIFEST_BAD_STRING;
    /*@ loop assigns i, error; */
    for (uint32_t i = 0; i < header->tables[MANIFEST_PAYLOADS].count && !error; i++)
        error = check_payload(header, i);
    /*@ loop assigns i, error, cpus, managements; */
    for (uint32_t i = 0; i < header->tables[MANIFEST_DOMAINS].count && !error; i++) {
        const struct manifest_domain *domain = entry(header, MANIFEST_DOMAINS, i);
        error = check_domain(header, i);
        cpus += domain->cpu_count;
        managements += domain->flags & MANIFEST_IS_MANAGEMENT ? 1 : 0;
    }
    if (!error && (cpus > MAX_CPUS || managements > header->tables[MANIFEST_MANAGEMENT].count))
        return MANIFEST_BAD_DOMAIN;
    if (!error && !(fields_are_good(header) && server_key_is_apart(header)))
        return MANIFEST_BAD_POLICY;
    return error;
}

/*@ requires \separated(out, (struct manifest_header *)bytes); */
enum manifest_error manifest_open(const void *bytes, size_t size, struct manifest *out)
{
    enum manifest_error error = manifest_read(bytes, size, out);
    if (!error)
        error = check_contents(out->header);
    if (error)
        *out = (struct manifest){0};
    return error;
}

/*@ assigns \nothing; */
uint32_t manifest_management(const struct manifest *manifest)
{
    /*@ loop assigns i; */
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        if (manifest->domains[i].flags & MANIFEST_IS_MANAGEMENT)
            return i;
    return MANIFEST_NONE;
}
