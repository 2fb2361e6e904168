/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual processor that this logical processor runs for ever (I2): what common code may ask
 * of a backend. vmx.c is VT-x, svm.c AMD-V; one of them is linked into a kernel. Exits reach
 * common code decoded (exit.h); register access is inline because it is on the exit path.
 */
#ifndef BULKHEAD_VCPU_H
#define BULKHEAD_VCPU_H

#include "kernel/abi/slice.h"
#include "percpu.h"
#include <stdbool.h>
#include <stdint.h>

enum gpr { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

struct vcpu {
    uint64_t gpr[16];       /* the guest's, in encoding order; RSP lies with the backend */
    volatile uint8_t knock; /* an NMI came: look at the mailbox before entering the guest */
    uint8_t nmi_pending;    /* guest NMIs that wait for their window: one to serve, one latched */
    volatile uint32_t nmis; /* that came to this processor, knocks and others */
};
enum { VCPU_KNOCK = 128, VCPU_NMIS = 132 }; /* offsets of `knock` and `nmis`, for assembly */

extern struct vcpu vcpu;

/* Exceptions, by the manuals' mnemonics. */
enum {
    VECTOR_DB = 1,
    VECTOR_NMI = 2,
    VECTOR_BP = 3,
    VECTOR_OF = 4,
    VECTOR_UD = 6,
    VECTOR_DF = 8,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    VECTOR_AC = 17,
    VECTOR_MC = 18
};

/* Guest state after INIT, before any SIPI (state.c, as the next two). */
void vcpu_reset(void);

/* After vcpu_reset: starts at vector << 12 in real mode. */
void vcpu_set_sipi(uint8_t vector);

/* After vcpu_reset: starts in 64-bit mode as kernel/abi/guest.h says. */
void vcpu_set_entry(const struct handoff_entry *entry);

/*
 * What state.c builds these of. A segment's rights have the layout of a VMCS (Intel SDM, "Guest
 * Register State"). vcpu_clear: no event waits, and all that lies in the control structure and has
 * no function of its own (debug registers, MSR_RESET_STATE) is at its reset value.
 */
enum segment { SEGMENT_CS = 1, SEGMENT_LDTR = 6, SEGMENT_TR }; /* ES CS SS DS FS GS LDTR TR */
enum { SEGMENT_UNUSABLE = 1 << 16 };
void vcpu_clear(void);
void vcpu_set_segment(enum segment segment, uint16_t selector, uint64_t base, uint32_t limit,
                      uint32_t rights);
void vcpu_set_gdt(uint64_t base, uint16_t limit);
void vcpu_set_idt(uint64_t base, uint16_t limit);
/* What hardware holds, and what the guest reads where the two differ. */
void vcpu_set_cr0(uint64_t hardware, uint64_t shadow);
void vcpu_set_cr4(uint64_t hardware, uint64_t shadow);
void vcpu_set_efer(uint64_t value);

/*
 * Where these values of CR0, CR4 and EFER mean PAE paging and the processor holds its four
 * page-directory pointers, loads them from the guest's memory. False: one is bad, #GP, and nothing
 * was changed.
 */
bool vcpu_load_pdptes(uint64_t cr0, uint64_t cr4, uint64_t efer);

/* Runs the guest. Exits are handled on the way; only stopping the domain leaves (life.c). */
_Noreturn void vcpu_enter(void);

/* This processor is done with its guest for now: it takes interrupts and knocks as a host does, and
 * what vcpu_come_back() asked for counts no more. */
void vcpu_leave(void);

/*
 * The guest, which is entered next, exits for life_knocked() once it has run for `ticks` of the
 * TSC, if no knock comes before. False: this processor has no timer that does it.
 */
bool vcpu_come_back(uint64_t ticks);

/* The emulated instruction of `length` bytes is done. */
void vcpu_skip(uint64_t length);

/* Delivers an exception at the next entry, merging with one under delivery as hardware does. */
void vcpu_inject(uint32_t vector, bool has_error_code, uint32_t error_code);

/* Delivers the pending guest NMI now, or asks for an exit when its window opens. */
void vcpu_inject_nmi_when_open(void);

/* Drops what this processor cached of the domain's nested translations. */
void vcpu_flush(void);

struct check_registers;
/* What the hardware says it is using, for the separation check (I12). */
void vcpu_read_back(struct check_registers *registers);

extern uint64_t *vcpu_exits; /* this processor's row of the public page (kernel/abi/public.h) */

#ifdef BACKEND_SVM
#include "arch/x86/svm/vcpu_svm.h"
#else
#include "arch/x86/vtx/vcpu_vmx.h"
#endif

#endif
