/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: switching it on and filling the control block. AMD APM, "Enabling SVM", "VMRUN
 * Instruction", "Nested Paging". */
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "setup.h"

/* Bits of the VMCB's intercept words, 32 to a word. */
enum {
    SVM_INTERCEPT_NMI = 1,
    SVM_INTERCEPT_INIT = 3,
    SVM_INTERCEPT_RDPMC = 15,
    SVM_INTERCEPT_CPUID = 18,
    SVM_INTERCEPT_INVD = 22,
    SVM_INTERCEPT_INVLPGA = 26,
    SVM_INTERCEPT_IO = 27,
    SVM_INTERCEPT_MSR = 28,
    SVM_INTERCEPT_TASK_SWITCH = 29,
    SVM_INTERCEPT_SHUTDOWN = 31,
    SVM_INTERCEPT_VMRUN = 32,
    SVM_INTERCEPT_VMMCALL,
    SVM_INTERCEPT_VMLOAD,
    SVM_INTERCEPT_VMSAVE,
    SVM_INTERCEPT_STGI,
    SVM_INTERCEPT_CLGI,
    SVM_INTERCEPT_SKINIT,
    SVM_INTERCEPT_WBINVD = 41,
    SVM_INTERCEPT_MONITOR,
    SVM_INTERCEPT_MWAIT,
    SVM_INTERCEPT_MWAIT_ARMED,
    SVM_INTERCEPT_XSETBV,
    SVM_INTERCEPT_RDPRU,
    SVM_INTERCEPT_INVLPGB = 64,
    SVM_INTERCEPT_INVLPGB_ILLEGAL,
    SVM_INTERCEPT_MCOMMIT = 67,
    SVM_INTERCEPT_TLBSYNC,
};

/* Always on; those that come and go are svm.c's. */
static const uint8_t intercepts[] = {
    SVM_INTERCEPT_NMI,  /* the knock */
    SVM_INTERCEPT_INIT, /* nobody's: else the processor would start the firmware anew */
    SVM_INTERCEPT_CPUID,
    SVM_INTERCEPT_IO,   /* with every bit of the map set */
    SVM_INTERCEPT_MSR,  /* by the map */
    SVM_INTERCEPT_INVD, /* would drop other domains' cache lines */
    SVM_INTERCEPT_WBINVD,
    SVM_INTERCEPT_XSETBV,
    SVM_INTERCEPT_TASK_SWITCH, /* through memory that nothing backs */
    SVM_INTERCEPT_SHUTDOWN,    /* a triple fault would reset the board */
    /* Not there for a guest. */
    SVM_INTERCEPT_RDPMC,
    SVM_INTERCEPT_RDPRU,
    SVM_INTERCEPT_MONITOR,
    SVM_INTERCEPT_MWAIT,
    SVM_INTERCEPT_MWAIT_ARMED,
    SVM_INTERCEPT_INVLPGA,
    SVM_INTERCEPT_INVLPGB, /* reaches the TLBs of other processors */
    SVM_INTERCEPT_INVLPGB_ILLEGAL,
    SVM_INTERCEPT_TLBSYNC,
    SVM_INTERCEPT_MCOMMIT,
    SVM_INTERCEPT_VMRUN,
    SVM_INTERCEPT_VMMCALL,
    SVM_INTERCEPT_VMLOAD,
    SVM_INTERCEPT_VMSAVE,
    SVM_INTERCEPT_STGI,
    SVM_INTERCEPT_CLGI,
    SVM_INTERCEPT_SKINIT,
};

enum {
    CPUID_SVM_LEAF = 0x8000000au,
    DE_CFG_LFENCE_SERIALISES = 1 << 1,
    DOMAIN_ASID = 1,
    NESTED_PAGING = 1 << 0,
};

const char *vcpu_switch_on(void)
{
    uint32_t leaf[4];
    cpu_cpuid(CPUID_SVM_LEAF, 0, leaf);
    svm.features = leaf[3];
    if (!(svm.features & SVM_FEATURE_NESTED))
        return "no nested paging: a newer processor is needed";
    if (cpu_rdmsr(AMD_VM_CR) & VM_CR_SVMDIS)
        return "AMD-V is locked off on this processor (VM_CR.SVMDIS): a firmware fault";
    cpu_wrmsr(IA32_EFER, cpu_rdmsr(IA32_EFER) | EFER_SVME);
    cpu_wrmsr(AMD_VM_HSAVE_PA, cpu_own_hpa(vmcb_save_area));
    /* Guests read this and then rely on LFENCE. */
    cpu_wrmsr(AMD_DE_CFG, cpu_rdmsr(AMD_DE_CFG) | DE_CFG_LFENCE_SERIALISES);
    return NULL;
}

static void write_controls(void)
{
    for (unsigned i = 0; i < sizeof(intercepts); i++)
        vmcb.intercepts[intercepts[i] / 32] |= 1u << intercepts[i] % 32;
    vmcb.cr_writes = 1 << 0 | 1 << 4;
    vmcb.iopm_base = cpu_own_hpa(vmcb_bitmaps + 2 * PAGE_BYTES);
    vmcb.msrpm_base = cpu_own_hpa(vmcb_bitmaps);
    vmcb.asid = DOMAIN_ASID;
    vmcb.nested_control = NESTED_PAGING;
    vmcb.nested_root = cpu.domain->nested_root;
}

const char *vcpu_setup(void)
{
    svm.vmcb_hpa = cpu_own_hpa(&vmcb);
    svm.host_hpa = cpu_own_hpa(&vmcb_host);
    __asm__ volatile("vmsave %0" ::"a"(svm.host_hpa) : "memory");
    write_controls();
    vcpu_reset();
    vcpu_flush();
    return NULL;
}

uint32_t vcpu_words(struct vcpu_word words[VCPU_WORDS])
{
    words[0] = (struct vcpu_word){"AMD-V: features", svm.features};
    return 1;
}
