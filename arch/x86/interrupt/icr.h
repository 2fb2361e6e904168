/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's write to the x2APIC interrupt command register, expanded over its domain's processors:
 * nothing is ever sent to another's (I4), and no shorthand or cluster reaches the hardware.
 * Intel SDM, "Issuing Interprocessor Interrupts", "Interrupt Command Register in x2APIC mode".
 */
#ifndef BULKHEAD_ICR_H
#define BULKHEAD_ICR_H

#include <stdbool.h>
#include <stdint.h>

enum icr_action {
    ICR_NOTHING, /* ignored: INIT de-assert, no destination, or a mode that is refused */
    ICR_FIXED,
    ICR_NMI,
    ICR_INIT,
    ICR_STARTUP,        /* vector: page number of the entry */
    ICR_ILLEGAL_VECTOR, /* fixed, vector < 16: write it to SELF_IPI, hardware sets ESR and more */
    ICR_FAULT,          /* reserved bit: #GP(0) */
};

struct icr_request {
    enum icr_action action;
    uint32_t vector;
    uint32_t targets; /* bit n: processor n of the domain */
    uint32_t refused; /* destinations or modes that were dropped, for the counter */
};

/* Decodes `value`, written by processor `self` of the domain that has x2APIC ids `ids[count]`. */
struct icr_request icr_decode(uint64_t value, const uint32_t *ids, uint32_t count, uint32_t self);

enum { ICR_NOT_SELF = -1 };

/* The vector if `value` is a fixed IPI to the processor `apic_id` itself, else ICR_NOT_SELF. */
static inline int icr_self_vector(uint64_t value, uint32_t apic_id)
{
    uint32_t low = (uint32_t)value & ~0x4000u; /* Level means nothing for fixed, edge */

    if ((low - 0x40010u < 0xf0) || (low - 0x10u < 0xf0 && value >> 32 == apic_id))
        return (int)(low & 0xff);
    return ICR_NOT_SELF;
}

/* What the guest reads back: the delivery status bit is never set. */
static inline uint64_t icr_value(uint64_t value)
{
    return value & ~0x1000ull;
}

#endif
