/* SPDX-License-Identifier: Apache-2.0 */
/* The orders in which manifests name their levels: held against the site's table, or joined. */
#ifndef BULKHEAD_CASCADE_LEVELS_H
#define BULKHEAD_CASCADE_LEVELS_H

#include "table.h"

/* What several manifests say together. Each may have some of the levels only. */
struct level_order {
    struct arena *arena;
    uint32_t count;
    const char *names[TABLE_LEVELS];
    uint32_t above[TABLE_LEVELS]; /* bits: levels above it, by one manifest or several together */
    const char *said[TABLE_LEVELS][TABLE_LEVELS]; /* low, high: where one manifest says so */
};

struct level_conflict {
    struct place at;
    const char *what, *remedy;
};

/* Joins `levels` to the order. Returns false with `conflict` if they contradict it. */
bool levels_join(struct level_order *order, const struct list *levels,
                 struct level_conflict *conflict);

/* The index of a level, TABLE_LEVELS if no manifest has it. */
uint32_t levels_find(const struct level_order *order, const char *name);

/* Whether those of `levels` that the table has stand in its order; else `conflict`, in `arena`. */
bool levels_follow(const struct cascade_table *table, const struct list *levels,
                   struct arena *arena, struct level_conflict *conflict);

#endif
