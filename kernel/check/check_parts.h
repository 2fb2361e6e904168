/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the separation check; nobody else includes it. */
#ifndef BULKHEAD_CHECK_PARTS_H
#define BULKHEAD_CHECK_PARTS_H

#include "check.h"

enum check_rights { CHECK_READ = 1, CHECK_WRITE = 2, CHECK_EXECUTE = 4 };

/* Whose an extent of a kind is, and how its owner's processors may map it (layout.h). */
struct check_kind {
    const char *name;
    enum check_scope { SCOPE_SHARED, SCOPE_CPU, SCOPE_DOMAIN } scope;
    uint32_t rights; /* enum check_rights; 0: mapped nowhere */
    uint64_t window, window_end;
};
/* Behind the kinds of extents: from CHECK_WINDOW on registers, which are no memory. */
enum {
    CHECK_TOLD = EXTENT_KINDS, /* others' public pages, which the reader of faults writes */
    CHECK_ASKED,               /* others' public pages, where management asks */
    CHECK_COUNTED,             /* and what follows of them, which it reads */
    CHECK_REMAP,               /* pages of the IOMMU units' tables */
    CHECK_WINDOW,
    CHECK_CONFIG,
    CHECK_TRAPPED,
    CHECK_UNIT,
    CHECK_KINDS
};
extern const struct check_kind check_kinds[CHECK_KINDS];

/* Records what is wrong; returns false. */
bool check_fail(struct check_result *result, const char *invariant, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

/* The same of one function (I3): what of it is so, and what is due. */
bool check_fail_function(struct check_result *result, const struct function *function,
                         const char *what, uint64_t is, uint64_t due);

/* It is its domain's for its group's sake only: no DMA, no interrupt, not seen. */
static inline bool check_silent(const struct function *function)
{
    return function->flags & FUNCTION_SILENT;
}

/* What of this processor's a host-physical address is, for a person. */
const char *check_owner(const struct check *check, uint64_t hpa);

/* Whether the page is this processor's own state. */
bool check_cpu_state(const struct check *check, uint64_t hpa);

/* Begins a walk; false: what is due makes no sense. Then steps; `left` counts entries down. */
bool check_begin_page_tables(struct check *check);
bool check_begin_nested_tables(struct check *check);
enum check_progress check_walk_on(struct check *check, unsigned *left, bool *good);

/*
 * Adds a run that must be mapped next, at a higher address than what was added before; it must lie
 * in the window of its kind.
 */
bool check_expect(struct check *check, uint32_t kind, uint64_t va, uint64_t hpa, uint64_t bytes);

/* Of management's processors: the public pages of the others. */
bool check_expect_others(struct check *check);

/* The functions of a domain: what its own list of them says; NULL: it has none, or it is unseen. */
const struct function *check_functions_of(const struct check *check);

/* Pages of the remapping table that hold a function's block, whose owner has `cpus` processors. */
static inline uint64_t check_block_base(const struct function *function)
{
    return function->entries_hpa & ~(PAGE_BYTES - 1);
}

static inline uint64_t check_block_bytes(const struct function *function, uint32_t cpus)
{
    uint64_t end = function->entries_hpa + cpus * IRTE_BLOCK * 16ull;
    return ((end + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1)) - check_block_base(function);
}

/* Goes on with functions, an entry at a time, as check_walk_on() does with tables. */
enum check_progress check_functions_on(struct check *check, unsigned *left, bool *good);

/* For check_own_frame(): a page of what this processor sees of its functions; NULL: none of that.
 */
const void *check_own_window(const struct handoff_domain *domain, uint64_t hpa);

bool check_host_state(const struct check *check);
bool check_guest_state(const struct check *check);

#endif
