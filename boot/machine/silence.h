/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made quiet, before anything is written that must stay right (TRAPS 49). */
#ifndef BULKHEAD_BOOT_SILENCE_H
#define BULKHEAD_BOOT_SILENCE_H

#include "boot/plan/facts.h"

/*
 * After boot services: no UART, pin, HPET or IOMMU unit interrupts; USB controllers are taken from
 * the firmware; no PCI function translates addresses, multiplies, does DMA or interrupts (I3, I4,
 * TRAPS 7, 12, 40, 43, 57, 64). What stays a bus master goes to handoff->muted[], and so does the
 * screen's display, where the units of `handoff` will block it. Refuses what does not become quiet.
 */
void silence(const struct facts *facts, struct handoff *handoff);

#endif
