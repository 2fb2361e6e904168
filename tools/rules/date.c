/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the dates of what is said to be done. */
#include "rules.h"

#include "tools/manifest/schema.h"
#include "tools/manifest/schema_parse.h"

/*
 * East of Greenwich it may be tomorrow already. A day before all that can be written is none:
 * so `diff` reads an old manifest, and a build is told no date.
 */
static void done(struct check *check, const struct number *date, const char *what)
{
    bool dated = check->today >= key_at("review.date")->min;

    if (dated && date->valid && date->value > check->today + 1)
        report(check, date->at,
               say(&check->arena, "%s on %s, and today is %s", what,
                   date_text(&check->arena, date->value), date_text(&check->arena, check->today)),
               "write the day on which it was done, once it is");
}

void rule_date_future(struct check *check)
{
    done(check, &check->model.review.date, "this manifest was looked through");
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);

        done(check, &domain->hardened.date,
             say(&check->arena, "%s was hardened", domain_of(check, domain)));
    }
}
