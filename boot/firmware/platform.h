/* SPDX-License-Identifier: Apache-2.0 */
/* The machine between firmware and kernel: everything silenced, then the jump. */
#ifndef BULKHEAD_BOOT_PLATFORM_H
#define BULKHEAD_BOOT_PLATFORM_H

#include "firmware.h"
#include "kernel/manifest.h"

/*
 * After boot services: masks PICs and I/O APICs, takes bus mastering, interrupts and error
 * reporting from every PCI endpoint (I3, TRAPS 7, 12, 40), and points the interrupt line of each
 * domain's UART as an NMI at the domain's first processor (TRAPS 30).
 */
void platform_quiet(const struct facts *facts, const struct handoff *handoff,
                    const struct manifest *manifest);

/*
 * Refuses a manifest that gives a domain a UART that the machine has not, or one interrupt line to
 * two domains (I4).
 */
void platform_check_serial(const struct manifest *manifest);

/* Switches to the kernel's boot page table and enters it. */
_Noreturn void platform_jump(const struct handoff *handoff, const void *kernel);

#endif
