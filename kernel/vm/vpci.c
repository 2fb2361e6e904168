/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI bus that a domain finds. PCI Local Bus Specification, "Configuration Space
 * Organization", "Software Generation of Configuration Transactions"; PCI Express Base
 * Specification, "Enhanced Configuration Access Mechanism". */
#include "vpci.h"
#include "arch/x86/include/percpu.h"
#include <stddef.h>

enum {
    ADDRESS_ENABLE_SHIFT = 31,
    ADDRESS_FUNCTION_MASK = 0x00ffff00,
    ADDRESS_FUNCTION_SHIFT = 4, /* to that in the ECAM window */
    ADDRESS_REGISTER_MASK = 0xfc,
    ADDRESS_WRITABLE = 0x00fffffc,
    HEADER_WORDS = 16,
    ECAM_DEVICE_SHIFT = 15,
    ECAM_FUNCTION_MASK = 7 << 12,
    DEVICES = 32,
};
#define SELECTS_NOTHING (~0ull << 12)

/* 00:00.0: a host bridge without registers of its own. */
static const uint32_t host_bridge[HEADER_WORDS] = {
    0x00081b36, /* a generic PCIe host bridge */
    0x00000000, /* no decoding, no capabilities */
    0x06000000, /* class: host bridge */
};

static PER_DOMAIN struct {
    uint64_t selected;                   /* by CONFIG_ADDRESS: offset in the ECAM window */
    struct vfunction *selected_function; /* that lies there, so that reads needn't look */
    uint32_t address;                    /* CONFIG_ADDRESS as the guest wrote it */
    uint32_t count;
    struct vfunction *devices[DEVICES]; /* by device number */
    struct vfunction functions[MAX_DOMAIN_DEVICES];
} pci;

void vpci_setup(const struct function *functions, uint32_t count, volatile uint8_t *config,
                uint8_t *vectors)
{
    const uint8_t *pages = (const uint8_t *)functions + function_pages_offset(count);
    pci.count = count;
    for (uint32_t n = 0; n < count; n++) {
        const struct function *function = &functions[n];
        struct vfunction *f = &pci.functions[n];
        vfunction_setup(f, function, pages, config, vectors);
        pages += 2 * CONFIG_SPACE_BYTES;
        config += CONFIG_SPACE_BYTES;
        vectors += function_vectors_bytes(function);
        if (!(function->flags & FUNCTION_SILENT))
            pci.devices[function->slot % DEVICES] = f;
    }
}

void vpci_reset(void)
{
    vpci_write_address(0);
    for (uint32_t n = 0; n < pci.count; n++)
        vfunction_reset(&pci.functions[n]);
}

struct vfunction *vpci_function(uint32_t n)
{
    return &pci.functions[n];
}

/* The function at `offset` of the window, if there is one and the access lies within it. */
static struct vfunction *find(uint64_t offset, unsigned bytes)
{
    uint64_t device = offset >> ECAM_DEVICE_SHIFT;
    if (device >= DEVICES || offset & ECAM_FUNCTION_MASK ||
        offset % CONFIG_SPACE_BYTES + bytes > CONFIG_SPACE_BYTES)
        return NULL;
    return pci.devices[device];
}

static uint32_t read_host_bridge(unsigned offset)
{
    uint32_t word = offset / 4 < HEADER_WORDS ? host_bridge[offset / 4] : 0;
    return word >> offset % 4 * 8;
}

uint64_t vpci_read_ecam(uint64_t offset, unsigned bytes)
{
    const struct vfunction *f = find(offset, bytes);
    if (f)
        return vfunction_read(f, offset % CONFIG_SPACE_BYTES, bytes);
    return offset < CONFIG_SPACE_BYTES ? read_host_bridge((unsigned)offset) : ~0ull;
}

void vpci_write_ecam(uint64_t offset, unsigned bytes, uint64_t value)
{
    struct vfunction *f = find(offset, bytes);
    if (f)
        vfunction_write(f, offset % CONFIG_SPACE_BYTES, bytes, value);
}

/*
 * While it isn't enabled it selects nothing: what lies beyond the window. Another processor may
 * read CONFIG_DATA between the two stores: what it takes for the register of whatever function must
 * be a dword of its page.
 */
void vpci_write_address(uint32_t value)
{
    uint64_t selected = SELECTS_NOTHING;
    if (value >> ADDRESS_ENABLE_SHIFT)
        selected = (uint64_t)(value & ADDRESS_FUNCTION_MASK) << ADDRESS_FUNCTION_SHIFT |
                   (value & ADDRESS_REGISTER_MASK);
    pci.address = value & (1u << ADDRESS_ENABLE_SHIFT | ADDRESS_WRITABLE);
    __atomic_store_n(&pci.selected, selected, __ATOMIC_RELAXED);
    pci.selected_function = find(selected, 4);
}

uint32_t vpci_read_address(void)
{
    return pci.address;
}

/* All that the dword has from there: the port's width makes no difference. */
uint32_t vpci_read_data(unsigned at)
{
    const struct vfunction *f = pci.selected_function;
    uint64_t selected = __atomic_load_n(&pci.selected, __ATOMIC_RELAXED);
    uint32_t value = f ? vfunction_read_dword(f, selected % CONFIG_SPACE_BYTES)
                       : (uint32_t)vpci_read_ecam(selected, 4);
    return value >> at * 8;
}

void vpci_write_data(unsigned at, unsigned bytes, uint32_t value)
{
    vpci_write_ecam(__atomic_load_n(&pci.selected, __ATOMIC_RELAXED) | at, bytes, value);
}

/* The function that has `gpa` in a page that is judged, and what lies there in hardware. */
static struct vfunction *find_page(uint64_t gpa, volatile uint8_t **hardware)
{
    for (uint32_t n = 0; n < pci.count; n++) {
        const struct function *function = pci.functions[n].function;
        for (uint32_t i = 0; i < function->trap_count; i++) {
            uint64_t offset = gpa - function->traps[i].gpa;
            if (offset >= function->traps[i].bytes || function->flags & FUNCTION_SILENT)
                continue;
            *hardware = (volatile uint8_t *)(function->traps[i].va + offset);
            return &pci.functions[n];
        }
    }
    return NULL;
}

uint64_t vpci_read_memory(uint64_t gpa, unsigned bytes)
{
    volatile uint8_t *hardware;
    const struct vfunction *f = find_page(gpa, &hardware);
    return f ? vfunction_read_memory(f, hardware, gpa, bytes) : ~0ull;
}

void vpci_write_memory(uint64_t gpa, unsigned bytes, uint64_t value)
{
    volatile uint8_t *hardware;
    struct vfunction *f = find_page(gpa, &hardware);
    if (f)
        vfunction_write_memory(f, hardware, gpa, bytes, value);
}
