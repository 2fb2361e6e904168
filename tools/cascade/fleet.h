/* SPDX-License-Identifier: Apache-2.0 */
/* Several manifests as one network of hosts, for the cascade analysis. */
#ifndef BULKHEAD_FLEET_H
#define BULKHEAD_FLEET_H

#include "cascade.h"
#include "levels.h"

struct fleet_label {
    uint32_t level;      /* of the table, or of the order */
    uint64_t categories; /* one bit each, in the order in which they were met */
    const char *name;
};

/* A network as the manifest at `path`, the first that has it, describes it. */
struct fleet_network {
    const char *from, *to; /* hosts: its direction; NULL: it has none */
    uint32_t cable;        /* index of the first network on its cable */
    const char *path;
};

/* A network card, on each network of its cable. */
struct fleet_card {
    uint32_t host, label, network;
};

struct fleet {
    struct arena arena;
    const struct cascade_table *table; /* NULL: none was given, nothing may flow downwards */
    struct level_order order;          /* without a table */
    uint32_t label_count, category_count;
    struct fleet_label labels[CASCADE_MAX_LEVELS];
    const char *categories[64];
    const char *names[CASCADE_MAX_LEVELS];
    uint32_t required[CASCADE_MAX_LEVELS * CASCADE_MAX_LEVELS];
    struct cascade_host *hosts;
    struct cascade_network *networks;
    struct cascade_link *links;
    struct cascade_channel *channels;
    struct fleet_network *cables; /* one for each network */
    struct fleet_card *cards;
    uint32_t card_count;
    const char **host_paths; /* the manifests in which they were met first */
    struct cascade_net net;
    uint32_t problems; /* said on stderr: what keeps the fleet from being analysed */
};

/*
 * Adds the manifest that `check` has read; `table` is the same for all, NULL if there is none. What
 * it lacks for an analysis (labels, levels that the table has, a name of its own) is said on stderr
 * and counted in `problems`.
 */
void fleet_add(struct fleet *fleet, const struct cascade_table *table, const struct check *check);

/* Fills fleet->net, to be called once after the last fleet_add(). */
void fleet_finish(struct fleet *fleet);

#endif
