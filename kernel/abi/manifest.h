/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled manifest: what `bulkhead build` writes into the image's .manif section and what
 * boot/ and kernel/ read. Little endian, position independent, versioned; every table is found
 * through the directory in the header. A reader trusts no offset and no count: manifest_open()
 * (kernel/manifest_fields.c) checks them all once, after that the accessors are safe.
 *
 * A string is shorter than CMDLINE_BYTES. Entries that no processor reads once the loader has taken
 * the manifest are in manifest_policy.h.
 *
 * The digest is SHA-256 over all `total_bytes` with the digest field itself taken as zero. All
 * unused bytes are zero, so that the same manifest gives the same bytes on every machine.
 */
#ifndef BULKHEAD_ABI_MANIFEST_H
#define BULKHEAD_ABI_MANIFEST_H

#include "limits.h"
#include "manifest_domain.h"
#include <stdint.h>

#define MANIFEST_MAGIC 0x46494e414d484c42ull /* "BLHMANIF" */
enum { MANIFEST_VERSION = 4, MANIFEST_MAX_BYTES = 1 << 20 };

enum manifest_table_id {
    MANIFEST_DOMAINS,  /* struct manifest_domain */
    MANIFEST_PAYLOADS, /* struct manifest_payload */
    MANIFEST_STRINGS,  /* bytes; a string is an offset here, zero-terminated; offset 0 is "" */
    /* Those below may be absent (their slot is all zero). */
    MANIFEST_LEVELS,       /* struct manifest_name, lowest first; level n is entry n - 1 */
    MANIFEST_CATEGORIES,   /* struct manifest_name; category n is bit n */
    MANIFEST_NETWORKS,     /* struct manifest_network */
    MANIFEST_DEVICES,      /* struct manifest_device */
    MANIFEST_MANAGEMENT,   /* struct manifest_management, at most one; its domain, which has
                              MANIFEST_IS_MANAGEMENT, is among the others */
    MANIFEST_ADMINS,       /* struct manifest_admin */
    MANIFEST_POLICY,       /* struct manifest_policy, at most one */
    MANIFEST_AGGREGATIONS, /* struct manifest_aggregation */
    MANIFEST_KEEP_APART,   /* struct manifest_apart */
    MANIFEST_UNSAFE,       /* struct manifest_unsafe */
    MANIFEST_HARDENED,     /* struct manifest_hardened */
    MANIFEST_PROTECTS,     /* struct manifest_protects */
    MANIFEST_TABLES = 16,  /* directory slots; those not named above are reserved, all zero */
};

/* Bytes of an entry that manifest_policy.h has. */
enum { MANAGEMENT_BYTES = 160, ADMIN_BYTES = 80, AGGREGATION_BYTES = 16, APART_BYTES = 8 };
enum { UNSAFE_BYTES = 8, HARDENED_BYTES = 16, PROTECTS_BYTES = 8 };

struct manifest_table {
    uint32_t offset; /* bytes from the header's start, a multiple of 8 */
    uint32_t count;  /* entries */
    uint32_t entry_bytes;
    uint32_t reserved;
};

enum manifest_cpu_vendor { MANIFEST_CPU_INTEL = 1, MANIFEST_CPU_AMD = 2 };

enum manifest_flags {
    MANIFEST_LAB = 1 << 0, /* built without --release: says LAB at boot */
    MANIFEST_TPM = 1 << 1, /* only where a TPM takes and logs all measurements */
    MANIFEST_FLAGS = 0x3,  /* any other is refused */
};

struct manifest_header {
    uint64_t magic;
    uint32_t version;
    uint32_t total_bytes;
    uint8_t digest[DIGEST_BYTES];
    char host[64];
    uint32_t cpu_vendor;    /* enum manifest_cpu_vendor */
    uint32_t flags;         /* enum manifest_flags */
    uint32_t platform_cpus; /* logical processors the manifest expects; 0: not said */
    uint32_t reserved;
    uint64_t platform_memory;            /* bytes the manifest expects; 0: not said */
    uint64_t memory_guard;               /* bytes left unowned between two domains' memory */
    uint64_t payload_bytes;              /* size of the .payload section's content */
    uint8_t kernel_digest[DIGEST_BYTES]; /* of .kernel; zeros in a manifest that is in no image */
    struct manifest_table tables[MANIFEST_TABLES];
};

enum manifest_smt { MANIFEST_SMT_OFF = 1, MANIFEST_SMT_ON = 2 };
/* Dates are days since 1970-01-01; 0: not said. */
struct manifest_policy {
    uint32_t level, categories; /* the machine's overall classification, computed */
    uint32_t declared_level, declared_categories; /* `classification:`; level 0: not said */
    uint32_t classification;                      /* string: what to print; "" without levels */
    uint32_t forbid_removable;                    /* bits: levels */
    uint32_t mixed_by, mixed_reason, mixed_until;
    uint32_t review_by, review_date, review_due;
    uint32_t assurance; /* of the site's scale; 0: none */
    uint32_t smt;       /* enum manifest_smt; 0: not said */
    uint32_t microcode; /* lowest revision; 0: not said */
    uint32_t inventory; /* string: path */
};

struct manifest_payload {
    uint64_t offset; /* bytes from the start of .payload, a multiple of 4096 */
    uint64_t bytes;
    uint8_t digest[DIGEST_BYTES];
    uint32_t path;   /* string: the path as the manifest has it */
    uint32_t pinned; /* 1: the manifest itself says the digest */
    uint32_t reserved[2];
};

_Static_assert(sizeof(struct manifest_table) == 16, "manifest ABI");
_Static_assert(sizeof(struct manifest_header) == 184 + 16 * MANIFEST_TABLES, "manifest ABI");
_Static_assert(sizeof(struct manifest_payload) == 64, "manifest ABI");
_Static_assert(sizeof(struct manifest_policy) == 64, "manifest ABI");

#endif
