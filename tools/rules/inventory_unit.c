/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about what the IOMMU's units can do, as the loader asks of them (boot/plan/remapping.c).
 * Where the inventory does not show a unit's registers, nothing is known, and the loader decides.
 */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

enum {
    WIDTH_3_LEVELS = 39,
    WIDTH_4_LEVELS = 48,
    /* VT-d, "Extended Capability Register" */
    UNIT_QUEUE = 1 << 1,
    UNIT_INTERRUPTS = 1 << 3,
    UNIT_X2APIC = 1 << 4,
    /* "Capability Register" */
    UNIT_3_LEVELS = 1 << 9,
    UNIT_4_LEVELS = 1 << 10,
};

static const char *lacks(const struct hw_unit *unit, uint32_t domains)
{
    if (!unit->shows)
        return NULL;
    return !(unit->extended & UNIT_QUEUE)        ? "no queued invalidation"
           : !(unit->extended & UNIT_INTERRUPTS) ? "no interrupt remapping"
           : !(unit->extended & UNIT_X2APIC)     ? "no interrupt remapping for x2APIC mode (EIM)"
           : 1u << (4 + 2 * (unit->capability & 7)) <= domains ? "too few domain ids"
                                                               : NULL;
}

void rule_iommu_unit(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    if (!hw || !owned_device(&check->model, 0, &owned))
        return;
    for (uint32_t i = 0; i < hw->unit_count; i++) {
        const char *what = lacks(&hw->units[i], partition_count(check));

        if (!what)
            continue;
        report(check, owned.device->pci.at,
               say(&check->arena, "%s lists %s, but the IOMMU unit at 0x%llx of %s has %s",
                   owner_text(check, &owned), pci_text(&check->arena, owned.device->pci.value),
                   (unsigned long long)hw->units[i].base, inventory_text(check), what),
               "assign no device on this machine, or use another board");
        return;
    }
}

static uint64_t reach_of(const struct hw_unit *unit)
{
    uint64_t width = (unit->capability >> 16 & 0x3f) + 1;
    uint64_t most = unit->capability & UNIT_4_LEVELS ? WIDTH_4_LEVELS : WIDTH_3_LEVELS;

    return 1ull << (width < most ? width : most);
}

static void look_at_reach(const struct found *found)
{
    struct check *check = found->check;
    const struct hw_unit *unit = hw_unit_of(found->hw, found->function);
    const char *problem = NULL;

    if (!unit || !unit->shows || hw_is_bridge(found->function))
        return;
    if (!(unit->capability & (UNIT_3_LEVELS | UNIT_4_LEVELS)))
        problem = "walks tables of neither 3 nor 4 levels";
    for (int i = 0; i < HW_BARS && !problem; i++) {
        const struct hw_bar *bar = &found->function->bars[i];

        if (hw_is_memory(bar) && bar->end >= reach_of(unit) &&
            found->owned.device->interrupts.value != INTERRUPTS_NONE)
            problem = say(&check->arena, "can't reach its BAR %d (0x%llx-0x%llx)", i,
                          (unsigned long long)bar->start, (unsigned long long)bar->end);
    }
    if (problem)
        report(check, found->owned.device->pci.at,
               say(&check->arena, "%s lists %s, whose IOMMU unit in %s, at 0x%llx, %s",
                   owner_text(check, &found->owned),
                   pci_text(&check->arena, found->owned.device->pci.value), inventory_text(check),
                   (unsigned long long)unit->base, problem),
               "turn decoding above 4 GiB off in firmware, or use another board");
}

void rule_iommu_reach(struct check *check)
{
    inventory_each_found(check, look_at_reach);
}
