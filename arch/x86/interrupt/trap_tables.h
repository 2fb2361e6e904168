/* SPDX-License-Identifier: Apache-2.0 */
/* The hypervisor's own descriptor tables: trap.c keeps them, start/trap.c fills and loads them. */
#ifndef BULKHEAD_TRAP_TABLES_H
#define BULKHEAD_TRAP_TABLES_H

#include <stdint.h>

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

enum {
    IST_NMI = 1,
    IST_FAULT = 2,
    IST_MACHINE_CHECK = 3,
    FIRST_INTERRUPT = 32,
    VECTORS = 256,
    GDT_ENTRIES = 5
};

extern struct gate trap_idt[VECTORS];
extern uint64_t trap_gdt[GDT_ENTRIES];
extern struct tss trap_tss;
extern uint8_t cpu_nmi_stack[], cpu_fault_stack[], cpu_mc_stack[];

extern const uint64_t trap_entries[FIRST_INTERRUPT], trap_nmi_entry, trap_drain_entry,
    trap_spurious_entry;

/* Interrupts off, on stack `stack` of the TSS (0: as it is). */
void trap_set_gate(unsigned vector, uint64_t entry, uint8_t stack);
void trap_set_exception_gate(unsigned vector);

#endif
