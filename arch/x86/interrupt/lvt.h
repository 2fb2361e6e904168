/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shadows of the LVT entries that a guest may not program: their delivery modes reach SMI, NMI and
 * ExtINT, and their sources belong to the board (I4). Hardware keeps them masked.
 */
#ifndef BULKHEAD_LVT_H
#define BULKHEAD_LVT_H

#include <stdbool.h>
#include <stdint.h>

enum { LVT_THERMAL, LVT_PMI, LVT_LINT0, LVT_LINT1, LVT_SHADOWS };

struct lvt {
    uint32_t entry[LVT_SHADOWS];
};

/* All entries masked, as after reset. */
void lvt_init(struct lvt *lvt);

/* `msr` is the entry's x2APIC MSR (IA32_X2APIC_LVT_...). Write: false for a reserved bit (#GP). */
uint32_t lvt_read(const struct lvt *lvt, uint32_t msr);
bool lvt_write(struct lvt *lvt, uint32_t msr, uint64_t value);

/*
 * Makes of what a guest writes to its own entry, of the timer or of errors, what may go there:
 * nothing reserved and so no delivery mode, else false (#GP). `deadline`: the timer has that mode.
 */
bool lvt_own(uint32_t msr, uint64_t *value, bool deadline);

#endif
