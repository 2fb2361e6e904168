/* SPDX-License-Identifier: Apache-2.0 */
/* The ACPI tables that a guest finds. ACPI Specification 6.4, "ACPI Software Programming Model". */
#ifndef BULKHEAD_BOOT_ACPI_H
#define BULKHEAD_BOOT_ACPI_H

#include "kernel/abi/guest.h"

/* Room that acpi_build() needs at most. */
enum { ACPI_BYTES = 4096 };

/* Memory behind the PCI root bridge: where functions' registers are. */
struct acpi_windows {
    uint32_t count;
    uint64_t base[2], bytes[2];
};

/*
 * Writes RSDP, XSDT, FADT, DSDT, MADT and MCFG, as they stand at GUEST_ACPI, into the zeroed
 * `out`. `apic_ids` names the domain's `cpu_count` processors, the boot processor first. Returns
 * the bytes used.
 */
uint64_t acpi_build(const uint32_t *apic_ids, uint32_t cpu_count,
                    const struct acpi_windows *windows, uint8_t out[ACPI_BYTES]);

#endif
