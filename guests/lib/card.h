/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network card of Intel's 82574 kind (QEMU's e1000e), with legacy descriptors on one ring a
 * direction. It loops: what is sent comes back by the receive ring, and nothing leaves the card.
 * (82574 GbE Controller Family Datasheet, "Driver Programming Interface".) Whatever stands in the
 * descriptors is the caller's; so is where the rings are.
 */
#ifndef GUEST_CARD_H
#define GUEST_CARD_H

#include "pci.h"

#define CARD_ID 0x10d38086u

enum {
    CARD_RING = 4224,          /* descriptors of a ring, of which all but one can be in use */
    CARD_BUFFER_BYTES = 2048,  /* as large as the card takes each receive buffer */
    CARD_FRAME_BYTES_MIN = 60, /* what is shorter, the card fills up */
    CARD_SEND = 1 | 2 | 8,     /* end of packet, checksum, report when done */
};

/* Of either ring; `command` is the transmit descriptor's. */
struct card_descriptor {
    uint64_t address;
    uint16_t length;
    uint8_t offset_or_sum, command;
    uint8_t status, errors;
    uint16_t special;
};

struct card {
    uint32_t function;
    volatile uint8_t *registers;
};

enum card_ring { CARD_RECEIVE, CARD_TRANSMIT };

/* Finds the first one, and lets it decode memory and do DMA. False: there is none. */
bool card_find(struct card *card);

/*
 * Resets the card, gives it rings of CARD_RING descriptors at these addresses, and switches both
 * directions on. False: it says that it has no link.
 */
bool card_start(const struct card *card, uint64_t receive, uint64_t transmit);

/* The doorbell: the card may use the descriptors of a ring up to this one. */
void card_ring(const struct card *card, enum card_ring ring, uint32_t tail);

/* Has the card send the first message of its MSI-X table; card_start() undoes that it can. */
void card_interrupt(const struct card *card);

/* How far the card is. */
uint32_t card_head(const struct card *card, enum card_ring ring);

#endif
