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

/* VT-x. */
#define VTX_PIN_NMI            (1u << 3)
#define VTX_PIN_VIRTUAL_NMI    (1u << 5)
#define VTX_PIN_POSTED         (1u << 7)
#define VTX_TERTIARY           (1u << 17)
#define VTX_TPR_SHADOW         (1u << 21)
#define VTX_IO_ALL             (1u << 24)
#define VTX_IO_BITMAPS         (1u << 25)
#define VTX_MSR_BITMAPS        (1u << 28)
#define VTX_SECONDARY          (1u << 31)
#define VTX_VIRTUALIZE_APIC    (1u << 0)
#define VTX_EPT                (1u << 1)
#define VTX_VIRTUALIZE_X2APIC  (1u << 4)
#define VTX_WBINVD             (1u << 6)
#define VTX_UNRESTRICTED       (1u << 7)
#define VTX_APIC_REGISTERS     (1u << 8)
#define VTX_INTERRUPT_DELIVERY (1u << 9)
#define VTX_VM_FUNCTIONS       (1u << 13)
#define VTX_VMCS_SHADOWING     (1u << 14)
#define VTX_PAGE_LOG           (1u << 17)
#define VTX_EXCEPTION_PAGE     (1u << 18) /* EPT-violation #VE */
#define VTX_EXIT_HOST_64       (1u << 9)
#define VTX_EXIT_LOAD_PAT      (1u << 19)
#define VTX_EXIT_LOAD_EFER     (1u << 21)
/* CR4: five-level paging, VMX, SMX, CET, supervisor keys, user interrupts (which cross domains). */
#define VTX_CR4_NEVER (7u << 12 | 7u << 23)

/* AMD-V: intercepts at 0x00c, 0x010, 0x014 and 0x000, nested control, virtual interrupt. */
#define SVM_NMI             (1u << 1)
#define SVM_INIT            (1u << 3)
#define SVM_INVD            (1u << 22)
#define SVM_IO              (1u << 27)
#define SVM_MSR             (1u << 28)
#define SVM_SHUTDOWN        (1u << 31)
#define SVM_VMRUN_TO_SKINIT 0x7fu /* VMRUN, VMMCALL, VMLOAD, VMSAVE, STGI, CLGI, SKINIT */
#define SVM_WBINVD          (1u << 9)
#define SVM_XSETBV          (1u << 13)
#define SVM_INVLPGB         3u /* and its illegal forms */
#define SVM_TLBSYNC         (1u << 4)
#define SVM_WRITE_CR0       (1u << 16)
#define SVM_WRITE_CR4       (1u << 20)
#define SVM_NESTED          (1u << 0)
#define SVM_AVIC            (1u << 31)

#endif
