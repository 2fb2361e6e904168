/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check (I12): what a processor's registers and the tables behind them really
 * allow, compared with handoff and manifest. It is written against the formats alone and shares
 * nothing with the code that builds the tables. Every processor checks itself; it can see its own
 * domain's tables and no others (I11).
 *
 *   check.c        ownership: extents, domains, processors
 *   check_map.c    nested tables and page tables: exactly what is due is mapped, nothing else
 *   check_state.c  control registers, virtualisation controls, MSR and I/O bitmaps
 */
#ifndef BULKHEAD_CHECK_H
#define BULKHEAD_CHECK_H

#include "arch/x86/include/check_registers.h"
#include "kernel/abi/handoff.h"
#include "kernel/manifest.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CHECK_TEXT_BYTES = 160 };

/*
 * A segment of the kernel, from its linker symbols, in ascending order. `kind` is EXTENT_TEXT,
 * EXTENT_CONSTANTS, EXTENT_CPU (several, apart by guard pages) or EXTENT_PRIVATE.
 */
struct check_segment {
    uint64_t va, bytes; /* whole pages */
    uint32_t kind;
};

struct check_input {
    const struct handoff *handoff;
    const struct manifest *manifest; /* opened */
    const struct check_registers *registers;
    const struct check_segment *segments;
    uint32_t segment_count;
    uint32_t cpu; /* index into handoff.cpus: the processor that is checked */
    /* The page at host-physical `hpa`, readable, or NULL if it can't be seen from here. */
    const void *(*frame)(uint64_t hpa, void *context);
    void *context;
    /* Whether the policy grants direct access to an MSR. */
    bool (*granted)(uint32_t msr, bool write, const void *policy);
    const void *policy;
    /*
     * How many (MSR, direction) pairs in the bitmap's ranges `granted` is true for. With the true
     * number only the pairs that the bitmap opens are asked for; otherwise all are.
     */
    uint32_t granted_count;
};

struct check_result {
    bool ok;
    const char *invariant;       /* the one that is broken: "I1" ..; "" if ok */
    char text[CHECK_TEXT_BYTES]; /* the first offending entry: where, what it is, what is due */
    uint64_t nested_leaves;      /* entries that map the domain's RAM */
    uint64_t nested_bytes;
    uint64_t host_leaves;
    uint8_t digest[DIGEST_BYTES]; /* over the nested leaves, joined: gpa, hpa, bytes, rights */
};

/*
 * Checks one processor. Returns result->ok. A processor that no domain owns has no nested tables:
 * of its registers only `now` is looked at, its digest is all zeros.
 */
bool check_processor(const struct check_input *in, struct check_result *result);

/*
 * A `frame` for a processor on its own page tables: its domain's tables, its own segments, its
 * domain's. `context` is the struct check_input.
 */
const void *check_own_frame(uint64_t hpa, void *context);

#endif
