/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What boot/ hands to kernel_main: the facts of the machine, the placement of everything, and for
 * each domain how its payloads come into its RAM. Written once by boot/. The whole is seen at
 * start-up only (VA_HANDOFF; the compiled manifest follows it at `manifest_offset`) and zeroed
 * before a domain runs; of it a processor keeps its own domain's slice (slice.h).
 */
#ifndef BULKHEAD_ABI_HANDOFF_H
#define BULKHEAD_ABI_HANDOFF_H

#include "slice.h"
#include "survivor.h"
#include <stdint.h>

#define HANDOFF_MAGIC 0x46464f444e41484bull /* "KHANDOFF" */
enum { HANDOFF_VERSION = 1 };

struct handoff_ioapic {
    uint64_t address;
    uint32_t gsi_base;
    uint32_t id;        /* as the firmware's tables number it */
    uint32_t requester; /* bus << 8 | device << 3 | function of its messages, or FUNCTION_NONE */
    uint32_t reserved;
};

/* A VT-d unit. */
struct handoff_iommu {
    uint64_t registers;                       /* host-physical page */
    uint64_t capability, extended_capability; /* as they read */
};

/* A linear framebuffer and the firmware's own glyphs, for text after boot services have gone. */
struct handoff_screen {
    uint64_t base; /* host-physical; 0: none */
    uint64_t bytes;
    uint32_t width, height; /* pixels */
    uint32_t pixels_per_line;
    uint32_t glyph_width, glyph_height; /* pixels; 0: no glyphs could be had */
    uint32_t
        glyph_offset; /* from the handoff's start: glyphs ' '..'~', a byte a row and 8 pixels */
};

/* A run of host frames with one owner. The list is sorted by base and has no overlaps. */
enum { MAX_EXTENTS = 17 + 2 * MAX_CPUS + MAX_DOMAINS * (7 + MAX_RAM_SEGMENTS) };

struct handoff_extent {
    uint64_t base, bytes; /* host-physical, whole pages */
    uint32_t kind;        /* enum handoff_extent_kind */
    uint32_t index;
};

/* Memory of the firmware's boot time that ends with nobody; zeroed before the first domain runs. */
enum { MAX_SCRUBS = 192 };
struct handoff_scrub {
    uint64_t base, bytes;
};

enum { HANDOFF_HEAD_SURVIVED = 1, HANDOFF_PANIC_SURVIVED = 2, HANDOFF_PANIC_WORDS = 5 };

/* Where the audit trail begins: what the loader knows of this boot and the one before. */
struct handoff_audit {
    uint64_t boots;    /* so far, this one included; 0: not known */
    uint32_t store;    /* enum audit_store */
    uint32_t survived; /* 1: the head of the trail of the boot before, 2: its panic's text */
    uint64_t head[SURVIVOR_HEAD_WORDS];
    uint64_t panic[HANDOFF_PANIC_WORDS]; /* the beginning of the text, plain */
};

/*
 * Functions of nobody that may go on with DMA: the display that the screen is on, and those that
 * stay bus masters. The units block it and don't report it (TRAPS 41).
 */
enum { MAX_MUTED = 8 };

/*
 * What the screen's display goes on reading: memory that the firmware keeps for it (RMRR), which
 * a table of its own maps one to one (VT-d, "Second-Stage Translation"; TRAPS 43, 61).
 */
struct handoff_display {
    uint64_t base, bytes; /* host-physical; bytes 0: nothing, all its DMA is blocked */
    uint64_t table;       /* behind the context tables, to the end of iommu_bytes */
    uint64_t pci;         /* which is muted too */
};

struct handoff {
    uint64_t magic;
    uint32_t version;
    uint32_t bytes;           /* handoff, glyphs and manifest together, whole pages */
    uint32_t manifest_offset; /* from the handoff's start */
    uint32_t manifest_bytes;
    uint64_t self_hpa;
    uint64_t tsc_hz;
    uint64_t entry_tsc;  /* TSC when firmware called the loader */
    uint64_t wait_tsc;   /* of the TSC ticks since, those in which the TSC was measured */
    uint64_t work_tsc;   /* and those spent copying, hashing and zeroing */
    uint64_t work_bytes; /* the bytes that they moved */
    uint64_t unix_time;  /* seconds, 0: unknown */
    uint64_t unix_time_tsc;
    uint64_t kernel_hpa; /* text and constants, one block in the order of VA_KERNEL */
    uint64_t kernel_bytes;
    uint64_t start_hpa; /* start-up text and constants, likewise in the order of VA_START */
    uint64_t start_bytes;
    uint64_t cpu_state_bytes; /* of the segments at VA_CPU */
    uint64_t boot_page_table; /* CR3 of kernel_main: RAM one to one, and what is at VA_KERNEL.. */
    uint64_t boot_table_bytes;
    uint64_t trampoline_hpa; /* one page below 1 MiB */
    uint64_t stop_hpa;       /* the page at VA_STOP */
    uint64_t ecam_base;      /* 0: none, CF8/CFC */
    uint32_t ecam_bus_first, ecam_bus_last;
    uint32_t boot_cpu; /* index into cpus[] of the processor that firmware started */
    uint32_t cpu_count;
    uint32_t domain_count;
    uint32_t ioapic_count;
    uint32_t extent_count;
    uint32_t text_row; /* screen row below the loader's own text */
    uint32_t scrub_count;
    uint32_t muted_count;
    uint32_t iommu_count; /* units, all of them on; 0: none is in use, nothing is assigned */
    uint32_t function_count;
    uint64_t management;    /* index of its domain, or HANDOFF_NOBODY */
    uint64_t iommu_root;    /* root table of all units; context tables follow, ascending by bus */
    uint64_t iommu_bytes;   /* of root, context and display's tables; what no bus needs is zero */
    uint64_t iommu_queue;   /* one page: their invalidation queue, at start-up only */
    uint64_t iommu_entries; /* interrupt-remapping table, IRT_BYTES */
    struct handoff_audit audit;
    struct handoff_screen screen;
    struct handoff_display display;
    struct handoff_cpu cpus[MAX_CPUS];
    struct handoff_ioapic ioapics[MAX_IOAPICS];
    struct handoff_domain domains[MAX_DOMAINS];
    struct handoff_extent extents[MAX_EXTENTS];
    struct handoff_scrub scrubs[MAX_SCRUBS];
    struct handoff_iommu iommus[MAX_IOMMUS];
    struct function functions[MAX_DEVICES]; /* assigned, in the manifest's order */
    uint32_t muted[MAX_MUTED];              /* as `pci` of struct function */
};

/*
 * The processor that reads the IOMMU units' faults, as an index into cpus[]: the first one that
 * nobody has, else management's, else the first domain's first. It alone sees VA_UNITS.
 */
static inline uint32_t handoff_fault_reader(const struct handoff *handoff)
{
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (handoff->cpus[i].domain == HANDOFF_NOBODY)
            return i;
    return handoff->domains[handoff->management == HANDOFF_NOBODY ? 0 : handoff->management]
        .cpus[0];
}

/* The x2APIC id of the processor that drains the rings of the audit trail, or HANDOFF_NOBODY. */
static inline uint64_t handoff_auditor(const struct handoff *handoff)
{
    if (handoff->management == HANDOFF_NOBODY)
        return HANDOFF_NOBODY;
    return handoff->cpus[handoff->domains[handoff->management].cpus[0]].apic_id;
}

#endif
