/* SPDX-License-Identifier: Apache-2.0 */
/* What the manifest demands of the machine, and what it forbids. */
#include "report.h"

#include "tools/diff/diff.h"
#include "tools/manifest/schema.h"

static void demand(struct report *out, const char *what, const char *value, const char *who)
{
    page_cell(&out->page, MARK_HEAD, what);
    page_cell(&out->page, MARK_PLAIN, value);
    page_cell(&out->page, MARK_PLAIN, who);
}

/* `value` NULL: nothing is demanded. */
static void perhaps(struct report *out, const char *what, const char *value, const char *who)
{
    demand(out, what, value ? value : "not said", value ? who : "");
}

static void platform_demands(struct report *out)
{
    static const char loader[] = "the loader, which refuses another machine";
    const struct model_platform *platform = &out->check->model.platform;

    demand(out, "Processors of", choice_word("platform.cpu", platform->cpu.value), loader);
    perhaps(out, "Logical processors",
            platform->processors.valid
                ? say(out->arena, "%s or more", report_count(out, platform->processors.value))
                : NULL,
            loader);
    perhaps(out, "Memory",
            platform->memory.valid ? size_text(out->arena, platform->memory.value) : NULL,
            "check; the loader of this version does not compare it");
    perhaps(out, "Multithreading (SMT)",
            platform->smt.valid ? choice_word("platform.smt", platform->smt.value) : NULL, loader);
    perhaps(out, "Microcode",
            platform->microcode.valid
                ? say(out->arena, "0x%llx or later", (unsigned long long)platform->microcode.value)
                : NULL,
            loader);
    perhaps(out, "TPM 2.0",
            platform->tpm.value == TPM_REQUIRED ? "takes and logs the measurements of manifest and "
                                                  "payloads"
                                                : NULL,
            "the loader, which starts no domain otherwise");
    demand(out, "Unowned between the memory of two domains",
           platform->memory_guard.value > 0 ? size_text(out->arena, platform->memory_guard.value)
                                            : "nothing (memory_guard: 0)",
           "the loader, which places memory");
    perhaps(out, "Hardware inventory", platform->inventory.value,
            "check, which compares the manifest with it");
}

void report_demands(struct report *out)
{
    static const char *const heads[] = {"Demand", "Value", "Who sees to it"};
    const struct model *model = &out->check->model;

    page_section(&out->page, "What the manifest demands");
    page_table(&out->page, 3, heads);
    platform_demands(out);
    if (model->keep_apart.count == 0)
        perhaps(out, "Never together on one machine", NULL, "");
    for (uint32_t i = 0; i < model->keep_apart.count; i++)
        demand(out, "Never together on one machine",
               names_text(out->arena, (const struct list *)model->keep_apart.items + i),
               "check; of other machines, check of the fleet");
    perhaps(out, "No removable media on",
            model->forbid_removable.count > 0 ? names_text(out->arena, &model->forbid_removable)
                                              : NULL,
            "check");
}
