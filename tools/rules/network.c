/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about networks as such: cables that several share, and links of one direction. */
#include "rules.h"

#include "tools/manifest/label.h"
#include <string.h>

void rule_trunk_itself(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);

        for (uint32_t j = 0; j < network->trunk.count; j++) {
            const struct text *name = listed_text(&network->trunk, j);

            if (network_named(model, name) == network)
                report(check, name->at,
                       say(&check->arena, "network %s (%s) lists itself in its `trunk`",
                           network->name.value, line_of(check, network->at)),
                       "name the other networks that share its cable, or remove `trunk`");
        }
    }
}

/* Networks of different labels share no cable anyhow. */
void rule_trunk_exposed(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);
        uint32_t cable = cable_of(model, network);

        for (uint32_t j = 0; j < model->networks.count && !network->exposed.value; j++) {
            const struct model_network *other = model_network(model, j);

            if (!(cable >> j & 1) || !other->exposed.value ||
                !label_equal(label_of(model, &network->label), label_of(model, &other->label)))
                continue;
            report(check, network->at,
                   say(&check->arena,
                       "network %s is not exposed, but shares a cable with network %s, which is "
                       "exposed (%s)",
                       network->name.value, other->name.value, line_of(check, other->exposed.at)),
                   "give the exposed network a cable of its own, or say of both `exposed: true`");
            break;
        }
    }
}

static bool is_host(const struct model *model, const struct text *name)
{
    return name->value && model->host.value && strcmp(name->value, model->host.value) == 0;
}

/* Where this host has a card on the network, management's among them, or NULL. */
static const struct text *plug(const struct model *model, const struct model_network *network)
{
    const struct text *nic = &model->management.nic.network;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        for (uint32_t j = 0; j < domain->devices.count; j++) {
            if (network_named(model, &model_device(domain, j)->network) == network)
                return &model_device(domain, j)->network;
        }
    }
    return network_named(model, nic) == network ? nic : NULL;
}

void rule_one_way_ends(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);
        const struct model_one_way *one_way = &network->one_way;
        const struct text *card = plug(model, network);

        if (!one_way->from.value || !one_way->to.value || !network->name.value)
            continue;
        if (strcmp(one_way->from.value, one_way->to.value) == 0)
            report(check, one_way->to.at,
                   say(&check->arena, "network %s leads from %s (%s) to the same host",
                       network->name.value, one_way->from.value, line_of(check, one_way->from.at)),
                   "name the host that sends in `from` and the one that receives in `to`");
        else if (card && model->host.value && !is_host(model, &one_way->from) &&
                 !is_host(model, &one_way->to))
            report(check, card->at,
                   say(&check->arena,
                       "host %s (%s) has a card on network %s, which leads one way from %s to %s "
                       "(%s)",
                       model->host.value, line_of(check, model->host.at), network->name.value,
                       one_way->from.value, one_way->to.value, line_of(check, one_way->at)),
                   "correct `from` or `to`, or plug the card into another network: behind a diode "
                   "there are two ends");
    }
}
