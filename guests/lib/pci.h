/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCI as a domain sees it: configuration space by ECAM and by the ports 0xCF8 and 0xCFC, base
 * address registers, capabilities, and interrupts by message. A function is named by
 * bus << 8 | device << 3 | function.
 */
#ifndef GUEST_PCI_H
#define GUEST_PCI_H

#include <stdbool.h>
#include <stdint.h>

enum {
    PCI_NONE = 0xffffffff, /* no such function */
    PCI_SPACE = 4096,      /* bytes of configuration space */
    PCI_PORT_SPACE = 256,  /* what the ports reach of it */
    PCI_BARS = 6,
    PCI_DEVICES = 32,
    PCI_FUNCTIONS = 8,
};

/* Registers of every function (PCI Local Bus Specification, Configuration Space). */
enum pci_register {
    PCI_ID = 0x00,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_CLASS = 0x0a,
    PCI_CACHE_LINE = 0x0c,
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR = 0x10,
    PCI_ROM = 0x30,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_FIRST_FREE = 0x40,
};
enum {
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_STATUS_CAPABILITIES = 1 << 4,
    PCI_BAR_PORTS = 1 << 0,
    PCI_BAR_64 = 1 << 2,
};

enum pci_capability_id { PCI_POWER = 0x01, PCI_MSI = 0x05, PCI_EXPRESS = 0x10, PCI_MSIX = 0x11 };
enum {
    PCI_POWER_CONTROL = 4, /* offsets in their capabilities */
    PCI_POWER_STATE = 3,
    PCI_MSI_CONTROL = 2,
    PCI_MSI_ADDRESS = 4,
    PCI_MSI_ENABLE = 1 << 0,
    PCI_MSI_64 = 1 << 7,
    PCI_MSI_MASKABLE = 1 << 8,
    PCI_MSIX_CONTROL = 2,
    PCI_MSIX_TABLE = 4,
    PCI_MSIX_ENTRIES = 0x7ff,
    PCI_MSIX_MASK = 1 << 14,
    PCI_MSIX_ENABLE = 1 << 15,
};

/* A base address register; 0 bytes: none, or one of I/O ports. */
struct pci_bar {
    uint64_t base, bytes;
    bool is_64;
};

/* Configuration space by ECAM, `bytes` of 1, 2 or 4, at any offset below PCI_SPACE. */
uint32_t pci_read(uint32_t function, uint32_t offset, uint32_t bytes);
void pci_write(uint32_t function, uint32_t offset, uint32_t bytes, uint32_t value);

/* The same by the ports; what crosses the end of four bytes wraps there. */
uint32_t pci_port_read(uint32_t function, uint32_t offset, uint32_t bytes);
void pci_port_write(uint32_t function, uint32_t offset, uint32_t bytes, uint32_t value);

/* The next function 0 on bus 0 after device `after` (0: the first); PCI_NONE: no more. */
uint32_t pci_next(uint32_t after);

/* The first function of bus 0 with this id, device << 16 | vendor. */
uint32_t pci_find(uint32_t id);

/* Sizes a BAR, with memory decoding off, and puts it back. */
struct pci_bar pci_bar(uint32_t function, uint32_t index);

/* Does `gpa` belong to the registers of any function on bus 0? They are sized at the first call. */
bool pci_holds(uint64_t gpa);

/* Where a capability is, 0: nowhere. A list that loops ends after 48 members. */
uint32_t pci_capability(uint32_t function, enum pci_capability_id id);

/* Switches bits of Command on and off. */
void pci_command(uint32_t function, uint16_t on, uint16_t off);

/* Address of a message to a processor: physical destination, no redirection hint. */
static inline uint64_t message_address(uint32_t apic_id)
{
    return 0xfee00000u | (apic_id & 0xff) << 12;
}

/* The one message of MSI: writes it, switches it on or off. False: the function has no MSI. */
bool pci_msi_set(uint32_t function, uint64_t address, uint16_t data);
bool pci_msi_get(uint32_t function, uint64_t *address, uint16_t *data);
bool pci_msi_enable(uint32_t function, bool on);

/* An entry of the MSI-X table, unmasked; all of them on or off. False: no MSI-X, no such entry. */
bool pci_msix_set(uint32_t function, uint32_t entry, uint64_t address, uint32_t data);
bool pci_msix_enable(uint32_t function, bool on);

#endif
