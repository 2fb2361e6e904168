/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is there a DMA and interrupt remapping that serves? Every unit is switched on with the same
 * root and remapping tables, so what these need is asked of all; what a domain's tables need, of
 * the units that its functions lie behind. Nothing in the manifest allows less.
 */
#include "align.h"
#include "judge.h"

enum {
    WIDTH_3_LEVELS = 39,
    WIDTH_4_LEVELS = 48,
    /* VT-d, "Extended Capability Register" */
    UNIT_QUEUE = 1 << 1,
    UNIT_INTERRUPTS = 1 << 3,
    UNIT_X2APIC = 1 << 4,
    UNIT_SNOOPS = 1 << 7,
    /* "Capability Register" */
    UNIT_3_LEVELS = 1 << 9,
    UNIT_4_LEVELS = 1 << 10,
};

/* Of a unit that serves more functions, the one that names it goes before INCLUDE_PCI_ALL's. */
static const struct fact_iommu *unit_of(const struct facts *facts, uint32_t index)
{
    const struct fact_iommu *all = NULL;
    uint32_t segment = facts->functions[index].pci >> 16;
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const struct fact_iommu *unit = &facts->iommus[i];
        if (unit->segment != segment)
            continue;
        if (scope_covers(facts, segment, unit->scope_first, unit->scope_count, index))
            return unit;
        if (unit->include_all)
            all = unit;
    }
    return all;
}

uint32_t unit_domains(uint64_t capability)
{
    return 1u << (4 + 2 * (capability & 7));
}

static const char *lacks(const struct fact_iommu *unit, uint32_t domain_count)
{
    uint64_t capability = unit->capability, extended = unit->extended_capability;
    if (!(extended & UNIT_QUEUE))
        return "no queued invalidation";
    if (!(extended & UNIT_INTERRUPTS))
        return "no interrupt remapping";
    if (!(extended & UNIT_X2APIC))
        return "no interrupt remapping for x2APIC mode (EIM)";
    if (unit_domains(capability) <= domain_count) /* 0 is nobody's */
        return "too few domain ids";
    return NULL;
}

bool judge_machine(const struct subject *first)
{
    const struct facts *facts = first->facts;
    if (!facts->dmar || facts->iommu_count == 0)
        return deny(first, ", and the firmware lists no IOMMU that would confine its DMA (ACPI "
                           "table DMAR): switch VT-d on in its setup, or remove `devices` from "
                           "the manifest");
    if (!facts->interrupt_remapping || facts->x2apic_opt_out)
        return deny(first,
                    ", and the firmware's table DMAR %s: switch on interrupt remapping and "
                    "x2APIC mode in its setup, or remove `devices` from the manifest",
                    facts->x2apic_opt_out ? "opts out of x2APIC mode"
                                          : "offers no interrupt remapping");
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const char *what = lacks(&facts->iommus[i], first->manifest->domain_count);
        if (what)
            return deny(first,
                        ", and the IOMMU unit at %lx has %s: assign no device on this machine, "
                        "or use another board",
                        facts->iommus[i].registers, what);
    }
    return buses_check(facts, first->why);
}

/* Its own configuration space, and that of the port which may have to reset it. */
static bool judge_ecam(const struct subject *subject)
{
    const struct fact_ecam *ecam = ecam_first(subject->facts);
    uint32_t above = bridge_above(subject->facts, subject->index);
    uint32_t last = bus_of(subject->fact);
    uint32_t bus = above == FUNCTION_NONE ? last : bus_of(&subject->facts->functions[above]);
    return (ecam && ecam->bus_first <= bus && last <= ecam->bus_last) ||
           deny(subject,
                ", and the firmware's table MCFG has no window with the buses %02x to %02x: "
                "update the firmware",
                bus, last);
}

bool judge_unit(const struct subject *subject)
{
    const struct fact_iommu *unit = unit_of(subject->facts, subject->index);
    if (!judge_ecam(subject))
        return false;
    if (!unit)
        return deny(subject, ", and the firmware's table DMAR names no IOMMU unit for it: update "
                             "the firmware, or put the card into another slot");
    return (unit->capability & (UNIT_3_LEVELS | UNIT_4_LEVELS)) ||
           deny(subject,
                ", and its IOMMU unit at %lx walks tables of neither 3 nor 4 levels: use another "
                "board",
                unit->registers);
}

uint64_t unit_limit(const struct facts *facts, uint32_t index)
{
    const struct fact_iommu *unit = unit_of(facts, index);
    if (!unit)
        return 0;
    uint64_t width = (unit->capability >> 16 & 0x3f) + 1;
    uint64_t most = unit->capability & UNIT_4_LEVELS ? WIDTH_4_LEVELS : WIDTH_3_LEVELS;
    return 1ull << min_u64(width, most);
}

/*
 * No guest may ask that its DMA is not snooped, but a function may ignore that, and the zeros of a
 * new life may still lie in a cache.
 */
bool domain_is_snooped(const struct facts *facts, const struct handoff *handoff, uint32_t domain)
{
    bool any = false;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        const struct fact_function *fact = fact_function(facts, function->pci);
        if (function->domain != domain || function->flags & FUNCTION_SILENT)
            continue;
        const struct fact_iommu *unit =
            fact ? unit_of(facts, (uint32_t)(fact - facts->functions)) : NULL;
        if (!unit || !(unit->extended_capability & UNIT_SNOOPS))
            return false;
        any = true;
    }
    return any;
}
