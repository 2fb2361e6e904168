/* SPDX-License-Identifier: Apache-2.0 */
/* VT-x: exits. Intel SDM, "VM Exits", "Basic VM-Exit Information". The control structure itself is
 * in vmcs.c. */
#include "arch/x86/exit/exception.h"
#include "arch/x86/grant/msr.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/exit.h"
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/mce.h"
#include "arch/x86/include/trap.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "vmcs.h"

PER_CPU struct vcpu vcpu;
PER_CPU uint32_t vmx_behind_sti;

_Static_assert(__builtin_offsetof(struct vcpu, knock) == VCPU_KNOCK, "vcpu.inc");
_Static_assert(__builtin_offsetof(struct vcpu, nmis) == VCPU_NMIS, "vcpu.inc");

_Static_assert((int)VMX_EXIT_REASONS <= (int)PUBLIC_EXIT_KINDS, "public.h");

enum { RFLAGS_TF = 1 << 8, PENDING_DEBUG_BS = 1 << 14, DEBUG_BD = 1 << 13, DR7_GD = 1 << 13 };

void vmx_exit(void);
void vmx_knocked(void);
_Noreturn void vmx_entry_failed(void);

/* EIP wraps, blocking ends with the instruction, and a single step is due behind it. */
static __attribute__((noinline)) void skip_with_care(uint64_t rip, uint64_t state, uint64_t rflags)
{
    if (rip >> 32 == 1 && guest_code_bits() != 64)
        vmcs_write(VMCS_GUEST_RIP, (uint32_t)rip);
    vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
               state & ~(uint64_t)(BLOCKED_BY_STI | BLOCKED_BY_MOV_SS));
    if (rflags & RFLAGS_TF)
        vmcs_write(VMCS_GUEST_PENDING_DEBUG,
                   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
}

void vcpu_skip(uint64_t length)
{
    uint64_t rip = vmcs_read(VMCS_GUEST_RIP) + length;
    uint64_t state = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);
    uint64_t rflags = vmcs_read(VMCS_GUEST_RFLAGS);
    vmcs_write(VMCS_GUEST_RIP, rip);
    if (__builtin_expect(state & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS), 0) ||
        __builtin_expect(rflags & RFLAGS_TF, 0) || __builtin_expect(rip >> 32 == 1, 0))
        skip_with_care(rip, state, rflags);
}

void vcpu_inject(uint32_t vector, bool has_error_code, uint32_t error_code)
{
    uint32_t delivered = (uint32_t)vmcs_read(VMCS_VECTORING_EVENT);
    bool nested = (delivered & (EVENT_VALID | EVENT_TYPE)) == (EVENT_VALID | EVENT_EXCEPTION);
    if (__builtin_expect(nested, 0)) {
        uint32_t merged = exception_merge(delivered & 0xff, vector);
        if (merged == EXCEPTION_SHUTDOWN)
            life_end(END_TRIPLE_FAULT);
        if (merged != vector) { /* #DF */
            has_error_code = true;
            error_code = 0;
        }
        vector = merged;
    }
    uint32_t event = EVENT_VALID | EVENT_EXCEPTION | vector;
    if (has_error_code && vmcs_read(VMCS_GUEST_CR0) & CR0_PE) {
        vmcs_write(VMCS_ENTRY_ERROR_CODE, error_code);
        event |= EVENT_ERROR_CODE;
    }
    vmcs_write(VMCS_ENTRY_EVENT, event);
}

/* Exits when the window opens for an NMI, or behind one instruction; 0: not at all. */
static void set_window(uint64_t window)
{
    uint64_t others = vmcs_read(VMCS_PROC_CONTROLS) &
                      ~(uint64_t)(PROC_NMI_WINDOW | PROC_INTERRUPT_WINDOW | PROC_MONITOR_TRAP);
    vmcs_write(VMCS_PROC_CONTROLS, others | window);
}

void vcpu_inject_nmi_when_open(void)
{
    uint64_t state = vmcs_read(VMCS_GUEST_INTERRUPTIBILITY);
    bool open = !(state & (BLOCKED_BY_NMI | BLOCKED_BY_MOV_SS | BLOCKED_BY_STI)) &&
                !(vmcs_read(VMCS_ENTRY_EVENT) & EVENT_VALID);
    if (open) {
        vmcs_write(VMCS_ENTRY_EVENT, EVENT_VALID | EVENT_NMI | VECTOR_NMI);
        vcpu.nmi_pending--;
    }
    if (state & BLOCKED_BY_NMI) /* while one is served, one is latched */
        vcpu.nmi_pending = 1;
    /* A processor need not hold back an NMI-window exit behind STI, and would exit for ever; CLI
     * may be the instruction there, and so no window for interrupts opens: that one is for
     * processors without the monitor trap flag. */
    set_window(vcpu.nmi_pending == 0             ? 0
               : !open && state & BLOCKED_BY_STI ? vmx_behind_sti
                                                 : PROC_NMI_WINDOW);
}

/*
 * Intel SDM, "VMX-Preemption Timer". Each exit keeps what is left of the time, or for a guest that
 * exits often it would begin anew for ever; that control may be on only with the timer's. What may
 * be 1 the MSRs of all processors say as the TRUE ones do.
 */
bool vcpu_come_back(uint64_t ticks)
{
    if (!(cpu_rdmsr(IA32_VMX_PINBASED_CTLS) >> 32 & PIN_PREEMPTION_TIMER) ||
        !(cpu_rdmsr(IA32_VMX_EXIT_CTLS) >> 32 & EXIT_SAVE_PREEMPTION_TIMER))
        return false;
    vmcs_write(VMCS_PREEMPTION_TIMER, ticks >> (cpu_rdmsr(IA32_VMX_MISC) & 31));
    vmcs_write(VMCS_PIN_CONTROLS, vmcs_granted[VMCS_PIN_BASED] | PIN_PREEMPTION_TIMER);
    vmcs_write(VMCS_EXIT_CONTROLS, vmcs_granted[VMCS_ON_EXIT] | EXIT_SAVE_PREEMPTION_TIMER);
    return true;
}

/* In root mode NMIs are taken at once, and interrupts whenever IF is set. */
void vcpu_leave(void)
{
    vmcs_write(VMCS_PIN_CONTROLS, vmcs_granted[VMCS_PIN_BASED]);
    vmcs_write(VMCS_EXIT_CONTROLS, vmcs_granted[VMCS_ON_EXIT]);
}

/*
 * TRAPS 17: an exit in the middle of delivering an event has taken it from the guest, and one on
 * an IRET has ended NMI blocking too early. Both are put back. True: an interrupt or NMI was, which
 * has been acknowledged and can't come again.
 */
static bool restore_delivery(uint32_t exit_event)
{
    uint32_t event = (uint32_t)vmcs_read(VMCS_VECTORING_EVENT);
    if (!(event & EVENT_VALID)) {
        if (exit_event & EVENT_NMI_UNBLOCKED)
            vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
                       vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | BLOCKED_BY_NMI);
        return false;
    }
    if (event & EVENT_ERROR_CODE)
        vmcs_write(VMCS_ENTRY_ERROR_CODE, vmcs_read(VMCS_VECTORING_ERROR_CODE));
    if ((event & EVENT_TYPE) >= EVENT_SOFTWARE_INTERRUPT)
        vmcs_write(VMCS_ENTRY_LENGTH, vmcs_read(VMCS_EXIT_LENGTH));
    if ((event & EVENT_TYPE) == EVENT_NMI)
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
                   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & ~(uint64_t)BLOCKED_BY_NMI);
    vmcs_write(VMCS_ENTRY_EVENT, event & ~(uint32_t)EVENT_NMI_UNBLOCKED);
    return (event & EVENT_TYPE) == EVENT_INTERRUPT || (event & EVENT_TYPE) == EVENT_NMI;
}

/* A #DB of the guest: hardware has not yet written DR6. INT1 is no single step, whatever waited. */
static void reflect_debug(bool int1)
{
    uint64_t causes = vmcs_read(VMCS_EXIT_QUALIFICATION) & ~(int1 ? (uint64_t)PENDING_DEBUG_BS : 0);
    cpu_write_dr6((cpu_read_dr6() & ~15ull) | causes);
    if (causes & DEBUG_BD) /* hardware's delivery lets the handler at the debug registers */
        vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~(uint64_t)DR7_GD);
    /* VM entry demands it of a single step behind MOV SS or STI ("Checks on Guest Non-Register
     * State"). */
    if (vmcs_read(VMCS_GUEST_RFLAGS) & RFLAGS_TF &&
        vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & (BLOCKED_BY_STI | BLOCKED_BY_MOV_SS))
        vmcs_write(VMCS_GUEST_PENDING_DEBUG,
                   vmcs_read(VMCS_GUEST_PENDING_DEBUG) | PENDING_DEBUG_BS);
    vcpu_inject(VECTOR_DB, false, 0);
}

/* This and the other large ones stay apart, or every exit would pay for their registers. */
static __attribute__((noinline)) void exit_exception(void)
{
    uint32_t event = (uint32_t)vmcs_read(VMCS_EXIT_EVENT);
    if ((event & EVENT_TYPE) == EVENT_NMI) {
        vcpu.nmis++;
        cpu_unblock_nmi();
        restore_delivery(event);
        vcpu.knock = 1; /* taken by the test before entry */
        return;
    }
    uint32_t vector = event & 0xff;
    if (vector == VECTOR_MC) {
        mce_handle();
        restore_delivery(event);
        return;
    }
    /* #AC and #DB are benign: one that interrupts an exception's delivery takes its place. */
    if (restore_delivery(event))
        return;
    bool int1 = (event & EVENT_TYPE) == EVENT_PRIVILEGED_TRAP;
    if (int1) { /* a trap behind it */
        uint64_t rip = vmcs_read(VMCS_GUEST_RIP) + vmcs_read(VMCS_EXIT_LENGTH);
        vmcs_write(VMCS_GUEST_RIP, rip);
        skip_with_care(rip, vmcs_read(VMCS_GUEST_INTERRUPTIBILITY), 0);
    }
    if (vector == VECTOR_DB)
        reflect_debug(int1);
    else
        vcpu_inject(vector, event & EVENT_ERROR_CODE, (uint32_t)vmcs_read(VMCS_EXIT_ERROR_CODE));
}

/* IDT, stack or task state in memory that nothing backs: the delivery can't be completed. */
static void fault_in_delivery(uint32_t event)
{
    if ((event & EVENT_TYPE) == EVENT_NMI)
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
                   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) & ~(uint64_t)BLOCKED_BY_NMI);
    vcpu_inject(VECTOR_DF, true, 0);
}

static __attribute__((noinline)) void exit_ept_violation(void)
{
    enum { WRITE = 2, FETCH = 4, TRANSLATED = 1 << 8, NMI_UNBLOCKED = 1 << 12 };
    uint64_t cause = vmcs_read(VMCS_EXIT_QUALIFICATION);
    uint32_t event = (uint32_t)vmcs_read(VMCS_VECTORING_EVENT);
    if (event & EVENT_VALID) {
        fault_in_delivery(event);
        return;
    }
    if (cause & NMI_UNBLOCKED)
        vmcs_write(VMCS_GUEST_INTERRUPTIBILITY,
                   vmcs_read(VMCS_GUEST_INTERRUPTIBILITY) | BLOCKED_BY_NMI);
    struct exit_memory access = {.gpa = vmcs_read(VMCS_GUEST_PHYSICAL),
                                 .linear = vmcs_read(VMCS_GUEST_LINEAR),
                                 .write = cause & WRITE,
                                 .fetch = cause & FETCH,
                                 .walk = !(cause & TRANSLATED)};
    exit_memory(&access);
}

static __attribute__((noinline)) void exit_cr_access(uint64_t length)
{
    uint64_t cause = vmcs_read(VMCS_EXIT_QUALIFICATION);
    unsigned number = cause & 15, type = cause >> 4 & 3;
    uint64_t value;
    if (type == 0) { /* MOV to CR */
        value = exit_gpr(cause >> 8 & 15);
        if (!(vcpu_cs_rights() & 1 << 13) || !(vcpu_efer() & 1 << 10))
            value &= 0xffffffff;
    } else if (type == 2) { /* CLTS */
        value = vcpu_cr0() & ~8ull;
    } else { /* LMSW: sets PE, MP, EM, TS; never clears PE */
        value = (vcpu_cr0() & ~14ull) | (cause >> 16 & 15);
    }
    if (number == 0)
        exit_write_cr0(value, length);
    else if (number == 4)
        exit_write_cr4(value, length);
    else
        life_end(END_UNEXPECTED_EXIT);
}

static void exit_port(uint64_t length)
{
    uint64_t cause = vmcs_read(VMCS_EXIT_QUALIFICATION);
    exit_io((uint16_t)(cause >> 16), (unsigned)(cause & 7) + 1, cause & 8, cause & 16, length);
}

/* A failed entry, or a reason newer than this code. An entry that a machine check broke off has
 * changed nothing, its event included: it is tried again if that was no reason to end. */
static void exit_odd(uint32_t reason)
{
    if ((uint16_t)reason == VMX_EXIT_MACHINE_CHECK_ENTRY) {
        mce_handle();
        return;
    }
    life_end(reason & VMX_ENTRY_FAILURE ? END_BAD_STATE : END_UNEXPECTED_EXIT);
}

void vmx_exit(void)
{
    uint32_t reason = (uint32_t)vmcs_read(VMCS_EXIT_REASON);
    uint64_t length = vmcs_read(VMCS_EXIT_LENGTH);
    if (__builtin_expect(reason >= VMX_EXIT_REASONS, 0)) {
        exit_odd(reason);
        return;
    }
    vcpu_exits[reason]++;
    switch ((enum vmx_exit_reason)reason) {
    case VMX_EXIT_CPUID:
        exit_cpuid(length);
        return;
    case VMX_EXIT_IO:
        exit_port(length);
        return;
    case VMX_EXIT_WRMSR:
        exit_wrmsr(length);
        return;
    case VMX_EXIT_RDMSR:
        exit_rdmsr(length);
        return;
    case VMX_EXIT_EPT_VIOLATION:
        exit_ept_violation();
        return;
    case VMX_EXIT_EXCEPTION_NMI:
        exit_exception();
        return;
    case VMX_EXIT_CR_ACCESS:
        exit_cr_access(length);
        return;
    case VMX_EXIT_INTERRUPT_WINDOW:
    case VMX_EXIT_NMI_WINDOW:
    case VMX_EXIT_MONITOR_TRAP:
        vcpu_inject_nmi_when_open();
        return;
    case VMX_EXIT_PREEMPTION_TIMER:
        vcpu.knock = 1; /* vmx_knocked() switches it off */
        return;
    case VMX_EXIT_XSETBV:
        exit_xsetbv(length);
        return;
    case VMX_EXIT_VMCALL:
        if (exit_may_call())
            exit_call(length);
        else
            vcpu_inject(VECTOR_UD, false, 0);
        return;
    case VMX_EXIT_INVD:
    case VMX_EXIT_WBINVD:
        vcpu_skip(length); /* DMA is snooped, so caches need no flush (TRAPS 22) */
        return;
    case VMX_EXIT_RDPMC:
    case VMX_EXIT_TASK_SWITCH:
        vcpu_inject(VECTOR_GP, true, 0);
        return;
    case VMX_EXIT_TRIPLE_FAULT:
        life_end(END_TRIPLE_FAULT);
    case VMX_EXIT_INIT:
        panic("I9: INIT from outside of the hypervisor, which sends none"); /* can't be masked */
    case VMX_EXIT_GETSEC:
    case VMX_EXIT_MWAIT:
    case VMX_EXIT_MONITOR:
    case VMX_EXIT_INVEPT:
    case VMX_EXIT_INVVPID:
    case VMX_EXIT_ENCLS:
    case VMX_EXIT_VMCLEAR ... VMX_EXIT_VMXON: /* a machine without VMX */
    case VMX_EXIT_UMWAIT ... VMX_EXIT_TPAUSE:
    case VMX_EXIT_SEAMCALL ... VMX_EXIT_TDCALL:
    case VMX_EXIT_RDMSR_IMMEDIATE ... VMX_EXIT_WRMSR_IMMEDIATE: /* CPUID hides these two */
        vcpu_inject(VECTOR_UD, false, 0);
        return;
    default:
        life_end(END_UNEXPECTED_EXIT);
    }
}

void vmx_knocked(void)
{
    vcpu_leave();
    vcpu.knock = 0;
    life_knocked();
    if (vcpu.nmi_pending)
        vcpu_inject_nmi_when_open();
}

_Noreturn void vmx_entry_failed(void)
{
    for (uint32_t reason = 0; reason < VMX_EXIT_REASONS; reason++)
        if (vcpu_exits[reason] != 0) /* it has run: something that the guest brought about */
            life_end(END_BAD_STATE);
    panic("I9: the processor refuses its own control structure: VM-instruction error %lu",
          vmcs_read(VMCS_INSTRUCTION_ERROR));
}
