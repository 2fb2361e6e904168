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
        handoff->cpus[rank] =
            (struct handoff_cpu){.apic_id = facts->cpus[i].apic_id, .domain = HANDOFF_NOBODY};
        if (facts->cpus[i].boot)
            handoff->boot_cpu = rank;
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

/* The first one of the list is the boot processor, the others follow ascending (TRAPS 9). */
static bool place_pinned(const struct placement *placement, uint32_t index)
{
    const struct manifest_domain *domain = &placement->manifest->domains[index];
    struct handoff_domain *out = &placement->handoff->domains[index];
    for (uint32_t i = 0; i < domain->cpu_count; i++)
        if (!take_pinned(placement, index, domain->cpus[i]))
            return false;
    for (uint32_t i = 2; i < out->cpu_count; i++)
        for (uint32_t j = i; j > 1 && out->cpus[j] < out->cpus[j - 1]; j--) {
            uint32_t higher = out->cpus[j - 1];
            out->cpus[j - 1] = out->cpus[j];
            out->cpus[j] = higher;
        }
    for (uint32_t i = 0; i < out->cpu_count; i++)
        placement->handoff->cpus[out->cpus[i]].index = i;
    return true;
}

static bool place_any(const struct placement *placement, uint32_t index)
{
    struct handoff *handoff = placement->handoff;
    const struct manifest_domain *domain = &placement->manifest->domains[index];
    struct handoff_domain *out = &handoff->domains[index];
    for (uint32_t cpu = 0; cpu < handoff->cpu_count && out->cpu_count < domain->cpu_count; cpu++)
        if (handoff->cpus[cpu].domain == HANDOFF_NOBODY &&
            handoff->cpus[cpu].apic_id <= APIC_ID_MAX && !foreign_sibling(placement, cpu, index))
            take(placement, cpu, index);
    if (out->cpu_count < domain->cpu_count)
        return diagnose(placement->why,
                        "domain %s wants %u processors, but of the %u of this machine only %u are "
                        "left for it (threads of one core go to one domain only): lower `cpus` of "
                        "a domain or use a machine with more",
                        domain->name, domain->cpu_count, handoff->cpu_count, out->cpu_count);
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
