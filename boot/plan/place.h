/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets which processors and which frames. Used by plan.c. */
#ifndef BULKHEAD_BOOT_PLACE_H
#define BULKHEAD_BOOT_PLACE_H

#include "kernel_image.h"
#include "plan.h"

struct placement {
    const struct facts *facts;
    const struct manifest *manifest;
    struct handoff *handoff; /* extents[] is the list of what is taken */
    struct diagnostic *why;
};

/* What to place. */
struct wish {
    enum handoff_extent_kind kind;
    uint32_t index;     /* of the extent */
    uint64_t bytes;     /* whole pages */
    uint64_t alignment; /* a power of two, at least a page */
    bool below_1_mib;   /* there, or nowhere there */
    bool below_4_gib;
    uint64_t preferred; /* there if that is free; 0: anywhere */
};

/* Refuses facts that contradict themselves: the firmware is not trusted to be right. */
bool facts_check(const struct facts *facts, struct diagnostic *why);

/*
 * Fills handoff->cpus[] ascending by APIC id and each domain's cpus[]: pinned ones first, then
 * domains in the manifest's order take the lowest free cores that they fill; odd numbers take a
 * core of one thread first. Threads of one core never go to two domains (I2).
 */
bool place_cpus(const struct placement *placement);

/*
 * Takes the lowest free frames that fit, at least memory_guard away from frames of another owner
 * (but for the trampoline, which is nobody's once domains run),
 * records them in handoff->extents[] and returns their address in `base`. False, without a
 * diagnostic, when there are none.
 */
bool place_block(const struct placement *placement, const struct wish *wish, uint64_t *base);

/* As place_block(), with a diagnostic that calls the block `what`. */
bool place_or_refuse(const struct placement *placement, const struct wish *wish, const char *what,
                     uint64_t *base);

/* The extent at `base` keeps its first `bytes`; the rest becomes one of `kind` and `index`. */
void place_split(struct handoff *handoff, uint64_t base, uint64_t bytes,
                 enum handoff_extent_kind kind, uint32_t index);

/*
 * Places the RAM of domain `index` and fills ram[]: one block aligned to 1 GiB or 2 MiB if there
 * is one, else the largest pieces there are.
 */
bool place_ram(const struct placement *placement, uint32_t index);

#endif
