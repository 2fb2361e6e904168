/* SPDX-License-Identifier: Apache-2.0 */
/* Silence on the PCI buses: see the header. */
#include "pci_quiet.h"
#include "access.h"
#include "usb.h"

enum {
    CLASS_HOST_BRIDGE = 0x0600,
    CLASS_ISA_BRIDGE = 0x0601,
    COMMAND_BUS_MASTER = 1 << 2,
    COMMAND_SERR = 1 << 8,
    COMMAND_INTX_OFF = 1 << 10,
    STATUS_CAPABILITIES = 1 << 4,
    BRIDGE_CONTROL_SERR = 1 << 1,
    MAX_CAPABILITIES = 48, /* as many as fit between 0x40 and 0xff */
    CAPABILITY_MSI = 0x05,
    CAPABILITY_EXPRESS = 0x10,
    CAPABILITY_MSIX = 0x11,
    ANY_PORT = 0xffff,
    ROOT_PORT = 1 << 4, /* device/port types of the PCI Express capability */
    DOWNSTREAM_PORT = 1 << 6,
    EVENT_COLLECTOR = 1 << 10,
};

/* Capability registers that can raise an interrupt or a system error. */
static const struct {
    uint8_t capability, offset;
    uint16_t port_types; /* that have this register */
    uint16_t clear, set;
} quieters[] = {
    {CAPABILITY_MSI, 2, ANY_PORT, 0x0001, 0},                           /* MSI enable */
    {CAPABILITY_MSIX, 2, ANY_PORT, 0x8000, 0x4000},                     /* enable; mask */
    {CAPABILITY_EXPRESS, 0x08, ANY_PORT, 0x000f, 0},                    /* error messages */
    {CAPABILITY_EXPRESS, 0x18, ROOT_PORT | DOWNSTREAM_PORT, 0x103f, 0}, /* slot events */
    {CAPABILITY_EXPRESS, 0x1c, ROOT_PORT | EVENT_COLLECTOR, 0x000f, 0}, /* SERR, PME */
};

static void change16(const struct pci *pci, uint32_t function, unsigned offset, uint32_t clear,
                     uint32_t set)
{
    uint32_t old = pci_read(pci, function, offset, 2), new = (old & ~clear) | set;

    if (new != old)
        pci_write(pci, function, offset, 2, new);
}

static void quiet_capability(const struct pci *pci, uint32_t function, unsigned at)
{
    unsigned id = pci_read(pci, function, at, 1);
    unsigned type = id == CAPABILITY_EXPRESS ? pci_read(pci, function, at + 2, 2) >> 4 & 15 : 0;

    for (unsigned i = 0; i < sizeof quieters / sizeof quieters[0]; i++) {
        if (quieters[i].capability == id && quieters[i].port_types >> type & 1)
            change16(pci, function, at + quieters[i].offset, quieters[i].clear, quieters[i].set);
    }
}

static void quiet(const struct pci *pci, uint32_t function, bool display, struct pci_census *census,
                  uint32_t index)
{
    unsigned type = pci_read(pci, function, PCI_HEADER_TYPE, 1) & 0x7f;
    uint32_t command = pci_read(pci, function, PCI_COMMAND, 2);
    bool endpoint = type == 0;
    unsigned at = type == 2 ? PCI_BRIDGE_CAPABILITIES_CARDBUS : PCI_CAPABILITIES;

    change16(pci, function, PCI_COMMAND, COMMAND_SERR | (display ? 0 : COMMAND_BUS_MASTER),
             COMMAND_INTX_OFF);
    if (!endpoint)
        change16(pci, function, PCI_BRIDGE_CONTROL, BRIDGE_CONTROL_SERR, 0);
    if (pci_read(pci, function, PCI_STATUS, 2) & STATUS_CAPABILITIES) {
        at = pci_read(pci, function, at, 1) & 0xfc;
        for (unsigned i = 0; at >= 0x40 && i < MAX_CAPABILITIES; i++) {
            quiet_capability(pci, function, at);
            at = pci_read(pci, function, at + 1, 1) & 0xfc;
        }
    }

    uint32_t class = pci_read(pci, function, PCI_CLASS, 4);
    census->host_bridges += class >> 16 == CLASS_HOST_BRIDGE;
    census->endpoints += endpoint;
    census->bridges += !endpoint;
    if (command & COMMAND_BUS_MASTER) {
        /* Host and ISA bridges have the bit hard-wired and no DMA engine of their own. */
        bool fixed = class >> 16 == CLASS_HOST_BRIDGE || class >> 16 == CLASS_ISA_BRIDGE || display;
        census->masters++;
        if (!fixed && pci_read(pci, function, PCI_COMMAND, 2) & COMMAND_BUS_MASTER) {
            if (census->stubborn <= MAX_MUTED)
                census->stubborn_functions[census->stubborn] = index;
            census->stubborn++;
        }
    }
}

/*
 * The last bus first, so that what is below a bridge is handed over while the bridge still passes
 * it on.
 */
struct pci_census pci_quiet(const struct facts *facts, uint32_t display)
{
    struct pci_census census = {0};
    for (uint32_t i = facts->function_count; i-- > 0;) {
        uint32_t function = facts->functions[i].pci;
        struct pci pci = access_to(facts, function);
        if (!usb_take(facts, &pci, function & 0xffff)) {
            census.usb_held++;
            census.usb_function = function;
        }
        quiet(&pci, function & 0xffff, i == display, &census, i);
    }
    return census;
}
