/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.h, the inline part, for AMD-V: guest registers lie in the VMCB. */
#ifndef BULKHEAD_VCPU_SVM_H
#define BULKHEAD_VCPU_SVM_H

#include "arch/x86/grant/cr.h"
#include "vmcb.h"

extern struct vmcb vmcb;

/* What is this processor's and not in the VMCB. */
struct svm {
    uint64_t vmcb_hpa,
        host_hpa;      /* of the guest's VMCB and of the host's; at 0 and 8: svm_entry.asm */
    uint64_t cr0, cr4; /* shadows: what the guest wrote */
    uint32_t features; /* SVM_FEATURE_... */
    uint8_t window;    /* enum nmi_window */
    uint8_t behind;    /* what it becomes when a step is over */
    uint64_t flags;    /* the guest's own RFLAGS while it is stepped */
};
extern struct svm svm;

/* Switches one intercept; all that come and go, to what `window` (enum nmi_window) wants. */
void svm_intercept(enum svm_intercept what, bool on);
void svm_end_step(uint8_t window);

/*
 * Without virtual NMIs: may the guest take one? While it is stepped one instruction runs under the
 * trap flag, with every exception intercepted; the next exit, whatever it is, ends that.
 */
enum nmi_window {
    NMI_OPEN,
    NMI_BLOCKED,     /* one was injected: its IRET will exit */
    NMI_STEP_IRET,   /* the IRET runs, then the window is open */
    NMI_STEP_SHADOW, /* an instruction in the shadow of STI or MOV SS */
    NMI_STEP_STATUS, /* SMSW or LMSW with memory, whose address no exit tells */
};

/* vcpu_NAME() and vcpu_set_NAME(). */
#define VCPU_REGISTER(name)                                                                        \
    static inline uint64_t vcpu_##name(void)                                                       \
    {                                                                                              \
        return vmcb.name;                                                                          \
    }                                                                                              \
    static inline void vcpu_set_##name(uint64_t value)                                             \
    {                                                                                              \
        vmcb.name = value;                                                                         \
    }
VCPU_REGISTER(rip)
VCPU_REGISTER(rflags)
VCPU_REGISTER(rsp)
VCPU_REGISTER(cr3)
#undef VCPU_REGISTER

static inline void vcpu_set_cr2(uint64_t value)
{
    vmcb.cr2 = value;
}

/* CR0 and CR4 as the guest sees them: all writes exit. */
static inline uint64_t vcpu_cr0(void)
{
    return svm.cr0;
}

static inline uint64_t vcpu_cr4(void)
{
    return svm.cr4;
}

static inline uint64_t vcpu_efer(void)
{
    return vmcb.efer & ~EFER_SVME;
}

static inline uint64_t vcpu_cs_base(void)
{
    return vmcb.segments[1].base;
}

/* In the layout of a VMCS. */
static inline uint32_t vcpu_cs_rights(void)
{
    uint32_t attributes = vmcb.segments[1].attributes;
    return (attributes & 0xff) | (attributes & 0xf00) << 4;
}

static inline unsigned vcpu_cpl(void)
{
    return vmcb.cpl;
}

#endif
