/* SPDX-License-Identifier: Apache-2.0 */
/* Several manifests as one network of hosts, for the cascade analysis. */
#include "fleet.h"

#include "../manifest/label.h"
#include <string.h>

enum { NO_LABEL = CASCADE_MAX_LEVELS };

struct adding {
    struct fleet *fleet;
    struct cascade_table *table;
    const struct check *check;
    uint32_t host;
};

static void complain(struct adding *adding, struct place at, const char *what)
{
    adding->fleet->problems++;
    put_safely(stderr, adding->check->path);
    fprintf(stderr, ":%u:%u: ", at.line ? at.line : 1, at.column ? at.column : 1);
    put_safely(stderr, what);
    fputc('\n', stderr);
}

/* Room for one item more in an array that grows by doubling. */
static void *grow(struct arena *arena, void *items, uint32_t count, size_t bytes)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return items;
    void *more = arena_take(arena, (count == 0 ? 1 : 2 * (size_t)count) * bytes);
    if (count != 0)
        memcpy(more, items, count * bytes);
    return more;
}

static const char *kept(struct fleet *fleet, const char *text)
{
    return say(&fleet->arena, "%s", text);
}

/* The levels of a manifest must be the table's, in the same order. */
static void compare_levels(struct adding *adding)
{
    const struct list *levels = &adding->check->model.levels;
    struct cascade_table *table = adding->table;
    struct arena *arena = &adding->fleet->arena;
    uint32_t before = 0;

    for (uint32_t i = 0; i < levels->count; i++) {
        const struct text *name = listed_text(levels, i);

        if (!name->value)
            continue;
        if (adding->fleet->table_follows && i == table->level_count && i < TABLE_LEVELS &&
            adding->host == 0)
            table->levels[table->level_count++] = kept(adding->fleet, name->value);
        uint32_t level = cascade_table_level(table, name->value);
        if (level == TABLE_LEVELS)
            complain(adding, name->at,
                     say(arena, "level %s is not one of %s; use the same names on all hosts",
                         name->value,
                         adding->fleet->table_follows ? "the first manifest's" : "the table's"));
        else if (level < before)
            complain(adding, name->at,
                     say(arena, "level %s stands above %s here, and below it in %s", name->value,
                         table->levels[before],
                         adding->fleet->table_follows ? "the first manifest" : "the table"));
        else
            before = level;
    }
}

static uint32_t category_bit(struct fleet *fleet, const char *name)
{
    uint32_t i = 0;

    while (i < fleet->category_count && strcmp(fleet->categories[i], name) != 0)
        i++;
    if (i == fleet->category_count && i < 64)
        fleet->categories[fleet->category_count++] = kept(fleet, name);
    return i;
}

/* The index of a label, NO_LABEL if it is not written or there are too many. */
static uint32_t label_index(struct adding *adding, const struct model_label *label)
{
    struct fleet *fleet = adding->fleet;
    struct fleet_label wanted = {0};

    if (!label->level.value)
        return NO_LABEL;
    wanted.level = cascade_table_level(adding->table, label->level.value);
    if (wanted.level == TABLE_LEVELS)
        return NO_LABEL; /* said by compare_levels() or by the reader */
    wanted.name = kept(fleet, label->level.value);
    for (uint32_t i = 0; i < label->categories.count; i++) {
        const char *category = listed_text(&label->categories, i)->value;
        uint32_t bit = category ? category_bit(fleet, category) : 64;

        if (bit == 64)
            continue;
        wanted.categories |= 1ull << bit;
        wanted.name = say(&fleet->arena, "%s%c%s", wanted.name, i == 0 ? '{' : ',', category);
    }
    if (wanted.categories != 0)
        wanted.name = say(&fleet->arena, "%s}", wanted.name);
    for (uint32_t i = 0; i < fleet->label_count; i++) {
        if (fleet->labels[i].level == wanted.level &&
            fleet->labels[i].categories == wanted.categories)
            return i;
    }
    if (fleet->label_count == CASCADE_MAX_LEVELS || fleet->category_count == 64) {
        complain(adding, label->at,
                 "the fleet has more than 64 labels or 63 categories; analyse parts of it");
        return NO_LABEL;
    }
    fleet->labels[fleet->label_count] = wanted;
    return fleet->label_count++;
}

static bool same_name(const char *one, const char *other)
{
    return !one || !other || strcmp(one, other) == 0;
}

/* Where two hosts say of one network that it leads one way, they mean the same way. */
static void compare_directions(struct adding *adding, const struct model_network *network,
                               struct fleet_one_way *known)
{
    const struct model_one_way *one_way = &network->one_way;
    struct arena *arena = &adding->fleet->arena;

    if (!one_way->from.value || !one_way->to.value)
        return;
    if (!same_name(known->from, one_way->from.value) || !same_name(known->to, one_way->to.value))
        complain(adding, one_way->at,
                 say(arena, "network %s leads from %s to %s here, and from %s to %s in %s",
                     network->name.value, one_way->from.value, one_way->to.value, known->from,
                     known->to, known->path));
    else if (!known->from)
        *known = (struct fleet_one_way){kept(adding->fleet, one_way->from.value),
                                        kept(adding->fleet, one_way->to.value),
                                        kept(adding->fleet, adding->check->path)};
}

/* The network of that name anywhere in the fleet; it has one label and one direction. */
static uint32_t network_index(struct adding *adding, const struct model_network *network)
{
    struct fleet *fleet = adding->fleet;
    uint32_t i = 0, count = fleet->net.network_count, label = label_index(adding, &network->label);

    while (i < count && strcmp(fleet->networks[i].name, network->name.value) != 0)
        i++;
    if (label == NO_LABEL)
        return UINT32_MAX;
    if (i < count) {
        if (fleet->networks[i].level != label)
            complain(adding, network->at,
                     say(&fleet->arena, "network %s is %s here and %s in %s", network->name.value,
                         fleet->labels[label].name, fleet->labels[fleet->networks[i].level].name,
                         fleet->network_paths[i]));
        compare_directions(adding, network, &fleet->one_ways[i]);
        return i;
    }
    fleet->networks = grow(&fleet->arena, fleet->networks, count, sizeof(*fleet->networks));
    fleet->network_paths = grow(&fleet->arena, fleet->network_paths, count, sizeof(char *));
    fleet->networks[count] = (struct cascade_network){kept(fleet, network->name.value), label};
    fleet->network_paths[count] = kept(fleet, adding->check->path);
    fleet->one_ways = grow(&fleet->arena, fleet->one_ways, count, sizeof(*fleet->one_ways));
    fleet->one_ways[count] = (struct fleet_one_way){0};
    compare_directions(adding, network, &fleet->one_ways[count]);
    return fleet->net.network_count++;
}

static void add_link(struct adding *adding, uint32_t label, const struct model_network *network)
{
    struct fleet *fleet = adding->fleet;
    const struct model_one_way *one_way = &network->one_way;
    const char *host = fleet->hosts[adding->host].name;
    struct cascade_link link = {adding->host, label, network_index(adding, network), CASCADE_BOTH};

    if (link.network == UINT32_MAX)
        return;
    if (one_way->from.value && strcmp(one_way->from.value, host) == 0)
        link.directions = CASCADE_TO_NETWORK;
    else if (one_way->to.value && strcmp(one_way->to.value, host) == 0)
        link.directions = CASCADE_TO_HOST;
    for (uint32_t i = 0; i < fleet->net.link_count; i++) {
        struct cascade_link *old = &fleet->links[i];

        if (old->host == link.host && old->level == link.level && old->network == link.network)
            return;
    }
    fleet->links = grow(&fleet->arena, fleet->links, fleet->net.link_count, sizeof(*fleet->links));
    fleet->links[fleet->net.link_count++] = link;
}

/* A card is on each network that is on its cable, whichever of them lists the other. */
static void add_card(struct adding *adding, uint32_t label, const struct text *name)
{
    const struct model *model = &adding->check->model;
    const struct model_network *network = network_named(model, name);

    if (!name->value || label == NO_LABEL)
        return;
    if (!network) {
        complain(
            adding, name->at,
            say(&adding->fleet->arena, "there is no network %s under `networks:`", name->value));
        return;
    }
    uint32_t cable = cable_of(model, network);
    add_link(adding, label, network);
    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *other = model_network(model, i);

        if (cable >> i & 1 && other != network && other->name.value)
            add_link(adding, label, other);
    }
}

static void add_channel(struct adding *adding, const char *name, uint32_t from, uint32_t to)
{
    struct fleet *fleet = adding->fleet;

    if (from == NO_LABEL || to == NO_LABEL || from == to)
        return;
    fleet->channels =
        grow(&fleet->arena, fleet->channels, fleet->net.channel_count, sizeof(*fleet->channels));
    fleet->channels[fleet->net.channel_count++] =
        (struct cascade_channel){name, adding->host, from, to};
}

static void add_domain(struct adding *adding, const struct model_domain *domain,
                       uint32_t management)
{
    struct fleet *fleet = adding->fleet;
    const char *name = domain->name.value ? domain->name.value : "?";
    uint32_t label = label_index(adding, &domain->label);

    if (label == NO_LABEL) {
        if (!domain->label.level.value)
            complain(
                adding, domain->at,
                say(&fleet->arena, "domain %s has no label; write `label: {level: NAME}`", name));
        return;
    }
    fleet->hosts[adding->host].levels |= 1ull << label;
    for (uint32_t i = 0; i < domain->devices.count; i++)
        add_card(adding, label, &model_device(domain, i)->network);
    if (domain->serial.read.count > 0)
        add_channel(adding, say(&fleet->arena, "reading the serial port of %s", name), label,
                    management);
    if (domain->serial.write.count > 0)
        add_channel(adding, say(&fleet->arena, "writing to the serial port of %s", name),
                    management, label);
}

/* The console holds what its network holds. */
static uint32_t add_management(struct adding *adding)
{
    const struct model *model = &adding->check->model;
    const struct text *name = &model->management.nic.network;
    const struct model_network *network = network_named(model, name);
    uint32_t label = network ? label_index(adding, &network->label) : NO_LABEL;

    if (label != NO_LABEL) {
        adding->fleet->hosts[adding->host].levels |= 1ull << label;
        add_card(adding, label, name);
    }
    return label;
}

void fleet_add(struct fleet *fleet, struct cascade_table *table, const struct check *check)
{
    const struct model *model = &check->model;
    uint32_t count = fleet->net.host_count;
    struct adding adding = {fleet, table, check, count};

    fleet->table = table;
    if (!model->host.value)
        return;
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(fleet->hosts[i].name, model->host.value) == 0)
            complain(&adding, model->host.at,
                     say(&fleet->arena, "host %s is in %s too", model->host.value,
                         fleet->host_paths[i]));
    }
    fleet->hosts = grow(&fleet->arena, fleet->hosts, count, sizeof(*fleet->hosts));
    fleet->host_paths = grow(&fleet->arena, fleet->host_paths, count, sizeof(char *));
    fleet->host_paths[count] = kept(fleet, check->path);
    fleet->hosts[count] =
        (struct cascade_host){kept(fleet, model->host.value), 0,
                              model->assurance.valid ? (uint32_t)model->assurance.value : 0};
    fleet->net.host_count++;
    compare_levels(&adding);
    uint32_t management = add_management(&adding);
    for (uint32_t i = 0; i < model->domains.count; i++)
        add_domain(&adding, model_domain(model, i), management);
}

void fleet_finish(struct fleet *fleet)
{
    uint32_t count = fleet->label_count;

    for (uint32_t i = 0; i < count; i++) {
        const struct fleet_label *from = &fleet->labels[i];

        fleet->names[i] = from->name;
        for (uint32_t j = 0; j < count; j++) {
            const struct fleet_label *to = &fleet->labels[j];
            uint32_t *required = &fleet->required[i * count + j];

            *required = fleet->table->required[from->level][to->level];
            if ((from->categories & ~to->categories) != 0 && *required < fleet->table->category)
                *required = fleet->table->category;
        }
    }
    fleet->net.level_count = count;
    fleet->net.levels = fleet->names;
    fleet->net.required = fleet->required;
    fleet->net.hosts = fleet->hosts;
    fleet->net.networks = fleet->networks;
    fleet->net.links = fleet->links;
    fleet->net.channels = fleet->channels;
}
