/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: the control block while domains run. AMD APM, "VMRUN Instruction", "Nested Paging". It is
 * filled by start/svm.c, exits are in svm.c. */
#include "arch/x86/include/check_registers.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"

PER_CPU_PAGES struct vmcb vmcb;
PER_CPU_PAGES struct vmcb vmcb_host;
PER_CPU_PAGES uint8_t vmcb_save_area[PAGE_BYTES];
PER_CPU_BITMAPS uint8_t vmcb_bitmaps[BITMAPS_BYTES_SVM];
PER_CPU struct svm svm;

void vcpu_flush(void)
{
    vmcb.tlb_control = svm.features & SVM_FEATURE_FLUSH_ASID ? TLB_FLUSH_ASID : TLB_FLUSH_ALL;
}

/* There are no read shadows: where a guest would see a difference, reading exits. */
static void set_reads(unsigned number, bool exit)
{
    vmcb.cr_reads = (uint16_t)((vmcb.cr_reads & ~(1u << number)) | (unsigned)exit << number);
}

/* With nested paging they are read from memory when they are used. AMD APM, "Nested Paging". */
bool vcpu_load_pdptes(uint64_t cr0, uint64_t cr4, uint64_t efer)
{
    (void)cr0, (void)cr4, (void)efer;
    return true;
}

void vcpu_set_cr0(uint64_t hardware, uint64_t shadow)
{
    vmcb.cr0 = hardware;
    svm.cr0 = shadow;
    set_reads(0, hardware != shadow);
    vcpu_flush();
}

void vcpu_set_cr4(uint64_t hardware, uint64_t shadow)
{
    vmcb.cr4 = hardware;
    svm.cr4 = shadow;
    set_reads(4, hardware != shadow);
    vcpu_flush();
}

void vcpu_set_efer(uint64_t value)
{
    vmcb.efer = efer_hardware(&machine.features, value);
}

void vcpu_set_segment(enum segment segment, uint16_t selector, uint64_t base, uint32_t limit,
                      uint32_t rights)
{
    struct vmcb_segment *out = segment == SEGMENT_LDTR ? &vmcb.ldtr
                               : segment == SEGMENT_TR ? &vmcb.tr
                                                       : &vmcb.segments[segment];
    uint32_t attributes = rights & SEGMENT_UNUSABLE ? 0 : (rights & 0xff) | (rights >> 4 & 0xf00);
    *out = (struct vmcb_segment){selector, (uint16_t)attributes, limit, base};
}

void vcpu_set_gdt(uint64_t base, uint16_t limit)
{
    vmcb.gdtr = (struct vmcb_segment){.base = base, .limit = limit};
}

void vcpu_set_idt(uint64_t base, uint16_t limit)
{
    vmcb.idtr = (struct vmcb_segment){.base = base, .limit = limit};
}

/* The whole of the state save area, and of the control area what is not the same for ever. */
void vcpu_clear(void)
{
    uint64_t *state = (uint64_t *)vmcb.segments;
    for (; state < (uint64_t *)(&vmcb + 1); state++)
        *state = 0;
    vmcb.dr6 = DR6_AT_RESET;
    vmcb.dr7 = DR7_AT_RESET;
    vmcb.pat = PAT_AT_RESET;
    cpu_wrmsr(IA32_PAT, PAT_AT_RESET); /* QEMU does not switch it */
    vmcb.event = 0;
    vmcb.interrupt_shadow = 0;
    vmcb.virtual_interrupt = svm.features & SVM_FEATURE_VIRTUAL_NMI ? VIRTUAL_NMI_ENABLED : 0;
    svm_end_step(NMI_OPEN);
}

/* AMD-V has no such timer, and the local APIC's is the guest's. */
bool vcpu_come_back(uint64_t ticks)
{
    (void)ticks;
    return false;
}

void vcpu_read_back(struct check_registers *registers)
{
    registers->nested = CHECK_NPT;
    registers->on_exit = registers->now;
    registers->nested_root = vmcb.nested_root;
    uint32_t leaf[4];
    cpu_cpuid(0x8000000a, 0, leaf);
    if (leaf[3] & SVM_FEATURE_VIRTUAL_NMI)
        registers->offered[0] = (uint64_t)VIRTUAL_NMI_ENABLED << 32;
    registers->structures[CHECK_CONTROL_BLOCK] = svm.vmcb_hpa;
    registers->structures[CHECK_SAVE_AREA] = cpu_rdmsr(AMD_VM_HSAVE_PA);
    registers->structures[CHECK_MSR_BITMAP] = vmcb.msrpm_base;
    registers->structures[CHECK_IO_BITMAP] = vmcb.iopm_base;
    registers->structures[CHECK_HOST_STATE] = svm.host_hpa;
}
