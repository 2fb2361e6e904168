/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the CPUID answers are that the loader left: see grant/cpuid.h. */
#include "arch/x86/grant/cpuid.h"

enum { TOPOLOGY_LEAF = 0xb };

bool cpuid_is_of(const struct vcpuid *tables, const struct cpu_features *features, uint32_t id)
{
    const struct cpuid_regs *topology = &tables->basic[TOPOLOGY_LEAF];
    /* Without that leaf, the part of the id that leaf 1 has. */
    bool same = topology->ebx ? topology->edx == id : tables->basic[1].ebx >> 24 == (id & 0xff);
    return same && tables->features == features->has && tables->xcr0 == features->xcr0 &&
           tables->subleaf_count <= CPUID_SUBLEAVES;
}
