/* SPDX-License-Identifier: Apache-2.0 */
/* Machine checks. */
#include "arch/x86/include/mce.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/upcalls.h"

enum {
    MCG_CAP = 0x179,
    MCG_STATUS = 0x17a,
    MC0_STATUS = 0x401,
    BANK_STRIDE = 4,
    BANKS_MASK = 0xff,
    MCG_RESTARTABLE = 1 << 0,
    MCG_IN_PROGRESS = 1 << 2,
};
#define MC_VALID           (1ull << 63)
#define MC_UNCORRECTED     (1ull << 61)
#define MC_CONTEXT_CORRUPT (1ull << 57)

void mce_handle(void)
{
    uint64_t global = cpu_rdmsr(MCG_STATUS);
    uint32_t banks = (uint32_t)cpu_rdmsr(MCG_CAP) & BANKS_MASK;
    bool uncorrected = false;
    for (uint32_t bank = 0; bank < banks; bank++) {
        uint64_t status = cpu_rdmsr(MC0_STATUS + BANK_STRIDE * bank);
        if (!(status & MC_VALID))
            continue;
        if (status & MC_UNCORRECTED && status & MC_CONTEXT_CORRUPT)
            panic("I9: fatal machine check in bank %u, status 0x%lx", bank, status);
        uncorrected |= (status & MC_UNCORRECTED) != 0;
        cpu_wrmsr(MC0_STATUS + BANK_STRIDE * bank, 0);
    }
    if (!(global & MCG_RESTARTABLE) && global & MCG_IN_PROGRESS)
        panic("I9: machine check that can't be restarted, MCG_STATUS 0x%lx", global);
    cpu_wrmsr(MCG_STATUS, 0);
    if (uncorrected)
        life_end(END_MACHINE_CHECK);
}
