/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of the handoff a processor keeps while domains run: its domain's slice at VA_SLICE, and
 * behind management's a book of the others (handoff.h has the whole).
 */
#ifndef BULKHEAD_ABI_SLICE_H
#define BULKHEAD_ABI_SLICE_H

#include "function.h"
#include "limits.h"
#include "management.h"
#include "manifest_domain.h"
#include <stdint.h>

#define HANDOFF_NOBODY 0xffffffffu /* owner of a processor that no domain has */

/*
 * What else interrupts a processor: LINT1 is an NMI, of a line that is active low; the thermal
 * sensor is firmware's. And whether it is the one that firmware started.
 */
enum { HANDOFF_NMI = 1, HANDOFF_NMI_LOW = 2, HANDOFF_THERMAL_SMI = 4, HANDOFF_STARTED = 8 };

struct handoff_cpu {
    uint32_t apic_id;
    uint32_t domain;      /* index, or HANDOFF_NOBODY: parked */
    uint32_t index;       /* within its domain; 0 is the domain's boot processor */
    uint16_t record;      /* its panic record lies so many pages behind the stop word */
    uint16_t sources;     /* HANDOFF_NMI and what follows it, as bits */
    uint64_t state_hpa;   /* its copy of the segments at VA_CPU, one after the other in a block */
    uint64_t page_table;  /* its CR3 while its domain runs */
    uint64_t start_table; /* its CR3 before: start-up code and handoff, but no RAM */
    uint64_t slice_hpa;   /* its struct handoff_slice, one for all processors of a domain */
};

/* The page at VA_RECORD of a processor. */
static inline uint64_t handoff_record(const struct handoff_cpu *cpu, uint64_t stop_hpa)
{
    return stop_hpa + cpu->record * PAGE_BYTES;
}

/* Whose a host frame is. */
enum handoff_extent_kind {
    EXTENT_TEXT = 1,   /* kernel text: shared, read and execute */
    EXTENT_CONSTANTS,  /* kernel constants: shared, read */
    EXTENT_START,      /* start-up text and constants: nobody's after boot */
    EXTENT_HANDOFF,    /* handoff and manifest: nobody's after boot */
    EXTENT_CPU,        /* one processor's state and stacks (index: into cpus[]) */
    EXTENT_TRAMPOLINE, /* start of processors, below 1 MiB: nobody's after boot */
    EXTENT_BOOT,       /* tables that processors start on: nobody's after boot */
    EXTENT_STOP,       /* a panic's stop word and what outlives a warm reset (survivor.h): shared,
                          read and write */
    EXTENT_RECORD,     /* one processor's panic record (index: into cpus[]): read and write */
    EXTENT_IOMMU,      /* tables of the IOMMU units: root, context, queue; interrupt remapping */
    EXTENT_RAM,        /* of a domain (index: into domains[]), as are all below */
    EXTENT_TABLES,     /* EPT and page tables of its processors */
    EXTENT_PAYLOAD,    /* payloads and load templates */
    EXTENT_PRIVATE,    /* its copy of the segments at VA_DOMAIN */
    EXTENT_SLICE,      /* its slice of handoff and manifest */
    EXTENT_PUBLIC,     /* its public pages, behind management's the audit trail */
    EXTENT_DEVICES,    /* what its functions are: read (kernel/abi/function.h) */
    EXTENT_VECTORS,    /* what it wrote into its functions' MSI-X tables */
    EXTENT_KINDS,
};

struct handoff_ram {
    uint64_t gpa, hpa, bytes;
};

/* One copy from the domain's payload frames into its RAM, done at every start. */
struct handoff_load {
    uint64_t from; /* bytes from the start of the payload extent */
    uint64_t gpa;
    uint64_t bytes;
};

/* What is hashed again at every start. */
struct handoff_digest {
    uint64_t from, bytes; /* in the payload extent */
    uint8_t digest[DIGEST_BYTES];
};

struct handoff_entry {
    uint64_t rip, rsp, rsi, rdi; /* 64-bit mode, as kernel/abi/guest.h says */
};

/* Registers of its functions that a domain's nested tables map, uncached. */
struct handoff_window {
    uint64_t gpa, hpa, bytes; /* whole pages */
};

struct handoff_domain {
    uint32_t cpu_count;
    uint32_t cpus[MAX_DOMAIN_CPUS]; /* indexes into handoff.cpus, boot processor first */
    uint32_t ram_count;
    uint32_t load_count;
    uint32_t digest_count;
    uint64_t ram_bytes;
    struct handoff_ram ram[MAX_RAM_SEGMENTS];
    uint64_t tables_hpa, tables_bytes;
    uint64_t payload_hpa, payload_bytes;
    uint64_t private_hpa, private_bytes;
    uint64_t public_hpa, public_bytes;
    uint64_t nested_root;    /* host-physical address of the EPT's or nested tables' top table */
    uint64_t ram_leaf_bytes; /* largest leaf that maps RAM executable: 4 KiB, 2 MiB or 1 GiB */
    struct handoff_load load[MAX_LOAD_STEPS];
    struct handoff_digest digest[4];
    struct handoff_entry entry;
    uint32_t function_count; /* PCI functions that it has, in the manifest's order */
    uint32_t window_count;
    struct handoff_window windows[MAX_DOMAIN_WINDOWS]; /* ascending by gpa */
    uint64_t devices_hpa, devices_bytes; /* EXTENT_DEVICES: struct function, then two pages each */
    uint64_t vectors_hpa, vectors_bytes; /* EXTENT_VECTORS: whole pages a function, in order */
};

/*
 * What the processors of one domain keep of handoff and manifest while it runs, or a parked
 * processor for itself: nothing of another domain stands in it, so nothing of another can leak
 * through what a processor may fetch ahead of itself (TRAPS 25).
 */
struct handoff_slice {
    uint64_t bytes;  /* of this structure */
    uint32_t domain; /* index, or HANDOFF_NOBODY */
    uint32_t cpu_count;
    struct handoff_cpu cpus[MAX_DOMAIN_CPUS]; /* by index within the domain */
    uint64_t self_hpa;
    uint64_t tsc_hz;
    uint64_t unix_time, unix_time_tsc;
    uint64_t kernel_hpa, kernel_bytes, cpu_state_bytes, stop_hpa;
    uint64_t auditor; /* x2APIC id of management's first processor, or HANDOFF_NOBODY */
    uint64_t
        tells_on_com1; /* a LAB image, and com1 is nobody's: ends of lives are told there too */
    /* Of the first processor here, if it reads the units' faults (VA_UNITS): else zeros. */
    uint32_t unit_count, public_count;
    uint64_t units[MAX_IOMMUS];         /* host-physical pages of registers */
    uint64_t public_pages[MAX_DOMAINS]; /* the first page of each domain's */
    struct handoff_domain place;        /* zeros for a parked processor, as what follows */
    struct manifest_domain rules;
    uint8_t manifest_digest[DIGEST_BYTES];
};
_Static_assert(sizeof(struct handoff_slice) <= PAGE_BYTES, "one page");

/*
 * What the management domain's processors keep besides, in the pages behind their slice: whom they
 * may ask, and what describe tells.
 */
struct handoff_book {
    struct management_machine machine;
    uint32_t apic_ids[MAX_DOMAINS]; /* of each domain's first processor */
    uint64_t public_hpa[MAX_DOMAINS], public_bytes[MAX_DOMAINS];
    struct manifest_domain domains[MAX_DOMAINS];
    struct manifest_name levels[MAX_LEVELS], categories[MAX_CATEGORIES];
    struct manifest_network networks[MAX_NETWORKS];
    struct manifest_device devices[MAX_DEVICES];
};
#define BOOK_BYTES ((sizeof(struct handoff_book) + PAGE_BYTES - 1) & ~(uint64_t)(PAGE_BYTES - 1))

static inline const struct handoff_book *handoff_book_of(const struct handoff_slice *slice)
{
    return (const struct handoff_book *)((const char *)slice + PAGE_BYTES);
}

/* The slice and what lies behind it, of a domain with these flags. */
static inline uint64_t handoff_slice_bytes(uint32_t flags)
{
    return PAGE_BYTES + (flags & MANIFEST_IS_MANAGEMENT ? BOOK_BYTES : 0);
}

#endif
