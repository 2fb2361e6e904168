/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who gets which frames (I1). The list of free ranges stays as the firmware gave it; what is
 * taken stands in handoff->extents[], and a hole is what lies between, less the guard gaps.
 */
#include "place.h"
#include "align.h"
#include "diagnostic.h"
#include "kernel/abi/guest.h"
#include <string.h>

#define MIB ((uint64_t)1 << 20)

/* What is nobody's once domains run needs no guard gap: the trampoline, which has no other place.
 */
enum { HYPERVISOR = -1, NOBODY = -2 };

struct hole {
    uint64_t base, end;
};

static int64_t owner_of(uint32_t kind, uint32_t index)
{
    if (kind == EXTENT_TRAMPOLINE)
        return NOBODY;
    return kind >= EXTENT_RAM ? (int64_t)index : HYPERVISOR;
}

static uint64_t gap_between(const struct placement *placement, int64_t one, int64_t other)
{
    return one == other || one == NOBODY || other == NOBODY
               ? 0
               : placement->manifest->header->memory_guard;
}

/*
 * Shrinks `hole` to the first part of it that `owner` may have, at an address that is a multiple
 * of `alignment`. False if nothing is left.
 */
static bool clip_hole(const struct placement *placement, int64_t owner, uint64_t alignment,
                      struct hole *hole)
{
    const struct handoff *handoff = placement->handoff;
    uint64_t end = hole->end;
    bool moved;
    do {
        moved = false;
        hole->base = align_up(hole->base, alignment);
        hole->end = end;
        for (uint32_t i = 0; i < handoff->extent_count; i++) {
            const struct handoff_extent *taken = &handoff->extents[i];
            uint64_t gap = gap_between(placement, owner_of(taken->kind, taken->index), owner);
            uint64_t from = taken->base > gap ? taken->base - gap : 0;
            uint64_t to = taken->base + taken->bytes + gap;
            if (to <= hole->base)
                continue;
            if (from > hole->base) {
                hole->end = min_u64(hole->end, from);
            } else {
                hole->base = to;
                moved = true;
            }
        }
    } while (moved && hole->base < end);
    return hole->base < hole->end;
}

/* The first hole at or above `from`; false if there is none. */
static bool next_hole(const struct placement *placement, int64_t owner, uint64_t alignment,
                      uint64_t from, struct hole *hole)
{
    const struct facts *facts = placement->facts;
    for (uint32_t i = 0; i < facts->free_count; i++) {
        const struct free_range *range = &facts->free[i];
        *hole = (struct hole){max_u64(range->base, from), range->base + range->bytes};
        if (hole->base < hole->end && clip_hole(placement, owner, alignment, hole))
            return true;
    }
    return false;
}

/* Whether [at, at + bytes) is all free for `owner`; `at` is a multiple of `alignment`. */
static bool is_free(const struct placement *placement, int64_t owner, uint64_t alignment,
                    uint64_t at, uint64_t bytes)
{
    struct hole hole;
    for (uint64_t from = MIB; next_hole(placement, owner, alignment, from, &hole); from = hole.end)
        if (at >= hole.base && at < hole.end && bytes <= hole.end - at)
            return true;
    return false;
}

static uint64_t limit_of(const struct wish *wish)
{
    return wish->below_1_mib ? 0xa0000 : wish->below_4_gib ? 1ull << 32 : ~0ull;
}

/* The preferred or the lowest place for the wish; does not take it. */
static bool find(const struct placement *placement, const struct wish *wish, uint64_t *base)
{
    uint64_t from = wish->below_1_mib ? PAGE_BYTES : MIB, limit = limit_of(wish);
    int64_t owner = owner_of(wish->kind, wish->index);
    struct hole hole;
    *base = wish->preferred;
    if (*base % wish->alignment == 0 && *base < limit && wish->bytes <= limit - *base &&
        is_free(placement, owner, wish->alignment, *base, wish->bytes))
        return true;
    while (next_hole(placement, owner, wish->alignment, from, &hole)) {
        uint64_t end = min_u64(hole.end, limit);
        if (hole.base < end && end - hole.base >= wish->bytes) {
            *base = hole.base;
            return true;
        }
        from = hole.end;
    }
    return false;
}

/* Keeps the list sorted. MAX_EXTENTS has room for all that plan_place() asks for. */
static void record(struct handoff *handoff, const struct wish *wish, uint64_t base)
{
    uint32_t at = handoff->extent_count++;
    for (; at > 0 && handoff->extents[at - 1].base > base; at--)
        handoff->extents[at] = handoff->extents[at - 1];
    handoff->extents[at] = (struct handoff_extent){
        .base = base, .bytes = wish->bytes, .kind = wish->kind, .index = wish->index};
}

void place_split(struct handoff *handoff, uint64_t base, uint64_t bytes,
                 enum handoff_extent_kind kind, uint32_t index)
{
    struct handoff_extent *extent = handoff->extents;
    while (extent->base != base)
        extent++;
    struct wish rest = {.kind = kind, .index = index, .bytes = extent->bytes - bytes};
    extent->bytes = bytes;
    record(handoff, &rest, base + bytes);
}

bool place_block(const struct placement *placement, const struct wish *wish, uint64_t *base)
{
    if (!find(placement, wish, base))
        return false;
    record(placement->handoff, wish, *base);
    return true;
}

/* The largest hole of whole alignment units below `limit`; empty if there is none. */
static struct hole largest_hole(const struct placement *placement, int64_t owner,
                                uint64_t alignment, uint64_t limit, uint64_t *all)
{
    struct hole hole, best = {0, 0};
    uint64_t from = MIB;
    *all = 0;
    while (next_hole(placement, owner, alignment, from, &hole)) {
        from = hole.end;
        hole.end = align_down(min_u64(hole.end, limit), alignment);
        if (hole.end <= hole.base)
            continue;
        *all += hole.end - hole.base;
        if (hole.end - hole.base > best.end - best.base)
            best = hole;
    }
    return best;
}

bool place_or_refuse(const struct placement *placement, const struct wish *wish, const char *what,
                     uint64_t *base)
{
    uint64_t all;
    if (place_block(placement, wish, base))
        return true;
    struct hole hole = largest_hole(placement, owner_of(wish->kind, wish->index), wish->alignment,
                                    limit_of(wish), &all);
    bool shared = wish->kind < EXTENT_RAM;
    return diagnose(placement->why,
                    "%s%s: %s needs %lu KiB of contiguous memory%s, but the largest block that is "
                    "left has %lu KiB (%lu KiB in all): lower `memory` of a domain or "
                    "`memory_guard`, or use a machine with more memory",
                    shared ? "hypervisor" : "domain ",
                    shared ? "" : placement->manifest->domains[wish->index].name, what,
                    wish->bytes >> 10,
                    wish->below_1_mib   ? " below 1 MiB"
                    : wish->below_4_gib ? " below 4 GiB"
                                        : "",
                    (hole.end - hole.base) >> 10, all >> 10);
}

static struct wish ram_wish(uint32_t index, uint64_t bytes, uint64_t alignment)
{
    return (struct wish){
        .kind = EXTENT_RAM, .index = index, .bytes = bytes, .alignment = alignment};
}

/*
 * Gives the domain the frames at `hpa`: RAM below the guest's hole first, the rest above it.
 * False if the list of segments is full.
 */
static bool add_ram(const struct placement *placement, uint32_t index, uint64_t hpa, uint64_t bytes)
{
    struct handoff_domain *domain = &placement->handoff->domains[index];
    while (bytes > 0) {
        uint64_t gpa = domain->ram_bytes, part = bytes;
        if (gpa < GUEST_HOLE_BASE)
            part = min_u64(bytes, GUEST_HOLE_BASE - gpa);
        else
            gpa += GUEST_HOLE_END - GUEST_HOLE_BASE;
        if (domain->ram_count == MAX_RAM_SEGMENTS)
            return false;
        struct wish wish = ram_wish(index, part, LARGE_PAGE_BYTES);
        record(placement->handoff, &wish, hpa);
        domain->ram[domain->ram_count++] = (struct handoff_ram){gpa, hpa, part};
        domain->ram_bytes += part;
        hpa += part;
        bytes -= part;
    }
    return true;
}

static bool place_ram_in_pieces(const struct placement *placement, uint32_t index)
{
    const struct manifest_domain *domain = &placement->manifest->domains[index];
    struct handoff_domain *out = &placement->handoff->domains[index];
    while (out->ram_bytes < domain->memory) {
        uint64_t all;
        struct hole hole = largest_hole(placement, index, LARGE_PAGE_BYTES, ~0ull, &all);
        uint64_t part = min_u64(hole.end - hole.base, domain->memory - out->ram_bytes);
        if (part == 0 || !add_ram(placement, index, hole.base, part))
            return diagnose(placement->why,
                            "domain %s wants %lu MiB of memory, but only %lu MiB are left for it "
                            "in %u blocks of whole 2 MiB pages: lower `memory` of a domain or "
                            "`memory_guard`, or use a machine with more memory",
                            domain->name, domain->memory / MIB, out->ram_bytes / MIB,
                            MAX_RAM_SEGMENTS);
    }
    return true;
}

/* What the manifest pins is honoured or refused. */
static bool place_ram_pinned(const struct placement *placement, uint32_t index)
{
    const struct manifest_domain *domain = &placement->manifest->domains[index];
    if (is_free(placement, index, LARGE_PAGE_BYTES, domain->memory_at, domain->memory))
        return add_ram(placement, index, domain->memory_at, domain->memory);
    return diagnose(placement->why,
                    "domain %s wants its %lu MiB of memory at 0x%lx, which this machine does not "
                    "have free: change `memory_at`, or leave it out",
                    domain->name, domain->memory / MIB, domain->memory_at);
}

bool place_ram(const struct placement *placement, uint32_t index)
{
    uint64_t bytes = placement->manifest->domains[index].memory, hpa;
    if (placement->manifest->domains[index].memory_at)
        return place_ram_pinned(placement, index);
    struct wish huge = ram_wish(index, bytes, HUGE_PAGE_BYTES);
    struct wish large = ram_wish(index, bytes, LARGE_PAGE_BYTES);
    if ((bytes >= HUGE_PAGE_BYTES && find(placement, &huge, &hpa)) || find(placement, &large, &hpa))
        return add_ram(placement, index, hpa, bytes);
    return place_ram_in_pieces(placement, index);
}
