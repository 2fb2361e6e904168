/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's public page (TRAPS 27): the only memory that its processors and management's both
 * see. Each word has one writer.
 */
#ifndef BULKHEAD_ABI_PUBLIC_H
#define BULKHEAD_ABI_PUBLIC_H

#include "limits.h"
#include <stdint.h>

enum life_state { LIFE_NEW, LIFE_RUNNING, LIFE_STOPPED, LIFE_REFUSED };

/* Why a life ended. */
enum life_end {
    END_NONE,
    END_POWER_OFF, /* ACPI S5 */
    END_RESET,     /* reset register */
    END_TRIPLE_FAULT,
    END_MACHINE_CHECK,
    END_BAD_STATE, /* the processor refused the guest's state */
    END_UNEXPECTED_EXIT,
    END_KINDS,
};

struct public_page {
    /* Written by the boot processor. */
    volatile uint32_t go; /* processors may enter their domain */
    /* Written by the domain's first processor. */
    volatile uint32_t state;    /* enum life_state */
    volatile uint32_t lives;    /* starts so far */
    volatile uint32_t last_end; /* enum life_end */
    /* Written by each of the domain's processors, its own. */
    volatile uint64_t refused_interrupts[MAX_DOMAIN_CPUS]; /* destination outside (I4) */
};

/*
 * Behind it, a row for each of the domain's processors: exits of this life by the number that the
 * processor gives (VT-x: the basic exit reason; AMD-V: the exit code, and those below).
 */
enum {
    PUBLIC_EXIT_KINDS = 160,
    PUBLIC_EXIT_SVM_MEMORY = 0x90, /* nested page faults, 0x400 */
    PUBLIC_EXIT_SVM_WRMSR,         /* of 0x7c, those that write */
    PUBLIC_EXIT_SVM_OTHER,         /* every other code */
};
#define PUBLIC_BYTES(cpu_count)                                                                    \
    (sizeof(struct public_page) + (uint64_t)(cpu_count)*PUBLIC_EXIT_KINDS * sizeof(uint64_t))

/* The exits of the domain's processor `local`. */
static inline uint64_t *public_exits(struct public_page *page, uint32_t local)
{
    return (uint64_t *)(page + 1) + (uint64_t)local * PUBLIC_EXIT_KINDS;
}

_Static_assert(sizeof(struct public_page) <= PAGE_BYTES, "one page");

#endif
