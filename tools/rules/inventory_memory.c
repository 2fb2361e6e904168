/* SPDX-License-Identifier: Apache-2.0 */
/* The rule that compares a manifest's memory with the map that firmware gave. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include <string.h>

/*
 * The first range that firmware keeps between `start` and `end`; false: none. What it keeps for
 * devices (RMRR) its map may well call RAM.
 */
static bool find_kept(struct check *check, const struct hw *hw, uint64_t start, uint64_t end,
                      struct hw_range *out)
{
    for (uint32_t i = 0; i < hw->range_count; i++) {
        *out = hw->ranges[i];
        if (strcmp(out->type, "System RAM") != 0 && out->start <= end && start <= out->end)
            return true;
    }
    for (uint32_t i = 0; i < hw->reserved_count; i++) {
        const struct hw_reserved *range = &hw->reserved[i];

        *out = (struct hw_range){range->base, range->limit,
                                 say(&check->arena, "memory of %s (RMRR)", range->scope.text)};
        if (out->start <= end && start <= out->end)
            return true;
    }
    return false;
}

/* How much of it is RAM. */
static uint64_t ram_within(const struct hw *hw, uint64_t start, uint64_t end)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < hw->range_count; i++) {
        const struct hw_range *range = &hw->ranges[i];
        uint64_t from = range->start > start ? range->start : start;
        uint64_t to = range->end < end ? range->end : end;

        if (strcmp(range->type, "System RAM") == 0 && from <= to)
            sum += to - from + 1;
    }
    return sum;
}

static void look_at_place(struct check *check, const struct hw *hw,
                          const struct model_domain *domain)
{
    uint64_t start = domain->memory_at.value, end = start + domain->memory.value - 1;
    struct hw_range range;
    const char *where =
        say(&check->arena, "the memory of %s, 0x%llx-0x%llx,", domain_of(check, domain),
            (unsigned long long)start, (unsigned long long)end);

    if (find_kept(check, hw, start, end, &range))
        report(check, domain->memory_at.at,
               say(&check->arena, "%s lies over 0x%llx-0x%llx, which in %s firmware keeps as %s",
                   where, (unsigned long long)range.start, (unsigned long long)range.end,
                   inventory_text(check), quote(&check->arena, range.type, strlen(range.type))),
               "move it, or leave `memory_at` out");
    else if (ram_within(hw, start, end) < domain->memory.value)
        report(check, domain->memory_at.at,
               say(&check->arena, "%s lies in part where %s has no memory", where,
                   inventory_text(check)),
               "move it, or leave `memory_at` out");
}

void rule_memory_inventory(struct check *check)
{
    const struct number *memory = &check->model.platform.memory;
    const struct hw *hw = inventory(check);

    if (!hw || hw->range_count == 0)
        return;
    if (memory->valid && memory->value > hw->memory_bytes)
        report(check, memory->at,
               say(&check->arena, "platform.memory is %s, but %s has %lluM",
                   size_text(&check->arena, memory->value), inventory_text(check),
                   (unsigned long long)(hw->memory_bytes >> 20)),
               "correct platform.memory, or name the inventory of the right machine");
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);

        if (domain->memory.valid && domain->memory_at.valid)
            look_at_place(check, hw, domain);
    }
}
