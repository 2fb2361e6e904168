/* SPDX-License-Identifier: Apache-2.0 */
/* What the firmware says of the machine's IOMMU units: the ACPI table DMAR, read defensively. */
#ifndef BULKHEAD_BOOT_DMAR_H
#define BULKHEAD_BOOT_DMAR_H

#include "facts.h"

/*
 * Fills dmar, interrupt_remapping, x2apic_opt_out, iommus[], reserved[] and scopes[] of `facts`
 * from a table of `bytes` bytes, at least an ACPI header, whose checksum was right. Intel VT-d
 * Specification, "DMA Remapping Reporting Structure". False, with `why`: it lies, or does not fit.
 * Reserved memory whose scope can't be followed is of any function (TRAPS 61); a unit whose scope
 * can't be followed is refused, for nobody knows then which unit a function is behind.
 */
bool dmar_read(const uint8_t *table, uint64_t bytes, struct facts *facts, struct diagnostic *why);

#endif
