/* SPDX-License-Identifier: Apache-2.0 */
/* Who lays claim to a name, a number or a file. */
#include "claims.h"

#include <stdlib.h>
#include <string.h>

void claims_add(struct claims *claims, struct claim claim)
{
    if (claims->count == claims->room) {
        size_t room = claims->room ? 2 * claims->room : 32;
        struct claim *grown = arena_take(claims->arena, room * sizeof(*grown));

        if (claims->count > 0)
            memcpy(grown, claims->items, claims->count * sizeof(*grown));
        claims->items = grown;
        claims->room = room;
    }
    claims->items[claims->count++] = claim;
}

static int compare(const void *a, const void *b)
{
    const struct claim *one = a, *other = b;
    int keys = strcmp(one->key, other->key);

    if (keys != 0)
        return keys;
    if (one->host != other->host)
        return one->host < other->host ? -1 : 1;
    if (one->at.line != other->at.line)
        return one->at.line < other->at.line ? -1 : 1;
    return (one->at.column > other->at.column) - (one->at.column < other->at.column);
}

void claims_sort(struct claims *claims)
{
    if (claims->count > 1)
        qsort(claims->items, claims->count, sizeof(*claims->items), compare);
}

const struct claim *claims_find(const struct claims *claims, const char *key)
{
    size_t low = 0, high = claims->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(claims->items[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < claims->count && strcmp(claims->items[low].key, key) == 0 ? &claims->items[low]
                                                                           : NULL;
}

const struct claim *claims_first(const struct claims *claims, const struct claim *claim)
{
    return claims_find(claims, claim->key);
}
