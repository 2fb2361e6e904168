/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about neighbours: exposed, unhardened, firewalls, and what is kept apart. */
#include "rules.h"

#include "tools/manifest/label.h"
#include <string.h>

/* The first device of a domain that is plugged into an exposed network, or NULL. */
static const struct model_device *exposed_device(const struct model *model,
                                                 const struct model_domain *domain)
{
    for (uint32_t i = 0; i < domain->devices.count; i++) {
        const struct model_device *device = model_device(domain, i);
        const struct model_network *network = network_named(model, &device->network);

        if (network && network->exposed.value)
            return device;
    }
    return NULL;
}

void rule_exposed_unhardened(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);
        const struct model_device *device = exposed_device(model, domain);

        if (device && model->domains.count > 1 && !is_written(domain->hardened.at))
            report(check, device->network.at,
                   say(&check->arena,
                       "%s is plugged into network %s, which is exposed (%s), and is not hardened, "
                       "beside %s (%s)",
                       domain_of(check, domain), device->network.value,
                       line_of(check, network_named(model, &device->network)->at),
                       domain_of(check, model_domain(model, i == 0)),
                       line_of(check, model_domain(model, i == 0)->at)),
                   "harden it and write `hardened: {by: \"GUIDE\", date: DATE}`, or give it a "
                   "machine of its own");
    }
}

/*
 * A neighbour of another label stands there because someone accepted it by name in mixed_levels;
 * one of the same label nobody has looked at.
 */
void rule_exposed_neighbour(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        for (uint32_t j = 0; j < model->domains.count && !is_written(domain->hardened.at); j++) {
            const struct model_domain *other = model_domain(model, j);
            const struct model_device *device = exposed_device(model, other);

            if (i == j || !device || exposed_device(model, domain) ||
                !label_equal(label_of(model, &domain->label), label_of(model, &other->label)))
                continue;
            report(check, domain->at,
                   say(&check->arena,
                       "%s is not hardened and shares the machine with %s, which network %s "
                       "exposes (%s)",
                       domain_of(check, domain), domain_of(check, other), device->network.value,
                       line_of(check, device->network.at)),
                   "harden it and write `hardened: {by: \"GUIDE\", date: DATE}`, or use two "
                   "machines");
            break;
        }
    }
}

void rule_firewall_role(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        bool firewall = domain->role.value == ROLE_FIREWALL;

        if (firewall && domain->protects.count == 0)
            report(check, domain->role.at,
                   say(&check->arena, "%s is a firewall, but nothing says what it protects",
                       domain_of(check, domain)),
                   "write for instance `protects: [NAME]`, domains or networks");
        if (!firewall && is_written(domain->protects.at))
            report(check, domain->protects.at,
                   say(&check->arena, "%s protects others, but is no firewall",
                       domain_of(check, domain)),
                   "write `role: firewall`, or remove `protects`");
    }
}

static const struct model_device *plugged_into(const struct model_domain *domain, const char *name,
                                               bool other)
{
    for (uint32_t i = 0; i < domain->devices.count; i++) {
        const struct model_device *device = model_device(domain, i);

        if (device->network.value && (strcmp(device->network.value, name) == 0) != other)
            return device;
    }
    return NULL;
}

/* Calls `visit` for each name that a firewall protects. */
static void each_protected(struct check *check,
                           void (*visit)(struct check *check, const struct model_domain *firewall,
                                         const struct text *name))
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *firewall = model_domain(&check->model, i);

        for (uint32_t j = 0; j < firewall->protects.count; j++) {
            if (listed_text(&firewall->protects, j)->value)
                visit(check, firewall, listed_text(&firewall->protects, j));
        }
    }
}

/* Without a card on each side everything goes another way. */
static void look_between(struct check *check, const struct model_domain *firewall,
                         const struct text *name)
{
    const struct model_network *network = network_named(&check->model, name);

    if (!network ||
        (plugged_into(firewall, name->value, false) && plugged_into(firewall, name->value, true)))
        return;
    report(check, name->at,
           say(&check->arena, "%s protects network %s (%s), but has no card on %s",
               domain_of(check, firewall), name->value, line_of(check, network->at),
               plugged_into(firewall, name->value, false) ? "another network" : "it"),
           "give it a card on the network that it protects, and one on the other side");
}

void rule_firewall_between(struct check *check)
{
    each_protected(check, look_between);
}

/* The networks that a domain joins with each other, as bits: a firewall keeps what it protects
 * apart.
 */
static uint32_t joined_by(const struct model *model, const struct model_domain *domain)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < domain->devices.count; i++) {
        const struct text *name = &model_device(domain, i)->network;
        uint32_t index = find_named(model, "networks", name);
        bool is_protected = false;

        for (uint32_t j = 0; j < domain->protects.count && name->value; j++) {
            const char *other = listed_text(&domain->protects, j)->value;

            is_protected |= other && strcmp(other, name->value) == 0;
        }
        if (index < model->networks.count && !is_protected)
            bits |= 1u << index;
    }
    return bits;
}

/* All networks that `bits` lead to, by cables and domains, but not by way of `without`. */
static uint32_t reach(const struct model *model, uint32_t bits, uint32_t without)
{
    uint32_t last = 0;

    while (bits != last) {
        last = bits;
        for (uint32_t i = 0; i < model->networks.count; i++)
            bits |= last >> i & 1 ? cable_of(model, model_network(model, i)) & ~without : 0;
        for (uint32_t i = 0; i < model->domains.count; i++) {
            uint32_t joined = joined_by(model, model_domain(model, i)) & ~without;

            bits |= joined & bits ? joined : 0;
        }
    }
    return bits;
}

/*
 * The card by which a domain leads from the protected network `name` to where strangers are, or to
 * the other side of its firewall; NULL: it has none.
 */
static const struct model_device *way_out(const struct model *model,
                                          const struct model_domain *firewall,
                                          const struct text *name,
                                          const struct model_domain *domain)
{
    uint32_t inside = 1u << find_named(model, "networks", name), outside = 0;
    uint32_t joined = joined_by(model, domain);

    for (uint32_t i = 0; i < firewall->devices.count; i++) {
        uint32_t index = find_named(model, "networks", &model_device(firewall, i)->network);

        outside |= index < model->networks.count ? 1u << index : 0;
    }
    for (uint32_t i = 0; i < model->networks.count; i++)
        outside |= model_network(model, i)->exposed.value ? 1u << i : 0;
    for (uint32_t i = 0; i < domain->devices.count && joined & inside; i++) {
        const struct model_device *device = model_device(domain, i);
        uint32_t index = find_named(model, "networks", &device->network);
        uint32_t bit = index < model->networks.count ? 1u << index & joined & ~inside : 0;

        if (reach(model, bit, inside) & outside & ~inside)
            return device;
    }
    return NULL;
}

/* What is on a protected network is protected too; one that leads out is a bypass instead. */
static void look_beside(struct check *check, const struct model_domain *firewall,
                        const struct text *name)
{
    const struct model *model = &check->model;
    uint32_t network = find_named(model, "networks", name);

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);
        const struct model_device *inside = plugged_into(domain, name->value, false);
        bool named = domain->name.value && strcmp(domain->name.value, name->value) == 0;
        bool member = network < model->networks.count && joined_by(model, domain) >> network & 1 &&
                      !way_out(model, firewall, name, domain);

        if (!named && !member)
            continue;
        if (domain == firewall) {
            report(check, name->at,
                   say(&check->arena, "%s, a firewall, is said to protect itself",
                       domain_of(check, firewall)),
                   "name what stands behind it, on another machine");
            continue;
        }
        report(check, name->at,
               say(&check->arena,
                   named ? "%s, a firewall, shares the machine with %s, which it protects (%s)"
                         : "%s, a firewall, shares the machine with %s, which is on the network "
                           "that it protects (%s)",
                   domain_of(check, firewall), domain_of(check, domain),
                   line_of(check, named ? domain->at : inside->network.at)),
               "what breaks the machine would break both: put the firewall on a machine of its "
               "own");
    }
}

void rule_firewall_beside(struct check *check)
{
    each_protected(check, look_beside);
}

/* Ways in that need no domain: strangers, and VLANs on the same cable. */
static void look_around(struct check *check, const struct model_domain *firewall,
                        const struct text *name)
{
    const struct model *model = &check->model;
    const struct model_network *network = network_named(model, name);

    if (network->exposed.value)
        report(check, name->at,
               say(&check->arena, "%s protects network %s, which is exposed (%s)",
                   domain_of(check, firewall), name->value, line_of(check, network->exposed.at)),
               "strangers are within: protect the network behind, or remove `exposed`");
    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *other = model_network(model, i);

        if (other == network || !(cable_of(model, network) >> i & 1) || other->exposed.value)
            continue;
        report(check, name->at,
               say(&check->arena,
                   "network %s shares a cable with network %s (%s), a way around the firewall, %s",
                   name->value, other->name.value, line_of(check, other->at),
                   domain_of(check, firewall)),
               "give what it protects a cable of its own");
        break;
    }
}

static void look_for_bypass(struct check *check, const struct model_domain *firewall,
                            const struct text *name)
{
    const struct model *model = &check->model;

    if (!network_named(model, name))
        return;
    look_around(check, firewall, name);
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);
        const struct model_device *inside = plugged_into(domain, name->value, false);
        const struct model_device *outside = way_out(model, firewall, name, domain);

        if (!outside)
            continue;
        report(check, outside->network.at,
               say(&check->arena,
                   "%s joins network %s with network %s (%s), a way around the firewall, %s (%s)",
                   domain_of(check, domain), outside->network.value, name->value,
                   line_of(check, inside->network.at), domain_of(check, firewall),
                   line_of(check, name->at)),
               "take one of the two cards from it");
    }
}

void rule_firewall_bypass(struct check *check)
{
    each_protected(check, look_for_bypass);
}

void rule_keep_apart(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->keep_apart.count; i++) {
        const struct list *group = (const struct list *)model->keep_apart.items + i;
        uint32_t first = UINT32_MAX;

        for (uint32_t j = 0; j < group->count; j++) {
            uint32_t index = find_named(model, "domains", listed_text(group, j));

            if (index == UINT32_MAX || index == first)
                continue; /* a name that stands there twice is said to be listed twice */
            if (first == UINT32_MAX) {
                first = index;
                continue;
            }
            report(check, model_domain(model, index)->name.at,
                   say(&check->arena,
                       "%s shares the machine with %s (%s), and they must be kept apart (%s)",
                       domain_of(check, model_domain(model, index)),
                       domain_of(check, model_domain(model, first)),
                       line_of(check, model_domain(model, first)->name.at),
                       line_of(check, group->at)),
                   "move one of them to another machine");
        }
    }
}
