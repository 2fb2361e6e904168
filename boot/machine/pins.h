/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt lines: all masked, and those of the domains' UARTs as knocks (I4). */
#ifndef BULKHEAD_BOOT_PINS_H
#define BULKHEAD_BOOT_PINS_H

#include "boot/plan/facts.h"
#include "kernel/manifest.h"

/* Masks both PICs and every pin of every I/O APIC; refuses one that does not answer. */
void pins_mask(const struct facts *facts);

/*
 * The interrupt line of each domain's UART becomes an NMI at its first processor (TRAPS 30); where
 * IOMMU units are on, by an entry of their table, which the units must be told of (TRAPS 58).
 * Refuses a line that no I/O APIC has, or one whose I/O APIC the firmware's tables don't place.
 */
void pins_route_knocks(const struct handoff *handoff, const struct manifest *manifest);

#endif
