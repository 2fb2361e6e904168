/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Of the compiled manifest (manifest.h) what the hypervisor keeps while domains run: the rules of a
 * domain, and what management describes. The same rules hold: a string is an offset, unused bytes
 * are zero.
 */
#ifndef BULKHEAD_ABI_MANIFEST_DOMAIN_H
#define BULKHEAD_ABI_MANIFEST_DOMAIN_H

#include "limits.h"
#include <stdint.h>

#define MANIFEST_NONE 0xffffffffu /* no such index */

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

_Static_assert(sizeof(struct manifest_domain) == 176, "manifest ABI");
_Static_assert(sizeof(struct manifest_name) == 40, "manifest ABI");
_Static_assert(sizeof(struct manifest_network) == 64, "manifest ABI");
_Static_assert(sizeof(struct manifest_device) == 32, "manifest ABI");

#endif
