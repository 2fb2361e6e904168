/* SPDX-License-Identifier: Apache-2.0 */
/* MSRs that only start-up touches. Intel SDM, "Model-Specific Registers"; AMD APM, "MSR
 * Cross-Reference". */
#ifndef BULKHEAD_SETUP_H
#define BULKHEAD_SETUP_H

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
