/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled manifest: what `bulkhead build` writes into the image's .manif section and what
 * boot/ and kernel/ read. Little endian, position independent, versioned; every table is found
 * through the directory in the header. A reader trusts no offset and no count: manifest_open()
 * (kernel/manifest_fields.c) checks them all once, after that the accessors are safe.
 *
 * A string is shorter than CMDLINE_BYTES.
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

enum manifest_management_flags {
    /* MANIFEST_CPUS_PINNED */
    MANIFEST_ICMP_ECHO = 1 << 1,   /* it answers echo requests */
    MANIFEST_OWN_CONSOLE = 1 << 2, /* its domain boots Bulkhead's own console, named by nobody */
    MANIFEST_MANAGEMENT_FLAGS = 0x7,
};
/* Without a device of MANIFEST_NONE it has no network card; what is about the network is then 0. */
struct manifest_management {
    uint32_t flags; /* enum manifest_management_flags */
    uint32_t cpu_count;
    uint32_t cpus[MAX_DOMAIN_CPUS];
    uint64_t memory;
    uint32_t address; /* IPv4, the first number in the top byte */
    uint32_t prefix;  /* bits of the network's part */
    uint32_t gateway; /* IPv4; 0: none */
    /* Strings below SERVER_NAME_BYTES: what stands in the certificate and in Host; 0 ends them. */
    uint32_t names[MAX_SERVER_NAMES];
    uint32_t key; /* index of the payload that is a struct server_key, or MANIFEST_NONE */
    uint8_t
        key_digest[DIGEST_BYTES]; /* SHA-256 of its SubjectPublicKeyInfo: all that may be told */
};

struct manifest_admin {
    char name[NAME_BYTES];
    uint8_t key[DIGEST_BYTES]; /* SHA-256 of the public key, DER-encoded SubjectPublicKeyInfo */
    uint32_t role;             /* enum manifest_role */
    uint32_t expires;          /* the last good day, in days since 1970-01-01 */
    uint32_t path;             /* string: the key's file as the manifest has it */
    uint32_t reserved;
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

struct manifest_aggregation {
    uint32_t count, of, then; /* so many domains of a level weigh as another level */
    uint32_t reserved;
};

struct manifest_apart {
    uint32_t group; /* names of one group never share a machine */
    uint32_t name;  /* string */
};

enum manifest_unsafe_kind {
    MANIFEST_NO_DMA_REMAPPING = 1,
    MANIFEST_NO_INTERRUPT_REMAPPING,
    MANIFEST_SPLIT_CORE,
    MANIFEST_SPLIT_IOMMU_GROUP,
    MANIFEST_UNSAFE_KINDS,
};
struct manifest_unsafe {
    uint32_t allow;  /* enum manifest_unsafe_kind */
    uint32_t reason; /* string */
};

struct manifest_hardened {
    uint32_t domain; /* index */
    uint32_t by;     /* string: by which guide */
    uint32_t date;
    uint32_t reserved;
};

struct manifest_protects {
    uint32_t domain; /* index: the firewall */
    uint32_t name;   /* string: a domain here or elsewhere, or a network */
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
_Static_assert(sizeof(struct manifest_management) == 160, "manifest ABI");
_Static_assert(sizeof(struct manifest_admin) == 80, "manifest ABI");
_Static_assert(sizeof(struct manifest_policy) == 64, "manifest ABI");

#endif
