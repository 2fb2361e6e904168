/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an IOMMU unit can do: its registers, where the kernel that was asked has it on and shows
 * them. Each is a hexadecimal number without 0x.
 */
#include "source.h"

#include <stdlib.h>

static bool read_hex(struct hw *hw, const char *path, uint64_t *out)
{
    const char *text = hw_text(hw, path, 32);
    char *end = NULL;

    *out = text ? strtoull(text, &end, 16) : 0;
    return text && end != text && (*end == 0 || *end == '\n');
}

void hw_read_units(struct hw *hw)
{
    char **names;
    uint32_t count = hw_list(hw, "sys/class/iommu", &names);

    for (uint32_t i = 0; i < count; i++) {
        const char *folder = say(&hw->arena, "sys/class/iommu/%s/intel-iommu", names[i]);
        uint64_t base, capability, extended;

        if (!read_hex(hw, say(&hw->arena, "%s/address", folder), &base) ||
            !read_hex(hw, say(&hw->arena, "%s/cap", folder), &capability) ||
            !read_hex(hw, say(&hw->arena, "%s/ecap", folder), &extended))
            continue;
        for (uint32_t j = 0; j < hw->unit_count; j++) {
            struct hw_unit *unit = &hw->units[j];

            if (unit->base != base)
                continue;
            unit->shows = true;
            unit->capability = capability;
            unit->extended = extended;
        }
    }
}
