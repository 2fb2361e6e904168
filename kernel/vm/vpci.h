/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI bus that a domain finds, by ports 0xCF8/0xCFC and by ECAM: a host bridge at 00:00.0 that
 * does nothing, since bus scans want a function 0, and otherwise an empty bus.
 */
#ifndef BULKHEAD_VPCI_H
#define BULKHEAD_VPCI_H

#include <stdint.h>

struct vpci {
    uint32_t address; /* CONFIG_ADDRESS as the guest wrote it */
};

/* CONFIG_ADDRESS (a dword), and CONFIG_DATA at port 0xCFC + `offset`. */
void vpci_write_address(struct vpci *pci, uint32_t value);
uint32_t vpci_read_address(const struct vpci *pci);
uint32_t vpci_read_data(const struct vpci *pci, unsigned offset);

/* Bytes of configuration space at `offset` of the ECAM window; writes have no effect anywhere. */
uint32_t vpci_read_ecam(uint64_t offset);

#endif
