/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine is classified as, and what somebody accepted. */
#include "report.h"

#include "tools/diff/diff.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema_parse.h"
#include "tools/rules/rules.h"
#include "tools/tool.h"
#include <string.h>

/* What the reader must know of what the manifest asks for. */
static void say_limits(struct report *out)
{
    const struct model *model = &out->check->model;
    uint32_t devices = 0;

    for (uint32_t i = 0; i < model->domains.count; i++)
        devices += model_domain(model, i)->devices.count;
    if (devices > 0)
        page_say(
            &out->page, MARK_NOTE,
            "DMA and interrupts of the domains' devices are confined by VT-d. That was run on "
            "AMD-V with VT-d in QEMU; VT-x with VT-d in a nested machine, with one kind of card.");
    if (is_written(model->management.at))
        page_say(
            &out->page, MARK_NOTE,
            "The hypervisor asks no key: what the management domain boots may by itself do all "
            "that `manage` and `serial` grant to any key, and no more. If it is taken over, it "
            "can do that to each domain, lie to operators and withhold records; the audit trail "
            "names who asked as it says.");
}

static struct label declared(const struct model *model)
{
    return label_of(model, &model->classification);
}

/* Whether a rule of aggregation applies, and by which domains. */
static void aggregate(struct report *out, const struct model_aggregation *rule)
{
    const struct model *model = &out->check->model;
    uint32_t of = find_named(model, "levels", &rule->of) + 1, count = 0;
    const char *names = "";

    for (uint32_t i = 0; i < model->domains.count; i++) {
        const struct model_domain *domain = model_domain(model, i);

        if (label_of(model, &domain->label).level >= of)
            names = say(out->arena, "%s%s%s", names, count++ > 0 ? ", " : "", domain->name.value);
    }
    bool applies = count >= rule->count.value;
    page_cell(&out->page, applies ? MARK_HEAD : MARK_PLAIN,
              applies ? rule->then.value : say(out->arena, "(%s)", rule->then.value));
    page_cell(&out->page, MARK_PLAIN,
              say(out->arena, "aggregation, %llu or more domains of %s or higher: %s%s%s%s",
                  (unsigned long long)rule->count.value, rule->of.value,
                  applies ? say(out->arena, "applies: %u domains", count)
                          : say(out->arena, "does not apply: %u of %llu", count,
                                (unsigned long long)rule->count.value),
                  count > 0 ? " (" : "", names, count > 0 ? ")" : ""));
}

void report_overall(struct report *out)
{
    static const char *const heads[] = {"Label", "Where it comes from"};
    const struct model *model = &out->check->model;
    struct label machine = label_join(declared(model), label_of_machine(model)), join = {0};

    page_section(&out->page, "Classification");
    page_say(&out->page, MARK_PLAIN,
             say(out->arena,
                 "Machine %s is classified %s. The image holds every payload in clear, "
                 "so it is classified as high as the machine.",
                 model->host.value,
                 machine.level ? label_text(out->arena, model, machine)
                               : "nowhere: the manifest defines no levels"));
    say_limits(out);
    if (machine.level == 0)
        return;
    page_table(&out->page, 2, heads);
    for (uint32_t i = 0; i < model->domains.count; i++) {
        struct label label = label_of(model, &model_domain(model, i)->label);

        join = label_join(join, label);
        page_cell(&out->page, MARK_HEAD, label_text(out->arena, model, label));
        page_cell(&out->page, MARK_PLAIN, domain_of(out->check, model_domain(model, i)));
    }
    page_cell(&out->page, MARK_HEAD, label_text(out->arena, model, join));
    page_cell(&out->page, MARK_PLAIN, "the least label that dominates those of all domains");
    for (uint32_t i = 0; i < model->aggregation.count; i++)
        aggregate(out, (const struct model_aggregation *)model->aggregation.items + i);
    if (is_written(model->classification.at)) {
        page_cell(&out->page, MARK_HEAD, label_text(out->arena, model, declared(model)));
        page_cell(&out->page, MARK_PLAIN, "declared by the manifest");
    }
    page_cell(&out->page, MARK_HEAD, label_text(out->arena, model, machine));
    page_cell(&out->page, MARK_PLAIN, "the machine");
}

static void accept(struct report *out, const char *what, const char *by, const char *why,
                   const char *date)
{
    page_cell(&out->page, MARK_HEAD, what);
    page_cell(&out->page, MARK_PLAIN, by);
    page_cell(&out->page, MARK_PLAIN, why);
    page_cell(&out->page, MARK_PLAIN, date);
}

static void accept_device(struct report *out, const char *owner, const struct model_device *device)
{
    const char *of = say(out->arena, "%s of %s", pci_text(out->arena, device->pci.value), owner);

    if (device->accept_no_reset.value)
        accept(out, say(out->arena, "%s cannot be reset", of), "the manifest",
               "what it keeps over a restart is accepted", "no end");
    if (device->on_reset_failure.value == RESET_FAILURE_GO_ON)
        accept(out, say(out->arena, "%s may fail to be reset", of), "the manifest",
               "the domain then goes on without it", "no end");
    if (device->removable.value)
        accept(out, say(out->arena, "%s: removable media", of), "the manifest",
               "the manifest says so", "no end");
    if (device->sanitized_by.value)
        accept(out, say(out->arena, "%s is cleared of what an earlier owner left", of),
               "the manifest", device->sanitized_by.value, "as said");
    if (device->accept_sideband.value)
        accept(out, say(out->arena, "Firmware shares %s", of), "the manifest",
               "AMT or a BMC reaches that network too", "no end");
}

static void accept_domain(struct report *out, const struct model_domain *domain)
{
    if (is_written(domain->hardened.at))
        accept(out, say(out->arena, "%s is hardened", domain->name.value), "the manifest",
               domain->hardened.by.value,
               say(out->arena, "done %s", date_text(out->arena, domain->hardened.date.value)));
    for (uint32_t i = 0; i < domain->devices.count; i++)
        accept_device(out, domain->name.value, model_device(domain, i));
}

void report_acceptances(struct report *out)
{
    static const char *const heads[] = {"What", "By whom", "Why, or how", "Date"};
    static const char *const warning_heads[] = {"Rule", "Where", "What check warns of", "Remedy"};
    const struct check *check = out->check;
    const struct model *model = &check->model;
    const struct model_mixed_levels *mixed = &model->mixed_levels;
    const struct model_review *review = &model->review;

    page_section(&out->page, "Acceptances and reviews");
    page_table(&out->page, 4, heads);
    if (is_written(mixed->at))
        accept(out, "Domains of different labels on one machine", mixed->accepted_by.value,
               mixed->reason.value,
               say(out->arena, "until %s", date_text(out->arena, mixed->until.value)));
    for (uint32_t i = 0; i < model->domains.count; i++)
        accept_domain(out, model_domain(model, i));
    if (is_written(model->management.nic.at))
        accept_device(out, "management", &model->management.nic);
    if (is_written(review->at))
        accept(out, "Review of the manifest", review->by.value,
               say(out->arena, "due again %s", date_text(out->arena, review->due.value)),
               date_text(out->arena, review->date.value));
    else
        accept(out, "Review of the manifest", "nobody", "the manifest has no review", "never");
    page_say(&out->page, MARK_PLAIN,
             model->assurance.valid && is_written(model->assurance.at)
                 ? say(out->arena, "Assurance, on the site's own scale: %llu.",
                       (unsigned long long)model->assurance.value)
                 : "Assurance on the site's own scale: not said.");
    if (check->warnings == 0)
        return;
    page_table(&out->page, 4, warning_heads);
    for (size_t i = 0; i < check->finding_count; i++) {
        page_cell(&out->page, MARK_NOTE, check->findings[i].rule->name);
        page_cell(&out->page, MARK_PLAIN, line_of(out->check, check->findings[i].at));
        page_cell(&out->page, MARK_PLAIN, check->findings[i].what);
        page_cell(&out->page, MARK_PLAIN, check->findings[i].remedy);
    }
}

void report_unsafe(struct report *out)
{
    static const char *const heads[] = {"Allowed", "Reason"};
    const struct list *list = &out->check->model.unsafe;

    page_section(&out->page, "Unsafe keys");
    if (list->count == 0) {
        page_say(&out->page, MARK_PLAIN, "None: no weaker operation is allowed.");
        return;
    }
    page_table(&out->page, 2, heads);
    for (uint32_t i = 0; i < list->count; i++) {
        const struct model_unsafe *item = (const struct model_unsafe *)list->items + i;

        page_cell(&out->page, MARK_UNSAFE, choice_word("unsafe[].allow", item->allow.value));
        page_cell(&out->page, MARK_PLAIN, item->reason.value);
    }
}

const char *report_count(struct report *out, uint64_t count)
{
    return say(out->arena, "%llu", (unsigned long long)count);
}

static bool is_built_from(const struct report *out, const uint8_t digest[DIGEST_BYTES])
{
    return memcmp(digest, out->lab.manifest->digest, DIGEST_BYTES) == 0 ||
           (out->release.manifest &&
            memcmp(digest, out->release.manifest->digest, DIGEST_BYTES) == 0);
}

const char *report_build(struct report *out, struct check *check, const struct report_image *image)
{
    const struct model *model = &check->model;
    struct label machine = label_join(declared(model), label_of_machine(model));

    *out = (struct report){.check = check, .arena = &check->arena, .image = image};
    const char *complaint = compile(check, false, &out->lab);
    if (!complaint && model->unsafe.count == 0)
        complaint = compile(check, true, &out->release);
    if (complaint)
        return complaint;
    if (image && !is_built_from(out, image->bare_digest))
        return "the image that --image names was built from another manifest, from other payloads "
               "or with another console: build it again from this one, or name what it was built "
               "from, and the console with --console (`bulkhead show IMAGE` says what it holds)";
    out->page.arena = out->arena;
    out->page.title = say(out->arena, "Machine %s: report for accreditation", model->host.value);
    out->page.banner =
        say(out->arena, "%s%s",
            machine.level ? label_text(out->arena, model, machine) : "no classification defined",
            model->unsafe.count > 0 ? " - LAB, UNSAFE" : "");
    page_say(&out->page, MARK_PLAIN,
             say(out->arena,
                 "From manifest %s, with bulkhead " TOOL_VERSION ", as of %s. It says "
                 "what the manifest grants and what the tool's tables answer; CAVEATS.md says how "
                 "each claim was tested.",
                 check->path, date_text(out->arena, check->today)));
    if (check->cpu_vendor)
        page_say(
            &out->page, MARK_NOTE,
            say(out->arena,
                "For an image that build --cpu %s makes: that stands in place of what the manifest "
                "says of the processors.",
                check->cpu_vendor == MANIFEST_CPU_AMD ? "amd" : "intel"));
    report_overall(out);
    report_acceptances(out);
    report_unsafe(out);
    report_demands(out);
    report_inventory(out);
    report_matrix(out);
    report_networks(out);
    report_partitions(out);
    report_functions(out);
    report_life(out);
    report_roles(out);
    report_ledger(out);
    report_surface(out);
    report_payloads(out);
    report_lines(out);
    report_signature(out);
    return NULL;
}
