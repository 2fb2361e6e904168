/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which MSRs a guest may touch (msr_table.h) and the answers for those that exit. What has no line
 * in the table gets #GP, as on a processor without it.
 */
#ifndef BULKHEAD_MSR_H
#define BULKHEAD_MSR_H

#include "arch/x86/include/features.h"
#include "arch/x86/interrupt/lvt.h"
#include "msr_index.h"

/* The virtual MSRs of one processor of a domain. */
struct vmsr {
    const struct cpu_features *features;
    uint64_t apic_base; /* x2APIC on, BSP bit on the domain's first processor only */
    uint64_t icr;       /* what the guest wrote last */
    struct lvt lvt;
};

/* State as after reset. `first`: this is the domain's first processor. */
void msr_init(struct vmsr *state, const struct cpu_features *features, bool first);

/*
 * An MSR access that exited. False: inject #GP(0). Some are for others and get false here, handle
 * them before: writing IA32_X2APIC_SIVR (lapic.h), IA32_X2APIC_ICR (icr.h; set state->icr),
 * IA32_X2APIC_LVT_TIMER and _ERROR (lvt.h) and IA32_EFER (cr.h).
 */
bool msr_read(const struct vmsr *state, uint32_t msr, uint64_t *value);
bool msr_write(struct vmsr *state, uint32_t msr, uint64_t value);

/* True if a guest's access reaches the hardware without an exit (tests, separation check). */
bool msr_granted(const struct cpu_features *features, uint32_t msr, bool write);

/* How what was granted for writing is brought back to its reset value (TRAPS 23). */
enum msr_reset {
    MSR_RESET_NONE,    /* never written by a guest */
    MSR_RESET_WRITE,   /* WRMSR on its processor */
    MSR_RESET_STATE,   /* a field of the VMCS or VMCB */
    MSR_RESET_LAPIC,   /* by the drain of the local APIC */
    MSR_RESET_COMMAND, /* a command that leaves nothing behind */
};

/* Calls `reset` for every MSR with MSR_RESET_WRITE or MSR_RESET_STATE that this processor has. */
typedef void msr_reset_function(void *context, uint32_t msr, uint64_t value, enum msr_reset how);
void msr_reset_walk(const struct cpu_features *features, msr_reset_function *reset, void *context);

#endif
