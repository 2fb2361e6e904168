/* SPDX-License-Identifier: Apache-2.0 */
/* The machine made quiet, before anything is written that must stay right (TRAPS 49). */
#ifndef BULKHEAD_BOOT_SILENCE_H
#define BULKHEAD_BOOT_SILENCE_H

#include "boot/plan/facts.h"

/*
 * After boot services: no UART, pin, HPET or IOMMU unit interrupts; USB controllers are taken from
 * the firmware; no PCI function translates addresses, multiplies, does DMA or interrupts (I3, I4,
 * TRAPS 7, 12, 40, 43, 57, 64). Refuses what does not become quiet.
 */
void silence(const struct facts *facts);

#endif
