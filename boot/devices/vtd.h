/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The VT-d units: on before anything is built, with tables that let nothing pass, and told again
 * once the tables are filled (TRAPS 42). Intel VT-d Specification, "Register Descriptions".
 */
#ifndef BULKHEAD_BOOT_VTD_H
#define BULKHEAD_BOOT_VTD_H

#include "boot/plan/facts.h"

/* How registers and the time are reached; a test has a model of a unit instead. */
struct vtd_access {
    uint32_t (*read)(uint64_t unit, uint32_t offset, void *context);
    void (*write)(uint64_t unit, uint32_t offset, uint32_t value, void *context);
    void (*flush)(uint64_t base, uint64_t bytes, void *context); /* of the processor's caches */
    uint64_t (*ticks)(void *context);
    void *context;
};
extern const struct vtd_access vtd_hardware;

/* What each unit can do, where the facts don't say it yet. Refuses one that does not answer. */
void vtd_collect(struct facts *facts);

/*
 * Switches every unit of `handoff` on, or takes over one that is on: translation and interrupt
 * remapping with the tables that handoff places, which the caller has zeroed. No function does DMA
 * meanwhile. False, with `why`: a unit does not do what it is told within 100 ms.
 */
bool vtd_block(const struct handoff *handoff, const struct vtd_access *access,
               struct diagnostic *why);

/* Makes the units forget what they know of the tables. */
bool vtd_invalidate(const struct handoff *handoff, const struct vtd_access *access,
                    struct diagnostic *why);

#endif
