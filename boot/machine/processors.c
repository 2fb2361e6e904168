/* SPDX-License-Identifier: Apache-2.0 */
/* All processors, on their way into the kernel: see the header. */
#include "processors.h"
#include "arch/x86/include/cpu.h"
#include "kernel/abi/trampoline.h"
#include "text.h"
#include <string.h>

enum {
    INIT_MICROSECONDS = 10000,
    SECOND_SIPI_MICROSECONDS = 1000,
    ARRIVE_MICROSECONDS = 200000,
    MSR_APIC_BASE = 0x1b,
    APIC_ENABLED = 1 << 11,
    APIC_X2APIC = 1 << 10,
    MSR_X2APIC_ICR = 0x830,
    ICR_INIT = 0x4500, /* level asserted */
    ICR_SIPI = 0x4600,
    MSR_EFER = 0xc0000080,
    EFER_NXE = 1 << 11,
    CR0_WP = 1 << 16,
    ELF_ENTRY = 24,
};

extern const uint8_t trampoline_begin[] __attribute__((visibility("hidden")));
extern const uint8_t trampoline_end[] __attribute__((visibility("hidden")));

_Noreturn void loader_jump(uint64_t page_table, uint64_t entry)
    __attribute__((visibility("hidden")));

static uint64_t init_tsc; /* when they were sent INIT */

static uint8_t *trampoline_page(const struct handoff *handoff)
{
    return (uint8_t *)handoff->trampoline_hpa;
}

/* Waits for `flag`, or only for the time since `start` if it is NULL. */
static bool wait_for(const struct handoff *handoff, const uint32_t *flag, uint64_t start,
                     uint64_t microseconds)
{
    uint64_t ticks = handoff->tsc_hz * microseconds / 1000000;
    while (!(flag && __atomic_load_n(flag, __ATOMIC_ACQUIRE))) {
        if (cpu_rdtsc() - start > ticks)
            return false;
        __builtin_ia32_pause();
    }
    return true;
}

/* MSR writes to the x2APIC don't wait for what was stored before: Intel SDM, "MSR Access in x2APIC
 * Mode". */
static void send(const struct handoff_cpu *target, uint32_t command)
{
    __asm__ volatile("mfence" ::: "memory");
    cpu_wrmsr(MSR_X2APIC_ICR, (uint64_t)target->apic_id << 32 | command);
}

static void switch_on_x2apic(void)
{
    uint64_t base = cpu_rdmsr(MSR_APIC_BASE) | APIC_ENABLED;
    cpu_wrmsr(MSR_APIC_BASE, base);
    cpu_wrmsr(MSR_APIC_BASE, base | APIC_X2APIC);
}

static void start_one(const struct handoff *handoff, uint32_t index)
{
    const struct handoff_cpu *target = &handoff->cpus[index];
    struct trampoline *words = (struct trampoline *)(trampoline_page(handoff) + TRAMPOLINE_WORDS);
    uint32_t page = (uint32_t)(handoff->trampoline_hpa / PAGE_BYTES);
    words->page_table = target->start_table;
    words->index = index;
    words->arrived = 0;
    send(target, ICR_SIPI | page);
    if (wait_for(handoff, &words->arrived, cpu_rdtsc(), SECOND_SIPI_MICROSECONDS))
        return;
    send(target, ICR_SIPI | page);
    if (!wait_for(handoff, &words->arrived, cpu_rdtsc(), ARRIVE_MICROSECONDS))
        refuse("the processor with APIC id %u does not start: update the firmware",
               target->apic_id);
}

void processors_stop(const struct handoff *handoff)
{
    switch_on_x2apic();
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (i != handoff->boot_cpu)
            send(&handoff->cpus[i], ICR_INIT);
    init_tsc = cpu_rdtsc();
}

void processors_start(const struct handoff *handoff)
{
    struct trampoline words = {.boot_page_table = handoff->boot_page_table};
    memcpy(trampoline_page(handoff), trampoline_begin, (size_t)(trampoline_end - trampoline_begin));
    memcpy(trampoline_page(handoff) + TRAMPOLINE_WORDS, &words, sizeof(words));
    wait_for(handoff, NULL, init_tsc, INIT_MICROSECONDS);
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (i != handoff->boot_cpu)
            start_one(handoff, i);
}

_Noreturn void processors_enter_kernel(const struct handoff *handoff, const void *kernel)
{
    uint64_t entry;
    memcpy(&entry, (const uint8_t *)kernel + ELF_ENTRY, sizeof(entry));
    cpu_wrmsr(MSR_EFER, cpu_rdmsr(MSR_EFER) | EFER_NXE);
    cpu_write_cr0(cpu_read_cr0() | CR0_WP);
    __asm__ volatile("cli" ::: "memory");
    loader_jump(handoff->boot_page_table, entry);
}

uint64_t processors_jump_page(void)
{
    return (uint64_t)loader_jump & ~(PAGE_BYTES - 1);
}
