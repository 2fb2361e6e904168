/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about labels: who stands beside whom, and which network a domain is plugged into. */
#include "rules.h"

#include "tools/manifest/label.h"
#include "tools/manifest/schema_parse.h"

static const char *written_label(struct check *check, const struct model_label *label)
{
    return label_text(&check->arena, &check->model, label_of(&check->model, label));
}

static bool has_label(const struct model *model, const struct model_domain *domain)
{
    return label_of(model, &domain->label).level > 0;
}

/* Categories without a level are half a label. */
static void look_at_networks(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);

        if (is_written(network->label.level.at) || !network->name.value ||
            (!is_written(model->levels.at) && network->label.categories.count == 0))
            continue;
        report(
            check, network->at,
            say(&check->arena, "network %s has no level, but %s (%s)", network->name.value,
                is_written(model->levels.at) ? "the machine has `levels`" : "it has `categories`",
                line_of(check, is_written(model->levels.at) ? model->levels.at
                                                            : network->label.categories.at)),
            say(&check->arena, "write for instance `%s: {level: LEVEL}` with what it carries",
                network->name.value));
    }
}

void rule_label_missing(struct check *check)
{
    const struct model *model = &check->model;

    look_at_networks(check);
    for (uint32_t i = 0; i < model->domains.count && is_written(model->levels.at); i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (!is_written(domain->label.at))
            report(check, domain->at,
                   say(&check->arena, "%s has no label, but the machine has `levels` (%s)",
                       domain_of(check, domain), line_of(check, model->levels.at)),
                   "write for instance `label: {level: LEVEL}` with what the domain handles");
    }
}

/* The first domain whose label differs from one before it, with that one in `other`. */
static const struct model_domain *first_mixed(const struct model *model,
                                              const struct model_domain **other)
{
    *other = NULL;
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (!has_label(model, domain))
            continue;
        if (*other &&
            !label_equal(label_of(model, &domain->label), label_of(model, &(*other)->label)))
            return domain;
        *other = *other ? *other : domain;
    }
    return NULL;
}

/* Whether domain `index` is the first of its label, and that is not `known`. */
static bool brings_label(const struct model *model, uint32_t index, struct label known)
{
    struct label own = label_of(model, &model_domain(model, index)->label);

    for (uint32_t i = 0; i < index; i++) {
        if (label_equal(own, label_of(model, &model_domain(model, i)->label)))
            return false;
    }
    return own.level > 0 && !label_equal(own, known);
}

void rule_level_colour(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 1; i < model->levels.count; i++) {
        const struct model_level *level = model_level(model, i);

        for (uint32_t j = 0; j < i && level->colour.valid && level->name.value; j++) {
            const struct model_level *other = model_level(model, j);

            if (!other->colour.valid || other->colour.value != level->colour.value ||
                !other->name.value)
                continue;
            report(check, level->colour.at,
                   say(&check->arena, "level %s has the colour of level %s (%s)", level->name.value,
                       other->name.value, line_of(check, other->colour.at)),
                   "give each level a colour of its own, so that nobody takes one for the other");
            break;
        }
    }
}

void rule_mixed_levels(struct check *check)
{
    const struct model *model = &check->model;
    const struct model_domain *other, *domain = first_mixed(model, &other);
    const char *others = "";
    uint32_t count = 0;
    bool comparable = true;

    if (!domain || is_written(model->mixed_levels.at))
        return;
    struct label own = label_of(model, &domain->label);
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *one = model_domain(model, i);
        struct label label = label_of(model, &one->label);

        if (!brings_label(model, i, own))
            continue;
        others = say(&check->arena, "%s%s%s, which is %s (%s)", others, count++ ? ", and " : "",
                     domain_of(check, one), written_label(check, &one->label),
                     line_of(check, one->label.at));
        comparable = comparable && (label_dominates(own, label) || label_dominates(label, own));
    }
    report(check, domain->label.at,
           say(&check->arena, "%s is %s and shares the machine with %s%s", domain_of(check, domain),
               written_label(check, &domain->label), others,
               comparable   ? ""
               : count == 1 ? ": neither label dominates the other"
                            : ": not all of these can be compared"),
           "use two machines; or let the accreditor accept it: `mixed_levels: {accepted_by: "
           "\"NAME\", reason: \"WHY\", until: DATE}`");
}

void rule_mixed_levels_expired(struct check *check)
{
    const struct model *model = &check->model;
    const struct model_mixed_levels *mixed = &model->mixed_levels;
    const struct model_domain *other, *domain = first_mixed(model, &other);

    if (domain && mixed->until.valid && mixed->until.value < check->today)
        report(check, mixed->until.at,
               say(&check->arena,
                   "that %s (%s) and %s (%s) share the machine was accepted until %s, and today is "
                   "%s",
                   domain_of(check, other), line_of(check, other->label.at),
                   domain_of(check, domain), line_of(check, domain->label.at),
                   date_text(&check->arena, mixed->until.value),
                   date_text(&check->arena, check->today)),
               "have it accepted anew with a later date, or use two machines");
}

/* Whether each domain has a label that can be read: others may differ. */
static bool all_labels_known(const struct model *model)
{
    bool known = true;

    for (uint32_t i = 0; i < model->domains.count && is_written(model->levels.at); i++)
        known = known && label_is_known(model, &model_domain(model, i)->label);
    return known;
}

void rule_mixed_levels_idle(struct check *check)
{
    const struct model *model = &check->model;
    const struct model_domain *other;

    if (is_written(model->mixed_levels.at) && all_labels_known(model) &&
        !first_mixed(model, &other))
        report(check, model->mixed_levels.at,
               say(&check->arena,
                   "`mixed_levels` accepts different labels, but all domains have the same (%s)",
                   other ? line_of(check, other->label.at) : "none has any"),
               "remove it, so that a later mixture is found");
}

/* The domains whose own label is not dominated, or what makes them weigh more together. */
static const char *above(struct check *check, struct label declared)
{
    const struct model *model = &check->model;
    const char *text = "";

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (!label_dominates(declared, label_of(model, &domain->label)))
            text = say(&check->arena, "%s%s%s is %s (%s)", text, *text ? ", " : "",
                       domain_of(check, domain), written_label(check, &domain->label),
                       line_of(check, domain->label.at));
    }
    return *text ? text
                 : say(&check->arena, "`aggregation` (%s) makes so many of them weigh more",
                       line_of(check, model->aggregation.at));
}

void rule_classification_low(struct check *check)
{
    const struct model *model = &check->model;
    struct label declared = label_of(model, &model->classification);
    struct label computed = label_of_machine(model);

    if (declared.level > 0 && !label_dominates(declared, computed))
        report(check, model->classification.at,
               say(&check->arena, "the machine is declared %s, but its domains together are %s: %s",
                   written_label(check, &model->classification),
                   label_text(&check->arena, model, computed), above(check, declared)),
               say(&check->arena, "declare at least %s, or move a domain to another machine",
                   label_text(&check->arena, model, label_join(declared, computed))));
}

void rule_aggregation_order(struct check *check)
{
    const struct model_aggregation *one = check->model.aggregation.items;

    for (uint32_t i = 0; i < check->model.aggregation.count; i++, one++) {
        uint32_t of = find_named(&check->model, "levels", &one->of) + 1;
        uint32_t then = find_named(&check->model, "levels", &one->then) + 1;

        if (of > 0 && then > 0 && then <= of)
            report(check, one->then.at,
                   say(&check->arena, "domains of %s (%s) together become %s, which is no higher",
                       one->of.value, line_of(check, one->of.at), one->then.value),
                   say(&check->arena, "name a level above %s in `then`", one->of.value));
    }
}

/* Calls `visit` for every domain's device that is plugged into a known network. */
static void each_plug(struct check *check,
                      void (*visit)(struct check *check, const struct model_domain *domain,
                                    const struct model_device *device,
                                    const struct model_network *network))
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);

        for (uint32_t j = 0; j < domain->devices.count; j++) {
            const struct model_device *device = model_device(domain, j);
            const struct model_network *network = network_named(&check->model, &device->network);

            if (network)
                visit(check, domain, device, network);
        }
    }
}

static void match_network(struct check *check, const struct model_domain *domain,
                          const struct model_device *device, const struct model_network *network)
{
    struct label own = label_of(&check->model, &domain->label);
    struct label net = label_of(&check->model, &network->label);

    if (own.level == 0 || net.level == 0 || label_equal(own, net))
        return;
    report(
        check, device->network.at,
        say(&check->arena, "%s is %s (%s), but network %s is %s (%s)%s", domain_of(check, domain),
            written_label(check, &domain->label), line_of(check, domain->label.at),
            network->name.value, written_label(check, &network->label), line_of(check, network->at),
            label_dominates(own, net) || label_dominates(net, own)
                ? ""
                : ": their categories are incomparable"),
        say(&check->arena, "plug the card into a network of %s, or give the card to a domain of %s",
            written_label(check, &domain->label), written_label(check, &network->label)));
}

void rule_network_label(struct check *check)
{
    each_plug(check, match_network);
}

void rule_trunk_label(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);

        for (uint32_t j = 0; j < network->trunk.count; j++) {
            const struct text *name = listed_text(&network->trunk, j);
            const struct model_network *carried = network_named(model, name);

            if (carried &&
                !label_equal(label_of(model, &network->label), label_of(model, &carried->label)))
                report(check, name->at,
                       say(&check->arena,
                           "network %s is %s (%s) and shares a cable with network %s, which is %s "
                           "(%s)",
                           carried->name.value, written_label(check, &carried->label),
                           line_of(check, carried->at), network->name.value,
                           written_label(check, &network->label), line_of(check, network->at)),
                       "networks of different labels need cables and cards of their own: VLAN tags "
                       "separate nothing that a switch or a typing error can join");
        }
    }
}

void rule_removable_level(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);
        uint32_t level = label_of(model, &domain->label).level;

        for (uint32_t j = 0; j < domain->devices.count; j++) {
            const struct model_device *device = model_device(domain, j);

            for (uint32_t k = 0; k < model->forbid_removable.count; k++) {
                const struct text *forbidden = listed_text(&model->forbid_removable, k);

                if (device->removable.value && level > 0 &&
                    find_named(model, "levels", forbidden) + 1 == level)
                    report(check, device->removable.at,
                           say(&check->arena,
                               "%s is %s (%s) and has removable media, which that level forbids "
                               "(%s)",
                               domain_of(check, domain), forbidden->value,
                               line_of(check, domain->label.at), line_of(check, forbidden->at)),
                           "give the controller to a domain of another level, or to none");
            }
        }
    }
}
