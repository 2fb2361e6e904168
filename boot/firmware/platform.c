/* SPDX-License-Identifier: Apache-2.0 */
/* The machine between firmware and kernel. */
#include "platform.h"
#include "arch/x86/include/cpu.h"
#include "boot/devices/pci_quiet.h"
#include "drivers/io.h"
#include "drivers/uart16550.h"
#include <string.h>

enum {
    PIC_MASTER_MASK = 0x21,
    PIC_SLAVE_MASK = 0xa1,
    IOAPIC_WINDOW = 0x10,
    IOAPIC_VERSION = 1,
    IOAPIC_REDIRECTION = 0x10,
    RTE_MASKED = 1 << 16,
    RTE_NMI = 4 << 8,
    MSR_EFER = 0xc0000080,
    EFER_NXE = 1 << 11,
    ELF_ENTRY = 24,
};
#define CR0_WP (1ull << 16)

static void ioapic_write(const struct handoff_ioapic *ioapic, uint32_t index, uint32_t value)
{
    *(volatile uint32_t *)ioapic->address = index;
    *(volatile uint32_t *)(ioapic->address + IOAPIC_WINDOW) = value;
}

static uint32_t ioapic_pins(const struct handoff_ioapic *ioapic)
{
    *(volatile uint32_t *)ioapic->address = IOAPIC_VERSION;
    return (*(volatile uint32_t *)(ioapic->address + IOAPIC_WINDOW) >> 16 & 0xff) + 1;
}

static void mask_interrupts(const struct handoff *handoff)
{
    outb(PIC_MASTER_MASK, 0xff);
    outb(PIC_SLAVE_MASK, 0xff);
    for (uint32_t i = 0; i < handoff->ioapic_count; i++) {
        const struct handoff_ioapic *ioapic = &handoff->ioapics[i];
        for (uint32_t pin = 0; pin < ioapic_pins(ioapic); pin++) {
            ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, RTE_MASKED);
            ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin + 1, 0);
        }
    }
}

/* ISA line `irq` becomes an NMI, that is a knock, at the processor with `apic_id`. */
static void route_knock(const struct handoff *handoff, unsigned irq, uint32_t apic_id)
{
    for (uint32_t i = 0; i < handoff->ioapic_count; i++) {
        const struct handoff_ioapic *ioapic = &handoff->ioapics[i];
        if (ioapic->gsi_base > irq || irq - ioapic->gsi_base >= ioapic_pins(ioapic))
            continue;
        uint32_t pin = irq - ioapic->gsi_base;
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin + 1, apic_id << 24);
        ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, RTE_NMI);
    }
}

static bool uart_answers(unsigned com)
{
    uint16_t scratch = (uint16_t)(uart_port(com) + UART_SCR);
    outb(scratch, 0x5a);
    bool first = inb(scratch) == 0x5a;
    outb(scratch, 0xa5);
    return first && inb(scratch) == 0xa5;
}

void platform_check_serial(const struct manifest *manifest)
{
    const struct manifest_domain *owner[16] = {NULL};
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        const struct manifest_domain *domain = &manifest->domains[i];
        if (domain->serial_port == 0)
            continue;
        if (!uart_answers(domain->serial_port))
            refuse(
                "domain %s is to have com%u, and the machine has no UART there: enable it in the "
                "firmware or take another port",
                domain->name, domain->serial_port);
        if (domain->flags & MANIFEST_SERIAL_POLLED)
            continue;
        const struct manifest_domain **line = &owner[uart_irq(domain->serial_port)];
        if (*line)
            refuse("I4: com%u of domain %s and com%u of domain %s share an interrupt line: one of "
                   "them must be `polled: true`",
                   (*line)->serial_port, (*line)->name, domain->serial_port, domain->name);
        *line = domain;
    }
}

void platform_quiet(const struct facts *facts, const struct handoff *handoff,
                    const struct manifest *manifest)
{
    for (unsigned com = 1; com <= 4; com++)
        outb((uint16_t)(uart_port(com) + UART_IER), 0);
    mask_interrupts(handoff);
    struct pci_census census = pci_quiet(facts);
    if (census.host_bridges == 0)
        refuse(
            "I3: no PCI host bridge answers, so devices can't be reached to silence them: update "
            "the firmware");
    if (census.stubborn != 0)
        refuse("I3: PCI function %02x:%02x.%x keeps bus mastering although it belongs to nobody; "
               "remove or disable the device",
               census.stubborn_function >> 8, census.stubborn_function >> 3 & 31,
               census.stubborn_function & 7);
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        const struct manifest_domain *domain = &manifest->domains[i];
        uint32_t first = handoff->cpus[handoff->domains[i].cpus[0]].apic_id;
        if (domain->serial_port != 0 && !(domain->flags & MANIFEST_SERIAL_POLLED) && first < 255)
            route_knock(handoff, uart_irq(domain->serial_port), first);
    }
}

/* RDI = page table, RSI = entry: the only code that both page tables must map. */
static const uint8_t jump_code[] = {
    0x0f, 0x22, 0xdf, /* mov cr3, rdi */
    0xff, 0xe6,       /* jmp rsi */
};

_Noreturn void platform_jump(const struct handoff *handoff, const void *kernel)
{
    uint64_t entry;
    memcpy(&entry, (const uint8_t *)kernel + ELF_ENTRY, sizeof(entry));
    memcpy((void *)handoff->trampoline_hpa, jump_code, sizeof(jump_code));
    __asm__ volatile("cli");
    cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) | EFER_NXE);
    cpu_write_cr0(cpu_read_cr0() | CR0_WP);
    __asm__ volatile("jmp *%0" ::"r"(handoff->trampoline_hpa), "D"(handoff->boot_page_table),
                     "S"(entry)
                     : "memory");
    __builtin_unreachable();
}
