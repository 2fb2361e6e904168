/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the VMCS and controls that are written once. Intel SDM, "Field Encoding in VMCS", "VMX
 * Capability Reporting Facility". */
#ifndef BULKHEAD_VMCS_SETUP_H
#define BULKHEAD_VMCS_SETUP_H

#define VMCS_VPID                 0x0000
#define VMCS_HOST_ES              0x0c00
#define VMCS_HOST_CS              0x0c02
#define VMCS_HOST_SS              0x0c04
#define VMCS_HOST_DS              0x0c06
#define VMCS_HOST_FS              0x0c08
#define VMCS_HOST_GS              0x0c0a
#define VMCS_HOST_TR              0x0c0c
#define VMCS_XSS_EXITING_BITMAP   0x202c
#define VMCS_ENCLS_EXITING_BITMAP 0x202e
#define VMCS_LINK_POINTER         0x2800
#define VMCS_PF_ERROR_MASK        0x4006
#define VMCS_PF_ERROR_MATCH       0x4008
#define VMCS_CR3_TARGETS          0x400a
#define VMCS_HOST_SYSENTER_CS     0x4c00
#define VMCS_HOST_FS_BASE         0x6c06
#define VMCS_HOST_GS_BASE         0x6c08
#define VMCS_HOST_TR_BASE         0x6c0a
#define VMCS_HOST_GDTR_BASE       0x6c0c
#define VMCS_HOST_IDTR_BASE       0x6c0e
#define VMCS_HOST_SYSENTER_ESP    0x6c10
#define VMCS_HOST_SYSENTER_EIP    0x6c12
#define VMCS_HOST_RSP             0x6c14
#define VMCS_HOST_RIP             0x6c16

/* Pin-based, primary, secondary, exit and entry controls. */
enum {
    PIN_NMI_EXITING = 1 << 3,
    PIN_VIRTUAL_NMIS = 1 << 5,
    PROC_RDPMC_EXITING = 1 << 11,
    PROC_UNCONDITIONAL_IO = 1 << 24,
    PROC_MSR_BITMAPS = 1 << 28,
    PROC_MONITOR_EXITING = 1 << 29,
    PROC_MWAIT_EXITING = 1 << 10,
    PROC2_EPT = 1 << 1,
    PROC2_RDTSCP = 1 << 3,
    PROC2_WBINVD_EXITING = 1 << 6,
    PROC2_UNRESTRICTED = 1 << 7,
    PROC2_INVPCID = 1 << 12,
    PROC2_ENCLS_EXITING = 1 << 15,
    PROC2_XSAVES = 1 << 20,
    PROC2_USER_WAIT = 1 << 26,
    EXIT_SAVE_DEBUG = 1 << 2,
    EXIT_HOST_64 = 1 << 9,
    EXIT_SAVE_PAT = 1 << 18,
    EXIT_LOAD_PAT = 1 << 19,
    EXIT_SAVE_EFER = 1 << 20,
    EXIT_LOAD_EFER = 1 << 21,
    ENTRY_LOAD_DEBUG = 1 << 2,
    ENTRY_LOAD_PAT = 1 << 14,
    ENTRY_LOAD_EFER = 1 << 15,
};
#define PROC_SECONDARY (1u << 31)

#endif
