/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What CPUID tells a guest: the processor's own answers reduced to an allow-list, computed once a
 * processor, so that an exit only looks one up. Intel SDM and AMD APM, "CPUID".
 */
#ifndef BULKHEAD_CPUID_H
#define BULKHEAD_CPUID_H

#include "arch/x86/include/features.h"
#include <stddef.h>

/* Bits that depend on the guest's state, named as in cpuid_bits.h, which has all others. */
enum { L1C_OSXSAVE = 27, L7C_OSPKE = 4, LD1A_XSAVEC = 1, LD1A_XSAVES = 3 };

struct cpuid_regs {
    uint32_t eax, ebx, ecx, edx;
};

enum {
    CPUID_BASIC = 0x20,    /* leaves 0 .. 0x1f */
    CPUID_EXTENDED = 0x22, /* leaves 0x80000000 .. 0x80000021 */
    CPUID_SUBLEAVES = 40,  /* answers that depend on the subleaf */
    XSAVE_COMPONENTS = 10, /* XCR0 bits 0 .. 9 */
};

struct cpuid_subleaf {
    uint32_t leaf, subleaf;
    struct cpuid_regs regs;
};

struct vcpuid {
    uint64_t features, xcr0; /* that it was made by: `has` and `xcr0` of struct cpu_features */
    struct cpuid_regs basic[CPUID_BASIC];
    struct cpuid_regs extended[CPUID_EXTENDED];
    struct cpuid_regs own, kvm[2], none;
    uint32_t special; /* bit n: basic leaf n depends on more than its number */
    uint32_t subleaf_count;
    struct cpuid_subleaf subleaves[CPUID_SUBLEAVES];
};

/* Fills `tables` on the processor that they are for (APIC ids differ): the loader does, by the
 * firmware's MP Services. */
void cpuid_build(struct vcpuid *tables, const struct cpu_features *features, features_cpuid *cpuid);

/* The constant answer for `leaf`; NULL: it depends on more, ask cpuid_special(). */
const struct cpuid_regs *cpuid_find_high(const struct vcpuid *tables, uint32_t leaf);
static inline const struct cpuid_regs *cpuid_find(const struct vcpuid *tables, uint32_t leaf)
{
    if (leaf >= CPUID_BASIC)
        return cpuid_find_high(tables, leaf);
    return tables->special >> leaf & 1 ? NULL : &tables->basic[leaf];
}

/*
 * The answer where cpuid_find() has none. `cr4` as the guest sees it, `xcr0` the guest's: bits
 * OSXSAVE and OSPKE and the sizes of leaf 0xd follow them.
 */
struct cpuid_regs cpuid_special(const struct vcpuid *tables, uint32_t leaf, uint32_t subleaf,
                                uint64_t cr4, uint64_t xcr0);

/* Whether the tables are those of a processor that has these features and x2APIC id `id`. */
bool cpuid_is_of(const struct vcpuid *tables, const struct cpu_features *features, uint32_t id);

#endif
