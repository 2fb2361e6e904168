/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part (kernel/check/check.h): what is nobody's own, so that no
 * processor sees it in its tables.
 */
#ifndef BULKHEAD_CHECK_MACHINE_H
#define BULKHEAD_CHECK_MACHINE_H

#include "check_owners.h"

struct check_machine {
    struct owners owners;
    struct check_evidence evidence;
    /* Register `index` of the I/O APIC at `address`. */
    uint32_t (*ioapic)(uint64_t address, uint32_t index, void *context);
    uint8_t last_below[256]; /* by bus: where what its bridge leads to ends; 0: no bridge so far */
    uint32_t functions;      /* what was seen: of PCI */
    uint32_t lines;          /* and of I/O APICs */
};

/* All of the machine's part, ownership first. Returns owners.result->ok. */
bool check_machine(struct check_machine *machine);

/* Of it, I/O APICs and PCI (check_devices.c). */
bool check_machine_devices(struct check_machine *machine);

/* IOMMU units, their tables, and who has which function (check_iommu.c). */
bool check_machine_iommu(struct check_machine *machine);

/* The APIC id that the interrupt line of a serial port knocks at; HANDOFF_NOBODY: no one's. */
uint32_t check_knocked_by(const struct check_machine *machine, uint32_t line);

#endif
