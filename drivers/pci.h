/* SPDX-License-Identifier: Apache-2.0 */
/* PCI configuration access. */
#ifndef BULKHEAD_PCI_H
#define BULKHEAD_PCI_H

#include "io.h"
#include <stdbool.h>
#include <stdint.h>

/* Registers of the configuration header (PCI Local Bus, Configuration Space Organization). */
enum pci_register {
    PCI_VENDOR = 0x00, /* 16 bits; 0xffff: no function */
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_CLASS = 0x08, /* 32 bits: revision, interface, subclass, class */
    PCI_HEADER_TYPE = 0x0e,
    PCI_CAPABILITIES = 0x34,
    PCI_BRIDGE_CAPABILITIES_CARDBUS = 0x14,
    PCI_BRIDGE_CONTROL = 0x3e,
};

struct pci {
    volatile uint8_t *ecam;       /* mapped, of bus 0, whichever bus is the first; or null */
    uint32_t bus_first, bus_last; /* that ECAM reaches; all else CF8/CFC, 256 bytes a function */
    bool ecam_only;               /* CF8/CFC leads to another segment */
};

/* Bus, device and function as one number. */
static inline uint32_t pci_function(unsigned bus, unsigned device, unsigned function)
{
    return bus << 8 | device << 3 | function;
}

enum { PCI_CONFIG_ADDRESS = 0xcf8, PCI_CONFIG_DATA = 0xcfc };

/*
 * The vendor of a function, 0xffff where there is none, through its bus's ECAM or, if that is null,
 * by CF8/CFC: what a scan asks 65,536 times, so in as few instructions as can be.
 */
static inline uint16_t pci_vendor(volatile uint8_t *ecam, uint32_t function)
{
    if (ecam)
        return (uint16_t) * (volatile uint32_t *)(ecam + ((uint64_t)function << 12));
    outl(PCI_CONFIG_ADDRESS, 0x80000000u | function << 8);
    return (uint16_t)inl(PCI_CONFIG_DATA);
}

/*
 * Reads or writes `bytes` (1, 2, 4; naturally aligned) of a function's configuration space. What
 * can't be reached reads as all ones. CF8 is shared by the machine: use these on the boot
 * processor, or under one lock.
 */
uint32_t pci_read(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes);
void pci_write(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes,
               uint32_t value);

#endif
