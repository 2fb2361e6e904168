/* SPDX-License-Identifier: Apache-2.0 */
/* The hardware inventory that a manifest names, for the rules that compare the two. */
#include "inventory.h"

#include "tools/image/payload.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct inventory {
    struct hw hw;
    bool opened;
    const char *problem;
};

/* Returns what is wrong with the folder, NULL if it was read. */
static const char *read_inventory(struct check *check, struct inventory *inventory)
{
    const char *path = check->model.platform.inventory.value;
    const char *folder = payload_path(check, path);
    struct stat status;

    if (stat(folder, &status) != 0)
        return errno == ENOENT ? payload_searched(check, path)
                               : say(&check->arena, "%s: %s", folder, strerror(errno));
    if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
        return say(&check->arena, "%s is neither a folder nor a file", folder);
    if (access(folder, S_ISDIR(status.st_mode) ? R_OK | X_OK : R_OK) != 0)
        return say(&check->arena, "%s: %s", folder, strerror(errno));
    inventory->opened = true;
    if (!hw_open(&inventory->hw, folder, NULL))
        return say(&check->arena, "%s is no inventory: neither a folder nor a whole survey",
                   folder);
    /* All is read; a fleet has many inventories. */
    if (inventory->hw.root >= 0)
        close(inventory->hw.root);
    inventory->hw.root = -1;
    if (inventory->hw.cpu_count == 0 && inventory->hw.function_count == 0)
        return say(&check->arena, "%s shows neither processors nor PCI functions", folder);
    return NULL;
}

static const struct inventory *opened(struct check *check)
{
    if (!check->inventory && check->model.platform.inventory.value) {
        check->inventory = arena_take(&check->arena, sizeof(*check->inventory));
        check->inventory->problem = read_inventory(check, check->inventory);
    }
    return check->inventory;
}

struct hw *inventory(struct check *check)
{
    const struct inventory *inventory = opened(check);

    return inventory && !inventory->problem ? &check->inventory->hw : NULL;
}

const char *inventory_problem(struct check *check)
{
    const struct inventory *inventory = opened(check);

    return inventory ? inventory->problem : NULL;
}

void inventory_close(struct check *check)
{
    if (check->inventory && check->inventory->opened)
        hw_close(&check->inventory->hw);
    check->inventory = NULL;
}

const struct hw_function *inventory_function(const struct hw *hw, const struct number *pci)
{
    return pci->valid ? hw_function_at(hw, pci->value) : NULL;
}

const char *inventory_text(struct check *check)
{
    return say(&check->arena, "the inventory (%s)",
               line_of(check, check->model.platform.inventory.at));
}

bool unsafe_allows(const struct model *model, uint64_t kind)
{
    const struct model_unsafe *unsafe = model->unsafe.items;

    for (uint32_t i = 0; i < model->unsafe.count; i++) {
        if (unsafe[i].allow.valid && unsafe[i].allow.value == kind)
            return true;
    }
    return false;
}

void inventory_each_found(struct check *check, void (*look)(const struct found *found))
{
    struct found found = {.check = check, .hw = inventory(check)};

    for (uint32_t i = 0; found.hw && owned_device(&check->model, i, &found.owned); i++) {
        found.function = inventory_function(found.hw, &found.owned.device->pci);
        if (found.function)
            look(&found);
    }
}
