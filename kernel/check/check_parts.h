/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the rooms of the separation check; nobody else includes it. */
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
extern const struct check_kind check_kinds[EXTENT_PUBLIC + 1];

struct check {
    const struct check_input *in;
    const struct handoff *handoff;
    const struct handoff_cpu *cpu;       /* set once the handoff's counts are known to be good */
    const struct handoff_domain *domain; /* NULL: nobody's processor */
    struct check_result *result;
};

/* Records what is wrong; returns false. */
bool check_fail(const struct check *check, const char *invariant, const char *text, ...)
    __attribute__((format(printf, 3, 4)));

/* Who owns a host-physical address, for a person. */
void check_owner(const struct check *check, uint64_t hpa, char *out, size_t room);

/* The extent of this kind and this processor (or its domain) that holds the whole run, or NULL. */
const struct handoff_extent *check_own_extent(const struct check *check, uint32_t kind,
                                              uint64_t hpa, uint64_t bytes);

bool check_page_tables(const struct check *check);
bool check_nested_tables(const struct check *check);
bool check_host_state(const struct check *check);
bool check_guest_state(const struct check *check);

#endif
