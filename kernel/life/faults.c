/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of IOMMU faults: see the header. */
#include "faults.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/upcalls.h"
#include "arch/x86/include/vcpu.h"
#include "arch/x86/include/vtd.h"

PER_CPU struct faults faults;

/* Looks with late faults of one function, and with any of nobody's, before a unit stays masked. */
enum { MOST_LATE = 4, MOST_STRAYS = 16 };

static volatile uint8_t *registers_of(uint32_t unit)
{
    return (volatile uint8_t *)(VA_UNITS + unit * PAGE_BYTES);
}

static struct public_page *page_of(const struct fault_source *source)
{
    return (struct public_page *)(VA_UNITS + (UNITS_PUBLIC + source->domain) * PAGE_BYTES);
}

/* Its owner has been told and has not answered. */
static bool is_open(const struct fault_source *source)
{
    struct public_page *page = page_of(source);
    uint32_t answered = __atomic_load_n(&page->quarantined, __ATOMIC_ACQUIRE);
    return (page->faulted ^ answered) >> source->function & 1;
}

static bool is_late(const struct fault_source *source)
{
    return source->life == page_of(source)->lives + 1;
}

static void tell(struct fault_source *source, const struct vtd_fault *fault, uint32_t unit)
{
    struct public_page *page = page_of(source);
    source->unit = unit;
    source->life = page->lives + 1;
    source->late = 0;
    source->look = faults.look; /* what else this look finds came before */
    page->fault_address = fault->address;
    page->fault_reason = fault->reason;
    __atomic_store_n(&page->faulted, page->faulted ^ 1u << source->function, __ATOMIC_RELEASE);
    machine_knock(source->apic_id);
}

static void take(const struct vtd_fault *fault, uint32_t unit)
{
    for (uint32_t i = 0; i < faults.source_count; i++) {
        struct fault_source *source = &faults.sources[i];
        if (source->pci != fault->source)
            continue;
        if (is_open(source))
            return;
        if (!is_late(source)) {
            tell(source, fault, unit);
        } else if (source->look != faults.look) {
            source->look = faults.look;
            source->late++;
        }
        return;
    }
    if (faults.strays[unit] <= MOST_STRAYS)
        faults.strays[unit]++;
}

static bool may_hear(uint32_t unit)
{
    for (uint32_t i = 0; i < faults.source_count; i++) {
        const struct fault_source *source = &faults.sources[i];
        if (source->unit == unit &&
            (is_open(source) || (is_late(source) && source->late >= MOST_LATE)))
            return false;
    }
    return faults.strays[unit] < MOST_STRAYS;
}

void faults_look(void)
{
    faults.look++;
    for (uint32_t unit = 0; unit < faults.unit_count; unit++) {
        volatile uint8_t *registers = registers_of(unit);
        if (!faults.begun) {
            vtd_send_faults_to(registers, faults.reader);
            faults.masked[unit] = true;
        }
        bool found = vtd_drain_faults(registers, take, unit), hear = may_hear(unit);
        faults.found += found;
        if (hear == faults.masked[unit]) /* unmasked, what came meanwhile is told at once */
            vtd_mask_faults(registers, !hear);
        faults.masked[unit] = !hear;
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
    struct public_page *page = (struct public_page *)VA_PUBLIC;
    return __atomic_load_n(&page->faulted, __ATOMIC_ACQUIRE) ^ page->quarantined;
}

void faults_answer(uint32_t functions)
{
    struct public_page *page = (struct public_page *)VA_PUBLIC;
    __atomic_store_n(&page->quarantined, page->quarantined ^ functions, __ATOMIC_SEQ_CST);
    machine_knock(faults.reader);
}

void faults_forget(void)
{
    if (faults.has_reader && cpu.domain->function_count != 0)
        machine_knock(faults.reader);
}
