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

/* A fact that only one of the manifests has. */
static void add_single(struct diff *diff, char sign, const struct fact *fact)
{
    struct change change = {.group = fact->group, .what = fact->what, .sign = sign};

    *(sign == '+' ? &change.new_value : &change.old_value) = fact->value;
    *(sign == '+' ? &change.new_at : &change.old_at) = fact->at;
    change.surface = fact->surface;
    diff_add(diff, change);
}

static void add_changed(struct diff *diff, const struct fact *old, const struct fact *new)
{
    if (same_value(old, new))
        return;
    diff_add(diff, (struct change){.group = new->group,
                                   .what = new->what,
                                   .old_value = old->value,
                                   .new_value = new->value,
                                   .old_at = old->at,
                                   .new_at = new->at,
                                   .sign = '~',
                                   .surface = new->surface});
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

        if (order < 0)
            add_single(diff, '-', &old.items[i++]);
        else if (order > 0)
            add_single(diff, '+', &new.items[j++]);
        else
            add_changed(diff, &old.items[i++], &new.items[j++]);
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
