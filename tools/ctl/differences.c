/* SPDX-License-Identifier: Apache-2.0 */
/* What a console tells, made of the manifest in the same words, and compared. */
#include "differences.h"
#include "kernel/abi/manifest_policy.h"
#include "tools/manifest/schema_parse.h"

#include <string.h>

static void compare(struct differences *found, const char *what, const char *machine,
                    const char *file)
{
    if ((!machine && !file) || (machine && file && strcmp(machine, file) == 0))
        return;
    struct difference *one = arena_take(found->arena, sizeof(*one));
    *one = (struct difference){.what = what, .machine = machine, .file = file};
    *found->end = one;
    found->end = &one->next;
}

/* "public (crypto, key)"; NULL: no label. */
static const char *label_of(struct arena *arena, const struct manifest *manifest, uint32_t level,
                            uint32_t bits)
{
    uint32_t levels, categories;
    const struct manifest_name *level_names = manifest_entries(manifest, MANIFEST_LEVELS, &levels);
    const struct manifest_name *names =
        manifest_entries(manifest, MANIFEST_CATEGORIES, &categories);

    if (level == 0 || level > levels)
        return NULL;
    const char *text = level_names[level - 1].name;
    bool any = false;
    for (uint32_t i = 0; i < categories; i++) {
        if (bits & 1u << i) {
            text = say(arena, "%s%s%s", text, any ? ", " : " (", names[i].name);
            any = true;
        }
    }
    return any ? say(arena, "%s)", text) : text;
}

static const char *devices_of(struct arena *arena, const struct manifest *manifest, uint32_t domain)
{
    uint32_t count, networks;
    const struct manifest_device *devices = manifest_entries(manifest, MANIFEST_DEVICES, &count);
    const struct manifest_network *names = manifest_entries(manifest, MANIFEST_NETWORKS, &networks);
    struct gather to;
    bool any = false;

    gather_open(&to);
    for (uint32_t i = 0; i < count; i++) {
        const struct manifest_device *device = &devices[i];

        if (device->domain != domain)
            continue;
        fprintf(to.out, "%s%s", any ? ", " : "", pci_text(arena, device->pci));
        if (device->id)
            fprintf(to.out, " %s", pci_id_text(arena, device->id));
        if (device->network < networks)
            fprintf(to.out, " on %s", names[device->network].name);
        any = true;
    }
    return gather_text(&to, arena);
}

static const char *after_of(struct arena *arena, const struct manifest *manifest, uint32_t bits)
{
    struct gather to;
    bool any = false;

    gather_open(&to);
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        if (!(bits & 1u << i))
            continue;
        fprintf(to.out, "%s%s", any ? ", " : "", manifest->domains[i].name);
        any = true;
    }
    return gather_text(&to, arena);
}

static void compare_domain(struct differences *found, const struct manifest *manifest,
                           uint32_t index, const struct domain *domain)
{
    const struct manifest_domain *is = &manifest->domains[index];
    struct arena *arena = found->arena;

    compare(found, say(arena, "%s: label", is->name), domain->label,
            label_of(arena, manifest, is->level, is->categories));
    compare(found, say(arena, "%s: processors", is->name),
            say(arena, "%lld", (long long)domain->cpus), say(arena, "%u", is->cpu_count));
    compare(found, say(arena, "%s: memory", is->name), size_text(arena, (uint64_t)domain->memory),
            size_text(arena, is->memory));
    compare(found, say(arena, "%s: devices", is->name), api_devices(arena, domain->devices),
            devices_of(arena, manifest, index));
    compare(found, say(arena, "%s: starts after", is->name), api_texts(arena, domain->start_after),
            after_of(arena, manifest, is->start_after));
}

/* The index of a domain that the console may tell of, or MANIFEST_NONE. */
static uint32_t index_of(const struct manifest *manifest, const char *name)
{
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        if (strcmp(manifest->domains[i].name, name) == 0 && i != manifest_management(manifest))
            return i;
    }
    return MANIFEST_NONE;
}

static const char *compare_domains(struct differences *found, const struct manifest *manifest,
                                   const json_t *list)
{
    bool told[MAX_DOMAINS] = {false};
    struct domain domain;
    size_t i;
    json_t *value;

    json_array_foreach(list, i, value)
    {
        const char *problem = domain_read(found->arena, value, &domain);

        if (problem)
            return problem;
        uint32_t index = index_of(manifest, domain.name);
        if (index == MANIFEST_NONE) {
            compare(found, say(found->arena, "%s", domain.name), "a domain", NULL);
        } else {
            told[index] = true;
            compare_domain(found, manifest, index, &domain);
        }
    }
    for (uint32_t k = 0; k < manifest->domain_count; k++) {
        if (!told[k] && k != manifest_management(manifest))
            compare(found, manifest->domains[k].name, NULL, "a domain");
    }
    return NULL;
}

const char *differences_find(struct differences *found, const struct manifest *manifest,
                             const struct machine_view *machine, const json_t *domains)
{
    static const struct field fields[] = {{"domains", FIELD_LIST, false, 0}};
    const struct manifest_header *header = manifest->header;
    uint32_t policies, managements;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &policies);
    const struct manifest_management *management =
        manifest_entries(manifest, MANIFEST_MANAGEMENT, &managements);
    json_t *list;

    found->first = NULL;
    found->end = &found->first;
    compare(found, "host", machine->host, header->host);
    compare(found, "built", machine->lab ? "LAB" : "for release",
            header->flags & MANIFEST_LAB ? "LAB" : "for release");
    const char *classification = policies ? manifest_string(manifest, policy->classification) : "";
    const char *told = machine->classification;
    compare(found, "classification", told && *told ? told : NULL,
            *classification ? classification : NULL);
    bool has_key = managements > 0 && management->key != MANIFEST_NONE;
    compare(found, "server key", machine->server_key,
            has_key ? digest_text(found->arena, management->key_digest) : NULL);
    const char *problem = API_READ(found->arena, domains, fields, &list);
    return problem ? problem : compare_domains(found, manifest, list);
}
