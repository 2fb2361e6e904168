/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock among the processors of one domain. There is none across domains (I8). Who holds it stands
 * in it: what a machine check calls out of its work leaves none taken for ever (I9).
 */
#ifndef BULKHEAD_LOCK_H
#define BULKHEAD_LOCK_H

#include "arch/x86/include/stop.h"

struct lock {
    uint32_t holder; /* number of the processor within its domain, and 1; 0: free */
};

static inline void lock_take(struct lock *lock)
{
    for (uint32_t free = 0; !__atomic_compare_exchange_n(&lock->holder, &free, cpu.local + 1, false,
                                                         __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
         free = 0)
        stop_pause();
}

static inline void lock_release(struct lock *lock)
{
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
}

/* Releases it if this processor holds it. */
static inline void lock_let_go(struct lock *lock)
{
    if (__atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == cpu.local + 1)
        lock_release(lock);
}

#endif
