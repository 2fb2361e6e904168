/* SPDX-License-Identifier: Apache-2.0 */
/* A network card that talks to itself. */
#include "card.h"
#include "apic.h"
#include "boot.h"
#include "x86.h"

enum {
    CONTROL = 0x0000,
    STATUS = 0x0008,
    INTERRUPT_CAUSE_SET = 0x00c8,
    INTERRUPT_MASK_SET = 0x00d0,
    INTERRUPT_MASK_CLEAR = 0x00d8,
    INTERRUPT_VECTORS = 0x00e4,
    RECEIVE_CONTROL = 0x0100,
    TRANSMIT_CONTROL = 0x0400,
    RECEIVE_RING = 0x2800,
    TRANSMIT_RING = 0x3800,
    RING_LOW = 0x00, /* offsets of a ring's registers */
    RING_HIGH = 0x04,
    RING_BYTES = 0x08,
    RING_HEAD = 0x10,
    RING_TAIL = 0x18,
    REGISTERS_BYTES = 0x20000,

    CONTROL_LINK = 1 << 6,
    CONTROL_RESET = 1 << 26,
    STATUS_LINK = 1 << 1,
    RECEIVE_ENABLE = 1 << 1,
    RECEIVE_ALL = 1 << 3 | 1 << 4 | 1 << 15, /* any address */
    RECEIVE_LOOP = 1 << 6,
    RECEIVE_NO_CHECKSUM = 1 << 26,
    TRANSMIT_ENABLE = 1 << 1 | 1 << 3, /* short frames filled up */
    CAUSE_RECEIVE_0 = 1 << 20,
    RECEIVE_0_MESSAGE_0 = 1 << 3, /* the valid bit, and number 0 */
    RESETS_A_SECOND = 100,
    MOST_SECONDS = 5,
};

static volatile uint32_t *at(const struct card *card, uint32_t offset)
{
    return (volatile uint32_t *)(card->registers + offset);
}

static volatile uint32_t *ring_at(const struct card *card, enum card_ring ring, uint32_t offset)
{
    return at(card, (ring == CARD_RECEIVE ? RECEIVE_RING : TRANSMIT_RING) + offset);
}

bool card_find(struct card *card)
{
    card->function = pci_find(CARD_ID);
    if (card->function == PCI_NONE) {
        return false;
    }
    struct pci_bar bar = pci_bar(card->function, 0);
    if (bar.bytes < REGISTERS_BYTES || bar.base + bar.bytes > GUEST_HOLE_END) {
        return false;
    }
    card->registers = (volatile uint8_t *)bar.base;
    pci_command(card->function, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    return true;
}

static void place(const struct card *card, enum card_ring ring, uint64_t address)
{
    *ring_at(card, ring, RING_LOW) = (uint32_t)address;
    *ring_at(card, ring, RING_HIGH) = (uint32_t)(address >> 32);
    *ring_at(card, ring, RING_BYTES) = CARD_RING * sizeof(struct card_descriptor);
    *ring_at(card, ring, RING_HEAD) = 0;
    *ring_at(card, ring, RING_TAIL) = 0;
}

bool card_start(const struct card *card, uint64_t receive, uint64_t transmit)
{
    *at(card, RECEIVE_CONTROL) = 0;
    *at(card, TRANSMIT_CONTROL) = 0;
    *at(card, CONTROL) = CONTROL_RESET;
    tsc_wait(boot_info.tsc_hz / RESETS_A_SECOND);
    *at(card, INTERRUPT_MASK_CLEAR) = 0xffffffff;
    *at(card, CONTROL) = *at(card, CONTROL) | CONTROL_LINK;
    uint64_t end = rdtsc() + MOST_SECONDS * boot_info.tsc_hz;
    while (!(*at(card, STATUS) & STATUS_LINK) && rdtsc() < end) {
        cpu_relax();
    }
    place(card, CARD_RECEIVE, receive);
    place(card, CARD_TRANSMIT, transmit);
    *at(card, RECEIVE_CONTROL) = RECEIVE_ENABLE | RECEIVE_ALL | RECEIVE_LOOP | RECEIVE_NO_CHECKSUM;
    *at(card, TRANSMIT_CONTROL) = TRANSMIT_ENABLE;
    return *at(card, STATUS) & STATUS_LINK;
}

void card_interrupt(const struct card *card)
{
    *at(card, INTERRUPT_VECTORS) = RECEIVE_0_MESSAGE_0;
    *at(card, INTERRUPT_MASK_SET) = CAUSE_RECEIVE_0;
    *at(card, INTERRUPT_CAUSE_SET) = CAUSE_RECEIVE_0;
}

void card_ring(const struct card *card, enum card_ring ring, uint32_t tail)
{
    *ring_at(card, ring, RING_TAIL) = tail;
}

uint32_t card_head(const struct card *card, enum card_ring ring)
{
    return *ring_at(card, ring, RING_HEAD);
}
