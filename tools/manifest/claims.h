/* SPDX-License-Identifier: Apache-2.0 */
/* Who lays claim to a name, a number or a file: lists to sort and to look for equals in. */
#ifndef BULKHEAD_CLAIMS_H
#define BULKHEAD_CLAIMS_H

#include "model.h"
#include "tools/text.h"

struct claim {
    const char *key; /* what is claimed */
    size_t host;     /* index in the fleet */
    struct place at;
    const char *who, *what; /* for messages */
    const void *item;
};

struct claims {
    struct arena *arena;
    struct claim *items;
    size_t count, room;
};

void claims_add(struct claims *claims, struct claim claim);

/* By key, then by host, then by line and column. */
void claims_sort(struct claims *claims);

/* In sorted claims: the first one with the key of `claim`, which is one of them. */
const struct claim *claims_first(const struct claims *claims, const struct claim *claim);

/* In sorted claims: the first one of `key`, or NULL. */
const struct claim *claims_find(const struct claims *claims, const char *key);

#endif
