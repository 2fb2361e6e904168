/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machine checks switched on. Intel SDM, "Machine-Check Initialization": what a warm reset left is
 * read and cleared, or the crash before it would be taken for a new one.
 */
#include "arch/x86/include/mce.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine.h"
#include "setup.h"

enum {
    MCG_CTL_PRESENT = 1 << 8,
    MCG_RECOVERY_PRESENT = 1 << 24,
    OLD_STRIDE = 4,
    OLD_BANKS = 32, /* behind them are registers of VT-x */
    SCALABLE_STRIDE = 16,
    CPUID_MCE_MCA = 1 << 7 | 1 << 14,
    CPUID_SCALABLE_MCA = 1 << 3, /* 8000_0007, EBX */
};
#define CPUID_AMD_RAS 0x80000007u
#define AMD_MCA_FIRST 0xc0002000u

static void find_banks(uint64_t cap)
{
    uint32_t leaf[4] = {0}, most = OLD_BANKS;
    mce = (struct mce_banks){.first = IA32_MC0_CTL, .stride = OLD_STRIDE};
    if (features_have(&machine.features, FEATURE_AMD)) {
        cpu_cpuid(CPUID_AMD_RAS & 0x80000000, 0, leaf);
        bool known = leaf[0] >= CPUID_AMD_RAS;
        cpu_cpuid(CPUID_AMD_RAS, 0, leaf);
        uint32_t has = known ? leaf[1] : 0;
        mce.rules = MCE_AMD | (has & (MCE_AMD_RECOVERY | MCE_AMD_OVERFLOW));
        if (has & CPUID_SCALABLE_MCA) {
            mce.first = AMD_MCA_FIRST;
            mce.stride = SCALABLE_STRIDE;
            most = MCE_MOST_BANKS;
        }
    } else if (cap & MCG_RECOVERY_PRESENT) {
        mce.rules = MCE_RECOVERY;
    }
    mce.banks = (uint8_t)cap < most ? (uint8_t)cap : most;
}

void mce_setup(struct mce_found *found)
{
    uint32_t leaf[4];
    *found = (struct mce_found){0};
    cpu_cpuid(1, 0, leaf);
    if ((leaf[3] & CPUID_MCE_MCA) == CPUID_MCE_MCA) {
        uint64_t cap = cpu_rdmsr(IA32_MCG_CAP);
        find_banks(cap);
        for (uint32_t bank = 0; bank < mce.banks; bank++) {
            uint32_t first = mce.first + bank * mce.stride;
            uint64_t status = cpu_rdmsr(first + MC_STATUS);
            if (status & MC_VALID && found->count++ == 0) {
                found->bank = bank;
                found->status = status;
                found->address = status & MC_ADDRESS_VALID ? cpu_rdmsr(first + MC_ADDR) : 0;
            }
            cpu_wrmsr(first + MC_STATUS, 0);
        }
        cpu_wrmsr(IA32_MCG_STATUS, 0);
        if (cap & MCG_CTL_PRESENT)
            cpu_wrmsr(IA32_MCG_CTL, ~0ull);
        for (uint32_t bank = 0; bank < mce.banks; bank++)
            cpu_wrmsr(mce.first + bank * mce.stride + MC_CTL, ~0ull);
    }
    cpu_write_cr4(cpu_read_cr4() | CR4_MCE);
}
