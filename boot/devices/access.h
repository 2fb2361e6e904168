/* SPDX-License-Identifier: Apache-2.0 */
/* How the loader reaches a function's configuration space. */
#ifndef BULKHEAD_BOOT_ACCESS_H
#define BULKHEAD_BOOT_ACCESS_H

#include "boot/plan/facts.h"
#include "drivers/pci.h"

/*
 * By the window of its segment and bus; of segment 0 by CF8/CFC where none reaches (TRAPS 51);
 * else not at all. `function` as struct fact_function has it; pci_read() and pci_write() take its
 * low 16 bits. Windows lie at their physical address.
 */
static inline struct pci access_to(const struct facts *facts, uint32_t function)
{
    uint32_t segment = function >> 16, bus = function >> 8 & 0xff;
    for (uint32_t i = 0; i < facts->ecam_count; i++) {
        const struct fact_ecam *window = &facts->ecam[i];
        if (window->segment == segment && bus >= window->bus_first && bus <= window->bus_last)
            return (struct pci){.ecam = (volatile uint8_t *)window->base,
                                .bus_first = window->bus_first,
                                .bus_last = window->bus_last,
                                .ecam_only = true};
    }
    return (struct pci){.ecam_only = segment != 0};
}

#endif
