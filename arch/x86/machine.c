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
PER_CPU_CPUID struct vcpuid machine_cpuid;
PER_CPU uint64_t *vcpu_exits;

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

void machine_write_back(const volatile void *from, uint64_t bytes)
{
    enum { CACHE_LINE = 64 };
    uint64_t end = (uint64_t)from + bytes;
    for (uint64_t at = (uint64_t)from & ~(uint64_t)(CACHE_LINE - 1); at < end; at += CACHE_LINE)
        __asm__ volatile("clflush (%0)" ::"r"(at) : "memory");
    __asm__ volatile("mfence" ::: "memory");
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

void machine_init(void)
{
    machine_settle();
    reset_debug_registers();
    msr_init(&machine.msr, &machine.features, cpu.local == 0);
    vcpu_reset();
    vcpu_flush();
}

void machine_reset(void)
{
    machine_init();
    msr_reset_walk(&machine.features, reset_msr, NULL);
    reset_fpu();
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
    *registers = (struct check_registers){.apic_id = (uint32_t)cpu_rdmsr(IA32_X2APIC_APICID),
                                          .cr4_offered = offered,
                                          .now = {.cr0 = cpu_read_cr0(),
                                                  .cr3 = cpu_read_cr3(),
                                                  .cr4 = cpu_read_cr4(),
                                                  .efer = cpu_rdmsr(IA32_EFER),
                                                  .pat = cpu_rdmsr(IA32_PAT)}};
    if (cpu.domain)
        vcpu_read_back(registers);
}

bool machine_msr_granted(uint32_t msr, bool write)
{
    return msr_granted(&machine.features, msr, write);
}

void machine_clear_counts(void)
{
    for (uint32_t kind = 0; kind < PUBLIC_EXIT_KINDS; kind++)
        vcpu_exits[kind] = 0;
    public_page()->refused_interrupts[cpu.local] = 0;
}
