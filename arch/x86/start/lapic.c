/* SPDX-License-Identifier: Apache-2.0 */
/* The local APIC switched to x2APIC mode. Intel SDM, "Extended XAPIC (x2APIC)". */
#include "arch/x86/include/lapic.h"
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine_words.h"
#include "setup.h"

void lapic_setup(void)
{
    uint64_t base = cpu_rdmsr(IA32_APIC_BASE) | APIC_BASE_EN;
    cpu_wrmsr(IA32_APIC_BASE, base);
    cpu_wrmsr(IA32_APIC_BASE, base | APIC_BASE_EXTD);
    cpu_wrmsr(IA32_APIC_BASE, base | APIC_BASE_EXTD); /* the emulator's LDR needs a second */
    cpu_wrmsr(IA32_X2APIC_LVT_TIMER, 1 << 16);        /* masked */
    cpu_wrmsr(IA32_X2APIC_LVT_ERROR, 1 << 16);
    machine_listen();
}
