/* SPDX-License-Identifier: Apache-2.0 */
/* Which processor runs which domain (I2). */
#include "diagnostic.h"
#include "place.h"

/* Interrupts of a guest without remapping of its own reach only ids of 8 bits (TRAPS 15). */
enum { APIC_ID_MAX = 254 };

/* handoff->cpus[] in ascending order of APIC id; nobody owns them yet. */
static void list_cpus(const struct placement *placement)
{
    const struct facts *facts = placement->facts;
    struct handoff *handoff = placement->handoff;
    for (uint32_t i = 0; i < facts->cpu_count; i++) {
        uint32_t rank = 0;
        for (uint32_t j = 0; j < facts->cpu_count; j++)
            rank += facts->cpus[j].apic_id < facts->cpus[i].apic_id;
        handoff->cpus[rank] = (struct handoff_cpu){.apic_id = facts->cpus[i].apic_id,
                                                   .domain = HANDOFF_NOBODY,
                                                   .sources = facts->cpus[i].sources};
        if (facts->cpus[i].boot) {
            handoff->boot_cpu = rank;
            handoff->cpus[rank].sources |= HANDOFF_STARTED;
        }
    }
    handoff->cpu_count = facts->cpu_count;
}

static uint32_t core_of(const struct placement *placement, uint32_t apic_id)
{
    const struct facts *facts = placement->facts;
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        if (facts->cpus[i].apic_id == apic_id)
            return facts->cpus[i].core_id;
    return 0;
}

/* A processor on the same core that another domain has, or NULL. */
static const struct handoff_cpu *foreign_sibling(const struct placement *placement, uint32_t cpu,
                                                 uint32_t domain)
{
    const struct handoff *handoff = placement->handoff;
    uint32_t core = core_of(placement, handoff->cpus[cpu].apic_id);
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (handoff->cpus[i].domain != HANDOFF_NOBODY && handoff->cpus[i].domain != domain &&
            core_of(placement, handoff->cpus[i].apic_id) == core)
            return &handoff->cpus[i];
    return NULL;
}

static void take(const struct placement *placement, uint32_t cpu, uint32_t index)
{
    struct handoff_domain *domain = &placement->handoff->domains[index];
    placement->handoff->cpus[cpu].domain = index;
    placement->handoff->cpus[cpu].index = domain->cpu_count;
    domain->cpus[domain->cpu_count++] = cpu;
}

static bool take_pinned(const struct placement *placement, uint32_t index, uint32_t apic_id)
{
    struct handoff *handoff = placement->handoff;
    const struct manifest_domain *domains = placement->manifest->domains;
    uint32_t cpu = 0;
    while (cpu < handoff->cpu_count && handoff->cpus[cpu].apic_id != apic_id)
        cpu++;
    if (cpu == handoff->cpu_count)
        return diagnose(placement->why,
                        "domain %s wants the processor with APIC id %u, which this machine has "
                        "not: the firmware lists %u, ids %u to %u; change `cpus`",
                        domains[index].name, apic_id, handoff->cpu_count, handoff->cpus[0].apic_id,
                        handoff->cpus[handoff->cpu_count - 1].apic_id);
    if (apic_id > APIC_ID_MAX)
        return diagnose(placement->why,
                        "domain %s wants the processor with APIC id %u, but guests can use ids up "
                        "to %u only; change `cpus`",
                        domains[index].name, apic_id, APIC_ID_MAX);
    const struct handoff_cpu *sibling = foreign_sibling(placement, cpu, index);
    if (sibling)
        return diagnose(placement->why,
                        "domains %s and %s want the processors with APIC ids %u and %u, which are "
                        "threads of one core (I2): give both to one domain",
                        domains[sibling->domain].name, domains[index].name, sibling->apic_id,
                        apic_id);
    take(placement, cpu, index);
    return true;
}

/* Ascending from number `first` on; each learns its number. */
static void sort(const struct placement *placement, uint32_t index, uint32_t first)
{
    struct handoff_domain *out = &placement->handoff->domains[index];
    for (uint32_t i = first + 1; i < out->cpu_count; i++)
        for (uint32_t j = i; j > first && out->cpus[j] < out->cpus[j - 1]; j--) {
            uint32_t higher = out->cpus[j - 1];
            out->cpus[j - 1] = out->cpus[j];
            out->cpus[j] = higher;
        }
    for (uint32_t i = 0; i < out->cpu_count; i++)
        placement->handoff->cpus[out->cpus[i]].index = i;
}

/* The first one of the list is the boot processor, the others follow ascending (TRAPS 9). */
static bool place_pinned(const struct placement *placement, uint32_t index)
{
    const struct manifest_domain *domain = &placement->manifest->domains[index];
    for (uint32_t i = 0; i < domain->cpu_count; i++)
        if (!take_pinned(placement, index, domain->cpus[i]))
            return false;
    sort(placement, index, 1);
    return true;
}

static bool is_free(const struct placement *placement, uint32_t cpu, uint32_t index)
{
    const struct handoff_cpu *one = &placement->handoff->cpus[cpu];
    return one->domain == HANDOFF_NOBODY && one->apic_id <= APIC_ID_MAX &&
           !foreign_sibling(placement, cpu, index);
}

static bool same_core(const struct placement *placement, uint32_t one, uint32_t other)
{
    const struct handoff_cpu *cpus = placement->handoff->cpus;
    return core_of(placement, cpus[one].apic_id) == core_of(placement, cpus[other].apic_id);
}

/*
 * How well the core of `cpu` serves one that wants `left` processors more: 3 whole, with an even
 * number left to find; 2 whole; 1 in part, so that a thread is lost; 0 not at all.
 */
static unsigned core_serves(const struct placement *placement, uint32_t cpu, uint32_t index,
                            uint32_t left)
{
    uint32_t threads = 0;
    if (!is_free(placement, cpu, index))
        return 0;
    for (uint32_t i = 0; i < placement->handoff->cpu_count; i++)
        threads += same_core(placement, i, cpu) && is_free(placement, i, index);
    if (threads > left)
        return 1;
    return (left - threads) % 2 ? 2 : 3;
}

/* The core that serves best, and of equal ones the lowest; false: there is none. */
static bool take_core(const struct placement *placement, uint32_t index, uint32_t left)
{
    uint32_t best = 0;
    unsigned most = 0;
    for (uint32_t cpu = 0; cpu < placement->handoff->cpu_count; cpu++) {
        unsigned serves = core_serves(placement, cpu, index, left);
        if (serves > most) {
            most = serves;
            best = cpu;
        }
    }
    for (uint32_t cpu = best; most > 0 && left > 0 && cpu < placement->handoff->cpu_count; cpu++)
        if (same_core(placement, cpu, best) && is_free(placement, cpu, index)) {
            take(placement, cpu, index);
            left--;
        }
    return most > 0;
}

static bool place_any(const struct placement *placement, uint32_t index)
{
    const struct manifest_domain *domain = &placement->manifest->domains[index];
    const struct handoff_domain *out = &placement->handoff->domains[index];
    while (out->cpu_count < domain->cpu_count)
        if (!take_core(placement, index, domain->cpu_count - out->cpu_count))
            return diagnose(placement->why,
                            "domain %s wants %u processors, but of the %u of this machine only %u "
                            "are left for it (threads of one core go to one domain only): lower "
                            "`cpus` of a domain or use a machine with more",
                            domain->name, domain->cpu_count, placement->handoff->cpu_count,
                            out->cpu_count);
    sort(placement, index, 0);
    return true;
}

bool place_cpus(const struct placement *placement)
{
    const struct manifest *manifest = placement->manifest;
    list_cpus(placement);
    if (manifest->header->platform_cpus > placement->facts->cpu_count)
        return diagnose(placement->why,
                        "the manifest is for a machine with %u processors, this one has %u: "
                        "correct `platform` or switch on all cores in the firmware's setup",
                        manifest->header->platform_cpus, placement->facts->cpu_count);
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        if (manifest->domains[i].flags & MANIFEST_CPUS_PINNED && !place_pinned(placement, i))
            return false;
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        if (!(manifest->domains[i].flags & MANIFEST_CPUS_PINNED) && !place_any(placement, i))
            return false;
    return true;
}
