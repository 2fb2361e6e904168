/* SPDX-License-Identifier: Apache-2.0 */
/* The rule about cards of one kind that would change their owners with their slots. */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/schema_parse.h"

/* By the inventory, else as written; 0: not known. */
static uint64_t id_of(const struct hw *hw, const struct model_device *device)
{
    const struct hw_function *function = hw ? inventory_function(hw, &device->pci) : NULL;

    if (function)
        return (uint64_t)function->vendor << 16 | function->device;
    return device->id.valid ? device->id.value : 0;
}

/* It has no slot of its own. */
static bool is_virtual(const struct hw *hw, const struct model_device *device)
{
    const struct hw_function *function = hw ? inventory_function(hw, &device->pci) : NULL;

    return function && function->physical >= 0;
}

/* Two cards of one kind and two owners, neither of which is told by its serial number. */
static bool are_twins(const struct hw *hw, const struct owned *one, const struct owned *other)
{
    const struct model_device *near = one->device, *far = other->device;

    return one->domain != other->domain && near->pci.valid && far->pci.valid &&
           near->pci.value >> 3 != far->pci.value >> 3 && !near->serial_number.value &&
           !far->serial_number.value && id_of(hw, near) != 0 && id_of(hw, near) == id_of(hw, far) &&
           !is_virtual(hw, near) && !is_virtual(hw, far);
}

static const char *remedy(struct check *check, const struct hw *hw, const struct owned *owned,
                          const struct owned *first)
{
    const struct owned *both[] = {owned, first};

    for (int i = 0; hw && i < 2; i++) {
        const struct hw_function *function = inventory_function(hw, &both[i]->device->pci);

        if (function && function->has_serial && both[i]->domain)
            return say(&check->arena, "write `serial_number: \"%016llx\"` beside %s",
                       (unsigned long long)function->serial,
                       pci_text(&check->arena, function->address));
    }
    return hw ? "use cards of two kinds, or such as show a serial number; nothing else tells these "
                "two"
              : "write a `serial_number` beside one of them";
}

void rule_device_twins(struct check *check)
{
    const struct hw *hw = inventory(check);
    struct owned owned, first;

    for (uint32_t i = 1; owned_device(&check->model, i, &owned); i++) {
        for (uint32_t j = 0; j < i && owned_device(&check->model, j, &first); j++) {
            if (!are_twins(hw, &owned, &first))
                continue;
            report(check, owned.device->pci.at,
                   say(&check->arena,
                       "%s of %s and %s of %s (%s) are of one kind (%s): who exchanges the two "
                       "cards exchanges their owners",
                       pci_text(&check->arena, owned.device->pci.value), owner_text(check, &owned),
                       pci_text(&check->arena, first.device->pci.value), owner_text(check, &first),
                       line_of(check, first.device->pci.at),
                       pci_id_text(&check->arena, id_of(hw, owned.device))),
                   remedy(check, hw, &owned, &first));
            break;
        }
    }
}
