/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of start-up, and MSRs that nothing else touches. Intel SDM, "Model-Specific Registers";
 * AMD APM, "MSR Cross-Reference". */
#ifndef BULKHEAD_SETUP_H
#define BULKHEAD_SETUP_H

#include "arch/x86/include/mce.h"

/* Loads this processor's GDT, TSS (interrupt stacks) and IDT. */
void trap_setup(void);

/* Switches to x2APIC mode, on, everything masked until lapic_put_back(). */
void lapic_setup(void);

/* Each bank read into `found`, cleared and enabled, then CR4.MCE. Its gate must stand. */
void mce_setup(struct mce_found *found);

/* After vcpu_switch_on(): fills this processor's control structure, guest state excepted.
 * NULL, or what it refuses, for a person. */
const char *vcpu_setup(void);

#define IA32_MCG_CTL        0x17bu
#define IA32_MC0_CTL        0x400u /* bank n: + 4n */
#define IA32_VMX_CR0_FIXED0 0x486u
#define IA32_VMX_CR0_FIXED1 0x487u
#define AMD_VM_CR           0xc0010114u

/* IA32_FEATURE_CONTROL */
#define FEATURE_CONTROL_VMX_OUTSIDE_SMX (1ull << 2)

/* AMD_VM_CR: INIT raises #SX; AMD-V is locked off */
#define VM_CR_R_INIT (1ull << 1)
#define VM_CR_SVMDIS (1ull << 4)

#endif
