/* SPDX-License-Identifier: Apache-2.0 */
/* Labels form a lattice: a level, and a set of categories. */
#include "label.h"

#include "kernel/abi/limits.h"
#include "schema.h"
#include <string.h>

uint32_t find_named(const struct model *model, const char *list, const struct text *name)
{
    const struct key *key = key_at(list);
    const struct list *items =
        (const struct list *)(const void *)((const char *)model + key->offset);

    for (uint32_t i = 0; i < items->count && name->value; i++) {
        const struct text *own = named_item(key, items, i);

        if (own->value && strcmp(own->value, name->value) == 0)
            return i;
    }
    return UINT32_MAX;
}

uint32_t find_all_named(const struct model *model, const char *list, const struct list *names)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < names->count; i++) {
        uint32_t index = find_named(model, list, listed_text(names, i));

        if (index < 32)
            bits |= 1u << index;
    }
    return bits;
}

const struct model_network *network_named(const struct model *model, const struct text *name)
{
    uint32_t index = find_named(model, "networks", name);

    return index < model->networks.count ? model_network(model, index) : NULL;
}

/* The networks that a network lists as on its cable. */
static uint32_t trunk_of(const struct model *model, uint32_t index)
{
    return find_all_named(model, "networks", &model_network(model, index)->trunk);
}

uint32_t cable_of(const struct model *model, const struct model_network *network)
{
    uint32_t bits = 1u << (network - model_network(model, 0)), last = 0;

    while (bits != last) {
        last = bits;
        for (uint32_t i = 0; i < model->networks.count; i++) {
            uint32_t trunk = trunk_of(model, i);

            if (bits >> i & 1 || bits & trunk)
                bits |= 1u << i | trunk;
        }
    }
    return bits;
}

struct label label_of(const struct model *model, const struct model_label *written)
{
    struct label label = {find_named(model, "levels", &written->level) + 1, 0};

    for (uint32_t i = 0; i < written->categories.count; i++) {
        uint32_t index = find_named(model, "categories", listed_text(&written->categories, i));

        if (index < model->categories.count)
            label.categories |= 1u << index;
    }
    return label;
}

bool label_is_known(const struct model *model, const struct model_label *written)
{
    bool known = find_named(model, "levels", &written->level) + 1 > 0;

    for (uint32_t i = 0; i < written->categories.count && known; i++)
        known = find_named(model, "categories", listed_text(&written->categories, i)) <
                model->categories.count;
    return known;
}

struct label label_of_network(const struct model *model, const struct text *name)
{
    const struct model_network *network = network_named(model, name);

    return network ? label_of(model, &network->label) : (struct label){0, 0};
}

bool label_equal(struct label one, struct label other)
{
    return one.level == other.level && one.categories == other.categories;
}

bool label_dominates(struct label high, struct label low)
{
    return high.level >= low.level && (low.categories & ~high.categories) == 0;
}

struct label label_join(struct label one, struct label other)
{
    return (struct label){one.level > other.level ? one.level : other.level,
                          one.categories | other.categories};
}

struct label label_of_machine(const struct model *model)
{
    const struct model_aggregation *rule = model->aggregation.items;
    struct label machine = {0, 0};

    for (uint32_t i = 0; i < model->domains.count; i++)
        machine = label_join(machine, label_of(model, &model_domain(model, i)->label));
    for (uint32_t i = 0; i < model->aggregation.count; i++, rule++) {
        uint32_t of = find_named(model, "levels", &rule->of) + 1, count = 0;

        for (uint32_t j = 0; j < model->domains.count; j++)
            count += of > 0 && label_of(model, &model_domain(model, j)->label).level >= of;
        if (rule->count.valid && count >= rule->count.value)
            machine = label_join(machine,
                                 (struct label){find_named(model, "levels", &rule->then) + 1, 0});
    }
    return machine;
}

const char *label_text(struct arena *arena, const struct model *model, struct label label)
{
    const char *text = "";

    if (label.level == 0)
        return "no label";
    for (uint32_t i = 0; i < model->categories.count; i++) {
        if (label.categories >> i & 1)
            text = say(arena, "%s%s%s", text, *text ? ", " : "",
                       named_item(key_at("categories"), &model->categories, i)->value);
    }
    const char *level = listed_text(&model->levels, label.level - 1)->value;
    return *text ? say(arena, "%s {%s}", level, text) : level;
}
