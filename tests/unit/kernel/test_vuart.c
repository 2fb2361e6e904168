/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual UART over a made physical one, driven as Linux 6.1 and memtest86+ drive theirs. */
#define BULKHEAD_TEST_IO
#include "drivers/io.h"
#include "drivers/uart16550.c"
#include "kernel/vm/vuart.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A physical 16550 at 0x2f8 (com2). */
static struct {
    bool present, broken_iir;
    uint8_t ier, lcr, mcr, scr, fcr, divisor[2];
    unsigned in_fifo, sent, received, queued;
    uint8_t wire[70000], input[4096];
    bool thre_pending;
    unsigned reads, writes, lsr_reads;
} port;

enum { PORT = 0x2f8 };

static bool port_line(void)
{
    return port.broken_iir || (port.ier & 1 && port.received < port.queued) ||
           (port.ier & 2 && port.thre_pending);
}

/* The wire takes what the transmit FIFO holds. */
static void port_drain(void)
{
    if (port.in_fifo)
        port.thre_pending = true;
    port.in_fifo = 0;
}

static void port_type(const char *text)
{
    for (; *text; text++)
        port.input[port.queued++] = (uint8_t)*text;
}

uint8_t inb(uint16_t address)
{
    uint8_t iir;

    port.reads++;
    if (!port.present || (address & ~7) != PORT)
        return 0xff;
    switch (address - PORT) {
    case 0:
        if (port.lcr & 0x80)
            return port.divisor[0];
        return port.received < port.queued ? port.input[port.received++] : 0;
    case 1:
        return port.lcr & 0x80 ? port.divisor[1] : port.ier;
    case 2:
        iir = port.fcr & 1 ? 0xc0 : 0;
        if (port.broken_iir)
            return iir;
        if (port.ier & 1 && port.received < port.queued)
            return iir | 4;
        if (port.ier & 2 && port.thre_pending) {
            port.thre_pending = false;
            return iir | 2;
        }
        return iir | 1;
    case 5:
        port.lsr_reads++;
        return (port.in_fifo ? 0 : 0x60) | (port.received < port.queued);
    case 7:
        return port.scr;
    }
    return 0;
}

void outb(uint16_t address, uint8_t value)
{
    port.writes++;
    if (!port.present || (address & ~7) != PORT)
        return;
    switch (address - PORT) {
    case 0:
        if (port.lcr & 0x80) {
            port.divisor[0] = value;
            break;
        }
        assert_true(port.in_fifo < (port.fcr & 1 ? 16u : 1u)); /* a real one would lose a byte */
        port.in_fifo++;
        port.thre_pending = false;
        port.wire[port.sent++] = value;
        break;
    case 1:
        if (port.lcr & 0x80) {
            port.divisor[1] = value;
            break;
        }
        if (~port.ier & value & 2 && !port.in_fifo)
            port.thre_pending = true;
        port.ier = value;
        break;
    case 2:
        port.fcr = value;
        break;
    case 3:
        port.lcr = value;
        break;
    case 4:
        port.mcr = value;
        break;
    case 7:
        port.scr = value;
        break;
    }
}

static struct vuart v;

static void start(bool present, unsigned com, bool polled)
{
    memset(&port, 0, sizeof(port));
    memset(&v, 0, sizeof(v));
    port.present = present;
    assert_int_equal(vuart_init(&v, com, polled), present && com == 2);
}

static int setup(void **state)
{
    (void)state;
    start(true, 2, false);
    return 0;
}

static uint8_t in(unsigned reg)
{
    return vuart_read(&v, reg);
}

static void out(unsigned reg, uint8_t value)
{
    vuart_write(&v, reg, value);
}

/* The physical line is edge-triggered: a knock only when it rises. Until nothing moves. */
static unsigned serve_knocks(void)
{
    unsigned knocks = 0;
    bool line = false;

    for (;;) {
        port_drain();
        if (!port_line() || line)
            return knocks;
        vuart_pump(&v);
        knocks++;
        line = port_line();
    }
}

static void physical_port_is_set_up(void **state)
{
    (void)state;
    assert_int_equal(v.uart.base, PORT);
    assert_int_equal(v.uart.depth, 16);
    assert_int_equal(port.divisor[0], 1);
    assert_int_equal(port.divisor[1], 0);
    assert_int_equal(port.lcr, 3);
    assert_int_equal(port.fcr & 1, 1);
    assert_int_equal(port.mcr, 0x0b);
    assert_int_equal(port.ier, 1);
    start(true, 2, true);
    assert_int_equal(port.mcr, 0x03); /* the line belongs to another: not driven */
    assert_int_equal(port.ier, 0);
}

/* The existence, loopback and type tests of Linux's autoconfig(). */
static void linux_finds_a_16550a(void **state)
{
    uint8_t ier, mcr;
    unsigned count;

    (void)state;
    ier = in(1);
    out(1, 0);
    assert_int_equal(in(1) & 0x0f, 0);
    out(1, 0x0f);
    assert_int_equal(in(1) & 0x0f, 0x0f);
    out(1, ier);

    mcr = in(4);
    out(4, 0x10 | 0x0a);
    assert_int_equal(in(6) & 0xf0, 0x90);
    out(4, mcr);
    assert_int_equal(in(6) & 0xf0, 0xb0);

    out(3, 0xbf);
    out(2, 0);
    out(3, 0);
    assert_int_equal(in(2) >> 6, 0);
    out(2, 1);
    assert_int_equal(in(2) >> 6, 3);

    /* Not an ST16C650: no EFR, with DLAB or 0xbf in LCR. */
    out(3, 0x80);
    assert_int_not_equal(in(2), 0);
    out(3, 0xbf);
    assert_int_not_equal(in(2), 0);
    /* Not a National SuperIO: register 2 doesn't mirror MCR's loop bit in bank 2. */
    out(3, 0xe0);
    assert_int_equal(in(2) & 0x10, 0);
    out(3, 0);
    out(4, mcr ^ 0x10);
    out(3, 0xe0);
    assert_int_equal(in(2) & 0x10, 0);
    out(3, 0);
    out(4, mcr);
    /* Not a TI16750. */
    out(2, 0x21);
    assert_int_equal(in(2) >> 5, 6);
    out(2, 1);
    out(3, 0x80);
    out(2, 0x21);
    assert_int_not_equal(in(2) >> 5, 7);
    out(2, 1);
    out(3, 0);
    /* Not an XScale: IER bit 6 doesn't stick. */
    out(1, 0x40);
    assert_int_equal(in(1) & 0x40, 0);
    out(1, 0);
    /* size_fifo(): 16 bytes come back in loopback, none of 256 leave. */
    out(2, 7);
    out(4, 0x10);
    for (unsigned i = 0; i < 256; i++)
        out(0, (uint8_t)i);
    for (count = 0; in(5) & 1 && count < 256; count++)
        assert_int_equal(in(0), count);
    assert_int_equal(count, 16);
    assert_int_equal(port.sent, 0);
    out(4, mcr);
    /* The scratch register, as for a 16450. */
    out(7, 0xa5);
    assert_int_equal(in(7), 0xa5);
    out(7, 0x5a);
    assert_int_equal(in(7), 0x5a);
}

/* serial8250_do_startup(): neither UART_BUG_THRE nor UART_BUG_TXEN may be found (TRAPS 20). */
static void linux_finds_no_bug_at_startup(void **state)
{
    uint8_t iir1, iir, lsr;

    (void)state;
    out(2, 1);
    out(2, 7);
    out(2, 0);
    in(5), in(0), in(2), in(6);
    assert_int_not_equal(in(5), 0xff);

    assert_true(in(5) & 0x20);
    out(1, 2);
    iir1 = in(2);
    out(1, 0);
    out(1, 2);
    iir = in(2);
    out(1, 0);
    assert_int_equal(iir1 & 1, 0);
    assert_int_equal(iir & 1, 0);

    out(3, 3);
    out(4, 0x0b);
    out(1, 2);
    lsr = in(5);
    iir = in(2);
    out(1, 0);
    assert_true(lsr & 0x40);
    assert_int_equal(iir & 1, 0);
}

static void divisor_latch_hides_data_and_ier(void **state)
{
    (void)state;
    assert_int_equal(in(3), 0);
    out(3, 0x83);
    assert_int_equal(in(0), 1); /* a console that takes over divides by it */
    assert_int_equal(in(1), 0);
    out(0, 12);
    out(1, 1);
    assert_int_equal(in(0), 12);
    assert_int_equal(in(1), 1);
    assert_int_equal(port.sent, 0);
    out(3, 3);
    assert_int_equal(in(3), 3);
    assert_int_equal(in(1), 0);
}

static void interrupt_needs_out2_and_rises_once_a_burst(void **state)
{
    unsigned edges = 0;

    (void)state;
    out(1, 2);
    assert_false(vuart_edge(&v));
    out(4, 8);
    assert_true(vuart_edge(&v));
    assert_false(vuart_edge(&v));
    assert_int_equal(in(2) & 0x0f, 2);
    assert_false(vuart_edge(&v));
    assert_int_equal(in(2) & 0x0f, 1);
    for (unsigned i = 0; i < 16; i++) {
        out(0, 'x');
        edges += vuart_edge(&v);
    }
    assert_int_equal(edges, 1);
    out(1, 0);
    assert_false(vuart_edge(&v));
    out(1, 2);
    assert_true(vuart_edge(&v)); /* THRE is raised again when it is enabled again */
}

static void input_interrupts_and_reads_in_order(void **state)
{
    (void)state;
    out(4, 8);
    out(1, 1);
    assert_int_equal(in(5), 0x60);
    port_type("ab");
    assert_true(port_line());
    vuart_pump(&v);
    assert_false(port_line());
    assert_true(vuart_edge(&v));
    assert_int_equal(in(5), 0x61);
    assert_int_equal(in(2) & 0x0f, 4);
    assert_int_equal(in(0), 'a');
    assert_false(vuart_edge(&v));
    assert_int_equal(in(2) & 0x0f, 4);
    assert_int_equal(in(0), 'b');
    assert_int_equal(in(2) & 0x0f, 1);
    assert_int_equal(in(5), 0x60);
    assert_int_equal(in(0), 0);
    assert_false(vuart_edge(&v));
    port_type("c");
    vuart_pump(&v);
    assert_true(vuart_edge(&v));
}

/* A FIFO's worth goes out with one look at the physical port; LSR costs none. */
static void physical_port_is_touched_sparingly(void **state)
{
    (void)state;
    port.reads = port.writes = 0;
    for (unsigned i = 0; i < 16; i++)
        out(0, 'x');
    assert_int_equal(port.reads, 1);
    assert_int_equal(port.writes, 16);
    port.reads = port.writes = 0;
    for (unsigned i = 0; i < 100; i++)
        assert_true(in(5) & 0x20);
    out(0, 'y'); /* no room: looks once, waits for the port's interrupt from now on */
    assert_int_equal(port.reads, 1);
    assert_int_equal(port.writes, 1);
    assert_int_equal(port.ier, 3);
    for (unsigned i = 0; i < 100; i++)
        out(0, 'y');
    assert_int_equal(port.reads, 1);
    assert_int_equal(port.writes, 1);
}

/* I8: a guest that writes faster than the wire waits; nothing is lost, nothing overtakes. */
static void full_ring_makes_the_guest_wait(void **state)
{
    unsigned written = 0, waited = 0;

    (void)state;
    out(4, 8);
    while (written < 60000) {
        if (!(in(5) & 0x20)) {
            waited++;
            assert_int_equal(in(5) & 0x40, 0);
            assert_int_equal(in(2) & 1, 1);
            assert_true(port.ier & 2);
            port_drain();
            assert_true(port_line());
            vuart_pump(&v);
            continue;
        }
        for (unsigned i = 0; i < 16; i++, written++) /* what THRE promises */
            out(0, (uint8_t)(written % 251));
    }
    assert_true(waited > 1000);
    serve_knocks();
    assert_int_equal(port.sent, 60000);
    for (unsigned i = 0; i < 60000; i++)
        assert_int_equal(port.wire[i], i % 251);
    assert_int_equal(port.ier, 1);
    assert_false(port_line());
}

static void waiting_guest_gets_an_edge_when_there_is_room(void **state)
{
    (void)state;
    out(4, 8);
    while (in(5) & 0x20)
        out(0, 'x');
    out(1, 2);
    assert_false(vuart_edge(&v));
    port_drain();
    vuart_pump(&v);
    assert_true(in(5) & 0x20);
    assert_true(vuart_edge(&v));
    assert_int_equal(in(2) & 0x0f, 2);
}

/* Bytes beyond the promise are lost, as on a real one; the ring isn't. */
static void overrun_loses_only_the_excess(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 5000; i++)
        out(0, (uint8_t)i);
    serve_knocks();
    assert_int_equal(port.sent, VUART_OUT_BYTES + 16);
    for (unsigned i = 0; i < port.sent; i++)
        assert_int_equal(port.wire[i], (uint8_t)i);
}

/* Input that a guest doesn't read must not block its output: the line has to fall. */
static void unread_input_does_not_stop_output(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 40; i++)
        port_type("0123456789");
    serve_knocks();
    assert_int_equal(port.received, VUART_IN_BYTES);
    assert_int_equal(port.ier & 1, 0);
    assert_false(port_line());
    for (unsigned i = 0; i < 100; i++)
        out(0, 'x');
    assert_true(serve_knocks() > 0);
    assert_int_equal(port.sent, 100);
    for (unsigned i = 0; i < 400; i++) {
        assert_true(in(5) & 1);
        assert_int_equal(in(0), '0' + i % 10);
    }
    assert_int_equal(in(5) & 1, 0);
    assert_int_equal(port.ier, 1);
}

static void clearing_receive_fifo_clears_it(void **state)
{
    (void)state;
    out(2, 1);
    port_type("abc");
    vuart_pump(&v);
    out(2, 3);
    assert_int_equal(in(5) & 1, 0);
    port_type("d");
    vuart_pump(&v);
    assert_int_equal(in(0), 'd');
    out(0, 'x');
    out(2, 7); /* what was accepted is sent all the same */
    assert_int_equal(port.sent, 1);
}

static void loopback_keeps_the_wire_out(void **state)
{
    (void)state;
    out(4, 0x1f);
    assert_int_equal(in(6), 0xf0);
    port_type("p");
    vuart_pump(&v);
    out(0, 'l');
    assert_int_equal(in(0), 'l');
    assert_int_equal(in(5) & 1, 0);
    assert_int_equal(port.sent, 0);
    assert_false(port_line());
    out(4, 0x0b); /* what came meanwhile is there afterwards */
    assert_int_equal(in(0), 'p');
    assert_int_equal(port.ier, 1);
}

/* I7: the next life finds a fresh UART and none of the former's input; its output still goes out.
 */
static void reset_keeps_only_output(void **state)
{
    (void)state;
    out(3, 0x83);
    out(0, 9);
    out(3, 3);
    out(1, 0x0f);
    out(4, 0x0b);
    out(7, 0x77);
    out(2, 1);
    port_type("secret");
    vuart_pump(&v);
    port_type("more");
    for (unsigned i = 0; i < 100; i++)
        out(0, 'o');
    vuart_edge(&v);
    vuart_reset(&v);
    assert_int_equal(in(1), 0);
    assert_int_equal(in(2), 1);
    assert_int_equal(in(3), 0);
    assert_int_equal(in(4), 0);
    assert_int_equal(in(5), 0x60);
    assert_int_equal(in(6), 0xb0);
    assert_int_equal(in(7), 0);
    for (unsigned i = 0; i < VUART_IN_BYTES; i++)
        assert_int_equal(v.in[i], 0);
    assert_false(vuart_edge(&v));
    assert_int_equal(in(0), 0);
    port_type("n");
    serve_knocks();
    assert_int_equal(in(0), 'n');
    assert_int_equal(port.sent, 100);
    assert_int_equal(in(5), 0x60);
}

/* A port that is stuck is given up at the end of a life; the next one is not held up by it. */
static void reset_drops_output_of_a_lost_port(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2 * VUART_OUT_BYTES; i++)
        out(0, 'o');
    assert_int_equal(in(5), 0);
    v.uart.base = 0;
    vuart_reset(&v);
    assert_int_equal(in(5), 0x60);
    for (unsigned i = 0; i < 2 * VUART_OUT_BYTES; i++)
        out(0, 'o');
    assert_int_equal(in(5), 0x60);
}

static void without_a_port_output_vanishes(void **state)
{
    (void)state;
    start(false, 2, false);
    port.reads = port.writes = 0;
    for (unsigned i = 0; i < 10000; i++) {
        assert_int_equal(in(5), 0x60);
        out(0, 'x');
    }
    vuart_pump(&v);
    assert_int_equal(port.reads + port.writes, 0);
    start(true, 0, false);
    out(0, 'x');
    assert_int_equal(port.reads + port.writes, 0);
}

/* A line that isn't ours: each look of the guest moves bytes, no interrupt is enabled. */
static void polled_port_moves_when_the_guest_looks(void **state)
{
    (void)state;
    start(true, 2, true);
    port_type("k");
    assert_int_equal(in(5), 0x61);
    assert_int_equal(in(0), 'k');
    for (unsigned i = 0; i < 40; i++)
        out(0, (uint8_t)i);
    assert_int_equal(port.sent, 16);
    port_drain();
    in(5);
    assert_int_equal(port.sent, 32);
    port_drain();
    out(0, 40);
    assert_int_equal(port.sent, 41);
    for (unsigned i = 0; i < 41; i++)
        assert_int_equal(port.wire[i], i);
    assert_int_equal(port.ier, 0);
}

/* I9: a port whose interrupt never ends can't hold the processor; it is polled from then on. */
static void endless_interrupt_ends_in_polling(void **state)
{
    (void)state;
    port.broken_iir = true;
    vuart_pump(&v);
    assert_true(v.status.polled);
    assert_int_equal(port.ier, 0);
    assert_true(port.reads < 200);
}

/* The serial console of memtest86+: BOTH_EMPTY before each character. */
static void memtest_prints(void **state)
{
    (void)state;
    out(3, in(3) | 0x80);
    in(1), in(0);
    out(3, 3);
    out(3, 0x83);
    out(0, 1);
    out(1, 0);
    out(3, 3);
    in(5), in(0);
    out(1, 0);
    for (unsigned i = 0; i < 5000; i++) {
        for (unsigned spins = 0; (in(5) & 0x60) != 0x60; spins++) {
            assert_true(spins < 10);
            port_drain();
            vuart_pump(&v);
        }
        out(0, (uint8_t)i);
    }
    serve_knocks();
    assert_int_equal(port.sent, 5000);
}

static void boot_log_gives_a_dead_port_up(void **state)
{
    struct uart uart;

    (void)state;
    assert_true(uart_init(&uart, 2, false));
    uart_put_wait(&uart, 'a');
    assert_int_equal(port.sent, 1);
    for (unsigned i = 0; i < 15; i++)
        uart_put_wait(&uart, 'a');
    uart_put_wait(&uart, 'b'); /* nothing drains it */
    assert_int_equal(uart.base, 0);
    port.reads = 0;
    uart_put_wait(&uart, 'c');
    assert_int_equal(port.reads, 0);
    assert_int_equal(port.sent, 16);
}

static void com_ports_are_the_pc_s(void **state)
{
    (void)state;
    assert_int_equal(uart_port(0), 0);
    assert_int_equal(uart_port(1), 0x3f8);
    assert_int_equal(uart_port(2), 0x2f8);
    assert_int_equal(uart_port(3), 0x3e8);
    assert_int_equal(uart_port(4), 0x2e8);
    assert_int_equal(uart_port(5), 0);
    assert_int_equal(uart_irq(1), 4);
    assert_int_equal(uart_irq(2), 3);
    assert_int_equal(uart_irq(3), 4);
    assert_int_equal(uart_irq(4), 3);
    assert_int_equal(uart_irq(5), 0);
}

/* Management's side of the public page. */
static struct public_page public;
static uint8_t shown[PUBLIC_OUT_BYTES];

static int setup_managed(void **state)
{
    (void)state;
    memset(&port, 0, sizeof(port));
    memset(&v, 0, sizeof(v));
    memset(&public, 0, sizeof(public));
    memset(shown, 0, sizeof(shown));
    v.page = &public;
    v.printed = shown;
    v.is_sent = true;
    assert_false(vuart_init(&v, 0, false));
    return 0;
}

static void send(unsigned count, uint8_t first)
{
    struct public_page *page = &public;
    for (; count > 0; count--)
        page->in[page->in_head++ % PUBLIC_IN_BYTES] = first++;
}

static void management_reads_what_is_printed(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PUBLIC_OUT_BYTES + 5; i++) {
        out(0, (uint8_t)(i * 3));
        assert_int_equal(public.printed, i + 1);
        assert_int_equal(shown[i % PUBLIC_OUT_BYTES], (uint8_t)(i * 3));
    }
    out(4, 0x10); /* in loopback mode nothing leaves */
    out(0, 'x');
    assert_int_equal(public.printed, PUBLIC_OUT_BYTES + 5);
    vuart_show(&v, 'b'); /* as the hypervisor's own words */
    assert_int_equal(shown[5], 'b');
    vuart_reset(&v); /* counted since boot */
    out(0, 'y');
    assert_int_equal(public.printed, PUBLIC_OUT_BYTES + 7);
}

/* Beside a physical port that is slow both get every byte, in their order. */
static void a_port_and_management_both_get_it(void **state)
{
    (void)state;
    port.present = true;
    assert_true(vuart_init(&v, 2, false));
    for (unsigned i = 0; i < 1000; i++)
        out(0, (uint8_t)i);
    serve_knocks();
    assert_int_equal(port.sent, 1000);
    assert_int_equal(public.printed, 1000);
    assert_memory_equal(port.wire, shown, 1000);
}

static void management_writes_input(void **state)
{
    (void)state;
    out(4, 0x08);
    out(1, 1);
    assert_false(vuart_edge(&v));
    send(3, 'a');
    vuart_pump(&v);
    assert_true(vuart_edge(&v));
    assert_int_equal(public.in_tail, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(in(5) & 1, 1);
        assert_int_equal(in(0), 'a' + i);
    }
    assert_int_equal(in(5) & 1, 0);
    /* More than there is room for follows as the guest reads, and none is lost. */
    send(PUBLIC_IN_BYTES, 0);
    vuart_pump(&v);
    assert_int_equal(public.in_tail, 3 + VUART_IN_BYTES);
    for (unsigned i = 0; i < PUBLIC_IN_BYTES; i++) {
        assert_int_equal(in(5) & 1, 1);
        assert_int_equal(in(0), (uint8_t)i);
    }
    assert_int_equal(in(5) & 1, 0);
    assert_int_equal(public.in_tail, public.in_head);
}

static void loopback_and_a_new_life(void **state)
{
    (void)state;
    out(4, 0x10);
    send(2, 'a');
    vuart_pump(&v);
    assert_int_equal(public.in_tail, 0);
    out(4, 0);
    assert_int_equal(in(0), 'a');
    send(5, 'q');
    vuart_reset(&v); /* what the former life did not read is gone (I7) */
    assert_int_equal(in(5) & 1, 0);
    assert_int_equal(public.in_tail, 7);
    assert_int_equal(in(0), 0);
}

/* The count is a number that another wrote. */
static void a_wrong_count_gives_no_more_than_room(void **state)
{
    (void)state;
    public.in_head = UINT32_MAX - 7;
    vuart_pump(&v);
    assert_int_equal(public.in_tail, VUART_IN_BYTES);
    assert_int_equal((uint16_t)(v.in_head - v.in_tail), VUART_IN_BYTES);
}

/* Without a right neither page nor ring is touched. */
static void nobody_may(void **state)
{
    static const struct public_page none;
    (void)state;
    v.printed = NULL;
    v.is_sent = false;
    send(3, 'a');
    out(0, 'x');
    vuart_pump(&v);
    vuart_reset(&v);
    assert_int_equal(in(5) & 1, 0);
    public.in_head = 0;
    memset(public.in, 0, sizeof(public.in));
    assert_memory_equal(&public, &none, sizeof(none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(physical_port_is_set_up, setup),
        cmocka_unit_test_setup(linux_finds_a_16550a, setup),
        cmocka_unit_test_setup(linux_finds_no_bug_at_startup, setup),
        cmocka_unit_test_setup(divisor_latch_hides_data_and_ier, setup),
        cmocka_unit_test_setup(interrupt_needs_out2_and_rises_once_a_burst, setup),
        cmocka_unit_test_setup(input_interrupts_and_reads_in_order, setup),
        cmocka_unit_test_setup(physical_port_is_touched_sparingly, setup),
        cmocka_unit_test_setup(full_ring_makes_the_guest_wait, setup),
        cmocka_unit_test_setup(waiting_guest_gets_an_edge_when_there_is_room, setup),
        cmocka_unit_test_setup(overrun_loses_only_the_excess, setup),
        cmocka_unit_test_setup(unread_input_does_not_stop_output, setup),
        cmocka_unit_test_setup(clearing_receive_fifo_clears_it, setup),
        cmocka_unit_test_setup(loopback_keeps_the_wire_out, setup),
        cmocka_unit_test_setup(reset_keeps_only_output, setup),
        cmocka_unit_test_setup(reset_drops_output_of_a_lost_port, setup),
        cmocka_unit_test_setup(without_a_port_output_vanishes, setup),
        cmocka_unit_test_setup(polled_port_moves_when_the_guest_looks, setup),
        cmocka_unit_test_setup(endless_interrupt_ends_in_polling, setup),
        cmocka_unit_test_setup(memtest_prints, setup),
        cmocka_unit_test_setup(boot_log_gives_a_dead_port_up, setup),
        cmocka_unit_test_setup(com_ports_are_the_pc_s, setup),
        cmocka_unit_test_setup(management_reads_what_is_printed, setup_managed),
        cmocka_unit_test_setup(a_port_and_management_both_get_it, setup_managed),
        cmocka_unit_test_setup(management_writes_input, setup_managed),
        cmocka_unit_test_setup(loopback_and_a_new_life, setup_managed),
        cmocka_unit_test_setup(a_wrong_count_gives_no_more_than_room, setup_managed),
        cmocka_unit_test_setup(nobody_may, setup_managed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
