/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Controls that the separation check knows by itself, so that a wrong constant of the code that
 * sets them is found too. Intel SDM, "VM-Execution Control Fields", "VM-Exit Control Fields";
 * AMD APM, "VMCB Layout".
 */
#ifndef BULKHEAD_CHECK_CONTROLS_H
#define BULKHEAD_CHECK_CONTROLS_H

/* IA32_PAT: the entry that all page-table entries of ours select. */
#define PAT_ENTRY_0 0xffull

/* Exceptions whose endless delivery blocks all else, and machine checks (TRAPS 18). */
#define EXCEPTIONS_TAKEN (1u << 1 | 1u << 17 | 1u << 18)

/*
 * What a guest's CR4 may have without an exit: VME to PAE, PGE to UMIP, FSGSBASE to OSXSAVE, SMEP
 * to PKE. Not: MCE, five-level paging, VMX, SMX, CET, supervisor keys, user interrupts (which cross
 * domains), and what is yet to come.
 */
#define CR4_GUEST (0x3full | 0x1full << 7 | 7ull << 16 | 7ull << 20)

/*
 * VT-x: what must be on; "wanted" is on where it is offered. All else is off but for what the
 * processor demands.
 */
#define VTX_PIN (1u << 3 | 1u << 5) /* NMI exiting, virtual NMIs */
/* MWAIT, RDPMC, unconditional I/O, MSR bitmaps, MONITOR, secondary controls. */
#define VTX_PRIMARY (1u << 10 | 1u << 11 | 1u << 24 | 1u << 28 | 1u << 29 | 1u << 31)
/* Come and go: for interrupts, for NMIs, the monitor trap flag. */
#define VTX_PRIMARY_WINDOWS (1u << 2 | 1u << 22 | 1u << 27)
#define VTX_SECONDARY       (1u << 1 | 1u << 6 | 1u << 7) /* EPT, WBINVD, unrestricted guest */
/* RDTSCP, VPID, INVPCID, ENCLS, XSAVES, user wait. */
#define VTX_SECONDARY_WANTED (1u << 3 | VTX_VPID | 1u << 12 | 1u << 15 | 1u << 20 | 1u << 26)
#define VTX_VPID             (1u << 5)
/* Saves debug controls, PAT and EFER, loads 64-bit host, PAT and EFER. */
#define VTX_EXIT           (1u << 2 | 1u << 9 | 0xfu << 18)
#define VTX_ENTRY          (1u << 2 | 1u << 14 | 1u << 15) /* loads debug controls, PAT, EFER */
#define VTX_ENTRY_GUEST_64 (1u << 9)                       /* follows the guest's mode */
/* IA32_VMX_EPT_VPID_CAP: INVVPID, and of all contexts; without them there is no VPID. */
#define VTX_INVVPID (1ull << 32 | 1ull << 42)

/* AMD-V, the VMCB's words of 64 bits by offset: 0, writes of CR0 and CR4; their reads may exit. */
#define SVM_AT_0       (0x11ull << 16)
#define SVM_AT_0_READS 0x11ull
/*
 * 8: exceptions; NMI, INIT, RDPMC, CPUID, INVD, INVLPGA, I/O, MSR, task switch, shutdown. IRET and
 * HLT come and go with an NMI that waits.
 */
#define SVM_AT_8         (EXCEPTIONS_TAKEN | 0xbc44800aull << 32)
#define SVM_AT_8_WINDOWS (0x01100000ull << 32)
/*
 * 0x10: VMRUN to SKINIT, WBINVD, MONITOR, both MWAITs, XSETBV, RDPRU; INVLPGB, its illegal forms,
 * MCOMMIT, TLBSYNC.
 */
#define SVM_AT_10 (0x7e7full | 0x1bull << 32)
/* 0x58: the ASID, and behind it what the next entry flushes. */
#define SVM_ASID        1ull
#define SVM_TLB_CONTROL (0xffull << 32)
/* 0x60: virtual NMIs where offered; the task priority and the NMI's state are the guest's. */
#define SVM_VIRTUAL_NMI (1ull << 26)
#define SVM_VIRTUAL_NOW (0xffull | 3ull << 11)
/* 0x90: nested paging, and none of memory encryption, guest-mode execute traps, INVLPGB. */
#define SVM_NESTED 1ull

#endif
