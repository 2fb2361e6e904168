/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about names: they exist, and no two things have one name. */
#include "rules.h"

#include "kernel/abi/limits.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema.h"
#include <string.h>

/* Where the other one is, for who reads a finding that may be in an included file. */
static const char *seen_from(struct check *check, struct place at, struct place other)
{
    return strcmp(at.file, other.file) == 0 ? say(&check->arena, "line %u", other.line)
                                            : say(&check->arena, "%s:%u", other.file, other.line);
}

static void name_twice(struct check *check, const char *path)
{
    const struct key *key = key_at(path);
    const struct list *list =
        (const struct list *)(const void *)((const char *)&check->model + key->offset);

    for (uint32_t i = 1; i < list->count; i++) {
        const struct text *name = named_item(key, list, i);

        for (uint32_t j = 0; j < i && name->value; j++) {
            const struct text *other = named_item(key, list, j);

            if (!other->value || strcmp(name->value, other->value) != 0)
                continue;
            report(check, name->at,
                   say(&check->arena, "%s %s is already defined on %s", key->noun, name->value,
                       seen_from(check, name->at, other->at)),
                   say(&check->arena, "rename one of them, for instance to %.28s-%u", name->value,
                       i + 1));
            break;
        }
    }
}

void rule_name_twice(struct check *check)
{
    name_twice(check, "domains");
    name_twice(check, "networks");
    name_twice(check, "management.admins");
}

void rule_name_reserved(struct check *check)
{
    static const char *const reserved[][2] = {
        {"management", "the domain that administers the machine"},
        {"hypervisor", "Bulkhead itself"},
        {"nobody", "what has no owner"},
    };

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        const struct text *name = &model_domain(&check->model, i)->name;

        for (size_t j = 0; j < sizeof(reserved) / sizeof(reserved[0]) && name->value; j++) {
            if (strcmp(name->value, reserved[j][0]) == 0)
                report(check, name->at,
                       say(&check->arena, "a domain is called %s, as messages and reports call %s",
                           name->value, reserved[j][1]),
                       "name it after what it does, for instance office");
        }
    }
}

void rule_reference(struct check *check)
{
    for (const struct reference *reference = check->references; reference;
         reference = reference->next) {
        const struct key *key = key_at(reference->list);
        const struct list *list =
            (const struct list *)(const void *)((const char *)&check->model + key->offset);
        const char *names[MAX_NETWORKS], *all = "";
        size_t count = 0;

        if (find_named(&check->model, reference->list, reference->name) != UINT32_MAX)
            continue;
        for (uint32_t i = 0; i < list->count && count < MAX_NETWORKS; i++) {
            const char *name = named_item(key, list, i)->value;

            if (name) {
                names[count++] = name;
                all = say(&check->arena, "%s%s%s", all, *all ? ", " : "", name);
            }
        }
        const char *near = nearest_word(reference->name->value, names, count);
        report(
            check, reference->name->at,
            say(&check->arena, "%s: there is no %s %s; %s", reference->subject, key->noun,
                reference->name->value,
                *all ? say(&check->arena, "`%s` (%s) has %s", key->path, line_of(check, list->at),
                           all)
                     : say(&check->arena, "`%s` is not written", key->path)),
            near ? say(&check->arena, "did you mean %s?", near)
            : !*all && strcmp(key->path, "levels") == 0
                ? say(&check->arena,
                      "write all that belongs to levels: `levels: [%s]`, the lowest first, a "
                      "`label: {level: ...}` for each domain and a `level` for each network, and "
                      "`mixed_levels` where labels differ; or leave levels out everywhere",
                      reference->name->value)
                : say(&check->arena, "add it to `%s`, or name another", key->path));
    }
}
