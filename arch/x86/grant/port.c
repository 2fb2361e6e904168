/* SPDX-License-Identifier: Apache-2.0 */
/* The ports that a guest finds, or that a sane one touches. */
#include "port.h"
#include "kernel/abi/guest_machine.h"
#include <stddef.h>

static const struct port_line {
    uint16_t first, last;
    uint8_t widest; /* bytes */
    uint8_t owner;  /* enum port_owner */
} port_table[] = {
    {0x20, 0x21, 1, PORT_QUIET}, /* master PIC: reads 0xff, so Linux takes none to be there */
    {0x42, 0x43, 1, PORT_PIT},   /* counter 2 for who calibrates by it; 0 and 1 raise interrupts */
    {0x61, 0x61, 1, PORT_SYSTEM_CONTROL},
    {0x70, 0x71, 1, PORT_RTC},   /* a model: the real index register is shared by all */
    {0x80, 0x80, 1, PORT_QUIET}, /* POST code, written for its delay */
    {0xa0, 0xa1, 1, PORT_QUIET}, /* slave PIC */
    {0xed, 0xed, 1, PORT_QUIET}, /* the other delay port */
    {GUEST_COM1, GUEST_COM1 + 7, 1, PORT_UART},
    {GUEST_SLEEP_CONTROL, GUEST_SLEEP_STATUS, 1, PORT_SLEEP},
    {0xcf8, 0xcf8, 4, PORT_PCI_ADDRESS}, /* overlaps the reset register, which takes bytes only */
    {GUEST_RESET_PORT, GUEST_RESET_PORT, 1, PORT_RESET},
    {0xcfc, 0xcff, 4, PORT_PCI_DATA}, /* the bus is empty or virtual, never the real one */
};

enum port_owner port_find(uint16_t port, uint32_t bytes)
{
    for (size_t i = 0; i < sizeof(port_table) / sizeof(port_table[0]); i++) {
        const struct port_line *line = &port_table[i];

        if (port < line->first)
            break;
        if (port > line->last)
            continue;
        if (line->owner == PORT_PCI_ADDRESS)
            return bytes == 4 ? PORT_PCI_ADDRESS : PORT_NOBODY;
        return bytes <= line->widest && port + bytes - 1 <= line->last ? line->owner : PORT_NOBODY;
    }
    return PORT_NOBODY;
}
