/* SPDX-License-Identifier: Apache-2.0 */
/* What joins PCI functions so that no two owners can have them. */
#include "source.h"

#include <string.h>

enum {
    PARTNERS_SHOWN = 8,
    PAGE_SHIFT = 12,
    /* as the kernel's resource files have them */
    RESOURCE_MEMORY = 0x200,
    RESOURCE_UNSET = 0x20000000,
};

bool hw_is_memory(const struct hw_bar *bar)
{
    return (bar->flags & RESOURCE_MEMORY) != 0 && (bar->flags & RESOURCE_UNSET) == 0 &&
           bar->end > bar->start;
}

bool hw_share_page(const struct hw_function *one, const struct hw_function *other, uint64_t *page)
{
    for (int i = 0; i < HW_BARS * HW_BARS; i++) {
        const struct hw_bar *a = &one->bars[i / HW_BARS], *b = &other->bars[i % HW_BARS];

        if (hw_is_memory(a) && hw_is_memory(b) && a->start >> PAGE_SHIFT <= b->end >> PAGE_SHIFT &&
            b->start >> PAGE_SHIFT <= a->end >> PAGE_SHIFT) {
            *page = (a->start > b->start ? a->start : b->start) >> PAGE_SHIFT << PAGE_SHIFT;
            return true;
        }
    }
    return false;
}

/* Whether firmware keeps one range for both, NULL: none. */
static const struct hw_reserved *kept_for_both(const struct hw *hw, const struct hw_function *one,
                                               const struct hw_function *other)
{
    for (uint32_t i = 0; i < hw->reserved_count; i++) {
        if (hw_scope_has(hw, &hw->reserved[i].scope, one) &&
            hw_scope_has(hw, &hw->reserved[i].scope, other))
            return &hw->reserved[i];
    }
    return NULL;
}

/* What joins them, NULL: nothing. Bridges are nobody's, and groups may have them. */
static const char *joint(struct hw *hw, const struct hw_function *one,
                         const struct hw_function *other)
{
    const struct hw_function *port;
    uint64_t page;

    if (hw_is_bridge(other))
        return NULL;
    if (one->group >= 0 && one->group == other->group)
        return "in the same IOMMU group";
    if (hw_share_page(one, other, &page))
        return "registers in the same page";
    if (kept_for_both(hw, one, other))
        return "same memory kept by firmware";
    port = hw_joining_port(one, other);
    return port ? hw_joint_text(&hw->arena, port) : NULL;
}

const char *hw_partners(struct hw *hw, const struct hw_function *function)
{
    const char *text = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *other = &hw->functions[i];
        const char *how = other == function ? NULL : joint(hw, function, other);

        if (how && count++ < PARTNERS_SHOWN)
            text = say(&hw->arena, "%s%s%s (%s)", text ? text : "", text ? ", " : "",
                       hw_address(hw, other->address), how);
    }
    return count > PARTNERS_SHOWN ? say(&hw->arena, "%s and %u more", text, count - PARTNERS_SHOWN)
                                  : text;
}
