/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptor tables of the hypervisor, filled and loaded once. Intel SDM, "Interrupt and Exception
 * Handling in 64-bit Mode". */
#include "arch/x86/include/trap.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/interrupt/trap_tables.h"
#include "setup.h"

struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};

void trap_setup(void)
{
    for (unsigned vector = 0; vector < FIRST_INTERRUPT; vector++)
        trap_set_exception_gate(vector);
    for (unsigned vector = FIRST_INTERRUPT; vector < VECTORS; vector++)
        trap_set_gate(vector, trap_drain_entry, 0);
    trap_set_gate(VECTOR_NMI, trap_nmi_entry, IST_NMI);

    trap_tss = (struct tss){.io_map = sizeof(trap_tss)};
    trap_tss.ist[IST_NMI - 1] = (uint64_t)(cpu_nmi_stack + HOST_EXTRA_STACK_BYTES);
    trap_tss.ist[IST_FAULT - 1] = (uint64_t)(cpu_fault_stack + HOST_EXTRA_STACK_BYTES);
    trap_tss.ist[IST_MACHINE_CHECK - 1] = (uint64_t)(cpu_mc_stack + HOST_EXTRA_STACK_BYTES);

    uint64_t base = (uint64_t)&trap_tss;
    trap_gdt[HOST_CS / 8] = 0x00af9b000000ffff;
    trap_gdt[HOST_DS / 8] = 0x00cf93000000ffff;
    trap_gdt[HOST_TSS / 8] = (sizeof(trap_tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
                             (base >> 24 & 0xff) << 56;
    trap_gdt[HOST_TSS / 8 + 1] = base >> 32;

    struct table_pointer gdt_pointer = {sizeof(trap_gdt) - 1, (uint64_t)trap_gdt};
    struct table_pointer idt_pointer = {sizeof(trap_idt) - 1, (uint64_t)trap_idt};
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
