/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where everything in the map's picture stands. Owners are columns, in bands below each other when
 * they are many; below them lies each network as a bus. From a card a line leaves the column at
 * its right and goes down in the gap there, so that it crosses no column of a lower band.
 */
#ifndef BULKHEAD_LAYOUT_H
#define BULKHEAD_LAYOUT_H

#include "drawing.h"
#include "map.h"

enum {
    MARGIN = 24,
    COLUMN = 152,
    COLUMN_CHARACTERS = (COLUMN - 20) / CHARACTER,
    DEVICE = COLUMN - 20, /* a device's box */
    DEVICE_CHARACTERS = 17,
    LANE = 8,  /* between two lines down in one gap */
    BOX = 184, /* a network's */
    BOX_CHARACTERS = (BOX - 16) / CHARACTER,
    BUS = 19,   /* down from the top of the box */
    CABLE = 28, /* the bracket's room, on the left of the boxes */
};

/* Owners side by side, and where their rows are. */
struct band {
    uint32_t first, count;
    int top, cpus, memory, bar, serial, role, devices, bottom; /* y */
    bool has_roles, has_devices;
};

/* A network's box, and the bus at its right. */
struct bus {
    const struct model_network *network;
    const char *text; /* below its name */
    uint32_t cable;   /* networks on one cable, as cable_of(): bits */
    int y, height;
};

struct layout {
    const struct map *map;
    struct arena *arena;
    FILE *out;
    uint32_t per_band, band_count;
    struct band *bands;
    struct bus *buses; /* networks, those on one cable together */
    bool has_cables, has_one_way, has_exposed, has_cards;
    uint64_t most_memory;
    int left, gap; /* x of the first column; between columns */
    int rest_y, networks_y, levels_y, legend_y, width, height;
};

/* Fills all but map, arena and out. */
void lay_out(struct layout *at);

int column_x(const struct layout *at, uint32_t owner);

/* Of the line from the owner's cards down to a bus. */
int lane_x(const struct layout *at, uint32_t owner, uint32_t bus);

/* The way from a processor's square to the next: squares with an id on them are larger. */
int square_step(const struct owner *owner);
int squares_in_row(const struct owner *owner);

/* The text of a device's box below its address: its network, and what is special about it. */
const char *device_text(const struct layout *at, const struct model_device *device);
int device_height(const struct layout *at, const struct model_device *device);

/* What the text above all columns says. */
const char *headline(const struct layout *at);
const char *rest_line(const struct layout *at);
int headline_characters(const struct layout *at);
int small_characters(const struct layout *at);

/* Where the legend's box of a level stands; its characters are the level's. */
struct spot level_spot(const struct layout *at, uint32_t level);

/* What the marks mean that occur in this picture; "" if none does. */
const char *legend(const struct layout *at);

#endif
