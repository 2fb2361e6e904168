/* SPDX-License-Identifier: Apache-2.0 */
/* This processor set up as the hypervisor and its guest use it. */
#include "arch/x86/include/machine.h"
#include "arch/x86/grant/cr.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/lapic.h"
#include "arch/x86/include/mce.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "kernel/abi/handoff.h"
#include "kernel/abi/trampoline.h"
#include "setup.h"

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
    cpu_wrmsr(IA32_PAT, PAT_AT_RESET); /* its entry 3 makes device windows uncached */
}

void machine_setup(struct mce_found *found)
{
    trap_setup();
    features_read(&machine.features, cpu_cpuid);
    mce_setup(found);
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
    vcpu_exits = public_exits(public_page(), cpu.local);
    if (features_have(&machine.features, FEATURE_ARCH_CAPABILITIES))
        machine.features.arch_capabilities = cpu_rdmsr(IA32_ARCH_CAPABILITIES);
    const char *refused = vcpu_setup();
    if (refused)
        return refused;
    if (!cpuid_is_of(&machine_cpuid, &machine.features, cpu.apic_id))
        return "says other things of itself by CPUID than to the firmware: update the firmware";
    msr_init(&machine.msr, &machine.features, cpu.local == 0);
    return NULL;
}

extern const uint8_t kernel_ap_entry[];

void machine_release_processors(void)
{
    struct trampoline *words = (struct trampoline *)(handoff()->trampoline_hpa + TRAMPOLINE_WORDS);
    __atomic_store_n(&words->release, (uint64_t)kernel_ap_entry, __ATOMIC_RELEASE);
}
