/* SPDX-License-Identifier: Apache-2.0 */
/* VT-x: switching it on and filling the control structure. Intel SDM, "Enabling and Entering VMX
 * Operation", "VMCS Types", "Loading Guest State". Exits are in vmx.c. */
#include "vmcs.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/grant/msr.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/include/check_registers.h"
#include "arch/x86/include/upcalls.h"

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
         PROC2_USER_WAIT},
    {"exit", VMCS_EXIT_CONTROLS, IA32_VMX_TRUE_EXIT_CTLS,
     EXIT_HOST_64 | EXIT_SAVE_DEBUG | EXIT_SAVE_PAT | EXIT_LOAD_PAT | EXIT_SAVE_EFER |
         EXIT_LOAD_EFER,
     0},
    {"entry", VMCS_ENTRY_CONTROLS, IA32_VMX_TRUE_ENTRY_CTLS,
     ENTRY_LOAD_DEBUG | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER, 0},
};
enum { CONTROLS = sizeof(controls) / sizeof(controls[0]), PROCESSOR_BASED = 1, SECONDARY = 2 };

enum {
    CR4_VMXE_BIT = 1 << 13,
    BASIC_REVISION_MASK = 0x7fffffff,
    EPTP_WRITE_BACK = 6,
    EPTP_WALK_4 = 3 << 3,
    INVALIDATE_ALL = 2, /* INVEPT: all contexts; INVVPID too */
    DOMAIN_VPID = 1,
    EXCEPTIONS = 1 << VECTOR_DB | 1 << VECTOR_AC | 1 << VECTOR_MC,
};
#define BASIC_TRUE_CONTROLS (1ull << 55)
#define CAP_INVVPID         (1ull << 32)
#define CAP_INVVPID_ALL     (1ull << 42)

static PER_CPU_PAGES uint8_t vmxon_region[PAGE_BYTES];
static PER_CPU_PAGES uint8_t vmcs_region[PAGE_BYTES];
static PER_CPU_PAGES uint8_t msr_bitmap[PAGE_BYTES];
static PER_CPU uint32_t granted[CONTROLS];

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
    for (unsigned i = 0; i < CONTROLS; i++) {
        uint32_t capability = controls[i].capability;
        if (!has_true && i != SECONDARY)
            capability -= IA32_VMX_TRUE_PINBASED_CTLS - IA32_VMX_PINBASED_CTLS;
        uint64_t allowed = cpu_rdmsr(capability);
        uint32_t must = (uint32_t)allowed, may = (uint32_t)(allowed >> 32);
        if (controls[i].required & ~may)
            return controls[i].name;
        granted[i] = (controls[i].required | controls[i].wanted | must) & may;
    }
    uint64_t flushes = cpu_rdmsr(IA32_VMX_EPT_VPID_CAP);
    if (!(flushes & CAP_INVVPID) || !(flushes & CAP_INVVPID_ALL))
        granted[SECONDARY] &= ~(uint32_t)PROC2_VPID;
    return NULL;
}

/* A feature that the controls can't give is hidden by all policy tables. */
static void drop_features(struct cpu_features *features)
{
    static const struct {
        uint32_t control;
        enum cpu_feature feature;
    } needs[] = {{PROC2_RDTSCP, FEATURE_RDTSCP},
                 {PROC2_INVPCID, FEATURE_INVPCID},
                 {PROC2_XSAVES, FEATURE_XSAVES},
                 {PROC2_USER_WAIT, FEATURE_WAITPKG}};
    for (unsigned i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
        if (!(granted[SECONDARY] & needs[i].control))
            features_drop(features, needs[i].feature);
}

/* On a processor without a domain too: INIT, by which a panic stops the others, is held back in
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
    cpu_write_cr4(cpu_read_cr4() | CR4_VMXE_BIT);
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
    vmcs_write(VMCS_HOST_TR_BASE, trap_tss_base());
    vmcs_write(VMCS_HOST_GDTR_BASE, trap_gdt_base());
    vmcs_write(VMCS_HOST_IDTR_BASE, trap_idt_base());
    vmcs_write(VMCS_HOST_RSP, (uint64_t)cpu_stack_top);
    vmcs_write(VMCS_HOST_RIP, (uint64_t)vmx_exit_stub);
}

static void write_controls(void)
{
    for (unsigned i = 0; i < CONTROLS; i++)
        vmcs_write((enum vmcs_field)controls[i].field, granted[i]);
    vmcs_write(VMCS_EXCEPTION_BITMAP, EXCEPTIONS);
    vmcs_write(VMCS_PF_ERROR_MASK, 0);
    vmcs_write(VMCS_PF_ERROR_MATCH, 0);
    vmcs_write(VMCS_CR3_TARGETS, 0);
    vmcs_write(VMCS_EXIT_MSR_STORES, 0);
    vmcs_write(VMCS_EXIT_MSR_LOADS, 0);
    vmcs_write(VMCS_ENTRY_MSR_LOADS, 0);
    vmcs_write(VMCS_MSR_BITMAP, cpu_own_hpa(msr_bitmap));
    vmcs_write(VMCS_EPTP, cpu.domain->nested_root | EPTP_WRITE_BACK | EPTP_WALK_4);
    vmcs_write(VMCS_LINK_POINTER, ~0ull);
    if (granted[SECONDARY] & PROC2_VPID)
        vmcs_write(VMCS_VPID, DOMAIN_VPID);
    if (granted[SECONDARY] & PROC2_XSAVES)
        vmcs_write(VMCS_XSS_EXITING_BITMAP, 0);
    vmcs_write(VMCS_CR0_MASK, CR0_HOST_OWNED);
    vmcs_write(VMCS_CR4_MASK, cr4_host_owned(&machine.features));
}

const char *vcpu_setup(void)
{
    const char *refused = grant_controls();
    if (refused)
        return refused;
    drop_features(&machine.features);
    if (!vmcs_clear(cpu_own_hpa(vmcs_region)) || !vmcs_load(cpu_own_hpa(vmcs_region)))
        return "VMPTRLD fails";
    msr_bitmap_vmx(msr_bitmap, &machine.features);
    write_controls();
    write_host_state();
    vcpu_reset();
    vcpu_flush();
    return NULL;
}

void vcpu_flush(void)
{
    struct {
        uint64_t context, address;
    } descriptor = {0, 0};
    __asm__ volatile("invept %0, %1" ::"m"(descriptor), "r"((uint64_t)INVALIDATE_ALL) : "memory");
    if (granted[SECONDARY] & PROC2_VPID)
        __asm__ volatile("invvpid %0, %1" ::"m"(descriptor), "r"((uint64_t)INVALIDATE_ALL)
                         : "memory");
}

/* Intel SDM, "PDPTE Registers": MOV to CR0 or CR4 that exited loads them here. */
static void load_pdptes(void)
{
    uint64_t cr0 = vmcs_read(VMCS_GUEST_CR0), cr4 = vmcs_read(VMCS_GUEST_CR4);
    if (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE) || vmcs_read(VMCS_GUEST_EFER) & EFER_LMA)
        return;
    const uint64_t *table = guest_ram(vmcs_read(VMCS_GUEST_CR3) & 0xffffffe0, 4 * sizeof(*table));
    for (unsigned i = 0; i < 4; i++)
        vmcs_write((enum vmcs_field)(VMCS_GUEST_PDPTE0 + 2 * i), table ? table[i] : 0);
}

void vcpu_control_registers_changed(void)
{
    load_pdptes();
    vcpu_flush();
}

void vcpu_set_cr0(uint64_t hardware, uint64_t shadow)
{
    vmcs_write(VMCS_GUEST_CR0, hardware);
    vmcs_write(VMCS_CR0_SHADOW, shadow);
}

void vcpu_set_cr4(uint64_t hardware, uint64_t shadow)
{
    vmcs_write(VMCS_GUEST_CR4, hardware | CR4_VMXE_BIT);
    vmcs_write(VMCS_CR4_SHADOW, shadow);
}

/* IA-32e mode follows EFER.LMA, which the entry controls must mirror. */
void vcpu_set_efer(uint64_t value)
{
    vmcs_write(VMCS_GUEST_EFER, value);
    uint64_t entry = vmcs_read(VMCS_ENTRY_CONTROLS) & ~(uint64_t)ENTRY_GUEST_64;
    vmcs_write(VMCS_ENTRY_CONTROLS, value & EFER_LMA ? entry | ENTRY_GUEST_64 : entry);
}

void vcpu_set_segment(enum segment segment, uint16_t selector, uint64_t base, uint32_t limit,
                      uint32_t rights)
{
    vmcs_write((enum vmcs_field)(VMCS_GUEST_ES + 2 * segment), selector);
    vmcs_write((enum vmcs_field)(VMCS_GUEST_ES_BASE + 2 * segment), base);
    vmcs_write((enum vmcs_field)(VMCS_GUEST_ES_LIMIT + 2 * segment), limit);
    vmcs_write((enum vmcs_field)(VMCS_GUEST_ES_RIGHTS + 2 * segment), rights);
}

void vcpu_set_gdt(uint64_t base, uint16_t limit)
{
    vmcs_write(VMCS_GUEST_GDTR_BASE, base);
    vmcs_write(VMCS_GUEST_GDTR_LIMIT, limit);
}

void vcpu_set_idt(uint64_t base, uint16_t limit)
{
    vmcs_write(VMCS_GUEST_IDTR_BASE, base);
    vmcs_write(VMCS_GUEST_IDTR_LIMIT, limit);
}

void vcpu_clear(void)
{
    vmcs_write(VMCS_GUEST_DR7, DR7_AT_RESET);
    vmcs_write(VMCS_GUEST_DEBUGCTL, 0);
    vmcs_write(VMCS_GUEST_PAT, PAT_AT_RESET);
    vmcs_write(VMCS_GUEST_SYSENTER_CS, 0);
    vmcs_write(VMCS_GUEST_SYSENTER_ESP, 0);
    vmcs_write(VMCS_GUEST_SYSENTER_EIP, 0);
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY, 0);
    vmcs_write(VMCS_GUEST_ACTIVITY, 0);
    vmcs_write(VMCS_GUEST_PENDING_DEBUG, 0);
    vmcs_write(VMCS_ENTRY_EVENT, 0);
    vmcs_write(VMCS_PROC_CONTROLS, granted[PROCESSOR_BASED]); /* no window */
}

/* In root mode NMIs are taken at once, and interrupts whenever IF is set. */
void vcpu_leave(void)
{
}

uint32_t vcpu_words(struct vcpu_word words[VCPU_WORDS])
{
    for (unsigned i = 0; i < CONTROLS; i++)
        words[i] = (struct vcpu_word){controls[i].name, granted[i]};
    return CONTROLS;
}

void vcpu_read_back(struct check_registers *registers)
{
    registers->nested = CHECK_EPT;
    registers->on_exit = (struct check_host){.cr0 = vmcs_read(VMCS_HOST_CR0),
                                             .cr3 = vmcs_read(VMCS_HOST_CR3),
                                             .cr4 = vmcs_read(VMCS_HOST_CR4),
                                             .efer = vmcs_read(VMCS_HOST_EFER),
                                             .pat = vmcs_read(VMCS_HOST_PAT)};
    registers->nested_root = vmcs_read(VMCS_EPTP);
    registers->exceptions = vmcs_read(VMCS_EXCEPTION_BITMAP);
    registers->controls[0] = vmcs_read(VMCS_PIN_CONTROLS);
    registers->controls[1] = vmcs_read(VMCS_PROC_CONTROLS);
    registers->controls[2] = vmcs_read(VMCS_PROC2_CONTROLS);
    registers->controls[3] = vmcs_read(VMCS_EXIT_CONTROLS);
    registers->controls[4] = vmcs_read(VMCS_CR0_MASK);
    registers->controls[5] = vmcs_read(VMCS_CR4_MASK);
    registers->controls[6] = vmcs_read(VMCS_EXIT_MSR_STORES) | vmcs_read(VMCS_EXIT_MSR_LOADS) |
                             vmcs_read(VMCS_ENTRY_MSR_LOADS);
    registers->msr_bitmap = vmcs_read(VMCS_MSR_BITMAP);
    uint64_t current = 0;
    __asm__ volatile("vmptrst %0" : "=m"(current)::"memory");
    registers->structures[0] = (struct check_structure){"VMCS", current};
    registers->structures[1] = (struct check_structure){"VMXON region", cpu_own_hpa(vmxon_region)};
}
