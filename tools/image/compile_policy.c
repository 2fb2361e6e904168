/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of labels, networks, devices, management and policy. */
#include "compile_tables.h"

#include "kernel/abi/manifest_policy.h"
#include "payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/pubkey.h"
#include "tools/manifest/schema_parse.h"
#include <string.h>

struct policy {
    struct check *check;
    const struct model *model;
    const struct compiled *compiled;
    struct manifest_header *header;
    struct strings *strings;
};

static void compile_levels(struct policy *policy)
{
    const struct model *model = policy->model;
    struct manifest_name *to =
        table_add(policy->header, MANIFEST_LEVELS, model->levels.count, sizeof(*to));

    for (uint32_t i = 0; i < model->levels.count; i++) {
        const struct model_level *from = model_level(model, i);

        memcpy(to[i].name, from->name.value, strlen(from->name.value));
        to[i].colour = from->colour.valid ? MANIFEST_COLOUR | (uint32_t)from->colour.value : 0;
    }
}

static void compile_names(struct policy *policy, enum manifest_table_id id, const struct list *list)
{
    struct manifest_name *to = table_add(policy->header, id, list->count, sizeof(*to));

    for (uint32_t i = 0; i < list->count; i++) {
        const char *name = listed_text(list, i)->value;
        memcpy(to[i].name, name, strlen(name));
    }
}

/* The bits of the names in `names` among those of `list`. */
static uint32_t bits_of(const struct model *model, const char *list, const struct list *names)
{
    uint32_t bits = 0;

    for (uint32_t i = 0; i < names->count; i++)
        bits |= 1u << find_named(model, list, listed_text(names, i));
    return bits;
}

static void compile_networks(struct policy *policy)
{
    const struct model *model = policy->model;
    struct manifest_network *to =
        table_add(policy->header, MANIFEST_NETWORKS, model->networks.count, sizeof(*to));

    for (uint32_t i = 0; i < model->networks.count; i++, to++) {
        const struct model_network *from = model_network(model, i);
        struct label label = label_of(model, &from->label);

        memcpy(to->name, from->name.value, strlen(from->name.value));
        to->level = label.level;
        to->categories = label.categories;
        to->exposed = (uint32_t)from->exposed.value;
        to->trunk = bits_of(model, "networks", &from->trunk);
        to->one_way_from = string_add(policy->strings, from->one_way.from.value);
        to->one_way_to = string_add(policy->strings, from->one_way.to.value);
        to->one_way_by = string_add(policy->strings, from->one_way.by.value);
    }
}

static void compile_device(struct policy *policy, const struct model_device *from, uint32_t domain,
                           struct manifest_device *to)
{
    to->domain = domain;
    to->pci = (uint32_t)from->pci.value;
    to->id = (uint32_t)from->id.value;
    to->network = find_named(policy->model, "networks", &from->network);
    to->flags = (from->removable.value ? MANIFEST_REMOVABLE : 0) |
                (from->accept_no_reset.value ? MANIFEST_NO_RESET : 0) |
                (from->accept_sideband.value ? MANIFEST_SIDEBAND : 0) |
                (from->interrupts.value == INTERRUPTS_NONE ? MANIFEST_SILENT : 0) |
                (from->on_reset_failure.value == RESET_FAILURE_GO_ON ? MANIFEST_GO_ON : 0);
    to->serial_number = string_add(policy->strings, from->serial_number.value);
    to->sanitized_by = string_add(policy->strings, from->sanitized_by.value);
}

static void compile_devices(struct policy *policy)
{
    const struct model *model = policy->model;
    bool managed = is_written(model->management.nic.at);
    bool boots = is_written(model->management.boot.at) || boots_own_console(policy->check);
    uint32_t count = managed ? 1 : 0;

    for (uint32_t i = 0; i < model->domains.count; i++)
        count += model_domain(model, i)->devices.count;
    struct manifest_device *to = table_add(policy->header, MANIFEST_DEVICES, count, sizeof(*to));
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        for (uint32_t j = 0; j < domain->devices.count; j++)
            compile_device(policy, model_device(domain, j), i, to++);
    }
    if (managed)
        compile_device(policy, &model->management.nic, boots ? model->domains.count : MANIFEST_NONE,
                       to);
}

static void compile_admins(struct policy *policy)
{
    const struct model *model = policy->model;
    uint32_t count = model->management.admins.count;
    struct manifest_admin *to = table_add(policy->header, MANIFEST_ADMINS, count, sizeof(*to));

    for (uint32_t i = 0; i < count; i++, to++) {
        const struct model_admin *from = model_admin(model, i);
        const struct payload *file = payload_open(policy->check, from->key.value);

        memcpy(to->name, from->name.value, strlen(from->name.value));
        pubkey_digest(file->bytes, file->head_bytes, to->key); /* admin-key-file found it good */
        to->role = (uint32_t)from->role.value;
        to->expires = (uint32_t)from->expires.value;
        to->path = string_add(policy->strings, from->key.value);
    }
}

static void compile_management(struct policy *policy)
{
    const struct model_management *from = &policy->model->management;

    if (!is_written(from->at))
        return;
    struct manifest_management *to = table_add(policy->header, MANIFEST_MANAGEMENT, 1, sizeof(*to));
    to->flags = (from->cpus.is_list ? MANIFEST_CPUS_PINNED : 0) |
                (from->icmp_echo.value ? MANIFEST_ICMP_ECHO : 0) |
                (boots_own_console(policy->check) ? MANIFEST_OWN_CONSOLE : 0);
    to->cpu_count = (uint32_t)from->cpus.value;
    for (uint32_t i = 0; i < from->cpus.list.count; i++)
        to->cpus[i] = (uint32_t)listed(&from->cpus.list, i)->value;
    to->memory = from->memory.value;
    to->address = (uint32_t)(from->nic.address.value >> 8);
    to->prefix = (uint32_t)(from->nic.address.value & 0xff);
    to->gateway = (uint32_t)from->nic.gateway.value;
    for (uint32_t i = 0; i < from->names.count; i++)
        to->names[i] = string_add(policy->strings, listed_text(&from->names, i)->value);
    if (from->names.count == 0 && from->nic.address.valid)
        to->names[0] = string_add(policy->strings, ip_text(&policy->check->arena, to->address));
    to->key = policy->compiled->key;
    memcpy(to->key_digest, policy->compiled->key_digest, DIGEST_BYTES);
    compile_admins(policy);
}

static void compile_sentences(struct policy *policy)
{
    const struct model *model = policy->model;
    struct manifest_policy *to = table_add(policy->header, MANIFEST_POLICY, 1, sizeof(*to));
    struct label declared = label_of(model, &model->classification);
    struct label machine = label_join(declared, label_of_machine(model));

    to->level = machine.level;
    to->categories = machine.categories;
    to->declared_level = declared.level;
    to->declared_categories = declared.categories;
    if (machine.level > 0)
        to->classification =
            string_add(policy->strings, label_text(&policy->check->arena, model, machine));
    to->forbid_removable = bits_of(model, "levels", &model->forbid_removable);
    to->mixed_by = string_add(policy->strings, model->mixed_levels.accepted_by.value);
    to->mixed_reason = string_add(policy->strings, model->mixed_levels.reason.value);
    to->mixed_until = (uint32_t)model->mixed_levels.until.value;
    to->review_by = string_add(policy->strings, model->review.by.value);
    to->review_date = (uint32_t)model->review.date.value;
    to->review_due = (uint32_t)model->review.due.value;
    to->assurance = (uint32_t)model->assurance.value;
    to->smt = (uint32_t)model->platform.smt.value;
    to->microcode = (uint32_t)model->platform.microcode.value;
    to->inventory = string_add(policy->strings, model->platform.inventory.value);
}

static void compile_aggregations(struct policy *policy)
{
    const struct model *model = policy->model;
    const struct model_aggregation *from = model->aggregation.items;
    struct manifest_aggregation *to =
        table_add(policy->header, MANIFEST_AGGREGATIONS, model->aggregation.count, sizeof(*to));

    for (uint32_t i = 0; i < model->aggregation.count; i++)
        to[i] = (struct manifest_aggregation){(uint32_t)from[i].count.value,
                                              find_named(model, "levels", &from[i].of) + 1,
                                              find_named(model, "levels", &from[i].then) + 1, 0};
}

static void compile_groups(struct policy *policy)
{
    const struct model *model = policy->model;
    const struct list *groups = model->keep_apart.items;
    uint32_t count = 0;

    for (uint32_t i = 0; i < model->keep_apart.count; i++)
        count += groups[i].count;
    struct manifest_apart *to = table_add(policy->header, MANIFEST_KEEP_APART, count, sizeof(*to));
    for (uint32_t i = 0; i < model->keep_apart.count; i++) {
        for (uint32_t j = 0; j < groups[i].count; j++)
            *to++ = (struct manifest_apart){
                i, string_add(policy->strings, listed_text(&groups[i], j)->value)};
    }
}

static void compile_unsafe(struct policy *policy)
{
    const struct model *model = policy->model;
    const struct model_unsafe *from = model->unsafe.items;
    struct manifest_unsafe *to =
        table_add(policy->header, MANIFEST_UNSAFE, model->unsafe.count, sizeof(*to));

    for (uint32_t i = 0; i < model->unsafe.count; i++)
        to[i] = (struct manifest_unsafe){(uint32_t)from[i].allow.value,
                                         string_add(policy->strings, from[i].reason.value)};
}

/* What domains say that no field of theirs holds: hardened, protects. */
static void compile_statements(struct policy *policy)
{
    const struct model *model = policy->model;
    uint32_t hardened = 0, protects = 0;

    for (uint32_t i = 0; i < model->domains.count; i++) {
        hardened += is_written(model_domain(model, i)->hardened.at);
        protects += model_domain(model, i)->protects.count;
    }
    struct manifest_hardened *guide =
        table_add(policy->header, MANIFEST_HARDENED, hardened, sizeof(*guide));
    struct manifest_protects *name =
        table_add(policy->header, MANIFEST_PROTECTS, protects, sizeof(*name));
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (is_written(domain->hardened.at))
            *guide++ = (struct manifest_hardened){
                i, string_add(policy->strings, domain->hardened.by.value),
                (uint32_t)domain->hardened.date.value, 0};
        for (uint32_t j = 0; j < domain->protects.count; j++)
            *name++ = (struct manifest_protects){
                i, string_add(policy->strings, listed_text(&domain->protects, j)->value)};
    }
}

void compile_policy(struct check *check, const struct compiled *compiled,
                    struct manifest_header *header, struct strings *strings)
{
    struct policy policy = {check, &check->model, compiled, header, strings};

    compile_levels(&policy);
    compile_names(&policy, MANIFEST_CATEGORIES, &check->model.categories);
    compile_networks(&policy);
    compile_devices(&policy);
    compile_management(&policy);
    compile_sentences(&policy);
    compile_aggregations(&policy);
    compile_groups(&policy);
    compile_unsafe(&policy);
    compile_statements(&policy);
}
