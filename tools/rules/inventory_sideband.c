/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about network cards that firmware may share (tools/hw/sideband.c says which these are). */
#include "rules.h"
#include "tools/hw/inventory.h"

#include "tools/manifest/label.h"
#include "tools/manifest/schema_parse.h"

enum { CLASS_NETWORK = 0x02 };

/* A card that someone has, and by what firmware may share it. */
struct shared_card {
    struct owned owned;
    const struct hw_function *function;
    const char *by, *evidence;
};

/* The network that the card is said to be plugged into, NULL: not known. */
static const struct model_network *network_of(const struct model *model,
                                              const struct model_device *device)
{
    uint32_t index = find_named(model, "networks", &device->network);

    return index < model->networks.count ? model_network(model, index) : NULL;
}

static bool labels_differ(const struct model *model)
{
    for (uint32_t i = 1; i < model->domains.count; i++) {
        if (!label_equal(label_of(model, &model_domain(model, i)->label),
                         label_of(model, &model_domain(model, 0)->label)))
            return true;
    }
    return false;
}

/* Why sharing this card is an error, NULL: it is not. */
static const char *gravity(struct check *check, const struct shared_card *card)
{
    const struct model *model = &check->model;
    const struct model_network *network = network_of(model, card->owned.device);

    if (!card->owned.domain)
        return "and who reaches it there reaches all of the machine";
    if (!network)
        return "and nothing says who reaches its network";
    if (network->exposed.value)
        return say(&check->arena, "and its network %s is exposed (%s)", network->name.value,
                   line_of(check, network->exposed.at));
    return labels_differ(model) ? "and domains of different labels are on this machine" : NULL;
}

static void report_card(struct check *check, const struct shared_card *card, const char *gravity)
{
    report(check, card->owned.device->pci.at,
           say(&check->arena, "%s has the card %s (%04x:%04x), which %s may share: %s has %s%s%s",
               owner_text(check, &card->owned),
               pci_text(&check->arena, card->owned.device->pci.value), card->function->vendor,
               card->function->device, card->by, inventory_text(check), card->evidence,
               gravity ? ", " : "", gravity ? gravity : ""),
           card->function->address >> 8 == 0
               ? "use a card in a slot, or turn that off in firmware and write "
                 "`accept_sideband: true` beside the card"
               : "use a card of another kind, or turn that off in firmware and write "
                 "`accept_sideband: true` beside the card");
}

/* Every such card that nobody accepted, if what follows is of that gravity. */
static void each_card(struct check *check, bool grave)
{
    struct hw *hw = inventory(check);
    struct shared_card card;

    for (uint32_t i = 0; hw && owned_device(&check->model, i, &card.owned); i++) {
        card.function = inventory_function(hw, &card.owned.device->pci);
        if (!card.function || card.owned.device->accept_sideband.value ||
            card.function->class_code >> 16 != CLASS_NETWORK)
            continue;
        card.by = hw_sideband(hw, card.function, &card.evidence);
        const char *why = card.by ? gravity(check, &card) : NULL;
        if (card.by && grave == (why != NULL))
            report_card(check, &card, why);
    }
}

void rule_sideband(struct check *check)
{
    each_card(check, true);
}

void rule_sideband_domain(struct check *check)
{
    each_card(check, false);
}
