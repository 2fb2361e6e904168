/* SPDX-License-Identifier: Apache-2.0 */
/* AMD-V: exits. AMD APM, "SVM Intercepts", "Event Injection". The control block itself is in
 * vmcb.c. */
#include "arch/x86/exit/decode.h"
#include "arch/x86/exit/exception.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/exit.h"
#include "arch/x86/include/guest_memory.h"
#include "arch/x86/include/machine.h"
#include "arch/x86/include/mce.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"

enum {
    RFLAGS_TF = 1 << 8,
    RFLAGS_IF = 1 << 9,
    DR6_BREAKPOINTS = 15,
    DR6_BS = 1 << 14,
    DR7_GD = 1 << 13,
    LMSW_BITS = CR0_PE | CR0_MP | CR0_EM | CR0_TS,
};
/* Exceptions that have an error code: #DF, #TS to #PF, #AC, #CP, #VC, #SX. */
#define HAS_ERROR_CODE (1u << 8 | 0x1fu << 10 | 1u << 17 | 1u << 21 | 3u << 29)

PER_CPU struct vcpu vcpu;

_Static_assert(__builtin_offsetof(struct vcpu, knock) == VCPU_KNOCK, "vcpu.inc");
_Static_assert(__builtin_offsetof(struct vcpu, nmis) == VCPU_NMIS, "vcpu.inc");
_Static_assert((int)PUBLIC_EXIT_SVM_MEMORY == (int)SVM_EXIT_KINDS, "public.h");

void svm_exit(void);
void svm_knocked(void);

void svm_intercept(enum svm_intercept what, bool on)
{
    uint32_t bit = 1u << what % 32, *word = &vmcb.intercepts[what / 32];
    *word = on ? *word | bit : *word & ~bit;
}

void vcpu_inject(uint32_t vector, bool has_error_code, uint32_t error_code)
{
    uint64_t delivered = vmcb.exit_event;
    bool nested = (delivered & (EVENT_VALID | EVENT_TYPE)) == (EVENT_VALID | EVENT_EXCEPTION);
    if (__builtin_expect(nested, 0)) {
        uint32_t merged = exception_merge((uint32_t)(delivered & EVENT_VECTOR), vector);
        if (merged == EXCEPTION_SHUTDOWN)
            life_end(END_TRIPLE_FAULT);
        if (merged != vector) { /* #DF */
            has_error_code = true;
            error_code = 0;
        }
        vector = merged;
    }
    vmcb.event = EVENT_VALID | EVENT_EXCEPTION | vector;
    if (has_error_code && vmcb.cr0 & CR0_PE)
        vmcb.event |= EVENT_ERROR_CODE | (uint64_t)error_code << 32;
}

/* Lets one instruction run, then exits by #DB; HLT exits before it rests. */
static void step(enum nmi_window why)
{
    svm.behind = why == NMI_STEP_STATUS ? svm.window : (uint8_t)NMI_OPEN;
    svm.window = (uint8_t)why;
    svm.flags = vmcb.rflags;
    vmcb.rflags |= RFLAGS_TF;
    vmcb.exceptions = SVM_STEPPING;
    svm_intercept(SVM_INTERCEPT_HLT, true);
}

void svm_end_step(uint8_t window)
{
    svm.window = window;
    vmcb.exceptions = SVM_EXCEPTIONS;
    svm_intercept(SVM_INTERCEPT_HLT, false);
    svm_intercept(SVM_INTERCEPT_IRET, window == NMI_BLOCKED);
}

/*
 * SMSW and LMSW with memory run on the hardware, which finds their operand, with the low half of
 * CR0 as the guest sees it and no interrupt that could come before them. What is neither is
 * refused.
 */
static void step_status(const struct instruction *in)
{
    if (!in->in_memory) {
        vcpu_inject(VECTOR_GP, true, 0);
        return;
    }
    step(NMI_STEP_STATUS);
    vmcb.rflags &= ~(uint64_t)RFLAGS_IF;
    vmcb.cr0 = (vmcb.cr0 & ~(uint64_t)CR0_NE) | (svm.cr0 & CR0_NE);
    vmcb.cr_reads &= (uint16_t)~1u;
    vmcb.cr_writes &= (uint16_t)~1u;
}

void vcpu_inject_nmi_when_open(void)
{
    if (svm.features & SVM_FEATURE_VIRTUAL_NMI) {
        if (vcpu.nmi_pending > 1 && !(vmcb.virtual_interrupt & VIRTUAL_NMI_BLOCKED) &&
            !(vmcb.event & EVENT_VALID) && !(vmcb.interrupt_shadow & INTERRUPT_SHADOW))
            vmcb.event = EVENT_VALID | EVENT_NMI | VECTOR_NMI;
        vmcb.virtual_interrupt |= VIRTUAL_NMI_PENDING;
        vcpu.nmi_pending = 0;
        return;
    }
    if (svm.window == NMI_BLOCKED)
        vcpu.nmi_pending = 1; /* while one is served, one is latched */
    if (svm.window != NMI_OPEN)
        return; /* its end exits */
    if (vmcb.event & EVENT_VALID) {
        machine_knock(cpu.apic_id); /* exits again as soon as that event is delivered */
    } else if (vmcb.interrupt_shadow & INTERRUPT_SHADOW) {
        step(NMI_STEP_SHADOW);
    } else {
        vmcb.event = EVENT_VALID | EVENT_NMI | VECTOR_NMI;
        vcpu.nmi_pending--;
        svm_end_step(NMI_BLOCKED);
    }
}

/* A #DB with its cause in DR6. */
static void inject_debug(void)
{
    vmcb.dr7 &= ~(uint64_t)DR7_GD; /* as hardware does on the way to the handler */
    vcpu_inject(VECTOR_DB, false, 0);
}

void vcpu_skip(uint64_t length)
{
    uint64_t rip = vmcb.rip + length;
    if (__builtin_expect((rip ^ vmcb.rip) >> 32 != 0, 0) && guest_code_bits() != 64)
        rip = (uint32_t)rip;
    vmcb.rip = rip;
    vmcb.interrupt_shadow = 0;
    if (__builtin_expect(vmcb.rflags & RFLAGS_TF, 0)) {
        vmcb.dr6 |= DR6_BS;
        inject_debug();
    }
}

/* The instruction that exited; false if it is not there, or in a form that is not supported. */
static __attribute__((noinline)) bool decode(enum exiting_instruction expected,
                                             struct instruction *out)
{
    uint8_t bytes[GUEST_FETCH_BYTES];
    unsigned available = guest_fetch(bytes);
    return decode_instruction(bytes, available, guest_code_bits(), expected, out);
}

/*
 * Its length; 0, with #GP for the guest, where it is not to be found. `plain` is how it mostly
 * stands there, two bytes without a prefix; 0: nobody hurries.
 */
static inline uint64_t length_of(enum exiting_instruction expected, uint16_t plain)
{
    struct instruction instruction;
    if (svm.features & SVM_FEATURE_NEXT_RIP)
        return vmcb.next_rip - vmcb.rip;
    if (plain) {
        const uint8_t *bytes = guest_code();
        if (bytes && *(const uint16_t *)bytes == plain)
            return sizeof(plain);
    }
    if (decode(expected, &instruction))
        return instruction.length;
    vcpu_inject(VECTOR_GP, true, 0);
    return 0;
}

static inline void emulate(enum exiting_instruction which, uint16_t plain,
                           void (*handler)(uint64_t length))
{
    uint64_t length = length_of(which, plain);
    if (length)
        handler(length);
}

/* INVD and WBINVD: DMA is snooped, so caches need no flush (TRAPS 22). QEMU exits at any level. */
static void exit_cache_flush(enum exiting_instruction which)
{
    if (vcpu_cpl() == 0)
        emulate(which, 0, vcpu_skip);
    else
        vcpu_inject(VECTOR_GP, true, 0);
}

/*
 * TRAPS 17: an exit in the middle of delivering an event has taken it from the guest. A software
 * interrupt needs nothing: RIP is still at its instruction. An exception of the guest's own takes
 * the event's place, unless that is one that can't come again. True: it is.
 */
static bool put_back(uint64_t event)
{
    if (!(event & EVENT_VALID))
        return false;
    uint32_t type = event & EVENT_TYPE, vector = event & EVENT_VECTOR;
    if (type == EVENT_SOFTWARE_INTERRUPT ||
        (type == EVENT_EXCEPTION && (vector == VECTOR_BP || vector == VECTOR_OF)))
        return false;
    if (type == EVENT_EXCEPTION && vector >= 32) /* the emulator's word for an interrupt */
        event &= ~(uint64_t)EVENT_TYPE;
    vmcb.event = event;
    return (event & EVENT_TYPE) != EVENT_EXCEPTION;
}

static void exit_exception(uint32_t vector)
{
    bool keeps = put_back(vmcb.exit_event);
    if (vector == VECTOR_MC)
        mce_handle();
    else if (keeps)
        return; /* an interrupt or NMI, acknowledged: its delivery finds the exception again */
    else if (vector == VECTOR_DB)
        inject_debug();
    else {
        if (vector == VECTOR_PF)
            vmcb.cr2 = vmcb.exit_info[1];
        vcpu_inject(vector, HAS_ERROR_CODE >> vector & 1, (uint32_t)vmcb.exit_info[0]);
    }
}

/*
 * Every exit ends a step first: no handler, no frame of the guest's, and no separation check then
 * meets what is the step's alone. True: nothing is left to do, as after the step's own trap.
 */
static __attribute__((noinline)) bool ends_step(uint64_t code)
{
    enum nmi_window why = svm.window;
    bool trap = code == SVM_EXIT_EXCEPTION + VECTOR_DB && vmcb.dr6 & DR6_BS;
    uint64_t vector = code - SVM_EXIT_EXCEPTION;
    svm_end_step(why == NMI_STEP_IRET && vector >= 32 ? NMI_BLOCKED
                                                      : svm.behind); /* IRET is still due */
    if (why != NMI_STEP_IRET || !trap) /* its flags are the guest's already */
        vmcb.rflags = (vmcb.rflags & ~(uint64_t)RFLAGS_TF) | (svm.flags & RFLAGS_TF);
    if (why == NMI_STEP_STATUS) {
        uint64_t shadow = (svm.cr0 & ~(uint64_t)LMSW_BITS) | (vmcb.cr0 & LMSW_BITS);
        vmcb.rflags = svm.flags;
        vmcb.cr_writes |= 1;
        vcpu_set_cr0(cr0_hardware(shadow), shadow);
    }
    if (vcpu.nmi_pending)
        vcpu.knock = 1; /* looks for its window again */
    if (vector < 32 && !(SVM_EXCEPTIONS >> vector & 1)) {
        exit_exception((uint32_t)vector);
        return true;
    }
    if (!trap || svm.flags & RFLAGS_TF)
        return false;
    vmcb.dr6 &= ~(uint64_t)DR6_BS;
    return !(vmcb.dr6 & DR6_BREAKPOINTS);
}

static void exit_nested_fault(void)
{
    uint64_t cause = vmcb.exit_info[0], event = vmcb.exit_event;
    if (event & EVENT_VALID) { /* IDT, stack or task state in memory that nothing backs */
        vcpu_inject(VECTOR_DF, true, 0);
        return;
    }
    struct exit_memory access = {.gpa = vmcb.exit_info[1],
                                 .write = cause & NESTED_FAULT_WRITE,
                                 .fetch = cause & NESTED_FAULT_FETCH,
                                 .walk = cause & NESTED_FAULT_WALK};
    if (access.fetch) /* of a data access hardware does not tell the linear address */
        access.linear = vcpu_cs_base() + vmcb.rip;
    exit_memory(&access);
}

/*
 * Only while the guest's view differs from the hardware's. The instruction says which register it
 * is: QEMU, at least to 10.0, exits for CR0 whichever is read.
 */
static void exit_read_cr(void)
{
    struct instruction in = {0};
    uint64_t value;
    if (decode(INSTRUCTION_MOV_FROM_CR, &in)) {
        value = in.modrm_reg == 0   ? vcpu_cr0()
                : in.modrm_reg == 2 ? vmcb.cr2
                : in.modrm_reg == 3 ? vmcb.cr3
                : in.modrm_reg == 4 ? vcpu_cr4()
                                    : cpu_read_cr8();
    } else if (decode(INSTRUCTION_SMSW, &in) && !in.in_memory) {
        value = vcpu_cr0();
        if (in.operand_bytes == 2)
            value = (exit_gpr(in.modrm_rm) & ~0xffffull) | (value & 0xffff);
    } else {
        step_status(&in);
        return;
    }
    if (in.modrm_rm == RSP)
        vcpu_set_rsp(value);
    else
        vcpu.gpr[in.modrm_rm] = value;
    vcpu_skip(in.length);
}

static void exit_write_cr(unsigned number)
{
    struct instruction in = {0};
    uint64_t value;
    if (decode(INSTRUCTION_MOV_TO_CR, &in)) {
        value = exit_gpr(in.modrm_rm);
        if (guest_code_bits() != 64)
            value &= 0xffffffff;
    } else if (number == 0 && decode(INSTRUCTION_CLTS, &in)) {
        value = vcpu_cr0() & ~CR0_TS;
    } else if (number == 0 && decode(INSTRUCTION_LMSW, &in) &&
               !in.in_memory) { /* never clears PE */
        value = (vcpu_cr0() & ~(LMSW_BITS & ~CR0_PE)) | (exit_gpr(in.modrm_rm) & LMSW_BITS);
    } else {
        step_status(&in);
        return;
    }
    if (number == 0)
        exit_write_cr0(value, in.length);
    else
        exit_write_cr4(value, in.length);
}

static void exit_port(void)
{
    uint64_t cause = vmcb.exit_info[0];
    exit_io((uint16_t)(cause >> IO_PORT_SHIFT), (unsigned)cause >> IO_BYTES_SHIFT & 7,
            cause & IO_IN, cause & IO_STRING, vmcb.exit_info[1] - vmcb.rip);
}

static void count(uint64_t code)
{
    vcpu_exits[code < SVM_EXIT_KINDS           ? code
               : code == SVM_EXIT_NESTED_FAULT ? (uint64_t)PUBLIC_EXIT_SVM_MEMORY
                                               : (uint64_t)PUBLIC_EXIT_SVM_OTHER]++;
}

void svm_exit(void)
{
    uint64_t code = vmcb.exit_code;
    vmcb.tlb_control = TLB_KEEP;
    count(code);
    if (__builtin_expect(svm.window >= NMI_STEP_IRET, 0) && ends_step(code))
        return;
    switch (code) {
    case SVM_EXIT_CPUID:
        emulate(INSTRUCTION_CPUID, 0xa20f, exit_cpuid);
        return;
    case SVM_EXIT_IO:
        exit_port();
        return;
    case SVM_EXIT_MSR:
        if (vmcb.exit_info[0]) {
            vcpu_exits[SVM_EXIT_MSR]--;
            vcpu_exits[PUBLIC_EXIT_SVM_WRMSR]++;
            emulate(INSTRUCTION_WRMSR, 0x300f, exit_wrmsr);
        } else {
            emulate(INSTRUCTION_RDMSR, 0x320f, exit_rdmsr);
        }
        return;
    case SVM_EXIT_NESTED_FAULT:
        exit_nested_fault();
        return;
    case SVM_EXIT_NMI: /* pending until the knock is taken before the next entry */
        put_back(vmcb.exit_event);
        vcpu.knock = 1;
        return;
    case SVM_EXIT_WRITE_CR0:
        exit_write_cr(0);
        return;
    case SVM_EXIT_WRITE_CR4:
        exit_write_cr(4);
        return;
    case SVM_EXIT_READ_CR0:
    case SVM_EXIT_READ_CR4:
        exit_read_cr();
        return;
    case SVM_EXIT_EXCEPTION + VECTOR_DB:
    case SVM_EXIT_EXCEPTION + VECTOR_AC:
    case SVM_EXIT_EXCEPTION + VECTOR_MC:
        exit_exception((uint32_t)code - SVM_EXIT_EXCEPTION);
        return;
    case SVM_EXIT_IRET: /* a guest's NMI handler returns: its IRET runs, then the next may come */
        svm_intercept(SVM_INTERCEPT_IRET, false);
        step(NMI_STEP_IRET);
        return;
    case SVM_EXIT_HLT: /* while stepped: an NMI waits, so there is no rest */
        emulate(INSTRUCTION_HLT, 0, vcpu_skip);
        return;
    case SVM_EXIT_XSETBV:
        emulate(INSTRUCTION_XSETBV, 0, exit_xsetbv);
        return;
    case SVM_EXIT_VMMCALL:
        if (exit_may_call())
            emulate(INSTRUCTION_VMMCALL, 0, exit_call);
        else
            vcpu_inject(VECTOR_UD, false, 0);
        return;
    case SVM_EXIT_INVD:
        exit_cache_flush(INSTRUCTION_INVD);
        return;
    case SVM_EXIT_WBINVD:
        exit_cache_flush(INSTRUCTION_WBINVD);
        return;
    case SVM_EXIT_RDPMC:
    case SVM_EXIT_TASK_SWITCH:
        vcpu_inject(VECTOR_GP, true, 0);
        return;
    case SVM_EXIT_SHUTDOWN:
        life_end(END_TRIPLE_FAULT);
    case SVM_EXIT_INIT:
        panic("I9: INIT from outside of the hypervisor, which sends none");
    case SVM_EXIT_INVLPGA:
    case SVM_EXIT_VMRUN:
    case SVM_EXIT_VMLOAD ... SVM_EXIT_SKINIT:
    case SVM_EXIT_MONITOR ... SVM_EXIT_MWAIT_ARMED:
    case SVM_EXIT_RDPRU:
    case SVM_EXIT_INVLPGB ... SVM_EXIT_TLBSYNC:
        vcpu_inject(VECTOR_UD, false, 0);
        return;
    default:
        life_end((int32_t)code == -1 ? END_BAD_STATE : END_UNEXPECTED_EXIT);
    }
}

void svm_knocked(void)
{
    if (svm.window >= NMI_STEP_IRET) /* it exits again, and is stepped then */
        ends_step(SVM_EXIT_NMI);
    vcpu_leave(); /* takes the NMI */
    vcpu.knock = 0;
    life_knocked();
    __asm__ volatile("clgi" ::: "memory");
    if (vcpu.nmi_pending)
        vcpu_inject_nmi_when_open();
}
