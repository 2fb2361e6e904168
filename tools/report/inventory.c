/* SPDX-License-Identifier: Apache-2.0 */
/* Which machine the manifest was compared with, and what each PCI function of it is. */
#include "report.h"

#include "tools/hw/inventory.h"
#include "tools/manifest/owned.h"
#include "tools/manifest/schema_parse.h"

static void fact(struct report *out, const char *what, enum mark mark, const char *value)
{
    page_cell(&out->page, MARK_HEAD, what);
    page_cell(&out->page, mark, value ? value : "not known");
}

void report_inventory(struct report *out)
{
    static const char *const heads[] = {"What", "Value"};
    struct hw *hw = inventory(out->check);

    page_section(&out->page, "Inventory of the machine");
    if (!hw) {
        page_say(&out->page, MARK_NOTE,
                 "The manifest names none: nothing was compared with a machine, and what its "
                 "functions, processors and ports are is as written.");
        return;
    }
    page_say(&out->page, MARK_PLAIN,
             "The digest is over all files that the tool reads, with their paths; `bulkhead hw "
             "--save` says it.");
    page_table(&out->page, 2, heads);
    fact(out, "Folder", MARK_CODE, out->check->model.platform.inventory.value);
    fact(out, "SHA-256", MARK_CODE, digest_text(out->arena, hw->digest));
    fact(out, "Saved on", MARK_PLAIN, hw->saved);
    fact(out, "Board", MARK_PLAIN, hw->board);
    fact(out, "Firmware", MARK_PLAIN, hw->firmware);
    fact(out, "Processors", MARK_PLAIN,
         hw->cpu_count > 0 ? say(out->arena, "%u, %s", hw->cpu_count,
                                 hw->model ? hw->model : "of a model that is not known")
                           : NULL);
    fact(out, "Microcode", MARK_PLAIN, hw->microcode);
    fact(out, "Not known", MARK_PLAIN,
         hw->missing_count > 0
             ? say(out->arena, "%u things, which `bulkhead hw --from` lists", hw->missing_count)
             : "nothing that is looked for");
}

static void function_row(struct report *out, const struct owned *owned)
{
    struct hw *hw = inventory(out->check);
    const struct model_device *device = owned->device;
    const struct hw_function *function = hw ? inventory_function(hw, &device->pci) : NULL;
    const struct hw_unit *unit = function ? hw_unit_of(hw, function) : NULL;
    const char *unknown = "not known";

    page_cell(&out->page, MARK_HEAD, owned->domain ? owned->domain->name.value : "management");
    page_cell(&out->page, MARK_PLAIN, pci_text(out->arena, device->pci.value));
    page_cell(&out->page, MARK_PLAIN,
              function           ? say(out->arena, "%04x:%04x", function->vendor, function->device)
              : device->id.valid ? pci_id_text(out->arena, device->id.value)
                                 : "any");
    page_cell(&out->page, MARK_PLAIN, function && function->name ? function->name : unknown);
    page_cell(&out->page, MARK_PLAIN,
              !function ? unknown
              : function->class_name
                  ? say(out->arena, "%s (%06x)", function->class_name, function->class_code)
                  : say(out->arena, "%06x", function->class_code));
    page_cell(&out->page, MARK_PLAIN,
              unit ? say(out->arena, "at 0x%llx", (unsigned long long)unit->base) : unknown);
    page_cell(&out->page, MARK_PLAIN,
              device->interrupts.value == INTERRUPTS_NONE
                  ? "silent: not shown to the domain, there for its IOMMU group's sake"
                  : "the domain's");
}

void report_functions(struct report *out)
{
    static const char *const heads[] = {"Owner", "Function",   "Id",      "Name",
                                        "Class", "IOMMU unit", "What for"};
    struct owned owned;

    page_section(&out->page, "PCI functions");
    if (!owned_device(&out->check->model, 0, &owned)) {
        page_say(&out->page, MARK_PLAIN, "Nobody has any.");
        return;
    }
    page_table(&out->page, sizeof(heads) / sizeof(heads[0]), heads);
    for (uint32_t i = 0; owned_device(&out->check->model, i, &owned); i++)
        function_row(out, &owned);
}
