/* SPDX-License-Identifier: Apache-2.0 */
/* Which CPUID bit announces which feature. Intel SDM and AMD APM, "CPUID". */
#include "arch/x86/include/features.h"
#include "arch/x86/include/cr_bits.h"
#include <stddef.h>

enum { EAX, EBX, ECX, EDX };

enum { FIRST_EXTENDED_COMPONENT = 2 };

struct feature_bit {
    uint32_t leaf;
    uint8_t subleaf, reg, bit;
    uint8_t feature; /* enum cpu_feature; several lines may give the same */
};

static const struct feature_bit feature_bits[] = {
    {0x1, 0, ECX, 17, FEATURE_PCID},
    {0x1, 0, ECX, 24, FEATURE_TSC_DEADLINE},
    {0x1, 0, ECX, 26, FEATURE_XSAVE},
    {0x7, 0, EBX, 0, FEATURE_FSGSBASE},
    {0x7, 0, EBX, 1, FEATURE_TSC_ADJUST},
    {0x7, 0, EBX, 7, FEATURE_SMEP},
    {0x7, 0, EBX, 10, FEATURE_INVPCID},
    {0x7, 0, EBX, 20, FEATURE_SMAP},
    {0x7, 0, ECX, 2, FEATURE_UMIP},
    {0x7, 0, ECX, 3, FEATURE_PKU},
    {0x7, 0, ECX, 5, FEATURE_WAITPKG},
    {0x7, 0, EDX, 26, FEATURE_SPEC_CTRL}, /* IBRS and IBPB */
    {0x7, 0, EDX, 26, FEATURE_PRED_CMD},
    {0x7, 0, EDX, 27, FEATURE_SPEC_CTRL}, /* STIBP */
    {0x7, 0, EDX, 28, FEATURE_FLUSH_CMD},
    {0x7, 0, EDX, 29, FEATURE_ARCH_CAPABILITIES},
    {0x7, 0, EDX, 31, FEATURE_SPEC_CTRL}, /* SSBD */
    {0xd, 1, EAX, 3, FEATURE_XSAVES},
    {0x80000001, 0, EDX, 20, FEATURE_NX},
    {0x80000001, 0, EDX, 27, FEATURE_RDTSCP},
    {0x80000007, 0, EDX, 8, FEATURE_INVARIANT_TSC},
    {0x80000008, 0, EBX, 12, FEATURE_PRED_CMD},  /* AMD: IBPB */
    {0x80000008, 0, EBX, 14, FEATURE_SPEC_CTRL}, /* AMD: IBRS, STIBP, SSBD */
    {0x80000008, 0, EBX, 15, FEATURE_SPEC_CTRL},
    {0x80000008, 0, EBX, 24, FEATURE_SPEC_CTRL},
    {0x80000021, 0, EAX, 8, FEATURE_AUTO_IBRS},
};

/*
 * A component that CPUID gives no size (Bochs: PKRU) would make a guest's save areas too small, and
 * XSAVE write over what lies behind them.
 */
static void drop_unsized_components(struct cpu_features *features, features_cpuid *cpuid)
{
    uint32_t out[4];

    for (uint32_t i = FIRST_EXTENDED_COMPONENT; i < 64; i++) {
        if (!(features->xcr0 >> i & 1))
            continue;
        cpuid(0xd, i, out);
        if (out[EAX] == 0)
            features->xcr0 &= ~(1ull << i);
    }
    if (!(features->xcr0 & XCR0_PKRU))
        features_drop(features, FEATURE_PKU);
}

void features_drop_uncontrolled(struct cpu_features *features, uint32_t secondary)
{
    static const struct {
        uint32_t control;
        enum cpu_feature feature;
    } needs[] = {{1 << 3, FEATURE_RDTSCP},
                 {1 << 12, FEATURE_INVPCID},
                 {1 << 20, FEATURE_XSAVES},
                 {1 << 26, FEATURE_WAITPKG}};
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (!(secondary & needs[i].control))
            features_drop(features, needs[i].feature);
}

void features_read(struct cpu_features *features, features_cpuid *cpuid)
{
    uint32_t out[4], max, max_extended;

    cpuid(0x80000000, 0, out);
    max_extended = out[EAX];
    cpuid(0, 0, out);
    max = out[EAX];
    *features = (struct cpu_features){.has = 1ull << FEATURE_ANY};
    /* "GenuineIntel" or AMD's and Hygon's words: VT-x comes with the first, AMD-V with these. */
    features->has |= 1ull << (out[ECX] == 0x6c65746e ? FEATURE_INTEL : FEATURE_AMD);
    /* As have all processors with AMD-V and x2APIC; emulators and hypervisors don't always say it.
     */
    if (features_have(features, FEATURE_AMD))
        features->has |= 1ull << FEATURE_INVARIANT_TSC;

    for (size_t i = 0; i < sizeof(feature_bits) / sizeof(feature_bits[0]); i++) {
        const struct feature_bit *line = &feature_bits[i];

        if (line->leaf > (line->leaf < 0x80000000 ? max : max_extended))
            continue;
        cpuid(line->leaf, line->subleaf, out);
        if (out[line->reg] >> line->bit & 1)
            features->has |= 1ull << line->feature;
    }
    if (features_have(features, FEATURE_XSAVE) && max >= 0xd) {
        cpuid(0xd, 0, out);
        features->xcr0 = out[EAX] & XCR0_ALLOWED;
    }
    drop_unsized_components(features, cpuid);
}
