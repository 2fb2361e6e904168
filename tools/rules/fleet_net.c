/* SPDX-License-Identifier: Apache-2.0 */
/* The networks of a fleet as one net: a trunk that one host says is a cable that all are on. */
#include "check_fleet.h"

#include "kernel/abi/limits.h"
#include "tools/manifest/label.h"
#include <string.h>

enum { PAIR_BYTES = 2 * NAME_BYTES };

static size_t root_of(const struct fleet_nets *nets, size_t index)
{
    while (nets->joined[index] != index)
        index = nets->joined[index];
    return index;
}

static size_t index_of(const struct fleet_nets *nets, const char *name)
{
    return (size_t)(claims_find(&nets->names, name) - nets->names.items);
}

const char *fleet_net(const struct fleet_nets *nets, const char *name)
{
    return claims_find(&nets->names, name)
               ? nets->names.items[root_of(nets, index_of(nets, name))].key
               : name;
}

void fleet_nets_join(struct fleet_nets *nets, const char *one, const char *other)
{
    if (!claims_find(&nets->names, one) || !claims_find(&nets->names, other))
        return;
    size_t from = root_of(nets, index_of(nets, one)), to = root_of(nets, index_of(nets, other));

    nets->joined[from > to ? from : to] = from > to ? to : from;
}

void fleet_nets_open(struct fleet_check *fleet, struct fleet_nets *nets)
{
    *nets = (struct fleet_nets){.names = {.arena = &fleet->arena}};
    for (size_t i = 0; i < fleet->count; i++) {
        for (uint32_t j = 0; j < fleet->hosts[i].model.networks.count; j++) {
            const struct model_network *network = model_network(&fleet->hosts[i].model, j);

            if (network->name.value)
                claims_add(&nets->names,
                           (struct claim){network->name.value, i, network->at, "", "", network});
        }
    }
    claims_sort(&nets->names);
    nets->joined = arena_take(&fleet->arena, (nets->names.count + 1) * sizeof(*nets->joined));
    for (size_t i = 0; i < nets->names.count; i++)
        nets->joined[i] = i;
    for (size_t i = 0; i < nets->names.count; i++) {
        const struct model_network *network = nets->names.items[i].item;

        for (uint32_t j = 0; j < network->trunk.count; j++) {
            const struct text *name = listed_text(&network->trunk, j);

            if (name->value)
                fleet_nets_join(nets, network->name.value, name->value);
        }
    }
}

static bool is_protected(const struct model_domain *domain, const char *name)
{
    for (uint32_t i = 0; i < domain->protects.count; i++) {
        const char *other = listed_text(&domain->protects, i)->value;

        if (other && strcmp(other, name) == 0)
            return true;
    }
    return false;
}

void fleet_nets_around(struct arena *arena, const struct fleet_nets *cables,
                       const struct claims *domains, const char *without, struct fleet_nets *nets)
{
    size_t bytes = (cables->names.count + 1) * sizeof(*nets->joined);

    *nets = *cables;
    nets->joined = memcpy(arena_take(arena, bytes), cables->joined, bytes);
    for (size_t i = 0; i < domains->count; i++) {
        const struct model_domain *domain = domains->items[i].item;
        const char *last = NULL;

        for (uint32_t j = 0; j < domain->devices.count; j++) {
            const char *name = model_device(domain, j)->network.value;

            if (!name || strcmp(name, without) == 0 || is_protected(domain, name))
                continue;
            if (last)
                fleet_nets_join(nets, last, name);
            last = name;
        }
    }
}

static const char *pair_key(char key[PAIR_BYTES], const char *one, const char *other)
{
    bool ordered = strcmp(one, other) < 0;

    snprintf(key, PAIR_BYTES, "%s %s", ordered ? one : other, ordered ? other : one);
    return key;
}

/* Every two networks that share a cable on some host. */
static void collect_pairs(struct fleet_check *fleet, struct claims *pairs)
{
    for (size_t i = 0; i < fleet->count; i++) {
        const struct model *model = &fleet->hosts[i].model;

        for (uint32_t j = 0; j < model->networks.count; j++) {
            const struct model_network *one = model_network(model, j);
            uint32_t cable = one->name.value ? cable_of(model, one) : 0;

            for (uint32_t k = 0; k < j; k++) {
                const struct model_network *other = model_network(model, k);
                char key[PAIR_BYTES];

                if (!(cable >> k & 1) || !other->name.value)
                    continue;
                pair_key(key, one->name.value, other->name.value);
                claims_add(pairs,
                           (struct claim){.key = say(&fleet->arena, "%s", key),
                                          .host = i,
                                          .at = is_written(one->trunk.at)     ? one->trunk.at
                                                : is_written(other->trunk.at) ? other->trunk.at
                                                                              : one->at});
            }
        }
    }
    claims_sort(pairs);
}

/* Only of networks that it has can a host say whether they share a cable. */
void rules_fleet_trunk(struct fleet_check *fleet)
{
    struct claims pairs = {.arena = &fleet->arena};

    collect_pairs(fleet, &pairs);
    for (size_t i = 0; i < fleet->count && pairs.count > 0; i++) {
        struct check *host = &fleet->hosts[i];

        for (uint32_t j = 0; j < host->model.networks.count; j++) {
            const struct model_network *one = model_network(&host->model, j);
            uint32_t cable = one->name.value ? cable_of(&host->model, one) : UINT32_MAX;
            const struct claim *said = NULL;
            const char *name = NULL;

            for (uint32_t k = 0; k < j && !said; k++) {
                char key[PAIR_BYTES];

                name = model_network(&host->model, k)->name.value;
                if (name && !(cable >> k & 1))
                    said = claims_find(&pairs, pair_key(key, one->name.value, name));
            }
            if (said)
                report_as(
                    host, "fleet-network", one->at,
                    say(&host->arena,
                        "network %s shares no cable with network %s here, but does on %s (%s)",
                        one->name.value, name, fleet_host_name(&fleet->hosts[said->host]),
                        line_of(host, said->at)),
                    "a trunk is the same on all hosts: say the same of it everywhere, or "
                    "rename one of the networks");
        }
    }
}
