/* SPDX-License-Identifier: Apache-2.0 */
/* The display's table: see the header. */
#include "display.h"
#include "align.h"
#include "judge.h"
#include "mute.h"

/* The one range that is kept for it; false: there is none, several, or one of who knows whom. */
static bool kept_for(const struct facts *facts, uint32_t index, struct free_range *range)
{
    uint32_t found = 0;
    for (uint32_t i = 0; i < facts->reserved_count; i++) {
        const struct fact_reserved *kept = &facts->reserved[i];
        bool lost;
        if (!is_kept_for(facts, kept, index, &lost))
            continue;
        if (lost)
            return false;
        *range = (struct free_range){kept->base, kept->end - kept->base};
        found++;
    }
    return found == 1;
}

/* A function's register in it, which need not have been sized: where that begins at least. */
static bool holds_registers(const struct facts *facts, const struct free_range *range)
{
    for (uint32_t i = 0; i < facts->function_count * MAX_BARS; i++) {
        const struct fact_bar *bar = &facts->functions[i / MAX_BARS].bars[i % MAX_BARS];
        if (bar->base != 0 && !(bar->type & BAR_PORTS) &&
            ranges_overlap(range->base, range->bytes, bar->base, bar->bytes ? bar->bytes : 1))
            return true;
    }
    return false;
}

static bool has_ids(const struct handoff *handoff)
{
    for (uint32_t i = 0; i < handoff->iommu_count; i++)
        if (unit_domains(handoff->iommus[i].capability) <= handoff->domain_count + 1)
            return false;
    return handoff->iommu_count > 0;
}

void display_grant(const struct facts *facts, struct handoff *handoff)
{
    struct free_range range;
    uint32_t index = mute_display(facts);
    uint64_t where;
    if (index == FUNCTION_NONE || !has_ids(handoff))
        return;
    uint32_t pci = facts->functions[index].pci;
    if (pci >> 16 || is_assigned(handoff, pci) || !kept_for(facts, index, &range) ||
        range.base + range.bytes > unit_limit(facts, index) || taken_by(facts, &range, &where) ||
        holds_registers(facts, &range))
        return;
    handoff->display =
        (struct handoff_display){.base = range.base, .bytes = range.bytes, .pci = pci};
}
