/* SPDX-License-Identifier: Apache-2.0 */
/* This processor's local APIC in x2APIC mode. */
#include "arch/x86/include/lapic.h"
#include "arch/x86/grant/msr_index.h"
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/trap.h"

enum {
    SVR_RESET = 0xff,
    SVR_WRITABLE = 0x1ff,
    LVT_MASKED = 1 << 16,
    LVT_SMI = 2 << 8,
    LVT_NMI = 4 << 8,
    LVT_LOW = (1 << 13) / HANDOFF_NMI_LOW,
    ICR_ASSERT = 1 << 14,
    VECTOR_WORDS = 8, /* ISR and IRR: 8 registers of 32 vectors */
    MAX_VECTORS = 256,
    DRAIN_SPINS = 100000,
    DRAIN_ATTEMPTS = 3,
    CPUID_TSC_DEADLINE = 1 << 24,
};

void lapic_send(uint32_t apic_id, enum lapic_delivery mode, uint8_t vector)
{
    /* WRMSR here waits for no store before it. Intel SDM, "MSR Access in x2APIC Mode". */
    __asm__ volatile("mfence; lfence" ::: "memory");
    cpu_wrmsr(IA32_X2APIC_ICR, (uint64_t)apic_id << 32 | ICR_ASSERT | (uint32_t)mode << 8 | vector);
}

/* Vectors 0 to 15, which emulated APICs accept and never deliver, do not count. */
static bool any_vector(uint32_t first_register)
{
    uint64_t any = cpu_rdmsr(first_register) & ~0xffffull;
    for (uint32_t i = 1; i < VECTOR_WORDS; i++)
        any |= cpu_rdmsr(first_register + i);
    return any != 0;
}

static void end_service(void)
{
    for (uint32_t i = 0; i < MAX_VECTORS && any_vector(IA32_X2APIC_ISR0); i++)
        cpu_wrmsr(IA32_X2APIC_EOI, 0);
}

/* Entries by their number, of which an APIC need not have the last ones. */
void lapic_put_back(void)
{
    uint32_t highest = (uint32_t)cpu_rdmsr(IA32_X2APIC_VERSION) >> 16 & 0xff;
    uint32_t sources = cpu.place ? cpu.place->sources : 0;
    cpu_wrmsr(IA32_X2APIC_LVT_LINT0, LVT_MASKED);
    cpu_wrmsr(IA32_X2APIC_LVT_LINT1,
              sources & HANDOFF_NMI ? LVT_NMI | (sources & HANDOFF_NMI_LOW) * LVT_LOW : LVT_MASKED);
    if (highest >= 4)
        cpu_wrmsr(IA32_X2APIC_LVT_PMI, LVT_MASKED);
    if (highest >= 5)
        cpu_wrmsr(IA32_X2APIC_LVT_THERMAL, sources & HANDOFF_THERMAL_SMI ? LVT_SMI : LVT_MASKED);
    if (highest >= 6)
        cpu_wrmsr(IA32_X2APIC_LVT_CMCI, LVT_MASKED);
}

void machine_listen(void)
{
    cpu_wrmsr(IA32_X2APIC_SIVR, LAPIC_ON);
    lapic_put_back();
}

/* Hardware ignores an entry's clear mask bit while the APIC is switched off. */
bool lapic_set_spurious(uint64_t value)
{
    if (value & ~(uint64_t)SVR_WRITABLE)
        return false;
    cpu_wrmsr(IA32_X2APIC_SIVR, value);
    lapic_put_back();
    return true;
}

/* All interrupts that wait are taken by stubs that only acknowledge them. */
static void take_pending(void)
{
    trap_drain_gates(true); /* a domain may have left vectors below 32, where exceptions live */
    for (uint32_t spin = 0; any_vector(IA32_X2APIC_IRR0) && spin < DRAIN_SPINS; spin++) {
        __asm__ volatile("sti; nop; cli" ::: "memory"); /* one: the stub leaves them off */
        stop_pause();
    }
    trap_drain_gates(false);
}

bool machine_settle(void)
{
    bool empty = false;
    uint32_t leaf[4];
    cpu_cpuid(1, 0, leaf);
    if (leaf[2] & CPUID_TSC_DEADLINE)
        cpu_wrmsr(IA32_TSC_DEADLINE, 0);
    cpu_wrmsr(IA32_X2APIC_LVT_TIMER, LVT_MASKED);
    cpu_wrmsr(IA32_X2APIC_LVT_ERROR, LVT_MASKED);
    cpu_wrmsr(IA32_X2APIC_INIT_COUNT, 0);
    machine_listen();
    for (unsigned i = 0; i < DRAIN_ATTEMPTS && !empty; i++) {
        end_service();
        cpu_wrmsr(IA32_X2APIC_TPR, 0);
        take_pending();
        end_service();
        empty = !any_vector(IA32_X2APIC_IRR0) && !any_vector(IA32_X2APIC_ISR0);
    }
    cpu_wrmsr(IA32_X2APIC_DIV_CONF, 0);
    cpu_wrmsr(IA32_X2APIC_ESR, 0); /* shows what was gathered; */
    cpu_wrmsr(IA32_X2APIC_ESR, 0); /* now there is nothing */
    cpu_wrmsr(IA32_X2APIC_SIVR, SVR_RESET);
    return empty;
}
