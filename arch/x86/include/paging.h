/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries of ordinary page tables and of EPT, four levels each. Builders in boot/ and the
 * separation check share these layouts and nothing else (I12). AMD's nested tables have the
 * ordinary format. Intel SDM, "4-Level Paging and 5-Level Paging" and "The Extended Page Table
 * Mechanism (EPT)"; AMD APM, "Nested Paging".
 */
#ifndef BULKHEAD_PAGING_H
#define BULKHEAD_PAGING_H

#include <stdint.h>

enum { PAGING_LEVELS = 4, PAGING_ENTRIES = 512 };

#define PAGE_PRESENT  (1ull << 0)
#define PAGE_WRITE    (1ull << 1)
#define PAGE_USER     (1ull << 2)
#define PAGE_PWT      (1ull << 3) /* with PCD: entry 3 of the PAT, uncached at reset */
#define PAGE_PCD      (1ull << 4)
#define PAGE_ACCESSED (1ull << 5)
#define PAGE_DIRTY    (1ull << 6) /* in a leaf */
#define PAGE_LARGE    (1ull << 7) /* leaf above level 1 */
#define PAGE_NX       (1ull << 63)

#define EPT_READ       (1ull << 0)
#define EPT_WRITE      (1ull << 1)
#define EPT_EXECUTE    (1ull << 2)
#define EPT_TYPE(type) ((uint64_t)(type) << 3) /* in a leaf: memory type */
#define EPT_LARGE      (1ull << 7)
#define EPT_SNOOP      (1ull << 11) /* in a leaf, for IOMMU units: DMA is snooped; EPT ignores it */

enum paging_memory_type { MEMORY_UC = 0, MEMORY_WB = 6 };

/* Frame of a table or of a 4 KiB leaf; larger leaves have zeros below their size. */
#define PAGING_ADDRESS 0x000ffffffffff000ull

/* log2 of the bytes that an entry at `level` (4: root, 1: 4 KiB leaves) stands for. */
static inline unsigned int paging_shift(unsigned int level)
{
    return 12 + 9 * (level - 1);
}

#endif
