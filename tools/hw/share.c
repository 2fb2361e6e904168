/* SPDX-License-Identifier: Apache-2.0 */
/* What joins PCI functions so that no two owners can have them. */
#include "source.h"

#include <stdio.h>
#include <string.h>

enum {
    PARTNERS_SHOWN = 8,
    PAGE_SHIFT = 12,
    RESERVED_BITS = 64,
    /* as the kernel's resource files have them */
    RESOURCE_MEMORY = 0x200,
    RESOURCE_UNSET = 0x20000000,
};

/* Behind the first hop of a path ("00:1c.0>00.0") the bus is the one below the bridge. */
static int64_t scope_address(const struct hw *hw, uint32_t segment, const char *text)
{
    unsigned bus, device, function;
    int used = 0;

    if (sscanf(text, "%2x:%2x.%1x%n", &bus, &device, &function, &used) != 3)
        return -1;
    for (text += used; *text == '>'; text += used) {
        const struct hw_function *above =
            hw_function_at(hw, segment << 16 | bus << 8 | device << 3 | function);

        if (!above || !above->is_bridge ||
            sscanf(text, ">%2x.%1x%n", &device, &function, &used) != 2)
            return -1;
        bus = above->secondary;
    }
    return (int64_t)(segment << 16 | bus << 8 | device << 3 | function);
}

size_t hw_scope_addresses(const struct hw *hw, const struct hw_reserved *reserved,
                          int64_t addresses[HW_SCOPE_TEXT])
{
    size_t count = 0;

    for (const char *text = reserved->scope; *text; text += strspn(text, " ")) {
        addresses[count++] = scope_address(hw, reserved->segment, text);
        text += strcspn(text, " ");
    }
    return count;
}

void hw_join_by_reserved(struct hw *hw)
{
    for (uint32_t i = 0; i < hw->reserved_count; i++) {
        int64_t addresses[HW_SCOPE_TEXT];
        size_t count = hw_scope_addresses(hw, &hw->reserved[i], addresses);
        uint32_t bit = i < RESERVED_BITS ? i : RESERVED_BITS - 1;

        for (uint32_t j = 0; j < hw->function_count; j++) {
            for (size_t k = 0; k < count; k++) {
                if (addresses[k] == (int64_t)hw->functions[j].address)
                    hw->functions[j].reserved |= 1ull << bit;
            }
        }
    }
}

static bool is_memory(const struct hw_bar *bar)
{
    return (bar->flags & RESOURCE_MEMORY) != 0 && (bar->flags & RESOURCE_UNSET) == 0 &&
           bar->end > bar->start;
}

bool hw_share_page(const struct hw_function *one, const struct hw_function *other, uint64_t *page)
{
    for (int i = 0; i < HW_BARS * HW_BARS; i++) {
        const struct hw_bar *a = &one->bars[i / HW_BARS], *b = &other->bars[i % HW_BARS];

        if (is_memory(a) && is_memory(b) && a->start >> PAGE_SHIFT <= b->end >> PAGE_SHIFT &&
            b->start >> PAGE_SHIFT <= a->end >> PAGE_SHIFT) {
            *page = (a->start > b->start ? a->start : b->start) >> PAGE_SHIFT << PAGE_SHIFT;
            return true;
        }
    }
    return false;
}

/* What joins them, NULL: nothing. Bridges are nobody's, and groups may have them. */
static const char *joint(const struct hw_function *one, const struct hw_function *other)
{
    uint64_t page;

    if (one->group >= 0 && one->group == other->group && other->class_code >> 16 != 0x06)
        return "in the same IOMMU group";
    if (hw_share_page(one, other, &page))
        return "registers in the same page";
    return (one->reserved & other->reserved) != 0 ? "same memory kept by firmware" : NULL;
}

const char *hw_partners(struct hw *hw, const struct hw_function *function)
{
    const char *text = NULL;
    uint32_t count = 0;

    for (uint32_t i = 0; i < hw->function_count; i++) {
        const struct hw_function *other = &hw->functions[i];
        const char *how = other == function ? NULL : joint(function, other);

        if (how && count++ < PARTNERS_SHOWN)
            text = say(&hw->arena, "%s%s%s (%s)", text ? text : "", text ? ", " : "",
                       hw_address(hw, other->address), how);
    }
    return count > PARTNERS_SHOWN ? say(&hw->arena, "%s and %u more", text, count - PARTNERS_SHOWN)
                                  : text;
}
