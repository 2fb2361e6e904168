/* SPDX-License-Identifier: Apache-2.0 */
/* What this processor is and whose: set once at start-up, then constant. */
#ifndef BULKHEAD_KERNEL_H
#define BULKHEAD_KERNEL_H

#include "kernel/abi/handoff.h"
#include "kernel/abi/layout.h"
#include "manifest.h"

/* This processor. `domain` and `rules` are NULL on a processor that no domain owns. */
struct cpu {
    uint32_t index; /* into handoff.cpus */
    uint32_t local; /* index within its domain */
    uint32_t apic_id;
    const struct handoff_cpu *place;
    const struct handoff_domain *domain; /* placement */
    const struct manifest_domain *rules; /* manifest */
};

extern struct cpu cpu;

/* The host-physical address of one of this processor's PER_CPU objects. */
static inline uint64_t cpu_own_hpa(const void *object)
{
    return cpu.place->state_hpa + ((uint64_t)object - VA_CPU);
}

static inline const struct handoff *handoff(void)
{
    return (const struct handoff *)VA_HANDOFF;
}

/* Called by the entry assembly, on the boot page table and on a processor's own. */
_Noreturn void kernel_main(void);
_Noreturn void kernel_ap_main(uint32_t index);

#endif
