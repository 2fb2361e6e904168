/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of nobody that may go on with DMA, which the IOMMU units block unheard (TRAPS 41, 43).
 */
#ifndef BULKHEAD_BOOT_MUTE_H
#define BULKHEAD_BOOT_MUTE_H

#include "boot/plan/facts.h"

/*
 * The display whose registers hold the screen's framebuffer, as an index of facts->functions. Its
 * registers need no size: whatever else lies in between would be nearer. FUNCTION_NONE: unknown.
 */
uint32_t mute_display(const struct facts *facts);

/*
 * Adds the function at `index`, which keeps bus mastering, to handoff->muted[]. False, with `why`:
 * no unit in use blocks it, a domain is to have it, or there is no room left (I3).
 */
bool mute(const struct facts *facts, struct handoff *handoff, uint32_t index,
          struct diagnostic *why);

/* Whether the framebuffer lies in registers that a domain is to reach: it is the domain's then. */
bool mute_screen_is_given(const struct facts *facts, const struct handoff *handoff);

#endif
