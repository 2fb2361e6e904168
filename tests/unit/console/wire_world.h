/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's network (lwip.c and the library) on a wire without cards, whose other end is
 * guests/netprobe; time is made up: it goes on by a millisecond each time that somebody looks.
 */
#ifndef BULKHEAD_TESTS_WIRE_WORLD_H
#define BULKHEAD_TESTS_WIRE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORLD_OWN    0x0a000114u /* of netprobe */
#define WORLD_SERVED 0x0a0001ffu

extern uint64_t world_now;    /* milliseconds */
extern bool world_echo;       /* whether echo requests are to be answered */
extern bool world_serves;     /* whether what comes on a connection is sent back */
extern unsigned world_failed; /* lines of netprobe that say FAIL */
extern unsigned world_sent;   /* frames of the console so far */
extern bool world_is_deaf;    /* the console's frames get lost */

/* A console that was just started, once a process; later calls only forget what was said. */
void world_start(void);

/* Lets so many milliseconds go by. */
void world_pass(unsigned milliseconds);

/* A frame to the console, as netprobe's wire.h makes them, and the console's look at it. */
struct frame;
void world_put(const struct frame *frame);

/* Connections that the echo service knows. */
unsigned world_open_connections(void);

#endif
