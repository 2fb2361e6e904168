/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware's memory type ranges make of memory that is given away. */
#ifndef BULKHEAD_BOOT_MTRR_H
#define BULKHEAD_BOOT_MTRR_H

#include "facts.h"
#include "kernel/manifest.h"

/*
 * Are all extents write-back above 1 MiB, as the nested tables and the units' say? Intel SDM,
 * "Memory Type Range Registers"; AMD APM, "Memory-Type Range Registers". False: `why` names the
 * range and whose it is.
 */
bool mtrr_agrees(const struct facts *facts, const struct manifest *manifest,
                 const struct handoff *handoff, struct diagnostic *why);

#endif
