/* SPDX-License-Identifier: Apache-2.0 */
/* Rules across the hosts of a fleet. */
#include "check_fleet.h"

#include "rules.h"
#include "tools/cascade/levels.h"
#include "tools/image/payload.h"
#include "tools/manifest/claims.h"
#include "tools/manifest/label.h"
#include "tools/manifest/owned.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

const char *fleet_host_name(const struct check *host)
{
    return host->model.host.value ? host->model.host.value : host->path;
}

static const char *who(struct fleet_check *fleet, size_t host, const struct model_domain *domain)
{
    struct check *check = &fleet->hosts[host];

    return say(&fleet->arena, "%s of %s", domain_of(check, domain), fleet_host_name(check));
}

/* Every claim on another host than the first one of its key is a finding. */
static void report_claims(struct fleet_check *fleet, struct claims *claims, const char *rule,
                          const char *remedy)
{
    claims_sort(claims);
    for (size_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->items[i], *first = claims_first(claims, claim);
        struct check *host = &fleet->hosts[claim->host];

        if (claim->host == first->host)
            continue;
        report_as(host, rule, claim->at,
                  say(&host->arena, "%s %s, as does %s (%s)", claim->who, claim->what, first->who,
                      line_of(host, first->at)),
                  remedy);
    }
}

static void fleet_host(struct fleet_check *fleet)
{
    struct claims claims = {.arena = &fleet->arena};

    for (size_t i = 0; i < fleet->count; i++) {
        const struct text *name = &fleet->hosts[i].model.host;

        if (name->value)
            claims_add(&claims, (struct claim){
                                    name->value, i, name->at,
                                    say(&fleet->arena, "manifest %s", fleet->hosts[i].path),
                                    say(&fleet->arena, "has the host name %s", name->value), NULL});
    }
    report_claims(fleet, &claims, "fleet-host", "rename one of the two hosts");
}

static void fleet_serial(struct fleet_check *fleet)
{
    struct claims claims = {.arena = &fleet->arena};

    for (size_t i = 0; i < fleet->count; i++) {
        for (uint32_t j = 0; j < fleet->hosts[i].model.domains.count; j++) {
            const struct model_domain *domain = model_domain(&fleet->hosts[i].model, j);

            for (uint32_t k = 0; k < domain->devices.count; k++) {
                const struct text *serial = &model_device(domain, k)->serial_number;

                if (serial->value)
                    claims_add(&claims, (struct claim){serial_key(&fleet->arena, serial->value), i,
                                                       serial->at, who(fleet, i, domain),
                                                       say(&fleet->arena,
                                                           "has the device of serial number %s",
                                                           serial->value),
                                                       NULL});
            }
        }
    }
    report_claims(fleet, &claims, "fleet-serial",
                  "one thing is in one place: correct the serial number of one of them");
}

static void fleet_address(struct fleet_check *fleet)
{
    struct claims claims = {.arena = &fleet->arena};

    for (size_t i = 0; i < fleet->count; i++) {
        const struct model_device *nic = &fleet->hosts[i].model.management.nic;

        if (!nic->address.valid || !nic->network.value)
            continue;
        /* The prefix is no part of what two hosts must not share. */
        const char *address = address_text(&fleet->arena, nic->address.value);
        address = say(&fleet->arena, "%.*s", (int)strcspn(address, "/"), address);
        claims_add(
            &claims,
            (struct claim){
                say(&fleet->arena, "%s %s", nic->network.value, address), i, nic->address.at,
                say(&fleet->arena, "management of %s", fleet_host_name(&fleet->hosts[i])),
                say(&fleet->arena, "has the address %s on network %s", address, nic->network.value),
                NULL});
    }
    report_claims(fleet, &claims, "fleet-address", "give one of them another address");
}

static void report_managed(struct fleet_check *fleet, size_t index,
                           const struct model_domain *domain, const struct text *used,
                           const struct claim *managed)
{
    struct check *host = &fleet->hosts[index];
    const char *cable =
        strcmp(used->value, managed->what) == 0
            ? ""
            : say(&host->arena, "which shares a cable with network %s, ", managed->what);

    report_as(host, "fleet-management", used->at,
              say(&host->arena, "%s is plugged into network %s, %sover which %s is managed (%s)",
                  domain_of(host, domain), used->value, cable,
                  fleet_host_name(&fleet->hosts[managed->host]), line_of(host, managed->at)),
              "keep working systems off it, unless this is where its administrators sit");
}

/* On its own host rule_management_network() holds management's network. */
static void fleet_management(struct fleet_check *fleet)
{
    struct claims claims = {.arena = &fleet->arena};
    struct fleet_nets nets;

    fleet_nets_open(fleet, &nets);
    for (size_t i = 0; i < fleet->count; i++) {
        const struct text *name = &fleet->hosts[i].model.management.nic.network;

        if (name->value)
            claims_add(&claims, (struct claim){.key = fleet_net(&nets, name->value),
                                               .host = i,
                                               .at = name->at,
                                               .what = name->value});
    }
    claims_sort(&claims);
    const struct claim *end = claims.items + claims.count;
    for (size_t i = 0; i < fleet->count; i++) {
        const struct model *model = &fleet->hosts[i].model;

        for (uint32_t j = 0; j < model->domains.count; j++) {
            const struct model_domain *domain = model_domain(model, j);

            for (uint32_t k = 0; k < domain->devices.count; k++) {
                const struct text *used = &model_device(domain, k)->network;
                const char *key = used->value ? fleet_net(&nets, used->value) : NULL;
                const struct claim *claim = key ? claims_find(&claims, key) : NULL;

                while (claim && claim->host == i)
                    claim = claim + 1 < end && strcmp(claim[1].key, key) == 0 ? claim + 1 : NULL;
                if (claim)
                    report_managed(fleet, i, domain, used, claim);
            }
        }
    }
}

/* Levels and categories by name, as every manifest numbers them in its own way. */
static const char *label_by_name(struct fleet_check *fleet, const struct model_label *label)
{
    struct claims names = {.arena = &fleet->arena};
    const char *text = "";

    for (uint32_t i = 0; i < label->categories.count; i++) {
        const struct text *name = listed_text(&label->categories, i);

        if (name->value)
            claims_add(&names, (struct claim){.key = name->value});
    }
    claims_sort(&names);
    for (size_t i = 0; i < names.count; i++)
        text = say(&fleet->arena, "%s%s%s", text, i > 0 ? ", " : "", names.items[i].key);
    return say(&fleet->arena, *text ? "%s {%s}" : "%s%s",
               label->level.value ? label->level.value : "without a level", text);
}

/* What a network is: label, exposure and direction. */
static const char *network_text(struct fleet_check *fleet, const struct model_network *network)
{
    const struct model_one_way *one_way = &network->one_way;
    const char *text = label_by_name(fleet, &network->label);

    if (network->exposed.value)
        text = say(&fleet->arena, "%s, exposed", text);
    if (one_way->from.value && one_way->to.value)
        text = say(&fleet->arena, "%s, one way from %s to %s", text, one_way->from.value,
                   one_way->to.value);
    return text;
}

static void fleet_network(struct fleet_check *fleet)
{
    struct claims claims = {.arena = &fleet->arena};

    for (size_t i = 0; i < fleet->count; i++) {
        for (uint32_t j = 0; j < fleet->hosts[i].model.networks.count; j++) {
            const struct model_network *network = model_network(&fleet->hosts[i].model, j);

            if (network->name.value)
                claims_add(&claims, (struct claim){network->name.value, i, network->at,
                                                   fleet_host_name(&fleet->hosts[i]),
                                                   network_text(fleet, network), NULL});
        }
    }
    claims_sort(&claims);
    for (size_t i = 0; i < claims.count; i++) {
        const struct claim *claim = &claims.items[i], *first = claims_first(&claims, claim);
        struct check *host = &fleet->hosts[claim->host];

        if (claim->host != first->host && strcmp(claim->what, first->what) != 0)
            report_as(host, "fleet-network", claim->at,
                      say(&host->arena, "network %s is %s here, but %s on %s (%s)", claim->key,
                          claim->what, first->what, first->who, line_of(host, first->at)),
                      "one name is one network: say the same of it everywhere, or rename one of "
                      "the networks");
    }
}

/* Each host may have some of the levels only. */
static void fleet_levels(struct fleet_check *fleet)
{
    struct level_order *order = arena_take(&fleet->arena, sizeof(*order));
    struct level_conflict conflict;

    order->arena = &fleet->arena;
    for (size_t i = 0; i < fleet->count; i++) {
        struct check *host = &fleet->hosts[i];

        if (!levels_join(order, &host->model.levels, &conflict))
            report_as(host, "fleet-levels", conflict.at, conflict.what, conflict.remedy);
    }
}

/* Whether some payload whose identity is unique has `size`: only then is hashing worth it. */
static bool may_be_unique(const struct claims *claims, uint64_t size)
{
    for (size_t i = 0; i < claims->count; i++) {
        const struct payload *payload = claims->items[i].item;

        if (*claims->items[i].what && payload->size == size)
            return true;
    }
    return false;
}

static void collect_payload(struct fleet_check *fleet, size_t index,
                            const struct model_domain *domain, const struct text *path,
                            struct claims *claims)
{
    const struct payload *payload =
        path->value ? payload_open(&fleet->hosts[index], path->value) : NULL;
    bool unique = domain->boot.identity.value == IDENTITY_UNIQUE && path == identity_of(domain);

    if (payload && payload->state == PAYLOAD_GOOD)
        claims_add(claims, (struct claim){"", index, path->at, who(fleet, index, domain),
                                          unique ? "unique" : "", payload});
}

/* Every payload, kind by kind: one file is then hashed once. `what` is "" if it is not unique. */
static void collect_payloads(struct fleet_check *fleet, struct claims *claims)
{
    for (size_t i = 0; i < fleet->count; i++) {
        const struct model *model = &fleet->hosts[i].model;

        for (uint32_t j = 0; j < BOOT_FILES * model->domains.count; j++) {
            const struct model_domain *domain = model_domain(model, j % model->domains.count);
            const struct text *paths[BOOT_FILES];

            payloads_of(domain, paths);
            collect_payload(fleet, i, domain, paths[j / model->domains.count], claims);
        }
    }
}

static const char *payload_digest(struct arena *arena, const struct payload *payload)
{
    uint8_t digest[32];

    payload_sha256(payload, digest);
    return digest_text(arena, digest);
}

/* The first unique claim of a payload is the one that all others are held against. */
static void fleet_identity(struct fleet_check *fleet)
{
    struct claims all = {.arena = &fleet->arena}, same = {.arena = &fleet->arena};

    collect_payloads(fleet, &all);
    for (size_t i = 0; i < all.count; i++) {
        const struct payload *payload = all.items[i].item;

        if (!may_be_unique(&all, payload->size))
            continue;
        all.items[i].key = i > 0 && all.items[i - 1].item == payload && *all.items[i - 1].key
                               ? all.items[i - 1].key
                               : payload_digest(&fleet->arena, payload);
        claims_add(&same, all.items[i]);
    }
    claims_sort(&same);
    for (size_t i = 0; i < same.count; i++) {
        const struct claim *claim = &same.items[i], *owner = claims_first(&same, claim);
        const struct claim *end = same.items + same.count;
        struct check *host = &fleet->hosts[claim->host];

        while (owner < end && strcmp(owner->key, claim->key) == 0 && !*owner->what)
            owner++;
        if (owner == end || strcmp(owner->key, claim->key) != 0 || owner->host == claim->host)
            continue;
        report_as(
            host, "fleet-identity", claim->at,
            say(&host->arena,
                "%s boots %s, whose identity is unique and which %s boots (%s; SHA-256 %.16s)",
                claim->who, ((const struct payload *)claim->item)->path, owner->who,
                line_of(host, owner->at), claim->key),
            "make a payload of its own, with keys and credentials of its own");
    }
}

void rules_fleet_apply(struct fleet_check *fleet)
{
    fleet_host(fleet);
    fleet_network(fleet);
    fleet_levels(fleet);
    rules_fleet_trunk(fleet);
    fleet_serial(fleet);
    fleet_address(fleet);
    fleet_management(fleet);
    fleet_identity(fleet);
    rules_fleet_apart(fleet);
}
