/* SPDX-License-Identifier: Apache-2.0 */
/* The rule that compares a manifest's memory with the map that firmware gave. */
#include "../hw/inventory.h"
#include "rules.h"

#include <string.h>

/* The first range that firmware keeps between `start` and `end`, NULL if it keeps none. */
static const struct hw_range *kept(const struct hw *hw, uint64_t start, uint64_t end)
{
    for (uint32_t i = 0; i < hw->range_count; i++) {
        const struct hw_range *range = &hw->ranges[i];

        if (strcmp(range->type, "System RAM") != 0 && range->start <= end && start <= range->end)
            return range;
    }
    return NULL;
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
    const struct hw_range *range = kept(hw, start, end);
    const char *where =
        say(&check->arena, "the memory of %s, 0x%llx-0x%llx,", domain_of(check, domain),
            (unsigned long long)start, (unsigned long long)end);

    if (range)
        report(check, domain->memory_at.at,
               say(&check->arena, "%s lies over 0x%llx-0x%llx, which in %s firmware keeps as %s",
                   where, (unsigned long long)range->start, (unsigned long long)range->end,
                   inventory_text(check), quote(&check->arena, range->type, strlen(range->type))),
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
    uint64_t wanted = 0;

    if (!hw || hw->range_count == 0)
        return;
    if (memory->valid && memory->value > hw->memory_bytes)
        report(check, memory->at,
               say(&check->arena, "platform.memory is %s, but %s has %lluM",
                   size_text(&check->arena, memory->value), inventory_text(check),
                   (unsigned long long)(hw->memory_bytes >> 20)),
               "correct platform.memory, or name the inventory of the right machine");
    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        bool fitted = wanted <= hw->memory_bytes;

        if (!domain->memory.valid)
            continue;
        wanted += domain->memory.value;
        if (fitted && wanted > hw->memory_bytes)
            report(check, domain->memory.at,
                   say(&check->arena, "%s brings the memory that is wanted to %s, but %s has %lluM",
                       domain_of(check, domain), size_text(&check->arena, wanted),
                       inventory_text(check), (unsigned long long)(hw->memory_bytes >> 20)),
                   "give the domains less memory, or take a larger machine");
        if (domain->memory_at.valid)
            look_at_place(check, hw, domain);
    }
}
