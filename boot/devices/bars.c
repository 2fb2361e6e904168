/* SPDX-License-Identifier: Apache-2.0 */
/* How large a PCI function's windows are: see the header. */
#include "bars.h"

enum {
    FIRST_BAR = 0x10,
    COMMAND_DECODING = 0x3, /* ports and memory */
    COMMAND_MEMORY = 0x2,
    MEMORY_TYPE = 3 << 1,
    MEMORY_64 = 2 << 1,
    MEMORY_BITS = 0xf,
    PORT_BITS = 0x3,
};
#define ALL_ONES 0xffffffffu

/* What the register reads after all ones were written to it; `kept`: it is as it was again. */
static uint32_t probe(const struct pci *pci, uint32_t function, unsigned offset, uint32_t old,
                      bool *kept)
{
    pci_write(pci, function, offset, 4, ALL_ONES);
    uint32_t mask = pci_read(pci, function, offset, 4);
    pci_write(pci, function, offset, 4, old);
    *kept &= pci_read(pci, function, offset, 4) == old;
    return mask;
}

/* The size that the writable bits mean; 0: they are no size. */
static uint64_t size_of(uint64_t writable)
{
    uint64_t bytes = ~writable + 1;
    return bytes & (bytes - 1) ? 0 : bytes;
}

/* Of the register `index`; returns how many registers it takes. */
static unsigned size_one(const struct pci *pci, uint32_t function, unsigned index,
                         struct fact_bar *bar, bool *kept)
{
    unsigned offset = FIRST_BAR + 4 * index;
    uint32_t old = pci_read(pci, function, offset, 4);
    uint32_t mask = probe(pci, function, offset, old, kept);
    if (mask == 0 || mask == ALL_ONES)
        return 1;
    if (old & BAR_PORTS) {
        uint32_t ports = (mask & ~(uint32_t)PORT_BITS) | 0xffff0000;
        *bar = (struct fact_bar){.base = old & ~(uint32_t)PORT_BITS,
                                 .bytes = ports == 0xffff0000 ? 0 : size_of(ports | ~0ull << 32),
                                 .type = BAR_PORTS};
        return 1;
    }
    uint64_t base = old & ~(uint32_t)MEMORY_BITS, writable = mask & ~(uint32_t)MEMORY_BITS;
    bar->type = old & (BAR_64 | BAR_PREFETCHABLE);
    if ((old & MEMORY_TYPE) == 0) {
        bar->base = base;
        bar->bytes = writable ? size_of(writable | ~0ull << 32) : 0;
        return 1;
    }
    /* Below 1 MiB, a reserved type, or 64 bits of which the upper half has no register: nobody's.
     */
    if ((old & MEMORY_TYPE) != MEMORY_64 || index + 1 == MAX_BARS)
        return 1;
    uint32_t high = pci_read(pci, function, offset + 4, 4);
    writable |= (uint64_t)probe(pci, function, offset + 4, high, kept) << 32;
    bar->base = base | (uint64_t)high << 32;
    bar->bytes = size_of(writable);
    return 2;
}

bool bars_size(const struct pci *pci, uint32_t function, struct fact_bar bars[MAX_BARS])
{
    bool kept = true;
    uint32_t command = pci_read(pci, function, PCI_COMMAND, 2);
    pci_write(pci, function, PCI_COMMAND, 2, command & ~(uint32_t)COMMAND_DECODING);
    for (unsigned i = 0; i < MAX_BARS;) {
        unsigned at = i;
        bars[at] = (struct fact_bar){0};
        i += size_one(pci, function, at, &bars[at], &kept);
        if (i > at + 1)
            bars[at + 1] = (struct fact_bar){0};
    }
    pci_write(pci, function, PCI_COMMAND, 2, command);
    return kept && pci_read(pci, function, PCI_COMMAND, 2) == command;
}

void bars_read(const struct pci *pci, uint32_t function, unsigned count,
               struct fact_bar bars[MAX_BARS])
{
    if (!(pci_read(pci, function, PCI_COMMAND, 2) & COMMAND_MEMORY))
        return;
    for (unsigned i = 0; i < count; i++) {
        uint32_t low = pci_read(pci, function, FIRST_BAR + 4 * i, 4);
        struct fact_bar *bar = &bars[i];
        if (low & BAR_PORTS)
            continue;
        bar->base = low & ~(uint32_t)MEMORY_BITS;
        bar->type = low & (BAR_64 | BAR_PREFETCHABLE);
        if ((low & MEMORY_TYPE) == MEMORY_64 && i + 1 < count)
            bar->base |= (uint64_t)pci_read(pci, function, FIRST_BAR + 4 * ++i, 4) << 32;
    }
}
