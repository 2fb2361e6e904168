/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: one instruction of the guest's by itself. AMD APM, "Event Injection", "Single-Step". */
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/vcpu.h"

void svm_intercept(enum svm_intercept what, bool on)
{
    uint32_t bit = 1u << what % 32, *word = &vmcb.intercepts[what / 32];
    *word = on ? *word | bit : *word & ~bit;
}

/*
 * Lets one instruction run, then exits by #DB; HLT exits before it rests. An exception of its own
 * exits too, and no interrupt comes first: the flag must not stand in the guest's frame. INT3 and
 * INTO don't: their exits would be in need of their length.
 */
void svm_step(enum step why)
{
    if (svm.step == STEP_NONE)
        svm.trap_flag = vmcb.rflags & RFLAGS_TF;
    svm.step = (uint8_t)why;
    svm.shadow = vmcb.interrupt_shadow;
    vmcb.interrupt_shadow = INTERRUPT_SHADOW;
    vmcb.rflags |= RFLAGS_TF;
    vmcb.exceptions = ~(1u << VECTOR_NMI | 1u << VECTOR_BP | 1u << VECTOR_OF);
    svm_intercept(SVM_INTERCEPT_HLT, true);
}

/* SMSW and LMSW with memory: hardware finds the address. */
void svm_step_cr0(void)
{
    svm_step(STEP_CR0);
    vmcb.cr0 = (vmcb.cr0 & ~CR0_NE) | (svm.cr0 & CR0_NE);
    vmcb.cr_reads &= (uint16_t)~1u;
    vmcb.cr_writes &= (uint16_t)~1u;
}

void svm_end_step(bool flags)
{
    enum step why = (enum step)svm.step;
    if (why == STEP_NONE)
        return;
    svm.step = STEP_NONE;
    if (vcpu.nmi_pending)
        vcpu.knock = 1; /* looks again before entry */
    vmcb.interrupt_shadow = 0;
    vmcb.exceptions = SVM_EXCEPTIONS;
    svm_intercept(SVM_INTERCEPT_HLT, false);
    if (flags && !svm.trap_flag)
        vmcb.rflags &= ~(uint64_t)RFLAGS_TF;
    if (why == STEP_IRET)
        svm.nmi_blocked = false;
    if (why == STEP_CR0) {
        vmcb.cr_writes = SVM_CR_WRITES;
        uint64_t cr0 = (svm.cr0 & ~LMSW_BITS) | (vmcb.cr0 & LMSW_BITS);
        vcpu_set_cr0(cr0_hardware(cr0), cr0);
    }
}
