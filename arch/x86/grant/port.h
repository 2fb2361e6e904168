/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who answers a guest's I/O port. Every port exits; what has no line in the table reads all ones
 * and ignores writes, as an empty bus does.
 */
#ifndef BULKHEAD_PORT_H
#define BULKHEAD_PORT_H

#include <stdint.h>

enum port_owner {
    PORT_NOBODY,         /* all ones, writes ignored */
    PORT_UART,           /* the virtual 16550 */
    PORT_PIT,            /* counter 2 and its control word */
    PORT_SYSTEM_CONTROL, /* port 0x61: gate and output of counter 2 */
    PORT_RTC,
    PORT_PCI_ADDRESS, /* CONFIG_ADDRESS: dword only */
    PORT_PCI_DATA,    /* CONFIG_DATA */
    PORT_RESET,       /* FADT RESET_REG */
    PORT_SLEEP,       /* FADT SLEEP_CONTROL_REG and SLEEP_STATUS_REG */
    PORT_QUIET,       /* as PORT_NOBODY, but a sane guest touches it: nothing to count */
};

/* The owner of any but the ports that port_owner() knows. */
enum port_owner port_find(uint16_t port, uint32_t bytes);

/*
 * The owner of an access of `bytes` (1, 2, 4) at `port`. An access wider than its owner takes, or
 * one that leaves its range, belongs to PORT_NOBODY as a whole.
 */
static inline enum port_owner port_owner(uint16_t port, uint32_t bytes)
{
    if ((port & ~7u) == 0x3f8 && bytes == 1)
        return PORT_UART;
    if ((port & ~3u) == 0xcfc && (port & 3) + bytes <= 4) /* virtual or empty, never the real bus */
        return PORT_PCI_DATA;
    if (port == 0xcf8 && bytes == 4) /* overlaps the reset register, which takes bytes only */
        return PORT_PCI_ADDRESS;
    return port_find(port, bytes);
}

#endif
