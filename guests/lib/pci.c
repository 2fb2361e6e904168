/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space, base address registers and messages, as a driver uses them. */
#include "pci.h"
#include "kernel/abi/guest.h"
#include "memory.h"
#include "x86.h"

enum {
    ADDRESS_PORT = 0xcf8,
    DATA_PORT = 0xcfc,
    MOST_CAPABILITIES = 48, /* as many as fit */
    MSIX_ENTRY_BYTES = 16,
    MAX_RANGES = 64,
};
#define ADDRESS_ENABLE 0x80000000u

uint32_t pci_read(uint32_t function, uint32_t offset, uint32_t bytes)
{
    uint64_t at = GUEST_ECAM + ((uint64_t)function << 12) + offset;
    if (bytes == 1) {
        return *(volatile uint8_t *)at;
    }
    return bytes == 2 ? *(volatile uint16_t *)at : *(volatile uint32_t *)at;
}

void pci_write(uint32_t function, uint32_t offset, uint32_t bytes, uint32_t value)
{
    uint64_t at = GUEST_ECAM + ((uint64_t)function << 12) + offset;
    if (bytes == 1) {
        *(volatile uint8_t *)at = (uint8_t)value;
    } else if (bytes == 2) {
        *(volatile uint16_t *)at = (uint16_t)value;
    } else {
        *(volatile uint32_t *)at = value;
    }
}

static uint16_t select_register(uint32_t function, uint32_t offset)
{
    outl(ADDRESS_PORT, ADDRESS_ENABLE | function << 8 | (offset & 0xfc));
    return (uint16_t)(DATA_PORT + (offset & 3));
}

uint32_t pci_port_read(uint32_t function, uint32_t offset, uint32_t bytes)
{
    uint16_t port = select_register(function, offset);
    return bytes == 1 ? inb(port) : bytes == 2 ? inw(port) : inl(port);
}

void pci_port_write(uint32_t function, uint32_t offset, uint32_t bytes, uint32_t value)
{
    uint16_t port = select_register(function, offset);
    if (bytes == 1) {
        outb(port, (uint8_t)value);
    } else if (bytes == 2) {
        outw(port, (uint16_t)value);
    } else {
        outl(port, value);
    }
}

uint32_t pci_next(uint32_t after)
{
    for (uint32_t device = (after >> 3) + 1; device < PCI_DEVICES; device++) {
        if (pci_read(device << 3, PCI_ID, 4) != 0xffffffff) {
            return device << 3;
        }
    }
    return PCI_NONE;
}

uint32_t pci_find(uint32_t id)
{
    uint32_t function = pci_next(0);
    while (function != PCI_NONE && pci_read(function, PCI_ID, 4) != id) {
        function = pci_next(function);
    }
    return function;
}

void pci_command(uint32_t function, uint16_t on, uint16_t off)
{
    uint32_t command = pci_read(function, PCI_COMMAND, 2);
    pci_write(function, PCI_COMMAND, 2, (command | on) & ~(uint32_t)off);
}

static uint32_t size_register(uint32_t function, uint32_t offset)
{
    uint32_t before = pci_read(function, offset, 4);
    pci_write(function, offset, 4, 0xffffffff);
    uint32_t mask = pci_read(function, offset, 4);
    pci_write(function, offset, 4, before);
    return mask;
}

struct pci_bar pci_bar(uint32_t function, uint32_t index)
{
    uint32_t offset = PCI_BAR + 4 * index;
    uint32_t low = pci_read(function, offset, 4);
    struct pci_bar bar = {.is_64 = !(low & PCI_BAR_PORTS) && low & PCI_BAR_64};
    if (low & PCI_BAR_PORTS || (bar.is_64 && index + 1 == PCI_BARS)) {
        return bar;
    }
    uint32_t command = pci_read(function, PCI_COMMAND, 2);
    pci_command(function, 0, PCI_COMMAND_MEMORY);
    uint64_t mask = size_register(function, offset) & ~0xfu;
    bar.base = low & ~0xfu;
    if (bar.is_64) {
        bar.base |= (uint64_t)pci_read(function, offset + 4, 4) << 32;
        mask |= (uint64_t)size_register(function, offset + 4) << 32;
    } else if (mask) {
        mask |= ~0xffffffffull;
    }
    pci_write(function, PCI_COMMAND, 2, command);
    bar.bytes = ~mask + 1;
    return bar;
}

bool pci_holds(uint64_t gpa)
{
    static struct pci_bar ranges[MAX_RANGES];
    static uint32_t count;
    static bool known;
    for (uint32_t function = 0; !known && (function = pci_next(function)) != PCI_NONE;) {
        for (uint32_t i = 0; i < PCI_BARS && count < MAX_RANGES; i++) {
            ranges[count] = pci_bar(function, i);
            i += ranges[count].is_64;
            count += ranges[count].bytes != 0;
        }
    }
    known = true;
    for (uint32_t i = 0; i < count; i++) {
        if (gpa - ranges[i].base < ranges[i].bytes) {
            return true;
        }
    }
    return false;
}

uint32_t pci_capability(uint32_t function, enum pci_capability_id id)
{
    if (!(pci_read(function, PCI_STATUS, 2) & PCI_STATUS_CAPABILITIES)) {
        return 0;
    }
    uint32_t at = pci_read(function, PCI_CAPABILITIES, 1) & ~3u;
    for (uint32_t i = 0; i < MOST_CAPABILITIES && at >= PCI_FIRST_FREE; i++) {
        if (pci_read(function, at, 1) == id) {
            return at;
        }
        at = pci_read(function, at + 1, 1) & ~3u;
    }
    return 0;
}

/* The data follow an address of four or eight bytes. */
static uint32_t msi_data_offset(uint32_t function, uint32_t msi)
{
    bool is_64 = pci_read(function, msi + PCI_MSI_CONTROL, 2) & PCI_MSI_64;
    return msi + PCI_MSI_ADDRESS + (is_64 ? 8 : 4);
}

bool pci_msi_set(uint32_t function, uint64_t address, uint16_t data)
{
    uint32_t msi = pci_capability(function, PCI_MSI);
    if (!msi) {
        return false;
    }
    uint32_t at = msi_data_offset(function, msi);
    pci_write(function, msi + PCI_MSI_ADDRESS, 4, (uint32_t)address);
    if (at == msi + PCI_MSI_ADDRESS + 8) {
        pci_write(function, msi + PCI_MSI_ADDRESS + 4, 4, (uint32_t)(address >> 32));
    }
    pci_write(function, at, 2, data);
    return true;
}

bool pci_msi_get(uint32_t function, uint64_t *address, uint16_t *data)
{
    uint32_t msi = pci_capability(function, PCI_MSI);
    if (!msi) {
        return false;
    }
    uint32_t at = msi_data_offset(function, msi);
    *address = pci_read(function, msi + PCI_MSI_ADDRESS, 4);
    if (at == msi + PCI_MSI_ADDRESS + 8) {
        *address |= (uint64_t)pci_read(function, msi + PCI_MSI_ADDRESS + 4, 4) << 32;
    }
    *data = (uint16_t)pci_read(function, at, 2);
    return true;
}

static bool enable(uint32_t function, uint32_t control, uint32_t bits, bool on)
{
    uint32_t value = pci_read(function, control, 2) & ~bits;
    pci_write(function, control, 2, on ? value | bits : value);
    return true;
}

bool pci_msi_enable(uint32_t function, bool on)
{
    uint32_t msi = pci_capability(function, PCI_MSI);
    return msi && enable(function, msi + PCI_MSI_CONTROL, PCI_MSI_ENABLE, on);
}

bool pci_msix_enable(uint32_t function, bool on)
{
    uint32_t msix = pci_capability(function, PCI_MSIX);
    if (!msix) {
        return false;
    }
    pci_write(function, msix + PCI_MSIX_CONTROL, 2,
              pci_read(function, msix + PCI_MSIX_CONTROL, 2) & ~(uint32_t)PCI_MSIX_MASK);
    return enable(function, msix + PCI_MSIX_CONTROL, PCI_MSIX_ENABLE, on);
}

bool pci_msix_set(uint32_t function, uint32_t entry, uint64_t address, uint32_t data)
{
    uint32_t msix = pci_capability(function, PCI_MSIX);
    if (!msix || entry > (pci_read(function, msix + PCI_MSIX_CONTROL, 2) & PCI_MSIX_ENTRIES)) {
        return false;
    }
    uint32_t table = pci_read(function, msix + PCI_MSIX_TABLE, 4);
    struct pci_bar bar = pci_bar(function, table & 7);
    uint64_t offset = (table & ~7u) + (uint64_t)entry * MSIX_ENTRY_BYTES;
    if (offset + MSIX_ENTRY_BYTES > bar.bytes) {
        return false;
    }
    volatile uint32_t *at = (volatile uint32_t *)memory_window(bar.base + offset);
    at[3] = 1; /* masked while it changes */
    at[0] = (uint32_t)address;
    at[1] = (uint32_t)(address >> 32);
    at[2] = data;
    at[3] = 0;
    return true;
}
