/* SPDX-License-Identifier: Apache-2.0 */
/* What a processor says of its place in its core, for the separation check (I2, kernel/start/). */
#ifndef BULKHEAD_CHECK_TOPOLOGY_H
#define BULKHEAD_CHECK_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

/* CPUID as this processor answers it; 0: it has no such leaf. */
struct check_topology {
    bool amd;
    uint32_t package[2];  /* leaf 1: EBX, EDX */
    uint32_t caches;      /* Intel: leaf 4, subleaf 0: EAX */
    bool unit_known;      /* AMD: leaf 0x8000001E is there */
    uint32_t unit;        /* its EBX */
    uint32_t extended[4]; /* leaf 0xB, subleaf 0 */
};

#endif
