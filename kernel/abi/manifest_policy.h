/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of the compiled manifest (manifest.h) that loader and tools read, and the hypervisor does
 * not.
 */
#ifndef BULKHEAD_ABI_MANIFEST_POLICY_H
#define BULKHEAD_ABI_MANIFEST_POLICY_H

#include "manifest.h"

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

_Static_assert(sizeof(struct manifest_management) == MANAGEMENT_BYTES, "manifest ABI");
_Static_assert(sizeof(struct manifest_admin) == ADMIN_BYTES, "manifest ABI");
_Static_assert(sizeof(struct manifest_aggregation) == AGGREGATION_BYTES, "manifest ABI");
_Static_assert(sizeof(struct manifest_apart) == APART_BYTES, "manifest ABI");
_Static_assert(sizeof(struct manifest_unsafe) == UNSAFE_BYTES, "manifest ABI");
_Static_assert(sizeof(struct manifest_hardened) == HARDENED_BYTES, "manifest ABI");
_Static_assert(sizeof(struct manifest_protects) == PROTECTS_BYTES, "manifest ABI");

#endif
