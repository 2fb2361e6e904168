/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about the buses of the inventory: what the loader asks of them before it gives a function
 * away (boot/plan/groups.c, boot/plan/remapping.c).
 */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

/* One that has no bus numbers yet has nothing below. */
static bool has_buses(const struct hw_function *function)
{
    return function->is_bridge && (function->secondary | function->subordinate) != 0;
}

static uint32_t bus_of(const struct hw_function *function)
{
    return function->address >> 8 & 0xff;
}

static bool contains(const struct hw_function *bridge, uint32_t bus)
{
    return bridge->secondary <= bus && bus <= bridge->subordinate;
}

/* The other lies below this one, this one below the other, or they share no bus. */
static bool are_apart(const struct hw_function *one, const struct hw_function *other)
{
    if (contains(one, bus_of(other)))
        return contains(one, other->secondary) && contains(one, other->subordinate) &&
               other->secondary > one->secondary;
    if (contains(other, bus_of(one)))
        return are_apart(other, one);
    return one->subordinate < other->secondary || other->subordinate < one->secondary;
}

static const char *bridge_text(struct check *check, const struct hw_function *bridge)
{
    return say(&check->arena, "%s (buses %02x to %02x)", pci_text(&check->arena, bridge->address),
               bridge->secondary, bridge->subordinate);
}

/* What is wrong with a bridge's numbers, NULL: nothing. */
static const char *bus_problem(struct check *check, const struct hw *hw, uint32_t index)
{
    const struct hw_function *one = &hw->functions[index];

    if (!has_buses(one))
        return NULL;
    if (one->secondary <= bus_of(one) || one->subordinate < one->secondary)
        return say(&check->arena, "the bridge %s leads to what can't lie below it",
                   bridge_text(check, one));
    for (uint32_t i = 0; i < index; i++) {
        const struct hw_function *other = &hw->functions[i];

        if (has_buses(other) && other->address >> 16 == one->address >> 16 &&
            !are_apart(one, other))
            return say(&check->arena, "the bridges %s and %s overlap or loop",
                       bridge_text(check, other), bridge_text(check, one));
    }
    return NULL;
}

void rule_bus_numbers(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    if (!hw || !owned_device(&check->model, 0, &owned))
        return;
    for (uint32_t i = 0; i < hw->function_count; i++) {
        const char *problem = bus_problem(check, hw, i);

        if (!problem)
            continue;
        report(check, owned.device->pci.at,
               say(&check->arena, "%s lists %s, but in %s %s", owner_text(check, &owned),
                   pci_text(&check->arena, owned.device->pci.value), inventory_text(check),
                   problem),
               "update the firmware and save the inventory anew: whose bus it is nobody knows");
        return;
    }
}

/* Its own configuration space, and that of the port which may have to reset it. */
static void look_at_window(const struct found *found)
{
    const struct hw *hw = found->hw;
    const struct hw_function *above = hw_bridge_above(hw, found->function);
    uint32_t last = bus_of(found->function), bus = above ? bus_of(above) : last;

    if (!hw->has_ecam || (hw->ecam_first <= bus && last <= hw->ecam_last) ||
        found->function->address >> 16 != 0)
        return;
    report(
        found->check, found->owned.device->pci.at,
        say(&found->check->arena,
            "%s lists %s, but in %s the firmware's table MCFG has a window for the buses %02x to "
            "%02x, and it is on %02x, below %02x",
            owner_text(found->check, &found->owned),
            pci_text(&found->check->arena, found->function->address), inventory_text(found->check),
            hw->ecam_first, hw->ecam_last, last, bus),
        "update the firmware, or put the card into another slot");
}

void rule_ecam_window(struct check *check)
{
    inventory_each_found(check, look_at_window);
}
