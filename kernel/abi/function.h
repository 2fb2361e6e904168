/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI function that a domain has: what the loader found and decided. The handoff lists those of
 * all domains; a domain's processors keep their own domain's at VA_DEVICES (EXTENT_DEVICES): the
 * structures one after the other, padded to whole pages, then two pages for each function: what
 * its configuration space reads as, and which bits of it come from hardware.
 */
#ifndef BULKHEAD_ABI_FUNCTION_H
#define BULKHEAD_ABI_FUNCTION_H

#include "limits.h"
#include <stdint.h>

enum { MAX_BARS = 6, MAX_TRAPS = 4 };
#define FUNCTION_NONE 0xffffffffu /* no such function */

/* Ways to reset a function, as bits; tried in this order. */
enum function_reset {
    RESET_FLR = 1 << 0,    /* PCI Express, "Function Level Reset" */
    RESET_AF_FLR = 1 << 1, /* Advanced Features capability */
    RESET_D3HOT = 1 << 2,  /* power management, No_Soft_Reset clear */
    RESET_BUS = 1 << 3,    /* secondary bus reset by the port directly above */
};

enum function_flags {
    FUNCTION_SILENT = 1 << 0, /* in the domain's group: no DMA, not shown to it */
    FUNCTION_GO_ON = 1 << 1,  /* a failed reset does not keep the domain from running */
    FUNCTION_VIRTIO = 1 << 2, /* virtio-modern: vendor capabilities types 1-4 are shown */
};

/* A base address register. A 64-bit one takes two; the second is empty. */
struct function_bar {
    uint64_t hpa, bytes; /* host-physical; 0 bytes: none, or hidden (I/O ports) */
    uint64_t gpa;        /* where its owner finds it; naturally aligned */
    uint32_t type;       /* its low bits: BAR_64, BAR_PREFETCHABLE */
    uint32_t reserved;
};
enum { BAR_PORTS = 1 << 0, BAR_64 = 1 << 2, BAR_PREFETCHABLE = 1 << 3 };

/*
 * Pages of a BAR that no table of the domain maps: each access exits and is judged. One run holds
 * whole pages and one or more of these: the MSI-X table, its pending bits, an xHCI's legacy
 * capability; what else lies there is forwarded.
 */
struct function_trap {
    uint64_t gpa, hpa, bytes;
    uint64_t va; /* where the domain's processors see it: within VA_TRAPPED */
};

struct function {
    uint32_t pci;    /* bus << 8 | device << 3 | function, of segment group 0 */
    uint32_t id;     /* register 0: device << 16 | vendor */
    uint32_t domain; /* index */
    uint32_t slot;   /* device number on the domain's bus 0, 1 to MAX_DOMAIN_DEVICES */
    uint32_t port;   /* the port directly above, as `pci`; FUNCTION_NONE: a root bus */
    uint32_t flags;  /* enum function_flags */
    uint32_t resets; /* enum function_reset: what it offers */
    uint32_t irte;   /* its first entry of the remapping table: IRTE_BLOCK a processor */
    /* Where its capabilities are in configuration space, in bytes; 0: it lacks one. */
    uint8_t power, msi, msix, express, advanced; /* `advanced`: Advanced Features */
    uint8_t msi_64, msi_maskable;                /* 1: it has these fields */
    uint8_t reserved0;
    uint32_t vectors;                     /* entries of the MSI-X table */
    uint32_t table_bar, table_offset;     /* of the MSI-X table, in bytes */
    uint32_t pending_bar, pending_offset; /* of the pending bits */
    uint32_t legacy_offset; /* of an xHCI's legacy support capability in BAR 0; 0: none */
    uint32_t trap_count;
    uint32_t acs;         /* Access Control Services, an extended capability, likewise in bytes */
    uint64_t config_hpa;  /* host-physical page of its configuration space */
    uint64_t port_hpa;    /* and of its port's; 0: a root bus */
    uint64_t context_hpa; /* host-physical, its context entry; 0: it is silent and has none */
    uint64_t entries_hpa; /* and its first remapping entry, likewise */
    struct function_bar bars[MAX_BARS];
    struct function_trap traps[MAX_TRAPS];
};

/* Two pages a function behind the structures: `reads`, then `hardware`. */
enum { CONFIG_SPACE_BYTES = 4096 };

static inline uint64_t function_pages_offset(uint32_t function_count)
{
    return (function_count * sizeof(struct function) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/* Bytes of EXTENT_DEVICES. */
static inline uint64_t functions_bytes(uint32_t function_count)
{
    return function_pages_offset(function_count) + function_count * 2ull * CONFIG_SPACE_BYTES;
}

/* Bytes of EXTENT_VECTORS that a function takes: 16 for each entry of its table, whole pages. */
static inline uint64_t function_vectors_bytes(const struct function *function)
{
    return (function->vectors * 16ull + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

/*
 * The static interrupt-remapping table (TRAPS 39): 65,536 entries of 16 bytes, 1 MiB aligned.
 * Entries of functions come first, those of the serial ports' lines end it: line n of the ISA bus
 * has entry IRT_LINES + n.
 */
enum {
    IRT_ENTRIES = 65536,
    IRT_BYTES = IRT_ENTRIES * 16,
    IRT_LINES = IRT_ENTRIES - 128,
    IRTE_FIRST_VECTOR = 32,
    IRTE_BLOCK = 256 - IRTE_FIRST_VECTOR, /* entries a processor */
};

/* The entry for `vector` at the domain's processor `local`. */
static inline uint32_t function_irte(const struct function *function, uint32_t local,
                                     uint32_t vector)
{
    return function->irte + local * IRTE_BLOCK + vector - IRTE_FIRST_VECTOR;
}

/* The address of a message in remappable format that selects an entry; its data is 0. */
static inline uint32_t irte_message_address(uint32_t entry)
{
    return 0xfee00010u | (entry & 0x7fff) << 5 | (entry >> 15 & 1) << 2;
}

#endif
