/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fields of a compiled manifest that the resident hypervisor never reads: loader and tool check
 * them. What it does read is in manifest.c.
 */
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
    FIELD(MANIFEST_DOMAINS, manifest_domain, serial_irq, AT_MOST, ISA_LINES - 1),
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

enum manifest_error manifest_open(const void *bytes, size_t size, struct manifest *out)
{
    enum manifest_error error = manifest_read(bytes, size, out);
    if (error || fields_are_good(out->header))
        return error;
    *out = (struct manifest){0};
    return MANIFEST_BAD_POLICY;
}
