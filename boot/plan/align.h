/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic on ranges of addresses. Alignments are powers of two. */
#ifndef BULKHEAD_BOOT_ALIGN_H
#define BULKHEAD_BOOT_ALIGN_H

#include "kernel/abi/limits.h"
#include <stdbool.h>
#include <stdint.h>

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
    return value & ~(alignment - 1);
}

static inline uint64_t page_up(uint64_t bytes)
{
    return align_up(bytes, PAGE_BYTES);
}

static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Neither range may wrap around. */
static inline bool ranges_overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

#endif
