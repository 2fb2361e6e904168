/* SPDX-License-Identifier: Apache-2.0 */
/* Rules across hosts about what must be kept apart, and what a firewall protects elsewhere. */
#include "check_fleet.h"

#include "rules.h"
#include "tools/manifest/claims.h"
#include "tools/manifest/label.h"
#include <string.h>

static void collect_domains(struct fleet_check *fleet, struct claims *domains)
{
    for (size_t i = 0; i < fleet->count; i++) {
        for (uint32_t j = 0; j < fleet->hosts[i].model.domains.count; j++) {
            const struct model_domain *domain = model_domain(&fleet->hosts[i].model, j);

            if (domain->name.value)
                claims_add(domains, (struct claim){domain->name.value, i, domain->name.at,
                                                   domain->name.value, "", domain});
        }
    }
    claims_sort(domains);
}

/* The groups of all hosts; one that many hosts include is one group, of the first of them. */
static void collect_groups(struct fleet_check *fleet, struct claims *groups)
{
    struct claims all = {.arena = &fleet->arena};

    for (size_t i = 0; i < fleet->count; i++) {
        const struct list *group = fleet->hosts[i].model.keep_apart.items;

        for (uint32_t j = 0; j < fleet->hosts[i].model.keep_apart.count; j++, group++) {
            const char *place =
                say(&fleet->arena, "%s:%u:%u", group->at.file, group->at.line, group->at.column);

            claims_add(&all, (struct claim){place, i, group->at, "", "", group});
        }
    }
    claims_sort(&all);
    for (size_t i = 0; i < all.count; i++) {
        if (claims_first(&all, &all.items[i]) == &all.items[i])
            claims_add(groups, all.items[i]);
    }
}

/* Whether the host's own rule, or this one for another reason, has said so already. */
static bool is_said(const struct check *host, struct place at, const char *own, const char *rule)
{
    for (size_t i = 0; i < host->finding_count; i++) {
        const struct finding *finding = &host->findings[i];

        if (finding->at.line == at.line && finding->at.column == at.column &&
            strcmp(finding->at.file, at.file) == 0 &&
            (strcmp(finding->rule->name, own) == 0 || strcmp(finding->rule->name, rule) == 0))
            return true;
    }
    return false;
}

/* Domains of one group that share a host which does not have the group itself. */
static void apart(struct fleet_check *fleet, const struct claims *domains,
                  const struct claim *group)
{
    const struct list *names = group->item;
    const struct claim **first =
        arena_take(&fleet->arena, fleet->count * sizeof(const struct claim *)); /* of each host */

    for (uint32_t i = 0; i < names->count; i++) {
        const char *name = listed_text(names, i)->value;
        const struct claim *one = name ? claims_find(domains, name) : NULL;

        for (; one && one < domains->items + domains->count && strcmp(one->key, name) == 0; one++) {
            struct check *host = &fleet->hosts[one->host];

            if (!first[one->host]) {
                first[one->host] = one;
                continue;
            }
            /* A name that the group has twice is said to be listed twice. */
            if (first[one->host] == one || check_full(host) ||
                is_said(host, one->at, "keep-apart", "fleet-apart"))
                continue;
            report_as(host, "fleet-apart", one->at,
                      say(&host->arena,
                          "domain %s shares the machine with domain %s (%s), and %s keeps them "
                          "apart (%s)",
                          one->key, first[one->host]->key, line_of(host, first[one->host]->at),
                          fleet_host_name(&fleet->hosts[group->host]), line_of(host, group->at)),
                      "move one of them to another machine");
        }
    }
}

static void name_unknown(struct fleet_check *fleet, size_t index, const struct text *name,
                         const char *key)
{
    struct check *host = &fleet->hosts[index];

    report_as(host, "fleet-name", name->at,
              say(&host->arena, "`%s` names %s, which no host of the fleet has", key, name->value),
              "correct the name, or add the manifest of its host to the folder");
}

static void names_of_group(struct fleet_check *fleet, const struct claims *domains,
                           const struct claim *group)
{
    const struct list *names = group->item;

    for (uint32_t i = 0; i < names->count; i++) {
        const struct text *name = listed_text(names, i);

        if (name->value && !claims_find(domains, name->value))
            name_unknown(fleet, group->host, name, "keep_apart");
    }
}

static const struct text *network_of(const struct model_domain *domain, const char *name,
                                     bool other)
{
    for (uint32_t i = 0; i < domain->devices.count; i++) {
        const struct text *network = &model_device(domain, i)->network;

        if (network->value && (strcmp(network->value, name) == 0) != other)
            return network;
    }
    return NULL;
}

static bool protects(const struct model_domain *domain, const char *name)
{
    for (uint32_t i = 0; i < domain->protects.count; i++) {
        const struct text *own = listed_text(&domain->protects, i);

        if (own->value && strcmp(own->value, name) == 0)
            return domain->role.value == ROLE_FIREWALL;
    }
    return false;
}

/* For a finding of `host`. */
static const char *firewall_text(struct fleet_check *fleet, struct check *host, size_t index,
                                 const struct model_domain *firewall, const struct text *name)
{
    struct check *check = &fleet->hosts[index];

    return say(&host->arena, "%s of %s (%s)", domain_of(check, firewall), fleet_host_name(check),
               line_of(host, name->at));
}

/* Other hosts that have the network `name` on one cable with another. */
static void cables(struct fleet_check *fleet, const struct claims *networks, size_t index,
                   const struct model_domain *firewall, const struct text *name)
{
    const struct claim *one = claims_find(networks, name->value);

    for (; one < networks->items + networks->count && strcmp(one->key, name->value) == 0; one++) {
        struct check *host = &fleet->hosts[one->host];
        const struct model_network *network = network_named(&host->model, name);
        uint32_t cable = cable_of(&host->model, network);

        for (uint32_t i = 0; i < host->model.networks.count && one->host != index; i++) {
            const struct model_network *other = model_network(&host->model, i);

            if (other == network || !(cable >> i & 1) || !other->name.value)
                continue;
            report_as(host, "fleet-bypass", network->at,
                      say(&host->arena,
                          "network %s shares a cable with network %s (%s), a way around the "
                          "firewall, %s",
                          name->value, other->name.value, line_of(host, other->at),
                          firewall_text(fleet, host, index, firewall, name)),
                      "give what it protects a cable of its own");
            break;
        }
    }
}

/* Whether a firewall that protects `name` has a card on the network. */
static bool is_behind(const struct claims *domains, const char *name, const char *network)
{
    for (size_t i = 0; i < domains->count; i++) {
        const struct model_domain *domain = domains->items[i].item;

        if (protects(domain, name) && network_of(domain, network, false))
            return true;
    }
    return false;
}

/* A protected domain is on networks of its firewalls only. */
static void members(struct fleet_check *fleet, const struct claims *domains, size_t index,
                    const struct model_domain *firewall, const struct text *name)
{
    const struct claim *one = claims_find(domains, name->value);

    for (; one < domains->items + domains->count && strcmp(one->key, name->value) == 0; one++) {
        const struct model_domain *domain = one->item;
        struct check *host = &fleet->hosts[one->host];

        for (uint32_t i = 0; i < domain->devices.count && one->host != index; i++) {
            const struct text *used = &model_device(domain, i)->network;

            if (used->value && !is_behind(domains, name->value, used->value))
                report_as(host, "fleet-bypass", used->at,
                          say(&host->arena,
                              "domain %s is plugged into network %s, on which the firewall that "
                              "protects it is not, %s",
                              one->key, used->value,
                              firewall_text(fleet, host, index, firewall, name)),
                          "plug it into the network behind the firewall");
        }
    }
}

/* Whether a network is joined with one where strangers are, or with the firewall's other side. */
static bool leads_out(const struct fleet_nets *around, const struct model_domain *firewall,
                      const char *name, const char *network)
{
    const char *net = fleet_net(around, network);

    for (uint32_t i = 0; i < firewall->devices.count; i++) {
        const char *other = model_device(firewall, i)->network.value;

        if (other && strcmp(other, name) != 0 && strcmp(fleet_net(around, other), net) == 0)
            return true;
    }
    for (size_t i = 0; i < around->names.count; i++) {
        const struct claim *one = &around->names.items[i];
        const struct model_network *other = one->item;

        if (other->exposed.value && strcmp(fleet_net(around, one->key), net) == 0)
            return true;
    }
    return false;
}

/* Domains that join the network `name`, which a firewall protects, with one that leads out. */
static void bypass(struct fleet_check *fleet, const struct fleet_nets *nets,
                   const struct claims *domains, size_t index, const struct model_domain *firewall,
                   const struct text *name)
{
    struct fleet_nets around = {.joined = NULL};
    struct arena scratch = {0};

    for (size_t i = 0; i < domains->count; i++) {
        const struct claim *one = &domains->items[i];
        const struct model_domain *domain = one->item;
        struct check *host = &fleet->hosts[one->host];
        const struct text *inside = network_of(domain, name->value, false), *outside = NULL;

        /* A second firewall of the same network stands beside the first. */
        if (!inside || protects(domain, name->value))
            continue;
        if (!around.joined)
            fleet_nets_around(&scratch, nets, domains, name->value, &around);
        for (uint32_t j = 0; j < domain->devices.count && !outside; j++) {
            const struct text *used = &model_device(domain, j)->network;

            if (used->value && strcmp(used->value, name->value) != 0 &&
                !protects(domain, used->value) &&
                leads_out(&around, firewall, name->value, used->value))
                outside = used;
        }
        if (!outside ||
            (one->host == index && is_said(host, outside->at, "firewall-bypass", "fleet-bypass")))
            continue;
        report_as(host, "fleet-bypass", outside->at,
                  say(&host->arena,
                      "domain %s joins network %s with network %s (%s), a way around the firewall, "
                      "%s",
                      one->key, outside->value, name->value, line_of(host, inside->at),
                      firewall_text(fleet, host, index, firewall, name)),
                  "take one of the two cards from it");
    }
    arena_free(&scratch);
}

static void firewalls(struct fleet_check *fleet, const struct claims *domains,
                      const struct fleet_nets *nets)
{
    for (size_t i = 0; i < domains->count; i++) {
        const struct claim *one = &domains->items[i];
        const struct model_domain *firewall = one->item;

        for (uint32_t j = 0; j < firewall->protects.count; j++) {
            const struct text *name = listed_text(&firewall->protects, j);

            if (!name->value)
                continue;
            bool is_network = claims_find(&nets->names, name->value);
            bool is_domain = claims_find(domains, name->value);
            if (is_network) {
                bypass(fleet, nets, domains, one->host, firewall, name);
                cables(fleet, &nets->names, one->host, firewall, name);
            }
            if (is_domain)
                members(fleet, domains, one->host, firewall, name);
            if (!is_network && !is_domain)
                name_unknown(fleet, one->host, name, "protects");
        }
    }
}

void rules_fleet_apart(struct fleet_check *fleet)
{
    struct claims domains = {.arena = &fleet->arena}, groups = {.arena = &fleet->arena};
    struct fleet_nets nets;

    collect_domains(fleet, &domains);
    fleet_nets_open(fleet, &nets);
    collect_groups(fleet, &groups);
    for (size_t i = 0; i < groups.count; i++) {
        apart(fleet, &domains, &groups.items[i]);
        names_of_group(fleet, &domains, &groups.items[i]);
    }
    firewalls(fleet, &domains, &nets);
}
