/* SPDX-License-Identifier: Apache-2.0 */
/* What a device costs: its configuration, its messages, and the life of a domain that has one. */
#include "bench.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/edu.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"

enum {
    DEVICE_VECTOR = 0x53,
    DEVICE_INTERRUPTS = 10000,
    ENTRY_CONTROL = 12,
    ADDRESS_PORT = 0xcf8,
    READER_MARKS = 20, /* a second */
};
#define ADDRESS_ENABLE 0x80000000u

/* Command in the ECAM window, what it holds, and the mask of an entry of the MSI-X table. */
extern uint64_t bench_register, bench_vector_control;
extern uint32_t bench_register_value;

static volatile uint32_t device_hits;

bool device_find(void)
{
    uint32_t function = pci_next(0), msix = 0;
    for (; function != PCI_NONE; function = pci_next(function)) {
        msix = pci_capability(function, PCI_MSIX);
        if (msix) {
            break;
        }
    }
    if (!msix) {
        return false;
    }
    pci_command(function, PCI_COMMAND_MEMORY, 0);
    uint32_t table = pci_read(function, msix + PCI_MSIX_TABLE, 4);
    struct pci_bar bar = pci_bar(function, table & 7);
    if (!pci_msix_set(function, 0, message_address(cpu_self()->apic_id), DEVICE_VECTOR)) {
        return false;
    }
    bench_vector_control = (uint64_t)memory_window(bar.base + (table & ~7u) + ENTRY_CONTROL);
    bench_register = GUEST_ECAM + ((uint64_t)function << 12) + PCI_COMMAND;
    bench_register_value = pci_read(function, PCI_COMMAND, 2);
    outl(ADDRESS_PORT, ADDRESS_ENABLE | function << 8 | PCI_COMMAND);
    return true;
}

static void on_device(struct frame *frame)
{
    (void)frame;
    device_hits++;
    apic_eoi();
}

void device_interrupts(void)
{
    struct edu edu;
    uint32_t wanted = (uint32_t)cmdline_number("interrupts", DEVICE_INTERRUPTS);
    if (!phase_asked("device-interrupts")) {
        return;
    }
    if (!edu_find(&edu) ||
        !pci_msi_set(edu.function, message_address(cpu_self()->apic_id), DEVICE_VECTOR)) {
        print("bench: skipped device_interrupts: no edu device\n");
        return;
    }
    interrupt_set(DEVICE_VECTOR, on_device);
    pci_msi_enable(edu.function, true);
    mark_begin(MARK_DEVICE);
    for (uint32_t i = 0; i < wanted; i++) {
        uint64_t end = rdtsc() + boot_info.tsc_hz;
        edu_raise(&edu);
        interrupts_on();
        while (device_hits == i && rdtsc() < end) {
            cpu_relax();
        }
        interrupts_off();
        edu_acknowledge(&edu);
    }
    mark(MARK_DEVICE + 2);
    pci_msi_enable(edu.function, false);
    print("bench: device_interrupts %u\n", device_hits);
}

void device_fault_reader(void)
{
    while (cmdline_lists("bench", "fault-reader", false)) {
        mark(MARK_READER);
        tsc_wait(boot_info.tsc_hz / READER_MARKS);
    }
}

void device_restart(void)
{
    if (cmdline_lists("bench", "restart", false)) {
        print("bench: %lu ticks a second\n", boot_info.tsc_hz);
        console_drain();
        mark(MARK_LIFE + 1);
        domain_reset();
    }
}
