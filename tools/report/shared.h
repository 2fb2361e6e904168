/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What two partitions share in hardware, as far as the manifest and the inventory that it names
 * tell. A partition is given by its index: domains as written, then management.
 */
#ifndef BULKHEAD_SHARED_H
#define BULKHEAD_SHARED_H

#include "tools/manifest/check.h"

enum sharing { SHARING_UNKNOWN, SHARING_NO, SHARING_YES };

/*
 * Whether threads of one core may go to two of them: `unsafe` allows it, and no inventory tells
 * which these are (where one does, the check refuses it).
 */
bool may_split_cores(struct check *check);

/* Whether it owns a PCI function. */
bool has_functions(const struct check *check, uint32_t index);

/* A cache of that level. */
enum sharing shares_cache(struct check *check, uint32_t one, uint32_t other, uint32_t level);

/* Functions of one IOMMU group; below one root port; of one IOMMU unit. */
enum sharing shares_group(struct check *check, uint32_t one, uint32_t other);
enum sharing shares_port(struct check *check, uint32_t one, uint32_t other);
enum sharing shares_unit(struct check *check, uint32_t one, uint32_t other);

#endif
