/* SPDX-License-Identifier: Apache-2.0 */
/* A lock among the processors of one domain. There is none across domains (I8). */
#ifndef BULKHEAD_LOCK_H
#define BULKHEAD_LOCK_H

#include "arch/x86/include/stop.h"

struct lock {
    int taken;
};

static inline void lock_take(struct lock *lock)
{
    while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
        stop_pause();
}

static inline void lock_release(struct lock *lock)
{
    __atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#endif
