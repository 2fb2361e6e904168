/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware and the processor told the loader; boot/plan/plan.c turns it into a handoff. */
#ifndef BULKHEAD_BOOT_FACTS_H
#define BULKHEAD_BOOT_FACTS_H

#include "kernel/abi/handoff.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    MAX_FREE_RANGES = 256,
    MAX_MEMORY_RANGES = 128,
    MAX_ECAMS = 16,
    MAX_IOMMUS = 16,
    DIAGNOSTIC_BYTES = 512
};

/* Why the machine does not start: what, both parties where there are two, and the remedy. */
struct diagnostic {
    char text[DIAGNOSTIC_BYTES];
};

struct free_range {
    uint64_t base, bytes; /* conventional memory, whole pages, sorted, no overlaps, below 1 << 46 */
};

struct fact_cpu {
    uint32_t apic_id;
    uint32_t topology[4]; /* EAX to EDX of CPUID leaf 0xB, as it reads them; 0: it has none */
    uint32_t core_id;     /* same number: threads of one core (I2); 0: nobody knows, refuse */
    bool boot;            /* the processor that firmware started */
};

/* Memory-mapped configuration space of some buses of a PCI segment group (MCFG). */
struct fact_ecam {
    uint64_t base; /* of bus 0, whichever bus is the first */
    uint32_t segment, bus_first, bus_last;
};

struct facts {
    uint64_t entry_tsc, tsc_hz;
    uint64_t unix_time, unix_time_tsc;
    uint32_t physical_address_bits; /* CPUID 0x80000008 */
    uint32_t microcode;             /* revision; 0: the processor says none */
    bool host_huge_pages;           /* CPUID: 1 GiB pages in ordinary page tables */
    bool nested_huge_pages;         /* EPT capability bit 17; AMD: as host_huge_pages */
    bool nested_large_pages;        /* EPT capability bit 16; AMD: always */
    bool large_executable_unsafe;   /* CVE-2018-12207: executable RAM must get 4 KiB leaves */
    bool amd;                       /* nested tables have the format of ordinary page tables */
    uint32_t cpu_count;
    struct fact_cpu cpus[MAX_CPUS];
    uint32_t ioapic_count;
    struct handoff_ioapic ioapics[MAX_IOAPICS];
    struct handoff_screen screen; /* glyph_offset not yet set */
    const uint8_t *glyphs;        /* glyph_height rows of one byte for each of ' '..'~', or NULL */
    uint32_t ecam_count;
    struct fact_ecam ecam[MAX_ECAMS];
    uint64_t hpet_base; /* 0: no table names one */
    uint32_t iommu_count;
    uint64_t iommus[MAX_IOMMUS]; /* register pages of VT-d units */
    uint32_t memory_count;       /* RAM of whatever use, as the firmware's map lists it; sorted */
    struct free_range memory[MAX_MEMORY_RANGES];
    uint32_t free_count; /* of it, what nobody uses */
    struct free_range free[MAX_FREE_RANGES];
};

/* Where the registers of a window's buses lie. */
static inline struct free_range ecam_range(const struct fact_ecam *ecam)
{
    return (struct free_range){ecam->base + ((uint64_t)ecam->bus_first << 20),
                               ((uint64_t)ecam->bus_last - ecam->bus_first + 1) << 20};
}

/* The first window of segment 0, which the hypervisor is told of; NULL: there is none. */
static inline const struct fact_ecam *ecam_first(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->ecam_count; i++)
        if (facts->ecam[i].segment == 0)
            return &facts->ecam[i];
    return NULL;
}

/* Bytes of the glyphs ' '..'~' that `screen` speaks of. */
static inline uint64_t glyph_bytes(const struct handoff_screen *screen)
{
    return (uint64_t)('~' - ' ' + 1) * screen->glyph_height;
}

#endif
