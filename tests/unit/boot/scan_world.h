/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Made configuration spaces, and a machine to scan: buses 0 to 3 of segment 0 by a window, bus 9 by
 * ports, bus 0 of segment 7 by another window. A host bridge, a port and a network card are there.
 */
#ifndef BULKHEAD_SCAN_WORLD_H
#define BULKHEAD_SCAN_WORLD_H

#include "boot/devices/scan.h"
#include "drivers/pci.h"

enum { SPACE = 4096, NAMED = 3 };
enum {
    HOST = 0,
    PLAIN = 0x010,
    PAIR = 0x018, /* 00:03.0 and .2 */
    HIDDEN = 0x02d,
    PORT = 0x0e0, /* 00:1c.0 */
    NIC = 0x100,  /* 01:00.0 */
    FAR = 9 << 8,
    OTHER = 7 << 16 | 0x008,
};

extern struct facts facts;
extern struct diagnostic why;
extern uint32_t named_count;
extern bool mapped;     /* what reach_possible() says */
extern unsigned sticks; /* offset of a register that can be written once; 0: none */

int setup(void **state);
int teardown(void **state);

/* A new function without capabilities, of whose registers Command alone can be written. */
void make(uint32_t function, uint32_t id, uint32_t class_code, uint8_t header);
uint8_t *at(uint32_t function, unsigned offset);
void put(uint32_t function, unsigned offset, unsigned bytes, uint32_t value);
uint32_t get(uint32_t function, unsigned offset, unsigned bytes);
/* Which bits a write changes. */
void open_bits(uint32_t function, unsigned offset, unsigned bytes, uint32_t mask);
/* In front of the others; `express` is at 0x40, of that device/port type. */
void capability(uint32_t function, unsigned offset, uint8_t id);
void express(uint32_t function, unsigned type);
/* The manifest assigns it. */
void name(uint32_t function);
/* How often it was written to. */
unsigned writes(uint32_t function);

bool scans(void);
void expect_refused(const char *part);
const struct fact_function *found(uint32_t function);

#endif
