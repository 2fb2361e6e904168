/* SPDX-License-Identifier: Apache-2.0 */
/* This processor's local APIC in x2APIC mode. Intel SDM, "Extended XAPIC (x2APIC)". */
#ifndef BULKHEAD_LAPIC_H
#define BULKHEAD_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

enum lapic_delivery { LAPIC_FIXED = 0, LAPIC_NMI = 4, LAPIC_INIT = 5, LAPIC_SIPI = 6 };

/* Switches to x2APIC mode and leaves the APIC as after reset. */
void lapic_setup(void);

/* Masks the entries of the local vector table that this APIC has. */
void lapic_mask_local(void);

/* Sends one interrupt to one processor, physical destination. */
void lapic_send(uint32_t apic_id, enum lapic_delivery mode, uint8_t vector);

/*
 * Empties the APIC of whatever a stopped domain left (I7): in service, pending, timers, priority.
 * False if something is left or came meanwhile: impossible once every processor of the domain is in
 * root mode and its devices are quiet, but a running sibling may keep sending.
 */
bool lapic_drain(void);

#endif
