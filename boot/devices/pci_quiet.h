/* SPDX-License-Identifier: Apache-2.0 */
/* Takes every PCI function that exists out of action (I3). */
#ifndef BULKHEAD_BOOT_PCI_QUIET_H
#define BULKHEAD_BOOT_PCI_QUIET_H

#include "boot/plan/facts.h"

struct pci_census {
    uint32_t host_bridges; /* 0: configuration space was not reached, refuse */
    uint32_t endpoints, bridges;
    uint32_t masters;  /* functions that were bus masters */
    uint32_t stubborn; /* those that still are, host and ISA bridges excepted: block or refuse */
    uint32_t stubborn_functions[MAX_MUTED + 1]; /* the first of them, indexes of facts->functions */
    uint32_t usb_held; /* USB controllers that the firmware keeps: refuse (TRAPS 43) */
    uint32_t usb_function;
};

/*
 * USB controllers are taken from the firmware first. Bus mastering, INTx, MSI, MSI-X, SERR and
 * error, hot-plug and PME interrupts off: bridges' too, as nothing below them is anybody's (TRAPS
 * 40). Of every function that scan_functions() found. The one with index `display` stays a bus
 * master if it is one; FUNCTION_NONE: none does.
 */
struct pci_census pci_quiet(const struct facts *facts, uint32_t display);

#endif
