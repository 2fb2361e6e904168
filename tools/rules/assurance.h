/* SPDX-License-Identifier: Apache-2.0 */
/* The rule that needs the site's table (`check --table`). */
#ifndef BULKHEAD_RULES_ASSURANCE_H
#define BULKHEAD_RULES_ASSURANCE_H

#include "../cascade/table.h"

/*
 * Reports the pair of labels on this host that requires most, if that is more than the host's
 * assurance, and levels that the table does not have; to be called on a checked manifest.
 */
void rule_assurance_low(struct check *check, const struct cascade_table *table);

#endif
