/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MSRs that a guest finds, by number; all others get #GP. Included with MSR() defined:
 *
 *   MSR(first, last, read, write, needs, reset, value)
 *
 * read    DIRECT: no exit; VALUE: `value`; ASK: msr_read_asked(); DENY: #GP
 * write   DIRECT: no exit; LVT: no exit where the APIC checks it, else ASK; IGNORE; ZERO: 0 is
 * ignored, all else #GP; ASK: msr_write_asked(); DENY needs   enum cpu_feature without its prefix:
 * without it the whole line is DENY reset   enum msr_reset without its prefix, to `value`: exactly
 * where write is DIRECT or LVT
 *
 * The range of a line lies wholly inside or outside what the bitmaps can grant.
 */
/* clang-format off */
#define ONE(msr, ...) MSR(msr, msr, __VA_ARGS__)

/* RDTSC is direct; writing would move a clock that the deadline timer and other code trust. */
ONE(IA32_TIME_STAMP_COUNTER, DIRECT, DENY, ANY, NONE, 0)
/* Read by microcode drivers; loading microcode is denied, so no slot needs telling apart. */
ONE(IA32_PLATFORM_ID, VALUE, DENY, INTEL, NONE, 0)
/* Virtual, or kernels count processors wrongly without the board's boot processor. */
ONE(IA32_APIC_BASE, ASK, ASK, ANY, NONE, 0)
/* Locked and VMX off. */
ONE(IA32_FEATURE_CONTROL, VALUE, DENY, INTEL, NONE, FEATURE_CONTROL_LOCK)
/* Visible, or Linux's clock watchdog polls another clock; zeroed at boot and never anything else. */
ONE(IA32_TSC_ADJUST, DIRECT, ZERO, TSC_ADJUST, NONE, 0)
/* Speculation controls: a core serves one domain, which protects its own processes with them. */
ONE(IA32_SPEC_CTRL, DIRECT, DIRECT, SPEC_CTRL, WRITE, 0)
ONE(IA32_PRED_CMD, DENY, DIRECT, PRED_CMD, COMMAND, 0)
/* Kernels write 0, execute CPUID, read the revision, and judge by it what the core is prone to. */
ONE(IA32_BIOS_SIGN_ID, DIRECT, IGNORE, ANY, NONE, 0)
/* How long UMWAIT may sleep on the guest's own core; a knock ends it. */
ONE(IA32_UMWAIT_CONTROL, DIRECT, DIRECT, WAITPKG, WRITE, 0)
/* No variable and no fixed ranges, WC exists: there is nothing left to write, and PAT stays on. */
ONE(IA32_MTRRCAP, VALUE, DENY, ANY, NONE, 0x400)
/* What the core is immune to; bits that announce further MSRs are taken out. */
ONE(IA32_ARCH_CAPABILITIES, ASK, DENY, ARCH_CAPABILITIES, NONE, 0)
ONE(IA32_FLUSH_CMD, DENY, DIRECT, FLUSH_CMD, COMMAND, 0)
/* System call entry: the guest's own registers. */
MSR(IA32_SYSENTER_CS, IA32_SYSENTER_EIP, DIRECT, DIRECT, ANY, STATE, 0)
/* Machine checks without banks: a kernel sets itself up for them and hears of none (TRAPS 18). */
ONE(IA32_MCG_CAP, VALUE, DENY, ANY, NONE, 0)
ONE(IA32_MCG_STATUS, VALUE, ZERO, ANY, NONE, 0)
/* Fast strings on; BTS and PEBS unavailable. */
ONE(IA32_MISC_ENABLE, VALUE, IGNORE, INTEL, NONE, 1 << 0 | 1 << 11 | 1 << 12)
/* LBR, BTF, BTS and freezing are off, and requests for them dropped: #GP would end user debugging. */
ONE(IA32_DEBUGCTL, VALUE, IGNORE, ANY, NONE, 0)
/* Memory types of the guest's own mappings; the nested tables keep MMIO uncached. */
ONE(IA32_PAT, DIRECT, DIRECT, ANY, STATE, 0x0007040600070406)
/* Enabled, write-back. */
ONE(IA32_MTRR_DEF_TYPE, VALUE, IGNORE, ANY, NONE, 0x806)
/* The guest's timer. */
ONE(IA32_TSC_DEADLINE, DIRECT, DIRECT, TSC_DEADLINE, WRITE, 0)

/* The local APIC, without what reaches beyond this processor. */
ONE(IA32_X2APIC_APICID, DIRECT, DENY, ANY, NONE, 0)
/* Entries to that of the thermal sensor: IA32_MCG_CAP promises no CMCI. */
ONE(IA32_X2APIC_VERSION, VALUE, DENY, ANY, NONE, 0x50015)
ONE(IA32_X2APIC_TPR, DIRECT, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_PPR, DIRECT, DENY, ANY, NONE, 0)
ONE(IA32_X2APIC_EOI, DENY, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_LDR, DIRECT, DENY, ANY, NONE, 0)
/* Switching the APIC off masks the hypervisor's own entries (TRAPS 76): lapic.h. */
ONE(IA32_X2APIC_SIVR, DIRECT, ASK, ANY, NONE, 0)
MSR(IA32_X2APIC_ISR0, IA32_X2APIC_IRR7, DIRECT, DENY, ANY, NONE, 0)
ONE(IA32_X2APIC_ESR, DIRECT, DIRECT, ANY, LAPIC, 0)
/* Names its destination: icr.h. Reading gives what was written. */
ONE(IA32_X2APIC_ICR, ASK, ASK, ANY, NONE, 0)
/* Have no delivery mode; but QEMU, where AMD-V is emulated, heeds one, SMI too. */
ONE(IA32_X2APIC_LVT_TIMER, DIRECT, LVT, ANY, LAPIC, 0x10000)
/* SMI, NMI and ExtINT are delivery modes of these; lvt.h. */
MSR(IA32_X2APIC_LVT_THERMAL, IA32_X2APIC_LVT_LINT1, ASK, ASK, ANY, NONE, 0)
ONE(IA32_X2APIC_LVT_ERROR, DIRECT, LVT, ANY, LAPIC, 0x10000)
ONE(IA32_X2APIC_INIT_COUNT, DIRECT, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_CUR_COUNT, DIRECT, DENY, ANY, NONE, 0)
ONE(IA32_X2APIC_DIV_CONF, DIRECT, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_SELF_IPI, DENY, DIRECT, ANY, LAPIC, 0)
/* Only 0: XRSTORS would load the MSRs of a supervisor component past the bitmap (trace, HWP). */
ONE(IA32_XSS, VALUE, ZERO, XSAVES, NONE, 0)

/* AMD's shows SVME, and LMA follows rules: cr.h. */
ONE(IA32_EFER, ASK, ASK, ANY, NONE, 0)
/* System call entry and segment bases: the guest's own registers. */
MSR(IA32_STAR, IA32_FMASK, DIRECT, DIRECT, ANY, WRITE, 0)
MSR(IA32_FS_BASE, IA32_GS_BASE, DIRECT, DIRECT, ANY, STATE, 0)
ONE(IA32_KERNEL_GS_BASE, DIRECT, DIRECT, ANY, WRITE, 0)
ONE(IA32_TSC_AUX, DIRECT, DIRECT, RDTSCP, WRITE, 0)

/* No memory encryption, no I/O ranges. */
ONE(AMD_SYSCFG, VALUE, DENY, AMD, NONE, 0)
/* TscFreqSel: the TSC counts at a constant rate. */
ONE(AMD_HWCR, VALUE, IGNORE, AMD, NONE, 1 << 24)
/* Linux sets EnableCf8ExtCfg in it on every processor. */
ONE(AMD_NB_CFG, VALUE, IGNORE, AMD, NONE, 0)
/* Tells whether LFENCE serialises. */
ONE(AMD_DE_CFG, DIRECT, IGNORE, AMD, NONE, 0)

#undef ONE
#undef MSR
/* clang-format on */
