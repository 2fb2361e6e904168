/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two manifests: two sorted lists of facts, merged. */
#include "diff.h"

#include <stdlib.h>
#include <string.h>

enum { LONG_AGO = 1 };

void diff_add(struct diff *diff, struct change change)
{
    if (diff->count == diff->room) {
        size_t room = diff->room ? 2 * diff->room : 64;
        struct change *grown = arena_take(&diff->arena, room * sizeof(*grown));

        if (diff->count > 0)
            memcpy(grown, diff->changes, diff->count * sizeof(*grown));
        diff->changes = grown;
        diff->room = room;
    }
    diff->grew += change.surface && change.sign == '+';
    diff->shrank += change.surface && change.sign == '-';
    diff->changes[diff->count++] = change;
}

static int compare(const void *a, const void *b)
{
    const struct fact *one = a, *other = b;

    if (one->rank != other->rank)
        return one->rank < other->rank ? -1 : 1;
    int groups = strcmp(one->group, other->group);
    return groups != 0 ? groups : strcmp(one->what, other->what);
}

/* Sorted; what is said twice (two cards on one network) counts once. */
static void collect(struct facts *facts, struct check *check)
{
    size_t kept = 0;

    *facts = (struct facts){.check = check};
    facts_collect(facts);
    qsort(facts->items, facts->count, sizeof(*facts->items), compare);
    for (size_t i = 0; i < facts->count; i++) {
        if (kept == 0 || compare(&facts->items[kept - 1], &facts->items[i]) != 0)
            facts->items[kept++] = facts->items[i];
    }
    facts->count = kept;
}

static bool same_value(const struct fact *old, const struct fact *new)
{
    return (!old->value && !new->value) ||
           (old->value && new->value &&strcmp(old->value, new->value) == 0);
}

static void add_change(struct diff *diff, const struct fact *old, const struct fact *new)
{
    const struct fact *one = new ? new : old;

    diff_add(diff, (struct change){.group = one->group,
                                   .what = one->what,
                                   .old_value = old ? old->value : NULL,
                                   .new_value = new ? new->value : NULL,
                                   .old_at = old ? old->at : (struct place){0},
                                   .new_at = new ? new->at : (struct place){0},
                                   .sign = !old   ? '+'
                                           : !new ? '-'
                                                  : '~',
                                   .surface = one->surface});
}

static void compare_facts(struct diff *diff)
{
    struct facts old, new;
    size_t i = 0, j = 0;

    collect(&old, &diff->old);
    collect(&new, &diff->new);
    while (i < old.count || j < new.count) {
        int order = i == old.count   ? 1
                    : j == new.count ? -1
                                     : compare(&old.items[i], &new.items[j]);

        if (order < 0) {
            add_change(diff, &old.items[i++], NULL);
        } else if (order > 0) {
            add_change(diff, NULL, &new.items[j++]);
        } else {
            if (!same_value(&old.items[i], &new.items[j]))
                add_change(diff, &old.items[i], &new.items[j]);
            i++;
            j++;
        }
    }
}

bool diff_open(struct diff *diff, const char *old_path, const char *new_path)
{
    diff->old.today = LONG_AGO;
    diff->new.today = diff->today;
    bool old = check_manifest(&diff->old, old_path), new = check_manifest(&diff->new, new_path);

    if (!old || !new)
        return false;
    diff->compared = diff->old.errors == 0 && diff->new.errors == 0;
    if (diff->compared) {
        compare_facts(diff);
        diff_devices(diff);
        check_sort(&diff->new);
    }
    return true;
}

void diff_close(struct diff *diff)
{
    check_close(&diff->old);
    check_close(&diff->new);
    arena_free(&diff->arena);
}
