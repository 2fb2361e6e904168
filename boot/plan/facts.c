/* SPDX-License-Identifier: Apache-2.0 */
/* Do the firmware's facts make sense? */
#include "align.h"
#include "diagnostic.h"
#include "place.h"

#define MEMORY_LIMIT (1ull << 46)
#define WINDOW_LIMIT (1ull << 47) /* one to one in the lower half of a page table */
enum { WINDOWS = 3 + MAX_IOAPICS + MAX_ECAMS + MAX_IOMMUS };

static bool check_cpus(const struct facts *facts, struct diagnostic *why)
{
    uint32_t boot = 0;
    if (facts->cpu_count == 0 || facts->cpu_count > MAX_CPUS)
        return diagnose(why,
                        "the firmware lists %u processors, 1 to %u can be used: update the "
                        "firmware or switch cores off in its setup",
                        facts->cpu_count, MAX_CPUS);
    for (uint32_t i = 0; i < facts->cpu_count; i++) {
        boot += facts->cpus[i].boot;
        if (facts->cpus[i].core_id == 0)
            return diagnose(why,
                            "I2: nothing says whose threads the processor with APIC id %u shares "
                            "its core with: update the firmware",
                            facts->cpus[i].apic_id);
        for (uint32_t j = 0; j < i; j++)
            if (facts->cpus[i].apic_id == facts->cpus[j].apic_id)
                return diagnose(why,
                                "the firmware lists two processors with APIC id %u: update "
                                "the firmware",
                                facts->cpus[i].apic_id);
    }
    if (boot != 1)
        return diagnose(why,
                        "the firmware names %u boot processors instead of one: update the "
                        "firmware",
                        boot);
    return true;
}

/* Whole pages that a processor can reach, ascending, disjoint. `what` names the list. */
static bool check_ranges(const struct facts *facts, const struct free_range *list, uint32_t count,
                         uint32_t most, const char *what, struct diagnostic *why)
{
    uint64_t limit = min_u64(MEMORY_LIMIT, 1ull << facts->physical_address_bits), end = 0;
    if (count == 0 || count > most)
        return diagnose(why,
                        "the firmware lists %u ranges of %s, 1 to %u can be used: update the "
                        "firmware",
                        count, what, most);
    for (uint32_t i = 0; i < count; i++) {
        const struct free_range *range = &list[i];
        if (range->bytes == 0 || (range->base | range->bytes) % PAGE_BYTES ||
            range->base >= limit || range->bytes > limit - range->base)
            return diagnose(why,
                            "the firmware lists %s of %lu bytes at %lx, which no processor can "
                            "reach so: update the firmware",
                            what, range->bytes, range->base);
        if (range->base < end)
            return diagnose(why,
                            "the firmware's %s at %lx overlaps the range before it, which ends at "
                            "%lx: update the firmware",
                            what, range->base, end);
        end = range->base + range->bytes;
    }
    return true;
}

/* Free memory is memory: the hypervisor's first page table maps what is listed and nothing else. */
static bool check_memory(const struct facts *facts, struct diagnostic *why)
{
    if (!check_ranges(facts, facts->memory, facts->memory_count, MAX_MEMORY_RANGES, "memory",
                      why) ||
        !check_ranges(facts, facts->free, facts->free_count, MAX_FREE_RANGES, "free memory", why))
        return false;
    for (uint32_t i = 0, at = 0; i < facts->free_count; i++) {
        const struct free_range *range = &facts->free[i];
        while (at < facts->memory_count &&
               facts->memory[at].base + facts->memory[at].bytes <= range->base)
            at++;
        if (at == facts->memory_count || range->base < facts->memory[at].base ||
            range->base + range->bytes > facts->memory[at].base + facts->memory[at].bytes)
            return diagnose(why,
                            "the firmware lists free memory at %lx that is not among its memory: "
                            "update the firmware",
                            range->base);
    }
    return true;
}

/*
 * Device windows in what is said to be RAM would end in a domain's hands, or be mapped as memory
 * while the hypervisor starts.
 */
static bool check_windows(const struct facts *facts, struct diagnostic *why)
{
    struct free_range windows[WINDOWS] = {{0xfee00000, PAGE_BYTES}};
    uint64_t limit = min_u64(WINDOW_LIMIT, 1ull << facts->physical_address_bits);
    uint32_t count = 1;
    if (facts->screen.base)
        windows[count++] = (struct free_range){facts->screen.base, facts->screen.bytes};
    for (uint32_t i = 0; i < facts->ecam_count; i++)
        windows[count++] = ecam_range(&facts->ecam[i]);
    if (facts->hpet_base)
        windows[count++] = (struct free_range){facts->hpet_base, PAGE_BYTES};
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        windows[count++] = (struct free_range){facts->iommus[i].registers, PAGE_BYTES};
    for (uint32_t i = 0; i < facts->ioapic_count; i++)
        windows[count++] = (struct free_range){facts->ioapics[i].address, PAGE_BYTES};
    for (uint32_t i = 0; i < count; i++) {
        const struct free_range *window = &windows[i];
        if (window->base + window->bytes < window->base || window->base + window->bytes > limit)
            return diagnose(why,
                            "the firmware names a device window at %lx (%lu bytes) that no "
                            "processor can reach: update the firmware",
                            window->base, window->bytes);
        for (uint32_t j = 0; j < facts->memory_count; j++)
            if (ranges_overlap(window->base, window->bytes, facts->memory[j].base,
                               facts->memory[j].bytes))
                return diagnose(why,
                                "the firmware lists memory at %lx that overlaps the "
                                "device window at %lx: update the firmware",
                                facts->memory[j].base, window->base);
    }
    return true;
}

static bool check_ecam(const struct facts *facts, struct diagnostic *why)
{
    if (facts->ecam_count > MAX_ECAMS)
        return diagnose(why,
                        "the firmware's MCFG table has %u windows, at most %u can be used: switch "
                        "PCI segment groups off in the firmware (VMD, NUMA nodes)",
                        facts->ecam_count, MAX_ECAMS);
    for (uint32_t i = 0; i < facts->ecam_count; i++) {
        const struct fact_ecam *ecam = &facts->ecam[i];
        if (ecam->bus_first > ecam->bus_last || ecam->bus_last > 255 || ecam->base == 0)
            return diagnose(why,
                            "the firmware's MCFG table names the buses %u to %u at %lx: update the "
                            "firmware",
                            ecam->bus_first, ecam->bus_last, ecam->base);
        for (uint32_t j = 0; j < i; j++) {
            const struct fact_ecam *other = &facts->ecam[j];
            if (other->segment == ecam->segment && other->base != ecam->base &&
                other->bus_first <= ecam->bus_last && ecam->bus_first <= other->bus_last)
                return diagnose(why,
                                "the firmware's MCFG table has a bus of segment group %u both at "
                                "%lx and at %lx: update the firmware",
                                ecam->segment, other->base, ecam->base);
        }
    }
    return true;
}

bool facts_check(const struct facts *facts, struct diagnostic *why)
{
    if (facts->physical_address_bits < 32 || facts->physical_address_bits > 52)
        return diagnose(why, "the processor claims %u physical address bits; it cannot be used",
                        facts->physical_address_bits);
    if (facts->tsc_hz == 0)
        return diagnose(why, "the time stamp counter's frequency could not be measured: switch "
                             "the TSC or ACPI timer on in the firmware's setup");
    if (facts->ioapic_count == 0 || facts->ioapic_count > MAX_IOAPICS)
        return diagnose(why, "the firmware lists %u I/O APICs, 1 to %u can be masked: update it",
                        facts->ioapic_count, MAX_IOAPICS);
    if (facts->iommu_count > MAX_IOMMUS)
        return diagnose(why, "the firmware lists %u IOMMU units, at most %u can be silenced",
                        facts->iommu_count, MAX_IOMMUS);
    if (!check_ecam(facts, why))
        return false;
    return check_cpus(facts, why) && check_memory(facts, why) && check_windows(facts, why);
}
