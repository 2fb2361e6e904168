/* SPDX-License-Identifier: Apache-2.0 */
/* Where a compiled manifest and what a console tells of its machine differ. */
#ifndef BULKHEAD_CTL_DIFFERENCES_H
#define BULKHEAD_CTL_DIFFERENCES_H

#include "api.h"
#include "kernel/manifest.h"

struct difference {
    struct difference *next;
    const char *what, *machine, *file; /* NULL: nothing there */
};

struct differences {
    struct arena *arena;
    struct difference *first, **end;
};

/*
 * Collects them in `found`, of which only the arena is set. `domains`: the answer of /v1/domains.
 * NULL, or what is wrong with that.
 */
const char *differences_find(struct differences *found, const struct manifest *manifest,
                             const struct machine_view *machine, const json_t *domains);

#endif
