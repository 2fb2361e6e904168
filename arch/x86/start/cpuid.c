/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the CPUID answers are that the loader left: see grant/cpuid.h. */
#include "arch/x86/grant/cpuid.h"

enum { TOPOLOGY_LEAF = 0xb };

bool cpuid_is_of(const struct vcpuid *tables, const struct cpu_features *features, uint32_t id)
{
    const struct cpuid_regs *topology = &tables->basic[TOPOLOGY_LEAF];
    return tables->features == features->has && tables->subleaf_count <= CPUID_SUBLEAVES &&
           (!topology->ebx || topology->edx == id);
}
