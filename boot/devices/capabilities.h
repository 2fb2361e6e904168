/* SPDX-License-Identifier: Apache-2.0 */
/* What a PCI function says that it can do. */
#ifndef BULKHEAD_BOOT_CAPABILITIES_H
#define BULKHEAD_BOOT_CAPABILITIES_H

#include "boot/plan/facts.h"
#include "drivers/pci.h"

/*
 * Fills the capabilities of `fact`, whose header and id are known. Of several of a kind the first
 * counts. PCI Local Bus Specification, "Capabilities List"; PCI Express Base Specification, "PCI
 * Express Extended Capabilities".
 */
void capabilities_read(const struct pci *pci, uint32_t function, struct fact_function *fact);

#endif
