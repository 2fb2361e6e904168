/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map as one self-contained SVG picture: a column for each owner, coloured by its level, and
 * below them each network as a bus to which lines lead down from the cards plugged into it.
 */
#include "map.h"

#include "../manifest/schema_parse.h"
#include <string.h>

enum {
    MARGIN = 24,
    LEFT = 252, /* of the first column; networks' boxes lie on its left */
    TOP = 118,
    GAP = 18,     /* between columns */
    APART = 44,   /* between the domains and management */
    LANE = 8,     /* between two lines down from one column */
    SQUARE = 22,  /* a processor */
    HEADER = 44,  /* name and label */
    DEVICE = 38,  /* a device's box */
    NETWORK = 46, /* from one bus to the next */
    WIDEST = 22,  /* characters that fit a column, at most */
    NARROWEST = 17,
    CHARACTER = 8,
};

struct layout {
    const struct map *map;
    struct arena *arena;
    FILE *out;
    int column, lanes; /* widths: of a column, of its lines down */
    int per_row;       /* processors side by side */
    int cpus_y, memory_y, serial_y, devices_y, networks_y, legend_y, width, height;
    uint64_t most_memory;
};

static int larger(int one, int other)
{
    return one > other ? one : other;
}

/* Text as XML holds it: no markup, and no character that XML forbids or that reorders text. */
static void put_xml(FILE *out, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t bytes = utf8_sequence((const unsigned char *)text, left, &code);
        bool good = bytes > 0 && code >= 0x20 && !(code >= 0x7f && code < 0xa0) && code != 0x61c &&
                    !(code >= 0x200b && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202e) &&
                    !(code >= 0x2060 && code <= 0x206f) && code != 0xfeff && code < 0xfffe;

        bytes = bytes > 0 ? bytes : 1;
        if (!good)
            fputs("&#xfffd;", out);
        else if (strchr("&<>\"'", *text))
            fprintf(out, "&#%u;", code);
        else
            fwrite(text, 1, bytes, out);
        text += bytes;
        left -= bytes;
    }
}

/* The level's colour, light to dark; they differ in lightness, so print and any eye keep them. */
static uint32_t level_colour(const struct model *model, uint32_t level)
{
    static const uint8_t stops[][3] = {{0xff, 0xf7, 0xbc},
                                       {0xa8, 0xdd, 0xb5},
                                       {0x5a, 0xb4, 0xcf},
                                       {0x3f, 0x7f, 0xb5},
                                       {0x2a, 0x3f, 0x8f}};
    uint32_t steps = model->levels.count > 1 ? model->levels.count - 1 : 1;
    uint32_t at = level > 0 ? (level - 1) * 400 / steps : 0, low = at / 100 < 3 ? at / 100 : 3;
    uint32_t colour = 0;

    if (level == 0)
        return 0xe6e6e6;
    for (int i = 0; i < 3; i++) {
        uint32_t share = at - low * 100;

        colour = colour << 8 | (stops[low][i] * (100 - share) + stops[low + 1][i] * share) / 100;
    }
    return colour;
}

/* Black or white, whichever reads better on the colour. */
static const char *ink_on(uint32_t colour)
{
    uint32_t light = (colour >> 16) * 3 + (colour >> 8 & 0xff) * 6 + (colour & 0xff);

    return light > 1250 ? "#000000" : "#ffffff";
}

static void put_text(const struct layout *at, int x, int y, const char *style, size_t most,
                     const char *text)
{
    bool cut = strlen(text) > most;

    while (cut && most > 1 && (text[most - 1] & 0xc0) == 0x80)
        most--; /* not within a character */
    fprintf(at->out, "<text x=\"%d\" y=\"%d\" %s>", x, y, style);
    put_xml(at->out, cut ? say(at->arena, "%.*s", (int)most - 1, text) : text);
    fputs(cut ? "&#x2026;<title>" : "", at->out);
    put_xml(at->out, cut ? text : "");
    fputs(cut ? "</title></text>\n" : "</text>\n", at->out);
}

static void put_box(const struct layout *at, int x, int y, int width, int height, uint32_t fill,
                    const char *style)
{
    fprintf(at->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#%06x\" %s/>\n", x,
            y, width, height, fill, style);
}

static int column_x(const struct layout *at, uint32_t index)
{
    return LEFT + (int)index * (at->column + GAP) +
           (at->map->owners[index].is_management && index > 0 ? APART - GAP : 0);
}

/* The n-th network's lane in the column: the networks that the owner reaches, in order. */
static int lane_of(const struct owner *owner, const struct model *model, uint32_t network)
{
    int lane = 0;

    for (uint32_t i = 0; i < network; i++)
        lane += map_reaches(owner, model_network(model, i));
    return lane;
}

static int lane_x(const struct layout *at, uint32_t owner, uint32_t network)
{
    return column_x(at, owner) + at->column - at->lanes + LANE / 2 +
           LANE * lane_of(&at->map->owners[owner], &at->map->check->model, network);
}

static int network_y(const struct layout *at, uint32_t network)
{
    return at->networks_y + (int)network * NETWORK;
}

static void lay_out(struct layout *at)
{
    const struct model *model = &at->map->check->model;
    int widest = at->map->owner_count > 8 ? NARROWEST : WIDEST;
    int text = NARROWEST, lanes = 0, rows = 0, devices = 0;

    for (uint32_t i = 0; i < at->map->owner_count; i++) {
        const struct owner *owner = &at->map->owners[i];

        text = larger(text, larger((int)strlen(owner->name), (int)strlen(owner->label)) + 1);
        text = larger(text, (int)strlen(map_memory(at->arena, owner)) + 1);
        lanes = larger(lanes, lane_of(owner, model, model->networks.count));
        devices = larger(devices, (int)owner->device_count);
        at->most_memory = owner->memory > at->most_memory ? owner->memory : at->most_memory;
    }
    at->lanes = lanes * LANE + 8;
    at->column = (text < widest ? text : widest) * CHARACTER + 16 + at->lanes;
    at->per_row = (at->column - 16) / (SQUARE + 4);
    for (uint32_t i = 0; i < at->map->owner_count; i++)
        rows = larger(rows, ((int)at->map->owners[i].cpus->value + at->per_row - 1) / at->per_row);
    at->cpus_y = TOP + HEADER + 14;
    at->memory_y = at->cpus_y + rows * (SQUARE + 4) + 10;
    at->serial_y = at->memory_y + 44;
    at->devices_y = at->serial_y + 32;
    at->networks_y = at->devices_y + devices * (DEVICE + 6) + 48;
    at->legend_y = network_y(at, model->networks.count) + 6;
    at->width = column_x(at, at->map->owner_count - 1) + at->column + MARGIN;
    at->width = larger(at->width, LEFT + 560);
    at->height = at->legend_y + 74;
}

static void draw_cpus(const struct layout *at, const struct owner *owner, int x)
{
    for (uint32_t i = 0; i < owner->cpus->value; i++) {
        int left = x + 10 + (int)(i % (uint32_t)at->per_row) * (SQUARE + 4);
        int y = at->cpus_y + (int)(i / (uint32_t)at->per_row) * (SQUARE + 4);

        put_box(at, left, y, SQUARE, SQUARE, 0xffffff, "stroke=\"#333333\" rx=\"2\"");
        if (owner->cpus->is_list)
            put_text(
                at, left + SQUARE / 2, y + 15, "class=\"s\" text-anchor=\"middle\"", 4,
                say(at->arena, "%llu", (unsigned long long)listed(&owner->cpus->list, i)->value));
    }
}

static void draw_devices(const struct layout *at, uint32_t index, int x)
{
    const struct model *model = &at->map->check->model;
    const struct owner *owner = &at->map->owners[index];
    int width = at->column - at->lanes - 10;
    size_t most = (size_t)(width - 12) / 7;

    for (uint32_t i = 0; i < owner->device_count; i++) {
        const struct model_device *device = &owner->devices[i];
        int y = at->devices_y + (int)i * (DEVICE + 6);
        uint32_t network = find_named(model, "networks", &device->network);
        const char *notes = map_device_notes(at->arena, device);

        put_box(at, x + 10, y, width, DEVICE, 0xffffff, "stroke=\"#333333\"");
        put_text(at, x + 16, y + 15, "class=\"s b\"", most,
                 say(at->arena, "%s%s%s", pci_text(at->arena, device->pci.value),
                     device->id.valid ? " " : "",
                     device->id.valid ? pci_id_text(at->arena, device->id.value) : ""));
        put_text(at, x + 16, y + 30, "class=\"s\"", most,
                 device->network.value ? say(at->arena, "%s%s", device->network.value, notes)
                 : *notes              ? notes + 2 /* without its comma */
                                       : "");
        if (network < model->networks.count)
            fprintf(at->out, "<path d=\"M%d %dH%dV%d\" class=\"l\"/>\n", x + 10 + width,
                    y + DEVICE / 2, lane_x(at, index, network), network_y(at, network) + 14);
    }
}

static void draw_owner(const struct layout *at, uint32_t index)
{
    const struct owner *owner = &at->map->owners[index];
    int x = column_x(at, index), bottom = at->networks_y - 34;
    uint32_t colour = level_colour(&at->map->check->model, owner->rank.level);
    const char *ink = ink_on(colour);
    size_t most = (size_t)(at->column - 16) / CHARACTER;
    int bar = (int)((at->column - 20) * ((double)owner->memory / (double)at->most_memory));

    put_box(at, x, TOP, at->column, bottom - TOP, owner->is_management ? 0xeeeeee : 0xfafafa,
            owner->is_management ? "stroke=\"#000000\" stroke-width=\"3\" stroke-dasharray=\"9 4\""
                                 : "stroke=\"#333333\" stroke-width=\"1.5\"");
    put_box(at, x + 2, TOP + 2, at->column - 4, HEADER - 2, colour, "stroke=\"none\"");
    put_text(at, x + 10, TOP + 18, say(at->arena, "class=\"b\" fill=\"%s\"", ink), most,
             owner->name);
    put_text(at, x + 10, TOP + 36, say(at->arena, "fill=\"%s\"", ink), most, owner->label);
    draw_cpus(at, owner, x);
    put_text(at, x + 10, at->memory_y + 12, "", most, map_memory(at->arena, owner));
    put_box(at, x + 10, at->memory_y + 18, at->column - 20, 12, 0xffffff, "stroke=\"#333333\"");
    put_box(at, x + 10, at->memory_y + 18, larger(bar, 2), 12, 0x555555, "stroke=\"none\"");
    put_text(at, x + 10, at->serial_y + 12, "", most,
             say(at->arena, "%s%s", owner->serial, owner->is_firewall ? ", firewall" : ""));
    draw_devices(at, index, x);
}

static void draw_network(const struct layout *at, uint32_t index)
{
    const struct model *model = &at->map->check->model;
    const struct model_network *network = model_network(model, index);
    struct label label = label_of(model, &network->label);
    uint32_t colour = level_colour(model, label.level);
    const char *ink = say(at->arena, "fill=\"%s\"", ink_on(colour));
    int y = network_y(at, index);

    fprintf(at->out, "<path d=\"M%d %dH%d\" class=\"%s\"/>\n", LEFT - 24, y + 14,
            at->width - MARGIN, network->exposed.value ? "n e" : "n");
    put_box(at, MARGIN, y - 5, LEFT - 24 - MARGIN, 38, colour,
            network->exposed.value ? "stroke=\"#d55e00\" stroke-width=\"4\""
                                   : "stroke=\"#333333\"");
    put_text(at, MARGIN + 8, y + 10, say(at->arena, "class=\"b\" %s", ink), 24,
             network->name.value);
    put_text(at, MARGIN + 8, y + 26, ink, 24,
             say(at->arena, "%s%s", network->exposed.value ? "EXPOSED, " : "",
                 label_text(at->arena, model, label)));
    for (uint32_t i = 0; i < at->map->owner_count; i++) {
        if (map_reaches(&at->map->owners[i], network))
            fprintf(at->out, "<circle cx=\"%d\" cy=\"%d\" r=\"5\" fill=\"#000000\"/>\n",
                    lane_x(at, i, index), y + 14);
    }
}

static void draw_frame(const struct layout *at)
{
    const struct map *map = at->map;
    const struct model *model = &map->check->model;
    uint32_t colour = level_colour(model, map->machine.level);
    int x = MARGIN + 64;

    put_text(at, MARGIN, 40, "class=\"h\"", 64, model->host.value);
    put_box(at, MARGIN, 52, at->width - 2 * MARGIN, 26, colour, "stroke=\"#333333\"");
    put_text(at, MARGIN + 8, 70, say(at->arena, "class=\"b\" fill=\"%s\"", ink_on(colour)),
             (size_t)(at->width - 2 * MARGIN) / CHARACTER - 2,
             say(at->arena, "overall classification: %s%s%s",
                 map->classification ? map->classification : "none",
                 *map->unsafe ? "; LAB, unsafe: " : "", map->unsafe));
    put_text(at, MARGIN, 100, "class=\"s\"", (size_t)(at->width - 2 * MARGIN) / 7,
             say(at->arena, "hypervisor or nobody: %s", map->rest));
    put_text(at, MARGIN, TOP + 26, "class=\"g\"", 24, "owner and label");
    put_text(at, MARGIN, at->cpus_y + 15, "class=\"g\"", 24, "processors");
    put_text(at, MARGIN, at->memory_y + 12, "class=\"g\"", 24, "memory (one scale)");
    put_text(at, MARGIN, at->serial_y + 12, "class=\"g\"", 24, "serial port");
    put_text(at, MARGIN, at->devices_y + 15, "class=\"g\"", 24, "devices");
    if (model->networks.count > 0)
        put_text(at, MARGIN, at->networks_y - 16, "class=\"g\"", 24, "networks");
    if (model->levels.count > 0)
        put_text(at, MARGIN, at->legend_y + 25, "class=\"s b\"", 8, "levels");
    for (uint32_t i = 0; i < model->levels.count; i++) {
        const char *level = listed_text(&model->levels, i)->value;
        int width = (int)strlen(level) * CHARACTER + 16;

        if (x + width > at->width - MARGIN)
            break; /* every box has its level written on it */
        put_box(at, x, at->legend_y + 10, width, 22, level_colour(model, i + 1),
                "stroke=\"#333333\"");
        put_text(at, x + 8, at->legend_y + 25,
                 say(at->arena, "fill=\"%s\"", ink_on(level_colour(model, i + 1))), 31, level);
        x += width + 8;
    }
    put_text(at, MARGIN, at->legend_y + 54, "class=\"s\"", 200,
             "dot: plugged into that network. Orange, dashed: exposed to strangers. "
             "Dashed box: management.");
}

void map_svg(const struct map *map, FILE *out)
{
    struct layout at = {.map = map, .arena = &map->check->arena, .out = out};

    lay_out(&at);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\">\n<title>",
            at.width, at.height, at.width, at.height);
    put_xml(out, say(at.arena, "%s: who owns what", map->check->model.host.value));
    fputs("</title>\n<style>text{font:13px 'DejaVu Sans Mono',Menlo,Consolas,monospace}"
          ".s{font-size:11px}.b{font-weight:bold}.h{font-size:24px;font-weight:bold}"
          ".g{fill:#444444}.l{fill:none;stroke:#000000;stroke-width:1.5}"
          ".n{stroke:#333333;stroke-width:4}.e{stroke:#d55e00;stroke-dasharray:12 5}</style>\n",
          out);
    put_box(&at, 0, 0, at.width, at.height, 0xffffff, "");
    draw_frame(&at);
    for (uint32_t i = 0; i < map->check->model.networks.count; i++)
        draw_network(&at, i);
    for (uint32_t i = 0; i < map->owner_count; i++)
        draw_owner(&at, i);
    fputs("</svg>\n", out);
}
