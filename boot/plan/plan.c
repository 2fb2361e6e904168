/* SPDX-License-Identifier: Apache-2.0 */
/* Where everything goes: the order in which things are placed, and how much each needs. */
#include "plan.h"
#include "align.h"
#include "assign.h"
#include "boot/guest/guest_memory.h"
#include "diagnostic.h"
#include "display.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/public.h"
#include "mtrr.h"
#include "mute.h"
#include "place.h"
#include "remap.h"
#include "spaces.h"
#include <string.h>

enum { GLYPH_HEIGHT_MAX = 64 };

struct plan {
    const struct plan_input *in;
    struct handoff *handoff;
    struct kernel_image image;
    struct placement placement;
    struct spaces spaces;
};

static void fill_facts(const struct plan_input *in, struct handoff *handoff)
{
    const struct facts *facts = in->facts;
    handoff->magic = HANDOFF_MAGIC;
    handoff->version = HANDOFF_VERSION;
    handoff->entry_tsc = facts->entry_tsc;
    handoff->wait_tsc = facts->wait_tsc;
    handoff->tsc_hz = facts->tsc_hz;
    handoff->unix_time = facts->unix_time;
    handoff->unix_time_tsc = facts->unix_time_tsc;
    const struct fact_ecam *ecam = ecam_first(facts);
    if (ecam) {
        handoff->ecam_base = ecam->base;
        handoff->ecam_bus_first = ecam->bus_first;
        handoff->ecam_bus_last = ecam->bus_last;
    }
    handoff->ioapic_count = facts->ioapic_count;
    memcpy(handoff->ioapics, facts->ioapics, sizeof(handoff->ioapics));
    for (uint32_t i = 0; i < facts->ioapic_count; i++)
        handoff->ioapics[i].requester = remap_requester(facts, facts->ioapics[i].id);
    handoff->domain_count = in->manifest->domain_count;
    handoff->audit.boots = facts->boots;
    handoff->audit.store = facts->boot_store;
    uint32_t management = manifest_management(in->manifest);
    handoff->management = management == MANIFEST_NONE ? HANDOFF_NOBODY : management;
}

/* Handoff, glyphs and manifest, one after the other; who has which function is known. */
static void fill_layout(const struct plan_input *in, struct handoff *handoff)
{
    const struct facts *facts = in->facts;
    uint64_t end = sizeof(*handoff);
    if (!mute_screen_is_given(facts, handoff))
        handoff->screen = facts->screen;
    if (!facts->glyphs || facts->screen.glyph_height > GLYPH_HEIGHT_MAX)
        handoff->screen.glyph_width = handoff->screen.glyph_height = 0;
    if (handoff->screen.glyph_height > 0) {
        handoff->screen.glyph_offset = (uint32_t)end;
        end += glyph_bytes(&handoff->screen);
    }
    handoff->manifest_offset = (uint32_t)align_up(end, 8);
    handoff->manifest_bytes = in->manifest->header->total_bytes;
    handoff->bytes = (uint32_t)page_up(handoff->manifest_offset + handoff->manifest_bytes);
}

/* One block of the hypervisor. */
static bool place_own(struct plan *plan, enum handoff_extent_kind kind, uint64_t bytes,
                      const char *what, uint64_t *base)
{
    struct wish wish = {.kind = kind,
                        .bytes = bytes,
                        .alignment = PAGE_BYTES,
                        .below_1_mib = kind == EXTENT_TRAMPOLINE,
                        .below_4_gib = kind == EXTENT_BOOT};
    return place_or_refuse(&plan->placement, &wish, what, base);
}

/* State and stacks; an unowned processor's page tables and slice follow them. */
static bool place_cpu_state(struct plan *plan, uint32_t cpu)
{
    struct handoff_cpu *out = &plan->handoff->cpus[cpu];
    struct wish wish = {.kind = EXTENT_CPU,
                        .index = cpu,
                        .bytes = plan->handoff->cpu_state_bytes,
                        .alignment = PAGE_BYTES};
    if (out->domain == HANDOFF_NOBODY) {
        struct paging_space space;
        space_of_cpu(&plan->spaces, cpu, &space);
        if (paging_bytes(&space) > PARKED_TABLES_BYTES)
            return diagnose(plan->placement.why,
                            "the kernel's segments need more page tables than a parked "
                            "processor has room for: build the image anew");
        wish.bytes += PARKED_TABLES_BYTES + PAGE_BYTES;
    }
    if (!place_or_refuse(&plan->placement, &wish, "the state of a processor", &out->state_hpa))
        return false;
    if (out->domain == HANDOFF_NOBODY) {
        out->page_table = out->state_hpa + plan->handoff->cpu_state_bytes;
        out->slice_hpa = out->page_table + PARKED_TABLES_BYTES;
    }
    return true;
}

/*
 * The tables that processors start on: kernel_main's, then each processor's. Their size rests on
 * what is mapped where, not on what it lies in. They lie low: a processor of the trampoline has 32
 * bits of CR3.
 */
static bool place_start_tables(struct plan *plan)
{
    struct handoff *handoff = plan->handoff;
    struct paging_space space;
    space_of_boot(&plan->spaces, &space);
    handoff->boot_table_bytes = paging_bytes(&space);
    uint64_t bytes = handoff->boot_table_bytes;
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++) {
        space_of_start(&plan->spaces, cpu, &space);
        handoff->cpus[cpu].start_table = bytes;
        bytes += paging_bytes(&space);
    }
    if (!place_own(plan, EXTENT_BOOT, bytes, "the page tables of the start",
                   &handoff->boot_page_table))
        return false;
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++)
        handoff->cpus[cpu].start_table += handoff->boot_page_table;
    return true;
}

/* The units' tables, where the units are such as can be used; else there are none. */
static bool place_iommu(struct plan *plan)
{
    const struct facts *facts = plan->in->facts;
    struct handoff *handoff = plan->handoff;
    struct diagnostic unused;
    struct wish entries = {.kind = EXTENT_IOMMU, .bytes = IRT_BYTES, .alignment = IRT_BYTES};
    if (!remap_serves(facts, &unused))
        return true;
    handoff->iommu_count = facts->iommu_count;
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        handoff->iommus[i] =
            (struct handoff_iommu){facts->iommus[i].registers, facts->iommus[i].capability,
                                   facts->iommus[i].extended_capability};
    display_grant(facts, handoff);
    handoff->iommu_bytes = remap_bytes(handoff);
    return place_or_refuse(&plan->placement, &entries, "the interrupt-remapping table",
                           &handoff->iommu_entries) &&
           place_own(plan, EXTENT_IOMMU, handoff->iommu_bytes, "the IOMMU units' tables",
                     &handoff->iommu_root) &&
           place_own(plan, EXTENT_IOMMU, PAGE_BYTES, "the IOMMU units' queue",
                     &handoff->iommu_queue);
}

/*
 * What outlives a warm reset, in one piece: first, and where it lay before if that is free. Where
 * memory ends differs from boot to boot less below 4 GiB.
 */
static bool place_survivors(struct plan *plan)
{
    struct handoff *handoff = plan->handoff;
    struct wish wish = {.kind = EXTENT_STOP,
                        .bytes = (1 + (uint64_t)handoff->cpu_count) * PAGE_BYTES,
                        .alignment = PAGE_BYTES,
                        .below_4_gib = true,
                        .preferred = plan->in->facts->survivors};
    if (!place_or_refuse(&plan->placement, &wish, "the stop word with the panic records",
                         &handoff->stop_hpa))
        return false;
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        place_split(handoff, handoff->stop_hpa + i * PAGE_BYTES, PAGE_BYTES, EXTENT_RECORD, i);
        handoff->cpus[i].record = i + 1;
    }
    return true;
}

static bool place_hypervisor(struct plan *plan)
{
    struct handoff *handoff = plan->handoff;
    const uint64_t *bytes = plan->image.bytes;
    handoff->cpu_state_bytes = bytes[KERNEL_CPU];
    handoff->kernel_bytes = bytes[KERNEL_TEXT] + bytes[KERNEL_CONSTANTS];
    handoff->start_bytes = bytes[KERNEL_START_TEXT] + bytes[KERNEL_START_CONSTANTS];
    if (!place_survivors(plan) ||
        !place_own(plan, EXTENT_TRAMPOLINE, PAGE_BYTES, "the start of processors",
                   &handoff->trampoline_hpa) ||
        !place_own(plan, EXTENT_TEXT, handoff->kernel_bytes, "its text", &handoff->kernel_hpa) ||
        !place_own(plan, EXTENT_START, handoff->start_bytes, "its start-up code",
                   &handoff->start_hpa) ||
        !place_own(plan, EXTENT_HANDOFF, handoff->bytes, "the handoff", &handoff->self_hpa) ||
        !place_start_tables(plan) || !place_iommu(plan))
        return false;
    place_split(handoff, handoff->kernel_hpa, bytes[KERNEL_TEXT], EXTENT_CONSTANTS, 0);
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++)
        if (!place_cpu_state(plan, cpu))
            return false;
    return true;
}

static bool place_pinned_ram(struct plan *plan)
{
    const struct manifest *manifest = plan->in->manifest;
    for (uint32_t i = 0; i < manifest->domain_count; i++)
        if (manifest->domains[i].memory_at && !place_ram(&plan->placement, i))
            return false;
    return true;
}

/* The largest first: what is small fits between. Equal ones in the manifest's order. */
static bool place_other_ram(struct plan *plan)
{
    const struct manifest *manifest = plan->in->manifest;
    const struct handoff_domain *placed = plan->handoff->domains;
    for (;;) {
        uint32_t largest = MANIFEST_NONE;
        for (uint32_t i = 0; i < manifest->domain_count; i++)
            if (placed[i].ram_count == 0 &&
                (largest == MANIFEST_NONE ||
                 manifest->domains[i].memory > manifest->domains[largest].memory))
                largest = i;
        if (largest == MANIFEST_NONE)
            return true;
        if (!place_ram(&plan->placement, largest))
            return false;
    }
}

/*
 * Executable large leaves let a guest stop the board on processors with CVE-2018-12207 (TRAPS 19).
 */
static uint64_t ram_leaf(const struct facts *facts)
{
    if (facts->large_executable_unsafe || !facts->nested_large_pages)
        return PAGE_BYTES;
    return facts->nested_huge_pages ? HUGE_PAGE_BYTES : LARGE_PAGE_BYTES;
}

/*
 * RAM that is placed last is assumed to lie where it needs most tables: where no leaf of 1 GiB
 * fits. It comes in whole large pages, so into how many pieces makes no difference.
 */
static void assume_ram(struct handoff_domain *domain, uint64_t memory)
{
    uint64_t below = min_u64(memory, GUEST_HOLE_BASE);
    domain->ram[0] = (struct handoff_ram){0, LARGE_PAGE_BYTES, below};
    domain->ram[1] = (struct handoff_ram){GUEST_HOLE_END, LARGE_PAGE_BYTES, memory - below};
    domain->ram_count = memory > below ? 2 : 1;
}

/*
 * The nested tables, then the page tables of each processor. These map themselves too, so their
 * size is found by taking the last guess until it holds.
 */
static uint64_t size_tables(struct plan *plan, uint32_t index, uint64_t *nested_bytes,
                            uint64_t *cpu_bytes)
{
    struct handoff_domain *domain = &plan->handoff->domains[index];
    struct paging_space space;
    uint64_t bytes = 0;
    bool placed = domain->ram_count > 0;
    if (!placed)
        assume_ram(domain, plan->in->manifest->domains[index].memory);
    space_of_domain(&plan->spaces, index, &space);
    *nested_bytes = paging_bytes(&space);
    do {
        domain->tables_bytes = bytes;
        space_of_cpu(&plan->spaces, domain->cpus[0], &space);
        *cpu_bytes = paging_bytes(&space);
        bytes = *nested_bytes + domain->cpu_count * *cpu_bytes;
    } while (bytes != domain->tables_bytes);
    if (!placed)
        domain->ram_count = 0;
    return bytes;
}

/* What its functions are, and what it will write into their MSI-X tables. */
static bool place_functions(struct plan *plan, uint32_t index)
{
    struct handoff_domain *domain = &plan->handoff->domains[index];
    struct wish wish = {.kind = EXTENT_DEVICES,
                        .index = index,
                        .bytes = domain->devices_bytes,
                        .alignment = PAGE_BYTES};
    if (wish.bytes > 0 && !place_or_refuse(&plan->placement, &wish, "the list of its PCI functions",
                                           &domain->devices_hpa))
        return false;
    wish.kind = EXTENT_VECTORS;
    wish.bytes = domain->vectors_bytes;
    return wish.bytes == 0 ||
           place_or_refuse(&plan->placement, &wish, "its MSI-X tables", &domain->vectors_hpa);
}

/* What of a domain lies in one piece each: all but its RAM. */
static bool place_domain(struct plan *plan, uint32_t index)
{
    const struct placement *placement = &plan->placement;
    struct handoff_domain *domain = &plan->handoff->domains[index];
    uint64_t nested_bytes, cpu_bytes;
    struct wish wish = {.index = index, .alignment = PAGE_BYTES};
    domain->ram_leaf_bytes = ram_leaf(plan->in->facts);
    if (domain->function_count) /* the units walk its tables too */
        domain->ram_leaf_bytes = min_u64(domain->ram_leaf_bytes, remap_leaf(plan->handoff));

    wish.kind = EXTENT_PAYLOAD;
    wish.bytes = domain->payload_bytes;
    wish.alignment = wish.bytes >= LARGE_PAGE_BYTES ? LARGE_PAGE_BYTES : PAGE_BYTES;
    if (!place_or_refuse(placement, &wish, "the copy of its payloads", &domain->payload_hpa))
        return false;

    wish.kind = EXTENT_PRIVATE;
    wish.bytes = domain->private_bytes = plan->image.bytes[KERNEL_DOMAIN];
    wish.alignment = PAGE_BYTES;
    if (wish.bytes > 0 &&
        !place_or_refuse(placement, &wish, "its private state", &domain->private_hpa))
        return false;

    uint64_t slice;
    wish.kind = EXTENT_SLICE;
    wish.bytes = handoff_slice_bytes(plan->in->manifest->domains[index].flags);
    if (!place_or_refuse(placement, &wish, "its slice of the handoff", &slice))
        return false;
    for (uint32_t i = 0; i < domain->cpu_count; i++)
        plan->handoff->cpus[domain->cpus[i]].slice_hpa = slice;

    wish.kind = EXTENT_PUBLIC;
    wish.bytes = domain->public_bytes;
    if (!place_or_refuse(placement, &wish, "its public page", &domain->public_hpa))
        return false;

    if (!place_functions(plan, index))
        return false;

    wish.kind = EXTENT_TABLES;
    wish.bytes = size_tables(plan, index, &nested_bytes, &cpu_bytes);
    if (!place_or_refuse(placement, &wish, "its page tables", &domain->tables_hpa))
        return false;
    domain->nested_root = domain->tables_hpa;
    for (uint32_t i = 0; i < domain->cpu_count; i++)
        plan->handoff->cpus[domain->cpus[i]].page_table =
            domain->tables_hpa + nested_bytes + i * cpu_bytes;
    return true;
}

/* The largest payloads first. A domain whose payloads have a place is done. */
static bool place_domains(struct plan *plan)
{
    const struct handoff *handoff = plan->handoff;
    for (uint32_t n = 0; n < handoff->domain_count; n++) {
        uint32_t largest = MANIFEST_NONE;
        for (uint32_t i = 0; i < handoff->domain_count; i++)
            if (handoff->domains[i].payload_hpa == 0 &&
                (largest == MANIFEST_NONE ||
                 handoff->domains[i].payload_bytes > handoff->domains[largest].payload_bytes))
                largest = i;
        if (!place_domain(plan, largest))
            return false;
    }
    return true;
}

/*
 * Who gets which PCI function, before what these need is placed. The first window reaches each, or
 * it would have been refused.
 */
static bool give_functions(const struct plan_input *in, struct handoff *handoff,
                           struct diagnostic *why)
{
    if (!assign_functions(in, handoff, why) ||
        (handoff->function_count > 0 && !remap_serves(in->facts, why)))
        return false;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        struct function *function = &handoff->functions[i];
        function->config_hpa = handoff->ecam_base + ((uint64_t)function->pci << 12);
        if (function->port != FUNCTION_NONE)
            function->port_hpa = handoff->ecam_base + ((uint64_t)function->port << 12);
    }
    return true;
}

bool plan_place(const struct plan_input *in, struct handoff *handoff, struct diagnostic *why)
{
    struct plan plan = {
        .in = in,
        .handoff = handoff,
        .placement = {in->facts, in->manifest, handoff, why},
        .spaces = {in->facts, handoff, &plan.image, in->manifest},
    };
    if (in->manifest->header->payload_bytes > in->payload_bytes)
        return diagnose(why,
                        "the image has %lu bytes of payloads, its manifest lists %lu: the "
                        "image is cut off, copy it again",
                        in->payload_bytes, in->manifest->header->payload_bytes);
    if (!facts_check(in->facts, why) ||
        !kernel_image_parse(in->kernel, in->kernel_bytes, &plan.image, why))
        return false;
    fill_facts(in, handoff);
    if (!place_cpus(&plan.placement))
        return false;
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        if (!guest_plan(in, i, &handoff->domains[i], why))
            return false;
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        handoff->domains[i].public_bytes = public_bytes(&in->manifest->domains[i]);
    if (!give_functions(in, handoff, why))
        return false;
    fill_layout(in, handoff);
    /* What is pinned, what lies in one piece, and last what may be split. */
    return place_pinned_ram(&plan) && place_hypervisor(&plan) && place_domains(&plan) &&
           place_other_ram(&plan) && mtrr_agrees(in->facts, in->manifest, handoff, why);
}
