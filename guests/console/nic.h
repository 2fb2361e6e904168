/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain's network card, one of Intel's 82574, 82576, I350, I210, I211, I225 or I226 (their
 * datasheets, "Programming Interface"): one ring a direction, one interrupt, which only wakes.
 * What the card writes is not believed: a frame's length and state are checked.
 */
#ifndef CONSOLE_NIC_H
#define CONSOLE_NIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NIC_FRAME_BYTES = 1514, NIC_HEADER_BYTES = 14, NIC_ADDRESS_BYTES = 6 };

/*
 * Finds the first such card, resets it, and lets it send, receive and interrupt at `vector`. NULL,
 * or what is wrong, in words. That there is no link yet is not wrong.
 */
const char *nic_start(uint8_t vector);

const char *nic_name(void);
const uint8_t *nic_address(void); /* NIC_ADDRESS_BYTES */
bool nic_has_link(void);

/*
 * Gives at most `most` frames that arrived to `take`, whole ones without their sum, of
 * NIC_HEADER_BYTES to NIC_FRAME_BYTES. Returns how many places of the ring it has looked at, good
 * frames or not: `most` says that there may be more.
 */
unsigned nic_receive(unsigned most, void (*take)(const uint8_t *frame, size_t bytes));

/* Room for NIC_FRAME_BYTES that nic_send() then sends so many of; NULL: all room is in use. */
uint8_t *nic_room(void);
void nic_send(size_t bytes);

#endif
