/* SPDX-License-Identifier: Apache-2.0 */
/* Interrupt lines: see the header. */
#include "pins.h"
#include "boot/plan/remap.h"
#include "drivers/io.h"
#include "reach.h"
#include "serial.h"
#include "text.h"

enum {
    PIC_MASTER_MASK = 0x21,
    PIC_SLAVE_MASK = 0xa1,
    IOAPIC_BYTES = 0x20,
    IOAPIC_WINDOW = 0x10,
    IOAPIC_VERSION = 1,
    IOAPIC_REDIRECTION = 0x10,
    RTE_MASKED = 1 << 16,
    RTE_NMI = 4 << 8,
    /* Remappable format: the index of an entry, whose highest bit lies apart; fixed, edge. */
    RTE_INDEX_HIGH = 1 << 11,
    RTE_REMAPPED = 1 << 16,
    RTE_INDEX_SHIFT = 17,
    INDEX_HIGH = 0x8000,
};

static uint32_t ioapic_read(const struct handoff_ioapic *ioapic, uint32_t index)
{
    *(volatile uint32_t *)ioapic->address = index;
    return *(volatile uint32_t *)(ioapic->address + IOAPIC_WINDOW);
}

static void ioapic_write(const struct handoff_ioapic *ioapic, uint32_t index, uint32_t value)
{
    *(volatile uint32_t *)ioapic->address = index;
    *(volatile uint32_t *)(ioapic->address + IOAPIC_WINDOW) = value;
}

static uint32_t ioapic_pins(const struct handoff_ioapic *ioapic)
{
    return (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff) + 1;
}

static void mask_ioapic(const struct handoff_ioapic *ioapic)
{
    reach(ioapic->address, IOAPIC_BYTES, "I/O APIC");
    uint32_t version = ioapic_read(ioapic, IOAPIC_VERSION);
    if (version == 0 || version == 0xffffffff)
        refuse("I4: the I/O APIC at %lx does not answer, so its lines can't be masked: update the "
               "firmware",
               ioapic->address);
    for (uint32_t pin = 0; pin < ioapic_pins(ioapic); pin++) {
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, RTE_MASKED);
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin + 1, 0);
        if (!(ioapic_read(ioapic, IOAPIC_REDIRECTION + 2 * pin) & RTE_MASKED))
            refuse("I4: line %u of the I/O APIC at %lx can't be masked: update the firmware", pin,
                   ioapic->address);
    }
}

void pins_mask(const struct facts *facts)
{
    outb(PIC_MASTER_MASK, 0xff);
    outb(PIC_SLAVE_MASK, 0xff);
    for (uint32_t i = 0; i < facts->ioapic_count; i++)
        mask_ioapic(&facts->ioapics[i]);
}

/*
 * ISA line `irq` becomes an NMI, that is a knock, at the processor with `apic_id`; false: no I/O
 * APIC has it.
 */
static bool route_knock(const struct handoff *handoff, unsigned irq, uint32_t apic_id)
{
    bool routed = false;
    for (uint32_t i = 0; i < handoff->ioapic_count; i++) {
        const struct handoff_ioapic *ioapic = &handoff->ioapics[i];
        if (ioapic->gsi_base > irq || irq - ioapic->gsi_base >= ioapic_pins(ioapic))
            continue;
        uint32_t pin = irq - ioapic->gsi_base;
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin + 1, apic_id << 24);
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, RTE_NMI);
        routed = true;
    }
    return routed;
}

/* The same where messages in the old format are blocked: the NMI stands in the units' table. */
static bool remap_knock(const struct handoff *handoff, uint32_t irq, uint32_t apic_id)
{
    const struct handoff_ioapic *ioapic = remap_ioapic(handoff, irq);
    uint32_t index = IRT_LINES + irq;
    if (!ioapic || irq - ioapic->gsi_base >= ioapic_pins(ioapic))
        return false;
    if (ioapic->requester == FUNCTION_NONE)
        refuse("I4: the firmware's DMAR table does not say as what the I/O APIC at %lx raises line "
               "%u: write `polled: true` at the serial port of each domain, or update the firmware",
               ioapic->address, irq);
    uint32_t pin = irq - ioapic->gsi_base;
    remap_line(ioapic, apic_id, (uint64_t *)handoff->iommu_entries + 2 * index);
    ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin + 1,
                 (index & ~(uint32_t)INDEX_HIGH) << RTE_INDEX_SHIFT | RTE_REMAPPED);
    ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, index & INDEX_HIGH ? RTE_INDEX_HIGH : 0);
    return true;
}

void pins_route_knocks(const struct handoff *handoff, const struct manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        const struct manifest_domain *domain = &manifest->domains[i];
        uint32_t first = handoff->cpus[handoff->domains[i].cpus[0]].apic_id;
        if (domain->serial_port == 0 || domain->flags & MANIFEST_SERIAL_POLLED ||
            (!handoff->iommu_count && first >= 255))
            continue;
        uint32_t line = serial_line(domain);
        if (handoff->iommu_count ? !remap_knock(handoff, line, first)
                                 : !route_knock(handoff, line, first))
            refuse("I4: no I/O APIC has interrupt line %u of com%u of domain %s: write "
                   "`polled: true` there, or its line (`irq`)",
                   line, domain->serial_port, domain->name);
    }
}
