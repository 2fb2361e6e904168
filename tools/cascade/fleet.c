/* SPDX-License-Identifier: Apache-2.0 */
/* Several manifests as one network of hosts, for the cascade analysis. */
#include "fleet.h"

#include "tools/manifest/label.h"
#include <string.h>

enum { NO_LABEL = CASCADE_MAX_LEVELS };

struct adding {
    struct fleet *fleet;
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

/* The levels of a manifest must be the table's, and in one order on all hosts. */
static void compare_levels(struct adding *adding)
{
    const struct list *levels = &adding->check->model.levels;
    struct fleet *fleet = adding->fleet;
    struct level_conflict conflict;

    if (!(fleet->table ? levels_follow(fleet->table, levels, &fleet->arena, &conflict)
                       : levels_join(&fleet->order, levels, &conflict)))
        complain(adding, conflict.at, conflict.what);
    for (uint32_t i = 0; fleet->table && i < levels->count; i++) {
        const struct text *name = listed_text(levels, i);

        if (name->value && cascade_table_level(fleet->table, name->value) == TABLE_LEVELS)
            complain(adding, name->at,
                     say(&fleet->arena, "level %s is not one of the table's; use its names",
                         name->value));
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
    if (find_named(&adding->check->model, "levels", &label->level) == UINT32_MAX) {
        complain(adding, label->level.at,
                 say(&fleet->arena, "there is no level %s under `levels:`", label->level.value));
        return NO_LABEL;
    }
    wanted.level = fleet->table ? cascade_table_level(fleet->table, label->level.value)
                                : levels_find(&fleet->order, label->level.value);
    if (wanted.level == TABLE_LEVELS)
        return NO_LABEL; /* said by compare_levels() */
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
        complain(
            adding, label->at,
            "the fleet has more than 64 labels or 63 categories; use fewer: in parts of it alone "
            "a cascade between them would not be seen");
        return NO_LABEL;
    }
    fleet->labels[fleet->label_count] = wanted;
    return fleet->label_count++;
}

/* From one host to another, or both ways. */
static const char *direction_text(struct fleet *fleet, const char *from, const char *to)
{
    return from ? say(&fleet->arena, "one way from %s to %s", from, to) : "both ways";
}

/* What a network is on one host it is on all. */
static void compare_network(struct adding *adding, const struct model_network *network,
                            uint32_t index, uint32_t label)
{
    struct fleet *fleet = adding->fleet;
    const struct fleet_network *known = &fleet->cables[index];
    const struct model_one_way *one_way = &network->one_way;
    const char *own = direction_text(fleet, one_way->from.value, one_way->to.value);
    const char *first = direction_text(fleet, known->from, known->to);

    if (fleet->networks[index].level != label)
        complain(adding, network->at,
                 say(&fleet->arena, "network %s is %s here and %s in %s", network->name.value,
                     fleet->labels[label].name, fleet->labels[fleet->networks[index].level].name,
                     known->path));
    if (strcmp(own, first) != 0)
        complain(adding, is_written(one_way->at) ? one_way->at : network->at,
                 say(&fleet->arena, "network %s leads %s here, and %s in %s", network->name.value,
                     own, first, known->path));
}

/* The index of the network of that name, network_count if there is none. */
static uint32_t find_network(const struct fleet *fleet, const char *name)
{
    uint32_t i = 0;

    while (i < fleet->net.network_count && strcmp(fleet->networks[i].name, name) != 0)
        i++;
    return i;
}

/* Adds a network that no host before had, or holds it against what that one says. */
static void add_network(struct adding *adding, const struct model_network *network)
{
    struct fleet *fleet = adding->fleet;
    struct arena *arena = &fleet->arena;
    uint32_t count = fleet->net.network_count, label = label_index(adding, &network->label);
    const struct model_one_way *one_way = &network->one_way;

    if (network->name.value && !network->label.level.value)
        complain(adding, network->at,
                 say(arena, "network %s has no level; write `level: NAME`", network->name.value));
    if (!network->name.value || label == NO_LABEL)
        return;
    uint32_t index = find_network(fleet, network->name.value);
    if (index < count) {
        compare_network(adding, network, index, label);
        return;
    }
    fleet->networks = grow(arena, fleet->networks, count, sizeof(*fleet->networks));
    fleet->cables = grow(arena, fleet->cables, count, sizeof(*fleet->cables));
    fleet->networks[count] = (struct cascade_network){kept(fleet, network->name.value), label};
    fleet->cables[count] =
        (struct fleet_network){.cable = count, .path = kept(fleet, adding->check->path)};
    if (one_way->from.value && one_way->to.value) {
        fleet->cables[count].from = kept(fleet, one_way->from.value);
        fleet->cables[count].to = kept(fleet, one_way->to.value);
    }
    fleet->net.network_count++;
}

/* Two networks on one cable, and with them what shared a cable with either. */
static void join(struct fleet *fleet, uint32_t one, uint32_t other)
{
    uint32_t from = fleet->cables[one].cable, to = fleet->cables[other].cable;

    for (uint32_t i = 0; i < fleet->net.network_count && from != to; i++) {
        if (fleet->cables[i].cable == from)
            fleet->cables[i].cable = to;
    }
}

/* A trunk that one host says holds on all: it is the same cable. */
static void add_networks(struct adding *adding)
{
    const struct model *model = &adding->check->model;
    struct fleet *fleet = adding->fleet;

    for (uint32_t i = 0; i < model->networks.count; i++)
        add_network(adding, model_network(model, i));
    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);
        uint32_t index = network->name.value ? find_network(fleet, network->name.value)
                                             : fleet->net.network_count;

        for (uint32_t j = 0; j < network->trunk.count && index < fleet->net.network_count; j++) {
            const struct text *name = listed_text(&network->trunk, j);
            uint32_t other = name->value ? find_network(fleet, name->value) : index;

            if (other == fleet->net.network_count)
                complain(
                    adding, name->at,
                    say(&fleet->arena, "there is no network %s under `networks:`", name->value));
            else
                join(fleet, index, other);
        }
    }
}

static void add_card(struct adding *adding, uint32_t label, const struct text *name)
{
    struct fleet *fleet = adding->fleet;
    uint32_t index = name->value ? find_network(fleet, name->value) : 0;

    if (!name->value || label == NO_LABEL)
        return;
    if (!network_named(&adding->check->model, name)) {
        complain(adding, name->at,
                 say(&fleet->arena, "there is no network %s under `networks:`", name->value));
        return;
    }
    if (index == fleet->net.network_count)
        return; /* label_index() has said why */
    fleet->cards = grow(&fleet->arena, fleet->cards, fleet->card_count, sizeof(*fleet->cards));
    fleet->cards[fleet->card_count++] = (struct fleet_card){adding->host, label, index};
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
    if (domain->manage.count > 0) /* whoever may do something sees what comes of it */
        add_channel(adding, say(&fleet->arena, "managing %s", name), label, management);
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

void fleet_add(struct fleet *fleet, const struct cascade_table *table, const struct check *check)
{
    const struct model *model = &check->model;
    uint32_t count = fleet->net.host_count;
    struct adding adding = {fleet, check, count};

    fleet->table = table;
    fleet->order.arena = &fleet->arena;
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
    add_networks(&adding);
    uint32_t management = add_management(&adding);
    for (uint32_t i = 0; i < model->domains.count; i++)
        add_domain(&adding, model_domain(model, i), management);
}

static void add_link(struct fleet *fleet, const struct fleet_card *card, uint32_t network)
{
    const struct fleet_network *cable = &fleet->cables[network];
    const char *host = fleet->hosts[card->host].name;
    struct cascade_link link = {card->host, card->label, network, CASCADE_BOTH};

    if (cable->from && strcmp(cable->from, host) == 0)
        link.directions = CASCADE_TO_NETWORK;
    else if (cable->to && strcmp(cable->to, host) == 0)
        link.directions = CASCADE_TO_HOST;
    /* The cards come host by host. */
    for (uint32_t i = fleet->net.link_count; i-- > 0 && fleet->links[i].host == card->host;) {
        if (fleet->links[i].level == link.level && fleet->links[i].network == network)
            return;
    }
    fleet->links = grow(&fleet->arena, fleet->links, fleet->net.link_count, sizeof(*fleet->links));
    fleet->links[fleet->net.link_count++] = link;
}

/* Once all trunks are known: a card is on each network of its cable, its own first. */
static void add_links(struct fleet *fleet)
{
    for (uint32_t i = 0; i < fleet->card_count; i++) {
        const struct fleet_card *card = &fleet->cards[i];

        add_link(fleet, card, card->network);
        for (uint32_t j = 0; j < fleet->net.network_count; j++) {
            if (fleet->cables[j].cable == fleet->cables[card->network].cable)
                add_link(fleet, card, j);
        }
    }
}

/* Without a table only upwards, and two levels that no host has together are not upwards. */
static uint32_t required_by(const struct fleet *fleet, const struct fleet_label *from,
                            const struct fleet_label *to)
{
    const struct cascade_table *table = fleet->table;
    bool same = from->level == to->level;
    bool upwards = !table && (same || fleet->order.above[from->level] >> to->level & 1);
    uint32_t required = table     ? table->required[from->level][to->level]
                        : upwards ? 0
                                  : CASCADE_NEVER;
    uint32_t category = table ? table->category : CASCADE_NEVER;

    return (from->categories & ~to->categories) != 0 && required < category ? category : required;
}

void fleet_finish(struct fleet *fleet)
{
    uint32_t count = fleet->label_count;

    add_links(fleet);

    for (uint32_t i = 0; i < count; i++) {
        const struct fleet_label *from = &fleet->labels[i];

        fleet->names[i] = from->name;
        for (uint32_t j = 0; j < count; j++) {
            const struct fleet_label *to = &fleet->labels[j];
            uint32_t *required = &fleet->required[i * count + j];

            *required = required_by(fleet, from, to);
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
