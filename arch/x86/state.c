/* SPDX-License-Identifier: Apache-2.0 */
/* Guest state at the start of a life, after INIT and after SIPI, in the terms of vcpu.h. Intel SDM,
 * "Processor State Following INIT"; AMD APM, "Processor Initialization State". */
#include "arch/x86/grant/cr.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/vcpu.h"
#include "kernel/abi/guest_machine.h"

enum {
    RIGHTS_CODE = 0x9b,
    RIGHTS_DATA = 0x93,
    RIGHTS_CODE_64 = 0xa09b,
    RIGHTS_DATA_32 = 0xc093,
    RIGHTS_TSS = 0x8b,
    RIGHTS_LDT = 0x82,
    LIMIT_AT_RESET = 0xffff,
    RIP_AT_RESET = 0xfff0,
    RFLAGS_FIXED = 2,
    CPUID_SIGNATURE_LEAF = 1,
};

static void set_control_registers(uint64_t cr0, uint64_t cr3, uint64_t cr4, uint64_t efer)
{
    vcpu_set_cr0(cr0_hardware(cr0), cr0);
    vcpu_set_cr3(cr3);
    vcpu_set_cr4(cr4_hardware(&machine.features, cr4), cr4);
    vcpu_set_efer(efer);
}

void vcpu_reset(void)
{
    uint32_t signature[4];
    cpu_cpuid(CPUID_SIGNATURE_LEAF, 0, signature);
    for (unsigned i = 0; i < 16; i++)
        vcpu.gpr[i] = 0;
    vcpu.gpr[RDX] = signature[0];
    vcpu.nmi_pending = 0;

    guest_forget_code();
    vcpu_clear();
    set_control_registers(CR0_AT_RESET, 0, 0, 0);
    for (unsigned segment = 0; segment < SEGMENT_LDTR; segment++)
        vcpu_set_segment(segment, 0, 0, LIMIT_AT_RESET,
                         segment == SEGMENT_CS ? RIGHTS_CODE : RIGHTS_DATA);
    vcpu_set_segment(SEGMENT_LDTR, 0, 0, LIMIT_AT_RESET, RIGHTS_LDT);
    vcpu_set_segment(SEGMENT_TR, 0, 0, LIMIT_AT_RESET, RIGHTS_TSS);
    vcpu_set_gdt(0, LIMIT_AT_RESET);
    vcpu_set_idt(0, LIMIT_AT_RESET);
    vcpu_set_rsp(0);
    vcpu_set_rip(RIP_AT_RESET);
    vcpu_set_rflags(RFLAGS_FIXED);
}

void vcpu_set_sipi(uint8_t vector)
{
    vcpu_set_segment(SEGMENT_CS, (uint16_t)(vector << 8), (uint64_t)vector << 12, LIMIT_AT_RESET,
                     RIGHTS_CODE);
    vcpu_set_rip(0);
}

void vcpu_set_entry(const struct handoff_entry *entry)
{
    uint64_t nx = features_have(&machine.features, FEATURE_NX) ? EFER_NXE : 0;
    set_control_registers(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE, GUEST_PAGE_TABLES,
                          CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT, EFER_LME | EFER_LMA | nx);
    for (unsigned segment = 0; segment < SEGMENT_LDTR; segment++)
        vcpu_set_segment(segment, segment == SEGMENT_CS ? GUEST_CODE_SELECTOR : GUEST_DATA_SELECTOR,
                         0, 0xffffffff, segment == SEGMENT_CS ? RIGHTS_CODE_64 : RIGHTS_DATA_32);
    vcpu_set_segment(SEGMENT_LDTR, 0, 0, 0, SEGMENT_UNUSABLE);
    vcpu_set_gdt(GUEST_GDT, GUEST_GDT_BYTES - 1);
    vcpu_set_idt(0, 0);
    vcpu_set_rsp(entry->rsp);
    vcpu_set_rip(entry->rip);
    vcpu.gpr[RSI] = entry->rsi;
    vcpu.gpr[RDI] = entry->rdi;
    vcpu.gpr[RDX] = 0;
}
