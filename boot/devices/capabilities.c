/* SPDX-License-Identifier: Apache-2.0 */
/* What a PCI function says that it can do: see the header. */
#include "capabilities.h"
#include "drivers/pci_acs.h"

enum {
    STATUS_CAPABILITIES = 1 << 4,
    FIRST = 0x40, /* lowest place of a capability, of an extended one, and the end of each room */
    END = 0x100,
    EXTENDED_FIRST = 0x100,
    EXTENDED_END = 0x1000,
    MOST = (END - FIRST) / 4,
    EXTENDED_MOST = (EXTENDED_END - EXTENDED_FIRST) / 4,
    POWER = 0x01,
    POWER_BYTES = 8,
    NO_SOFT_RESET = 1 << 3,
    MSI = 0x05,
    MSI_BYTES = 10,
    MSI_64 = 1 << 7,
    MSI_64_BYTES = 4,
    MSI_MASKABLE = 1 << 8,
    MSI_MASK_BYTES = 10, /* reserved field, mask bits, pending bits */
    EXPRESS = 0x10,
    EXPRESS_BYTES = 0x14, /* of version 1, which has what a function's type needs */
    EXPRESS_PORT_BYTES = 0x24,
    EXPRESS_2_BYTES = 0x3c,
    EXPRESS_SLOT = 1 << 8,
    MSIX = 0x11,
    MSIX_BYTES = 12,
    ADVANCED = 0x13,
    ADVANCED_BYTES = 6,
    SERIAL_NUMBER = 0x0003,
    SERIAL_NUMBER_BYTES = 12,
    ACS = 0x000d,
    ACS_BYTES = 8,
    ATS = 0x000f,
    ATS_BYTES = 8,
    SRIOV = 0x0010,
    SRIOV_BYTES = 64,
    PRI = 0x0013,
    PRI_BYTES = 16,
    PASID = 0x001b,
    PASID_BYTES = 8,
    ROOT_PORT = 4, /* device/port types */
    DOWNSTREAM_PORT = 6,
};

/* Whether `bytes` at `at` are the first of their kind, and all there. */
static bool is_new(unsigned known, unsigned at, unsigned bytes, unsigned end,
                   struct fact_function *fact)
{
    fact->bad_list |= at + bytes > end;
    return known == 0 && at + bytes <= end;
}

static void note_express(const struct pci *pci, uint32_t function, unsigned at,
                         struct fact_function *fact)
{
    uint32_t capabilities = pci_read(pci, function, at + 2, 2);
    unsigned type = capabilities >> 4 & 15;
    bool slot = capabilities & EXPRESS_SLOT && (type == ROOT_PORT || type == DOWNSTREAM_PORT);
    unsigned bytes = (capabilities & 15) > 1 ? EXPRESS_2_BYTES
                     : slot                  ? EXPRESS_PORT_BYTES
                                             : EXPRESS_BYTES;
    if (!is_new(fact->express, at, bytes, END, fact))
        return;
    fact->express = (uint8_t)at;
    fact->port_type = (uint8_t)type;
    fact->express_capabilities = pci_read(pci, function, at + 4, 4);
    if (slot)
        fact->slot_capabilities = pci_read(pci, function, at + 0x14, 4);
}

static void note_msi(const struct pci *pci, uint32_t function, unsigned at,
                     struct fact_function *fact)
{
    uint32_t control = pci_read(pci, function, at + 2, 2);
    unsigned bytes = MSI_BYTES + (control & MSI_64 ? MSI_64_BYTES : 0) +
                     (control & MSI_MASKABLE ? MSI_MASK_BYTES : 0);
    if (!is_new(fact->msi, at, bytes, END, fact))
        return;
    fact->msi = (uint8_t)at;
    fact->msi_control = (uint16_t)control;
}

static void note(const struct pci *pci, uint32_t function, unsigned at, struct fact_function *fact)
{
    switch (pci_read(pci, function, at, 1)) {
    case POWER:
        if (!is_new(fact->power, at, POWER_BYTES, END, fact))
            break;
        fact->power = (uint8_t)at;
        fact->power_capabilities = (uint16_t)pci_read(pci, function, at + 2, 2);
        fact->no_soft_reset = pci_read(pci, function, at + 4, 2) & NO_SOFT_RESET;
        break;
    case MSI:
        note_msi(pci, function, at, fact);
        break;
    case EXPRESS:
        note_express(pci, function, at, fact);
        break;
    case MSIX:
        if (!is_new(fact->msix, at, MSIX_BYTES, END, fact))
            break;
        fact->msix = (uint8_t)at;
        fact->msix_control = (uint16_t)pci_read(pci, function, at + 2, 2);
        fact->msix_table = pci_read(pci, function, at + 4, 4);
        fact->msix_pending = pci_read(pci, function, at + 8, 4);
        break;
    case ADVANCED:
        if (!is_new(fact->advanced, at, ADVANCED_BYTES, END, fact))
            break;
        fact->advanced = (uint8_t)at;
        fact->advanced_capabilities = (uint8_t)pci_read(pci, function, at + 3, 1);
        break;
    default:
        break;
    }
}

static void note_serial_number(const struct pci *pci, uint32_t function, unsigned at,
                               struct fact_function *fact)
{
    if (!is_new(fact->has_serial_number, at, SERIAL_NUMBER_BYTES, EXTENDED_END, fact))
        return;
    fact->has_serial_number = true;
    fact->serial_number =
        (uint64_t)pci_read(pci, function, at + 8, 4) << 32 | pci_read(pci, function, at + 4, 4);
}

static void note_acs(const struct pci *pci, uint32_t function, unsigned at,
                     struct fact_function *fact)
{
    if (!is_new(fact->acs, at, ACS_BYTES, EXTENDED_END, fact) || pci_has_dword_acs(fact->id))
        return;
    fact->acs = (uint16_t)at;
    fact->acs_capability = (uint16_t)pci_read(pci, function, at + 4, 2);
    fact->acs_control = (uint16_t)pci_read(pci, function, at + 6, 2);
}

static void note_extended(const struct pci *pci, uint32_t function, unsigned at, unsigned id,
                          struct fact_function *fact)
{
    uint16_t *place = id == ATS     ? &fact->ats
                      : id == SRIOV ? &fact->sriov
                      : id == PRI   ? &fact->pri
                      : id == PASID ? &fact->pasid
                                    : 0;
    unsigned bytes = id == SRIOV ? SRIOV_BYTES : id == PRI ? PRI_BYTES : ATS_BYTES;
    if (place && is_new(*place, at, bytes, EXTENDED_END, fact))
        *place = (uint16_t)at;
    if (id == SERIAL_NUMBER)
        note_serial_number(pci, function, at, fact);
    if (id == ACS)
        note_acs(pci, function, at, fact);
}

/*
 * Only what is PCI Express has them: behind a bridge to PCI the lower registers may appear once
 * more. By CF8/CFC none can be reached, which reads as all ones.
 */
static void read_extended(const struct pci *pci, uint32_t function, struct fact_function *fact)
{
    unsigned at = EXTENDED_FIRST, left = EXTENDED_MOST;
    for (; at != 0; left--) {
        uint32_t header = pci_read(pci, function, at, 4);
        if (at == EXTENDED_FIRST && (header == 0 || header == 0xffffffff))
            return;
        note_extended(pci, function, at, header & 0xffff, fact);
        at = header >> 20;
        if ((at != 0 && at < EXTENDED_FIRST) || at % 4 || left == 1) {
            fact->bad_list |= at != 0;
            return;
        }
    }
}

void capabilities_read(const struct pci *pci, uint32_t function, struct fact_function *fact)
{
    enum { CARDBUS = 2 };
    if (!(pci_read(pci, function, PCI_STATUS, 2) & STATUS_CAPABILITIES))
        return;
    unsigned head = fact->header == CARDBUS ? PCI_BRIDGE_CAPABILITIES_CARDBUS : PCI_CAPABILITIES;
    unsigned at = pci_read(pci, function, head, 1), left = MOST;
    for (; at != 0; left--) {
        if (at < FIRST || at % 4 || left == 0) {
            fact->bad_list = true;
            break;
        }
        note(pci, function, at, fact);
        at = pci_read(pci, function, at + 1, 1);
    }
    if (fact->express)
        read_extended(pci, function, fact);
}
