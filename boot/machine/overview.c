/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns what, on one screen. */
#include "overview.h"
#include "boot/devices/bridges.h"
#include "boot/plan/judge.h"
#include "boot/plan/mute.h"
#include "boot/plan/records.h"
#include "text.h"

enum {
    MEBIBYTE = 1 << 20,
    SLOT_HOT_PLUG = 3 << 5, /* PCI Express, "Slot Capabilities": surprise, capable */
};

static void show_processors(const struct handoff *handoff, uint32_t owner)
{
    uint32_t shown = 0;
    for (uint32_t i = 0; i < handoff->cpu_count; i++)
        if (handoff->cpus[i].domain == owner) {
            text_print(" %u", handoff->cpus[i].apic_id);
            shown++;
        }
    if (!shown)
        text_print(" none");
}

static void show_function(uint32_t pci)
{
    if (pci >> 16)
        text_print(" " PCI_LONG_NAME, PCI_LONG_PARTS(pci));
    else
        text_print(" " PCI_NAME, PCI_PARTS(pci));
}

/* What a domain has, in the manifest's order. */
static void show_functions(const struct handoff *handoff, uint32_t domain)
{
    const char *before = ", devices";
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        if (function->domain != domain)
            continue;
        text_print("%s", before);
        show_function(function->pci);
        text_print(" %04x:%04x%s", function->id & 0xffff, function->id >> 16,
                   function->flags & FUNCTION_SILENT ? " (silent)" : "");
        before = ",";
    }
}

static void show_domain(const struct handoff *handoff, const struct manifest_domain *rules,
                        uint32_t index)
{
    const struct handoff_domain *place = &handoff->domains[index];
    text_print("  %s: processors", rules->name);
    show_processors(handoff, index);
    text_print(", memory %lu MiB at 0x%lx, ", place->ram_bytes / MEBIBYTE, place->ram[0].hpa);
    if (rules->serial_port)
        text_print("serial com%u%s", rules->serial_port,
                   rules->flags & MANIFEST_SERIAL_POLLED ? " (polled)" : "");
    else
        text_print("no serial");
    show_functions(handoff, index);
    text_print(", on exit %s\n", rules->on_exit == MANIFEST_EXIT_RESTART ? "restart" : "stop");
}

/* Only a USB controller's is let go of (TRAPS 61). */
static void show_reserved(const struct handoff *handoff, const struct facts *facts)
{
    bool lost;
    for (uint32_t i = 0; i < facts->function_count * facts->reserved_count; i++) {
        const struct fact_function *one = &facts->functions[i / facts->reserved_count];
        const struct fact_reserved *kept = &facts->reserved[i % facts->reserved_count];
        if (!is_assigned(handoff, one->pci) ||
            !is_kept_for(facts, kept, i / facts->reserved_count, &lost))
            continue;
        text_print("  not mapped: memory that the firmware kept at %lx to %lx for", kept->base,
                   kept->end);
        show_function(one->pci);
        text_print("%s (RMRR of a USB controller)\n", lost ? " or another" : "");
    }
}

static void show_muted(const struct handoff *handoff, const struct facts *facts)
{
    uint32_t display = mute_display(facts);
    for (uint32_t i = 0; i < handoff->muted_count; i++) {
        text_print(i ? "," : "  blocked by the IOMMU, unreported:");
        show_function(handoff->muted[i]);
        text_print(display != FUNCTION_NONE && facts->functions[display].pci == handoff->muted[i]
                       ? " (the screen's display)"
                       : " (keeps bus mastering)");
    }
    text_print(handoff->muted_count ? "\n" : "");
    if (handoff->display.bytes)
        text_print("  the screen's display reads what the firmware keeps for it, and writes "
                   "nothing: %lx to %lx (RMRR)\n",
                   handoff->display.base, handoff->display.base + handoff->display.bytes);
}

/* What comes there later is nobody's (TRAPS 65). */
static void show_hot_plug(const struct handoff *handoff, const struct facts *facts)
{
    bool any = false;
    for (uint32_t i = 0; i < facts->function_count; i++) {
        const struct fact_function *one = &facts->functions[i];
        if (!is_port(one) || !(one->slot_capabilities & SLOT_HOT_PLUG) ||
            bridge_leads(one, handoff))
            continue;
        text_print(any ? "" : "  left alone, ports for hot-plugging:");
        show_function(one->pci);
        any = true;
    }
    text_print(any ? "\n" : "");
}

static void show_devices(const struct handoff *handoff, const struct facts *facts,
                         const char *unconfined)
{
    text_print("; PCI functions");
    for (uint32_t i = 0; i < facts->function_count; i++) {
        if (is_assigned(handoff, facts->functions[i].pci))
            continue;
        show_function(facts->functions[i].pci);
        text_print(bridge_leads(&facts->functions[i], handoff) ? " (above a domain's: on)" : "");
    }
    text_print("; other interrupt lines\n");
    show_muted(handoff, facts);
    show_hot_plug(handoff, facts);
    show_reserved(handoff, facts);
    if (mute_screen_is_given(facts, handoff))
        text_print("  this screen is a domain's: what follows is told on com1 only\n");
    if (handoff->iommu_count)
        text_print("  %u IOMMU unit%s on: what is nobody's reaches no memory and raises no "
                   "interrupt\n",
                   handoff->iommu_count, handoff->iommu_count == 1 ? "" : "s");
    else
        text_print("  no IOMMU, no bus masters: %s\n", unconfined);
}

void overview(const struct handoff *handoff, const struct manifest *manifest,
              const struct facts *facts, const char *unconfined)
{
    uint32_t policies;
    const struct manifest_policy *policy = manifest_entries(manifest, MANIFEST_POLICY, &policies);
    text_print("bulkhead: host %s%s, %u processor%s, TSC %lu kHz\n", manifest->header->host,
               manifest->header->flags & MANIFEST_LAB ? " (LAB image)" : "", handoff->cpu_count,
               handoff->cpu_count == 1 ? "" : "s", handoff->tsc_hz / 1000);
    if (policies && policy->classification)
        text_print("  classified %s\n", manifest_string(manifest, policy->classification));
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        show_domain(handoff, &manifest->domains[i], i);
    text_print("  nobody: processors");
    show_processors(handoff, HANDOFF_NOBODY);
    show_devices(handoff, facts, unconfined);
    if (handoff->domain_count && handoff->domains[0].ram_leaf_bytes == PAGE_BYTES)
        text_print("  memory is mapped in 4 KiB pages: this processor may have the erratum of "
                   "CVE-2018-12207\n");
}

void overview_records(const struct handoff *handoff)
{
    struct panic_record record;
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        if (!record_read((const void *)handoff_record(&handoff->cpus[i], handoff->stop_hpa),
                         handoff->audit.boots, &record))
            continue;
        text_print("  the boot before was stopped by processor %u", record.processor);
        text_print(", %s%s: ", record.domain[0] ? "of " : "nobody's", record.domain);
        text_print("%s", record.text); /* as long as a line of text_print() may be */
        text_print(" (RIP 0x%lx, RSP 0x%lx)\n", record.rip, record.rsp);
    }
}
