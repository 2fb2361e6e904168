/* SPDX-License-Identifier: Apache-2.0 */
/* What each domain owns, when it starts, what follows its end, and what it boots. */
#include "report.h"

#include "tools/diff/diff.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema_parse.h"
#include "tools/map/map.h"
#include <string.h>

static const char *role_text(struct report *out, const struct model_domain *domain)
{
    if (domain->role.value != ROLE_FIREWALL)
        return "system";
    return domain->protects.count > 0
               ? say(out->arena, "firewall, protects %s", names_text(out->arena, &domain->protects))
               : "firewall";
}

void report_partitions(struct report *out)
{
    static const char *const heads[] = {"Domain", "Label",      "Role",        "Processors",
                                        "Memory", "Cache ways", "Serial port", "PCI functions"};
    struct map map;

    map_make(&map, out->check);
    page_section(&out->page, "Domains and what they own");
    page_say(&out->page, MARK_PLAIN,
             "A processor runs one domain for ever, memory and functions have one owner, and "
             "nothing is handed over while the machine runs.");
    page_table(&out->page, 8, heads);
    for (uint32_t i = 0; i < map.owner_count; i++) {
        const struct model_domain *domain = partition(out->check, i);
        const struct owner *owner = &map.owners[i];

        page_cell(&out->page, MARK_HEAD, owner->name);
        page_cell(&out->page, MARK_PLAIN, owner->label);
        page_cell(&out->page, MARK_PLAIN,
                  owner->is_management ? "management" : role_text(out, domain));
        page_cell(&out->page, MARK_PLAIN,
                  say(out->arena, "%s%s", owner->cpus->is_list ? "APIC " : "",
                      map_cpus(out->arena, owner->cpus)));
        page_cell(&out->page, MARK_PLAIN, map_memory(out->arena, owner));
        page_cell(&out->page, MARK_PLAIN,
                  domain->cache_ways.valid ? say(out->arena, "%s of its own",
                                                 report_count(out, domain->cache_ways.value))
                                           : "shared");
        page_cell(&out->page, MARK_PLAIN, owner->serial);
        page_cell(&out->page, MARK_NUMBER, report_count(out, owner->device_count));
    }
}

static const char *after_text(struct report *out, const struct model_domain *domain)
{
    const char *text = "";

    for (uint32_t i = 0; i < domain->start_after.count; i++)
        text = say(out->arena, "%s%s%s", text, *text ? ", " : "",
                   listed_text(&domain->start_after, i)->value);
    return *text ? text : "nobody";
}

static const char *end_text(struct report *out, const struct model_on_exit *on_exit)
{
    if (on_exit->action.value != MANIFEST_EXIT_RESTART)
        return "stops; its memory is cleared";
    return say(out->arena, "is cleared and started again, at most %llu times %s",
               (unsigned long long)on_exit->limit.value,
               on_exit->within.valid
                   ? say(out->arena, "in %llu seconds", (unsigned long long)on_exit->within.value)
                   : "since boot");
}

/* 1: starts first. Each domain starts in the step behind the last one that it waits for. */
static void start_steps(const struct model *model, uint32_t steps[MAX_DOMAINS])
{
    for (uint32_t i = 0; i < model->domains.count; i++)
        steps[i] = 1;
    for (uint32_t round = 0; round < model->domains.count; round++) {
        for (uint32_t i = 0; i < model->domains.count; i++) {
            const struct list *after = &model_domain(model, i)->start_after;

            for (uint32_t j = 0; j < after->count; j++) {
                uint32_t other = find_named(model, "domains", listed_text(after, j));

                if (other < model->domains.count && steps[other] >= steps[i])
                    steps[i] = steps[other] + 1;
            }
        }
    }
}

static const char *fault_text(const struct model_domain *domain)
{
    static const char *const words[] = {[MANIFEST_DMA_STOP] = "stops the domain",
                                        [MANIFEST_DMA_LOG] = "is recorded",
                                        [MANIFEST_DMA_RESTART] = "restarts the domain"};
    return domain->devices.count == 0 ? "it has none" : words[domain->on_dma_fault.value];
}

void report_life(struct report *out)
{
    static const char *const heads[] = {"Step", "Domain", "Starts after", "When it ends, it",
                                        "DMA fault of its device"};
    const struct model *model = &out->check->model;
    uint32_t steps[MAX_DOMAINS], count = model->domains.count;
    bool ordered = false;

    start_steps(model, steps);
    for (uint32_t i = 0; i < count; i++)
        ordered |= model_domain(model, i)->start_after.count > 0;
    page_section(&out->page, "Start order and recovery");
    page_say(
        &out->page, MARK_PLAIN,
        "Domains of one step start together. A fault of one domain ends that domain at worst; "
        "a panic of the hypervisor and a fatal machine check stop the whole machine, which tells "
        "the cause on com1, its first words to the boot after a warm reset, and needs a person to "
        "start it again.");
    if (ordered)
        page_say(&out->page, MARK_NOTE,
                 "Only the first start is ordered: a domain waits until all that it starts after "
                 "run at once, for ever if one of them stays down, or until an operator who may "
                 "starts it. To let it go, management maps its public page.");
    page_table(&out->page, 5, heads);
    for (uint32_t step = 1; step <= count; step++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct model_domain *domain = model_domain(model, i);

            if (steps[i] != step)
                continue;
            page_cell(&out->page, MARK_NUMBER, report_count(out, step));
            page_cell(&out->page, MARK_HEAD, domain->name.value);
            page_cell(&out->page, MARK_PLAIN, after_text(out, domain));
            page_cell(&out->page, MARK_PLAIN, end_text(out, &domain->on_exit));
            page_cell(&out->page, MARK_PLAIN, fault_text(domain));
        }
    }
}

/* Which domains boot a payload. */
static const char *users_text(struct report *out, uint32_t payload)
{
    struct manifest_header *header = out->lab.manifest;
    const struct manifest_domain *domains =
        (const struct manifest_domain *)((const char *)header +
                                         header->tables[MANIFEST_DOMAINS].offset);
    const char *text = "";

    for (uint32_t i = 0; i < header->tables[MANIFEST_DOMAINS].count; i++) {
        if (domains[i].kernel == payload || domains[i].initrd == payload)
            text = say(out->arena, "%s%s%s", text, *text ? ", " : "", domains[i].name);
    }
    return text;
}

/* The one file that the machine boots; its manifest was compared. */
static void image_rows(struct report *out)
{
    const struct report_image *image = out->image;

    page_cell(&out->page, MARK_HEAD, "Image");
    page_cell(&out->page, image ? MARK_CODE : MARK_NOTE,
              image ? say(out->arena, "%s %s", digest_text(out->arena, image->digest), image->path)
                    : "none was given: `bulkhead report --image FILE` says the digest of the file "
                      "that the machine boots, and of the hypervisor in it");
    if (!image)
        return;
    page_cell(&out->page, MARK_HEAD, "hypervisor in it");
    page_cell(&out->page, MARK_CODE, digest_text(out->arena, image->kernel_digest));
    page_cell(&out->page, MARK_HEAD, "compiled manifest in it, as `bulkhead show` says it");
    page_cell(&out->page, MARK_CODE, digest_text(out->arena, image->manifest_digest));
}

void report_payloads(struct report *out)
{
    static const char *const heads[] = {"Payload", "Domains", "Bytes", "SHA-256",
                                        "In the manifest"};
    static const char *const line_heads[] = {"Domain", "Command line"};
    static const char *const image_heads[] = {"What", "SHA-256"};
    const struct compiled *compiled = &out->lab;
    const struct model *model = &out->check->model;

    page_section(&out->page, "Payload digests");
    page_say(&out->page, MARK_PLAIN, "The loader refuses a payload that differs.");
    page_table(&out->page, 2, image_heads);
    page_cell(&out->page, MARK_HEAD,
              "compiled manifest of a LAB image, without the hypervisor's digest");
    page_cell(&out->page, MARK_CODE, digest_text(out->arena, compiled->manifest->digest));
    page_cell(&out->page, MARK_HEAD,
              "compiled manifest of a release image, without the hypervisor's digest");
    if (model->unsafe.count > 0)
        page_cell(&out->page, MARK_PLAIN, "none: no release can be built while unsafe is written");
    else
        page_cell(&out->page, MARK_CODE, digest_text(out->arena, out->release.manifest->digest));
    image_rows(out);
    page_table(&out->page, 5, heads);
    for (uint32_t i = 0; i < compiled->payload_count; i++) {
        const struct compiled_payload *payload = &compiled->payloads[i];

        if (i == compiled->key)
            continue; /* of it only its public key is said, beside the console */
        page_cell(&out->page, MARK_CODE, payload->path);
        page_cell(&out->page, MARK_PLAIN, users_text(out, i));
        page_cell(&out->page, MARK_NUMBER, report_count(out, payload->size));
        page_cell(&out->page, MARK_CODE, digest_text(out->arena, payload->digest));
        page_cell(&out->page, MARK_PLAIN, payload->pinned ? "pinned" : "not pinned");
    }
    page_table(&out->page, 2, line_heads);
    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        page_cell(&out->page, MARK_HEAD, domain->name.value);
        page_cell(&out->page, MARK_CODE,
                  domain->boot.cmdline.value ? domain->boot.cmdline.value : "");
    }
    if (model->management.boot.cmdline.value) {
        page_cell(&out->page, MARK_HEAD, "management");
        page_cell(&out->page, MARK_CODE, model->management.boot.cmdline.value);
    }
}
