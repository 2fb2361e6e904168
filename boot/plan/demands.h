/* SPDX-License-Identifier: Apache-2.0 */
/* Is what the manifest asks more than this version does, or this machine has? */
#ifndef BULKHEAD_BOOT_DEMANDS_H
#define BULKHEAD_BOOT_DEMANDS_H

#include "diagnostic.h"
#include "kernel/manifest.h"

/*
 * Whether all is carried out that the manifest asks (I10): nothing that is written is left out in
 * silence. False, with the cause in `why`, for management that boots nothing, a start order without
 * management, or a part of the cache, which this version doesn't give; and where multithreading or
 * microcode are not as `platform` says. Processors, memory and devices are plan_place()'s.
 */
bool demands_met(const struct manifest *manifest, const struct facts *facts,
                 struct diagnostic *why);

#endif
