/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about functions for which firmware keeps memory (RMRR): what it does there goes on. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

enum { CLASS_DISPLAY = 0x03 };

/* Two owners of USB controllers with memory in this range; all else is refused for one alone. */
static bool is_split(const struct check *check, const struct hw *hw,
                     const struct hw_reserved *reserved, struct owned *first, struct owned *second)
{
    *first = (struct owned){0};
    for (uint32_t i = 0; owned_device(&check->model, i, second); i++) {
        const struct hw_function *function = inventory_function(hw, &second->device->pci);

        if (!function || !hw_is_usb(function) || !hw_scope_has(hw, &reserved->scope, function))
            continue;
        if (first->device && first->domain != second->domain)
            return true;
        *first = first->device ? *first : *second;
    }
    return false;
}

static void report_kept(struct check *check, const struct owned *owned,
                        const struct hw_function *function, const struct hw_reserved *kept,
                        const char *remedy)
{
    report(check, owned->device->pci.at,
           say(&check->arena, "%s lists %s, for which firmware keeps %s in %s (RMRR%s)",
               owner_text(check, owned), pci_text(&check->arena, function->address),
               hw_range_text(&check->arena, kept), inventory_text(check),
               kept->scope.is_open ? ", whose functions cannot all be followed: any may be meant"
                                   : ""),
           remedy);
}

void rule_device_rmrr(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned;

    for (uint32_t i = 0; hw && owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);
        const struct hw_reserved *kept = function ? hw_kept(hw, function, 0) : NULL;

        if (kept && !hw_is_usb(function))
            report_kept(check, &owned, function, kept,
                        function->class_code >> 16 == CLASS_DISPLAY
                            ? "integrated graphics can't be assigned yet: leave it to nobody"
                            : "leave it to nobody, or turn off in firmware what keeps that memory");
    }
}

/* A USB controller's use of it ends with legacy support. */
void rule_usb_rmrr(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned, first, second;

    for (uint32_t i = 0; hw && owned_device(&check->model, i, &owned); i++) {
        const struct hw_function *function = inventory_function(hw, &owned.device->pci);
        const struct hw_reserved *kept = function ? hw_kept(hw, function, 0) : NULL;

        if (kept && hw_is_usb(function) && !is_split(check, hw, kept, &first, &second))
            report_kept(check, &owned, function, kept,
                        "turn legacy support for USB off in firmware and save the inventory anew");
    }
}

void rule_rmrr_split(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned first, second;

    for (uint32_t i = 0; hw && i < hw->reserved_count; i++) {
        if (!is_split(check, hw, &hw->reserved[i], &first, &second))
            continue;
        report(check, second.device->pci.at,
               say(&check->arena,
                   "%s of %s and %s of %s (%s) share memory: in %s firmware keeps %s for both "
                   "(RMRR)",
                   pci_text(&check->arena, second.device->pci.value), owner_text(check, &second),
                   pci_text(&check->arena, first.device->pci.value), owner_text(check, &first),
                   line_of(check, first.device->pci.at), inventory_text(check),
                   hw_range_text(&check->arena, &hw->reserved[i])),
               "give both to one domain, or one of them to nobody");
    }
}
