/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A physical 16550 UART. Each access to its ports may cost an exit of an outer hypervisor, so what
 * is known is remembered: room in the transmit FIFO and the interrupts that are enabled.
 */
#ifndef BULKHEAD_UART16550_H
#define BULKHEAD_UART16550_H

#include "io.h"
#include <stdbool.h>
#include <stdint.h>

/* Registers, as offsets from the port. RBR, THR and FCR, IIR share an offset by direction. */
enum uart_register {
    UART_DATA, /* RBR and THR; DLL while LCR says so */
    UART_IER,  /* DLM while LCR says so */
    UART_IIR,
    UART_LCR,
    UART_MCR,
    UART_LSR,
    UART_MSR,
    UART_SCR,
    UART_FCR = UART_IIR,
};

enum uart_ier { UART_IER_RECEIVE = 1 << 0, UART_IER_THRE = 1 << 1 };
enum uart_iir { UART_IIR_NONE = 1, UART_IIR_THRE = 2, UART_IIR_RECEIVE = 4, UART_IIR_FIFO = 0xc0 };
enum uart_fcr { UART_FCR_ENABLE = 1 << 0, UART_FCR_CLEAR_RECEIVE = 1 << 1 };
enum uart_lcr { UART_LCR_8N1 = 3, UART_LCR_DLAB = 1 << 7 };
enum uart_mcr {
    UART_MCR_DTR = 1 << 0,
    UART_MCR_RTS = 1 << 1,
    UART_MCR_OUT1 = 1 << 2,
    UART_MCR_OUT2 = 1 << 3, /* a PC's gate of the interrupt line */
    UART_MCR_LOOP = 1 << 4,
};
enum uart_lsr { UART_LSR_DR = 1 << 0, UART_LSR_THRE = 1 << 5, UART_LSR_TEMT = 1 << 6 };
enum uart_msr { UART_MSR_CTS = 0x10, UART_MSR_DSR = 0x20, UART_MSR_RI = 0x40, UART_MSR_DCD = 0x80 };

enum { UART_FIFO_BYTES = 16 };

struct uart {
    uint16_t base; /* port; 0: no UART, nothing is touched */
    uint8_t depth; /* bytes that the transmitter takes when it is empty: 16, or 1 without FIFO */
    uint8_t room;  /* bytes that it surely takes now */
    uint8_t ier;   /* interrupts enabled */
};

/* Port and ISA interrupt line of com1..com4 (`com` 1..4); 0 for any other number. */
uint16_t uart_port(unsigned com);
unsigned uart_irq(unsigned com);

/*
 * Looks for a UART at `com` by its scratch register and sets it to 115200 8N1, FIFO on with the
 * interrupt at the first byte, all interrupts disabled. `interrupts`: drive the interrupt line
 * (not for a port whose line belongs to another). Returns false, and `uart->base` 0, if there is
 * none.
 */
bool uart_init(struct uart *uart, unsigned com, bool interrupts);

/* Gives the transmitter what it takes without waiting; returns how many of `count` bytes. */
unsigned uart_try_put(struct uart *uart, const uint8_t *bytes, unsigned count);

/* The same for one byte while uart->room is not 0: the shortest way out. */
static inline void uart_put_known(struct uart *uart, uint8_t byte)
{
    uart->room--;
    outb(uart->base + UART_DATA, byte);
}

/* A received byte, or -1. */
int uart_try_get(struct uart *uart);

/* Enables exactly these of UART_IER_RECEIVE and UART_IER_THRE. */
void uart_set_interrupts(struct uart *uart, uint8_t ier);

/* Whether the port still asks for an interrupt; takes back a pending THRE interrupt. */
bool uart_interrupt_pending(const struct uart *uart);

/* For the boot log: waits for room, at most about 0.1 s; then the port is given up (base 0). */
void uart_put_wait(struct uart *uart, uint8_t byte);

#endif
