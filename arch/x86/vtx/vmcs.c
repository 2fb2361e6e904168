/* SPDX-License-Identifier: Apache-2.0 */
/* VT-x: the control structure while domains run. Intel SDM, "VMCS Types", "Loading Guest State". It
 * is filled by start/vtx.c, exits are in vmx.c. */
#include "vmcs.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/grant/msr.h"
#include "arch/x86/include/check_registers.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"

enum { INVALIDATE_ALL = 2 /* INVEPT: all contexts; INVVPID too */ };

PER_CPU_PAGES uint8_t vmxon_region[PAGE_BYTES];
PER_CPU_PAGES uint8_t vmcs_region[PAGE_BYTES];
PER_CPU_BITMAPS uint8_t vmcs_msr_bitmap[BITMAPS_BYTES_VTX];
PER_CPU uint32_t vmcs_granted[VMCS_CONTROLS];

void vcpu_flush(void)
{
    struct {
        uint64_t context, address;
    } descriptor = {0, 0};
    __asm__ volatile("invept %0, %1" ::"m"(descriptor), "r"((uint64_t)INVALIDATE_ALL) : "memory");
    if (vmcs_granted[VMCS_SECONDARY] & PROC2_VPID)
        __asm__ volatile("invvpid %0, %1" ::"m"(descriptor), "r"((uint64_t)INVALIDATE_ALL)
                         : "memory");
}

/* Intel SDM, "PDPTE Registers": MOV to CR0 or CR4 that exited loads them here. They are looked at
 * where no other processor can change them. */
bool vcpu_load_pdptes(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    uint64_t pdptes[PDPTES];
    uint32_t widths[4];
    if (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE) || efer & EFER_LMA)
        return true;
    const uint64_t *table = guest_ram(vmcs_read(VMCS_GUEST_CR3) & 0xffffffe0, sizeof(pdptes));
    if (!table) /* reads as all ones */
        return false;
    for (unsigned i = 0; i < PDPTES; i++)
        pdptes[i] = __atomic_load_n(&table[i], __ATOMIC_RELAXED);
    cpu_cpuid(0x80000008, 0, widths);
    if (!pdptes_good(pdptes, widths[0] & 0xff))
        return false;
    for (unsigned i = 0; i < PDPTES; i++)
        vmcs_write((enum vmcs_field)(VMCS_GUEST_PDPTE0 + 2 * i), pdptes[i]);
    return true;
}

void vcpu_set_cr0(uint64_t hardware, uint64_t shadow)
{
    vmcs_write(VMCS_GUEST_CR0, hardware);
    vmcs_write(VMCS_CR0_SHADOW, shadow);
}

void vcpu_set_cr4(uint64_t hardware, uint64_t shadow)
{
    vmcs_write(VMCS_GUEST_CR4, hardware | CR4_VMXE);
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
    vmcs_write(VMCS_GUEST_PAT, PAT_AT_RESET);
    static const enum vmcs_field zero[] = {VMCS_GUEST_DEBUGCTL,         VMCS_GUEST_SYSENTER_CS,
                                           VMCS_GUEST_SYSENTER_ESP,     VMCS_GUEST_SYSENTER_EIP,
                                           VMCS_GUEST_INTERRUPTIBILITY, VMCS_GUEST_ACTIVITY,
                                           VMCS_GUEST_PENDING_DEBUG,    VMCS_ENTRY_EVENT};
    for (unsigned i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
        vmcs_write(zero[i], 0);
    vmcs_write(VMCS_PROC_CONTROLS, vmcs_granted[VMCS_PROCESSOR_BASED]); /* no window */
    vcpu_leave();
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
    static const enum vmcs_field words[] = {
        VMCS_PIN_CONTROLS,   VMCS_PROC_CONTROLS,    VMCS_PROC2_CONTROLS, VMCS_EXIT_CONTROLS,
        VMCS_ENTRY_CONTROLS, VMCS_EXCEPTION_BITMAP, VMCS_CR0_MASK,       VMCS_CR4_MASK};
    static const uint32_t capabilities[CHECK_CAPABILITIES] = {
        IA32_VMX_PINBASED_CTLS, IA32_VMX_PROCBASED_CTLS, IA32_VMX_PROCBASED_CTLS2,
        IA32_VMX_EXIT_CTLS, IA32_VMX_ENTRY_CTLS};
    static const uint32_t true_capabilities[CHECK_CAPABILITIES] = {
        IA32_VMX_TRUE_PINBASED_CTLS, IA32_VMX_TRUE_PROCBASED_CTLS, IA32_VMX_PROCBASED_CTLS2,
        IA32_VMX_TRUE_EXIT_CTLS, IA32_VMX_TRUE_ENTRY_CTLS};
    bool has_true = cpu_rdmsr(IA32_VMX_BASIC) >> 55 & 1;
    for (unsigned i = 0; i < CHECK_CONTROLS - 1; i++)
        registers->controls[i] = vmcs_read(words[i]);
    for (unsigned i = 0; i < CHECK_CAPABILITIES; i++)
        registers->offered[i] = cpu_rdmsr((has_true ? true_capabilities : capabilities)[i]);
    registers->controls[CHECK_CONTROLS - 1] = vmcs_read(VMCS_EXIT_MSR_STORES) |
                                              vmcs_read(VMCS_EXIT_MSR_LOADS) |
                                              vmcs_read(VMCS_ENTRY_MSR_LOADS);
    registers->ept_vpid = cpu_rdmsr(IA32_VMX_EPT_VPID_CAP);
    registers->structures[CHECK_MSR_BITMAP] = vmcs_read(VMCS_MSR_BITMAP);
    uint64_t current = 0;
    __asm__ volatile("vmptrst %0" : "=m"(current)::"memory");
    registers->structures[CHECK_CONTROL_BLOCK] = current;
    registers->structures[CHECK_SAVE_AREA] = cpu_own_hpa(vmxon_region);
}
