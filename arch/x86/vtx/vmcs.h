/* SPDX-License-Identifier: Apache-2.0 */
/* VMCS fields and VMX register layouts; what only start-up writes stands in ../start/vmcs_setup.h.
 * Intel SDM, "Field Encoding in VMCS", "VMX Capability Reporting Facility". */
#ifndef BULKHEAD_VMCS_H
#define BULKHEAD_VMCS_H

#include <stdbool.h>
#include <stdint.h>

enum vmcs_field {
    VMCS_GUEST_ES = 0x0800, /* selectors: ES CS SS DS FS GS LDTR TR, two apart */
    VMCS_MSR_BITMAP = 0x2004,
    VMCS_EPTP = 0x201a,
    VMCS_GUEST_PHYSICAL = 0x2400,
    VMCS_GUEST_DEBUGCTL = 0x2802,
    VMCS_GUEST_PAT = 0x2804,
    VMCS_GUEST_EFER = 0x2806,
    VMCS_GUEST_PDPTE0 = 0x280a, /* four, two apart */
    VMCS_HOST_PAT = 0x2c00,
    VMCS_HOST_EFER = 0x2c02,
    VMCS_PIN_CONTROLS = 0x4000,
    VMCS_PROC_CONTROLS = 0x4002,
    VMCS_EXCEPTION_BITMAP = 0x4004,
    VMCS_EXIT_CONTROLS = 0x400c,
    VMCS_EXIT_MSR_STORES = 0x400e,
    VMCS_EXIT_MSR_LOADS = 0x4010,
    VMCS_ENTRY_CONTROLS = 0x4012,
    VMCS_ENTRY_MSR_LOADS = 0x4014,
    VMCS_ENTRY_EVENT = 0x4016,
    VMCS_ENTRY_ERROR_CODE = 0x4018,
    VMCS_ENTRY_LENGTH = 0x401a,
    VMCS_PROC2_CONTROLS = 0x401e,
    VMCS_INSTRUCTION_ERROR = 0x4400,
    VMCS_EXIT_REASON = 0x4402,
    VMCS_EXIT_EVENT = 0x4404,
    VMCS_EXIT_ERROR_CODE = 0x4406,
    VMCS_VECTORING_EVENT = 0x4408,
    VMCS_VECTORING_ERROR_CODE = 0x440a,
    VMCS_EXIT_LENGTH = 0x440c,
    VMCS_GUEST_ES_LIMIT = 0x4800, /* ES CS SS DS FS GS LDTR TR, then GDTR, IDTR */
    VMCS_GUEST_GDTR_LIMIT = 0x4810,
    VMCS_GUEST_IDTR_LIMIT = 0x4812,
    VMCS_GUEST_ES_RIGHTS = 0x4814,
    VMCS_GUEST_CS_RIGHTS = 0x4816,
    VMCS_GUEST_SS_RIGHTS = 0x4818,
    VMCS_GUEST_INTERRUPTIBILITY = 0x4824,
    VMCS_GUEST_ACTIVITY = 0x4826,
    VMCS_GUEST_SYSENTER_CS = 0x482a,
    VMCS_PREEMPTION_TIMER = 0x482e,
    VMCS_CR0_MASK = 0x6000,
    VMCS_CR4_MASK = 0x6002,
    VMCS_CR0_SHADOW = 0x6004,
    VMCS_CR4_SHADOW = 0x6006,
    VMCS_EXIT_QUALIFICATION = 0x6400,
    VMCS_GUEST_LINEAR = 0x640a,
    VMCS_GUEST_CR0 = 0x6800,
    VMCS_GUEST_CR3 = 0x6802,
    VMCS_GUEST_CR4 = 0x6804,
    VMCS_GUEST_ES_BASE = 0x6806, /* ES CS SS DS FS GS LDTR TR, then GDTR, IDTR */
    VMCS_GUEST_CS_BASE = 0x6808,
    VMCS_GUEST_GDTR_BASE = 0x6816,
    VMCS_GUEST_IDTR_BASE = 0x6818,
    VMCS_GUEST_DR7 = 0x681a,
    VMCS_GUEST_RSP = 0x681c,
    VMCS_GUEST_RIP = 0x681e,
    VMCS_GUEST_RFLAGS = 0x6820,
    VMCS_GUEST_PENDING_DEBUG = 0x6822,
    VMCS_GUEST_SYSENTER_ESP = 0x6824,
    VMCS_GUEST_SYSENTER_EIP = 0x6826,
    VMCS_HOST_CR0 = 0x6c00,
    VMCS_HOST_CR3 = 0x6c02,
    VMCS_HOST_CR4 = 0x6c04,
};

/* Pin-based, primary, secondary, exit and entry controls. */
enum {
    PIN_PREEMPTION_TIMER = 1 << 6,
    PROC_INTERRUPT_WINDOW = 1 << 2,
    PROC_NMI_WINDOW = 1 << 22,
    PROC_MONITOR_TRAP = 1 << 27,
    PROC2_VPID = 1 << 5,
    EXIT_SAVE_PREEMPTION_TIMER = 1 << 22,
    ENTRY_GUEST_64 = 1 << 9,
};

/* Basic exit reasons. */
enum vmx_exit_reason {
    VMX_EXIT_EXCEPTION_NMI = 0,
    VMX_EXIT_TRIPLE_FAULT = 2,
    VMX_EXIT_INIT = 3,
    VMX_EXIT_INTERRUPT_WINDOW = 7,
    VMX_EXIT_NMI_WINDOW = 8,
    VMX_EXIT_TASK_SWITCH = 9,
    VMX_EXIT_CPUID = 10,
    VMX_EXIT_GETSEC = 11,
    VMX_EXIT_INVD = 13,
    VMX_EXIT_RDPMC = 15,
    VMX_EXIT_VMCALL = 18,
    VMX_EXIT_VMCLEAR = 19,
    VMX_EXIT_VMXON = 27,
    VMX_EXIT_CR_ACCESS = 28,
    VMX_EXIT_IO = 30,
    VMX_EXIT_RDMSR = 31,
    VMX_EXIT_WRMSR = 32,
    VMX_EXIT_MWAIT = 36,
    VMX_EXIT_MONITOR_TRAP = 37,
    VMX_EXIT_MONITOR = 39,
    VMX_EXIT_MACHINE_CHECK_ENTRY = 41,
    VMX_EXIT_EPT_VIOLATION = 48,
    VMX_EXIT_INVEPT = 50,
    VMX_EXIT_PREEMPTION_TIMER = 52,
    VMX_EXIT_INVVPID = 53,
    VMX_EXIT_WBINVD = 54,
    VMX_EXIT_XSETBV = 55,
    VMX_EXIT_ENCLS = 60,
    VMX_EXIT_UMWAIT = 67,
    VMX_EXIT_TPAUSE = 68,
    VMX_EXIT_SEAMCALL = 76,
    VMX_EXIT_TDCALL = 77,
    VMX_EXIT_RDMSR_IMMEDIATE = 84,
    VMX_EXIT_WRMSR_IMMEDIATE = 85,
    VMX_EXIT_REASONS = 86,
};

/* Interruption-information fields. */
enum {
    EVENT_INTERRUPT = 0u << 8,
    EVENT_NMI = 2u << 8,
    EVENT_EXCEPTION = 3u << 8,
    EVENT_SOFTWARE_INTERRUPT = 4u << 8,
    EVENT_PRIVILEGED_TRAP = 5u << 8, /* INT1 */
    EVENT_TYPE = 7u << 8,
    EVENT_ERROR_CODE = 1u << 11,
    EVENT_NMI_UNBLOCKED = 1u << 12, /* exit information: IRET had unblocked NMIs */
};
#define EVENT_VALID       (1u << 31)
#define VMX_ENTRY_FAILURE (1u << 31) /* of the exit reason */

/* Interruptibility state. */
enum { BLOCKED_BY_STI = 1, BLOCKED_BY_MOV_SS = 2, BLOCKED_BY_NMI = 8 };

static inline uint64_t vmcs_read(enum vmcs_field field)
{
    uint64_t value;
    __asm__ volatile("vmread %1, %0" : "=rm"(value) : "r"((uint64_t)field) : "cc");
    return value;
}

static inline void vmcs_write(enum vmcs_field field, uint64_t value)
{
    __asm__ volatile("vmwrite %0, %1" ::"rm"(value), "r"((uint64_t)field) : "cc", "memory");
}

/* What start/vtx.c fills and vmcs.c keeps: the words of control that were granted, by place. */
enum { VMCS_PIN_BASED, VMCS_PROCESSOR_BASED, VMCS_SECONDARY, VMCS_ON_EXIT, VMCS_CONTROLS = 5 };
extern uint32_t vmcs_granted[VMCS_CONTROLS];
extern uint8_t vmxon_region[], vmcs_region[], vmcs_msr_bitmap[];

#endif
