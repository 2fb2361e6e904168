/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the payload that measures share. */
#ifndef GUEST_BENCH_H
#define GUEST_BENCH_H

#include <stdbool.h>
#include <stdint.h>

enum {
    MARK_PORT = 0x80,
    MARK_DEVICE = 7,  /* to 9 around a device's interrupts */
    MARK_LIFE = 10,   /* a life begins, and ends with the next number */
    MARK_READER = 12, /* over and over */
    QUIET_PARTS = 20, /* of a second, until the console has drained */
};

/* Does the command line ask for this phase, by its name or as one of all? */
bool phase_asked(const char *word);

/* A line of the hypervisor with the clock and the exits so far, if it is one for figures. */
void mark(uint8_t number);

/*
 * `first` and the number after it. The first pushes out what waits for the console, whose
 * interrupts would be exits too.
 */
void mark_begin(uint8_t first);

/*
 * Finds the first function with MSI-X, and names its registers to the phases that use them. False:
 * there is none.
 */
bool device_find(void);

/* Phase device-interrupts: 10,000 of an edu device, between marks. */
void device_interrupts(void);

/* Phase fault-reader: marks, for ever, with what the reader of IOMMU faults has to do meanwhile. */
void device_fault_reader(void);

/* Phase restart: ends this life, with a mark. */
void device_restart(void);

/* Samples of the management call, and of a loop without it. */
uint64_t sample_status(void), base_status(void), sample_counters(void), base_counters(void);

#endif
