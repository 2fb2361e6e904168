/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of start-up, in code that stays: each processor changes to the page tables that it keeps,
 * checks itself there, and goes into its domain; the boot processor takes away what only start-up
 * needed (I11).
 */
#ifndef BULKHEAD_SETTLE_H
#define BULKHEAD_SETTLE_H

#include "arch/x86/include/mce.h"
#include "kernel/check/separation.h"

/* How this processor's start went; the boot processor reads it through its page table of the start.
 */
struct answer {
    volatile uint32_t ready; /* the rest is valid */
    bool ok;                 /* set up, and the separation check passed (I12) */
    struct check_result check;
    uint64_t ticks;                  /* that the check took */
    struct mce_found machine_checks; /* from before this start */
    char text[224];                  /* what was wrong; start-up code may write it before */
};
extern struct answer settle_answer;

/*
 * Checks this processor on the tables that it keeps, unless it could not be set up, answers, and
 * goes on, on the tables at `back`.
 */
void settle_check(uint64_t back);

/* The same, then enters the domain, whose life waits for the boot processor. */
_Noreturn void settle(void);

/* What the boot processor zeroes last, on the page table of the start, and whom it then lets go. */
struct settle_last {
    struct settle_range {
        uint64_t base, bytes;
    } zeroed[4];
    volatile uint32_t *go[MAX_DOMAINS];
    uint32_t domains;
};
_Noreturn void settle_release(const struct settle_last *what);

#endif
