/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, the machine's part (kernel/check/check.h): who owns what. */
#ifndef BULKHEAD_CHECK_OWNERS_H
#define BULKHEAD_CHECK_OWNERS_H

#include "kernel/check/check.h"
#include "kernel/manifest.h"

struct owners {
    const struct handoff *handoff;
    const struct manifest *manifest; /* opened */
    uint32_t smt_shift; /* processors whose APIC ids differ only below this bit are siblings */
    /* The page at host-physical `hpa`, readable, or NULL if it can't be seen. */
    const void *(*frame)(uint64_t hpa, void *context);
    void *context;
    struct check_result *result; /* invariant and text, if something is wrong */
};

/* Whether every frame and every processor has one owner, the manifest's, and slices say the same.
 */
bool check_owners(const struct owners *check);

#endif
