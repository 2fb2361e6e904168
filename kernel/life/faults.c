/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of IOMMU faults: see the header. */
#include "faults.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/include/vtd.h"
#include "log.h"

PER_CPU struct faults faults;

/* Looks with late faults of one function, and with any of nobody's, before a unit stays masked. */
enum { MOST_LATE = 4, MOST_STRAYS = 16 };

static struct public_page *page_of(const struct fault_source *source)
{
    return (struct public_page *)(VA_UNITS + (UNITS_PUBLIC + source->domain) * PAGE_BYTES);
}

/* Its owner has been told and has not answered. */
static bool is_open(const struct fault_source *source)
{
    uint32_t answered = __atomic_load_n(&page_of(source)->quarantined, __ATOMIC_ACQUIRE);
    return (page_of(source)->faulted ^ answered) >> source->function & 1;
}

static bool is_late(const struct fault_source *source)
{
    return source->life == page_of(source)->lives + 1;
}

/* The last words of a unit before it stays masked. */
static void tell_deaf(uint32_t pci, uint32_t unit)
{
    if (!slice()->tells_on_com1)
        return;
    log_join();
    log_print("bulkhead: IOMMU unit %u tells no more DMA faults: %02x:%02x.%x does not end\n", unit,
              pci >> 8, pci >> 3 & 31, pci & 7);
}

/* The second time in a life its owner is told that nobody will be any more. */
static void tell(struct fault_source *source, const struct vtd_fault *fault, uint32_t unit)
{
    struct public_page *page = page_of(source);
    source->unit = unit;
    source->life = page->lives + 1;
    page->fault_address = fault->address;
    page->fault_reason = fault->reason | (source->late ? FAULT_DEAF : 0);
    __atomic_store_n(&page->faulted, page->faulted ^ 1u << source->function, __ATOMIC_RELEASE);
    machine_knock(source->apic_id);
    if (source->late)
        tell_deaf(source->pci, unit);
}

static void take(const struct vtd_fault *fault, uint32_t unit)
{
    for (uint32_t i = 0; i < faults.source_count; i++) {
        struct fault_source *source = &faults.sources[i];
        if (source->pci != fault->source)
            continue;
        if (is_open(source) || (is_late(source) && source->look == faults.look))
            return;
        source->look = faults.look; /* what else this look finds came before */
        source->late = is_late(source) ? source->late + 1 : 0;
        if (source->late == 0 || source->late == MOST_LATE)
            tell(source, fault, unit);
        return;
    }
    if (faults.strays[unit] < MOST_STRAYS && ++faults.strays[unit] == MOST_STRAYS)
        tell_deaf(fault->source, unit);
}

static bool may_hear(uint32_t unit)
{
    bool hears = faults.strays[unit] < MOST_STRAYS;
    for (uint32_t i = 0; i < faults.source_count; i++) {
        struct fault_source *source = &faults.sources[i];
        if (source->late >= MOST_LATE && !is_late(source)) { /* its life is over */
            source->late = 0;
            page_of(source)->fault_reason &= ~FAULT_DEAF;
        }
        if (source->unit == unit)
            hears &= !is_open(source) && source->late < MOST_LATE;
    }
    return hears;
}

void faults_look(void)
{
    faults.look++;
    for (uint32_t unit = 0; unit < faults.unit_count; unit++) {
        volatile uint8_t *registers = (volatile uint8_t *)(VA_UNITS + unit * PAGE_BYTES);
        if (!faults.begun)
            vtd_send_faults_to(registers, faults.reader);
        bool found = vtd_drain_faults(registers, take, unit), hear = may_hear(unit);
        faults.found += found;
        if (hear != faults.heard[unit]) /* unmasked, what came meanwhile is told at once */
            vtd_mask_faults(registers, !hear);
        faults.heard[unit] = hear;
        if (hear && found) /* no event comes before all records are empty: until then, again */
            vcpu.knock = 1;
    }
    faults.begun = true;
}

uint32_t faults_knocks(void)
{
    uint32_t knocks = faults.found;
    for (uint32_t i = 0; i < faults.source_count; i++)
        knocks = knocks * 31 + page_of(&faults.sources[i])->quarantined +
                 page_of(&faults.sources[i])->lives;
    return knocks;
}

uint32_t faults_taken(void)
{
    struct public_page *page = public_page();
    return __atomic_load_n(&page->faulted, __ATOMIC_ACQUIRE) ^ page->quarantined;
}

void faults_answer(uint32_t functions)
{
    struct public_page *page = public_page();
    __atomic_store_n(&page->quarantined, page->quarantined ^ functions, __ATOMIC_SEQ_CST);
    machine_knock(faults.reader);
}

void faults_forget(void)
{
    if (faults.has_reader && cpu.domain->function_count != 0)
        machine_knock(faults.reader);
}
