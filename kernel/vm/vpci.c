/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI bus that a domain finds. PCI Local Bus Specification, "Configuration Space
 * Organization", "Software Generation of Configuration Transactions". */
#include "vpci.h"

enum {
    ADDRESS_ENABLE_SHIFT = 31,
    ADDRESS_FUNCTION_MASK = 0x00ffff00,
    ADDRESS_REGISTER_MASK = 0xfc,
    ADDRESS_WRITABLE = 0x00fffffc,
    HEADER_WORDS = 16,
    ECAM_FUNCTION_BYTES = 4096,
};

/* 00:00.0: a host bridge without registers of its own. */
static const uint32_t host_bridge[HEADER_WORDS] = {
    0x00081b36, /* a generic PCIe host bridge */
    0x00000000, /* no decoding, no capabilities */
    0x06000000, /* class: host bridge */
};

static uint32_t read_host_bridge(unsigned offset)
{
    uint32_t word = offset / 4 < HEADER_WORDS ? host_bridge[offset / 4] : 0;
    return word >> offset % 4 * 8;
}

void vpci_write_address(struct vpci *pci, uint32_t value)
{
    pci->address = value & (1u << ADDRESS_ENABLE_SHIFT | ADDRESS_WRITABLE);
}

uint32_t vpci_read_address(const struct vpci *pci)
{
    return pci->address;
}

uint32_t vpci_read_data(const struct vpci *pci, unsigned offset)
{
    if (!(pci->address >> ADDRESS_ENABLE_SHIFT) || pci->address & ADDRESS_FUNCTION_MASK)
        return ~0u;
    return read_host_bridge((pci->address & ADDRESS_REGISTER_MASK) + offset);
}

uint32_t vpci_read_ecam(uint64_t offset)
{
    return offset < ECAM_FUNCTION_BYTES ? read_host_bridge((unsigned)offset) : ~0u;
}
