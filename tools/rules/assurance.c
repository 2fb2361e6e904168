/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that hold a host against the site's table: its assurance, and the order of levels. */
#include "assurance.h"

#include "rules.h"
#include "tools/cascade/cascade.h"
#include "tools/cascade/levels.h"
#include "tools/manifest/label.h"

/* A label of the host, and who has it. */
struct holder {
    const char *who;
    const struct model_label *label;
    struct place at;
    uint32_t level; /* of the table */
};

/* The n-th: the domains, and behind them management, which has its network's label. */
static bool holder_of(struct check *check, const struct cascade_table *table, uint32_t n,
                      struct holder *out)
{
    const struct model *model = &check->model;
    const struct model_network *network = network_named(model, &model->management.nic.network);

    if (n < model->domains.count) {
        const struct model_domain *domain = model_domain(model, n);

        *out = (struct holder){domain_of(check, domain), &domain->label, domain->label.at, 0};
    } else if (network) {
        *out = (struct holder){"management", &network->label, model->management.nic.network.at, 0};
    }
    if (n > model->domains.count || (n == model->domains.count && !network))
        return false;
    out->level = out->label->level.value ? cascade_table_level(table, out->label->level.value)
                                         : TABLE_LEVELS;
    return true;
}

/* What data needs to be kept from going from one to the other. */
static uint32_t required(const struct model *model, const struct cascade_table *table,
                         const struct holder *from, const struct holder *to)
{
    uint32_t needed = table->required[from->level][to->level];
    uint32_t own = label_of(model, from->label).categories;

    if ((own & ~label_of(model, to->label).categories) != 0 && needed < table->category)
        needed = table->category;
    return needed;
}

static void report_low(struct check *check, const struct holder *from, const struct holder *to,
                       uint32_t needed)
{
    const struct model *model = &check->model;
    const struct number *own = &model->assurance;
    bool never = needed == CASCADE_NEVER;

    report_as(
        check, "assurance-low", is_written(own->at) ? own->at : from->at,
        say(&check->arena, "%s is %s (%s) and shares the machine with %s, which is %s (%s): %s, %s",
            from->who, label_text(&check->arena, model, label_of(model, from->label)),
            line_of(check, from->at), to->who,
            label_text(&check->arena, model, label_of(model, to->label)), line_of(check, to->at),
            never ? "the table allows that at no assurance"
                  : say(&check->arena, "the table requires assurance %u", needed),
            own->valid
                ? say(&check->arena, "and this machine has %llu", (unsigned long long)own->value)
                : "and `assurance` is not written, which counts as none"),
        never ? "use two machines"
              : "use two machines, or one that is assured so far and says so in `assurance`");
}

static void report_unknown(struct check *check, const struct holder *holder)
{
    report_as(check, "assurance-low", holder->label->level.at,
              say(&check->arena, "%s is %s, a level that the table does not have", holder->who,
                  holder->label->level.value),
              "use the table's names of levels, or complete the table");
}

/* Of the pairs that require at most `most`, the one that requires most, if it is too much. */
static uint32_t worst(struct check *check, const struct cascade_table *table, uint32_t most,
                      struct holder *from, struct holder *to)
{
    const struct number *assurance = &check->model.assurance;
    uint32_t own = assurance->valid ? (uint32_t)assurance->value : 0, highest = 0;
    struct holder one, other;

    for (uint32_t i = 0; holder_of(check, table, i, &one); i++) {
        for (uint32_t j = 0; one.level != TABLE_LEVELS && holder_of(check, table, j, &other); j++) {
            uint32_t needed =
                other.level == TABLE_LEVELS ? 0 : required(&check->model, table, &one, &other);

            if (needed <= own || needed <= highest || needed > most)
                continue;
            highest = needed;
            *from = one;
            *to = other;
        }
    }
    return highest;
}

/* What no assurance allows must not hide what one would. */
static void assurance_low(struct check *check, const struct cascade_table *table)
{
    struct holder one, other;

    for (uint32_t i = 0; holder_of(check, table, i, &one); i++) {
        if (one.level == TABLE_LEVELS && one.label->level.value)
            report_unknown(check, &one);
    }
    if (worst(check, table, CASCADE_NEVER, &one, &other) == CASCADE_NEVER)
        report_low(check, &one, &other, CASCADE_NEVER);
    uint32_t needed = worst(check, table, CASCADE_NEVER - 1, &one, &other);
    if (needed > 0)
        report_low(check, &one, &other, needed);
}

static void table_levels(struct check *check, const struct cascade_table *table)
{
    struct level_conflict conflict;

    if (!levels_follow(table, &check->model.levels, &check->arena, &conflict))
        report_as(check, "table-levels", conflict.at, conflict.what, conflict.remedy);
}

void rules_table_apply(struct check *check, const struct cascade_table *table)
{
    assurance_low(check, table);
    table_levels(check, table);
    check_sort(check);
}
