/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that need the site's table (`check --table`). */
#ifndef BULKHEAD_RULES_ASSURANCE_H
#define BULKHEAD_RULES_ASSURANCE_H

#include "tools/cascade/table.h"

/*
 * Reports the pair of labels on this host that requires most, if that is more than the host's
 * assurance (where no assurance is enough, that pair and the worst of the others), levels that the
 * table does not have, and those in another order than the table's; to be called on a checked
 * manifest.
 */
void rules_table_apply(struct check *check, const struct cascade_table *table);

#endif
