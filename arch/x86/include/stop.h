/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a panic on one processor stops all others (I9). It sets the stop word, whose page is the only
 * memory that all processors share, then sends an NMI to each that takes NMIs. Whoever waits looks
 * at the word; so does the NMI handler, and whoever a knock has called out of its guest. Nobody is
 * sent INIT: a processor outside of VMX operation would start the firmware anew, one inside of it
 * may hold INIT back for as long as it likes.
 */
#ifndef BULKHEAD_STOP_H
#define BULKHEAD_STOP_H

#include "kernel/abi/survivor.h"
#include "upcalls.h"

struct stop_page {
    volatile uint32_t stop; /* not 0: a processor panics */
    /* Written by each processor, its own: its x2APIC id and 1, once it takes NMIs. */
    volatile uint32_t takes_nmi[MAX_CPUS];
    /* Written by management's first processor. */
    struct survivor survivor __attribute__((aligned(SURVIVOR_OFFSET)));
};
_Static_assert(offsetof(struct stop_page, survivor) == SURVIVOR_OFFSET, "where the loader looks");
extern struct stop_page stop_page;       /* at VA_STOP */
extern struct panic_record panic_record; /* at VA_RECORD */
extern volatile bool stop_own;           /* it is this processor that panics */
/* NULL, or what this processor does on `panic_table` before it stops, which clears it first. */
extern void (*panic_tell)(void);
extern uint64_t panic_table;

/* From now on NMIs reach this processor, the board's too: it has its interrupt table, and `cpu` is
 * set. */
void stop_take_nmi(void);

/* Stops all other processors; false: another processor was first, and this one must halt. */
bool stop_others(void);

/* Does not return if another processor panics. */
static inline void stop_heed(void)
{
    if (__builtin_expect(stop_page.stop != 0, 0) && !stop_own)
        panic_halt();
}

/* One turn of any loop that waits for another processor, or for anything else. */
static inline void stop_pause(void)
{
    stop_heed();
    __builtin_ia32_pause();
}

#endif
