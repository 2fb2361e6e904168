/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I9: an interrupt that can't be delivered, because its gate or its stack lies where nothing is,
 * with the timer running. The processor must end up in an exception handler, and the timer's
 * later interrupts must come.
 */
#include "attack.h"
#include "guests/lib/apic.h"
#include "guests/lib/memory.h"
#include "guests/lib/x86.h"
#include "kernel/abi/guest.h"

enum { AHEAD_TICKS = 3000, EXCEPTION_GATES = 32, GATE_BYTES = 16, OFFSET_OF_STACK = 0x800 };

static uint8_t spare_stack[2048] __attribute__((aligned(16)));

struct idtr {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

/* instruction.asm: waits with interrupts on, on the stack `rsp`; #UD if nothing ever comes. */
void spin_on_stack(uint64_t rsp);

static uint8_t gates[4096] __attribute__((aligned(4096)));

static void spin(void *rsp)
{
    spin_on_stack((uint64_t)rsp);
}

/* The timer's vector is in service for ever if the delivery broke off after that. */
static void acknowledge(void)
{
    for (unsigned i = 0; i < 8 && apic_bit(APIC_ISR, TIMER_VECTOR); i++) {
        apic_eoi();
    }
}

static void try_stack(const char *name, uint64_t rsp)
{
    timer_init(TIMER_VECTOR);
    timer_at(rdtsc() + AHEAD_TICKS);
    int vector = probe(spin, (void *)rsp);
    acknowledge();
    timer_stop();
    settle();
    bool works = timer_works();
    report(vector != NO_FAULT && vector != VECTOR_UD && works, "I9", name, "%s, timer %s",
           fault_name(vector), works ? "goes on" : "is dead");
}

/* The gates of exceptions stay at the end of a page; those of interrupts follow on `next`. */
static void try_gates(const char *name, uint64_t next)
{
    struct idtr old, idtr;
    __asm__ volatile("sidt %0" : "=m"(old));
    const uint8_t *from = (const uint8_t *)old.base;
    uint32_t bytes = EXCEPTION_GATES * GATE_BYTES;
    for (uint32_t i = 0; i < bytes; i++) {
        gates[sizeof(gates) - bytes + i] = from[i];
    }
    idtr.limit = old.limit;
    idtr.base = (uint64_t)memory_page(0, (uint64_t)gates) + sizeof(gates) - bytes;
    memory_page(1, next);
    timer_init(TIMER_VECTOR);
    timer_at(rdtsc() + AHEAD_TICKS);
    __asm__ volatile("lidt %0" : : "m"(idtr));
    int vector = probe(spin, spare_stack + sizeof(spare_stack));
    interrupt_table_load();
    acknowledge();
    timer_stop();
    settle();
    bool works = timer_works();
    report(vector != NO_FAULT && vector != VECTOR_UD && works, "I9", name, "%s, timer %s",
           fault_name(vector), works ? "goes on" : "is dead");
}

void attack_delivery(void)
{
    try_stack("stack-unbacked", UNBACKED + OFFSET_OF_STACK);
    try_stack("stack-ioapic", GUEST_IOAPIC + OFFSET_OF_STACK);
    try_stack("stack-unmapped", (uint64_t)memory_page(2, MEMORY_NOTHING) + OFFSET_OF_STACK);
    try_stack("stack-noncanonical", 0x8000000000000800);
    try_gates("idt-unbacked", UNBACKED);
    try_gates("idt-ioapic", GUEST_IOAPIC);
    try_gates("idt-unmapped", MEMORY_NOTHING);
}
