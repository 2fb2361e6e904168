/* SPDX-License-Identifier: Apache-2.0 */
/* The orders in which manifests name their levels. */
#include "levels.h"

#include <string.h>

uint32_t levels_find(const struct level_order *order, const char *name)
{
    for (uint32_t i = 0; i < order->count; i++) {
        if (strcmp(order->names[i], name) == 0)
            return i;
    }
    return TABLE_LEVELS;
}

static uint32_t find_or_add(struct level_order *order, const char *name)
{
    uint32_t index = levels_find(order, name);

    if (index == TABLE_LEVELS && order->count < TABLE_LEVELS) {
        index = order->count++;
        order->names[index] = say(order->arena, "%s", name);
    }
    return index;
}

/* `high` stands above `low` here, and below it in one manifest, or in several together. */
static const char *contradiction(const struct level_order *order, uint32_t low, uint32_t high)
{
    const char *above = order->names[high], *below = order->names[low];

    if (order->said[high][low])
        return say(order->arena, "level %s stands above %s here, and below it in %s", above, below,
                   order->said[high][low]);
    for (uint32_t i = 0; i < order->count; i++) {
        if (order->said[high][i] && order->above[i] >> low & 1)
            return say(order->arena,
                       "level %s stands above %s here, and below %s in %s, which is below %s on "
                       "other hosts",
                       above, below, order->names[i], order->said[high][i], below);
    }
    return NULL;
}

static void raise(struct level_order *order, uint32_t low, uint32_t high, struct place at)
{
    if (!order->said[low][high])
        order->said[low][high] = say(order->arena, "%s:%u", at.file, at.line);
    for (uint32_t i = 0; i < order->count; i++) {
        if (i == low || order->above[i] >> low & 1)
            order->above[i] |= 1u << high | order->above[high];
    }
}

bool levels_join(struct level_order *order, const struct list *levels,
                 struct level_conflict *conflict)
{
    uint32_t here[TABLE_LEVELS], count = 0, seen = 0;

    for (uint32_t i = 0; i < levels->count; i++) {
        const struct text *name = listed_text(levels, i);
        uint32_t level = name->value ? find_or_add(order, name->value) : TABLE_LEVELS;

        if (name->value && level == TABLE_LEVELS) {
            *conflict =
                (struct level_conflict){name->at, "the hosts have more than 32 levels together",
                                        "use the same names on all hosts"};
            return false;
        }
        if (!name->value || seen >> level & 1)
            continue;
        for (uint32_t j = 0; j < count; j++) {
            if (order->above[level] >> here[j] & 1) {
                *conflict = (struct level_conflict){name->at, contradiction(order, here[j], level),
                                                    "name the levels in one order on all hosts, "
                                                    "the lowest first"};
                return false;
            }
        }
        seen |= 1u << level;
        here[count++] = level;
    }
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t j = 0; j < i; j++)
            raise(order, here[j], here[i], levels->at);
    }
    return true;
}

bool levels_follow(const struct cascade_table *table, const struct list *levels,
                   struct arena *arena, struct level_conflict *conflict)
{
    uint32_t before = 0;

    for (uint32_t i = 0; i < levels->count; i++) {
        const struct text *name = listed_text(levels, i);
        uint32_t level = name->value ? cascade_table_level(table, name->value) : TABLE_LEVELS;

        if (level == TABLE_LEVELS)
            continue;
        if (level < before) {
            *conflict = (struct level_conflict){
                name->at,
                say(arena, "level %s stands above %s here, and below it in the table", name->value,
                    table->levels[before]),
                "name the levels in the table's order, the lowest first"};
            return false;
        }
        before = level;
    }
    return true;
}
