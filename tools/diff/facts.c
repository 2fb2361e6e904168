/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest taken apart into facts: the machine, its networks, management and its admins. */
#include "diff.h"

#include "kernel/abi/manifest.h"
#include "tools/image/payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/private_key.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema.h"
#include "tools/manifest/schema_parse.h"
#include <inttypes.h>
#include <string.h>

enum { RANK_MACHINE, RANK_NETWORK, RANK_DOMAIN, RANK_MANAGEMENT, RANK_ADMIN };

void fact_add(struct facts *facts, bool surface, struct place at, const char *what,
              const char *value)
{
    struct arena *arena = &facts->check->arena;

    if (facts->count == facts->room) {
        size_t room = facts->room ? 2 * facts->room : 256;
        struct fact *grown = arena_take(arena, room * sizeof(*grown));

        if (facts->count > 0)
            memcpy(grown, facts->items, facts->count * sizeof(*grown));
        facts->items = grown;
        facts->room = room;
    }
    facts->items[facts->count++] =
        (struct fact){facts->rank, facts->group, what, value, at, surface};
}

void fact_text(struct facts *facts, const char *what, const struct text *text)
{
    if (text->value)
        fact_add(facts, false, text->at, what, text->value);
}

void fact_word(struct facts *facts, const char *what, const char *path, const struct number *number)
{
    if (number->valid)
        fact_add(facts, false, number->at, what, choice_word(path, number->value));
}

void fact_size(struct facts *facts, const char *what, const struct number *size)
{
    if (size->valid)
        fact_add(facts, false, size->at, what, size_text(&facts->check->arena, size->value));
}

void fact_count(struct facts *facts, const char *what, const struct number *number)
{
    if (number->valid)
        fact_add(facts, false, number->at, what,
                 say(&facts->check->arena, "%" PRIu64, number->value));
}

const char *names_text(struct arena *arena, const struct list *names)
{
    const char *text = "";

    for (uint32_t i = 0; i < names->count; i++)
        text = say(arena, "%s%s%s", text, *text ? ", " : "", listed_text(names, i)->value);
    return text;
}

void fact_cpus(struct facts *facts, const struct count_or_list *cpus)
{
    struct arena *arena = &facts->check->arena;
    const char *text = say(arena, "%" PRIu64, cpus->value);

    for (uint32_t i = 0; cpus->is_list && i < cpus->list.count; i++)
        text =
            say(arena, "%s%s%" PRIu64, text, i == 0 ? ": " : ", ", listed(&cpus->list, i)->value);
    fact_add(facts, false, cpus->at, "processors", text);
}

static void fact_names(struct facts *facts, const char *what, const struct list *names)
{
    if (is_written(names->at))
        fact_add(facts, false, names->at, what, names_text(&facts->check->arena, names));
}

static void platform(struct facts *facts, const struct model_platform *platform)
{
    fact_word(facts, "vendor of the processors", "platform.cpu", &platform->cpu);
    fact_count(facts, "processors", &platform->processors);
    fact_size(facts, "memory", &platform->memory);
    fact_size(facts, "memory between two domains", &platform->memory_guard);
    fact_word(facts, "use of com1", "platform.com1", &platform->com1);
    fact_word(facts, "multithreading", "platform.smt", &platform->smt);
    fact_count(facts, "lowest revision of microcode", &platform->microcode);
    fact_word(facts, "TPM", "platform.tpm", &platform->tpm);
    fact_text(facts, "inventory", &platform->inventory);
}

static void labels(struct facts *facts, const struct model *model)
{
    struct arena *arena = &facts->check->arena;
    const struct model_aggregation *rule = model->aggregation.items;
    struct label machine =
        label_join(label_of(model, &model->classification), label_of_machine(model));

    fact_add(facts, false,
             is_written(model->classification.at) ? model->classification.at : model->domains.at,
             "overall classification", label_text(arena, model, machine));
    if (is_written(model->classification.at))
        fact_add(facts, false, model->classification.at, "declared classification",
                 label_text(arena, model, label_of(model, &model->classification)));
    fact_names(facts, "levels", &model->levels);
    for (uint32_t i = 0; i < model->levels.count; i++)
        if (model_level(model, i)->colour.valid)
            fact_add(facts, false, model_level(model, i)->colour.at,
                     say(arena, "colour of level %s", listed_text(&model->levels, i)->value),
                     say(arena, "#%06x", (unsigned int)model_level(model, i)->colour.value));
    fact_names(facts, "categories", &model->categories);
    for (uint32_t i = 0; i < model->aggregation.count; i++, rule++)
        fact_add(facts, false, rule->at,
                 say(arena, "%" PRIu64 " domains of %s weigh as %s", rule->count.value,
                     rule->of.value, rule->then.value),
                 NULL);
    for (uint32_t i = 0; i < model->forbid_removable.count; i++) {
        const struct text *level = listed_text(&model->forbid_removable, i);

        fact_add(facts, false, level->at, say(arena, "no removable media on %s", level->value),
                 NULL);
    }
}

/* What somebody answers for. */
static void statements(struct facts *facts, const struct model *model)
{
    struct arena *arena = &facts->check->arena;
    const struct model_mixed_levels *mixed = &model->mixed_levels;
    const struct model_unsafe *unsafe = model->unsafe.items;

    if (is_written(mixed->at))
        fact_add(facts, false, mixed->at, "different labels on one machine are accepted",
                 say(arena, "by %s until %s: %s", mixed->accepted_by.value,
                     date_text(arena, mixed->until.value), mixed->reason.value));
    for (uint32_t i = 0; i < model->unsafe.count; i++, unsafe++)
        fact_add(
            facts, true, unsafe->at,
            say(arena, "unsafe %s is allowed", choice_word("unsafe[].allow", unsafe->allow.value)),
            unsafe->reason.value);
    if (is_written(model->review.at))
        fact_add(facts, false, model->review.at, "reviewed",
                 say(arena, "by %s on %s, again due on %s", model->review.by.value,
                     date_text(arena, model->review.date.value),
                     date_text(arena, model->review.due.value)));
    fact_count(facts, "assurance", &model->assurance);
    for (uint32_t i = 0; i < model->keep_apart.count; i++) {
        const struct list *group = (const struct list *)model->keep_apart.items + i;

        fact_add(facts, false, group->at, say(arena, "kept apart: %s", names_text(arena, group)),
                 NULL);
    }
}

static void network(struct facts *facts, const struct model *model,
                    const struct model_network *network)
{
    struct arena *arena = &facts->check->arena;

    facts->group = say(arena, "network %s", network->name.value);
    fact_add(facts, false, network->at, "label",
             label_text(arena, model, label_of(model, &network->label)));
    if (network->exposed.value)
        fact_add(facts, true, network->exposed.at, "strangers reach it", NULL);
    for (uint32_t i = 0; i < network->trunk.count; i++) {
        const struct text *other = listed_text(&network->trunk, i);

        fact_add(facts, true, other->at, say(arena, "shares its cable with %s", other->value),
                 NULL);
    }
    if (is_written(network->one_way.at))
        fact_add(facts, false, network->one_way.at, "one way",
                 say(arena, "from %s to %s by %s", network->one_way.from.value,
                     network->one_way.to.value, network->one_way.by.value));
}

static void admin(struct facts *facts, const struct model_admin *admin)
{
    struct arena *arena = &facts->check->arena;
    const struct payload *file = payload_open(facts->check, admin->key.value);
    uint8_t digest[DIGEST_BYTES];

    facts->group = say(arena, "admin %s", admin->name.value);
    fact_add(facts, true, admin->role.at,
             say(arena, "is an %s", choice_word("management.admins[].role", admin->role.value)),
             NULL);
    if (admin->expires.valid)
        fact_add(facts, false, admin->expires.at, "last day of the key",
                 date_text(arena, admin->expires.value));
    if (file->state == PAYLOAD_GOOD && pubkey_digest(file->bytes, file->head_bytes, digest))
        fact_add(facts, false, admin->key.at, "key",
                 say(arena, "%s, SHA-256 %s", admin->key.value, digest_text(arena, digest)));
}

/* By the digest of its public key: what is private is said nowhere. */
static void server_key(struct facts *facts, const struct text *path)
{
    struct arena *arena = &facts->check->arena;
    const struct payload *file = path->value ? payload_open(facts->check, path->value) : NULL;
    uint8_t digest[DIGEST_BYTES];
    struct server_key key;

    if (file && file->state == PAYLOAD_GOOD &&
        !private_key_read(file->bytes, file->size, &key, digest))
        fact_add(facts, false, path->at, "server key",
                 say(arena, "%s, SHA-256 of the public key %s", path->value,
                     digest_text(arena, digest)));
    explicit_bzero(&key, sizeof(key));
}

static void management(struct facts *facts, const struct model_management *management)
{
    struct arena *arena = &facts->check->arena;
    const struct model_device *nic = &management->nic;

    for (uint32_t i = 0; i < management->names.count; i++) {
        const struct text *name = listed_text(&management->names, i);

        fact_add(facts, true, name->at, say(arena, "has the name %s", name->value), NULL);
    }
    if (management->icmp_echo.value)
        fact_add(facts, true, management->icmp_echo.at, "answers echo requests", NULL);
    if (boots_own_console(facts->check))
        fact_payload(facts, "boots Bulkhead's console", &facts->check->management.boot.elf64);
    else
        fact_payload(facts, "boots elf64", &management->boot.elf64);
    fact_text(facts, "command line", &management->boot.cmdline);
    server_key(facts, &management->key);
    fact_cpus(facts, &management->cpus);
    fact_size(facts, "memory", &management->memory);
    if (!is_written(nic->at))
        return;
    if (nic->gateway.valid)
        fact_add(facts, true, nic->gateway.at, "gateway", ip_text(arena, nic->gateway.value));
    fact_add(facts, false, nic->pci.at, "network card",
             say(arena, "%s (%s)", pci_text(arena, nic->pci.value), device_identity(arena, nic)));
    fact_add(facts, true, nic->network.at, say(arena, "reaches network %s", nic->network.value),
             NULL);
    fact_add(facts, false, nic->address.at, "address", address_text(arena, nic->address.value));
    fact_text(facts, "network card sanitized by", &nic->sanitized_by);
    if (nic->accept_sideband.value)
        fact_add(facts, true, nic->accept_sideband.at, "firmware shares the network card", NULL);
}

void facts_collect(struct facts *facts)
{
    const struct model *model = &facts->check->model;
    bool managed = is_written(model->management.at);

    facts->group = "machine";
    fact_text(facts, "host", &model->host);
    platform(facts, &model->platform);
    labels(facts, model);
    statements(facts, model);
    facts->rank = RANK_NETWORK;
    for (uint32_t i = 0; i < model->networks.count; i++)
        network(facts, model, model_network(model, i));
    facts->rank = RANK_DOMAIN;
    for (uint32_t i = 0; i < model->domains.count; i++)
        facts_of_domain(facts, model_domain(model, i));
    facts->rank = RANK_MANAGEMENT;
    facts->group = "management";
    if (managed)
        management(facts, &model->management);
    facts->rank = RANK_ADMIN;
    for (uint32_t i = 0; managed && i < model->management.admins.count; i++)
        admin(facts, model_admin(model, i));
}
