/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of this processor's domain: start, end, restart (I7, I9). Every processor of the domain
 * runs the same code and meets the others at barriers; no other domain's state is in reach.
 */
#ifndef BULKHEAD_LIFE_H
#define BULKHEAD_LIFE_H

#include <stdbool.h>
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

/* What one processor of a domain asks of another; carried by the mailbox and a knock. */
enum life_request { REQUEST_END = 1, REQUEST_INIT = 2, REQUEST_SIPI = 4, REQUEST_NMI = 8 };

/* Runs this processor in its domain, or parks it if it has none. Entered on an empty stack. */
_Noreturn void life_run(void);

/* Ends this life of the domain for `cause`; the manifest's on_exit says what follows. */
_Noreturn void life_end(enum life_end cause);

/* Leaves `requests` (enum life_request) for the domain's processor `local`, and knocks. */
void life_request(uint32_t local, uint32_t requests, uint8_t sipi_vector);

/* Takes what the mailbox holds; called after a knock with the guest stopped on this processor. */
void life_knocked(void);

/* Waits for SIPI; returns when the virtual processor may run. */
void life_wait_for_sipi(void);

/* Only in a kernel built for figures: says the exit counts so far on the domain's UART. */
void life_mark(uint32_t mark);

#endif
