/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything in the map's picture stands. */
#include "layout.h"

#include "tools/manifest/schema_parse.h"
#include <string.h>

enum {
    BAND_MOST = 8,     /* columns that stay legible on a sheet of paper */
    WIDTH_LEAST = 640, /* so that the lines above few columns do not break often */
    TOP = 52,          /* of the classification's box */
    BETWEEN = 26,      /* bands */
};

int column_x(const struct layout *at, uint32_t owner)
{
    return at->left + (int)(owner % at->per_band) * (COLUMN + at->gap);
}

int square_step(const struct owner *owner)
{
    return owner->cpus->is_list ? 26 : 18;
}

int squares_in_row(const struct owner *owner)
{
    return (COLUMN - 20 + 4) / square_step(owner);
}

/* The lines down from an owner to the first `buses` buses. */
static int lanes_of(const struct layout *at, uint32_t owner, uint32_t buses)
{
    int lanes = 0;

    for (uint32_t i = 0; i < buses; i++)
        lanes += map_reaches(&at->map->owners[owner], at->buses[i].network);
    return lanes;
}

/* Lower bands have the lanes next to the column, so that their cards' lines cross no other lane. */
int lane_x(const struct layout *at, uint32_t owner, uint32_t bus)
{
    int lanes = lanes_of(at, owner, bus);

    for (uint32_t i = owner + at->per_band; i < at->map->owner_count; i += at->per_band)
        lanes += lanes_of(at, i, at->map->check->model.networks.count);
    return column_x(at, owner) + COLUMN + LANE + LANE * lanes;
}

const char *device_text(const struct layout *at, const struct model_device *device)
{
    const char *network = device->network.value ? device->network.value : "";
    const char *notes = map_device_notes(at->arena, device, "\n");

    return say(at->arena, "%s%s%s", network, *network && *notes ? "\n" : "", notes);
}

int device_height(const struct layout *at, const struct model_device *device)
{
    return SMALL_LINE * (1 + lines_of(device_text(at, device), DEVICE_CHARACTERS)) + 8;
}

const char *headline(const struct layout *at)
{
    const char *classification = at->map->classification;

    return say(at->arena, "overall classification: %s%s%s",
               classification ? classification : "none", *at->map->unsafe ? "; LAB, unsafe: " : "",
               at->map->unsafe);
}

const char *rest_line(const struct layout *at)
{
    return say(at->arena, "hypervisor or nobody: %s", at->map->rest);
}

int headline_characters(const struct layout *at)
{
    return (at->width - 2 * MARGIN) / CHARACTER - 2;
}

int small_characters(const struct layout *at)
{
    return (at->width - 2 * MARGIN) / SMALL_CHARACTER;
}

const char *legend(const struct layout *at)
{
    const struct map *map = at->map;
    bool management = map->owners[map->owner_count - 1].is_management;

    return say(at->arena, "%s%s%s%s%s", at->has_cards ? "Dot: plugged into that network. " : "",
               at->has_exposed ? "Orange, dashed: exposed to strangers. " : "",
               at->has_one_way ? "Arrowheads: data goes only that way; at the right end, from or "
                                 "to other hosts. "
                               : "",
               at->has_cables ? "Bracket: networks on one cable. " : "",
               management ? "Dashed box: management." : "");
}

struct spot level_spot(const struct layout *at, uint32_t level)
{
    struct spot spot = {.x = MARGIN + 64, .y = at->levels_y};

    for (uint32_t i = 0;; i++) {
        spot.characters = (int)strlen(listed_text(&at->map->check->model.levels, i)->value);
        int width = spot.characters * CHARACTER + 16;

        if (i > 0 && spot.x + width > at->width - MARGIN) {
            spot.x = MARGIN + 64;
            spot.y += 28;
        }
        if (i == level)
            return spot;
        spot.x += width + 8;
    }
}

/* The tallest of the band's owners, row by row. */
static void lay_out_band(const struct layout *at, struct band *band)
{
    int head = 0, cpus = 0, memory = 0, role = 0, devices = 0;

    for (uint32_t i = band->first; i < band->first + band->count; i++) {
        const struct owner *owner = &at->map->owners[i];
        int height = 0;

        head = larger(head, lines_of(owner->name, COLUMN_CHARACTERS) +
                                lines_of(owner->label, COLUMN_CHARACTERS));
        cpus = larger(cpus, ((int)owner->cpus->value + squares_in_row(owner) - 1) /
                                squares_in_row(owner) * square_step(owner));
        memory = larger(memory, lines_of(map_memory(at->arena, owner), COLUMN_CHARACTERS));
        role = larger(role, lines_of(owner->role, COLUMN_CHARACTERS));
        for (uint32_t j = 0; j < owner->device_count; j++)
            height += device_height(at, &owner->devices[j]) + 6;
        devices = larger(devices, height);
    }
    band->cpus = band->top + head * LINE + 22;
    band->memory = band->cpus + cpus + 8;
    band->bar = band->memory + memory * LINE;
    band->serial = band->bar + 26;
    band->role = band->serial + LINE + 4;
    band->devices = band->role + role * LINE + (role > 0 ? 8 : 4);
    band->bottom = band->devices + devices + 6;
    band->has_roles = role > 0;
    band->has_devices = devices > 0;
}

static const char *bus_text(const struct layout *at, const struct model_network *network)
{
    const struct model *model = &at->map->check->model;
    const char *text = label_text(at->arena, model, label_of(model, &network->label));

    if (network->exposed.value)
        text = say(at->arena, "EXPOSED, %s", text);
    if (is_written(network->one_way.at))
        text = say(at->arena, "%s\none way:\n%s\n\u2192 %s", text, network->one_way.from.value,
                   network->one_way.to.value);
    return text;
}

static void take_buses(struct layout *at)
{
    const struct model *model = &at->map->check->model;
    uint32_t count = model->networks.count, taken = 0, next = 0;

    at->buses = arena_take(at->arena, (count + 1) * sizeof(*at->buses));
    for (uint32_t i = 0; i < count; i++) {
        uint32_t cable = cable_of(model, model_network(model, i));

        for (uint32_t j = i; j < count; j++) {
            const struct model_network *network = model_network(model, j);

            if ((cable & ~taken) >> j & 1)
                at->buses[next++] =
                    (struct bus){.network = network, .text = bus_text(at, network), .cable = cable};
        }
        taken |= cable;
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct bus *bus = &at->buses[i];

        at->has_cables |= (bus->cable & (bus->cable - 1)) != 0;
        at->has_one_way |= is_written(bus->network->one_way.at);
        at->has_exposed |= bus->network->exposed.value != 0;
    }
}

static void lay_out_columns(struct layout *at)
{
    const struct map *map = at->map;
    uint32_t count = map->owner_count;
    int lanes = 0;

    at->band_count = (count + BAND_MOST - 1) / BAND_MOST;
    at->per_band = (count + at->band_count - 1) / at->band_count;
    for (uint32_t i = 0; i < at->per_band; i++) {
        int column = 0;

        for (uint32_t j = i; j < count; j += at->per_band)
            column += lanes_of(at, j, map->check->model.networks.count);
        lanes = larger(lanes, column);
    }
    for (uint32_t i = 0; i < count; i++) {
        const struct owner *owner = &map->owners[i];

        at->most_memory = owner->memory > at->most_memory ? owner->memory : at->most_memory;
    }
    at->has_cards = lanes > 0;
    at->left = MARGIN + (at->has_cables ? CABLE : 0) + BOX + 16;
    at->gap = larger(2, lanes + 1) * LANE;
    at->width = at->left + (int)at->per_band * (COLUMN + at->gap) + MARGIN;
    at->width = larger(at->width, WIDTH_LEAST);
}

void lay_out(struct layout *at)
{
    const struct model *model = &at->map->check->model;
    uint32_t networks = model->networks.count, levels = model->levels.count;
    int y;

    take_buses(at);
    lay_out_columns(at);
    at->rest_y = TOP + 26 + LINE * lines_of(headline(at), headline_characters(at));
    y = at->rest_y + 6 + SMALL_LINE * lines_of(rest_line(at), small_characters(at));
    at->bands = arena_take(at->arena, at->band_count * sizeof(*at->bands));
    for (uint32_t i = 0; i < at->band_count; i++) {
        struct band *band = &at->bands[i];
        uint32_t first = i * at->per_band, left = at->map->owner_count - first;

        *band = (struct band){
            .first = first, .count = left < at->per_band ? left : at->per_band, .top = y};
        lay_out_band(at, band);
        y = band->bottom + BETWEEN;
    }
    at->networks_y = y;
    y += networks > 0 ? 16 : 0;
    for (uint32_t i = 0; i < networks; i++) {
        struct bus *bus = &at->buses[i];

        bus->y = y;
        bus->height = LINE * (lines_of(bus->network->name.value, BOX_CHARACTERS) +
                              lines_of(bus->text, BOX_CHARACTERS)) +
                      8;
        y += bus->height + 6;
    }
    at->levels_y = y + 6;
    at->legend_y = at->levels_y + 12;
    if (levels > 0)
        at->legend_y = level_spot(at, levels - 1).y + 42;
    at->height =
        at->legend_y + SMALL_LINE * lines_of(legend(at), small_characters(at)) + MARGIN / 2;
}
