/* SPDX-License-Identifier: Apache-2.0 */
/* Memory types: see the header. The fixed ranges are those of the first MiB, of which no domain has
 * anything. */
#include "mtrr.h"
#include "align.h"
#include "diagnostic.h"

enum { VALID = 1 << 11, ENABLED = 1 << 11, TYPE = 0xff, WRITE_BACK = 6 };
#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)

/* A mask with holes says nothing that is worth to be followed: then nothing is known. */
static bool is_one_range(uint64_t mask)
{
    uint64_t bytes = mask & -mask, above = mask + bytes;
    return mask != 0 && (above & (above - 1)) == 0;
}

/*
 * Whether memory from `at` on is write-back; it is of one type up to `*end`, which was the end of
 * what is asked for and comes nearer here.
 */
static bool is_write_back(const struct fact_mtrr *mtrr, uint64_t at, uint64_t *end)
{
    bool matched = false, other = false;
    for (uint32_t i = 0; i < mtrr->count; i++) {
        uint64_t mask = align_down(mtrr->mask[i], PAGE_BYTES);
        uint64_t base = mtrr->base[i] & mask, bytes = mask & -mask;
        if (!(mtrr->mask[i] & VALID))
            continue;
        /* Above all that the mask compares the range is there again and again. */
        if (!is_one_range(mask) || at > (mask | (bytes - 1)))
            return false;
        *end = min_u64(*end - 1, mask | (bytes - 1)) + 1;
        if (base > at) {
            *end = min_u64(*end, base);
        } else if (at - base < bytes) {
            *end = min_u64(*end, base + bytes);
            matched = true;
            other |= (mtrr->base[i] & TYPE) != WRITE_BACK;
        }
    }
    if (matched)
        return !other;
    if (at >= 4 * GIB && at < mtrr->forced_end) {
        *end = min_u64(*end, mtrr->forced_end);
        return true;
    }
    if (at < 4 * GIB && mtrr->forced_end)
        *end = min_u64(*end, 4 * GIB);
    return (mtrr->default_type & TYPE) == WRITE_BACK;
}

bool mtrr_agrees(const struct facts *facts, const struct manifest *manifest,
                 const struct handoff *handoff, struct diagnostic *why)
{
    const struct fact_mtrr *mtrr = &facts->mtrr;
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        uint64_t last = extent->base + extent->bytes, end;
        for (uint64_t at = max_u64(extent->base, MIB); at < last; at = end) {
            bool of_domain = extent->kind >= EXTENT_RAM;
            end = last;
            if (mtrr->default_type & ENABLED && is_write_back(mtrr, at, &end))
                continue;
            return diagnose(why,
                            "I1: the firmware's MTRRs make the memory at 0x%lx to 0x%lx, which "
                            "%s%s would get, another type than write-back: update the firmware, "
                            "or name another place with `memory_at`",
                            at, end, of_domain ? "domain " : "the hypervisor",
                            of_domain ? manifest->domains[extent->index].name : "");
        }
    }
    return true;
}
