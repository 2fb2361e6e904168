/* SPDX-License-Identifier: Apache-2.0 */
/* I4 by way of the virtual I/O APIC and the one device behind it, COM1 at pin 4. */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"

enum {
    SELECT = 0,
    WINDOW = 4, /* as an index of 32-bit words */
    FIRST_RTE = 0x10,
    PINS = 24,
    RTE_MASKED = 1 << 16,
    UART_IER = GUEST_COM1 + 1,
    IER_THRE = 2,
    UART_MCR = GUEST_COM1 + 4,
    MCR_OUT2 = 8, /* a PC's COM1 interrupts only with it set */
};

static volatile uint32_t *const registers = (volatile uint32_t *)GUEST_IOAPIC;

static void write_register(uint32_t index, uint32_t value)
{
    registers[SELECT] = index;
    registers[WINDOW] = value;
}

static void route(uint32_t pin, uint32_t low, uint32_t destination)
{
    write_register(FIRST_RTE + 2 * pin + 1, destination << 24);
    write_register(FIRST_RTE + 2 * pin, low);
}

/* An edge of COM1's line: its transmitter is empty when that cause is switched on. */
static void raise_uart(void)
{
    console_drain();
    outb(UART_IER, 0);
    outb(UART_MCR, MCR_OUT2);
    outb(UART_IER, IER_THRE);
    settle();
    outb(UART_IER, 0);
    outb(UART_MCR, 0);
}

/* The ordinary use first: if that does not work, the rest says nothing. */
static void fixed_to_self(void)
{
    uint32_t before = interrupts_seen(0, UART_VECTOR);
    route(GUEST_COM1_IRQ, UART_VECTOR, cpu_at(0)->apic_id);
    raise_uart();
    uint32_t seen = interrupts_seen(0, UART_VECTOR) - before;
    report(seen == 1, "I4", "ioapic-fixed-self", "%u interrupts of COM1", seen);
}

static void every_mode(void)
{
    uint32_t nmis = nmis_of_all(), seen = interrupts_seen(0, UART_VECTOR);
    for (uint32_t mode = 1; mode < 8; mode++) {
        for (uint32_t logical = 0; logical <= APIC_LOGICAL; logical += APIC_LOGICAL) {
            route(GUEST_COM1_IRQ, UART_VECTOR | mode << 8 | logical, cpu_at(0)->apic_id);
            raise_uart();
            route(GUEST_COM1_IRQ, UART_VECTOR | mode << 8 | logical, 0xff);
            raise_uart();
        }
    }
    nmis = nmis_of_all() - nmis;
    seen = interrupts_seen(0, UART_VECTOR) - seen;
    /* lowest priority may be delivered as fixed: one to self, or to all */
    report(nmis == 0 && seen <= 4, "I4", "ioapic-modes", "%u NMIs, %u interrupts", nmis, seen);
}

static void foreign_destinations(void)
{
    uint32_t seen = interrupts_seen(0, UART_VECTOR), sent = 0;
    for (uint32_t id = 0; id < 255; id++) {
        bool own = false;
        for (uint32_t i = 0; i < cpu_count(); i++) {
            own |= cpu_at(i)->apic_id == id;
        }
        if (!own && (id < 16 || id % 16 == 0)) {
            route(GUEST_COM1_IRQ, UART_VECTOR, id);
            raise_uart();
            sent++;
        }
    }
    seen = interrupts_seen(0, UART_VECTOR) - seen;
    report(seen == 0, "I4", "ioapic-foreign-ids", "%u ids, %u interrupts here", sent, seen);
}

/* Pins without a device, registers that are not there, other widths. */
static void odd_registers(void)
{
    volatile uint8_t *bytes = (volatile uint8_t *)GUEST_IOAPIC;
    uint32_t nmis = nmis_of_all();
    for (uint32_t pin = 0; pin < PINS; pin++) {
        route(pin, APIC_NMI | APIC_LEVEL | UART_VECTOR, 0xff);
    }
    for (uint32_t index = 0; index < 256; index++) {
        registers[SELECT] = index;
        (void)registers[WINDOW];
        if (index < FIRST_RTE || index >= FIRST_RTE + 2 * PINS) {
            registers[WINDOW] = 0xffffffff;
        }
    }
    for (uint32_t offset = 0; offset < 4096; offset += 8) {
        (void)bytes[offset];
        bytes[offset] = 0xff;
        *(volatile uint16_t *)(bytes + offset) = 0xffff;
        *(volatile uint64_t *)(bytes + offset) = ~0ull;
    }
    settle();
    for (uint32_t pin = 0; pin < PINS; pin++) {
        route(pin, RTE_MASKED, 0);
    }
    report(nmis_of_all() == nmis, "I4", "ioapic-odd-registers", "%u NMIs", nmis_of_all() - nmis);
}

/* The register is 32 bits wide: others read as 0 and write nothing. */
static void widths(void)
{
    volatile uint32_t *data = registers + WINDOW;
    unsigned good = 0;
    route(GUEST_COM1_IRQ, RTE_MASKED | UART_VECTOR, 0);
    registers[SELECT] = FIRST_RTE + 2 * GUEST_COM1_IRQ;
    good += *(volatile uint8_t *)data == 0 && *(volatile uint16_t *)data == 0 &&
            *(volatile uint64_t *)data == 0;
    *(volatile uint8_t *)data = 0xff;
    *(volatile uint16_t *)data = 0xffff;
    *(volatile uint64_t *)data = ~0ull;
    *(volatile uint8_t *)registers = 0;
    good += registers[SELECT] == FIRST_RTE + 2 * GUEST_COM1_IRQ;
    good += *data == (RTE_MASKED | UART_VECTOR);
    report(good == 3, "I9", "ioapic-widths", "%u of 3 as decided", good);
}

void attack_ioapic(void)
{
    widths();
    fixed_to_self();
    every_mode();
    foreign_destinations();
    odd_registers();
    route(GUEST_COM1_IRQ, RTE_MASKED, 0);
}
