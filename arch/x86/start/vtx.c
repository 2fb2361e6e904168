/* SPDX-License-Identifier: Apache-2.0 */
/* VT-x: switching it on and filling the control structure. Intel SDM, "Enabling and Entering VMX
 * Operation", "VMCS Types". */
#include "arch/x86/grant/cr.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/interrupt/trap_tables.h"
#include "arch/x86/vtx/vmcs.h"
#include "setup.h"
#include "vmcs_setup.h"

/* What is asked of the processor: one line a control field. */
static const struct controls {
    const char *name;
    uint32_t field;
    uint32_t capability; /* allowed-0 in the low half, allowed-1 in the high */
    uint32_t required;
    uint32_t wanted; /* used where present */
} controls[] = {
    {"VT-x: pin-based", VMCS_PIN_CONTROLS, IA32_VMX_TRUE_PINBASED_CTLS,
     PIN_NMI_EXITING | PIN_VIRTUAL_NMIS, 0},
    {"processor-based", VMCS_PROC_CONTROLS, IA32_VMX_TRUE_PROCBASED_CTLS,
     PROC_UNCONDITIONAL_IO | PROC_MSR_BITMAPS | PROC_RDPMC_EXITING | PROC_MONITOR_EXITING |
         PROC_MWAIT_EXITING | PROC_SECONDARY,
     0},
    {"secondary", VMCS_PROC2_CONTROLS, IA32_VMX_PROCBASED_CTLS2, PROC2_EPT | PROC2_UNRESTRICTED,
     PROC2_RDTSCP | PROC2_VPID | PROC2_WBINVD_EXITING | PROC2_INVPCID | PROC2_XSAVES |
         PROC2_ENCLS_EXITING | PROC2_USER_WAIT},
    {"exit", VMCS_EXIT_CONTROLS, IA32_VMX_TRUE_EXIT_CTLS,
     EXIT_HOST_64 | EXIT_SAVE_DEBUG | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER |
         EXIT_LOAD_EFER,
     0},
    {"entry", VMCS_ENTRY_CONTROLS, IA32_VMX_TRUE_ENTRY_CTLS,
     ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER, 0},
};
_Static_assert(sizeof(controls) / sizeof(controls[0]) == VMCS_CONTROLS, "vmcs.h");

enum {
    BASIC_REVISION_MASK = 0x7fffffff,
    EPTP_WRITE_BACK = 6,
    EPTP_WALK_4 = 3 << 3,
    DOMAIN_VPID = 1,
    EXCEPTIONS = 1 << VECTOR_DB | 1 << VECTOR_AC | 1 << VECTOR_MC,
};
#define BASIC_TRUE_CONTROLS (1ull << 55)
#define CAP_INVVPID         (1ull << 32)
#define CAP_INVVPID_ALL     (1ull << 42)

extern void vmx_exit_stub(void);

/* VMXON, VMCLEAR and VMPTRLD take the physical address from memory; true: done. */
#define VMX_POINTER(name, instruction)                                                             \
    static bool name(uint64_t hpa)                                                                 \
    {                                                                                              \
        bool done;                                                                                 \
        __asm__ volatile(instruction " %1" : "=@cca"(done) : "m"(hpa) : "memory");                 \
        return done;                                                                               \
    }
VMX_POINTER(vmx_on, "vmxon")
VMX_POINTER(vmcs_clear, "vmclear")
VMX_POINTER(vmcs_load, "vmptrld")

static const char *grant_controls(void)
{
    bool has_true = cpu_rdmsr(IA32_VMX_BASIC) & BASIC_TRUE_CONTROLS;
    for (unsigned i = 0; i < VMCS_CONTROLS; i++) {
        uint32_t capability = controls[i].capability;
        if (!has_true && i != VMCS_SECONDARY)
            capability -= IA32_VMX_TRUE_PINBASED_CTLS - IA32_VMX_PINBASED_CTLS;
        uint64_t allowed = cpu_rdmsr(capability);
        uint32_t must = (uint32_t)allowed, may = (uint32_t)(allowed >> 32);
        if (controls[i].required & ~may)
            return controls[i].name;
        vmcs_granted[i] = (controls[i].required | controls[i].wanted | must) & may;
        if (controls[i].field == VMCS_PROC_CONTROLS)
            vmx_behind_sti = may & PROC_MONITOR_TRAP ? PROC_MONITOR_TRAP : PROC_INTERRUPT_WINDOW;
    }
    uint64_t flushes = cpu_rdmsr(IA32_VMX_EPT_VPID_CAP);
    if (!(flushes & CAP_INVVPID) || !(flushes & CAP_INVVPID_ALL))
        vmcs_granted[VMCS_SECONDARY] &= ~(uint32_t)PROC2_VPID;
    return NULL;
}

/* On a processor without a domain too: an INIT of the board's is held back in
 * VMX operation, and would send such a processor to the firmware without it (I9). */
const char *vcpu_switch_on(void)
{
    uint64_t control = cpu_rdmsr(IA32_FEATURE_CONTROL);
    if (!(control & FEATURE_CONTROL_LOCK))
        cpu_wrmsr(IA32_FEATURE_CONTROL,
                  control | FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMX_OUTSIDE_SMX);
    else if (!(control & FEATURE_CONTROL_VMX_OUTSIDE_SMX))
        return "VT-x is locked off on this processor (IA32_FEATURE_CONTROL): a firmware fault";
    cpu_write_cr0((cpu_read_cr0() | cpu_rdmsr(IA32_VMX_CR0_FIXED0)) &
                  cpu_rdmsr(IA32_VMX_CR0_FIXED1));
    cpu_write_cr4(cpu_read_cr4() | CR4_VMXE);
    uint32_t revision = (uint32_t)cpu_rdmsr(IA32_VMX_BASIC) & BASIC_REVISION_MASK;
    *(uint32_t *)vmxon_region = revision;
    *(uint32_t *)vmcs_region = revision;
    return vmx_on(cpu_own_hpa(vmxon_region)) ? NULL : "VMXON fails";
}

static void write_host_state(void)
{
    vmcs_write(VMCS_HOST_CR0, cpu_read_cr0());
    vmcs_write(VMCS_HOST_CR3, cpu.place->page_table);
    vmcs_write(VMCS_HOST_CR4, cpu_read_cr4());
    vmcs_write(VMCS_HOST_EFER, cpu_rdmsr(IA32_EFER));
    vmcs_write(VMCS_HOST_PAT, PAT_AT_RESET);
    vmcs_write(VMCS_HOST_CS, HOST_CS);
    vmcs_write(VMCS_HOST_SS, HOST_DS);
    vmcs_write(VMCS_HOST_DS, HOST_DS);
    vmcs_write(VMCS_HOST_ES, HOST_DS);
    static const enum vmcs_field zero[] = {
        VMCS_HOST_FS,          VMCS_HOST_GS,           VMCS_HOST_FS_BASE,     VMCS_HOST_GS_BASE,
        VMCS_HOST_SYSENTER_CS, VMCS_HOST_SYSENTER_ESP, VMCS_HOST_SYSENTER_EIP};
    for (unsigned i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
        vmcs_write(zero[i], 0);
    vmcs_write(VMCS_HOST_TR, HOST_TSS);
    vmcs_write(VMCS_HOST_TR_BASE, (uint64_t)&trap_tss);
    vmcs_write(VMCS_HOST_GDTR_BASE, (uint64_t)trap_gdt);
    vmcs_write(VMCS_HOST_IDTR_BASE, (uint64_t)trap_idt);
    vmcs_write(VMCS_HOST_RSP, (uint64_t)cpu_stack_top);
    vmcs_write(VMCS_HOST_RIP, (uint64_t)vmx_exit_stub);
}

static void write_controls(void)
{
    for (unsigned i = 0; i < VMCS_CONTROLS; i++)
        vmcs_write((enum vmcs_field)controls[i].field, vmcs_granted[i]);
    vmcs_write(VMCS_EXCEPTION_BITMAP, EXCEPTIONS);
    vmcs_write(VMCS_PF_ERROR_MASK, 0);
    vmcs_write(VMCS_PF_ERROR_MATCH, 0);
    vmcs_write(VMCS_CR3_TARGETS, 0);
    vmcs_write(VMCS_EXIT_MSR_STORES, 0);
    vmcs_write(VMCS_EXIT_MSR_LOADS, 0);
    vmcs_write(VMCS_ENTRY_MSR_LOADS, 0);
    vmcs_write(VMCS_MSR_BITMAP, cpu_own_hpa(vmcs_msr_bitmap));
    vmcs_write(VMCS_EPTP, cpu.domain->nested_root | EPTP_WRITE_BACK | EPTP_WALK_4);
    vmcs_write(VMCS_LINK_POINTER, ~0ull);
    if (vmcs_granted[VMCS_SECONDARY] & PROC2_VPID)
        vmcs_write(VMCS_VPID, DOMAIN_VPID);
    if (vmcs_granted[VMCS_SECONDARY] & PROC2_XSAVES)
        vmcs_write(VMCS_XSS_EXITING_BITMAP, 0);
    if (vmcs_granted[VMCS_SECONDARY] & PROC2_ENCLS_EXITING)
        vmcs_write(VMCS_ENCLS_EXITING_BITMAP, ~0ull); /* CPUID hides SGX, firmware may have it on */
    vmcs_write(VMCS_CR0_MASK, CR0_HOST_OWNED);
    vmcs_write(VMCS_CR4_MASK, cr4_host_owned(&machine.features));
}

const char *vcpu_setup(void)
{
    const char *refused = grant_controls();
    if (refused)
        return refused;
    features_drop_uncontrolled(&machine.features, vmcs_granted[VMCS_SECONDARY]);
    if (!vmcs_clear(cpu_own_hpa(vmcs_region)) || !vmcs_load(cpu_own_hpa(vmcs_region)))
        return "VMPTRLD fails";
    write_controls();
    write_host_state();
    vcpu_reset();
    vcpu_flush();
    return NULL;
}

uint32_t vcpu_words(struct vcpu_word words[VCPU_WORDS])
{
    for (unsigned i = 0; i < VMCS_CONTROLS; i++)
        words[i] = (struct vcpu_word){controls[i].name, vmcs_granted[i]};
    return VMCS_CONTROLS;
}
