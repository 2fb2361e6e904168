/* SPDX-License-Identifier: Apache-2.0 */
/* Who owns what, on one screen. */
#include "overview.h"
#include "text.h"

enum { MEBIBYTE = 1 << 20 };

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
    text_print(", on exit %s\n", rules->on_exit == MANIFEST_EXIT_RESTART ? "restart" : "stop");
}

static void show_devices(const struct handoff *handoff, const char *unconfined)
{
    text_print("; every PCI function (bus mastering off), all interrupt lines but the serial "
               "ports'\n");
    if (handoff->iommu_count)
        text_print("  %u IOMMU unit%s on: what is nobody's reaches no memory and raises no "
                   "interrupt\n",
                   handoff->iommu_count, handoff->iommu_count == 1 ? "" : "s");
    else
        text_print("  no IOMMU in use: %s\n", unconfined);
}

void overview(const struct handoff *handoff, const struct manifest *manifest,
              const char *unconfined)
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
    show_devices(handoff, unconfined);
    if (handoff->domain_count && handoff->domains[0].ram_leaf_bytes == PAGE_BYTES)
        text_print("  memory is mapped in 4 KiB pages: this processor may have the erratum of "
                   "CVE-2018-12207\n");
}
