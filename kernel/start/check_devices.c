/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, the machine's part: who can raise an interrupt or do DMA (I3, I4). */
#include "check_machine.h"
#include "drivers/io.h"
#include "drivers/pci_acs.h"
#include "kernel/check/check_parts.h"
#include <string.h>

/* I/O APIC: registers, and an entry of its table. */
enum {
    IOAPIC_VERSION = 1,
    IOAPIC_ENTRIES = 0x10, /* two registers each */
    MAX_LINES = 240,
    ENTRY_NMI = 4 << 8,       /* edge, physical destination, not masked */
    ENTRY_REMAPPED = 1 << 16, /* of the high register, below 15 bits of an index; then bit 11 */
    ENTRY_MASKED = 1 << 16,
    ENTRY_STATE = 1 << 12 | 1 << 14, /* sent and not yet acknowledged: read-only */
    MOST_APIC_ID = 254,
    PIC_1_MASK = 0x21,
    PIC_2_MASK = 0xa1,
    PICS_MASKED = 0xffff,
};

/* Configuration space, by dwords, but for what check_machine.h has. */
enum {
    CONFIG_CLASS = 0x8,
    BARS = 6,
    BRIDGE_BARS = 2,
    BAR_WIDTH = 6,
    NO_VENDOR = 0xffff,
    BUS_MASTER = 1 << 2,
    CLASS_HOST_BRIDGE = 0x0600,
    CLASS_ISA_BRIDGE = 0x0601,
    BUSES = 256,
    CF8 = 0xcf8,
    CFC = 0xcfc,
    MULTIFUNCTION = 1 << 23, /* of the dword at CONFIG_HEADER */
    EXPRESS = 0x10,
    UPSTREAM_PORT = 5,
    EXTENDED = 0x100,
    MOST_EXTENDED = 960,
    ACS = 0x000d,
    ACS_ON = 0x1d, /* source validation, request and completion redirect, upstream forwarding */
    ACS_FUNCTION = 0xc, /* of these, what a function without a port can have */
    ACS_OFF = 0x60,     /* egress control, direct translated */
};

#define ECAM_ADDRESS 0xffffffff00000ull /* below 1 << 52, a megabyte a bus */

uint32_t check_knocked_by(const struct check_machine *machine, uint32_t line)
{
    static const uint32_t usual[] = {0, 4, 3, 4, 3}; /* of com1 to com4 */
    for (uint32_t i = 0; i < machine->handoff->domain_count; i++) {
        const struct manifest_domain *rules = &machine->manifest->domains[i];
        uint32_t first = machine->handoff->cpus[machine->handoff->domains[i].cpus[0]].apic_id;
        if (!rules->serial_port || rules->serial_port >= sizeof usual / sizeof usual[0] ||
            rules->flags & MANIFEST_SERIAL_POLLED ||
            (first > MOST_APIC_ID && !machine->handoff->iommu_count))
            continue;
        if ((rules->serial_irq ? rules->serial_irq : usual[rules->serial_port]) == line)
            return first;
    }
    return HANDOFF_NOBODY;
}

static bool check_ioapic(struct check_machine *machine, const struct handoff_ioapic *ioapic)
{
    uint32_t version = machine->ioapic(ioapic->address, IOAPIC_VERSION, machine->context);
    uint32_t lines = (version >> 16 & 0xff) + 1;
    if (!version || version == ~0u || lines > MAX_LINES)
        return check_fail(machine->result, "I4", "no I/O APIC at %lx: it reads %x", ioapic->address,
                          version);
    for (uint32_t i = 0; i < lines; i++) {
        uint32_t entry = IRT_LINES + ioapic->gsi_base + i;
        uint32_t index = IOAPIC_ENTRIES + 2 * i,
                 due = check_knocked_by(machine, ioapic->gsi_base + i);
        uint32_t low = machine->ioapic(ioapic->address, index, machine->context);
        uint32_t high = machine->ioapic(ioapic->address, index + 1, machine->context);
        uint32_t low_due = ENTRY_NMI, high_due = due << 24;
        if (machine->handoff->iommu_count) {
            low_due = (entry >> 15 & 1) << 11;
            high_due = entry << 17 | ENTRY_REMAPPED;
        }
        if (due == HANDOFF_NOBODY ? !(low & ENTRY_MASKED)
                                  : (low & ~(uint32_t)ENTRY_STATE) != low_due || high != high_due)
            return check_fail(machine->result, "I4", "I/O APIC at %lx, line %u: %x %x, expected %s",
                              ioapic->address, i, high, low,
                              due == HANDOFF_NOBODY ? "masked" : "a knock at its owner");
        machine->lines++;
    }
    return true;
}

/* By ports of its own; the loader silenced the machine by others' hands. */
static inline uint32_t config(const volatile uint32_t *ecam, uint32_t function, uint32_t offset)
{
    if (ecam)
        return ecam[offset / sizeof *ecam];
    outl(CF8, 1u << 31 | function << 8 | offset);
    return inl(CFC);
}

static bool is_bridge(const volatile uint32_t *ecam, uint32_t function)
{
    return (config(ecam, function, CONFIG_HEADER) & HEADER_TYPE) == HEADER_BRIDGE;
}

/* Whether it is a bridge with the function `pci` below. */
static bool leads_to(const volatile uint32_t *ecam, uint32_t function, uint32_t pci)
{
    uint32_t buses = config(ecam, function, CONFIG_BUSES);
    return is_bridge(ecam, function) && pci >> 8 >= (buses >> 8 & 0xff) &&
           pci >> 8 <= (buses >> 16 & 0xff);
}

/* Or with one of somebody's. */
static bool leads_to_owned(const struct check_machine *machine, const volatile uint32_t *ecam,
                           uint32_t function)
{
    const struct handoff *handoff = machine->handoff;
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (!check_silent(&handoff->functions[i]) &&
            leads_to(ecam, function, handoff->functions[i].pci))
            return true;
    return false;
}

/* A function directly below a bridge says so: how it is reset and may speak rests on that. */
static bool check_port(struct check_machine *machine, const volatile uint32_t *ecam,
                       uint32_t function)
{
    const struct handoff *handoff = machine->handoff;
    uint32_t buses = config(ecam, function, CONFIG_BUSES), bus = buses >> 8 & 0xff;
    if (!is_bridge(ecam, function) || !bus)
        return true;
    machine->last_below[bus] = buses >> 16 & 0xff;
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (handoff->functions[i].pci >> 8 == bus && handoff->functions[i].port != function)
            return check_fail_function(machine->result, &handoff->functions[i],
                                       "the port above it is said to be",
                                       handoff->functions[i].port, function);
    return true;
}

/* Whether somebody has that page as another function's register. */
static bool is_given(const struct handoff *handoff, uint32_t function, uint64_t base)
{
    for (uint32_t i = 0; i < handoff->function_count; i++)
        for (unsigned k = 0; k < MAX_BARS; k++) {
            const struct function_bar *bar = &handoff->functions[i].bars[k];
            uint64_t inside = bar->hpa % PAGE_BYTES;
            if (handoff->functions[i].pci != function && bar->bytes &&
                overlap(base, PAGE_BYTES, bar->hpa - inside, bar->bytes + inside))
                return true;
        }
    return false;
}

/*
 * A domain's registers are nobody else's, whoever that is (I1). Large ones begin at a multiple of
 * their size, so that where one begins says enough.
 */
static bool check_registers(struct check_machine *machine, const volatile uint32_t *ecam,
                            uint32_t function)
{
    uint32_t type = config(ecam, function, CONFIG_HEADER) & HEADER_TYPE;
    uint32_t count = type == 0 ? BARS : type == HEADER_BRIDGE ? BRIDGE_BARS : 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t low = config(ecam, function, CONFIG_BARS + 4 * i);
        uint64_t base = low & ~(uint32_t)BAR_BITS;
        if (low & BAR_PORTS)
            continue;
        if ((low & BAR_WIDTH) == BAR_64 && ++i < count)
            base |= (uint64_t)config(ecam, function, CONFIG_BARS + 4 * i) << 32;
        if (base && is_given(machine->handoff, function, base & ~(PAGE_BYTES - 1)))
            return check_fail(machine->result, "I1",
                              "PCI function %02x:%02x.%x: its registers at %lx are another's",
                              function >> 8, function >> 3 & 31, function & 7, base);
    }
    return true;
}

/* Its device/port type if it is PCI Express, as far as ECAM shows it, else ~0. */
static uint32_t express_type(const volatile uint32_t *ecam)
{
    uint32_t at = ecam ? check_capability(ecam, EXPRESS) : 0;
    return at ? ecam[at / 4] >> 20 & 15 : ~0u;
}

/* Its access control, capability and control; false: none that is known to work. */
static bool access_control(const volatile uint32_t *ecam, uint32_t *registers)
{
    uint32_t at = EXTENDED;
    *registers = 0;
    if (!ecam || express_type(ecam) == ~0u || pci_has_dword_acs(ecam[CONFIG_ID]))
        return false;
    for (uint32_t i = 0; at >= EXTENDED && i < MOST_EXTENDED; i++) {
        uint32_t capability = ecam[at / 4];
        if ((capability & 0xffff) == ACS && at + 4 < PAGE_BYTES) {
            *registers = ecam[at / 4 + 1];
            return true;
        }
        at = capability >> 20 & 0xffc;
    }
    return false;
}

/*
 * Whether a function that separates nothing reaches `pci`: below a bridge all that is on its bus,
 * and below that; else its device's functions, and what is below these.
 */
static bool may_reach(const struct check_machine *machine, uint32_t function, uint32_t pci)
{
    uint32_t bus = function >> 8, last = machine->last_below[bus], first = function & ~7u;
    bool several = config(NULL, first, CONFIG_HEADER) & MULTIFUNCTION;
    if (last)
        return pci >> 8 >= bus && pci >> 8 <= last;
    for (uint32_t one = first; one < first + 8; one++)
        if ((several || one == function) && (one == pci || leads_to(NULL, one, pci)))
            return true;
    return false;
}

static bool has_one_owner(const struct check_machine *machine, uint32_t function)
{
    const struct handoff *handoff = machine->handoff;
    uint32_t owner = HANDOFF_NOBODY;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        if (!may_reach(machine, function, handoff->functions[i].pci))
            continue;
        if (owner != HANDOFF_NOBODY && owner != handoff->functions[i].domain)
            return false;
        owner = handoff->functions[i].domain;
    }
    return true;
}

/*
 * Ports, functions of one device and those on one bus pass nothing on to each other past the units:
 * their access control is on, all that a port must have and all that a function has (TRAPS 59, 71).
 * Where it is not, or there is none, all that they reach is one domain's.
 */
static bool check_access_control(struct check_machine *machine, const volatile uint32_t *ecam,
                                 uint32_t function)
{
    uint32_t registers, type = express_type(ecam);
    bool port = is_bridge(ecam, function) && type != UPSTREAM_PORT;
    bool several = config(NULL, function & ~7u, CONFIG_HEADER) & MULTIFUNCTION;
    bool neighbours = machine->last_below[function >> 8] && type != UPSTREAM_PORT;
    if (!port && !several && !neighbours)
        return true;
    bool has = access_control(ecam, &registers);
    uint32_t on = port ? ACS_ON : has ? registers & ACS_ON : ACS_FUNCTION;
    uint32_t is = registers >> 16 & (ACS_ON | ACS_OFF);
    return (is == on && (registers & on) == on) ||
           (!(is & ACS_OFF) && has_one_owner(machine, function)) ||
           check_fail_function(machine->result, &(struct function){.pci = function},
                               "access control (ACS)", is, on);
}

/*
 * Functions do DMA and send messages only as masters, and bridges pass on only as such what is
 * below them. A host or ISA bridge may have the bit hard-wired, and has no DMA of its own.
 */
static bool check_function(struct check_machine *machine, const volatile uint32_t *ecam,
                           uint32_t function, uint32_t *hosts)
{
    uint32_t class = config(ecam, function, CONFIG_CLASS) >> 16;
    bool fixed = class == CLASS_HOST_BRIDGE || class == CLASS_ISA_BRIDGE;
    machine->functions++;
    *hosts += class == CLASS_HOST_BRIDGE;
    for (uint32_t i = 0; i < machine->handoff->muted_count; i++)
        fixed |= machine->handoff->muted[i] == function; /* the units block it */
    if (config(ecam, function, CONFIG_COMMAND) & BUS_MASTER && !fixed &&
        !leads_to_owned(machine, ecam, function))
        return check_fail(machine->result, "I3",
                          "PCI function %02x:%02x.%x (%08x, class %04x) is a bus master and "
                          "must not be one yet",
                          function >> 8, function >> 3 & 31, function & 7,
                          config(ecam, function, CONFIG_ID), class);
    return check_port(machine, ecam, function) && check_registers(machine, ecam, function) &&
           check_access_control(machine, ecam, function);
}

/*
 * Every number, not only those that other functions point at. A function that can be seen in one
 * way only would be one that a wrong address of ECAM hides.
 */
static bool check_bus(struct check_machine *machine, uint32_t bus, uint32_t *hosts)
{
    const struct handoff *handoff = machine->handoff;
    bool by_ecam =
        handoff->ecam_base && bus >= handoff->ecam_bus_first && bus <= handoff->ecam_bus_last;
    for (uint32_t function = bus << 8; function < (bus + 1) << 8; function++) {
        const volatile uint32_t *ecam = NULL;
        if (by_ecam) {
            ecam =
                machine->frame(handoff->ecam_base + ((uint64_t)function << 12), machine->context);
            if (!ecam)
                return check_fail(machine->result, "I3", "PCI bus %x can't be seen", bus);
        }
        uint32_t id = config(NULL, function, CONFIG_ID);
        if (ecam && config(ecam, function, CONFIG_ID) != id)
            return check_fail(machine->result, "I3",
                              "PCI function %02x:%02x.%x: ECAM at %lx says %08x, ports %08x", bus,
                              function >> 3 & 31, function & 7, handoff->ecam_base,
                              config(ecam, function, CONFIG_ID), id);
        if ((uint16_t)id != NO_VENDOR && !check_function(machine, ecam, function, hosts))
            return false;
    }
    return true;
}

bool check_machine_devices(struct check_machine *machine)
{
    uint32_t hosts = 0, masks = (uint32_t)inb(PIC_2_MASK) << 8 | inb(PIC_1_MASK);
    for (uint32_t i = 0; i < machine->handoff->ioapic_count; i++)
        if (!check_ioapic(machine, &machine->handoff->ioapics[i]))
            return false;
    if (masks != PICS_MASKED)
        return check_fail(machine->result, "I4", "8259 interrupt masks: %x, expected %x", masks,
                          PICS_MASKED);
    if (machine->handoff->ecam_base & ~ECAM_ADDRESS)
        return check_fail(machine->result, "I3", "ECAM at %lx: not a bus's megabyte",
                          machine->handoff->ecam_base);
    memset(machine->last_below, 0, sizeof(machine->last_below));
    for (uint32_t bus = 0; bus < BUSES; bus++)
        if (!check_bus(machine, bus, &hosts))
            return false;
    return hosts || check_fail(machine->result, "I3",
                               "no host bridge among %u PCI functions: configuration space "
                               "can't be reached",
                               machine->functions);
}
