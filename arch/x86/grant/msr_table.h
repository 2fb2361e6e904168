/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The MSRs that a guest finds, by number; all others get #GP. Included with MSR() defined:
 *
 *   MSR(first, last, read, write, needs, reset, value)
 *   ONE(name, number, read, write, needs, reset, value): the same of one that msr_index.h names so
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
#ifndef ONE
#define ONE(name, number, ...) MSR(number, number, __VA_ARGS__)
#endif

/* RDTSC is direct; writing would move a clock that the deadline timer and other code trust. */
ONE(IA32_TIME_STAMP_COUNTER, 0x10, DIRECT, DENY, ANY, NONE, 0)
/* Read by microcode drivers; loading microcode is denied, so no slot needs telling apart. */
ONE(IA32_PLATFORM_ID, 0x17, VALUE, DENY, INTEL, NONE, 0)
/* Virtual, or kernels count processors wrongly without the board's boot processor. */
ONE(IA32_APIC_BASE, 0x1b, ASK, ASK, ANY, NONE, 0)
/* Locked and VMX off. */
ONE(IA32_FEATURE_CONTROL, 0x3a, VALUE, DENY, INTEL, NONE, FEATURE_CONTROL_LOCK)
/* Visible, or Linux's clock watchdog polls another clock; zeroed at boot and never anything else. */
ONE(IA32_TSC_ADJUST, 0x3b, DIRECT, ZERO, TSC_ADJUST, NONE, 0)
/* Speculation controls: a core serves one domain, which protects its own processes with them. */
ONE(IA32_SPEC_CTRL, 0x48, DIRECT, DIRECT, SPEC_CTRL, WRITE, 0)
ONE(IA32_PRED_CMD, 0x49, DENY, DIRECT, PRED_CMD, COMMAND, 0)
/* AMD: PATCH_LEVEL. Kernels write 0, execute CPUID, read the revision, and judge by it what the
 * core is prone to. */
ONE(IA32_BIOS_SIGN_ID, 0x8b, DIRECT, IGNORE, ANY, NONE, 0)
/* How long UMWAIT may sleep on the guest's own core; a knock ends it. */
ONE(IA32_UMWAIT_CONTROL, 0xe1, DIRECT, DIRECT, WAITPKG, WRITE, 0)
/* No variable and no fixed ranges, WC exists: there is nothing left to write, and PAT stays on. */
ONE(IA32_MTRRCAP, 0xfe, VALUE, DENY, ANY, NONE, 0x400)
/* What the core is immune to; bits that announce further MSRs are taken out. */
ONE(IA32_ARCH_CAPABILITIES, 0x10a, ASK, DENY, ARCH_CAPABILITIES, NONE, 0)
ONE(IA32_FLUSH_CMD, 0x10b, DENY, DIRECT, FLUSH_CMD, COMMAND, 0)
/* System call entry: the guest's own registers. */
MSR(IA32_SYSENTER_CS, IA32_SYSENTER_EIP, DIRECT, DIRECT, ANY, STATE, 0)
/* Machine checks without banks: a kernel sets itself up for them and hears of none (TRAPS 18). */
ONE(IA32_MCG_CAP, 0x179, VALUE, DENY, ANY, NONE, 0)
ONE(IA32_MCG_STATUS, 0x17a, VALUE, ZERO, ANY, NONE, 0)
/* Fast strings on; BTS and PEBS unavailable. */
ONE(IA32_MISC_ENABLE, 0x1a0, VALUE, IGNORE, INTEL, NONE, 1 << 0 | 1 << 11 | 1 << 12)
/* LBR, BTF, BTS and freezing are off, and requests for them dropped: #GP would end user debugging. */
ONE(IA32_DEBUGCTL, 0x1d9, VALUE, IGNORE, ANY, NONE, 0)
/* Memory types of the guest's own mappings; the nested tables keep MMIO uncached. */
ONE(IA32_PAT, 0x277, DIRECT, DIRECT, ANY, STATE, 0x0007040600070406)
/* Enabled, write-back. */
ONE(IA32_MTRR_DEF_TYPE, 0x2ff, VALUE, IGNORE, ANY, NONE, 0x806)
/* The guest's timer. */
ONE(IA32_TSC_DEADLINE, 0x6e0, DIRECT, DIRECT, TSC_DEADLINE, WRITE, 0)

/* The local APIC, without what reaches beyond this processor. */
ONE(IA32_X2APIC_APICID, 0x802, DIRECT, DENY, ANY, NONE, 0)
/* Entries to that of the thermal sensor: IA32_MCG_CAP promises no CMCI. */
ONE(IA32_X2APIC_VERSION, 0x803, VALUE, DENY, ANY, NONE, 0x50015)
ONE(IA32_X2APIC_TPR, 0x808, DIRECT, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_PPR, 0x80a, DIRECT, DENY, ANY, NONE, 0)
ONE(IA32_X2APIC_EOI, 0x80b, DENY, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_LDR, 0x80d, DIRECT, DENY, ANY, NONE, 0)
/* Switching the APIC off masks the hypervisor's own entries (TRAPS 76): lapic.h. */
ONE(IA32_X2APIC_SIVR, 0x80f, DIRECT, ASK, ANY, NONE, 0)
MSR(IA32_X2APIC_ISR0, IA32_X2APIC_IRR7, DIRECT, DENY, ANY, NONE, 0)
ONE(IA32_X2APIC_ESR, 0x828, DIRECT, DIRECT, ANY, LAPIC, 0)
/* Names its destination: icr.h. Reading gives what was written. */
ONE(IA32_X2APIC_ICR, 0x830, ASK, ASK, ANY, NONE, 0)
/* Have no delivery mode; but QEMU, where AMD-V is emulated, heeds one, SMI too. */
ONE(IA32_X2APIC_LVT_TIMER, 0x832, DIRECT, LVT, ANY, LAPIC, 0x10000)
/* SMI, NMI and ExtINT are delivery modes of these; lvt.h. */
MSR(IA32_X2APIC_LVT_THERMAL, IA32_X2APIC_LVT_LINT1, ASK, ASK, ANY, NONE, 0)
ONE(IA32_X2APIC_LVT_ERROR, 0x837, DIRECT, LVT, ANY, LAPIC, 0x10000)
ONE(IA32_X2APIC_INIT_COUNT, 0x838, DIRECT, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_CUR_COUNT, 0x839, DIRECT, DENY, ANY, NONE, 0)
ONE(IA32_X2APIC_DIV_CONF, 0x83e, DIRECT, DIRECT, ANY, LAPIC, 0)
ONE(IA32_X2APIC_SELF_IPI, 0x83f, DENY, DIRECT, ANY, LAPIC, 0)
/* Only 0: XRSTORS would load the MSRs of a supervisor component past the bitmap (trace, HWP). */
ONE(IA32_XSS, 0xda0, VALUE, ZERO, XSAVES, NONE, 0)

/* AMD's shows SVME, and LMA follows rules: cr.h. */
ONE(IA32_EFER, 0xc0000080, ASK, ASK, ANY, NONE, 0)
/* System call entry and segment bases: the guest's own registers. */
MSR(IA32_STAR, IA32_FMASK, DIRECT, DIRECT, ANY, WRITE, 0)
MSR(IA32_FS_BASE, IA32_GS_BASE, DIRECT, DIRECT, ANY, STATE, 0)
ONE(IA32_KERNEL_GS_BASE, 0xc0000102, DIRECT, DIRECT, ANY, WRITE, 0)
ONE(IA32_TSC_AUX, 0xc0000103, DIRECT, DIRECT, RDTSCP, WRITE, 0)

/* No memory encryption, no I/O ranges. */
ONE(AMD_SYSCFG, 0xc0010010, VALUE, DENY, AMD, NONE, 0)
/* TscFreqSel: the TSC counts at a constant rate. */
ONE(AMD_HWCR, 0xc0010015, VALUE, IGNORE, AMD, NONE, 1 << 24)
/* Linux sets EnableCf8ExtCfg in it on every processor. */
ONE(AMD_NB_CFG, 0xc001001f, VALUE, IGNORE, AMD, NONE, 0)
/* Tells whether LFENCE serialises. */
ONE(AMD_DE_CFG, 0xc0011029, DIRECT, IGNORE, AMD, NONE, 0)

#undef ONE
#undef MSR
/* clang-format on */
