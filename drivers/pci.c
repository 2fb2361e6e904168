/* SPDX-License-Identifier: Apache-2.0 */
/* PCI configuration access: see the header. */
#include "pci.h"
#include "io.h"
#include <stdbool.h>

enum {
    CONFIG_ADDRESS = 0xcf8,
    CONFIG_DATA = 0xcfc,
    CLASS_BRIDGE = 0x06,
    COMMAND_BUS_MASTER = 1 << 2,
    COMMAND_SERR = 1 << 8,
    COMMAND_INTX_OFF = 1 << 10,
    STATUS_CAPABILITIES = 1 << 4,
    BRIDGE_CONTROL_SERR = 1 << 1,
    MULTIFUNCTION = 0x80,
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

static bool has_ecam(const struct pci *pci, uint32_t function)
{
    return pci->ecam && function >> 8 >= pci->bus_first && function >> 8 <= pci->bus_last;
}

static volatile uint8_t *ecam_at(const struct pci *pci, uint32_t function, unsigned offset)
{
    return pci->ecam + ((uint64_t)(function - (pci->bus_first << 8)) << 12) + offset;
}

static void select_register(uint32_t function, unsigned offset)
{
    outl(CONFIG_ADDRESS, 0x80000000u | function << 8 | (offset & 0xfc));
}

/* Reading has no side effects in configuration space, so all of the dword is read. */
uint32_t pci_read(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes)
{
    uint32_t value = 0xffffffff;

    if (has_ecam(pci, function)) {
        value = *(volatile uint32_t *)ecam_at(pci, function, offset & ~3u);
    } else if (offset < 0x100) {
        select_register(function, offset);
        value = inl(CONFIG_DATA);
    }
    return value >> offset % 4 * 8 & 0xffffffff >> (32 - 8 * bytes);
}

void pci_write(const struct pci *pci, uint32_t function, unsigned offset, unsigned bytes,
               uint32_t value)
{
    uint16_t port = CONFIG_DATA + offset % 4;

    if (has_ecam(pci, function)) {
        volatile uint8_t *at = ecam_at(pci, function, offset);
        if (bytes == 1)
            *at = (uint8_t)value;
        else if (bytes == 2)
            *(volatile uint16_t *)at = (uint16_t)value;
        else
            *(volatile uint32_t *)at = value;
    } else if (offset < 0x100) {
        select_register(function, offset);
        if (bytes == 1)
            outb(port, (uint8_t)value);
        else if (bytes == 2)
            outw(port, (uint16_t)value);
        else
            outl(port, value);
    }
}

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

static void quiet(const struct pci *pci, uint32_t function, struct pci_census *census)
{
    unsigned type = pci_read(pci, function, PCI_HEADER_TYPE, 1) & 0x7f;
    uint32_t command = pci_read(pci, function, PCI_COMMAND, 2);
    bool endpoint = type == 0;
    unsigned at = type == 2 ? PCI_BRIDGE_CAPABILITIES_CARDBUS : PCI_CAPABILITIES;

    change16(pci, function, PCI_COMMAND, COMMAND_SERR | (endpoint ? COMMAND_BUS_MASTER : 0),
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

    census->endpoints += endpoint;
    census->bridges += !endpoint;
    if (endpoint && command & COMMAND_BUS_MASTER) {
        /* Host and ISA bridges have the bit hard-wired and no DMA engine of their own. */
        bool chipset = pci_read(pci, function, PCI_CLASS, 4) >> 24 == CLASS_BRIDGE;
        census->masters++;
        if (!chipset && pci_read(pci, function, PCI_COMMAND, 2) & COMMAND_BUS_MASTER) {
            census->stubborn++;
            census->stubborn_function = function;
        }
    }
}

/*
 * All buses, not only those behind bridges that lead there: a machine may have several roots. All
 * functions of a device whose function 0 is missing: some firmware hides it.
 */
struct pci_census pci_quiet(uint64_t ecam, uint32_t bus_first, uint32_t bus_last)
{
    struct pci_census census = {0};
    struct pci pci = {.ecam = (volatile uint8_t *)ecam};
    uint32_t end, step;

    pci.bus_first = ecam ? bus_first : 0;
    pci.bus_last = ecam ? bus_last : 255;
    end = pci_function(pci.bus_last + 1, 0, 0);
    for (uint32_t f = pci_function(pci.bus_first, 0, 0); f < end; f += step) {
        step = 1;
        if (pci_read(&pci, f, PCI_VENDOR, 2) == 0xffff)
            continue;
        if (f % 8 == 0 && !(pci_read(&pci, f, PCI_HEADER_TYPE, 1) & MULTIFUNCTION))
            step = 8;
        quiet(&pci, f, &census);
    }
    return census;
}
