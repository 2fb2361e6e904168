/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's own descriptor tables. Intel SDM, "Interrupt and Exception Handling in 64-bit
 * Mode". Host exceptions are faults of the hypervisor: they panic, I9. */
#include "arch/x86/include/trap.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/percpu.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/include/upcalls.h"

struct gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

struct __attribute__((packed)) tss {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint8_t reserved2[10];
    uint16_t io_map;
};

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

enum { IST_NMI = 1, IST_FAULT = 2, GATE_INTERRUPT = 0x8e, FIRST_INTERRUPT = 32 };

static PER_CPU struct gate idt[256] __attribute__((aligned(16)));
static PER_CPU uint64_t gdt[5];
static PER_CPU struct tss tss;

__attribute__((section(".cpu.stack"))) uint8_t cpu_stack[HOST_STACK_BYTES];
__attribute__((section(".cpu.nmi_stack"))) uint8_t cpu_nmi_stack[HOST_EXTRA_STACK_BYTES];
__attribute__((section(".cpu.fault_stack"))) uint8_t cpu_fault_stack[HOST_EXTRA_STACK_BYTES];

extern const uint64_t trap_entries[32], trap_nmi_entry, trap_drain_entry;

uint64_t trap_gdt_base(void)
{
    return (uint64_t)gdt;
}

uint64_t trap_idt_base(void)
{
    return (uint64_t)idt;
}

uint64_t trap_tss_base(void)
{
    return (uint64_t)&tss;
}

static void set_gate(unsigned vector, uint64_t entry, uint8_t stack)
{
    idt[vector] = (struct gate){.offset_low = (uint16_t)entry,
                                .selector = HOST_CS,
                                .stack = stack,
                                .type = GATE_INTERRUPT,
                                .offset_middle = (uint16_t)(entry >> 16),
                                .offset_high = (uint32_t)(entry >> 32)};
}

static void set_exception_gate(unsigned vector)
{
    set_gate(vector, trap_entries[vector],
             vector == VECTOR_DF || vector == VECTOR_MC ? IST_FAULT : 0);
}

void trap_drain_gates(bool draining)
{
    for (unsigned vector = 0; vector < FIRST_INTERRUPT; vector++)
        if (vector == VECTOR_NMI)
            continue;
        else if (draining)
            set_gate(vector, trap_drain_entry, 0);
        else
            set_exception_gate(vector);
}

void trap_setup(void)
{
    for (unsigned vector = 0; vector < FIRST_INTERRUPT; vector++)
        set_exception_gate(vector);
    for (unsigned vector = FIRST_INTERRUPT; vector < 256; vector++)
        set_gate(vector, trap_drain_entry, 0);
    set_gate(VECTOR_NMI, trap_nmi_entry, IST_NMI);

    tss = (struct tss){.io_map = sizeof(tss)};
    tss.ist[IST_NMI - 1] = (uint64_t)(cpu_nmi_stack + sizeof(cpu_nmi_stack));
    tss.ist[IST_FAULT - 1] = (uint64_t)(cpu_fault_stack + sizeof(cpu_fault_stack));

    uint64_t base = (uint64_t)&tss;
    gdt[HOST_CS / 8] = 0x00af9b000000ffff;
    gdt[HOST_DS / 8] = 0x00cf93000000ffff;
    gdt[HOST_TSS / 8] =
        (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[HOST_TSS / 8 + 1] = base >> 32;

    struct table_pointer gdt_pointer = {sizeof(gdt) - 1, (uint64_t)gdt};
    struct table_pointer idt_pointer = {sizeof(idt) - 1, (uint64_t)idt};
    __asm__ volatile("lgdt %0\n\t"
                     "lidt %1\n\t"
                     "mov %w2, %%ds\n\t"
                     "mov %w2, %%es\n\t"
                     "mov %w2, %%ss\n\t"
                     "mov %w3, %%fs\n\t"
                     "mov %w3, %%gs\n\t"
                     "ltr %w4\n\t"
                     "pushq %5\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:"
                     :
                     : "m"(gdt_pointer), "m"(idt_pointer), "r"(HOST_DS), "r"(0), "r"(HOST_TSS),
                       "i"(HOST_CS)
                     : "rax", "memory");
}

struct trap_frame {
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

_Noreturn void trap_panic(const struct trap_frame *frame);
_Noreturn void trap_panic(const struct trap_frame *frame)
{
    if (frame->vector == VECTOR_SX)
        panic_halt(); /* AMD: in place of INIT, which only another processor's panic sends */
    panic("I9: exception %lu (error 0x%lx) in the hypervisor at 0x%lx, CR2 0x%lx, RSP 0x%lx",
          frame->vector, frame->error, frame->rip, cpu_read_cr2(), frame->rsp);
}
