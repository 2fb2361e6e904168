/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One builder for ordinary page tables, EPT and AMD's nested tables: what is to be mapped is a
 * list of ranges, tables come one after the other from one block, whose size is known before.
 */
#ifndef BULKHEAD_BOOT_PAGING_H
#define BULKHEAD_BOOT_PAGING_H

#include "plan.h"

enum paging_format {
    PAGING_HOST,   /* ordinary, supervisor only */
    PAGING_EPT,    /* Intel's second level */
    PAGING_NESTED, /* AMD's second level: ordinary format, every access is a user access */
    PAGING_UNIT,   /* an IOMMU unit's own second level, which a device may only read */
    PAGING_SNOOP,  /* Intel's second level, by which IOMMU units snoop caches at each DMA */
    PAGING_FORMATS,
};

enum paging_access { PAGING_READ = 0, PAGING_WRITE = 1, PAGING_EXECUTE = 2 };

struct paging_range {
    uint64_t va;       /* virtual or guest-physical */
    uint64_t pa;       /* host-physical */
    uint64_t bytes;    /* whole pages; the empty range maps nothing */
    uint64_t leaf_max; /* largest leaf: 4 KiB, 2 MiB or 1 GiB */
    uint32_t access;   /* enum paging_access; what is mapped can always be read */
    bool device;       /* uncached, whatever MTRRs say; else write-back */
};

/* Ranges of one space: ascending by va, disjoint, in one canonical half each. */
enum { PAGING_MAX_RANGES = 416 };
struct paging_space {
    uint32_t count;
    struct paging_range ranges[PAGING_MAX_RANGES];
};

void paging_add(struct paging_space *space, uint64_t va, uint64_t pa, uint64_t bytes,
                uint64_t leaf_max, uint32_t access);

/* The same, of a device's registers or memory: read and written, and uncached. */
void paging_add_device(struct paging_space *space, uint64_t va, uint64_t pa, uint64_t bytes);

/* The same with leaves of at most `leaf_max`. */
void paging_add_registers(struct paging_space *space, uint64_t va, uint64_t pa, uint64_t bytes,
                          uint64_t leaf_max);

/* Bytes of the tables that map `space`, root included. */
uint64_t paging_bytes(const struct paging_space *space);

/*
 * Writes the tables into the zeroed block at host-physical `block`, which has paging_bytes() of
 * room; the root comes first. Each range is mapped by the largest leaves that its addresses and
 * leaf_max allow.
 */
void paging_build(const struct paging_space *space, enum paging_format format, uint64_t block,
                  plan_memory memory, void *context);

#endif
