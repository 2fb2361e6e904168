/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check (I12): what a processor's registers and the tables behind them really
 * allow, compared with what handoff and manifest give. It is written against the formats alone
 * and shares nothing with the code that builds the tables. It has two parts:
 *
 *   a domain's part, here: each processor checks itself against its slice, on the page tables that
 *   it keeps; it can be asked for again at any time, and works in pieces
 *     check.c        the order of things, and names
 *     check_map.c    nested tables and page tables: exactly what is due is mapped, nothing else
 *     check_remap.c  its functions: their entries of the IOMMU units' tables, what they keep off
 *     check_remap.c  what the IOMMU units' tables say of its functions, and that these are quiet
 *     check_others.c what management sees of the other domains
 *     check_state.c  control registers, virtualisation controls, MSR and I/O bitmaps
 *
 *   the machine's part, in kernel/start/: once, by the boot processor, over the whole handoff
 *     check_owners.c    ownership: extents, domains, processors, slices
 *     check_book.c      what management keeps of the others
 *     check_threads.c   threads of one core
 *     check_machine.c   what is scrubbed, loaded, entered, started on
 *     check_iommu.c     the units' registers and every one of their tables
 *     check_devices.c   I/O APICs, and each PCI function of the machine
 *     check_functions.c those that somebody has, and their registers
 */
#ifndef BULKHEAD_CHECK_H
#define BULKHEAD_CHECK_H

#include "arch/x86/include/check_registers.h"
#include "arch/x86/include/paging.h"
#include "kernel/abi/slice.h"
#include "kernel/sha256.h"
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
    const struct handoff_slice *slice;
    uint32_t local; /* index into slice.cpus: the processor that is checked */
    const struct check_registers *registers;
    const struct check_segment *segments;
    uint32_t segment_count;
    /* The page at host-physical `hpa`, readable, or NULL if it can't be seen from here. */
    const void *(*frame)(uint64_t hpa, void *context);
    void *context;
    /* Whether the policy grants direct access to an MSR. */
    bool (*granted)(uint32_t msr, bool write);
};

struct check_result {
    bool ok;
    const char *invariant;       /* the one that is broken: "I1" ..; "" if none */
    char text[CHECK_TEXT_BYTES]; /* the first offending entry: where, what it is, what is due */
    uint64_t nested_leaves;      /* entries that map the domain's RAM */
    uint64_t nested_bytes;
    uint64_t host_leaves;
    /* Over the nested leaves, joined: gpa, hpa, bytes, rights; then its list of functions. */
    uint8_t digest[DIGEST_BYTES];
};

/* What must be mapped: consecutive frames at consecutive addresses. */
struct check_due {
    uint64_t address, hpa, bytes;
    uint64_t rights; /* enum check_rights */
    uint32_t kind;   /* enum handoff_extent_kind, or of check_parts.h */
};

/* A walk through tables, between two pieces of it. */
enum {
    CHECK_RUNS =
        MAX_RAM_SEGMENTS + 16 + MAX_DOMAIN_DEVICES * (4 + MAX_TRAPS) + MAX_IOMMUS + 3 * MAX_DOMAINS
};
struct check_walk {
    const struct table_format *format;
    uint64_t tables_hpa, tables_bytes;     /* where every table must lie */
    uint64_t tables_left;                  /* each frame serves once: no loop, no sharing */
    uint64_t executable_leaf;              /* the largest page that may be executable */
    struct check_due runs[CHECK_RUNS + 1]; /* what is due; after the last one nothing is */
    uint32_t run_count;
    struct check_due *run; /* the next that is due, less what of it has been seen */
    uint64_t leaves, bytes;
    bool hashed;
    struct sha256 hash;
    uint64_t joined[4]; /* gpa, hpa, bytes, rights: leaves not hashed yet */
    unsigned level;     /* that the walk stands at; above the root's: it is done */
    struct check_level {
        const uint64_t *table;
        unsigned next; /* entry */
        uint64_t address, rights;
    } levels[PAGING_LEVELS + 1];
};

/* A check under way. */
struct check {
    const struct check_input *in;
    const struct handoff_slice *slice;
    const struct handoff_cpu *cpu;
    const struct handoff_domain *domain; /* NULL: nobody's processor */
    struct check_result *result;
    struct check_walk walk;
    uint32_t function, entry; /* the next of its functions; 0, or the next remapping entry + 1 */
    enum {
        CHECK_OF_REGISTERS,
        CHECK_OF_PAGE_TABLES,
        CHECK_OF_NESTED_TABLES,
        CHECK_OF_FUNCTIONS,
    } stage;
};

enum check_progress { CHECK_GOES_ON, CHECK_DONE };

/* Enough to make a piece worth its while, and short enough for a guest to wait for. */
enum { CHECK_PIECE = 4096 };

/* Begins the check of one processor; `in`, what it points to, and `result` stay until it is done.
 */
void check_begin(struct check *check, const struct check_input *in, struct check_result *result);

/*
 * Goes on for at most `entries` entries of tables, 1 to CHECK_PIECE. CHECK_DONE: `result` holds
 * the verdict. A processor that no domain owns has no nested tables: of its registers only `now`
 * is looked at, its digest is all zeros.
 */
enum check_progress check_go_on(struct check *check, unsigned entries);

/*
 * A `frame` for a processor on its own page tables: its domain's tables, its own segments, its
 * domain's, and what it sees of its functions. `context` is the struct check_input.
 */
const void *check_own_frame(uint64_t hpa, void *context);

#endif
