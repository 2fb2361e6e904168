/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's own descriptor tables. Intel SDM, "Interrupt and Exception Handling in 64-bit
 * Mode". Host exceptions are faults of the hypervisor: they panic, I9. */
#include "arch/x86/include/trap.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/percpu.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "trap_tables.h"

enum { GATE_INTERRUPT = 0x8e };

PER_CPU struct gate trap_idt[VECTORS] __attribute__((aligned(16)));
PER_CPU uint64_t trap_gdt[GDT_ENTRIES];
PER_CPU struct tss trap_tss;

__attribute__((section(".cpu.stack"))) uint8_t cpu_stack[HOST_STACK_BYTES];
__attribute__((section(".cpu.nmi_stack"))) uint8_t cpu_nmi_stack[HOST_EXTRA_STACK_BYTES];
__attribute__((section(".cpu.fault_stack"))) uint8_t cpu_fault_stack[HOST_EXTRA_STACK_BYTES];
__attribute__((section(".cpu.mc_stack"))) uint8_t cpu_mc_stack[HOST_EXTRA_STACK_BYTES];

void trap_set_gate(unsigned vector, uint64_t entry, uint8_t stack)
{
    trap_idt[vector] = (struct gate){.offset_low = (uint16_t)entry,
                                     .selector = HOST_CS,
                                     .stack = stack,
                                     .type = GATE_INTERRUPT,
                                     .offset_middle = (uint16_t)(entry >> 16),
                                     .offset_high = (uint32_t)(entry >> 32)};
}

void trap_set_exception_gate(unsigned vector)
{
    trap_set_gate(vector, trap_entries[vector],
                  vector == VECTOR_DF   ? IST_FAULT
                  : vector == VECTOR_MC ? IST_MACHINE_CHECK
                                        : 0);
}

void trap_drain_gates(bool draining)
{
    for (unsigned vector = VECTOR_SPURIOUS; vector < FIRST_INTERRUPT; vector++)
        if (draining && vector != VECTOR_MC)
            trap_set_gate(vector,
                          vector == VECTOR_SPURIOUS ? trap_spurious_entry : trap_drain_entry, 0);
        else
            trap_set_exception_gate(vector);
}

struct trap_frame {
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

_Noreturn void trap_panic(const struct trap_frame *frame);
_Noreturn void trap_panic(const struct trap_frame *frame)
{
    enum { PAGE_FAULT = 14 }; /* else CR2 is still a guest's, which no record may tell */
    panic("I9: exception %lu (error 0x%lx) in the hypervisor at 0x%lx, CR2 0x%lx, RSP 0x%lx",
          frame->vector, frame->error, frame->rip, frame->vector == PAGE_FAULT ? cpu_read_cr2() : 0,
          frame->rsp);
}
