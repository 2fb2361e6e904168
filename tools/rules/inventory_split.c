/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about what the machine's hardware cannot separate, as its inventory shows it. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "kernel/abi/manifest.h"
#include "tools/manifest/schema_parse.h"
#include <stdlib.h>
#include <string.h>

enum { MEMBERS_SHOWN = 16 };

/* Who has the function; false: nobody. */
static bool owner_of(const struct model *model, const struct hw_function *function,
                     struct owned *owned)
{
    for (uint32_t i = 0; owned_device(model, i, owned); i++) {
        if (owned->device->pci.valid && owned->device->pci.value == function->address)
            return true;
    }
    return false;
}

static bool is_bridge(const struct hw_function *function)
{
    return function->is_bridge || function->class_code >> 16 == 0x06;
}

/* The group's functions with their owners as text; `split`: not all have the owner given. */
static const char *group_text(struct check *check, const struct hw *hw, int32_t group,
                              const struct owned *owner, bool *split)
{
    const char *text = NULL;
    uint32_t shown = 0;
    struct owned owned;

    *split = false;
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *function = &hw->functions[i];

        if (function->group != group || is_bridge(function))
            continue;
        bool has_owner = owner_of(&check->model, function, &owned);
        *split |= !has_owner || owned.domain != owner->domain;
        if (shown++ >= MEMBERS_SHOWN)
            continue;
        const char *who = has_owner ? say(&check->arena, "%s, %s", owner_text(check, &owned),
                                          line_of(check, owned.device->pci.at))
                                    : "nobody";
        text = say(&check->arena, "%s%s%s (%s)", text ? text : "", text ? ", " : "",
                   pci_text(&check->arena, function->address), who);
    }
    return shown > MEMBERS_SHOWN ? say(&check->arena, "%s and more", text) : text;
}

/* Whether a function of this group stands before the n-th in the manifest. */
static bool group_was_seen(const struct check *check, const struct hw *hw, uint32_t n,
                           int32_t group)
{
    struct owned owned;

    for (uint32_t i = 0; i < n && owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);

        if (function && function->group == group)
            return true;
    }
    return false;
}

void rule_iommu_group_split(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    if (!hw || unsafe_allows(&check->model, MANIFEST_SPLIT_IOMMU_GROUP))
        return;
    for (uint32_t i = 0; owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);
        bool split;

        if (!function || function->group < 0 || is_bridge(function) ||
            group_was_seen(check, hw, i, function->group))
            continue;
        const char *members = group_text(check, hw, function->group, &owned, &split);
        if (split)
            report(check, owned.device->pci.at,
                   say(&check->arena, "nothing separates the functions of IOMMU group %d of %s: %s",
                       function->group, inventory_text(check), members),
                   "give all of them to one domain, or put the card into a slot below a root port "
                   "with ACS");
    }
}

static bool is_among(const int64_t *addresses, size_t count, const struct number *pci)
{
    for (size_t i = 0; i < count; i++) {
        if (pci->valid && addresses[i] == (int64_t)pci->value)
            return true;
    }
    return false;
}

/* Reports the first two owners of functions for which firmware keeps one range. */
static void look_at_reserved(struct check *check, const struct hw *hw,
                             const struct hw_reserved *reserved)
{
    struct owned owned, first = {0};
    int64_t addresses[HW_SCOPE_TEXT];
    size_t count = hw_scope_addresses(hw, reserved, addresses);

    for (uint32_t i = 0; owned_device(&check->model, i, &owned); i++) {
        const struct number *pci = &owned.device->pci;

        if (!is_among(addresses, count, pci))
            continue;
        if (!first.device) {
            first = owned;
        } else if (first.domain != owned.domain) {
            report(check, pci->at,
                   say(&check->arena,
                       "%s of %s and %s of %s (%s) share memory: in %s firmware keeps "
                       "0x%llx-0x%llx for both (RMRR)",
                       pci_text(&check->arena, pci->value), owner_text(check, &owned),
                       pci_text(&check->arena, first.device->pci.value), owner_text(check, &first),
                       line_of(check, first.device->pci.at), inventory_text(check),
                       (unsigned long long)reserved->base, (unsigned long long)reserved->limit),
                   "give both to one domain, or one of them to nobody");
            return;
        }
    }
}

void rule_device_rmrr(struct check *check)
{
    const struct hw *hw = inventory(check);

    for (uint32_t i = 0; hw && i < hw->reserved_count; i++)
        look_at_reserved(check, hw, &hw->reserved[i]);
}

/* Without DMA remapping a device reaches all memory, without the other it raises any interrupt. */
void rule_iommu_missing(struct check *check)
{
    const struct hw *hw = inventory(check);
    const struct model *model = &check->model;
    struct owned owned;

    if (!hw || !hw_is_intel(hw) || !owned_device(model, 0, &owned))
        return;
    bool no_remapping =
        hw->tables_listed && !hw->lists_dmar && !unsafe_allows(model, MANIFEST_NO_DMA_REMAPPING);
    bool no_interrupts = hw->has_dmar && (hw->dmar_flags & 1) == 0 &&
                         !unsafe_allows(model, MANIFEST_NO_INTERRUPT_REMAPPING);
    if (!no_remapping && !no_interrupts)
        return;
    report(check, owned.device->pci.at,
           say(&check->arena, "%s lists %s, but %s has no %s", owner_text(check, &owned),
               pci_text(&check->arena, owned.device->pci.value), inventory_text(check),
               no_remapping ? "DMA remapping (no ACPI table DMAR)"
                            : "interrupt remapping (flags of the ACPI table DMAR)"),
           "turn VT-d on in firmware, interrupt remapping too, and save the inventory anew; "
           "without it no device can be assigned");
}
