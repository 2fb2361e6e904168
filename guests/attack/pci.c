/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3 by way of configuration space: whose functions are there, what their headers say, and whether
 * a function goes where its registers are told to. Command line: functions= how many the domain
 * was given (1).
 */
#include "guests/lib/pci.h"
#include "attack.h"
#include "guests/lib/boot.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"

enum { BUSES = 256, HOST_BRIDGE = 0x0600, TOGGLES = 1000, ADDRESS_PORT = 0xcf8, DATA_PORT = 0xcfc };
#define ALL_ONES 0xffffffffu

/* Function 0 of devices from 1 on is the domain's if it answers; anything else is nobody's. */
static void others_by_ecam(void)
{
    uint32_t own = 0, strangers = 0, first = PCI_NONE;
    for (uint32_t function = 0; function < PCI_DEVICES * PCI_FUNCTIONS; function++) {
        if (pci_read(function, PCI_ID, 4) == ALL_ONES) {
            continue;
        }
        if (function == 0 && pci_read(0, PCI_CLASS, 2) == HOST_BRIDGE) {
            continue;
        }
        if (function && function % PCI_FUNCTIONS == 0) {
            own++;
        } else if (!strangers++) {
            first = function;
        }
    }
    report(own == cmdline_number("functions", 1) && strangers == 0, "I3", "pci-others-ecam",
           "%u functions of its own, %u others, first 0x%x", own, strangers, first);
}

/* All functions of some buses, function 0 of every device of the others. */
static void others_by_ports(void)
{
    uint32_t tried = 0, answers = 0, first = PCI_NONE;
    for (uint32_t bus = 1; bus < BUSES; bus++) {
        uint32_t step = bus <= 2 || bus == 0x80 || bus == 0xff ? 1 : PCI_FUNCTIONS;
        for (uint32_t i = 0; i < PCI_DEVICES * PCI_FUNCTIONS; i += step, tried++) {
            if (pci_port_read(bus << 8 | i, PCI_ID, 4) != ALL_ONES && !answers++) {
                first = bus << 8 | i;
            }
        }
    }
    report(answers == 0, "I3", "pci-others-ports", "%u of %u functions answer, first 0x%x", answers,
           tried, first);
}

static void same_by_ports(uint32_t function)
{
    uint32_t differ = 0, first = 0;
    for (uint32_t offset = 0; offset < PCI_PORT_SPACE; offset += 4) {
        uint32_t whole = pci_read(function, offset, 4);
        bool same = pci_port_read(function, offset, 4) == whole;
        for (uint32_t i = 0; i < 4; i++) {
            same &= pci_port_read(function, offset + i, 1) == (whole >> 8 * i & 0xff);
            same &= pci_read(function, offset + i, 1) == (whole >> 8 * i & 0xff);
            same &= i % 2 || pci_port_read(function, offset + i, 2) == (whole >> 8 * i & 0xffff);
        }
        if (!same && !differ++) {
            first = offset;
        }
    }
    outl(ADDRESS_PORT, function << 8);
    uint32_t disabled = inl(DATA_PORT);
    report(differ == 0 && disabled == ALL_ONES, "I3", "pci-same-by-ports",
           "%u words differ, first at 0x%x; 0x%x without the enable bit", differ, first, disabled);
}

/* Capabilities that lead out of the domain, or that nobody has decided about. */
static void header(uint32_t function)
{
    uint32_t type = pci_read(function, PCI_HEADER_TYPE, 1);
    uint32_t pin = pci_read(function, PCI_INTERRUPT_PIN, 1);
    uint32_t rom = pci_read(function, PCI_ROM, 4);
    report(type == 0 && pin == 0 && rom == 0, "I3", "pci-header",
           "function 0x%x: header type %u, interrupt pin %u, ROM 0x%x", function, type, pin, rom);
    uint32_t at = pci_read(function, PCI_CAPABILITIES, 1), unknown = 0, count = 0;
    for (; at >= PCI_FIRST_FREE && count < 48; count++) {
        uint32_t id = pci_read(function, at, 1);
        bool is_virtio = id == 0x09 && (pci_read(function, PCI_ID, 4) & 0xffff) == 0x1af4;
        bool known = id == PCI_POWER || id == PCI_MSI || id == PCI_MSIX || id == PCI_EXPRESS;
        unknown += !known && !is_virtio;
        at = pci_read(function, at + 1, 1);
    }
    report(unknown == 0 && count < 48, "I3", "pci-capabilities",
           "function 0x%x: %u, of them %u that lead elsewhere", function, count, unknown);
}

static void sizes(uint32_t function)
{
    for (uint32_t i = 0; i < PCI_BARS; i++) {
        uint32_t before = pci_read(function, PCI_BAR + 4 * i, 4);
        struct pci_bar bar = pci_bar(function, i);
        uint32_t after = pci_read(function, PCI_BAR + 4 * i, 4);
        bool is_power = (bar.bytes & (bar.bytes - 1)) == 0;
        bool in_hole = bar.base >= GUEST_DEVICES && bar.base + bar.bytes <= GUEST_ECAM;
        bool above = bar.base >= GUEST_HOLE_END;
        bool placed = !bar.bytes || (bar.base % bar.bytes == 0 && (in_hole || above));
        report(before == after && !(before & PCI_BAR_PORTS) && is_power && placed, "I3",
               "pci-bar-size", "function 0x%x, BAR %u: 0x%lx bytes at 0x%lx", function, i,
               bar.bytes, bar.base);
        i += bar.is_64;
    }
}

/* Where the registers answer while the BAR says otherwise. */
static void move(const struct edu *edu)
{
    static const uint64_t places[] = {0, 0x100000, 0xd0000000, 0xfec00000, 0xfee00000, 0xfed90000};
    uint32_t gone = 0, followed = 0;
    uint32_t before = pci_read(edu->function, PCI_BAR, 4);
    for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        const volatile uint32_t *place = (const volatile uint32_t *)memory_window(places[i]);
        pci_write(edu->function, PCI_BAR, 4, (uint32_t)places[i]);
        gone += edu_get(edu, EDU_REGISTER_VERSION) != EDU_VERSION;
        followed += *place == EDU_VERSION;
        pci_write(edu->function, PCI_BAR, 4, before);
    }
    report(gone == 0 && followed == 0, "I3", "pci-bar-move",
           "of %u places it went to %u, and left its own %u times",
           (unsigned)(sizeof(places) / sizeof(places[0])), followed, gone);
    bool same = pci_read(edu->function, PCI_BAR, 4) == before;
    report(same && edu_get(edu, EDU_REGISTER_VERSION) == EDU_VERSION, "I3", "pci-bar-back",
           "it is back at 0x%x", before);
}

static void toggle(const struct edu *edu)
{
    uint32_t wrong = 0;
    for (unsigned i = 0; i < TOGGLES; i++) {
        uint16_t bit = i % 2 ? PCI_COMMAND_MASTER : PCI_COMMAND_MEMORY;
        pci_command(edu->function, 0, bit);
        wrong += (pci_read(edu->function, PCI_COMMAND, 2) & bit) != 0;
        pci_command(edu->function, bit, 0);
        wrong += (pci_read(edu->function, PCI_COMMAND, 2) & bit) == 0;
    }
    report(wrong == 0, "I3", "pci-command-toggle", "%u times, read back otherwise %u times",
           (unsigned)TOGGLES, wrong);
    pci_command(edu->function, 0, PCI_COMMAND_MEMORY);
    uint32_t off = edu_get(edu, EDU_REGISTER_VERSION);
    pci_command(edu->function, PCI_COMMAND_MEMORY, 0);
    uint32_t on = edu_get(edu, EDU_REGISTER_VERSION);
    report((off == EDU_VERSION || off == ALL_ONES) && on == EDU_VERSION, "I3", "pci-memory-off",
           "reads 0x%x without memory decoding, 0x%x with it again", off, on);
}

/* Power states other than D0 are for the guest's eyes: a real one would unmap the BARs. */
static void power(const struct edu *edu)
{
    uint32_t at = pci_capability(edu->function, PCI_POWER);
    if (!at) {
        return;
    }
    uint32_t wrong = 0;
    for (uint32_t state = 1; state <= PCI_POWER_STATE; state++) {
        pci_write(edu->function, at + PCI_POWER_CONTROL, 2, state);
        (void)edu_get(edu, EDU_REGISTER_VERSION);
        pci_write(edu->function, at + PCI_POWER_CONTROL, 2, 0);
        wrong += (pci_read(edu->function, at + PCI_POWER_CONTROL, 2) & PCI_POWER_STATE) != 0;
        wrong += edu_get(edu, EDU_REGISTER_VERSION) != EDU_VERSION;
    }
    report(wrong == 0, "I3", "pci-power", "D1 to D3 and back: %u times not there again", wrong);
}

void attack_pci(void)
{
    const struct edu *edu = own_edu();
    others_by_ecam();
    others_by_ports();
    for (uint32_t function = 0; (function = pci_next(function)) != PCI_NONE;) {
        same_by_ports(function);
        header(function);
        sizes(function);
    }
    move(edu);
    toggle(edu);
    power(edu);
}
