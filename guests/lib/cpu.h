/* SPDX-License-Identifier: Apache-2.0 */
/* Processors of a payload: descriptor tables, interrupts, recovery from exceptions, siblings. */
#ifndef GUEST_CPU_H
#define GUEST_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CPU_BYTES = 24 << 10,          /* entry.asm knows it too */
    CPU_FAULT_STACK_BYTES = 4096,  /* IST 1 */
    CPU_NMI_STACK_BYTES = 2048,    /* IST 2 */
    CPU_DOUBLE_STACK_BYTES = 2048, /* IST 3 */
    IST_FAULT = 1,
    IST_NMI = 2,
    IST_DOUBLE = 3,
    NO_FAULT = -1,
    GUEST_CODE_32 = 0x20,   /* compatibility mode, CPL 0 */
    GUEST_USER_DATA = 0x28, /* selectors for CPL 3 (with RPL 3) */
    GUEST_USER_CODE = 0x30,
};

/* Task-state segment in 64-bit mode. */
struct tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
} __attribute__((packed));

/* What the last exception under probe() left behind. */
struct fault {
    uint64_t vector, error, rip, rflags, cr2;
};

struct cpu {
    uint64_t recover; /* stack of the innermost probe(), 0: none; entry.asm knows the place */
    struct fault fault;
    uint32_t index; /* 0: the domain's first processor */
    uint32_t apic_id;
    volatile uint32_t up; /* a sibling has reached its function */
    volatile uint32_t nmis;
    struct tss tss;
    uint8_t fault_stack[CPU_FAULT_STACK_BYTES] __attribute__((aligned(16)));
    uint8_t nmi_stack[CPU_NMI_STACK_BYTES];
    uint8_t double_stack[CPU_DOUBLE_STACK_BYTES];
    uint8_t stack[] __attribute__((aligned(16))); /* the rest of CPU_BYTES */
} __attribute__((aligned(CPU_NMI_STACK_BYTES)));

/* General registers and return frame as entry.asm saves them. */
struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

typedef void (*interrupt_handler)(struct frame *frame);
typedef void (*sibling_function)(struct cpu *cpu);

/* Loads GDT, TSS and IDT of the first processor; the start code has called it already. */
void cpu_init(void);

/* The processor with this index; the one that runs this; how many there are. */
struct cpu *cpu_at(uint32_t index);
struct cpu *cpu_self(void);
uint32_t cpu_count(void);

/* Calls `handler` at `vector` (32 to 255), which has to send the EOI. NULL: ignore and EOI. */
void interrupt_set(uint8_t vector, interrupt_handler handler);

/*
 * Points the gate of `vector` straight at `code`, which returns by IRETQ; `ist` 0 keeps the
 * stack. interrupt_gate_default() gives the gate back to the common code.
 */
void interrupt_gate(uint8_t vector, const void *code, uint8_t ist);
void interrupt_gate_default(uint8_t vector);

/* Loads the common IDT again, after a test has loaded another. */
void interrupt_table_load(void);

/*
 * Calls function(arg). An exception in it, an interrupt handler's included, ends the call.
 * Returns NO_FAULT or the exception's vector; cpu_self()->fault then says more. May be nested.
 * Registers that a function must preserve, RFLAGS and the stack are restored. An NMI is no fault:
 * it is counted in cpu->nmis.
 */
int probe(void (*function)(void *), void *arg);

/* RDMSR and WRMSR that survive #GP. They return NO_FAULT or the vector. */
int probe_rdmsr(uint32_t msr, uint64_t *value);
int probe_wrmsr(uint32_t msr, uint64_t value);

/*
 * Starts the sibling `index` (1 .. cpu_count() - 1) by INIT and SIPI; it runs function(cpu) with
 * interrupts off and may return: it then sleeps. False when it did not come up in a second.
 */
bool sibling_start(uint32_t index, sibling_function function);

/* Prints the reason and stops this processor for ever. */
_Noreturn void panic(const char *why);

#endif
