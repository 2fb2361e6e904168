/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that changed their owner: whatever they keep goes with them. */
#include "diff.h"

#include "tools/manifest/label.h"
#include "tools/manifest/owned.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

const char *device_identity(struct arena *arena, const struct model_device *device)
{
    const char *id = device->id.valid ? pci_id_text(arena, device->id.value) : "any id";

    if (!device->serial_number.value)
        return id;
    return say(arena, "%s, serial number %s", id, device->serial_number.value);
}

/* One serial number is one device wherever it is plugged in; its functions keep their numbers. */
static bool same_device(const struct model_device *one, const struct model_device *other)
{
    return same_serial(one->serial_number.value, other->serial_number.value) &&
           one->pci.value % 8 == other->pci.value % 8;
}

/* Where one of the two has no serial number, the slot and the id tell. */
static bool same_slot(const struct model_device *one, const struct model_device *other)
{
    return (!one->serial_number.value || !other->serial_number.value) &&
           one->pci.value == other->pci.value &&
           (!one->id.valid || !other->id.valid || one->id.value == other->id.value);
}

/* What the device was in the old manifest; false if it was not there. */
static bool find_device(const struct model *model, const struct model_device *device,
                        bool (*same)(const struct model_device *, const struct model_device *),
                        struct owned *out)
{
    for (uint32_t i = 0; owned_device(model, i, out); i++) {
        if (same(out->device, device))
            return true;
    }
    return false;
}

/* "domain office (secret)" */
static const char *labelled_owner(struct check *check, const struct owned *owned)
{
    const struct model *model = &check->model;

    return owned->domain
               ? say(&check->arena, "domain %s (%s)", owned->domain->name.value,
                     label_text(&check->arena, model, label_of(model, &owned->domain->label)))
               : "management";
}

/* A text that stood there before tells of an earlier owner. */
static bool is_sanitized(const struct model_device *old, const struct model_device *new)
{
    return new->sanitized_by.value &&
           (!old->sanitized_by.value ||
            strcmp(old->sanitized_by.value, new->sanitized_by.value) != 0);
}

static void moved(struct diff *diff, const struct owned *old, const struct owned *new)
{
    struct check *check = &diff->new;
    const char *from = labelled_owner(&diff->old, old), *to = labelled_owner(check, new);
    const char *device =
        say(&check->arena, "%s (%s)", pci_text(&check->arena, new->device->pci.value),
            device_identity(&check->arena, new->device));

    if (strcmp(from, to) == 0)
        return;
    diff_add(diff, (struct change){.group = say(&check->arena, "device %s", device),
                                   .what = "owner",
                                   .old_value = from,
                                   .new_value = to,
                                   .old_at = old->device->pci.at,
                                   .new_at = new->device->pci.at,
                                   .sign = '~'});
    if (is_sanitized(old->device, new->device))
        return;
    report_as(check, "device-moved", new->device->pci.at,
              say(&check->arena, "%s has device %s, which %s had (%s:%u)%s", to, device, from,
                  old->device->pci.at.file, old->device->pci.at.line,
                  new->device->sanitized_by.value ? ", and `sanitized_by` is older than that" : ""),
              "clear what the device keeps (disks, flash), and write `sanitized_by: WHO, HOW AND "
              "WHEN` there; or give the new owner another device");
}

void diff_devices(struct diff *diff)
{
    struct owned old, new;

    for (uint32_t i = 0; owned_device(&diff->new.model, i, &new); i++) {
        if (find_device(&diff->old.model, new.device, same_device, &old) ||
            find_device(&diff->old.model, new.device, same_slot, &old))
            moved(diff, &old, &new);
    }
}
