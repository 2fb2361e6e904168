/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: switching it on and filling the control block. AMD APM, "Enabling SVM", "VMRUN
 * Instruction", "Nested Paging". Exits are in svm.c. */
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/include/check_registers.h"
#include "arch/x86/include/upcalls.h"

/* Always on; those that come and go are svm.c's. */
static const uint8_t intercepts[] = {
    SVM_INTERCEPT_NMI,  /* the knock */
    SVM_INTERCEPT_INIT, /* another processor panics */
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
    MSR_MAP_BYTES = 2 * PAGE_BYTES,
    IO_MAP_BYTES = 3 * PAGE_BYTES,
    EXCEPTIONS = 1 << VECTOR_DB | 1 << VECTOR_AC | 1 << VECTOR_MC,
};

PER_CPU_PAGES struct vmcb vmcb;
static PER_CPU_PAGES struct vmcb host_vmcb;
static PER_CPU_PAGES uint8_t host_save_area[PAGE_BYTES];
static PER_CPU_PAGES uint8_t msr_map[MSR_MAP_BYTES];
static PER_CPU_PAGES uint8_t io_map[IO_MAP_BYTES];
PER_CPU struct svm svm;

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
    cpu_wrmsr(AMD_VM_HSAVE_PA, cpu_own_hpa(host_save_area));
    /* Guests read this and then rely on LFENCE. */
    cpu_wrmsr(AMD_DE_CFG, cpu_rdmsr(AMD_DE_CFG) | DE_CFG_LFENCE_SERIALISES);
    return NULL;
}

static void write_controls(void)
{
    for (unsigned i = 0; i < sizeof(intercepts); i++)
        vmcb.intercepts[intercepts[i] / 32] |= 1u << intercepts[i] % 32;
    vmcb.cr_writes = 1 << 0 | 1 << 4;
    vmcb.exceptions = EXCEPTIONS;
    vmcb.iopm_base = cpu_own_hpa(io_map);
    vmcb.msrpm_base = cpu_own_hpa(msr_map);
    vmcb.asid = DOMAIN_ASID;
    vmcb.nested_control = NESTED_PAGING;
    vmcb.nested_root = cpu.domain->nested_root;
}

const char *vcpu_setup(void)
{
    /* As have all processors with AMD-V and x2APIC; emulators and hypervisors don't always say it.
     */
    machine.features.has |= 1ull << FEATURE_INVARIANT_TSC;
    for (unsigned i = 0; i < IO_MAP_BYTES; i++)
        io_map[i] = 0xff;
    msr_permission_map_svm(msr_map, &machine.features);
    svm.vmcb_hpa = cpu_own_hpa(&vmcb);
    svm.host_hpa = cpu_own_hpa(&host_vmcb);
    __asm__ volatile("vmsave %0" ::"a"(svm.host_hpa) : "memory");
    write_controls();
    vcpu_reset();
    vcpu_flush();
    return NULL;
}

void vcpu_flush(void)
{
    vmcb.tlb_control = svm.features & SVM_FEATURE_FLUSH_ASID ? TLB_FLUSH_ASID : TLB_FLUSH_ALL;
}

/* There are no read shadows: where a guest would see a difference, reading exits. */
static void set_reads(unsigned number, bool exit)
{
    vmcb.cr_reads = (uint16_t)((vmcb.cr_reads & ~(1u << number)) | (unsigned)exit << number);
}

/* The processor flushes translations when a guest changes paging; here nobody else does. */
void vcpu_control_registers_changed(void)
{
    vcpu_flush();
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
    svm_intercept(SVM_INTERCEPT_IRET, false);
    svm_intercept(SVM_INTERCEPT_HLT, false);
    svm.window = NMI_OPEN;
}

uint32_t vcpu_words(struct vcpu_word words[VCPU_WORDS])
{
    words[0] = (struct vcpu_word){"AMD-V: features", svm.features};
    return 1;
}

void vcpu_read_back(struct check_registers *registers)
{
    registers->nested = CHECK_NPT;
    registers->on_exit = registers->now;
    registers->nested_root = vmcb.nested_root;
    registers->exceptions = vmcb.exceptions;
    registers->controls[0] = vmcb.intercepts[0];
    registers->controls[1] = vmcb.intercepts[1];
    registers->controls[2] = vmcb.nested_control;
    registers->controls[3] = vmcb.virtual_interrupt;
    registers->controls[4] = vmcb.intercepts[2];
    registers->controls[5] = (uint32_t)vmcb.cr_writes << 16 | vmcb.cr_reads;
    registers->msr_bitmap = vmcb.msrpm_base;
    registers->io_bitmap = vmcb.iopm_base;
    registers->structures[0] = (struct check_structure){"VMCB", svm.vmcb_hpa};
    registers->structures[1] = (struct check_structure){"VMCB of the host", svm.host_hpa};
    registers->structures[2] =
        (struct check_structure){"host save area", cpu_rdmsr(AMD_VM_HSAVE_PA)};
}
