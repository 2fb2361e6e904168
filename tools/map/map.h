/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns what on a machine, as `bulkhead map` shows it: the facts of a good manifest. */
#ifndef BULKHEAD_MAP_H
#define BULKHEAD_MAP_H

#include "tools/manifest/label.h"

/* A domain, or management. */
struct owner {
    const char *name, *label;
    bool is_management;
    struct label rank; /* what `label` says; of management: its network's */
    const struct count_or_list *cpus;
    uint64_t memory;
    const struct number *memory_at;
    const char *serial; /* "com2", "com4 (polled)", "management"; "none" */
    const char *role;   /* "firewall, protects dmz"; "" of a domain without one */
    const struct list *protects;
    const struct model_device *devices;
    uint32_t device_count;
};

struct map {
    struct check *check;
    const char *classification; /* overall; NULL: nothing has a label */
    struct label machine;       /* what it says */
    const char *unsafe;         /* what `unsafe` allows, "" if nothing */
    struct owner *owners;       /* domains as written, then management */
    uint32_t owner_count;
    uint64_t cpus, memory; /* owned by all of them */
    const char *rest;      /* what is nobody's or the hypervisor's, as far as the manifest says */
};

/* The facts of a manifest without errors; they live in check->arena. */
void map_make(struct map *map, struct check *check);

/* "2", or "ids 4 5" of pinned processors. */
const char *map_cpus(struct arena *arena, const struct count_or_list *cpus);

/* "512M", or "512M at 4G". */
const char *map_memory(struct arena *arena, const struct owner *owner);

/* What is special about a device, its address included, with `separator` between; or "". */
const char *map_device_notes(struct arena *arena, const struct model_device *device,
                             const char *separator);

/* What that entry of `unsafe` allows, as a manifest says it. */
const char *map_unsafe_word(const struct model_unsafe *entry);

/* Whether a device of the owner is plugged into that network. */
bool map_reaches(const struct owner *owner, const struct model_network *network);

/* json.c: the map as one JSON object. */
void map_json(const struct map *map, FILE *out);

/* svg.c: the map as one self-contained picture. */
void map_svg(const struct map *map, FILE *out);

#endif
