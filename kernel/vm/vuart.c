/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual 16550A: see the header. Register names are those of the PC16550D data sheet. */
#include "vuart.h"

enum {
    MODEM_LINES = UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD, /* a cable that is always ready */
    TRANSMIT_EMPTY = UART_LSR_THRE | UART_LSR_TEMT,
    WRITABLE_IER = 0x0f,
    WRITABLE_MCR = 0x1f,
    /* Enough to fill the input ring; an interrupt that is still pending then is no 16550's. */
    PUMP_ROUNDS = 2 * VUART_IN_BYTES / UART_FIFO_BYTES,
};

static unsigned in_count(const struct vuart *v)
{
    return (uint16_t)(v->in_head - v->in_tail);
}

static unsigned out_count(const struct vuart *v)
{
    return (uint16_t)(v->out_head - v->out_tail);
}

static void receive(struct vuart *v, uint8_t byte)
{
    v->in[v->in_head++ % VUART_IN_BYTES] = byte;
    v->status.lsr |= UART_LSR_DR;
    v->causes |= UART_IER_RECEIVE;
}

/*
 * THRE promises room for a whole FIFO. It rises again without a dip after each byte, so a guest
 * that fills its FIFO in a loop causes one edge, not sixteen. TEMT goes with it: a guest that
 * waits for each line to leave the wire would spin through thousands of exits.
 */
static void update_transmitter(struct vuart *v)
{
    if (out_count(v) > VUART_OUT_BYTES - UART_FIFO_BYTES) {
        v->status.lsr &= ~TRANSMIT_EMPTY;
        v->causes &= ~UART_IER_THRE;
    } else if (!(v->status.lsr & UART_LSR_THRE)) {
        v->status.lsr |= TRANSMIT_EMPTY;
        v->causes |= UART_IER_THRE;
    }
}

static bool has_room(const struct vuart *v)
{
    return in_count(v) < VUART_IN_BYTES && !(v->mcr & UART_MCR_LOOP);
}

static void take_input(struct vuart *v)
{
    int byte;

    while (has_room(v) && (byte = uart_try_get(&v->uart)) >= 0)
        receive(v, (uint8_t)byte);
}

/* What management sent. What its head says is worth no more rounds than there is room. */
static void take_sent(struct vuart *v)
{
    if (!v->is_sent)
        return;
    uint32_t head = __atomic_load_n(&v->page->in_head, __ATOMIC_ACQUIRE), tail = v->page->in_tail;
    while (has_room(v) && tail != head)
        receive(v, v->page->in[tail++ % PUBLIC_IN_BYTES]);
    __atomic_store_n(&v->page->in_tail, tail, __ATOMIC_RELEASE);
}

/* The byte, then the count: a reader that sees the count move knows which bytes it has lost. */
void vuart_show(struct vuart *v, uint8_t byte)
{
    if (!v->printed)
        return;
    uint64_t printed = v->page->printed;
    v->printed[printed % PUBLIC_OUT_BYTES] = byte;
    __atomic_store_n(&v->page->printed, printed + 1, __ATOMIC_RELEASE);
}

static void send_output(struct vuart *v)
{
    unsigned sent = 1;

    while (sent && out_count(v)) {
        unsigned start = v->out_tail % VUART_OUT_BYTES, count = out_count(v);
        if (count > VUART_OUT_BYTES - start)
            count = VUART_OUT_BYTES - start;
        sent = uart_try_put(&v->uart, &v->out[start], count);
        v->out_tail += sent;
    }
    update_transmitter(v);
}

/* The physical line must fall for every cause that nobody will serve, or it has no next edge. */
static void set_physical_interrupts(struct vuart *v)
{
    if (!v->status.polled)
        uart_set_interrupts(&v->uart, (has_room(v) ? UART_IER_RECEIVE : 0) |
                                          (out_count(v) ? UART_IER_THRE : 0));
}

void vuart_pump(struct vuart *v)
{
    take_sent(v);
    if (!v->uart.base)
        return;
    for (unsigned round = 0; round < PUMP_ROUNDS; round++) {
        take_input(v);
        send_output(v);
        set_physical_interrupts(v);
        if (v->status.polled || !uart_interrupt_pending(&v->uart))
            return;
    }
    uart_set_interrupts(&v->uart, 0);
    v->status.polled = true;
}

static void transmit(struct vuart *v, uint8_t byte)
{
    if (!(v->mcr & UART_MCR_LOOP))
        vuart_show(v, byte);
    if (v->mcr & UART_MCR_LOOP) {
        if (in_count(v) < UART_FIFO_BYTES)
            receive(v, byte);
    } else if (!out_count(v) && v->uart.room) {
        uart_put_known(&v->uart, byte);
    } else if (out_count(v)) {
        if (out_count(v) < VUART_OUT_BYTES)
            v->out[v->out_head++ % VUART_OUT_BYTES] = byte;
        if (v->status.polled)
            send_output(v);
        else
            update_transmitter(v);
    } else if (!uart_try_put(&v->uart, &byte, 1) && v->uart.base) {
        v->out[v->out_head++ % VUART_OUT_BYTES] = byte;
        set_physical_interrupts(v);
    }
    if (v->status.lsr & UART_LSR_THRE)
        v->causes |= UART_IER_THRE;
}

static uint8_t take_byte(struct vuart *v)
{
    uint8_t byte;

    if (!in_count(v))
        return 0;
    byte = v->in[v->in_tail++ % VUART_IN_BYTES];
    if (!in_count(v)) {
        v->status.lsr &= ~UART_LSR_DR;
        v->causes &= ~UART_IER_RECEIVE;
    }
    /* Bytes left elsewhere while the ring was full follow when half of it is free. */
    if (in_count(v) == VUART_IN_BYTES / 2)
        vuart_pump(v);
    return byte;
}

static uint8_t read_iir(struct vuart *v)
{
    uint8_t pending = v->causes & v->ier, iir = UART_IIR_NONE;

    if (pending & UART_IER_RECEIVE) {
        iir = UART_IIR_RECEIVE;
    } else if (pending & UART_IER_THRE) {
        iir = UART_IIR_THRE;
        v->causes &= ~UART_IER_THRE;
    }
    return iir | v->fifo;
}

uint8_t vuart_read(struct vuart *v, unsigned reg)
{
    if (__builtin_expect(reg == UART_LSR, 1)) {
        if (v->status.polled)
            vuart_pump(v);
        return v->status.lsr;
    }
    switch (reg) {
    case UART_DATA:
    case UART_IER:
        if (v->lcr & UART_LCR_DLAB)
            return v->divisor[reg];
        return reg == UART_IER ? v->ier : take_byte(v);
    case UART_IIR:
        return read_iir(v);
    case UART_LCR:
        return v->lcr;
    case UART_MCR:
        return v->mcr;
    case UART_MSR:
        return v->msr;
    case UART_SCR:
        return v->scr;
    }
    return 0xff;
}

/* In loopback mode the modem inputs follow the outputs; a probe looks at that. */
static void write_mcr(struct vuart *v, uint8_t value)
{
    v->mcr = value & WRITABLE_MCR;
    v->msr = MODEM_LINES;
    if (value & UART_MCR_LOOP)
        v->msr =
            (value & UART_MCR_RTS ? UART_MSR_CTS : 0) | (value & UART_MCR_DTR ? UART_MSR_DSR : 0) |
            (value & UART_MCR_OUT1 ? UART_MSR_RI : 0) | (value & UART_MCR_OUT2 ? UART_MSR_DCD : 0);
    vuart_pump(v);
}

static void write_fcr(struct vuart *v, uint8_t value)
{
    uint8_t fifo = value & UART_FCR_ENABLE ? UART_IIR_FIFO : 0;

    /* Output that was accepted counts as sent, so clearing the transmitter takes none back. */
    if (fifo != v->fifo || value & UART_FCR_CLEAR_RECEIVE) {
        v->in_tail = v->in_head;
        v->status.lsr &= ~UART_LSR_DR;
        v->causes &= ~UART_IER_RECEIVE;
        vuart_pump(v);
    }
    v->fifo = fifo;
}

void vuart_write(struct vuart *v, unsigned reg, uint8_t value)
{
    if (reg <= UART_IER && v->lcr & UART_LCR_DLAB) {
        v->divisor[reg] = value;
        return;
    }
    switch (reg) {
    case UART_DATA:
        transmit(v, value);
        break;
    case UART_IER:
        /* Enabling THRE raises it again while the transmitter is empty (TRAPS 20). */
        if (~v->ier & value & UART_IER_THRE && v->status.lsr & UART_LSR_THRE)
            v->causes |= UART_IER_THRE;
        v->ier = value & WRITABLE_IER;
        break;
    case UART_FCR:
        write_fcr(v, value);
        break;
    case UART_LCR:
        v->lcr = value;
        break;
    case UART_MCR:
        write_mcr(v, value);
        break;
    case UART_SCR:
        v->scr = value;
        break;
    }
}

bool vuart_edge(struct vuart *v)
{
    bool before = v->line;

    v->line = v->causes & v->ier && v->mcr & UART_MCR_OUT2;
    return v->line && !before;
}

void vuart_reset(struct vuart *v)
{
    v->ier = v->lcr = v->mcr = v->scr = v->fifo = v->causes = 0;
    v->divisor[0] = 1; /* 115200 baud: Linux divides by what it finds here */
    v->divisor[1] = 0;
    v->msr = MODEM_LINES;
    v->status.lsr = TRANSMIT_EMPTY;
    v->line = false;
    v->in_tail = v->in_head;
    if (v->is_sent)
        v->page->in_tail = v->page->in_head;
    if (!v->uart.base) /* given up: what waits for it would keep the ring full for ever */
        v->out_tail = v->out_head;
    for (unsigned i = 0; i < VUART_IN_BYTES; i++)
        v->in[i] = 0;
    for (unsigned i = 0; i < UART_FIFO_BYTES; i++)
        uart_try_get(&v->uart);
    update_transmitter(v);
    vuart_pump(v);
}

bool vuart_init(struct vuart *v, unsigned com, bool polled)
{
    bool found = uart_init(&v->uart, com, !polled);

    v->status.polled = polled;
    vuart_reset(v);
    return found;
}
