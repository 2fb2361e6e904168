/* SPDX-License-Identifier: Apache-2.0 */
/* Which PCI functions a domain gets: judged one by one, then numbered and placed together. */
#include "align.h"
#include "judge.h"

enum { VIRTIO = 0x1af4, VIRTIO_FIRST = 0x1041, VIRTIO_LAST = 0x107f };

/* Where to find it in the machine. */
static bool find(struct subject *subject)
{
    uint32_t pci = subject->device->pci;
    if (pci >> 16)
        return deny(subject,
                    " of PCI segment group %u, and only those of group 0 can be given away: put "
                    "the card into another slot, or switch segment groups off in the firmware's "
                    "setup (VMD, NUMA nodes)",
                    pci >> 16);
    subject->fact = fact_function(subject->facts, pci);
    if (!subject->fact)
        return deny(subject, ", and this machine has none there: put the card into that place, "
                             "or correct `pci`");
    subject->index = (uint32_t)(subject->fact - subject->facts->functions);
    return true;
}

static bool is_virtio(uint32_t id)
{
    return (id & 0xffff) == VIRTIO && id >> 16 >= VIRTIO_FIRST && id >> 16 <= VIRTIO_LAST;
}

static uint32_t flags_of(const struct subject *subject)
{
    return (is_silent(subject) ? FUNCTION_SILENT : 0u) |
           (subject->device->flags & MANIFEST_NO_RESET ? FUNCTION_GO_ON : 0u) |
           (is_virtio(subject->fact->id) ? FUNCTION_VIRTIO : 0u);
}

/* What its owner reaches of it: nothing of one that is kept silent. */
static void fill_registers(const struct fact_function *fact, struct function *out)
{
    for (uint32_t i = 0; i < MAX_BARS; i++)
        if (is_memory(&fact->bars[i]))
            out->bars[i] = (struct function_bar){
                .hpa = fact->bars[i].base,
                .bytes = fact->bars[i].bytes,
                .type = fact->bars[i].type & (BAR_64 | BAR_PREFETCHABLE),
            };
    out->legacy_offset = fact->legacy_offset;
    out->vectors = vectors_of(fact);
    if (out->vectors == 0)
        return;
    out->table_bar = fact->msix_table & 7;
    out->table_offset = fact->msix_table & ~7u;
    out->pending_bar = fact->msix_pending & 7;
    out->pending_offset = fact->msix_pending & ~7u;
}

static void fill(const struct subject *subject, struct function *out)
{
    const struct fact_function *fact = subject->fact;
    uint32_t above = bridge_above(subject->facts, subject->index);
    *out = (struct function){
        .pci = fact->pci,
        .id = fact->id,
        .domain = subject->device->domain,
        .port = above == FUNCTION_NONE ? FUNCTION_NONE : subject->facts->functions[above].pci,
        .flags = flags_of(subject),
        .resets = resets_of(subject),
        .power = fact->power,
        .msi = fact->msi,
        .msix = fact->msix,
        .express = fact->express,
        .advanced = fact->advanced,
        .acs = fact->acs,
        .msi_64 = fact->msi && fact->msi_control >> 7 & 1,
        .msi_maskable = fact->msi && fact->msi_control >> 8 & 1,
    };
    if (!is_silent(subject))
        fill_registers(fact, out);
}

/*
 * An I/O APIC's entries of the remapping table are knocks at other domains' processors. They are
 * open to whoever has its requester id, or shares a bus with it where only the bus is validated.
 */
static bool judge_requester(const struct subject *subject, const struct handoff *handoff)
{
    uint32_t pci = subject->fact->pci;
    bool below = bridge_above(subject->facts, subject->index) != FUNCTION_NONE;
    for (uint32_t i = 0; i < handoff->ioapic_count; i++) {
        uint32_t requester = handoff->ioapics[i].requester;
        if (requester == pci || (below && requester >> 8 == pci >> 8))
            return deny(subject,
                        ", and the firmware's table DMAR gives its %s to an I/O APIC: update the "
                        "firmware, or put the card into another slot",
                        requester == pci ? "address" : "bus");
    }
    return true;
}

static bool add(const struct subject *subject, struct handoff *handoff)
{
    struct function *out = &handoff->functions[handoff->function_count];
    struct handoff_domain *owner = &handoff->domains[subject->device->domain];
    if (handoff->function_count == MAX_DEVICES || owner->function_count == MAX_DOMAIN_DEVICES)
        return deny(subject,
                    ", the %uth of this domain and the %uth of all: a domain has %u at most, and "
                    "all together %u",
                    owner->function_count + 1, handoff->function_count + 1, MAX_DOMAIN_DEVICES,
                    MAX_DEVICES);
    fill(subject, out);
    handoff->function_count++;
    owner->function_count++;
    owner->vectors_bytes += function_vectors_bytes(out);
    return true;
}

/* Slots in the manifest's order; a block of the remapping table for each function. */
static bool number(const struct plan_input *in, struct handoff *handoff, struct diagnostic *why)
{
    uint32_t slots[MAX_DOMAINS] = {0}, entry = 0;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        struct function *function = &handoff->functions[i];
        const struct handoff_domain *owner = &handoff->domains[function->domain];
        uint32_t entries = owner->cpu_count * IRTE_BLOCK;
        if (entries > IRT_LINES - entry)
            return diagnose(why,
                            "I4: the interrupt-remapping table is full: the PCI function " PCI_NAME
                            " of domain %s needs %u entries (%u for each of its %u processors), "
                            "and %u are left: give it fewer processors or functions",
                            PCI_PARTS(function->pci), in->manifest->domains[function->domain].name,
                            entries, IRTE_BLOCK, owner->cpu_count, IRT_LINES - entry);
        function->irte = entry;
        entry += entries;
        if (!(function->flags & FUNCTION_SILENT))
            function->slot = ++slots[function->domain];
    }
    return true;
}

bool assign_functions(const struct plan_input *in, struct handoff *handoff, struct diagnostic *why)
{
    uint32_t count, judged = 0;
    const struct manifest_device *devices =
        manifest_entries(in->manifest, MANIFEST_DEVICES, &count);
    for (uint32_t i = 0; i < count; i++) {
        struct subject subject = {
            .facts = in->facts, .manifest = in->manifest, .device = &devices[i], .why = why};
        if (devices[i].domain == MANIFEST_NONE)
            continue;
        if ((judged++ == 0 && !judge_machine(&subject)) || !find(&subject) || !subject.fact ||
            !judge_function(&subject) || !judge_unit(&subject) || !judge_registers(&subject) ||
            !judge_requester(&subject, handoff) || !add(&subject, handoff))
            return false;
    }
    if (!number(in, handoff, why))
        return false;
    for (uint32_t i = 0; i < in->manifest->domain_count; i++) {
        struct handoff_domain *owner = &handoff->domains[i];
        if (owner->function_count == 0)
            continue;
        if (!place_registers(in, handoff, i, why))
            return false;
        owner->devices_bytes = page_up(functions_bytes(owner->function_count));
    }
    return true;
}

bool is_assigned(const struct handoff *handoff, uint32_t pci)
{
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (handoff->functions[i].pci == pci)
            return true;
    return false;
}
