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
#include <stdint.h>

#define MANIFEST_MAGIC 0x46494e414d484c42ull /* "BLHMANIF" */
enum { MANIFEST_VERSION = 4, MANIFEST_MAX_BYTES = 1 << 20 };
#define MANIFEST_NONE 0xffffffffu /* no such index */

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

enum manifest_protocol { MANIFEST_BOOT_LINUX = 1, MANIFEST_BOOT_ELF64 = 2 };
enum manifest_exit_action { MANIFEST_EXIT_STOP = 1, MANIFEST_EXIT_RESTART = 2 };

enum manifest_domain_flags {
    MANIFEST_CPUS_PINNED = 1 << 0,     /* cpus[] are physical APIC ids; else any will do */
    MANIFEST_SERIAL_POLLED = 1 << 1,   /* the UART's interrupt line belongs to another: no knock */
    MANIFEST_FIREWALL = 1 << 2,        /* role: firewall */
    MANIFEST_IDENTITY_UNIQUE = 1 << 3, /* its payloads hold an identity: no second machine */
    MANIFEST_IS_MANAGEMENT = 1 << 4,   /* the one that may make the management call */
    MANIFEST_DOMAIN_FLAGS = 0x1f,
};

struct manifest_domain {
    char name[NAME_BYTES];
    uint32_t flags;     /* enum manifest_domain_flags */
    uint32_t cpu_count; /* 1 .. MAX_DOMAIN_CPUS */
    uint32_t cpus[MAX_DOMAIN_CPUS];
    uint64_t memory;         /* bytes, a multiple of 2 MiB */
    uint32_t protocol;       /* enum manifest_protocol */
    uint32_t kernel;         /* index of the payload to boot */
    uint32_t initrd;         /* index of a payload, or MANIFEST_NONE */
    uint32_t cmdline;        /* string */
    uint32_t on_exit;        /* enum manifest_exit_action */
    uint32_t restart_limit;  /* restarts allowed within the window; 0: no limit */
    uint32_t restart_window; /* seconds; 0: since boot */
    uint32_t serial_port;    /* 0 none, 1..4: com1..com4 */
    uint32_t level;          /* of its label; 0: none */
    uint32_t categories;     /* bits */
    uint32_t manage;         /* enum manifest_right: what management may do */
    uint32_t start_after;    /* bits: domains that are started before */
    uint64_t memory_at;      /* host-physical address of its memory; 0: anywhere */
    uint8_t serial_read;     /* bits 1 << enum manifest_role: who may read its serial port */
    uint8_t serial_write;    /* and write to it */
    uint8_t on_dma_fault;    /* enum manifest_dma_fault */
    uint8_t cache_ways;      /* of the last-level cache, its own; 0: shared */
    uint32_t serial_irq;     /* ISA line of its UART; 0: the usual one */
};

/* Domains' bits in `start_after` and devices' owner fit these widths. */
_Static_assert(MAX_DOMAINS <= 32 && MAX_CATEGORIES <= 32 && MAX_NETWORKS <= 32, "manifest ABI");

enum manifest_role { MANIFEST_OPERATOR = 1, MANIFEST_AUDITOR = 2 };
enum manifest_dma_fault { MANIFEST_DMA_STOP = 0, MANIFEST_DMA_LOG = 1, MANIFEST_DMA_RESTART = 2 };
enum manifest_right {
    MANIFEST_MAY_STATUS = 1 << 0,
    MANIFEST_MAY_COUNTERS = 1 << 1,
    MANIFEST_MAY_START = 1 << 2,
    MANIFEST_MAY_STOP = 1 << 3,
    MANIFEST_MAY_RESTART = 1 << 4,
    MANIFEST_MAY_POWER_BUTTON = 1 << 5,
    MANIFEST_MAY_CHECK = 1 << 6,
    MANIFEST_RIGHTS = 0x7f,
};

#define MANIFEST_COLOUR (1u << 24) /* one is said: red, green and blue below, a byte each */
struct manifest_name {
    char name[NAME_BYTES];
    uint32_t colour; /* of a level, for people: MANIFEST_COLOUR | 0xRRGGBB; 0: not said */
    uint32_t reserved;
};

struct manifest_network {
    char name[NAME_BYTES];
    uint32_t level, categories;
    uint32_t exposed;                              /* 1: strangers reach it */
    uint32_t trunk;                                /* bits: networks that share its cable */
    uint32_t one_way_from, one_way_to, one_way_by; /* strings: hosts, and what enforces it */
    uint32_t reserved;
};

enum manifest_device_flags {
    MANIFEST_REMOVABLE = 1 << 0, /* it carries removable media */
    MANIFEST_NO_RESET = 1 << 1,  /* accepted although it cannot be reset */
    MANIFEST_SIDEBAND = 1 << 2,  /* accepted although firmware shares the network card */
    MANIFEST_SILENT = 1 << 3,    /* in the domain's IOMMU group: no DMA, not shown to it */
    MANIFEST_GO_ON = 1 << 4,     /* a failed reset does not keep the domain from running */
    MANIFEST_DEVICE_FLAGS = 0x1f,
};
struct manifest_device {
    uint32_t domain;        /* index; MANIFEST_NONE: of a management that boots nothing */
    uint32_t pci;           /* segment << 16 | bus << 8 | device << 3 | function */
    uint32_t id;            /* vendor << 16 | device; 0: not said */
    uint32_t network;       /* index, or MANIFEST_NONE */
    uint32_t flags;         /* enum manifest_device_flags */
    uint32_t serial_number; /* string */
    uint32_t sanitized_by;  /* string: who cleared it of what an earlier owner left */
    uint32_t reserved;
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
_Static_assert(sizeof(struct manifest_domain) == 176, "manifest ABI");
_Static_assert(sizeof(struct manifest_payload) == 64, "manifest ABI");
_Static_assert(sizeof(struct manifest_name) == 40, "manifest ABI");
_Static_assert(sizeof(struct manifest_network) == 64, "manifest ABI");
_Static_assert(sizeof(struct manifest_device) == 32, "manifest ABI");
_Static_assert(sizeof(struct manifest_management) == 160, "manifest ABI");
_Static_assert(sizeof(struct manifest_admin) == 80, "manifest ABI");
_Static_assert(sizeof(struct manifest_policy) == 64, "manifest ABI");

#endif
