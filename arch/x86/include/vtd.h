/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faults that a VT-d unit records, by its page of registers. Intel VT for Directed I/O
 * Architecture Specification, "Fault Logging", "Register Descriptions". A host test defines
 * BULKHEAD_TEST_VTD and brings registers of its own.
 */
#ifndef BULKHEAD_VTD_H
#define BULKHEAD_VTD_H

#include <stdbool.h>
#include <stdint.h>

#ifdef BULKHEAD_TEST_VTD
uint32_t vtd_read(volatile uint8_t *unit, unsigned at);
void vtd_write(volatile uint8_t *unit, unsigned at, uint32_t value);
#else
static inline uint32_t vtd_read(volatile uint8_t *unit, unsigned at)
{
    return *(volatile uint32_t *)(unit + at);
}

static inline void vtd_write(volatile uint8_t *unit, unsigned at, uint32_t value)
{
    *(volatile uint32_t *)(unit + at) = value;
}
#endif

struct vtd_fault {
    uint64_t address; /* the page; of an interrupt the entry's index << 48 */
    uint32_t source;  /* bus << 8 | device << 3 | function */
    uint32_t reason;
};

/* Fault events are NMIs for the processor with that x2APIC id; they stay masked. */
void vtd_send_faults_to(volatile uint8_t *unit, uint32_t apic_id);

/* Masked, an event waits until it is unmasked, or until nothing is left to be told. */
void vtd_mask_faults(volatile uint8_t *unit, bool masked);

/*
 * Takes back what was recorded by now, and clears what would keep the unit from sending another
 * event. Calls `take` for each record, at most two rounds of all that the unit has. False: there
 * was nothing.
 */
bool vtd_drain_faults(volatile uint8_t *unit,
                      void (*take)(const struct vtd_fault *fault, uint32_t context),
                      uint32_t context);

#endif
