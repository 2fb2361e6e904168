/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about where the registers of a function lie, and what leads to it: what the loader asks of
 * each before it gives it away (boot/plan/registers.c, boot/plan/judge.c).
 */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"
#include <string.h>

enum {
    MSIX_ENTRY = 16,
    PAGE = 4096,
    ECAM_SHIFT = 20, /* 1 MiB a bus */
    /* as the kernel's resource files have them */
    RESOURCE_MEMORY = 0x200,
    RESOURCE_UNSET = 0x20000000,
};

#define APICS      0xfee00000ull
#define APICS_LAST 0xfeefffffull

/* Whether its registers are to be mapped for a domain. A bridge is refused by a rule of its own. */
static bool is_mapped(const struct found *found)
{
    return !hw_is_bridge(found->function) &&
           found->owned.device->interrupts.value != INTERRUPTS_NONE;
}

static void say_of(const struct found *found, const char *what, const char *remedy)
{
    struct check *check = found->check;

    report(check, found->owned.device->pci.at,
           say(&check->arena, "%s lists %s, which in %s %s", owner_text(check, &found->owned),
               pci_text(&check->arena, found->function->address), inventory_text(check), what),
           remedy);
}

/* The whole pages of a register. */
static uint64_t first_of(const struct hw_bar *bar)
{
    return bar->start / PAGE * PAGE;
}

static uint64_t last_of(const struct hw_bar *bar)
{
    return bar->end | (PAGE - 1);
}

static bool overlap(const struct hw_bar *bar, uint64_t start, uint64_t end)
{
    return first_of(bar) <= end && start <= last_of(bar);
}

static const char *bar_text(const struct found *found, int index)
{
    const struct hw_bar *bar = &found->function->bars[index];

    return say(&found->check->arena, "BAR %d (0x%llx-0x%llx)", index,
               (unsigned long long)bar->start, (unsigned long long)bar->end);
}

/* What decodes the bridge above does not pass on, or another one does. */
static const struct hw_function *bridge_against(const struct found *found, const struct hw_bar *bar,
                                                bool *above)
{
    for (uint32_t i = 0; i < found->hw->function_count; i++) {
        const struct hw_function *bridge = &found->hw->functions[i];
        bool inside = false, meets = false;

        for (int w = 0; w < 2 && bridge->is_bridge; w++) {
            const struct hw_bar *window = &bridge->windows[w];
            bool is_open = window->end > 0;

            meets |= is_open && overlap(bar, window->start, window->end);
            inside |= is_open && first_of(bar) >= window->start && last_of(bar) <= window->end;
        }
        *above = hw_is_below(found->function, bridge);
        if (*above ? !inside : meets)
            return bridge;
    }
    return NULL;
}

static void look_at_windows(const struct found *found)
{
    struct check *check = found->check;

    if (!is_mapped(found))
        return;
    for (int i = 0; i < HW_BARS; i++) {
        const struct hw_bar *bar = &found->function->bars[i];
        bool above;
        const struct hw_function *bridge =
            hw_is_memory(bar) ? bridge_against(found, bar, &above) : NULL;

        if (!bridge)
            continue;
        say_of(found,
               say(&check->arena, "has its %s %s the bridge %s passes on", bar_text(found, i),
                   above ? "outside of what" : "in what", pci_text(&check->arena, bridge->address)),
               "update the firmware, or use another card, and save the inventory anew: the loader "
               "gives away only registers of which the bridges say whose they are");
        return;
    }
}

void rule_bar_window(struct check *check)
{
    inventory_each_found(check, look_at_windows);
}

/* Linux' numbers for a register that has no place begin at 0. */
static bool is_unplaced(const struct hw_bar *bar)
{
    return (bar->flags & RESOURCE_MEMORY) != 0 && bar->end > 0 &&
           ((bar->flags & RESOURCE_UNSET) != 0 || bar->start == 0);
}

static const struct hw_range *memory_at(const struct hw *hw, const struct hw_bar *bar)
{
    for (uint32_t i = 0; i < hw->range_count; i++) {
        if (strcmp(hw->ranges[i].type, "System RAM") == 0 &&
            overlap(bar, hw->ranges[i].start, hw->ranges[i].end))
            return &hw->ranges[i];
    }
    return NULL;
}

/* What the hypervisor uses itself, as far as an inventory shows it; NULL: nothing of it. */
static const char *own_at(const struct hw *hw, const struct hw_bar *bar)
{
    if (overlap(bar, APICS, APICS_LAST))
        return "the local APICs";
    if (hw->has_ecam && overlap(bar, hw->ecam_base + ((uint64_t)hw->ecam_first << ECAM_SHIFT),
                                hw->ecam_base + (((uint64_t)hw->ecam_last + 1) << ECAM_SHIFT) - 1))
        return "the configuration space (ECAM)";
    for (uint32_t i = 0; i < hw->unit_count; i++) {
        if (overlap(bar, hw->units[i].base, hw->units[i].base + PAGE - 1))
            return "an IOMMU unit";
    }
    return NULL;
}

/* Another register of the function in the same page; HW_BARS: none. */
static int in_one_page(const struct found *found, int index)
{
    const struct hw_bar *bars = found->function->bars;
    int other = 0;

    while (other < HW_BARS &&
           (other == index || !hw_is_memory(&bars[other]) ||
            !overlap(&bars[other], first_of(&bars[index]), last_of(&bars[index]))))
        other++;
    return other;
}

static void look_at_place(const struct found *found)
{
    struct check *check = found->check;

    if (!is_mapped(found))
        return;
    for (int i = 0; i < HW_BARS; i++) {
        const struct hw_bar *bar = &found->function->bars[i];
        const struct hw_range *range = hw_is_memory(bar) ? memory_at(found->hw, bar) : NULL;

        if (is_unplaced(bar)) {
            say_of(found, say(&check->arena, "has no address for its BAR %d", i),
                   "turn decoding above 4 GiB on in firmware, or put the card into another slot, "
                   "and save the inventory anew");
            return;
        }
        if (hw_is_memory(bar) && in_one_page(found, i) < HW_BARS) {
            say_of(found,
                   say(&check->arena, "has its %s in one page with its BAR %d", bar_text(found, i),
                       in_one_page(found, i)),
                   "update the firmware, or use another card");
            return;
        }
        if (range) {
            say_of(found,
                   say(&check->arena, "has its %s in memory, 0x%llx-0x%llx", bar_text(found, i),
                       (unsigned long long)range->start, (unsigned long long)range->end),
                   "update the firmware and save the inventory anew");
            return;
        }
        const char *own = hw_is_memory(bar) ? own_at(found->hw, bar) : NULL;
        if (own) {
            say_of(found, say(&check->arena, "has its %s over %s", bar_text(found, i), own),
                   "update the firmware and save the inventory anew");
            return;
        }
    }
}

void rule_bar_address(struct check *check)
{
    inventory_each_found(check, look_at_place);
}

/* What is wrong with the bytes at `offset` of a BAR, NULL: nothing. */
static const char *table_problem(const struct found *found, uint32_t index, uint64_t offset,
                                 uint64_t bytes, const char *what)
{
    const struct hw_bar *bar = index < HW_BARS ? &found->function->bars[index] : NULL;
    struct arena *arena = &found->check->arena;

    if (!bar || (bar->flags & RESOURCE_MEMORY) == 0 || bar->end <= bar->start)
        return say(arena, "has its MSI-X %s in BAR %u, which is none of memory", what, index);
    if (offset + bytes > bar->end - bar->start + 1)
        return say(arena, "has its MSI-X %s (%llu bytes at 0x%llx of BAR %u) past the BAR's end",
                   what, (unsigned long long)bytes, (unsigned long long)offset, index);
    return NULL;
}

static const char *msix_problem(const struct found *found)
{
    const struct hw_function *function = found->function;
    uint64_t table = (uint64_t)function->msix_vectors * MSIX_ENTRY;
    uint64_t pending = (function->msix_vectors + 63) / 64 * 8;
    const char *problem;

    if (function->msix_vectors == 0 || !function->has_resources)
        return NULL;
    problem = table_problem(found, function->msix_bar, function->msix_offset, table, "table");
    if (!problem)
        problem = table_problem(found, function->pending_bar, function->pending_offset, pending,
                                "pending bits");
    if (!problem && function->msix_bar == function->pending_bar &&
        function->msix_offset < function->pending_offset + pending &&
        function->pending_offset < function->msix_offset + table)
        problem = "has its MSI-X table and pending bits in one place";
    return problem;
}

static void look_at_capabilities(const struct found *found)
{
    bool is_silent = found->owned.device->interrupts.value == INTERRUPTS_NONE;
    const char *problem = found->function->bad_list
                              ? "has a list of capabilities that can't be followed"
                          : is_silent ? NULL
                                      : msix_problem(found);

    if (problem && !hw_is_bridge(found->function))
        say_of(found, problem, "the card is broken, or its firmware is: use another card");
}

void rule_device_capabilities(struct check *check)
{
    inventory_each_found(check, look_at_capabilities);
}

static void look_at_path(const struct found *found)
{
    const struct hw_function *at = found->function;

    if (hw_is_bridge(found->function))
        return;
    while ((at = hw_bridge_above(found->hw, at))) {
        if (hw_is_port(at))
            continue;
        say_of(found,
               say(&found->check->arena, "lies behind the PCI bridge %s",
                   pci_text(&found->check->arena, at->address)),
               "use a card in a PCI Express slot: behind such a bridge an IOMMU can't tell one "
               "function from another");
        return;
    }
}

void rule_device_conventional(struct check *check)
{
    inventory_each_found(check, look_at_path);
}

/* Known without an inventory. */
void rule_device_segment(struct check *check)
{
    struct owned owned;

    for (uint32_t i = 0; owned_device(&check->model, i, &owned); i++) {
        const struct number *pci = &owned.device->pci;

        if (pci->valid && pci->value >> 16 != 0)
            report(check, pci->at,
                   say(&check->arena, "%s lists %s, of PCI segment group %u",
                       owner_text(check, &owned), pci_text(&check->arena, pci->value),
                       (unsigned int)(pci->value >> 16)),
                   "put the card into another slot, or turn segment groups off in firmware (VMD, "
                   "NUMA nodes): only functions of group 0 can be given away");
    }
}
