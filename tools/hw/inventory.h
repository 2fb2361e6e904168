/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware inventory that a manifest names, for the rules that compare the two. */
#ifndef BULKHEAD_INVENTORY_H
#define BULKHEAD_INVENTORY_H

#include "hw.h"
#include "tools/manifest/check.h"
#include "tools/manifest/owned.h"

/* Read once a run; NULL: the manifest names none, or it cannot be used. */
struct hw *inventory(struct check *check);

/* Why the one that is named cannot be used; NULL: it can, or none is named. */
const char *inventory_problem(struct check *check);

void inventory_close(struct check *check);

/* What the inventory has at this place, NULL if nothing is there. */
const struct hw_function *inventory_function(const struct hw *hw, const struct number *pci);

/* One function that the manifest gives away, and the same in the inventory. */
struct found {
    struct check *check;
    const struct hw *hw;
    struct owned owned;
    const struct hw_function *function;
};

/* Calls `look` for each in turn; for none where there is no inventory. */
void inventory_each_found(struct check *check, void (*look)(const struct found *found));

/* "the inventory (line 4)", for messages. */
const char *inventory_text(struct check *check);

/* Whether `unsafe` names it. */
bool unsafe_allows(const struct model *model, uint64_t kind);

#endif
