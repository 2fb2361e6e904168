/* SPDX-License-Identifier: Apache-2.0 */
/* The devices that a domain finds. */
#include "devices.h"
#include "arch/x86/include/machine_words.h"
#include "lock.h"
#include "reset.h"
#include "vioapic.h"
#include "vpci.h"
#include "vpit.h"
#include "vrtc.h"
#include "vuart.h"
#include <stddef.h>

_Static_assert(offsetof(struct vuart, status) == 0, "upcalls.h");

PER_DOMAIN struct vuart devices_uart;
static PER_DOMAIN struct {
    struct lock lock;
    struct vioapic ioapic;
    struct vpit pit;
    struct vrtc rtc;
} devices;
static PER_DOMAIN struct reset reset;

enum { POST_PORT = 0x80, SLEEP_ENABLE = 1 << 5, SLEEP_TYPE_SHIFT = 2, SLEEP_TYPE_MASK = 7 };

void devices_setup(void)
{
    struct public_page *page = public_page();
    devices_uart.page = page;
    devices_uart.printed = cpu.rules->serial_read ? public_out(page, cpu.domain->cpu_count) : NULL;
    devices_uart.is_sent = cpu.rules->serial_write;
    vuart_init(&devices_uart, cpu.rules->serial_port, cpu.rules->flags & MANIFEST_SERIAL_POLLED);
    devices.rtc = (struct vrtc){
        .unix_time = slice()->unix_time, .tsc = slice()->unix_time_tsc, .tsc_hz = slice()->tsc_hz};
    vpci_setup((const struct function *)VA_DEVICES, slice()->place.function_count,
               (volatile uint8_t *)VA_CONFIG, (uint8_t *)VA_VECTORS);
    reset_init(&reset, (const struct function *)VA_DEVICES, cpu.domain->function_count,
               (volatile uint8_t *)VA_CONFIG, slice()->tsc_hz);
}

bool devices_calm(void)
{
    return reset_go_on(&reset, machine_tsc());
}

const struct function *devices_lost(uint32_t flag)
{
    for (uint32_t i = 0; i < reset.count; i++) {
        const struct function *function = reset.functions[i].function;
        if (reset.lost >> i & 1 && (function->flags & FUNCTION_GO_ON) == flag)
            return function;
    }
    return NULL;
}

void devices_quarantine(uint32_t functions)
{
    for (uint32_t i = 0; i < reset.count; i++)
        if (functions >> i & 1)
            vfunction_quarantine(vpci_function(i));
}

void devices_let_go(void)
{
    lock_let_go(&devices.lock);
    for (uint32_t i = 0; i < reset.count; i++)
        lock_let_go(&vpci_function(i)->lock);
}

void devices_reset(void)
{
    vuart_reset(&devices_uart);
    vioapic_reset(&devices.ioapic);
    vpit_reset(&devices.pit, slice()->tsc_hz);
    devices.rtc.index = 0;
    vpci_reset();
    devices_quarantine(reset.lost);
}

/* A fixed IPI to the processors that the message names, inside the domain (I4, TRAPS 30). */
static void deliver(const struct vioapic_message *message)
{
    for (uint32_t local = 0; local < cpu.domain->cpu_count; local++) {
        uint32_t id = machine_apic_id(local);
        bool hit = message->logical ? id >> 4 == 0 && message->destination >> (id & 15) & 1
                                    : message->destination == id || message->destination == ~0u;
        if (hit)
            machine_send_fixed(id, message->vector);
    }
}

static void edge(unsigned pin)
{
    struct vioapic_message message;
    if (vioapic_pin_edge(&devices.ioapic, pin, &message))
        deliver(&message);
}

static void uart_edge(void)
{
    if (vuart_edge(&devices_uart))
        edge(GUEST_COM1_IRQ);
}

uint32_t devices_in(enum port_owner owner, uint16_t port)
{
    uint32_t value = ~0u;
    switch (owner) {
    case PORT_UART:
        lock_take(&devices.lock);
        value = vuart_read(&devices_uart, port - GUEST_COM1);
        uart_edge();
        lock_release(&devices.lock);
        break;
    case PORT_PIT:
    case PORT_SYSTEM_CONTROL:
        lock_take(&devices.lock);
        value = vpit_read(&devices.pit, port, machine_tsc());
        lock_release(&devices.lock);
        break;
    case PORT_RTC:
        value = vrtc_read(&devices.rtc, port, machine_tsc());
        break;
    case PORT_RESET:
    case PORT_SLEEP:
        value = 0;
        break;
    case PORT_PCI_ADDRESS:
        value = vpci_read_address();
        break;
    case PORT_PCI_DATA:
        value = vpci_read_data(port & 3);
        break;
    case PORT_NOBODY:
    case PORT_QUIET:
        break;
    }
    return value;
}

void devices_out(enum port_owner owner, uint16_t port, unsigned bytes, uint32_t value)
{
    switch (owner) {
    case PORT_UART:
        lock_take(&devices.lock);
        vuart_write(&devices_uart, port - GUEST_COM1, (uint8_t)value);
        uart_edge();
        lock_release(&devices.lock);
        break;
    case PORT_PIT:
    case PORT_SYSTEM_CONTROL:
        lock_take(&devices.lock);
        vpit_write(&devices.pit, port, (uint8_t)value, machine_tsc());
        lock_release(&devices.lock);
        break;
    case PORT_RTC:
        vrtc_write(&devices.rtc, port, (uint8_t)value);
        break;
    case PORT_RESET:
        if ((value & 0xff) == GUEST_RESET_VALUE)
            life_end(END_RESET);
        break;
    case PORT_SLEEP:
        if (port == GUEST_SLEEP_CONTROL && value & SLEEP_ENABLE &&
            (value >> SLEEP_TYPE_SHIFT & SLEEP_TYPE_MASK) == GUEST_SLEEP_S5)
            life_end(END_POWER_OFF);
        break;
    case PORT_PCI_ADDRESS:
        vpci_write_address(value);
        break;
    case PORT_QUIET:
#ifdef BENCH
        if (port == POST_PORT)
            life_mark(value & 0xff);
#endif
        break;
    case PORT_PCI_DATA:
        vpci_write_data(port & 3, bytes, value);
        break;
    case PORT_NOBODY:
        break;
    }
}

uint64_t devices_read(uint64_t gpa, unsigned bytes)
{
    if (gpa - GUEST_ECAM < GUEST_ECAM_BYTES)
        return vpci_read_ecam(gpa - GUEST_ECAM, bytes);
    if (gpa - GUEST_IOAPIC >= VIOAPIC_BYTES)
        return vpci_read_memory(gpa, bytes);
    lock_take(&devices.lock);
    uint64_t value = vioapic_read(&devices.ioapic, (unsigned)(gpa - GUEST_IOAPIC), bytes);
    lock_release(&devices.lock);
    return value;
}

void devices_write(uint64_t gpa, unsigned bytes, uint64_t value)
{
    if (gpa - GUEST_ECAM < GUEST_ECAM_BYTES) {
        vpci_write_ecam(gpa - GUEST_ECAM, bytes, value);
        return;
    }
    if (gpa - GUEST_IOAPIC >= VIOAPIC_BYTES) {
        vpci_write_memory(gpa, bytes, value);
        return;
    }
    lock_take(&devices.lock);
    vioapic_write(&devices.ioapic, (unsigned)(gpa - GUEST_IOAPIC), bytes, (uint32_t)value);
    lock_release(&devices.lock);
}

void devices_pump(void)
{
    lock_take(&devices.lock);
    vuart_pump(&devices_uart);
    uart_edge();
    lock_release(&devices.lock);
}

void devices_power_button(void)
{
    lock_take(&devices.lock);
    edge(GUEST_EVENT_IRQ);
    lock_release(&devices.lock);
}

static void say(uint8_t byte)
{
    vuart_show(&devices_uart, byte);
    uart_put_wait(&devices_uart.uart, byte);
}

void devices_say(const char *text)
{
    while (devices_uart.uart.base != 0 && devices_uart.out_head != devices_uart.out_tail) {
        uart_put_wait(&devices_uart.uart,
                      devices_uart.out[devices_uart.out_tail % VUART_OUT_BYTES]);
        devices_uart.out_tail++;
    }
    for (; *text; text++) {
        if (*text == '\n')
            say('\r');
        say((uint8_t)*text);
    }
}
