/* SPDX-License-Identifier: Apache-2.0 */
/* Looks up a guest's CPUID answers. */
#include "cpuid.h"
#include "arch/x86/include/cr_bits.h"
#include "kernel/abi/guest_machine.h"

#define X(leaf) (0x80000000u + (leaf))

enum { XSAVE_LEGACY_BYTES = 576, XSAVE_ALIGNED = 2, FIRST_EXTENDED_COMPONENT = 2 };

static const struct cpuid_regs *find_subleaf(const struct vcpuid *tables, uint32_t leaf,
                                             uint32_t subleaf)
{
    for (uint32_t i = 0; i < tables->subleaf_count; i++)
        if (tables->subleaves[i].leaf == leaf && tables->subleaves[i].subleaf == subleaf)
            return &tables->subleaves[i].regs;
    return &tables->none;
}

const struct cpuid_regs *cpuid_find_high(const struct vcpuid *tables, uint32_t leaf)
{
    if (leaf == GUEST_CPUID_BASE)
        return &tables->own;
    if (leaf - GUEST_CPUID_KVM < 2)
        return &tables->kvm[leaf - GUEST_CPUID_KVM];
    if (leaf == X(0x1d))
        return NULL;
    if (leaf - X(0) < CPUID_EXTENDED)
        return &tables->extended[leaf - X(0)];
    return &tables->none;
}

/* Bytes of an XSAVE area for the components of `xcr0`. Intel SDM, "XSAVE-Managed State". */
static uint32_t xsave_bytes(const struct vcpuid *tables, uint64_t xcr0, bool compact)
{
    uint32_t bytes = XSAVE_LEGACY_BYTES;

    for (uint32_t i = FIRST_EXTENDED_COMPONENT; i < XSAVE_COMPONENTS; i++) {
        const struct cpuid_regs *component = find_subleaf(tables, 0xd, i);

        if (!(xcr0 >> i & 1))
            continue;
        if (compact && component->ecx & XSAVE_ALIGNED)
            bytes = (bytes + 63) & ~63u;
        if (compact)
            bytes += component->eax;
        else if (component->eax + component->ebx > bytes)
            bytes = component->eax + component->ebx;
    }
    return bytes;
}

struct cpuid_regs cpuid_special(const struct vcpuid *tables, uint32_t leaf, uint32_t subleaf,
                                uint64_t cr4, uint64_t xcr0)
{
    struct cpuid_regs regs = *find_subleaf(tables, leaf, subleaf);

    switch (leaf) {
    case 0x1:
        regs = tables->basic[1];
        regs.ecx |= cr4 & CR4_OSXSAVE ? 1u << L1C_OSXSAVE : 0;
        break;
    case 0x7:
        if (subleaf == 0 && cr4 & CR4_PKE)
            regs.ecx |= 1u << L7C_OSPKE;
        break;
    case 0xb:
    case 0x1f: /* below the last level: its own number and the x2APIC id */
        if (regs.ebx == 0 && tables->basic[leaf].ebx != 0)
            regs = (struct cpuid_regs){0, 0, subleaf & 0xff, tables->basic[leaf].edx};
        break;
    case 0xd:
        if (subleaf == 0 && regs.eax)
            regs.ebx = xsave_bytes(tables, xcr0, false);
        if (subleaf == 1 && regs.eax & (1u << LD1A_XSAVEC | 1u << LD1A_XSAVES))
            regs.ebx = xsave_bytes(tables, xcr0, true);
        break;
    }
    return regs;
}
