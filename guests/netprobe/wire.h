/* SPDX-License-Identifier: Apache-2.0 */
/* Frames made by hand, right ones and wrong ones, and a look at what comes back. */
#ifndef GUEST_WIRE_H
#define GUEST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WIRE_IP = 14, /* where they begin in a frame */
    WIRE_INNER = 34,
    WIRE_DATA = 54,
    WIRE_MSS = 1460,
    WIRE_ICMP = 1,
    WIRE_TCP = 6,
    WIRE_UDP = 17,
    TCP_FIN = 1 << 0, /* flags */
    TCP_SYN = 1 << 1,
    TCP_RST = 1 << 2,
    TCP_PSH = 1 << 3,
    TCP_ACK = 1 << 4,
};

struct frame {
    uint8_t bytes[1514];
    size_t used;
};

struct segment {
    uint16_t from, to; /* ports */
    uint32_t number, acknowledged;
    uint8_t flags;
    const uint8_t *options; /* of option_bytes, a multiple of 4 */
    size_t option_bytes;
    const uint8_t *data;
    size_t bytes;
};

uint32_t wire_get(const uint8_t *at, size_t bytes); /* big-endian */
void wire_put(uint8_t *at, size_t bytes, uint32_t value);

/* Brings the card up. Returns NULL, or what is wrong, in words. */
const char *wire_start(uint32_t own, uint32_t victim);

/* A request for `address`, to everybody. */
struct frame wire_arp(uint32_t address);

/* A packet from own address to the victim's, with sums that are right. */
struct frame wire_packet(uint8_t protocol, const void *inner, size_t bytes);
struct frame wire_tcp(const struct segment *segment);
void wire_sum(struct frame *frame); /* of the IP header, after a change in it */

void wire_send(const struct frame *frame);

/*
 * Waits so many milliseconds for a frame of the victim's to this card that `match` takes; answers
 * ARP requests meanwhile. Before the victim has been seen at all, a frame of anybody's will do.
 */
typedef bool (*wire_match)(const uint8_t *frame, size_t bytes, void *arg);
bool wire_await(unsigned milliseconds, wire_match match, void *arg);

/* Asks for the victim's address until it answers, five seconds. */
bool wire_find_victim(void);

/* A connection to the victim's port 443. */
struct stream {
    uint16_t port;
    uint32_t first; /* the victim's initial sequence number */
    uint32_t next, expected;
    bool reset, ended;
    size_t option_bytes; /* that the victim's first segment had, and their first four */
    uint32_t options;
};

/* Both in two seconds; with `options` in the first segment, which may be NULL. */
bool stream_open(struct stream *stream, uint16_t port, const uint8_t *options, size_t bytes);
bool stream_close(struct stream *stream);
void stream_reset(const struct stream *stream);

/* Sends one segment of up to WIRE_MSS and waits until as much has come back, which must be equal.
 */
bool stream_echo(struct stream *stream, const uint8_t *data, size_t bytes);

#endif
