/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The 16550A that a domain finds at GUEST_COM1. Its bytes go to the physical UART that the
 * manifest gives to that domain alone, and into the public page's ring, each if there is one. Input
 * comes from both. Nothing here waits: what the port cannot take yet stays in a ring, and a full
 * ring clears THRE, so that the guest waits (TRAPS 30); for management's reader nobody waits. Modem
 * lines never change but in loopback mode, and there are no line errors.
 *
 * All functions want the domain's device lock held. Ask vuart_edge() after each of them; only a
 * read of LSR on a port that is not polled never raises the line.
 */
#ifndef BULKHEAD_VUART_H
#define BULKHEAD_VUART_H

#include "arch/x86/include/upcalls.h"
#include "drivers/uart16550.h"

enum { VUART_IN_BYTES = 256, VUART_OUT_BYTES = 2048 }; /* powers of two */

struct vuart {
    struct uart_status status; /* first: upcalls.h */
    struct uart uart;          /* the physical port; base 0: there is none, output is dropped */
    struct public_page *page;
    uint8_t *printed; /* ring of PUBLIC_OUT_BYTES; NULL: nobody may read what it prints */
    bool is_sent;     /* somebody may write to it by `page` */
    bool line;        /* interrupt output as vuart_edge() saw it last */
    uint8_t ier, lcr, mcr, msr, scr;
    uint8_t divisor[2];
    uint8_t fifo;   /* UART_IIR_FIFO while the guest has the FIFOs on */
    uint8_t causes; /* pending causes of an interrupt, as bits of IER */
    uint16_t in_head, in_tail, out_head, out_tail; /* run freely; head is where a byte goes in */
    uint8_t in[VUART_IN_BYTES];
    uint8_t out[VUART_OUT_BYTES];
};

/*
 * Takes the physical port `com` (1..4; 0: none) and resets the model. `vuart` is zeroed memory but
 * for what is about the public page.
 * Returns false if there is no such UART: the domain then has a port that swallows its output.
 */
bool vuart_init(struct vuart *vuart, unsigned com, bool polled);

/*
 * The model as after power-on (I7): input for the former life is dropped, management's too; output
 * that still waits for the physical port is kept.
 */
void vuart_reset(struct vuart *vuart);

/* The guest's byte access to register 0..7 (its port less GUEST_COM1). */
uint8_t vuart_read(struct vuart *vuart, unsigned reg);
void vuart_write(struct vuart *vuart, unsigned reg, uint8_t value);

/*
 * Moves bytes between the model and the physical port, both ways, and of management's input into
 * the model, as far as goes without waiting. To be called at each knock (the port's line delivers
 * an NMI, management sends one) of a running domain, and when it begins.
 */
void vuart_pump(struct vuart *vuart);

/* A byte for whoever of management may read what the domain prints. */
void vuart_show(struct vuart *vuart, uint8_t byte);

/* Whether the interrupt output rose since the last call: then the I/O APIC's pin has an edge. */
bool vuart_edge(struct vuart *vuart);

#endif
