/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about the files that domains boot, whatever their format. */
#include "rules.h"

#include "kernel/abi/limits.h"
#include "tools/image/payload.h"
#include <errno.h>
#include <string.h>

#define IMAGE_PAYLOAD_MAX (1ull << 30)

/* Calls `look` for every payload that a domain names. */
static void each_payload(struct check *check,
                         void (*look)(struct check *check, const struct model_domain *domain,
                                      const struct text *path, const struct payload *payload))
{
    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_domain *domain = partition(check, i);
        const struct text *paths[] = {&domain->boot.bzimage, &domain->boot.initrd,
                                      &domain->boot.elf64};

        for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++) {
            if (paths[j]->value)
                look(check, domain, paths[j], payload_open(check, paths[j]->value));
        }
    }
}

static void look_missing(struct check *check, const struct model_domain *domain,
                         const struct text *path, const struct payload *payload)
{
    const char *who = domain_of(check, domain);

    if (payload->state != PAYLOAD_UNREADABLE)
        return;
    if (payload->error == ENOENT || payload->error == ENOTDIR)
        report(check, path->at,
               say(&check->arena, "%s: %s", who, payload_searched(check, path->value)),
               path->value == check->console
                   ? "build the console first (make guests), or name one with `bulkhead build "
                     "--console`"
                   : "correct the path, or build the payload first");
    else
        report(check, path->at,
               say(&check->arena, "%s: %s cannot be read: %s", who, payload->resolved,
                   strerror(payload->error)),
               payload->error == EACCES ? "make it readable for you"
                                        : "remove that cause, or name a file that can be read");
}

void rule_payload_missing(struct check *check)
{
    each_payload(check, look_missing);
}

static void look_file(struct check *check, const struct model_domain *domain,
                      const struct text *path, const struct payload *payload)
{
    if (payload->state == PAYLOAD_NOT_REGULAR || payload->state == PAYLOAD_EMPTY)
        report(check, path->at,
               say(&check->arena, "%s: %s is %s", domain_of(check, domain), payload->resolved,
                   payload->state == PAYLOAD_EMPTY ? "empty" : payload->kind),
               "name a regular file that holds the payload");
}

void rule_payload_file(struct check *check)
{
    each_payload(check, look_file);
}

void rule_image_size(struct check *check)
{
    const struct payload *largest = NULL;
    struct place at = {0};
    uint64_t bytes = 0;

    for (const struct payload *payload = check->payloads; payload; payload = payload->next) {
        bytes += payload->size;
        if (!largest || payload->size > largest->size)
            largest = payload;
    }
    if (bytes <= IMAGE_PAYLOAD_MAX)
        return;
    for (uint32_t i = 0; i < partition_count(check); i++) {
        const struct model_boot *boot = &partition(check, i)->boot;
        const struct text *paths[] = {&boot->bzimage, &boot->initrd, &boot->elf64};

        for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++) {
            if (!is_written(at) && paths[j]->value && strcmp(paths[j]->value, largest->path) == 0)
                at = paths[j]->at;
        }
    }
    report(check, at,
           say(&check->arena,
               "the payloads have %lluM together, %s alone %lluM; one image holds "
               "1024M",
               (unsigned long long)((bytes + (1 << 20) - 1) >> 20), largest->resolved,
               (unsigned long long)((largest->size + (1 << 20) - 1) >> 20)),
           "make payloads smaller: compress them, or let the domain fetch data from its disk or "
           "network");
}
