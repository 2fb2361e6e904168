/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead map --format json`: one object; what was not written is null. */
#include "tools/json.h"
#include "map.h"
#include "tools/manifest/schema_parse.h"

#include <string.h>

static void json_text_or_null(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\": ", key);
    if (text)
        json_string(out, text);
    else
        fputs("null", out);
}

static void json_number_or_null(FILE *out, const char *key, const struct number *number)
{
    if (number->valid)
        fprintf(out, "\"%s\": %llu", key, (unsigned long long)number->value);
    else
        fprintf(out, "\"%s\": null", key);
}

static void json_label(FILE *out, const struct model *model, struct label label)
{
    const char *separator = "";

    if (label.level == 0) {
        fputs("\"level\": null, \"categories\": []", out);
        return;
    }
    json_text_or_null(out, "level", listed_text(&model->levels, label.level - 1)->value);
    fputs(", \"categories\": [", out);
    for (uint32_t i = 0; i < model->categories.count; i++) {
        if ((label.categories >> i & 1) == 0)
            continue;
        fputs(separator, out);
        json_string(out, listed_text(&model->categories, i)->value);
        separator = ", ";
    }
    fputc(']', out);
}

static void json_names(FILE *out, const char *key, const struct list *names)
{
    fprintf(out, "\"%s\": [", key);
    for (uint32_t i = 0; i < names->count; i++) {
        fputs(i > 0 ? ", " : "", out);
        json_string(out, listed_text(names, i)->value);
    }
    fputc(']', out);
}

static void json_device(FILE *out, struct arena *arena, const struct model_device *device)
{
    fputc('{', out);
    json_text_or_null(out, "pci", pci_text(arena, device->pci.value));
    fputs(", ", out);
    json_text_or_null(out, "id", device->id.valid ? pci_id_text(arena, device->id.value) : NULL);
    fputs(", ", out);
    json_text_or_null(out, "serial_number", device->serial_number.value);
    fputs(", ", out);
    json_text_or_null(out, "network", device->network.value);
    fputs(", ", out);
    json_text_or_null(out, "address",
                      device->address.valid ? address_text(arena, device->address.value) : NULL);
    fprintf(out,
            ", \"removable\": %s, \"accept_no_reset\": %s, \"accept_sideband\": %s, "
            "\"interrupts\": \"%s\", \"on_reset_failure\": \"%s\"}",
            device->removable.value ? "true" : "false",
            device->accept_no_reset.value ? "true" : "false",
            device->accept_sideband.value ? "true" : "false",
            device->interrupts.value == INTERRUPTS_NONE ? "none" : "msi",
            device->on_reset_failure.value == RESET_FAILURE_GO_ON ? "go-on" : "stop");
}

static void json_owner(FILE *out, const struct map *map, const struct owner *owner)
{
    fputs("{", out);
    json_text_or_null(out, "name", owner->name);
    fputs(", ", out);
    json_label(out, &map->check->model, owner->rank);
    fprintf(out, ", \"role\": \"%s\", ",
            owner->is_management ? "management"
            : *owner->role       ? "firewall"
                                 : "system");
    json_names(out, "protects", owner->protects);
    fprintf(out,
            ", \"processors\": %llu, \"processor_ids\": ", (unsigned long long)owner->cpus->value);
    fputs(owner->cpus->is_list ? "[" : "null", out);
    for (uint32_t i = 0; owner->cpus->is_list && i < owner->cpus->list.count; i++)
        fprintf(out, "%s%llu", i > 0 ? ", " : "",
                (unsigned long long)listed(&owner->cpus->list, i)->value);
    fputs(owner->cpus->is_list ? "]" : "", out);
    fprintf(out, ", \"memory_bytes\": %llu, ", (unsigned long long)owner->memory);
    json_number_or_null(out, "memory_address", owner->memory_at);
    fputs(", ", out);
    json_text_or_null(out, "serial", strcmp(owner->serial, "none") == 0 ? NULL : owner->serial);
    fputs(", \"devices\": [", out);
    for (uint32_t i = 0; i < owner->device_count; i++) {
        fputs(i > 0 ? ", " : "", out);
        json_device(out, &map->check->arena, &owner->devices[i]);
    }
    fputs("]}", out);
}

static void json_networks(FILE *out, const struct map *map)
{
    const struct model *model = &map->check->model;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);
        bool one_way = is_written(network->one_way.at);
        const char *separator = "";

        fputs(i > 0 ? ",\n  {" : "\n  {", out);
        json_text_or_null(out, "name", network->name.value);
        fputs(", ", out);
        json_label(out, model, label_of(model, &network->label));
        fprintf(out, ", \"exposed\": %s, ", network->exposed.value ? "true" : "false");
        json_text_or_null(out, "one_way_from", one_way ? network->one_way.from.value : NULL);
        fputs(", ", out);
        json_text_or_null(out, "one_way_to", one_way ? network->one_way.to.value : NULL);
        fputs(", ", out);
        json_names(out, "trunk", &network->trunk);
        fputs(", \"reached_by\": [", out);
        for (uint32_t j = 0; j < map->owner_count; j++) {
            if (!map_reaches(&map->owners[j], network))
                continue;
            fputs(separator, out);
            json_string(out, map->owners[j].name);
            separator = ", ";
        }
        fputs("]}", out);
    }
}

static void json_unsafe(FILE *out, const struct model *model)
{
    const struct model_unsafe *unsafe = model->unsafe.items;

    fputs("\"unsafe\": [", out);
    for (uint32_t i = 0; i < model->unsafe.count; i++)
        fprintf(out, "%s\"%s\"", i > 0 ? ", " : "", map_unsafe_word(&unsafe[i]));
    fputc(']', out);
}

void map_json(const struct map *map, FILE *out)
{
    const struct model *model = &map->check->model;
    const struct model_platform *platform = &model->platform;
    uint32_t domains = model->domains.count;

    fputc('{', out);
    json_text_or_null(out, "host", model->host.value);
    fputs(",\n\"classification\": {", out);
    json_label(out, model, map->machine);
    fputs("},\n", out);
    json_unsafe(out, model);
    fputs(",\n\"platform\": {", out);
    json_number_or_null(out, "processors", &platform->processors);
    fputs(", ", out);
    json_number_or_null(out, "memory_bytes", &platform->memory);
    fprintf(out, "},\n\"owned\": {\"processors\": %llu, \"memory_bytes\": %llu}",
            (unsigned long long)map->cpus, (unsigned long long)map->memory);
    fputs(",\n\"domains\": [", out);
    for (uint32_t i = 0; i < domains; i++) {
        fputs(i > 0 ? ",\n  " : "\n  ", out);
        json_owner(out, map, &map->owners[i]);
    }
    fputs("],\n\"management\": ", out);
    if (map->owner_count > domains)
        json_owner(out, map, &map->owners[domains]);
    else
        fputs("null", out);
    fputs(",\n\"networks\": [", out);
    json_networks(out, map);
    fputs("]}\n", out);
}
