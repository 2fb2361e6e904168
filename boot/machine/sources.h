/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt sources that neither a pin nor a PCI scan shows (TRAPS 57): HPET and IOMMU units. */
#ifndef BULKHEAD_BOOT_SOURCES_H
#define BULKHEAD_BOOT_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Every timer of the HPET at `registers` off, its MSI too; the counter goes on. False: one stays
 * on. `registers` that show no HPET are left alone. IA-PC HPET Specification, "Timer N
 * Configuration and Capabilities Register".
 */
bool hpet_quiet(volatile void *registers);

/* Whether an HPET answers at `registers`. */
bool hpet_answers(volatile void *registers);

/*
 * The VT-d unit's own interrupts masked: faults, invalidations, page requests. False: it does not
 * answer, or stays unmasked. Intel VT-d Specification, "Fault Event Control Register".
 */
bool iommu_quiet(volatile void *registers);

#endif
