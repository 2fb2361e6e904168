/* SPDX-License-Identifier: Apache-2.0 */
/* The local APIC in x2APIC mode (Intel SDM, Extended XAPIC) and the timer in it. */
#ifndef GUEST_APIC_H
#define GUEST_APIC_H

#include "x86.h"
#include <stdbool.h>

enum apic_register {
    APIC_ID = 0x802,
    APIC_VERSION = 0x803,
    APIC_TPR = 0x808,
    APIC_EOI = 0x80b,
    APIC_LDR = 0x80d,
    APIC_SVR = 0x80f,
    APIC_ISR = 0x810, /* eight registers, as TMR and IRR */
    APIC_TMR = 0x818,
    APIC_IRR = 0x820,
    APIC_ESR = 0x828,
    APIC_LVT_CMCI = 0x82f,
    APIC_ICR = 0x830,
    APIC_LVT_TIMER = 0x832,
    APIC_LVT_THERMAL = 0x833,
    APIC_LVT_PERF = 0x834,
    APIC_LVT_LINT0 = 0x835,
    APIC_LVT_LINT1 = 0x836,
    APIC_LVT_ERROR = 0x837,
    APIC_TMICT = 0x838,
    APIC_TMCCT = 0x839,
    APIC_TDCR = 0x83e,
    APIC_SELF_IPI = 0x83f,
};

/* Fields of ICR and LVT. */
enum {
    APIC_FIXED = 0 << 8,
    APIC_LOWEST = 1 << 8,
    APIC_SMI = 2 << 8,
    APIC_NMI = 4 << 8,
    APIC_INIT = 5 << 8,
    APIC_STARTUP = 6 << 8,
    APIC_EXTINT = 7 << 8,
    APIC_MODES = 7 << 8,
    APIC_LOGICAL = 1 << 11,
    APIC_ASSERT = 1 << 14,
    APIC_LEVEL = 1 << 15,
    APIC_MASKED = 1 << 16,
    APIC_TIMER_PERIODIC = 1 << 17,
    APIC_TIMER_DEADLINE = 2 << 17,
    APIC_TO_SELF = 1 << 18,
    APIC_TO_ALL = 2 << 18,
    APIC_TO_OTHERS = 3 << 18,
    APIC_DIVIDE_BY_1 = 0xb,
    APIC_SVR_ENABLE = 1 << 8,
    APIC_SVR_RESET = 0xff,
};
#define APIC_BROADCAST 0xffffffffu

static inline void apic_eoi(void)
{
    wrmsr(APIC_EOI, 0);
}

static inline void apic_send(uint32_t destination, uint32_t command)
{
    wrmsr(APIC_ICR, (uint64_t)destination << 32 | command);
}

/* Is `vector` pending (APIC_IRR) or in service (APIC_ISR)? */
static inline bool apic_bit(enum apic_register bank, uint8_t vector)
{
    return rdmsr((uint32_t)bank + vector / 32u) >> (vector % 32u) & 1;
}

/* Turns x2APIC mode on where an INIT has left it off. */
void apic_enter_x2apic(void);

/* Enables this processor's local APIC, spurious vector 0xff. */
void apic_enable(void);

/* Waits for `ticks` of the TSC. */
void tsc_wait(uint64_t ticks);

/*
 * Prepares the timer of this processor to interrupt at `vector`: by TSC deadline where CPUID
 * offers it, else by the APIC's counter, whose rate is measured against the TSC once.
 */
void timer_init(uint8_t vector);

/* True when timer_at() writes a TSC deadline. */
bool timer_has_deadline(void);

/* One interrupt when the TSC reaches `tsc`, or soon if it has. */
void timer_at(uint64_t tsc);

/* An interrupt every `ticks` of the TSC, by the APIC's counter, at `vector`. */
void timer_periodic(uint8_t vector, uint64_t ticks);

/* No further interrupt; the LVT entry is masked. */
void timer_stop(void);

#endif
