/* SPDX-License-Identifier: Apache-2.0 */
/* What a processor says of itself to the machine's part of the separation check (kernel/start/). */
#ifndef BULKHEAD_CHECK_TOPOLOGY_H
#define BULKHEAD_CHECK_TOPOLOGY_H

#include <stdbool.h>
#include <stdint.h>

/* Its place in its core (I2): CPUID as this processor answers it; 0: it has no such leaf. */
struct check_topology {
    bool amd;
    uint32_t package[2];  /* leaf 1: EBX, EDX */
    uint32_t caches;      /* Intel: leaf 4, subleaf 0: EAX */
    bool unit_known;      /* AMD: leaf 0x8000001E is there */
    uint32_t unit;        /* its EBX */
    uint32_t extended[4]; /* leaf 0xB, subleaf 0 */
};

void machine_topology(struct check_topology *topology);

/* Of the boot processor, for the machine's part; not from what the policy's tables ask. */
struct check_evidence {
    bool amd;                   /* "AuthenticAMD" */
    uint32_t signature;         /* CPUID 1, EAX: stepping, model, family */
    uint32_t features;          /* CPUID 7, EBX; 0: there is no such leaf */
    uint64_t arch_capabilities; /* IA32_ARCH_CAPABILITIES; 0: there is none */
    uint64_t cr3;
    uint32_t apic_id; /* by its x2APIC */
};
void machine_evidence(struct check_evidence *out);

#endif
