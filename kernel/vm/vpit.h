/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Channel 2 of an 8254 with its gate and output in port 0x61: a clock for guests that insist on
 * one, computed from the TSC. It raises no interrupt. Modes 0, 2 and 3;
 * the others count like mode 0. Channels 0 and 1 are absent: their ports read 0 and take nothing,
 * as does a read-back command. Wants the domain's device lock held.
 */
#ifndef BULKHEAD_VPIT_H
#define BULKHEAD_VPIT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VPIT_CHANNEL2 = 0x42,
    VPIT_CONTROL = 0x43,
    VPIT_GATE = 0x61, /* the PC's system control port B */
};

struct vpit {
    uint64_t scale;  /* 8254 ticks a TSC tick, as a fixed-point number */
    uint64_t start;  /* TSC when counting began or went on */
    uint64_t before; /* ticks counted before `start` */
    uint32_t reload; /* 1..65536 */
    uint16_t latch;
    uint8_t mode;    /* 0..5 */
    uint8_t access;  /* 1 low byte, 2 high byte, 3 low then high */
    uint8_t low;     /* first byte written of two */
    uint8_t control; /* low four bits of port 0x61 */
    bool counting;   /* a count has been loaded since the mode was set */
    bool write_high, read_high, latched;
};

/* `tsc_hz` above 1.2 MHz. */
void vpit_reset(struct vpit *pit, uint64_t tsc_hz);

/* The guest's byte access to a port from 0x40 to VPIT_CONTROL, or to VPIT_GATE at TSC `now`. */
uint8_t vpit_read(struct vpit *pit, unsigned port, uint64_t now);
void vpit_write(struct vpit *pit, unsigned port, uint8_t value, uint64_t now);

#endif
