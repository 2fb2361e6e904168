/* SPDX-License-Identifier: Apache-2.0 */
/* What a processor of the hypervisor knows of itself and of its guest's virtual registers. */
#ifndef BULKHEAD_MACHINE_H
#define BULKHEAD_MACHINE_H

#include "arch/x86/grant/cpuid.h"
#include "arch/x86/grant/msr.h"
#include "features.h"
#include "kernel/abi/limits.h"
#include "machine_words.h"
#include "percpu.h"

struct machine {
    struct cpu_features features;
    struct vmsr msr;
    uint32_t apic_ids[MAX_DOMAIN_CPUS]; /* of the domain's processors */
};

extern struct machine machine;
extern struct vcpuid machine_cpuid; /* what its guest reads by CPUID */

#endif
