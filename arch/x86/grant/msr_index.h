/* SPDX-License-Identifier: Apache-2.0 */
/* MSRs by the manuals' names. Intel SDM, "Model-Specific Registers"; AMD APM, "MSR
 * Cross-Reference"; what a guest finds of them stands in msr_table.h. */
#ifndef BULKHEAD_MSR_INDEX_H
#define BULKHEAD_MSR_INDEX_H

#define IA32_SYSENTER_CS             0x174u
#define IA32_SYSENTER_EIP            0x176u
#define IA32_VMX_BASIC               0x480u
#define IA32_VMX_PINBASED_CTLS       0x481u
#define IA32_VMX_PROCBASED_CTLS      0x482u
#define IA32_VMX_EXIT_CTLS           0x483u
#define IA32_VMX_ENTRY_CTLS          0x484u
#define IA32_VMX_MISC                0x485u
#define IA32_VMX_PROCBASED_CTLS2     0x48bu
#define IA32_VMX_EPT_VPID_CAP        0x48cu
#define IA32_VMX_TRUE_PINBASED_CTLS  0x48du
#define IA32_VMX_TRUE_PROCBASED_CTLS 0x48eu
#define IA32_VMX_TRUE_EXIT_CTLS      0x48fu
#define IA32_VMX_TRUE_ENTRY_CTLS     0x490u
#define IA32_X2APIC_ISR0             0x810u
#define IA32_X2APIC_IRR0             0x820u
#define IA32_X2APIC_IRR7             0x827u
#define IA32_X2APIC_LVT_CMCI         0x82fu
#define IA32_X2APIC_LVT_THERMAL      0x833u
#define IA32_X2APIC_LVT_PMI          0x834u
#define IA32_X2APIC_LVT_LINT0        0x835u
#define IA32_X2APIC_LVT_LINT1        0x836u
#define IA32_STAR                    0xc0000081u
#define IA32_FMASK                   0xc0000084u
#define IA32_FS_BASE                 0xc0000100u
#define IA32_GS_BASE                 0xc0000101u
#define AMD_VM_HSAVE_PA              0xc0010117u

/* Those that have a line of their own in the table. */
enum {
#define MSR(...)
#define ONE(name, number, ...) name = number,
#include "msr_table.h"
};

/* IA32_APIC_BASE */
#define APIC_BASE_BSP     (1ull << 8)
#define APIC_BASE_EXTD    (1ull << 10)
#define APIC_BASE_EN      (1ull << 11)
#define APIC_BASE_ADDRESS 0xfee00000ull

/* IA32_PAT */
#define PAT_AT_RESET 0x0007040600070406ull

/* IA32_FEATURE_CONTROL */
#define FEATURE_CONTROL_LOCK (1ull << 0)

#endif
