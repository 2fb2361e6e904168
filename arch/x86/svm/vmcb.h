/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual machine control block and its codes. AMD APM, "VMCB Layout", "SVM Intercept Codes".
 */
#ifndef BULKHEAD_VMCB_H
#define BULKHEAD_VMCB_H

#include <stddef.h>
#include <stdint.h>

struct vmcb_segment {
    uint16_t selector;
    uint16_t attributes; /* as in a descriptor, without the limit's four bits between */
    uint32_t limit;
    uint64_t base;
};

struct vmcb {
    /* Control area. */
    uint16_t cr_reads, cr_writes; /* a bit for each control register, as for debug registers */
    uint16_t dr_reads, dr_writes;
    uint32_t exceptions;
    uint32_t intercepts[3]; /* enum svm_intercept, 32 to a word */
    uint8_t reserved0[0x40 - 0x18];
    uint64_t iopm_base, msrpm_base;
    uint64_t tsc_offset;
    uint32_t asid;
    uint8_t tlb_control; /* enum svm_tlb_control */
    uint8_t reserved1[3];
    uint64_t virtual_interrupt;
    uint64_t interrupt_shadow;
    uint64_t exit_code, exit_info[2];
    uint64_t exit_event; /* EXITINTINFO */
    uint64_t nested_control;
    uint8_t reserved2[0xa8 - 0x98];
    uint64_t event; /* EVENTINJ */
    uint64_t nested_root;
    uint8_t reserved3[0xc8 - 0xb8];
    uint64_t next_rip;
    uint8_t fetched, fetched_bytes[15];
    uint8_t reserved4[0x400 - 0xe0];

    /* State save area. */
    struct vmcb_segment segments[6]; /* ES CS SS DS FS GS */
    struct vmcb_segment gdtr, ldtr, idtr, tr;
    uint8_t reserved5[0x4cb - 0x4a0];
    uint8_t cpl;
    uint32_t reserved6;
    uint64_t efer;
    uint8_t reserved7[0x548 - 0x4d8];
    uint64_t cr4, cr3, cr0, dr7, dr6, rflags, rip;
    uint8_t reserved8[0x5d8 - 0x580];
    uint64_t rsp;
    uint8_t reserved9[0x5f8 - 0x5e0];
    uint64_t rax;
    uint64_t star, lstar, cstar, sfmask, kernel_gs_base;
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    uint64_t cr2;
    uint8_t reserved10[0x668 - 0x648];
    uint64_t pat;
    uint64_t debugctl;
    uint8_t reserved11[0x1000 - 0x678];
};
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "APM");
_Static_assert(offsetof(struct vmcb, next_rip) == 0xc8, "APM");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "APM");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "APM");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "APM");
_Static_assert(offsetof(struct vmcb, pat) == 0x668, "APM");
_Static_assert(sizeof(struct vmcb) == 0x1000, "one page");

/* Of intercepts[], as bit numbers over its words. */
enum svm_intercept { SVM_INTERCEPT_IRET = 20, SVM_INTERCEPT_HLT = 24 };

enum svm_exit {
    SVM_EXIT_READ_CR0 = 0x00,
    SVM_EXIT_READ_CR4 = 0x04,
    SVM_EXIT_WRITE_CR0 = 0x10,
    SVM_EXIT_WRITE_CR4 = 0x14,
    SVM_EXIT_EXCEPTION = 0x40, /* + vector */
    SVM_EXIT_NMI = 0x61,
    SVM_EXIT_INIT = 0x63,
    SVM_EXIT_RDPMC = 0x6f,
    SVM_EXIT_CPUID = 0x72,
    SVM_EXIT_IRET = 0x74,
    SVM_EXIT_INVD = 0x76,
    SVM_EXIT_HLT = 0x78,
    SVM_EXIT_INVLPGA = 0x7a,
    SVM_EXIT_IO = 0x7b,
    SVM_EXIT_MSR = 0x7c,
    SVM_EXIT_TASK_SWITCH = 0x7d,
    SVM_EXIT_SHUTDOWN = 0x7f,
    SVM_EXIT_VMRUN = 0x80,
    SVM_EXIT_VMMCALL = 0x81,
    SVM_EXIT_VMLOAD = 0x82,
    SVM_EXIT_SKINIT = 0x86,
    SVM_EXIT_WBINVD = 0x89,
    SVM_EXIT_MONITOR = 0x8a,
    SVM_EXIT_MWAIT_ARMED = 0x8c,
    SVM_EXIT_XSETBV = 0x8d,
    SVM_EXIT_RDPRU = 0x8e,
    SVM_EXIT_KINDS = 0x90, /* of those above; each is counted by its code */
    SVM_EXIT_INVLPGB = 0xa0,
    SVM_EXIT_TLBSYNC = 0xa4,
    SVM_EXIT_NESTED_FAULT = 0x400,
};

enum svm_tlb_control { TLB_KEEP = 0, TLB_FLUSH_ALL = 1, TLB_FLUSH_ASID = 3 };

/* CPUID 0x8000000a, EDX. */
enum {
    SVM_FEATURE_NESTED = 1 << 0,
    SVM_FEATURE_NEXT_RIP = 1 << 3,
    SVM_FEATURE_FLUSH_ASID = 1 << 6,
    SVM_FEATURE_VIRTUAL_NMI = 1 << 25,
};

/* virtual_interrupt: NMIs that hardware delivers when the guest can take them. */
enum {
    VIRTUAL_NMI_PENDING = 1 << 11,
    VIRTUAL_NMI_BLOCKED = 1 << 12,
    VIRTUAL_NMI_ENABLED = 1 << 26
};

/* EVENTINJ and EXITINTINFO; the error code is in the high half. */
enum {
    EVENT_VECTOR = 0xff,
    EVENT_INTERRUPT = 0 << 8,
    EVENT_NMI = 2 << 8,
    EVENT_EXCEPTION = 3 << 8,
    EVENT_SOFTWARE_INTERRUPT = 4 << 8,
    EVENT_TYPE = 7 << 8,
    EVENT_ERROR_CODE = 1 << 11,
};
#define EVENT_VALID (1ull << 31)

/* EXITINFO1 of an I/O exit; the next RIP is in EXITINFO2. */
enum { IO_IN = 1 << 0, IO_STRING = 1 << 2, IO_BYTES_SHIFT = 4, IO_PORT_SHIFT = 16 };

/* EXITINFO1 of a nested page fault; the guest-physical address is in EXITINFO2. */
#define NESTED_FAULT_WRITE (1ull << 1)
#define NESTED_FAULT_FETCH (1ull << 4)
#define NESTED_FAULT_WALK  (1ull << 33) /* of the guest's own page tables */

enum { INTERRUPT_SHADOW = 1 << 0 };

/*
 * Intercepted always: #DB, #AC, #MC; while the guest is stepped all that have a cause of their own.
 * INT3 and INTO are resumed behind themselves only by hardware.
 */
#define SVM_EXCEPTIONS (1u << 1 | 1u << 17 | 1u << 18)
#define SVM_STEPPING   (~(1u << 2 | 1u << 3 | 1u << 4))

/* What start/svm.c and boot/ fill and vmcb.c keeps. */
extern struct vmcb vmcb, vmcb_host;
extern uint8_t vmcb_save_area[], vmcb_bitmaps[];

#endif
