/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns what, on one screen. */
#ifndef BULKHEAD_BOOT_OVERVIEW_H
#define BULKHEAD_BOOT_OVERVIEW_H

#include "boot/plan/facts.h"
#include "kernel/manifest.h"

/*
 * Prints what `handoff` has placed, as the loader's last words; the hypervisor's own checks follow.
 * `unconfined`: why no IOMMU is in use, if none is.
 */
void overview(const struct handoff *handoff, const struct manifest *manifest,
              const struct facts *facts, const char *unconfined);

/* Prints what the boot before left in the processors' records, which plan_build() then zeroes. */
void overview_records(const struct handoff *handoff);

#endif
