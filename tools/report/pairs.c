/* SPDX-License-Identifier: Apache-2.0 */
/* What of the shared hardware differs from pair to pair of domains. */
#include "report.h"

#include "access.h"
#include "shared.h"
#include "tools/hw/inventory.h"
#include <string.h>

enum { FACTS = 3, MOST_PARTIES = MAX_DOMAINS + 1, PAIRS = MOST_PARTIES * (MOST_PARTIES - 1) / 2 };

/* Pairs of which the same holds. */
struct group {
    const char *facts[FACTS];
    const char *names;
    uint32_t count;
};

static const char *name_of(const struct check *check, uint32_t index)
{
    return access_party(check, index < check->model.domains.count ? index : ACCESS_MANAGEMENT);
}

static const char *cores_text(struct report *out, uint32_t one, uint32_t other)
{
    static const char *const words[] = {"not known", "own", "shared"};

    return say(out->arena, "%s, L2 %s, L3 %s",
               may_split_cores(out->check) ? "UNSAFE: perhaps threads of one core" : "own cores",
               words[shares_cache(out->check, one, other, 2)],
               words[shares_cache(out->check, one, other, 3)]);
}

static const char *functions_text(struct report *out, uint32_t one, uint32_t other,
                                  enum sharing (*shares)(struct check *, uint32_t, uint32_t))
{
    static const char *const words[] = {"not known", "not shared", "shared"};

    return has_functions(out->check, one) && has_functions(out->check, other)
               ? words[shares(out->check, one, other)]
               : "not shared: not both have PCI functions";
}

static void add_pair(struct report *out, struct group *groups, uint32_t *count, uint32_t one,
                     uint32_t other)
{
    const char *facts[FACTS] = {cores_text(out, one, other),
                                functions_text(out, one, other, shares_port),
                                functions_text(out, one, other, shares_unit)};
    struct group *group = groups;

    while (group < groups + *count &&
           (strcmp(group->facts[0], facts[0]) != 0 || strcmp(group->facts[1], facts[1]) != 0 ||
            strcmp(group->facts[2], facts[2]) != 0))
        group++;
    if (group == groups + *count) {
        *group = (struct group){.names = ""};
        memcpy(group->facts, facts, sizeof(facts));
        (*count)++;
    }
    group->names = say(out->arena, "%s%s%s and %s", group->names, group->count > 0 ? "; " : "",
                       name_of(out->check, one), name_of(out->check, other));
    group->count++;
}

static void put_group(struct report *out, const char *names, const struct group *group)
{
    page_cell(&out->page, MARK_HEAD, names);
    for (int i = 0; i < FACTS; i++)
        page_cell(&out->page,
                  strncmp(group->facts[i], "UNSAFE", strlen("UNSAFE")) == 0 ? MARK_ALARM
                                                                            : MARK_PLAIN,
                  group->facts[i]);
}

/* Every pair by its name but for the largest group, which stands last. */
void report_pairs(struct report *out)
{
    static const char *const heads[] = {"Pairs", "Cores and caches", "Root port", "IOMMU unit"};
    const char *path = out->check->model.platform.inventory.value;
    struct group groups[PAIRS];
    uint32_t parties = partition_count(out->check), count = 0, largest = 0;

    if (parties < 2)
        return;
    for (uint32_t i = 0; i < parties; i++) {
        for (uint32_t j = i + 1; j < parties; j++)
            add_pair(out, groups, &count, i, j);
    }
    for (uint32_t i = 0; i < count; i++)
        largest = groups[i].count > groups[largest].count ? i : largest;
    page_say(&out->page, MARK_PLAIN,
             path ? say(out->arena,
                        "What differs from pair to pair, as inventory %s shows it. Which "
                        "processors a domain gets is known for pinned ones only; what all "
                        "processors share, all domains do.",
                        path)
                  : "What differs from pair to pair. The manifest names no inventory, so what "
                    "hardware they share is not known.");
    page_table(&out->page, 1 + FACTS, heads);
    for (uint32_t i = 0; i < count; i++) {
        if (i != largest)
            put_group(out, groups[i].names, &groups[i]);
    }
    put_group(out,
              groups[largest].count == 1 ? groups[largest].names
              : count == 1               ? "all pairs"
                                         : say(out->arena, "all %u others", groups[largest].count),
              &groups[largest]);
}
