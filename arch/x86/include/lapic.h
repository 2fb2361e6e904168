/* SPDX-License-Identifier: Apache-2.0 */
/* This processor's local APIC in x2APIC mode. Intel SDM, "Extended XAPIC (x2APIC)". */
#ifndef BULKHEAD_LAPIC_H
#define BULKHEAD_LAPIC_H

#include "trap.h"
#include <stdbool.h>
#include <stdint.h>

enum lapic_delivery { LAPIC_FIXED = 0, LAPIC_NMI = 4, LAPIC_INIT = 5, LAPIC_SIPI = 6 };

/*
 * IA32_X2APIC_SIVR while no guest has the APIC: on, or LINT1 would be deaf. No vector that can be
 * in service is the spurious one, whose EOI some APICs ignore.
 */
enum { LAPIC_ON = 0x100 | VECTOR_SPURIOUS };

/*
 * The entries of the local vector table that no guest programs: LINT0 and LINT1 as the firmware's
 * tables say of this processor, the thermal sensor's an SMI where it was one, all else masked.
 */
void lapic_put_back(void);

/* A guest's write of IA32_X2APIC_SIVR, after which those entries are put back; false: #GP. */
bool lapic_set_spurious(uint64_t value);

/* Sends one interrupt to one processor, physical destination. */
void lapic_send(uint32_t apic_id, enum lapic_delivery mode, uint8_t vector);

#endif
