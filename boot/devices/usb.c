/* SPDX-License-Identifier: Apache-2.0 */
/* USB controllers that the firmware drives: see the header. */
#include "usb.h"
#include "arch/x86/include/cpu.h"
#include "boot/machine/reach.h"

enum {
    BAR0 = 0x10,
    COMMAND_MEMORY = 1 << 1,
    BAR_TYPE = 3 << 1,
    EHCI_HCCPARAMS = 0x08,
    XHCI_HCCPARAMS = 0x10,
    MAX_CAPABILITIES = 64,
    CAPABILITY_LEGACY = 1,
    LEGACY_CONTROL = 4,
    OWNED_BY_FIRMWARE = 1 << 16,
    OWNED_BY_SYSTEM = 1 << 24,
    /* Of the xHCI's control: neither the SMI enables nor the bits that a 1 clears. */
    XHCI_CONTROL_KEPT = 0x7 << 1 | 0xff << 5 | 0x7 << 17,
    XHCI_BYTES = 1 << 20, /* more than its capabilities can lead to */
    PAGE = 4096,
};

/* A legacy support capability: in the configuration space (EHCI) or in the BAR (xHCI). */
struct legacy {
    const struct pci *pci;
    uint32_t function, offset;
    volatile uint8_t *registers; /* NULL: configuration space */
};

static uint32_t get(const struct legacy *at, uint32_t offset)
{
    return at->registers ? *(volatile uint32_t *)(at->registers + at->offset + offset)
                         : pci_read(at->pci, at->function, at->offset + offset, 4);
}

static void set(const struct legacy *at, uint32_t offset, uint32_t value)
{
    if (at->registers)
        *(volatile uint32_t *)(at->registers + at->offset + offset) = value;
    else
        pci_write(at->pci, at->function, at->offset + offset, 4, value);
}

static bool take(const struct legacy *at, uint64_t tsc_hz)
{
    uint64_t start = cpu_rdtsc();
    set(at, 0, get(at, 0) | OWNED_BY_SYSTEM);
    while (get(at, 0) & OWNED_BY_FIRMWARE) {
        if (cpu_rdtsc() - start > tsc_hz)
            return false;
        __builtin_ia32_pause();
    }
    set(at, LEGACY_CONTROL, at->registers ? get(at, LEGACY_CONTROL) & XHCI_CONTROL_KEPT : 0);
    return true;
}

/* Where the controller's registers are; 0: it has no place or doesn't answer there. */
static uint64_t registers_of(const struct pci *pci, uint32_t function)
{
    uint32_t low = pci_read(pci, function, BAR0, 4);
    uint64_t base = low & ~15u;
    if (low & 1 || !(pci_read(pci, function, PCI_COMMAND, 2) & COMMAND_MEMORY))
        return 0;
    if ((low & BAR_TYPE) == BAR_64)
        base |= (uint64_t)pci_read(pci, function, BAR0 + 4, 4) << 32;
    return base;
}

static bool take_ehci(const struct pci *pci, uint32_t function, volatile uint8_t *registers,
                      uint64_t tsc_hz)
{
    uint32_t offset = *(volatile uint32_t *)(registers + EHCI_HCCPARAMS) >> 8 & 0xfc;
    for (unsigned i = 0; offset >= 0x40 && i < MAX_CAPABILITIES; i++) {
        struct legacy at = {pci, function, offset, 0};
        uint32_t value = get(&at, 0);
        if ((value & 0xff) == CAPABILITY_LEGACY)
            return take(&at, tsc_hz);
        offset = value >> 8 & 0xfc;
    }
    return true;
}

bool usb_xhci_legacy(volatile uint8_t *registers, uint64_t bytes, uint32_t *found)
{
    uint32_t next = *(volatile uint32_t *)(registers + XHCI_HCCPARAMS) >> 16, offset = 0;
    *found = 0;
    for (unsigned i = 0; next != 0; i++) {
        offset += next * 4;
        if (i == MAX_CAPABILITIES || offset + 2 * LEGACY_CONTROL > bytes ||
            !reach_possible((uint64_t)registers + offset, 2 * LEGACY_CONTROL))
            return false;
        uint32_t value = *(volatile uint32_t *)(registers + offset);
        if ((value & 0xff) == CAPABILITY_LEGACY) {
            *found = offset;
            return true;
        }
        next = value >> 8 & 0xff;
    }
    return true;
}

static bool take_xhci(const struct pci *pci, uint32_t function, volatile uint8_t *registers,
                      uint64_t bytes, uint64_t tsc_hz)
{
    struct legacy at = {pci, function, 0, registers};
    if (!usb_xhci_legacy(registers, bytes, &at.offset))
        return false;
    return at.offset == 0 || take(&at, tsc_hz);
}

/* Bytes from `base` on up to memory, which a device that lies about its place would have written.
 */
static uint64_t room_at(const struct facts *facts, uint64_t base)
{
    uint64_t bytes = XHCI_BYTES;
    for (uint32_t i = 0; i < facts->memory_count; i++) {
        const struct free_range *memory = &facts->memory[i];
        if (base < memory->base && memory->base - base < bytes)
            bytes = memory->base - base;
        if (base - memory->base < memory->bytes)
            return 0;
    }
    return bytes;
}

/* One whose registers the firmware left switched off is not driven by it. */
bool usb_take(const struct facts *facts, const struct pci *pci, uint32_t function)
{
    uint32_t class = pci_read(pci, function, PCI_CLASS, 4) >> 8;
    if (class != USB_EHCI && class != USB_XHCI)
        return true;
    uint64_t base = registers_of(pci, function);
    if (base == 0)
        return true;
    uint64_t bytes = room_at(facts, base), tsc_hz = facts->tsc_hz;
    if (bytes < PAGE || !reach_possible(base, PAGE))
        return false;
    return class == USB_EHCI ? take_ehci(pci, function, (volatile uint8_t *)base, tsc_hz)
                             : take_xhci(pci, function, (volatile uint8_t *)base, bytes, tsc_hz);
}
