/* SPDX-License-Identifier: Apache-2.0 */
/* Can this processor run Bulkhead? */
#ifndef BULKHEAD_BOOT_PROCESSOR_H
#define BULKHEAD_BOOT_PROCESSOR_H

#include "firmware.h"
#include "kernel/manifest.h"

/*
 * Checks every feature that the image's backend requires and refuses with all that are missing,
 * each with the firmware setting that usually enables it (I10); fills the paging facts.
 */
void processor_check(const struct manifest *manifest, struct facts *facts);

/*
 * What a guest may use of the processor that this runs on: what CPUID says, but for what a control
 * of VT-x does not give. processor_check() has taken the one that firmware started.
 */
void processor_features(struct cpu_features *features);

/* Whether the page holds what firmware's code needs on this processor: tables, stack. */
bool processor_uses(uint64_t page);

#endif
