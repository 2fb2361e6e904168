/* SPDX-License-Identifier: Apache-2.0 */
/* Access control of PCI Express ports that is not as the standard has it. */
#ifndef BULKHEAD_PCI_ACS_H
#define BULKHEAD_PCI_ACS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Root ports of Intel's 100 and 200 series chipsets: their ACS registers are dwords, control at +8,
 * against the standard (their specification updates say so). They count as without ACS: what is
 * below one is one group (TRAPS 71). `id` is register 0.
 */
static inline bool pci_has_dword_acs(uint32_t id)
{
    static const uint16_t ports[][2] = {
        {0xa110, 0xa11f}, {0xa167, 0xa16a}, {0xa290, 0xa29f}, {0xa2e7, 0xa2ee}, {0x9d10, 0x9d1b}};
    for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        if ((id & 0xffff) == 0x8086 && id >> 16 >= ports[i][0] && id >> 16 <= ports[i][1])
            return true;
    return false;
}

#endif
