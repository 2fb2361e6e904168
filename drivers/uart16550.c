/* SPDX-License-Identifier: Apache-2.0 */
/* A physical 16550 UART: see the header. */
#include "uart16550.h"

/* A byte at 115200 baud lasts 87 us, a port read about 1 us; a whole FIFO fits many times. */
enum { PUT_ATTEMPTS = 100000 };

static const uint16_t com_ports[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};
enum { COM_PORTS = sizeof com_ports / sizeof com_ports[0] };

uint16_t uart_port(unsigned com)
{
    return com - 1 < COM_PORTS ? com_ports[com - 1] : 0;
}

unsigned uart_irq(unsigned com)
{
    return uart_port(com) ? (com & 1 ? 4 : 3) : 0;
}

static bool scratch_keeps(uint16_t base, uint8_t value)
{
    outb(base + UART_SCR, value);
    return inb(base + UART_SCR) == value;
}

bool uart_init(struct uart *uart, unsigned com, bool interrupts)
{
    uint16_t base = uart_port(com);

    *uart = (struct uart){0};
    if (!base || !scratch_keeps(base, 0x5a) || !scratch_keeps(base, 0xa5))
        return false;

    outb(base + UART_LCR, UART_LCR_8N1);
    outb(base + UART_IER, 0);
    outb(base + UART_LCR, UART_LCR_8N1 | UART_LCR_DLAB);
    outb(base + UART_DATA, 1); /* 115200 baud */
    outb(base + UART_IER, 0);
    outb(base + UART_LCR, UART_LCR_8N1);
    /* What firmware's text left in the transmitter still goes out. */
    outb(base + UART_FCR, UART_FCR_ENABLE | UART_FCR_CLEAR_RECEIVE);
    outb(base + UART_MCR, UART_MCR_DTR | UART_MCR_RTS | (interrupts ? UART_MCR_OUT2 : 0));

    uart->base = base;
    uart->depth = (inb(base + UART_IIR) & UART_IIR_FIFO) == UART_IIR_FIFO ? UART_FIFO_BYTES : 1;
    return true;
}

unsigned uart_try_put(struct uart *uart, const uint8_t *bytes, unsigned count)
{
    if (!uart->base)
        return 0;
    if (!uart->room) {
        if (!(inb(uart->base + UART_LSR) & UART_LSR_THRE))
            return 0;
        uart->room = uart->depth;
    }
    if (count > uart->room)
        count = uart->room;
    for (unsigned i = 0; i < count; i++)
        uart_put_known(uart, bytes[i]);
    return count;
}

int uart_try_get(struct uart *uart)
{
    if (!uart->base || !(inb(uart->base + UART_LSR) & UART_LSR_DR))
        return -1;
    return inb(uart->base + UART_DATA);
}

void uart_set_interrupts(struct uart *uart, uint8_t ier)
{
    if (!uart->base || uart->ier == ier)
        return;
    uart->ier = ier;
    outb(uart->base + UART_IER, ier);
}

bool uart_interrupt_pending(const struct uart *uart)
{
    return uart->base && !(inb(uart->base + UART_IIR) & UART_IIR_NONE);
}

void uart_put_wait(struct uart *uart, uint8_t byte)
{
    for (unsigned i = 0; uart->base && i < PUT_ATTEMPTS; i++) {
        if (uart_try_put(uart, &byte, 1))
            return;
    }
    uart->base = 0;
}
