/* SPDX-License-Identifier: Apache-2.0 */
/* Labels form a lattice: a level, and a set of categories. */
#ifndef BULKHEAD_LABEL_H
#define BULKHEAD_LABEL_H

#include "check.h"

struct label {
    uint32_t level;      /* from 1, lowest first; 0: no label, which everything dominates */
    uint32_t categories; /* bits */
};

/* What was written, as far as it names levels and categories that exist. */
struct label label_of(const struct model *model, const struct model_label *written);

/* Whether it names a level, and all that it names exists. */
bool label_is_known(const struct model *model, const struct model_label *written);

/* Of network `name`; no label if there is none of that name. */
struct label label_of_network(const struct model *model, const struct text *name);

bool label_equal(struct label one, struct label other);
bool label_dominates(struct label high, struct label low);
struct label label_join(struct label one, struct label other);

/* The least upper bound of all domains' labels, or higher where an aggregation rule applies. */
struct label label_of_machine(const struct model *model);

/* "secret {alpha, beta}"; "no label". */
const char *label_text(struct arena *arena, const struct model *model, struct label label);

/* The index of `name` in the list of names or named things `list` ("levels"), or UINT32_MAX. */
uint32_t find_named(const struct model *model, const char *list, const struct text *name);

/* Those of the first 32 in `list` that `names` names, as bits. */
uint32_t find_all_named(const struct model *model, const char *list, const struct list *names);

/* The network that `name` names, or NULL. */
const struct model_network *network_named(const struct model *model, const struct text *name);

/* The networks on one cable with `network`, by trunks from either side, itself among them: bits. */
uint32_t cable_of(const struct model *model, const struct model_network *network);

#endif
