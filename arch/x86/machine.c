/* SPDX-License-Identifier: Apache-2.0 */
/* This processor as the hypervisor and its guest use it: set-up and reset. */
#include "arch/x86/include/machine.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/include/check_registers.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/lapic.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"

PER_CPU struct machine machine;
PER_CPU uint64_t *vcpu_exits;

static struct public_page *public_page(void)
{
    return (struct public_page *)VA_PUBLIC;
}

void machine_refused_interrupts(uint32_t number)
{
    public_page()->refused_interrupts[cpu.local] += number;
}

static PER_CPU uint8_t fpu_image[4096] __attribute__((aligned(64)));

enum { FPU_FCW = 0, FPU_MXCSR = 24, MXCSR_AT_RESET = 0x1f80, FCW_AT_RESET = 0x37f };

extern void fpu_reset(const void *image, uint64_t components);

uint64_t machine_tsc(void)
{
    return cpu_rdtsc();
}

uint32_t machine_apic_id(uint32_t local)
{
    return machine.apic_ids[local];
}

void machine_send_fixed(uint32_t apic_id, uint8_t vector)
{
    lapic_send(apic_id, LAPIC_FIXED, vector);
}

void machine_knock(uint32_t apic_id)
{
    lapic_send(apic_id, LAPIC_NMI, 0);
}

void machine_use_page_table(uint64_t root)
{
    cpu_write_cr3(root);
}

/* CR0 and CR4 that the hypervisor runs with: what protects it, where the processor has it (I11). */
static void protect_self(void)
{
    static const struct {
        enum cpu_feature feature;
        uint64_t bit;
    } protections[] = {{FEATURE_SMEP, CR4_SMEP},
                       {FEATURE_SMAP, CR4_SMAP},
                       {FEATURE_UMIP, CR4_UMIP},
                       {FEATURE_XSAVE, CR4_OSXSAVE}};
    uint64_t cr4 = CR4_PAE | CR4_MCE | CR4_OSFXSR;
    for (unsigned i = 0; i < sizeof(protections) / sizeof(protections[0]); i++)
        if (features_have(&machine.features, protections[i].feature))
            cr4 |= protections[i].bit;
    cpu_write_cr0(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE);
    cpu_write_cr4(cr4);
    cpu_wrmsr(IA32_EFER, EFER_LME | EFER_NXE | EFER_LMA);
}

void machine_setup(void)
{
    trap_setup();
    features_read(&machine.features, cpu_cpuid);
    protect_self();
    lapic_setup();
    if (features_have(&machine.features, FEATURE_AMD)) /* else INIT would start the firmware anew */
        cpu_wrmsr(AMD_VM_CR, cpu_rdmsr(AMD_VM_CR) | VM_CR_R_INIT);
    if (features_have(&machine.features, FEATURE_TSC_ADJUST))
        cpu_wrmsr(IA32_TSC_ADJUST, 0);
    if (features_have(&machine.features, FEATURE_XSAVES))
        cpu_wrmsr(IA32_XSS, 0);
}

const char *machine_setup_guest(void)
{
    for (uint32_t i = 0; i < cpu.domain->cpu_count; i++)
        machine.apic_ids[i] = slice()->cpus[i].apic_id;
    machine.features.tsc_hz = slice()->tsc_hz;
    vcpu_exits = public_exits(public_page(), cpu.local);
    if (features_have(&machine.features, FEATURE_ARCH_CAPABILITIES))
        machine.features.arch_capabilities = cpu_rdmsr(IA32_ARCH_CAPABILITIES);
    const char *refused = vcpu_setup();
    if (refused)
        return refused;
    cpuid_build(&machine.cpuid, &machine.features, cpu_cpuid);
    msr_init(&machine.msr, &machine.features, cpu.local == 0);
    return NULL;
}

static void reset_msr(void *context, uint32_t msr, uint64_t value, enum msr_reset how)
{
    (void)context;
    if (how == MSR_RESET_WRITE) /* the others lie in the control structure: vcpu_reset() */
        cpu_wrmsr(msr, value);
}

/* x87, SSE, AVX, PKRU ...: all that XCR0 covers, to its initial state. */
static void reset_fpu(void)
{
    *(uint16_t *)(fpu_image + FPU_FCW) = FCW_AT_RESET;
    *(uint32_t *)(fpu_image + FPU_MXCSR) = MXCSR_AT_RESET;
    if (machine.features.xcr0 == 0) {
        __asm__ volatile("fxrstor64 %0" ::"m"(fpu_image));
        return;
    }
    cpu_xsetbv(0, machine.features.xcr0);
    fpu_reset(fpu_image, machine.features.xcr0);
    cpu_xsetbv(0, XCR0_X87);
}

static void reset_debug_registers(void)
{
    cpu_write_dr0(0);
    cpu_write_dr1(0);
    cpu_write_dr2(0);
    cpu_write_dr3(0);
    cpu_write_dr6(DR6_AT_RESET);
    cpu_write_cr2(0);
}

static bool init(void)
{
    bool empty = lapic_drain();
    reset_debug_registers();
    msr_init(&machine.msr, &machine.features, cpu.local == 0);
    vcpu_reset();
    vcpu_flush();
    return empty;
}

void machine_init(void)
{
    init();
}

bool machine_reset(void)
{
    bool empty = init();
    msr_reset_walk(&machine.features, reset_msr, NULL);
    reset_fpu();
    return empty;
}

/* Bits of an x2APIC id that tell threads of one core apart (CPUID 0xB, first level). */
uint32_t machine_smt_shift(void)
{
    enum { TOPOLOGY_LEAF = 0xb, LEVEL_SMT = 1 };
    uint32_t leaf[4];
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] < TOPOLOGY_LEAF)
        return 0;
    cpu_cpuid(TOPOLOGY_LEAF, 0, leaf);
    bool several = (leaf[1] & 0xffff) != 1; /* Bochs 3.0 gives a shift to a core of one thread */
    return several && (leaf[2] >> 8 & 0xff) == LEVEL_SMT ? leaf[0] & 31 : 0;
}

void machine_read_back(struct check_registers *registers)
{
    uint64_t offered = 0;
    if (features_have(&machine.features, FEATURE_UMIP))
        offered |= CR4_UMIP;
    if (features_have(&machine.features, FEATURE_SMEP))
        offered |= CR4_SMEP;
    if (features_have(&machine.features, FEATURE_SMAP))
        offered |= CR4_SMAP;
    *registers = (struct check_registers){.cr4_offered = offered,
                                          .now = {.cr0 = cpu_read_cr0(),
                                                  .cr3 = cpu_read_cr3(),
                                                  .cr4 = cpu_read_cr4(),
                                                  .efer = cpu_rdmsr(IA32_EFER),
                                                  .pat = cpu_rdmsr(IA32_PAT)}};
    if (cpu.domain)
        vcpu_read_back(registers);
}

bool machine_msr_granted(uint32_t msr, bool write, const void *policy)
{
    (void)policy;
    return msr_granted(&machine.features, msr, write);
}

void machine_clear_counts(void)
{
    for (uint32_t kind = 0; kind < PUBLIC_EXIT_KINDS; kind++)
        vcpu_exits[kind] = 0;
    public_page()->refused_interrupts[cpu.local] = 0;
}

void machine_stop_others(void)
{
    lapic_stop_others();
}
