/* SPDX-License-Identifier: Apache-2.0 */
/* The ports that a guest finds, or that a sane one touches, a byte each. */
#include "port.h"
#include "kernel/abi/guest_machine.h"
#include <stddef.h>

static const struct port_line {
    uint16_t first, last;
    uint8_t owner; /* enum port_owner */
} port_table[] = {
    {0x20, 0x21, PORT_QUIET}, /* master PIC: reads 0xff, so Linux takes none to be there */
    {0x42, 0x43, PORT_PIT},   /* counter 2 for who calibrates by it; 0 and 1 raise interrupts */
    {0x61, 0x61, PORT_SYSTEM_CONTROL},
    {0x70, 0x71, PORT_RTC},   /* a model: the real index register is shared by all */
    {0x80, 0x80, PORT_QUIET}, /* POST code, written for its delay */
    {0xa0, 0xa1, PORT_QUIET}, /* slave PIC */
    {0xed, 0xed, PORT_QUIET}, /* the other delay port */
    {GUEST_SLEEP_CONTROL, GUEST_SLEEP_STATUS, PORT_SLEEP},
    {GUEST_RESET_PORT, GUEST_RESET_PORT, PORT_RESET},
};

enum port_owner port_find(uint16_t port, uint32_t bytes)
{
    for (size_t i = 0; bytes == 1 && i < sizeof(port_table) / sizeof(port_table[0]); i++)
        if (port >= port_table[i].first && port <= port_table[i].last)
            return port_table[i].owner;
    return PORT_NOBODY;
}
