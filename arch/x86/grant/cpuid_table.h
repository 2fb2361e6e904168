/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stays of the processor's own CPUID answers; everything else reads zero. Hidden on purpose:
 * VMX, SVM and SMX, MONITOR and MWAIT, everything of performance monitoring, tracing and power,
 * machine checks, SGX and memory encryption, resource directory, TSX, MPX, AMX, CET, protection
 * keys for supervisors, five-level paging, INVLPGB, RDPRU. Included by cpuid.c only.
 */
#include "arch/x86/include/cpuid_bits.h"
#include "arch/x86/include/features.h"

enum { EAX, EBX, ECX, EDX };

/* Leaves shown as they are: what caches, TLBs and threads the guest's own cores have. */
static const struct {
    uint32_t leaf;
    uint32_t subleaves; /* kept apart; 0: the leaf has none */
} native_leaves[] = {
    {0x2, 0},        /* cache and TLB descriptors */
    {0x4, 6},        /* deterministic cache parameters */
    {0xb, 3},        /* topology: x2APIC ids are the real ones */
    {0x1f, 6},       /* topology with dies and modules */
    {0x80000002, 0}, /* processor brand string */
    {0x80000003, 0}, /* its middle */
    {0x80000004, 0}, /* its end */
    {0x80000005, 0}, /* AMD: L1 cache and TLB */
    {0x80000006, 0}, /* L2 and L3 */
    {0x80000019, 0}, /* AMD: 1 GiB TLB */
    {0x8000001a, 0}, /* AMD: width of the execution units */
    {0x8000001d, 6}, /* AMD: cache topology */
    {0x8000001e, 0}, /* AMD: core and node ids */
};

#define B(bit) (1u << (bit))

static const struct cpuid_line {
    uint32_t leaf;
    uint8_t subleaf, reg;
    uint8_t needs; /* enum cpu_feature */
    uint32_t mask;
} cpuid_table[] = {
    /* Family, model, stepping; CLFLUSH size, threads, APIC id. */
    {1, 0, EAX, FEATURE_ANY, ~0u},
    {1, 0, EBX, FEATURE_ANY, ~0u},
    /* Computes with registers that every task switch of a guest saves. */
    {1, 0, ECX, FEATURE_ANY,
     B(L1C_SSE3) | B(L1C_PCLMULQDQ) | B(L1C_SSSE3) | B(L1C_CMPXCHG16B) | B(L1C_SSE4_1) |
         B(L1C_SSE4_2) | B(L1C_MOVBE) | B(L1C_POPCNT) | B(L1C_AES) | B(L1C_RDRAND)},
    /* Computes with state that XCR0 governs (cr.c checks it). */
    {1, 0, ECX, FEATURE_XSAVE, B(L1C_XSAVE) | B(L1C_AVX) | B(L1C_FMA) | B(L1C_F16C)},
    /* The guest's own translations and timers. */
    {1, 0, ECX, FEATURE_PCID, B(L1C_PCID)},
    {1, 0, ECX, FEATURE_TSC_DEADLINE, B(L1C_TSC_DEADLINE)},
    {1, 0, ECX, FEATURE_ANY, B(L1C_X2APIC)},
    /* The x86-64 baseline; machine checks have no banks, MTRRs no ranges (msr_table.h). */
    {1, 0, EDX, FEATURE_ANY,
     B(L1D_FPU) | B(L1D_VME) | B(L1D_DE) | B(L1D_PSE) | B(L1D_TSC) | B(L1D_MSR) | B(L1D_PAE) |
         B(L1D_MCE) | B(L1D_CX8) | B(L1D_APIC) | B(L1D_SEP) | B(L1D_MTRR) | B(L1D_PGE) |
         B(L1D_MCA) | B(L1D_CMOV) | B(L1D_PAT) | B(L1D_PSE36) | B(L1D_CLFSH) | B(L1D_MMX) |
         B(L1D_FXSR) | B(L1D_SSE) | B(L1D_SSE2) | B(L1D_SS) | B(L1D_HTT)},
    /* A deadline timer that runs in sleep states: otherwise Linux looks for another clock. */
    {6, 0, EAX, FEATURE_ANY, B(2)},

    {7, 0, EBX, FEATURE_ANY,
     B(L7B_BMI1) | B(L7B_FDP_EXCPTN) | B(L7B_BMI2) | B(L7B_ERMS) | B(L7B_NO_FPU_CS_DS) |
         B(L7B_RDSEED) | B(L7B_ADX) | B(L7B_CLFLUSHOPT) | B(L7B_CLWB) | B(L7B_SHA)},
    {7, 0, EBX, FEATURE_XSAVE,
     B(L7B_AVX2) | B(L7B_AVX512F) | B(L7B_AVX512DQ) | B(L7B_AVX512_IFMA) | B(L7B_AVX512PF) |
         B(L7B_AVX512ER) | B(L7B_AVX512CD) | B(L7B_AVX512BW) | B(L7B_AVX512VL)},
    /* Zero at boot and not writable, so that Linux trusts the TSC. */
    {7, 0, EBX, FEATURE_TSC_ADJUST, B(L7B_TSC_ADJUST)},
    /* Bits of CR4 that cr.c lets through. */
    {7, 0, EBX, FEATURE_FSGSBASE, B(L7B_FSGSBASE)},
    {7, 0, EBX, FEATURE_SMEP, B(L7B_SMEP)},
    {7, 0, EBX, FEATURE_SMAP, B(L7B_SMAP)},
    {7, 0, ECX, FEATURE_UMIP, B(L7C_UMIP)},
    {7, 0, ECX, FEATURE_PKU, B(L7C_PKU)},
    /* Flushes the guest's own VPID only. */
    {7, 0, EBX, FEATURE_INVPCID, B(L7B_INVPCID)},
    {7, 0, ECX, FEATURE_ANY, B(L7C_GFNI) | B(L7C_CLDEMOTE) | B(L7C_MOVDIRI) | B(L7C_MOVDIR64B)},
    {7, 0, ECX, FEATURE_XSAVE,
     B(L7C_AVX512_VBMI) | B(L7C_AVX512_VBMI2) | B(L7C_VAES) | B(L7C_VPCLMULQDQ) |
         B(L7C_AVX512_VNNI) | B(L7C_AVX512_BITALG) | B(L7C_AVX512_VPOPCNTDQ)},
    /* Sleeps until a line is written or an interrupt or knock comes. */
    {7, 0, ECX, FEATURE_WAITPKG, B(L7C_WAITPKG)},
    {7, 0, ECX, FEATURE_RDTSCP, B(L7C_RDPID)},
    {7, 0, EDX, FEATURE_ANY, B(L7D_FSRM) | B(L7D_MD_CLEAR) | B(L7D_SERIALIZE)},
    {7, 0, EDX, FEATURE_XSAVE,
     B(L7D_AVX512_4VNNIW) | B(L7D_AVX512_4FMAPS) | B(L7D_AVX512_VP2INTERSECT) | B(L7D_AVX512_FP16)},
    /* Speculation controls, direct in msr_table.h. */
    {7, 0, EDX, FEATURE_SPEC_CTRL, B(L7D_IBRS_IBPB) | B(L7D_STIBP) | B(L7D_SSBD)},
    {7, 0, EDX, FEATURE_FLUSH_CMD, B(L7D_L1D_FLUSH)},
    {7, 0, EDX, FEATURE_ARCH_CAPABILITIES, B(L7D_ARCH_CAPABILITIES)},
    {7, 1, EAX, FEATURE_ANY, B(L71A_FZRM) | B(L71A_FSRS) | B(L71A_FSRC)},
    {7, 1, EAX, FEATURE_XSAVE, B(L71A_AVX_VNNI) | B(L71A_AVX512_BF16) | B(L71A_AVX_IFMA)},
    {7, 2, EDX, FEATURE_SPEC_CTRL,
     B(L72D_PSFD) | B(L72D_IPRED_CTRL) | B(L72D_RRSBA_CTRL) | B(L72D_DDPD_U) | B(L72D_BHI_CTRL) |
         B(L72D_MCDT_NO)},

    {0xd, 1, EAX, FEATURE_XSAVE, B(LD1A_XSAVEOPT) | B(LD1A_XSAVEC) | B(LD1A_XGETBV_1)},
    {0xd, 1, EAX, FEATURE_XSAVES, B(LD1A_XSAVES)}, /* with XSS held at 0 */

    {0x80000001, 0, EAX, FEATURE_ANY, ~0u},
    {0x80000001, 0, EBX, FEATURE_AMD, ~0u}, /* brand id, package type */
    {0x80000001, 0, ECX, FEATURE_ANY, B(X1C_LAHF) | B(X1C_LZCNT) | B(X1C_PREFETCHW)},
    {0x80000001, 0, ECX, FEATURE_AMD,
     B(X1C_CMP_LEGACY) | B(X1C_CR8_LEGACY) | B(X1C_SSE4A) | B(X1C_MISALIGNSSE) | B(X1C_TBM) |
         B(X1C_TOPOEXT)},
    {0x80000001, 0, ECX, FEATURE_XSAVE, B(X1C_XOP) | B(X1C_FMA4)},
    {0x80000001, 0, EDX, FEATURE_ANY, B(X1D_SYSCALL) | B(X1D_PDPE1GB) | B(X1D_LM)},
    {0x80000001, 0, EDX, FEATURE_NX, B(X1D_NX)},
    {0x80000001, 0, EDX, FEATURE_RDTSCP, B(X1D_RDTSCP)},
    /* AMD repeats leaf 1 here. */
    {0x80000001, 0, EDX, FEATURE_AMD,
     B(L1D_FPU) | B(L1D_VME) | B(L1D_DE) | B(L1D_PSE) | B(L1D_TSC) | B(L1D_MSR) | B(L1D_PAE) |
         B(L1D_MCE) | B(L1D_CX8) | B(L1D_APIC) | B(L1D_MTRR) | B(L1D_PGE) | B(L1D_MCA) |
         B(L1D_CMOV) | B(L1D_PAT) | B(L1D_PSE36) | B(L1D_MMX) | B(L1D_FXSR) | B(X1D_MMXEXT) |
         B(X1D_3DNOWEXT) | B(X1D_3DNOW)},
    {0x80000008, 0, EAX, FEATURE_ANY, 0xffff}, /* address widths */
    {0x80000008, 0, EBX, FEATURE_AMD,
     B(X8B_CLZERO) | B(X8B_XSAVEERPTR) | B(X8B_NO_LMSLE) | B(X8B_SSB_NO) | B(X8B_BTC_NO)},
    {0x80000008, 0, EBX, FEATURE_PRED_CMD, B(X8B_IBPB) | B(X8B_IBPB_RET)},
    {0x80000008, 0, EBX, FEATURE_SPEC_CTRL,
     B(X8B_IBRS) | B(X8B_STIBP) | B(X8B_IBRS_ALWAYS) | B(X8B_STIBP_ALWAYS) | B(X8B_IBRS_PREFERRED) |
         B(X8B_IBRS_SAME_MODE) | B(X8B_SSBD) | B(X8B_PSFD)},
    {0x80000008, 0, ECX, FEATURE_AMD, 0xf0ff}, /* threads of the package, APIC id width */
    {0x80000021, 0, EAX, FEATURE_AMD,
     B(X21A_NO_NESTED_DATA_BP) | B(X21A_LFENCE_SERIALIZING) | B(X21A_NULL_SELECTOR_CLEARS_BASE) |
         B(X21A_FSRS) | B(X21A_FSRC) | B(X21A_SRSO_NO)},
    {0x80000021, 0, EAX, FEATURE_AUTO_IBRS, B(X21A_AUTO_IBRS)},
    {0x80000021, 0, EAX, FEATURE_PRED_CMD, B(X21A_SBPB) | B(X21A_IBPB_BRTYPE)},
};

#undef B
