/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns what on a machine, as `bulkhead map` shows it: the facts of a good manifest. */
#include "map.h"

#include "tools/manifest/schema.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

const char *map_cpus(struct arena *arena, const struct count_or_list *cpus)
{
    const char *text = "ids";

    if (!cpus->is_list)
        return say(arena, "%llu", (unsigned long long)cpus->value);
    for (uint32_t i = 0; i < cpus->list.count; i++)
        text = say(arena, "%s %llu", text, (unsigned long long)listed(&cpus->list, i)->value);
    return text;
}

const char *map_memory(struct arena *arena, const struct owner *owner)
{
    const char *size = size_text(arena, owner->memory);

    return owner->memory_at->valid
               ? say(arena, "%s at %s", size, size_text(arena, owner->memory_at->value))
               : size;
}

const char *map_device_notes(struct arena *arena, const struct model_device *device,
                             const char *separator)
{
    const char *serial = device->serial_number.value;
    const char *notes[] = {
        device->removable.value ? "removable" : NULL,
        device->accept_no_reset.value ? "no reset" : NULL,
        device->accept_sideband.value ? "shared with firmware" : NULL,
        device->interrupts.value == INTERRUPTS_NONE ? "silent" : NULL,
        device->on_reset_failure.value == RESET_FAILURE_GO_ON ? "goes on without it" : NULL,
        serial ? say(arena, "serial number %s", serial) : NULL,
        device->address.valid ? address_text(arena, device->address.value) : NULL,
    };
    const char *text = "";

    for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
        if (notes[i])
            text = say(arena, "%s%s%s", text, *text ? separator : "", notes[i]);
    return text;
}

bool map_reaches(const struct owner *owner, const struct model_network *network)
{
    for (uint32_t i = 0; i < owner->device_count; i++) {
        const char *name = owner->devices[i].network.value;

        if (name && strcmp(name, network->name.value) == 0)
            return true;
    }
    return false;
}

static const char *serial_of(struct arena *arena, const struct model_serial *serial)
{
    if (serial->port.valid)
        return say(arena, "com%llu%s", (unsigned long long)serial->port.value,
                   serial->polled.value ? " (polled)"
                   : serial->irq.valid
                       ? say(arena, " (line %llu)", (unsigned long long)serial->irq.value)
                       : "");
    return serial->read.count > 0 || serial->write.count > 0 ? "management" : "none";
}

static const char *role_of(struct arena *arena, const struct model_domain *domain)
{
    const char *text = "firewall";

    if (domain->role.value != ROLE_FIREWALL)
        return "";
    for (uint32_t i = 0; i < domain->protects.count; i++)
        text = say(arena, "%s%s%s", text, i > 0 ? ", " : ", protects ",
                   listed_text(&domain->protects, i)->value);
    return text;
}

static void take_owner(struct map *map, const struct model_domain *domain, bool is_management)
{
    const struct model *model = &map->check->model;
    struct arena *arena = &map->check->arena;
    struct owner *owner = &map->owners[map->owner_count++];
    struct label label = is_management ? label_of_network(model, &model->management.nic.network)
                                       : label_of(model, &domain->label);

    *owner = (struct owner){
        .name = is_management ? "management" : domain->name.value,
        .label = label_text(arena, model, label),
        .is_management = is_management,
        .rank = label,
        .cpus = &domain->cpus,
        .memory = domain->memory.value,
        .memory_at = &domain->memory_at,
        .serial = serial_of(arena, &domain->serial),
        .role = role_of(arena, domain),
        .protects = &domain->protects,
        .devices = is_management ? &model->management.nic : domain->devices.items,
        .device_count =
            is_management ? is_written(model->management.nic.at) : domain->devices.count,
    };
    map->cpus += domain->cpus.value;
    map->memory += owner->memory;
}

const char *map_unsafe_word(const struct model_unsafe *entry)
{
    const struct choice *choice = key_at("unsafe[].allow")->choices;

    while (choice->word && choice->value != entry->allow.value)
        choice++;
    return choice->word ? choice->word : "?";
}

static const char *unsafe_words(struct arena *arena, const struct model *model)
{
    const struct model_unsafe *unsafe = model->unsafe.items;
    const char *words = "";

    for (uint32_t i = 0; i < model->unsafe.count; i++)
        words = say(arena, "%s%s%s", words, *words ? ", " : "", map_unsafe_word(&unsafe[i]));
    return words;
}

static const char *rest_of(const struct map *map)
{
    const struct model_platform *platform = &map->check->model.platform;
    struct arena *arena = &map->check->arena;
    const char *text = "";

    if (platform->processors.valid)
        text = say(arena, "%llu of %llu processors, ",
                   (unsigned long long)(platform->processors.value - map->cpus),
                   (unsigned long long)platform->processors.value);
    if (platform->memory.valid)
        text =
            say(arena, "%s%s of %s, ", text, size_text(arena, platform->memory.value - map->memory),
                size_text(arena, platform->memory.value));
    if (platform->com1.value == COM1_BOOT_LOG)
        text = say(arena, "%scom1 (boot log), ", text);
    return say(arena, "%severy device not listed", text);
}

void map_make(struct map *map, struct check *check)
{
    const struct model *model = &check->model;
    struct label machine =
        label_join(label_of(model, &model->classification), label_of_machine(model));
    uint32_t count = partition_count(check);

    *map = (struct map){.check = check, .machine = machine};
    map->owners = arena_take(&check->arena, (count + 1) * sizeof(*map->owners));
    for (uint32_t i = 0; i < count; i++)
        take_owner(map, partition(check, i), i >= model->domains.count);
    if (machine.level > 0)
        map->classification = label_text(&check->arena, model, machine);
    map->unsafe = unsafe_words(&check->arena, model);
    map->rest = rest_of(map);
}
