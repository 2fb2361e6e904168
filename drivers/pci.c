/* SPDX-License-Identifier: Apache-2.0 */
/* PCI configuration access: see the header. */
#include "pci.h"
#include <stdbool.h>

enum { CONFIG_BYTES = 256 };

static bool has_ecam(const struct pci *pci, uint32_t function)
{
    return pci->ecam && function >> 8 >= pci->bus_first && function >> 8 <= pci->bus_last;
}

static volatile uint8_t *ecam_at(const struct pci *pci, uint32_t function, unsigned offset)
{
    return pci->ecam + ((uint64_t)function << 12) + offset;
}

static void select_register(uint32_t function, unsigned offset)
{
    outl(PCI_CONFIG_ADDRESS, 0x80000000u | function << 8 | (offset & 0xfc));
}

/* Reading has no side effects in configuration space, so all of the dword is read. */
uint32_t pci_read(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes)
{
    uint32_t value = 0xffffffff;

    if (has_ecam(pci, function)) {
        value = *(volatile uint32_t *)ecam_at(pci, function, offset & ~3u);
    } else if (offset < CONFIG_BYTES && !pci->ecam_only) {
        select_register(function, offset);
        value = inl(PCI_CONFIG_DATA);
    }
    return value >> offset % 4 * 8 & 0xffffffff >> (32 - 8 * bytes);
}

void pci_write(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes,
               uint32_t value)
{
    uint16_t port = PCI_CONFIG_DATA + offset % 4;

    if (has_ecam(pci, function)) {
        volatile uint8_t *at = ecam_at(pci, function, offset);
        if (bytes == 1)
            *at = (uint8_t)value;
        else if (bytes == 2)
            *(volatile uint16_t *)at = (uint16_t)value;
        else
            *(volatile uint32_t *)at = value;
    } else if (offset < CONFIG_BYTES && !pci->ecam_only) {
        select_register(function, offset);
        if (bytes == 1)
            outb(port, (uint8_t)value);
        else if (bytes == 2)
            outw(port, (uint16_t)value);
        else
            outl(port, value);
    }
}
