/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about time: restarts, the order of starting, reviews; and about payloads' identity. */
#include "rules.h"

#include "kernel/abi/manifest_policy.h"
#include "tools/image/payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

void rule_restart_limit(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        const struct model_on_exit *on_exit = &domain->on_exit;

        if (is_written(on_exit->action.at) && on_exit->action.valid &&
            on_exit->action.value == MANIFEST_EXIT_RESTART && !is_written(on_exit->limit.at) &&
            !is_written(on_exit->within.at))
            report(check, on_exit->action.at,
                   say(&check->arena,
                       "%s restarts without a limit: a crash at its start repeats "
                       "for ever",
                       domain_of(check, domain)),
                   "add for instance `limit: 3, within: 60s`");
    }
}

/* The domains that `domain` starts after, as bits. */
static uint32_t before(const struct model *model, uint32_t domain)
{
    return find_all_named(model, "domains", &model_domain(model, domain)->start_after);
}

/* All that must have started before `domain`, itself included if it waits for itself. */
static uint32_t all_before(const struct model *model, uint32_t domain)
{
    uint32_t reached = before(model, domain), last = 0;

    while (reached != last) {
        last = reached;
        for (uint32_t i = 0; i < model->domains.count; i++) {
            if (last >> i & 1)
                reached |= before(model, i);
        }
    }
    return reached;
}

void rule_start_cycle(struct check *check)
{
    const struct model *model = &check->model;
    uint32_t reported = 0;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const char *cycle = "";
        uint32_t members = 0;

        if (reported >> i & 1 || !(all_before(model, i) >> i & 1))
            continue;
        for (uint32_t j = 0; j < model->domains.count; j++) {
            if (all_before(model, i) >> j & 1 && all_before(model, j) >> i & 1) {
                members |= 1u << j;
                cycle = say(&check->arena, "%s%s%s (%s)", cycle, *cycle ? ", " : "",
                            domain_of(check, model_domain(model, j)),
                            line_of(check, model_domain(model, j)->start_after.at));
            }
        }
        reported |= members;
        report(check, model_domain(model, i)->start_after.at,
               say(&check->arena, "each waits for another, so none starts: %s", cycle),
               "remove one of these from a `start_after`");
    }
}

void rule_start_unseen(struct check *check)
{
    if (is_written(check->model.management.at))
        return;
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);

        if (before(&check->model, i) != 0)
            report(check, domain->start_after.at,
                   say(&check->arena,
                       "%s is to start after others, and without `management` nobody sees whether "
                       "these run",
                       domain_of(check, domain)),
                   "add `management`, or remove `start_after`");
    }
}

void rule_review_overdue(struct check *check)
{
    const struct model_review *review = &check->model.review;

    if (review->due.valid && review->due.value < check->today)
        report(check, review->due.at,
               say(&check->arena, "the review was due on %s, and today is %s",
                   date_text(&check->arena, review->due.value),
                   date_text(&check->arena, check->today)),
               "look the manifest through, and write the new dates");
}

void rule_review_order(struct check *check)
{
    const struct model_review *review = &check->model.review;

    if (review->due.valid && review->date.valid && review->due.value <= review->date.value)
        report(check, review->due.at,
               say(&check->arena, "the next review is due on %s, not after the last on %s (%s)",
                   date_text(&check->arena, review->due.value),
                   date_text(&check->arena, review->date.value), line_of(check, review->date.at)),
               "correct one of the two dates");
}

void rule_unsafe(struct check *check)
{
    const struct model_unsafe *unsafe = check->model.unsafe.items;

    for (uint32_t i = 0; i < check->model.unsafe.count; i++, unsafe++)
        report(check, unsafe->at,
               say(&check->arena,
                   "the image allows %s (%s), which is weaker than Bulkhead's own operation and "
                   "for laboratories only%s",
                   choice_word("unsafe[].allow", unsafe->allow.value),
                   unsafe->reason.value ? unsafe->reason.value : "no reason",
                   unsafe->allow.value == MANIFEST_SPLIT_CORE
                       ? ", and which the loader of this version refuses where it sees the threads"
                       : ", and which the loader of this version never does: it refuses a machine "
                         "that needs it"),
               "remove it before `bulkhead build --release`, which refuses it");
}

void rule_unsafe_twice(struct check *check)
{
    const struct model_unsafe *unsafe = check->model.unsafe.items;

    for (uint32_t i = 1; i < check->model.unsafe.count; i++) {
        const struct number *allow = &unsafe[i].allow;

        for (uint32_t j = 0; j < i && allow->valid; j++) {
            if (!unsafe[j].allow.valid || unsafe[j].allow.value != allow->value)
                continue;
            report(check, allow->at,
                   say(&check->arena, "`unsafe` allows %s here and on %s",
                       choice_word("unsafe[].allow", allow->value),
                       line_of(check, unsafe[j].allow.at)),
                   "keep one of the two, with the whole reason");
            break;
        }
    }
}

/* The payload keys of a domain, with the digests that it asks for. */
struct wanted {
    const char *key;
    const struct text *path, *digest;
};

static void wanted_of(const struct model_domain *domain, struct wanted out[3])
{
    const struct model_boot *boot = &domain->boot;

    out[0] = (struct wanted){"linux", &boot->bzimage, &boot->bzimage_digest};
    out[1] = (struct wanted){"initrd", &boot->initrd, &boot->initrd_digest};
    out[2] = (struct wanted){"elf64", &boot->elf64, &boot->elf64_digest};
}

void rule_payload_digest(struct check *check)
{
    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct model_domain *domain = model_domain(&check->model, i);
        struct wanted wanted[3];

        wanted_of(domain, wanted);
        for (int j = 0; j < 3; j++) {
            const struct wanted *one = &wanted[j];
            uint8_t digest[DIGEST_BYTES], expected[DIGEST_BYTES];

            if (!one->digest->value || !parse_digest(one->digest->value, expected))
                continue;
            if (!one->path->value) {
                report(check, one->digest->at,
                       say(&check->arena, "%s has a digest for `%s`, which it does not boot",
                           domain_of(check, domain), one->key),
                       "remove the digest, or boot such a file");
                continue;
            }
            const struct payload *file = payload_open(check, one->path->value);
            if (file->state != PAYLOAD_GOOD)
                continue;
            payload_sha256(file, digest);
            if (memcmp(digest, expected, sizeof(digest)) != 0)
                report(check, one->digest->at,
                       say(&check->arena,
                           "%s: %s (%s) has another SHA-256, beginning %02x%02x%02x%02x",
                           domain_of(check, domain), one->path->value,
                           line_of(check, one->path->at), digest[0], digest[1], digest[2],
                           digest[3]),
                       "find out who changed the file, or write its new SHA-256");
        }
    }
}

/* Whether two files are one: opened once, or of the same content. */
static bool same_file(struct check *check, const struct text *one, const struct text *other)
{
    if (one->value && other->value && strcmp(one->value, other->value) == 0)
        return true;
    const struct payload *a = one->value ? payload_open(check, one->value) : NULL;
    const struct payload *b = other->value ? payload_open(check, other->value) : NULL;

    return a && b && a->state == PAYLOAD_GOOD && b->state == PAYLOAD_GOOD && payload_same(a, b);
}

const struct text *identity_of(const struct model_domain *domain)
{
    const struct model_boot *boot = &domain->boot;

    return boot->initrd.value ? &boot->initrd : boot->elf64.value ? &boot->elf64 : &boot->bzimage;
}

void payloads_of(const struct model_domain *domain, const struct text *paths[BOOT_FILES])
{
    const struct model_boot *boot = &domain->boot;

    paths[0] = &boot->bzimage;
    paths[1] = &boot->initrd;
    paths[2] = &boot->elf64;
}

/* The payload of `other` that is the one with the unique identity of `domain`, or NULL. */
static const struct text *copy_of(struct check *check, const struct model_domain *domain,
                                  const struct model_domain *other)
{
    const struct text *paths[BOOT_FILES];

    payloads_of(other, paths);
    for (int i = 0; i < BOOT_FILES && domain->boot.identity.value == IDENTITY_UNIQUE; i++) {
        if (same_file(check, identity_of(domain), paths[i]))
            return paths[i];
    }
    return NULL;
}

void rule_identity_twice(struct check *check)
{
    const struct model *model = &check->model;

    for (uint32_t i = 1; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        for (uint32_t j = 0; j < i; j++) {
            const struct model_domain *other = model_domain(model, j);
            const struct text *own = identity_of(domain), *theirs = copy_of(check, domain, other);

            if (!theirs) {
                theirs = identity_of(other);
                own = copy_of(check, other, domain);
            }
            if (!own)
                continue;
            report(check, own->at,
                   say(&check->arena,
                       "%s boots %s, whose identity is unique and which %s boots (%s)",
                       domain_of(check, domain), own->value, domain_of(check, other),
                       line_of(check, theirs->at)),
                   "make a payload of its own, with keys and credentials of its own");
            break;
        }
    }
}
