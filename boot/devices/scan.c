/* SPDX-License-Identifier: Apache-2.0 */
/* Which PCI functions the machine has: see the header. */
#include "scan.h"
#include "access.h"
#include "bars.h"
#include "boot/machine/reach.h"
#include "boot/plan/diagnostic.h"
#include "capabilities.h"
#include "usb.h"

enum {
    BUSES = 256,
    BUS_FUNCTIONS = 256,
    SEGMENTS = 0x10000,
    MULTIFUNCTION = 0x80,
    ABSENT = 0xffff,
    SECONDARY_BUS = 0x19,
    SUBORDINATE_BUS = 0x1a,
    WINDOW_MEMORY = 0x20, /* of a bridge: base and limit, of 1 MiB each, 16 bits */
    WINDOW_PREFETCHABLE = 0x24,
    WINDOW_UPPER_BASE = 0x28,
    WINDOW_UPPER_LIMIT = 0x2c,
    WINDOW_64 = 1,
    HEADER_BRIDGE = 1,
    BRIDGE_BARS = 2,
    DECODES_MEMORY = 1 << 1,
    IS_MASTER = 1 << 2,
};

struct scan {
    const struct manifest_device *devices;
    uint32_t device_count, configs_used;
    struct facts *facts;
    uint8_t *configs;
    struct diagnostic *why;
};

static bool is_named(const struct scan *scan, uint32_t function)
{
    for (uint32_t i = 0; i < scan->device_count; i++)
        if (scan->devices[i].pci == function)
            return true;
    return false;
}

/*
 * Where its owner could raise SMIs (TRAPS 44). The firmware may have switched the registers off:
 * they are where it put them all the same.
 */
static bool find_legacy(const struct scan *scan, const struct pci *pci, struct fact_function *fact)
{
    const struct fact_bar *bar = &fact->bars[0];
    if (fact->class_code >> 8 != USB_XHCI || bar->bytes == 0 || bar->base == 0 ||
        bar->type & BAR_PORTS)
        return true;
    uint32_t function = fact->pci & 0xffff, command = pci_read(pci, function, PCI_COMMAND, 2);
    bool found = bar->bytes >= PAGE_BYTES && reach_possible(bar->base, PAGE_BYTES);
    pci_write(pci, function, PCI_COMMAND, 2, command | DECODES_MEMORY);
    found =
        found && usb_xhci_legacy((volatile uint8_t *)bar->base, bar->bytes, &fact->legacy_offset);
    pci_write(pci, function, PCI_COMMAND, 2, command);
    return found ||
           diagnose(scan->why,
                    "I3: the USB controller " PCI_LONG_NAME ", which the manifest assigns, "
                    "does not say whether it can raise SMIs: switch it on in the "
                    "firmware's setup, or remove it from `devices`",
                    PCI_LONG_PARTS(fact->pci));
}

static bool ask_named(struct scan *scan, const struct pci *pci, struct fact_function *fact)
{
    uint32_t function = fact->pci & 0xffff;
    uint8_t *config = scan->configs + (size_t)scan->configs_used++ * CONFIG_SPACE_BYTES;
    if (fact->header == 0 && !bars_size(pci, function, fact->bars))
        return diagnose(scan->why,
                        "I3: the PCI function " PCI_LONG_NAME ", which the manifest assigns, does "
                        "not keep its addresses: remove it from `devices`, or replace the device",
                        PCI_LONG_PARTS(fact->pci));
    for (unsigned at = 0; at < CONFIG_SPACE_BYTES; at += 4)
        *(uint32_t *)(config + at) = pci_read(pci, function, at, 4);
    fact->config = config;
    return find_legacy(scan, pci, fact);
}

/* One that begins at 0 is what a bridge shows that has none. */
static void read_window(const struct pci *pci, uint32_t function, unsigned offset,
                        struct free_range *window)
{
    uint32_t low = pci_read(pci, function, offset, 4);
    uint64_t base = (uint64_t)(low & 0xfff0) << 16, last = (low & 0xfff00000) | 0xfffff;
    if (offset == WINDOW_PREFETCHABLE && (low & 15) == WINDOW_64) {
        base |= (uint64_t)pci_read(pci, function, WINDOW_UPPER_BASE, 4) << 32;
        last |= (uint64_t)pci_read(pci, function, WINDOW_UPPER_LIMIT, 4) << 32;
    }
    if (base != 0 && base < last)
        *window = (struct free_range){base, last - base + 1};
}

/* Of a bridge also what it leads to; where its own few registers lie, and those of an endpoint. */
static void read_places(const struct pci *pci, uint32_t function, struct fact_function *fact)
{
    if (fact->header != 0) {
        fact->secondary = (uint8_t)pci_read(pci, function, SECONDARY_BUS, 1);
        fact->subordinate = (uint8_t)pci_read(pci, function, SUBORDINATE_BUS, 1);
    }
    if (fact->header == HEADER_BRIDGE) {
        read_window(pci, function, WINDOW_MEMORY, &fact->windows[0]);
        read_window(pci, function, WINDOW_PREFETCHABLE, &fact->windows[1]);
    }
    if (fact->header <= HEADER_BRIDGE)
        bars_read(pci, function, fact->header == HEADER_BRIDGE ? BRIDGE_BARS : MAX_BARS,
                  fact->bars);
}

static bool add_function(struct scan *scan, const struct pci *pci, uint32_t segment,
                         uint32_t function, bool multifunction)
{
    struct facts *facts = scan->facts;
    if (facts->function_count == MAX_FUNCTIONS)
        return diagnose(scan->why,
                        "I3: the machine has more than the %u PCI functions that Bulkhead can "
                        "silence: switch some off in the firmware's setup, or remove cards",
                        MAX_FUNCTIONS);
    struct fact_function *fact = &facts->functions[facts->function_count++];
    *fact = (struct fact_function){.pci = segment << 16 | function,
                                   .id = pci_read(pci, function, PCI_VENDOR, 4),
                                   .class_code = pci_read(pci, function, PCI_CLASS, 4),
                                   .header = pci_read(pci, function, PCI_HEADER_TYPE, 1) &
                                             (MULTIFUNCTION - 1),
                                   .multifunction = multifunction,
                                   .master = pci_read(pci, function, PCI_COMMAND, 2) & IS_MASTER};
    read_places(pci, function, fact);
    capabilities_read(pci, function, fact);
    return !is_named(scan, fact->pci) || ask_named(scan, pci, fact);
}

/* All functions of a device whose function 0 is missing: some firmware hides it. */
static bool scan_bus(struct scan *scan, uint32_t segment, uint32_t bus)
{
    struct pci pci = access_to(scan->facts, segment << 16 | bus << 8);
    uint32_t step, first = pci_function(bus, 0, 0);
    volatile uint8_t *ecam = pci.ecam;
    if (!pci.ecam && pci.ecam_only)
        return true;
    for (uint32_t f = first; f < first + BUS_FUNCTIONS; f += step) {
        step = 1;
        if (pci_vendor(ecam, f) == ABSENT)
            continue;
        bool alone = f % 8 == 0 && !(pci_read(&pci, f, PCI_HEADER_TYPE, 1) & MULTIFUNCTION);
        if (alone)
            step = 8;
        if (!add_function(scan, &pci, segment, f, !alone))
            return false;
    }
    return true;
}

/* The lowest segment from `least` on that has a window; SEGMENTS: there is none. */
static uint32_t next_segment(const struct facts *facts, uint32_t least)
{
    uint32_t next = SEGMENTS;
    for (uint32_t i = 0; i < facts->ecam_count; i++)
        if (facts->ecam[i].segment >= least && facts->ecam[i].segment < next)
            next = facts->ecam[i].segment;
    return next;
}

/* Every bus, not only those behind bridges that lead there: a machine may have several roots. */
bool scan_functions(const struct manifest *manifest, struct facts *facts, uint8_t *configs,
                    struct diagnostic *why)
{
    struct scan scan = {.facts = facts, .configs = configs, .why = why};
    scan.devices = manifest_entries(manifest, MANIFEST_DEVICES, &scan.device_count);
    facts->function_count = 0;
    for (uint32_t segment = 0; segment < SEGMENTS; segment = next_segment(facts, segment + 1))
        for (uint32_t bus = 0; bus < BUSES; bus++)
            if (!scan_bus(&scan, segment, bus))
                return false;
    return true;
}
