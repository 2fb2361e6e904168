/* SPDX-License-Identifier: Apache-2.0 */
/* Machine checks. Intel SDM, "Error Classes and Overwrite Rules", "UCR Error Classification"; AMD
 * APM, "Machine Check Error Codes and Handling". */
#include "arch/x86/include/mce.h"
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/trap.h"

PER_CPU struct mce_banks mce;

/* This processor's own doing, not that of one that all have been told of. */
static bool is_here(uint64_t global)
{
    return global & MCG_ERROR_IP || !(global & MCG_RESTART_IP);
}

/* Uncorrected, and the context is whole. Intel's OVER matters where an action was asked for. */
enum mce_verdict mce_judge_bank(uint32_t rules, uint64_t global, uint64_t status)
{
    if (!(status & MC_VALID))
        return MCE_GO_ON;
    if (status & MC_CONTEXT_CORRUPT)
        return MCE_STOPS;
    if (!(status & MC_UNCORRECTED)) /* AMD: deferred errors too */
        return MCE_GO_ON;
    if (rules & MCE_AMD)
        return rules & MCE_AMD_RECOVERY && (!(status & MC_OVERFLOW) || rules & MCE_AMD_OVERFLOW)
                   ? MCE_ENDS
                   : MCE_STOPS;
    if (!(rules & MCE_RECOVERY))
        return MCE_STOPS;
    if (!(status & MC_ACTION_REQUIRED))
        return MCE_GO_ON; /* SRAO, UCNA */
    if (!(status & MC_SIGNALED) || status & MC_OVERFLOW)
        return MCE_STOPS;
    return is_here(global) ? MCE_ENDS : MCE_GO_ON;
}

enum mce_verdict mce_judge(uint32_t rules, uint64_t global, const uint64_t *status, uint32_t banks)
{
    const uint64_t can_go_on = MCG_RESTART_IP | MCG_IN_PROGRESS;
    enum mce_verdict worst = MCE_GO_ON;
    for (uint32_t bank = 0; bank < banks; bank++) {
        enum mce_verdict verdict = mce_judge_bank(rules, global, status[bank]);
        if (verdict > worst)
            worst = verdict;
    }
    return worst == MCE_GO_ON && (global & can_go_on) != can_go_on ? MCE_STOPS : worst;
}

static uint64_t read_bank(uint32_t bank, uint32_t which)
{
    return cpu_rdmsr(mce.first + bank * mce.stride + which);
}

static _Noreturn void stop_machine(uint64_t global, const uint64_t *status)
{
    for (uint32_t bank = 0; bank < mce.banks; bank++)
        if (mce_judge_bank(mce.rules, global, status[bank]) != MCE_GO_ON)
            panic("I9: machine check in bank %u, status 0x%lx, address 0x%lx, MCG_STATUS 0x%lx",
                  bank, status[bank],
                  status[bank] & MC_ADDRESS_VALID ? read_bank(bank, MC_ADDR) : 0, global);
    panic("I9: machine check that no bank explains, MCG_STATUS 0x%lx", global);
}

/*
 * What is counted is cleared. Not what asks another processor to act: where both see one bank, that
 * one may not have looked yet.
 */
static void settle_banks(uint64_t global, const uint64_t *status, enum mce_verdict verdict)
{
    const uint64_t action = MC_UNCORRECTED | MC_ACTION_REQUIRED;
    for (uint32_t bank = 0; bank < mce.banks; bank++) {
        if (!(status[bank] & MC_VALID))
            continue;
        mce.counted++;
        if (mce.rules & MCE_AMD || (status[bank] & action) != action || is_here(global))
            cpu_wrmsr(mce.first + bank * mce.stride + MC_STATUS, 0);
    }
    if (cpu.domain && cpu.lives)
        public_page()->machine_checks[cpu.local] = mce.counted;
    if (verdict == MCE_GO_ON)
        return;
    cpu_wrmsr(IA32_MCG_STATUS, 0);
    cpu_unblock_nmi(); /* it may have come in the midst of one */
    life_end(END_MACHINE_CHECK);
}

void mce_look(void)
{
    uint64_t global = cpu_rdmsr(IA32_MCG_STATUS), status[MCE_MOST_BANKS] = {0};
    for (uint32_t bank = 0; bank < mce.banks; bank++)
        status[bank] = read_bank(bank, MC_STATUS);
    enum mce_verdict verdict = mce_judge(mce.rules, global, status, mce.banks);
    /* Whoever panics, starts, or belongs to nobody has no domain to end. */
    if (verdict == MCE_STOPS || (verdict == MCE_ENDS && (!cpu.domain || !cpu.lives || stop_own)))
        stop_machine(global, status);
    settle_banks(global, status, verdict);
}

void mce_handle(void)
{
    mce_look();
    cpu_wrmsr(IA32_MCG_STATUS, 0);
}
