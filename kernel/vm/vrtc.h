/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MC146818 clock that a domain finds at ports 0x70 and 0x71: wall time as read once at boot,
 * counted on by the TSC, in BCD and 24 hours. It can't be set and raises no interrupt; the other
 * bytes of its memory are 0. The real clock is never touched (TRAPS 5).
 */
#ifndef BULKHEAD_VRTC_H
#define BULKHEAD_VRTC_H

#include <stdint.h>

enum { VRTC_INDEX = 0x70, VRTC_DATA = 0x71 };

struct vrtc {
    uint64_t unix_time; /* seconds at `tsc`; 0: unknown, the clock then says so in register D */
    uint64_t tsc, tsc_hz;
    uint8_t index;
};

/* The guest's byte access to VRTC_INDEX or VRTC_DATA at TSC `now`. */
uint8_t vrtc_read(const struct vrtc *rtc, unsigned port, uint64_t now);
void vrtc_write(struct vrtc *rtc, unsigned port, uint8_t value);

#endif
