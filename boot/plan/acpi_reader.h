/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The firmware's ACPI tables, read defensively: every pointer is asked of `map`, every length and
 * checksum checked. No firmware call in it, so that the host can test it with made tables.
 */
#ifndef BULKHEAD_BOOT_ACPI_READER_H
#define BULKHEAD_BOOT_ACPI_READER_H

#include "facts.h"

/* The bytes at a host-physical address, or NULL where the firmware's memory map has a hole. */
typedef const uint8_t *(*acpi_map)(uint64_t address, uint64_t bytes);

/*
 * Fills processors, I/O APICs, ECAM windows, HPET, watchdog and IOMMU units of `facts` from the
 * tables that the RSDP at `rsdp` leads to, and the PM timer's port (0: none). ACPI Specification,
 * "Root System Description Pointer", "Multiple APIC Description Table", "Fixed ACPI Description
 * Table"; Hardware Watchdog Timers Design Specification, "Watchdog Action Table". Returns false,
 * with `why` filled, when a table is damaged.
 */
bool acpi_read(uint64_t rsdp, acpi_map map, struct facts *facts, uint16_t *pm_timer_port,
               struct diagnostic *why);

#endif
