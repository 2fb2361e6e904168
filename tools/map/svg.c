/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The map as one self-contained SVG picture: a column for each owner, coloured by its level, and
 * below them each network as a bus to which lines lead down from the cards plugged into it.
 * Nothing is cut off: what does not fit a line goes on in the next.
 */
#include "layout.h"
#include "tools/manifest/schema_parse.h"

#include <string.h>

static void draw_cpus(const struct layout *at, const struct band *band, const struct owner *owner,
                      int x)
{
    int step = square_step(owner), row = squares_in_row(owner), side = step - 4;

    for (uint32_t i = 0; i < owner->cpus->value; i++) {
        int left = x + 10 + (int)i % row * step, y = band->cpus + (int)i / row * step;

        put_box(at->out, left, y, side, side, 0xffffff, "stroke=\"#333333\" rx=\"2\"");
        if (owner->cpus->is_list)
            put_line(
                at->out, left + side / 2, y + 15, "class=\"s\" text-anchor=\"middle\"",
                say(at->arena, "%llu", (unsigned long long)listed(&owner->cpus->list, i)->value));
    }
}

/* From a card to its network's bus; on a one-way network with the direction as this host sees it.
 */
static void draw_plug(const struct layout *at, uint32_t owner, const char *network, int x, int y)
{
    const struct model *model = &at->map->check->model;
    uint32_t bus = 0;

    while (strcmp(at->buses[bus].network->name.value, network) != 0)
        bus++;
    const struct model_one_way *one_way = &at->buses[bus].network->one_way;
    int lane = lane_x(at, owner, bus), end = at->buses[bus].y + BUS;
    fprintf(at->out, "<path d=\"M%d %dH%dV%d\" class=\"l\"/>\n", x, y, lane, end);
    fprintf(at->out, "<circle cx=\"%d\" cy=\"%d\" r=\"5\"/>\n", lane, end);
    if (is_written(one_way->at) && strcmp(one_way->from.value, model->host.value) == 0)
        put_arrowhead(at->out, lane, end - 6, 0, 1);
    else if (is_written(one_way->at))
        put_arrowhead(at->out, lane, end - 20, 0, -1);
}

static void draw_devices(const struct layout *at, uint32_t index, int x, int y)
{
    const struct owner *owner = &at->map->owners[index];

    for (uint32_t i = 0; i < owner->device_count; i++) {
        const struct model_device *device = &owner->devices[i];
        int height = device_height(at, device);

        put_box(at->out, x + 10, y, DEVICE, height, 0xffffff, "stroke=\"#333333\"");
        put_line(at->out, x + 16, y + 15, "class=\"s b\"",
                 say(at->arena, "%s%s%s", pci_text(at->arena, device->pci.value),
                     device->id.valid ? " " : "",
                     device->id.valid ? pci_id_text(at->arena, device->id.value) : ""));
        put_text(at->out, (struct spot){x + 16, y + 15 + SMALL_LINE, SMALL_LINE, DEVICE_CHARACTERS},
                 "class=\"s\"", device_text(at, device));
        if (device->network.value)
            draw_plug(at, index, device->network.value, x + 10 + DEVICE, y + height / 2);
        y += height + 6;
    }
}

static void draw_owner(const struct layout *at, const struct band *band, uint32_t index)
{
    const struct owner *owner = &at->map->owners[index];
    int x = column_x(at, index), left = x + 10;
    uint32_t colour = level_colour(&at->map->check->model, owner->rank.level);
    const char *ink = ink_on(colour);
    int bar = (int)(DEVICE * ((double)owner->memory / (double)at->most_memory));

    put_box(at->out, x, band->top, COLUMN, band->bottom - band->top,
            owner->is_management ? 0xeeeeee : 0xfafafa,
            owner->is_management ? "stroke=\"#000000\" stroke-width=\"3\" stroke-dasharray=\"9 4\""
                                 : "stroke=\"#333333\" stroke-width=\"1.5\"");
    put_box(at->out, x + 2, band->top + 2, COLUMN - 4, band->cpus - band->top - 14, colour,
            "stroke=\"none\"");
    int y = put_text(at->out, (struct spot){left, band->top + 18, LINE, COLUMN_CHARACTERS},
                     say(at->arena, "class=\"b\" fill=\"%s\"", ink), owner->name);
    put_text(at->out, (struct spot){left, y, LINE, COLUMN_CHARACTERS},
             say(at->arena, "fill=\"%s\"", ink), owner->label);
    draw_cpus(at, band, owner, x);
    put_text(at->out, (struct spot){left, band->memory + 12, LINE, COLUMN_CHARACTERS}, "",
             map_memory(at->arena, owner));
    put_box(at->out, left, band->bar, DEVICE, 12, 0xffffff, "stroke=\"#333333\"");
    put_box(at->out, left, band->bar, larger(bar, 2), 12, 0x555555, "stroke=\"none\"");
    put_line(at->out, left, band->serial + 12, "", owner->serial);
    put_text(at->out, (struct spot){left, band->role + 12, LINE, COLUMN_CHARACTERS}, "",
             owner->role);
    draw_devices(at, index, x, band->devices);
}

static void draw_band(const struct layout *at, const struct band *band)
{
    put_line(at->out, MARGIN, band->top + 18, "class=\"g\"", "owner and label");
    put_line(at->out, MARGIN, band->cpus + 15, "class=\"g\"", "processors");
    put_line(at->out, MARGIN, band->memory + 12, "class=\"g\"", "memory (one scale)");
    put_line(at->out, MARGIN, band->serial + 12, "class=\"g\"", "serial port");
    if (band->has_roles)
        put_line(at->out, MARGIN, band->role + 12, "class=\"g\"", "role");
    if (band->has_devices)
        put_line(at->out, MARGIN, band->devices + 15, "class=\"g\"", "devices");
    for (uint32_t i = band->first; i < band->first + band->count; i++)
        draw_owner(at, band, i);
}

static void draw_bus(const struct layout *at, const struct bus *bus)
{
    const struct model *model = &at->map->check->model;
    const struct model_network *network = bus->network;
    uint32_t colour = level_colour(model, label_of(model, &network->label).level);
    const char *ink = say(at->arena, "fill=\"%s\"", ink_on(colour));
    int x = at->left - 16 - BOX, end = at->width - MARGIN;

    fprintf(at->out, "<path d=\"M%d %dH%d\" class=\"%s\"/>\n", x + BOX, bus->y + BUS,
            end - (is_written(network->one_way.at) ? 10 : 0), network->exposed.value ? "n e" : "n");
    if (is_written(network->one_way.at)) {
        bool inward = strcmp(network->one_way.to.value, model->host.value) == 0;

        put_arrowhead(at->out, inward ? end - 14 : end, bus->y + BUS, inward ? -1 : 1, 0);
    }
    put_box(at->out, x, bus->y, BOX, bus->height, colour,
            network->exposed.value ? "stroke=\"#d55e00\" stroke-width=\"4\""
                                   : "stroke=\"#333333\"");
    int y = put_text(at->out, (struct spot){x + 8, bus->y + 15, LINE, BOX_CHARACTERS},
                     say(at->arena, "class=\"b\" %s", ink), network->name.value);
    put_text(at->out, (struct spot){x + 8, y, LINE, BOX_CHARACTERS}, ink, bus->text);
}

/* A bracket on the left of each run of networks that share a cable. */
static void draw_cables(const struct layout *at)
{
    uint32_t count = at->map->check->model.networks.count;

    for (uint32_t i = 0, end; i < count; i = end) {
        int x = MARGIN + CABLE - 4, top = at->buses[i].y + BUS;

        for (end = i + 1; end < count && at->buses[end].cable == at->buses[i].cable;)
            end++;
        if (end - i == 1)
            continue;
        int bottom = at->buses[end - 1].y + BUS, middle = (top + bottom) / 2;
        fprintf(at->out, "<path d=\"M%d %dH%dV%dH%d\" class=\"n\" fill=\"none\"/>\n", x, top, x - 8,
                bottom, x);
        put_line(at->out, x - 14, middle,
                 say(at->arena,
                     "class=\"s\" text-anchor=\"middle\" transform=\"rotate(-90 %d %d)\"", x - 14,
                     middle),
                 "one cable");
    }
}

static void draw_headline(const struct layout *at)
{
    const struct model *model = &at->map->check->model;
    uint32_t colour = level_colour(model, at->map->machine.level);
    int characters = headline_characters(at);

    put_line(at->out, MARGIN, 40, "class=\"h\"", model->host.value);
    put_box(at->out, MARGIN, 52, at->width - 2 * MARGIN,
            8 + LINE * lines_of(headline(at), characters), colour, "stroke=\"#333333\"");
    put_text(at->out, (struct spot){MARGIN + 8, 70, LINE, characters},
             say(at->arena, "class=\"b\" fill=\"%s\"", ink_on(colour)), headline(at));
    put_text(at->out, (struct spot){MARGIN, at->rest_y, SMALL_LINE, small_characters(at)},
             "class=\"s\"", rest_line(at));
}

static void draw_legend(const struct layout *at)
{
    const struct model *model = &at->map->check->model;

    if (model->levels.count > 0)
        put_line(at->out, MARGIN, at->levels_y + 15, "class=\"s b\"", "levels");
    for (uint32_t i = 0; i < model->levels.count; i++) {
        struct spot spot = level_spot(at, i);
        uint32_t colour = level_colour(model, i + 1);

        put_box(at->out, spot.x, spot.y, spot.characters * CHARACTER + 16, 22, colour,
                "stroke=\"#333333\"");
        put_line(at->out, spot.x + 8, spot.y + 15, say(at->arena, "fill=\"%s\"", ink_on(colour)),
                 listed_text(&model->levels, i)->value);
    }
    put_text(at->out, (struct spot){MARGIN, at->legend_y, SMALL_LINE, small_characters(at)},
             "class=\"s\"", legend(at));
}

void map_svg(const struct map *map, FILE *out)
{
    struct layout at = {.map = map, .arena = &map->check->arena, .out = out};

    lay_out(&at);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\">\n",
            at.width, at.height, at.width, at.height);
    fprintf(out, "<title>%s: who owns what</title>\n", map->check->model.host.value);
    fputs("<style>text{font:13px 'DejaVu Sans Mono',Menlo,Consolas,monospace}"
          ".s{font-size:11px}.b{font-weight:bold}.h{font-size:24px;font-weight:bold}"
          ".g{fill:#444444}.l{fill:none;stroke:#000000;stroke-width:1.5}"
          ".n{stroke:#333333;stroke-width:4}.e{stroke:#d55e00;stroke-dasharray:12 5}"
          "@media print{svg{width:100%;height:100%}}",
          out);
    fprintf(out, "@page{size:A4 %s;margin:8mm}</style>\n",
            at.width > at.height ? "landscape" : "portrait");
    put_box(out, 0, 0, at.width, at.height, 0xffffff, "");
    draw_headline(&at);
    if (map->check->model.networks.count > 0)
        put_line(out, MARGIN, at.networks_y, "class=\"g\"", "networks");
    draw_cables(&at);
    for (uint32_t i = 0; i < map->check->model.networks.count; i++)
        draw_bus(&at, &at.buses[i]);
    for (uint32_t i = 0; i < at.band_count; i++)
        draw_band(&at, &at.bands[i]);
    draw_legend(&at);
    fputs("</svg>\n", out);
}
