/* SPDX-License-Identifier: Apache-2.0 */
/* UARTs of a machine. */
#include "source.h"

#include <errno.h>

/* A line with another number is one that a driver made up. */
enum { TTYS = 32, ISA_FIRST = 1, ISA_LAST = 15 };

void hw_read_ports(struct hw *hw)
{
    bool says = false;

    hw->shows_ttys = hw_has_folder(hw, "sys/class/tty");
    for (uint32_t i = 0; i < TTYS; i++) {
        const char *folder = say(&hw->arena, "sys/class/tty/ttyS%u", i);
        uint64_t type = 0, irq = 0;
        struct hw_uart uart = {.number = i};

        says |= hw_number(hw, say(&hw->arena, "%s/type", folder), &type);
        if (type == 0)
            continue;
        hw_number(hw, say(&hw->arena, "%s/port", folder), &uart.port);
        hw_number(hw, say(&hw->arena, "%s/iomem_base", folder), &uart.memory);
        hw_number(hw, say(&hw->arena, "%s/irq", folder), &irq);
        uart.irq = (uint32_t)irq;
        hw->uarts = hw_grow(hw, hw->uarts, hw->uart_count, sizeof(*hw->uarts));
        hw->uarts[hw->uart_count++] = uart;
    }
    if (!says) {
        errno = ENOENT;
        hw_note_missing(hw, "sys/class/tty/ttyS*", "UARTs (a boot log needs com1 or a display)");
    }
}

const uint64_t uart_ports[UARTS] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

/* On a PC com1 and com3 raise ISA IRQ 4, com2 and com4 IRQ 3, unless firmware says otherwise. */
unsigned uart_default_line(uint64_t com)
{
    return com % 2 == 1 ? 4 : 3;
}

const struct hw_uart *hw_uart_at(const struct hw *hw, uint64_t com)
{
    for (uint32_t i = 0; i < hw->uart_count && com >= 1 && com <= UARTS; i++) {
        if (hw->uarts[i].port == uart_ports[com - 1])
            return &hw->uarts[i];
    }
    return NULL;
}

uint32_t hw_uart_line(const struct hw_uart *uart)
{
    return uart && uart->irq >= ISA_FIRST && uart->irq <= ISA_LAST ? uart->irq : 0;
}
