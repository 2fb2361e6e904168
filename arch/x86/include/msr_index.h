/* SPDX-License-Identifier: Apache-2.0 */
/* MSRs by the manuals' names. Intel SDM, "Model-Specific Registers"; AMD APM, "MSR
 * Cross-Reference"; their values for a guest stand in ../msr_table.h. */
#ifndef BULKHEAD_MSR_INDEX_H
#define BULKHEAD_MSR_INDEX_H

#define IA32_TIME_STAMP_COUNTER      0x10u
#define IA32_PLATFORM_ID             0x17u
#define IA32_APIC_BASE               0x1bu
#define IA32_FEATURE_CONTROL         0x3au
#define IA32_TSC_ADJUST              0x3bu
#define IA32_SPEC_CTRL               0x48u
#define IA32_PRED_CMD                0x49u
#define IA32_BIOS_SIGN_ID            0x8bu /* AMD: PATCH_LEVEL */
#define IA32_UMWAIT_CONTROL          0xe1u
#define IA32_MTRRCAP                 0xfeu
#define IA32_ARCH_CAPABILITIES       0x10au
#define IA32_FLUSH_CMD               0x10bu
#define IA32_SYSENTER_CS             0x174u
#define IA32_SYSENTER_EIP            0x176u
#define IA32_MCG_CAP                 0x179u
#define IA32_MCG_STATUS              0x17au
#define IA32_MISC_ENABLE             0x1a0u
#define IA32_DEBUGCTL                0x1d9u
#define IA32_PAT                     0x277u
#define IA32_MTRR_DEF_TYPE           0x2ffu
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
#define IA32_TSC_DEADLINE            0x6e0u
#define IA32_X2APIC_APICID           0x802u
#define IA32_X2APIC_VERSION          0x803u
#define IA32_X2APIC_TPR              0x808u
#define IA32_X2APIC_PPR              0x80au
#define IA32_X2APIC_EOI              0x80bu
#define IA32_X2APIC_LDR              0x80du
#define IA32_X2APIC_SIVR             0x80fu
#define IA32_X2APIC_ISR0             0x810u
#define IA32_X2APIC_IRR0             0x820u
#define IA32_X2APIC_IRR7             0x827u
#define IA32_X2APIC_ESR              0x828u
#define IA32_X2APIC_LVT_CMCI         0x82fu
#define IA32_X2APIC_ICR              0x830u
#define IA32_X2APIC_LVT_TIMER        0x832u
#define IA32_X2APIC_LVT_THERMAL      0x833u
#define IA32_X2APIC_LVT_PMI          0x834u
#define IA32_X2APIC_LVT_LINT0        0x835u
#define IA32_X2APIC_LVT_LINT1        0x836u
#define IA32_X2APIC_LVT_ERROR        0x837u
#define IA32_X2APIC_INIT_COUNT       0x838u
#define IA32_X2APIC_CUR_COUNT        0x839u
#define IA32_X2APIC_DIV_CONF         0x83eu
#define IA32_X2APIC_SELF_IPI         0x83fu
#define IA32_XSS                     0xda0u
#define IA32_EFER                    0xc0000080u
#define IA32_STAR                    0xc0000081u
#define IA32_FMASK                   0xc0000084u
#define IA32_FS_BASE                 0xc0000100u
#define IA32_GS_BASE                 0xc0000101u
#define IA32_KERNEL_GS_BASE          0xc0000102u
#define IA32_TSC_AUX                 0xc0000103u
#define AMD_SYSCFG                   0xc0010010u
#define AMD_HWCR                     0xc0010015u
#define AMD_NB_CFG                   0xc001001fu
#define AMD_VM_HSAVE_PA              0xc0010117u
#define AMD_DE_CFG                   0xc0011029u

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
