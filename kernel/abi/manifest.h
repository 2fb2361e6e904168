/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled manifest: what `bulkhead build` writes into the image's .manif section and what
 * boot/ and kernel/ read. Little endian, position independent, versioned; every table is found
 * through the directory in the header. A reader trusts no offset and no count: manifest_open()
 * (kernel/manifest.c) checks them all once, after that the accessors are safe.
 *
 * The digest is SHA-256 over all `total_bytes` with the digest field itself taken as zero. All
 * unused bytes are zero, so that the same manifest gives the same bytes on every machine.
 */
#ifndef BULKHEAD_ABI_MANIFEST_H
#define BULKHEAD_ABI_MANIFEST_H

#include "limits.h"
#include <stdint.h>

#define MANIFEST_MAGIC 0x46494e414d484c42ull /* "BLHMANIF" */
enum { MANIFEST_VERSION = 1, MANIFEST_MAX_BYTES = 1 << 20 };
#define MANIFEST_NONE 0xffffffffu /* no such index */

enum manifest_table_id {
    MANIFEST_DOMAINS,  /* struct manifest_domain */
    MANIFEST_PAYLOADS, /* struct manifest_payload */
    MANIFEST_STRINGS,  /* bytes; a string is an offset here, zero-terminated; offset 0 is "" */
    MANIFEST_TABLES = 16, /* directory slots; those not named above are reserved, all zero */
};

struct manifest_table {
    uint32_t offset;     /* bytes from the header's start, a multiple of 8 */
    uint32_t count;      /* entries */
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
    uint32_t cpu_vendor;      /* enum manifest_cpu_vendor */
    uint32_t flags;           /* enum manifest_flags */
    uint32_t platform_cpus;   /* logical processors the manifest expects; 0: not said */
    uint32_t reserved;
    uint64_t platform_memory; /* bytes the manifest expects; 0: not said */
    uint64_t memory_guard;    /* bytes left unowned between two domains' memory */
    uint64_t payload_bytes;   /* size of the .payload section's content */
    struct manifest_table tables[MANIFEST_TABLES];
};

enum manifest_protocol { MANIFEST_BOOT_LINUX = 1, MANIFEST_BOOT_ELF64 = 2 };
enum manifest_exit_action { MANIFEST_EXIT_STOP = 1, MANIFEST_EXIT_RESTART = 2 };

enum manifest_domain_flags {
    MANIFEST_CPUS_PINNED = 1 << 0,   /* cpus[] are physical APIC ids; else any will do */
    MANIFEST_SERIAL_POLLED = 1 << 1, /* the UART's interrupt line belongs to another: no knock */
};

struct manifest_domain {
    char name[NAME_BYTES];
    uint32_t flags;     /* enum manifest_domain_flags */
    uint32_t cpu_count; /* 1 .. MAX_DOMAIN_CPUS */
    uint32_t cpus[MAX_DOMAIN_CPUS];
    uint64_t memory;    /* bytes, a multiple of 2 MiB */
    uint32_t protocol;  /* enum manifest_protocol */
    uint32_t kernel;    /* index of the payload to boot */
    uint32_t initrd;    /* index of a payload, or MANIFEST_NONE */
    uint32_t cmdline;   /* string */
    uint32_t on_exit;   /* enum manifest_exit_action */
    uint32_t restart_limit;  /* restarts allowed within the window; 0: no limit */
    uint32_t restart_window; /* seconds; 0: since boot */
    uint32_t serial_port;    /* 0 none, 1..4: com1..com4 */
    uint32_t reserved[8];
};

struct manifest_payload {
    uint64_t offset; /* bytes from the start of .payload, a multiple of 4096 */
    uint64_t bytes;
    uint8_t digest[DIGEST_BYTES];
    uint32_t path;   /* string: the path as the manifest has it */
    uint32_t reserved[3];
};

_Static_assert(sizeof(struct manifest_table) == 16, "manifest ABI");
_Static_assert(sizeof(struct manifest_header) == 152 + 16 * MANIFEST_TABLES, "manifest ABI");
_Static_assert(sizeof(struct manifest_domain) == 176, "manifest ABI");
_Static_assert(sizeof(struct manifest_payload) == 64, "manifest ABI");

#endif
