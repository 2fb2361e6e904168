/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, the machine's part (kernel/check/check.h): who owns what. */
#ifndef BULKHEAD_CHECK_OWNERS_H
#define BULKHEAD_CHECK_OWNERS_H

#include "arch/x86/include/check_topology.h"
#include "kernel/abi/handoff.h"
#include "kernel/check/check.h"
#include "kernel/manifest.h"

#define MAX_HPA    (1ull << 52)
#define LOCAL_APIC 0xfee00000ull

/* Whether all of a run lies in another; no sum can overflow. */
static inline bool inside(uint64_t base, uint64_t bytes, uint64_t outer, uint64_t outer_bytes)
{
    return base >= outer && base - outer < outer_bytes && bytes <= outer_bytes - (base - outer);
}

/* Whether two runs have an address in common. */
static inline bool overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a_bytes && b_bytes && (inside(a, 1, b, b_bytes) || inside(b, 1, a, a_bytes));
}

/*
 * Who reads the IOMMU units' faults: the first processor that nobody has, or else management's, or
 * else domain 0's.
 */
static inline uint32_t check_reader(const struct handoff *handoff)
{
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (handoff->cpus[i].domain == HANDOFF_NOBODY)
            return i;
    uint64_t domain = handoff->management == HANDOFF_NOBODY ? 0 : handoff->management;
    return handoff->domains[domain].cpus[0];
}

struct owners {
    const struct handoff *handoff;
    const struct manifest *manifest; /* opened */
    /* What processor `cpu` of the handoff said of itself. */
    const struct check_topology *(*topology)(uint32_t cpu, void *context);
    /* The page at host-physical `hpa`, readable, or NULL if it can't be seen. */
    const void *(*frame)(uint64_t hpa, void *context);
    void *context;
    struct check_result *result; /* invariant and text, if something is wrong */
};

/* Whether every frame and every processor has one owner, the manifest's, and slices say the same.
 */
bool check_owners(const struct owners *check);

/* Of that: who management is; and that it keeps of the others what manifest and handoff say. */
bool check_management(const struct owners *check);
bool check_book(const struct owners *check);

/*
 * Of the rest, once the counts are taken: each PCI function that the manifest
 * gives, and no other, its registers where hardware has them, and reached by its domain alone (I1,
 * I3).
 */
bool check_functions(const struct owners *check);

/*
 * Of that: no thread of a core is another domain's (I2), nor is there one where the manifest says
 * so: judged by what the loader did not look at, and CPUID leaf 0xB must agree.
 */
bool check_threads(const struct owners *check);

#endif
