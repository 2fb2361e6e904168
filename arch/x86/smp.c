/* SPDX-License-Identifier: Apache-2.0 */
/* Starting the other processors. Intel SDM, "MP Initialization Protocol Algorithm". Runs on the
 * boot processor with the boot page table, where all of memory is in reach. */
#include "arch/x86/include/cpu.h"
#include "arch/x86/include/lapic.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/upcalls.h"

/* The end of the trampoline in entry.asm. */
struct trampoline_words {
    uint64_t boot_page_table, page_table, entry;
    uint32_t index;
    volatile uint32_t arrived;
};

enum { INIT_MICROSECONDS = 10000, ARRIVE_MICROSECONDS = 200000, SECOND_SIPI_MICROSECONDS = 1000 };

extern const uint8_t trampoline_begin[], trampoline_end[], trampoline_words[];
extern const uint64_t ap_entry_address;

static bool wait_for(volatile const uint32_t *flag, uint64_t microseconds)
{
    uint64_t start = cpu_rdtsc(), ticks = handoff()->tsc_hz * microseconds / 1000000;
    while (!(flag && *flag)) {
        if (cpu_rdtsc() - start > ticks)
            return false;
        stop_pause();
    }
    return true;
}

static struct trampoline_words *copy_trampoline(void)
{
    uint8_t *page = (uint8_t *)handoff()->trampoline_hpa;
    uint64_t bytes = (uint64_t)(trampoline_end - trampoline_begin);
    for (uint64_t i = 0; i < bytes; i++)
        page[i] = trampoline_begin[i];
    struct trampoline_words *words =
        (struct trampoline_words *)(page + (trampoline_words - trampoline_begin));
    words->boot_page_table = handoff()->boot_page_table;
    words->entry = ap_entry_address;
    return words;
}

static bool start_one(struct trampoline_words *words, uint32_t index)
{
    const struct handoff_cpu *target = &handoff()->cpus[index];
    uint8_t page = (uint8_t)(handoff()->trampoline_hpa / PAGE_BYTES);
    words->page_table = target->start_table;
    words->index = index;
    words->arrived = 0;
    lapic_send(target->apic_id, LAPIC_SIPI, page);
    if (wait_for(&words->arrived, SECOND_SIPI_MICROSECONDS))
        return true;
    lapic_send(target->apic_id, LAPIC_SIPI, page);
    return wait_for(&words->arrived, ARRIVE_MICROSECONDS);
}

bool machine_start_processors(uint32_t *failed)
{
    struct trampoline_words *words = copy_trampoline();
    for (uint32_t i = 0; i < handoff()->cpu_count; i++)
        if (i != handoff()->boot_cpu)
            lapic_send(handoff()->cpus[i].apic_id, LAPIC_INIT, 0);
    wait_for(NULL, INIT_MICROSECONDS);
    for (uint32_t i = 0; i < handoff()->cpu_count; i++)
        if (i != handoff()->boot_cpu && !start_one(words, i)) {
            *failed = i;
            return false;
        }
    return true;
}
