/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about what the machine's hardware cannot separate, as its inventory shows it. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

enum { MEMBERS_SHOWN = 16, CLASS_HOST_BRIDGE = 0x0600 };

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

/* What people call the function, and who has it. */
static const char *member_text(struct check *check, const struct hw *hw,
                               const struct hw_function *function, const struct owned *owned)
{
    const char *organ = hw_organ(hw, function);
    const char *who = owned->device ? say(&check->arena, "%s, %s", owner_text(check, owned),
                                          line_of(check, owned->device->pci.at))
                                    : "nobody";

    return say(&check->arena, "%s (%s%s%s)", pci_text(&check->arena, function->address),
               organ ? organ : "", organ ? "; " : "", who);
}

/*
 * The group's functions with their owners as text; `split`: not all have the owner given, or one is
 * an organ of the board, which nobody can have.
 */
static const char *group_text(struct check *check, const struct hw *hw, int32_t group,
                              const struct owned *owner, bool *split)
{
    const char *text = NULL;
    uint32_t shown = 0;
    struct owned owned;

    *split = false;
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *function = &hw->functions[i];

        if (function->group != group || (hw_is_bridge(function) && !hw_organ(hw, function)))
            continue;
        if (!owner_of(&check->model, function, &owned))
            owned.device = NULL;
        *split |= !owned.device || owned.domain != owner->domain;
        if (shown++ < MEMBERS_SHOWN)
            text = say(&check->arena, "%s%s%s", text ? text : "", text ? ", " : "",
                       member_text(check, hw, function, &owned));
    }
    return shown > MEMBERS_SHOWN ? say(&check->arena, "%s and more", text) : text;
}

/* A member on a root bus is part of the board: no slot separates it. */
static bool is_onboard(const struct hw *hw, int32_t group)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        if (hw->functions[i].group == group && hw->functions[i].address >> 8 == 0 &&
            !hw_is_bridge(&hw->functions[i]))
            return true;
    }
    return false;
}

static const char *group_remedy(const struct hw *hw, const struct hw_function *function)
{
    if (hw_organ(hw, function) || hw_group_organ(hw, function))
        return "leave the whole group to nobody: with an organ of the board in it, no domain can "
               "have it; use a card in a slot instead";
    return is_onboard(hw, function->group)
               ? "give all of them to one domain, or leave the whole group to nobody"
               : "give all of them to one domain, or put the card into a slot below a root port "
                 "with ACS";
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

    if (!hw)
        return;
    for (uint32_t i = 0; owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);
        bool split;

        if (!function || function->group < 0 || hw_is_bridge(function) ||
            group_was_seen(check, hw, i, function->group))
            continue;
        const char *members = group_text(check, hw, function->group, &owned, &split);
        if (split)
            report(check, owned.device->pci.at,
                   say(&check->arena, "nothing separates the functions of IOMMU group %d of %s: %s",
                       function->group, inventory_text(check), members),
                   group_remedy(hw, function));
    }
}

/* So that a pair is reported once. */
static bool stands_before(const struct model *model, const struct owned *other, uint32_t n)
{
    struct owned owned;

    for (uint32_t i = 0; i < n && owned_device(model, i, &owned); i++) {
        if (owned.device == other->device)
            return true;
    }
    return false;
}

/* Two functions that Linux has in two groups or in none, and something without ACS joins. */
static const struct hw_function *neighbour_of(const struct model *model, const struct hw *hw,
                                              uint32_t n, const struct hw_function *function,
                                              const struct owned *owner, struct owned *other)
{
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *one = &hw->functions[i];

        if (one == function || one->is_bridge || one->class_code >> 8 == CLASS_HOST_BRIDGE ||
            one->physical >= 0 || (one->group >= 0 && one->group == function->group) ||
            !hw_joining_port(function, one))
            continue;
        if (!owner_of(model, one, other))
            other->device = NULL;
        if (!other->device || (other->domain != owner->domain && stands_before(model, other, n)))
            return one;
    }
    return NULL;
}

void rule_iommu_group_quirk(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned, other;

    if (!hw)
        return;
    for (uint32_t i = 0; owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);
        const struct hw_function *one =
            function ? neighbour_of(&check->model, hw, i, function, &owned, &other) : NULL;

        if (one)
            report(check, owned.device->pci.at,
                   say(&check->arena, "%s of %s and %s reach each other past the IOMMU: in %s %s%s",
                       pci_text(&check->arena, function->address), owner_text(check, &owned),
                       member_text(check, hw, one, &other), inventory_text(check),
                       hw_joint_text(&check->arena, hw_joining_port(function, one)),
                       function->group >= 0 && one->group >= 0
                           ? "; Linux separates these by a quirk that Bulkhead doesn't have"
                           : ""),
                   "give both to one domain, or put one of the cards below a port with ACS; if the "
                   "inventory was saved without root, save it anew");
    }
}

/* Why no device can be assigned on this machine, NULL: one can. */
static const char *lacks_remapping(const struct hw *hw)
{
    if (hw_is_amd_board(hw))
        return "an IOMMU of AMD, which is not supported yet";
    if (hw->tables_listed && !hw->lists_dmar)
        return "no DMA remapping (no ACPI table DMAR)";
    if (!hw->dmar_whole)
        return "an ACPI table DMAR that is not there whole: what the IOMMU has, and what "
               "firmware keeps (RMRR), is not known";
    if (hw->has_dmar && (hw->dmar_flags & 2) != 0)
        return "an opt-out of x2APIC mode, without which interrupt remapping does not serve (flags "
               "of the ACPI table DMAR)";
    return hw->has_dmar && (hw->dmar_flags & 1) == 0
               ? "no interrupt remapping (flags of the ACPI table DMAR)"
               : NULL;
}

/* Without DMA remapping a device reaches all memory, without the other it raises any interrupt. */
void rule_iommu_missing(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    if (!hw || !owned_device(&check->model, 0, &owned))
        return;
    const char *lack = lacks_remapping(hw);
    if (lack)
        report(check, owned.device->pci.at,
               say(&check->arena, "%s lists %s, but %s has %s", owner_text(check, &owned),
                   pci_text(&check->arena, owned.device->pci.value), inventory_text(check), lack),
               hw_is_amd_board(hw)
                   ? "assign no device on this machine, or use a board with Intel's VT-d"
                   : "turn VT-d on in firmware, interrupt remapping too, and save the inventory "
                     "anew, as root; without it no device can be assigned");
}
