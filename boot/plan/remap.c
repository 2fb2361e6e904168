/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the VT-d units: see the header. */
#include "remap.h"
#include "arch/x86/include/paging.h"
#include "assign.h"
#include "diagnostic.h"
#include "paging.h"

enum { BUSES = 256, BUS_FUNCTIONS = 256 };

/* Root and context entries, 16 bytes each. */
#define ENTRY_PRESENT     (1ull << 0)
#define FAULTS_NOT_TOLD   (1ull << 1)
#define WIDTH_3_LEVELS    1ull
#define WIDTH_4_LEVELS    2ull
#define DOMAIN_ID(domain) ((uint64_t)((domain) + 1) << 8) /* 0 is the units' own (caching mode) */

/* Interrupt-remapping entries; edge, physical destination, fixed delivery where no bit is set. */
#define IRTE_PRESENT        (1ull << 0)
#define IRTE_NMI            (4ull << 5)
#define IRTE_VECTOR(vector) ((uint64_t)(vector) << 16)
#define IRTE_AT(apic_id)    ((uint64_t)(apic_id) << 32)
#define IRTE_SOURCE(pci)    ((uint64_t)(uint16_t)(pci) | 1ull << 18) /* all of its 16 bits count */

/* Capability and Extended Capability Registers. */
#define CAPABILITY_3_LEVELS    (1ull << 9)
#define CAPABILITY_4_LEVELS    (1ull << 10)
#define CAPABILITY_LARGE_PAGES (1ull << 34)
#define CAPABILITY_HUGE_PAGES  (1ull << 35)
#define FAULT_RECORDS(value)   (((value) >> 24 & 0x3ff) * 16 + (((value) >> 40 & 0xff) + 1) * 16)
#define EXTENDED_QUEUE         (1ull << 1)
#define EXTENDED_INTERRUPTS    (1ull << 3)
#define EXTENDED_X2APIC        (1ull << 4)

static bool all_have(const struct facts *facts, uint64_t capability)
{
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        if (!(facts->iommus[i].capability & capability))
            return false;
    return true;
}

bool remap_serves(const struct facts *facts, struct diagnostic *why)
{
    if (facts->iommu_count == 0)
        return diagnose(why, "switch VT-d on");
    if (!facts->interrupt_remapping || facts->x2apic_opt_out)
        return diagnose(why, "the firmware's DMAR table %s: switch %s on in its setup",
                        facts->x2apic_opt_out ? "opts out of x2APIC mode"
                                              : "offers no interrupt remapping",
                        facts->x2apic_opt_out ? "x2APIC" : "interrupt remapping");
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const struct fact_iommu *unit = &facts->iommus[i];
        const char *lacks = NULL;
        if (!(unit->extended_capability & EXTENDED_QUEUE))
            lacks = "queued invalidation";
        else if (!(unit->extended_capability & EXTENDED_INTERRUPTS))
            lacks = "interrupt remapping";
        else if (!(unit->extended_capability & EXTENDED_X2APIC))
            lacks = "the extended interrupt mode that x2APIC needs";
        else if (FAULT_RECORDS(unit->capability) > PAGE_BYTES)
            lacks = "its fault records in the first page of its registers";
        if (lacks)
            return diagnose(why, "the IOMMU unit at %lx lacks %s", unit->registers, lacks);
    }
    return all_have(facts, CAPABILITY_4_LEVELS) || all_have(facts, CAPABILITY_3_LEVELS) ||
           diagnose(why, "the IOMMU units have no depth of page tables in common");
}

/* The bus behind the bridge `pci` of segment 0; false: there is no such bridge. */
static bool bus_behind(const struct facts *facts, uint32_t pci, uint32_t *bus)
{
    const struct fact_function *bridge = fact_function(facts, pci);
    if (!bridge || bridge->header != 1)
        return false;
    *bus = bridge->secondary;
    return true;
}

/* The unit that remaps its messages has it in its scope. */
uint32_t remap_requester(const struct facts *facts, uint32_t ioapic_id)
{
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const struct fact_iommu *unit = &facts->iommus[i];
        for (uint32_t k = 0; k < unit->scope_count && unit->segment == 0; k++) {
            const struct fact_scope *scope = &facts->scopes[unit->scope_first + k];
            uint32_t bus = scope->bus, hop = 0;
            if (scope->type != SCOPE_IOAPIC || scope->enumeration != ioapic_id ||
                scope->hops == 0 || scope->hops > SCOPE_PATH)
                continue;
            while (hop + 1 < scope->hops && bus_behind(facts, bus << 8 | scope->path[hop], &bus))
                hop++;
            if (hop + 1 == scope->hops)
                return bus << 8 | scope->path[hop];
        }
    }
    return FUNCTION_NONE;
}

/* Of several that could have it, the one that begins next below. */
const struct handoff_ioapic *remap_ioapic(const struct handoff *handoff, uint32_t line)
{
    const struct handoff_ioapic *found = NULL;
    for (uint32_t i = 0; i < handoff->ioapic_count; i++)
        if (handoff->ioapics[i].gsi_base <= line &&
            (!found || handoff->ioapics[i].gsi_base > found->gsi_base))
            found = &handoff->ioapics[i];
    return found;
}

uint64_t remap_leaf(const struct handoff *handoff)
{
    uint64_t common = ~0ull;
    for (uint32_t i = 0; i < handoff->iommu_count; i++)
        common &= handoff->iommus[i].capability;
    if (!(common & CAPABILITY_LARGE_PAGES))
        return PAGE_BYTES;
    return common & CAPABILITY_HUGE_PAGES ? HUGE_PAGE_BYTES : LARGE_PAGE_BYTES;
}

static bool assigned_on(const struct handoff *handoff, uint32_t bus)
{
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (handoff->functions[i].pci >> 8 == bus &&
            !(handoff->functions[i].flags & FUNCTION_SILENT))
            return true;
    return false;
}

/* What the screen's display reads, one to one. */
static uint64_t space_of_display(const struct handoff *handoff, struct paging_space *space)
{
    space->count = 0;
    paging_add(space, handoff->display.base, handoff->display.base, handoff->display.bytes,
               remap_leaf(handoff), PAGING_READ);
    return space->count ? paging_bytes(space) : 0;
}

/* Which functions stay bus masters is known after this: room for a bus each. */
uint64_t remap_bytes(const struct handoff *handoff)
{
    struct paging_space space;
    uint64_t tables = 1 + MAX_MUTED;
    for (uint32_t bus = 0; bus < BUSES; bus++)
        tables += assigned_on(handoff, bus);
    return tables * PAGE_BYTES + space_of_display(handoff, &space);
}

static bool has_table(const struct handoff *handoff, uint32_t bus)
{
    bool has = assigned_on(handoff, bus);
    for (uint32_t i = 0; i < handoff->muted_count; i++)
        has |= handoff->muted[i] >> 8 == bus;
    return has;
}

void remap_locate(struct handoff *handoff)
{
    struct paging_space space;
    uint64_t table = handoff->iommu_root, display = space_of_display(handoff, &space);
    if (display)
        handoff->display.table = table + handoff->iommu_bytes - display;
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        if (has_table(handoff, bus))
            table += PAGE_BYTES;
        for (uint32_t i = 0; i < handoff->function_count; i++) {
            struct function *function = &handoff->functions[i];
            if (function->pci >> 8 != bus || function->flags & FUNCTION_SILENT)
                continue;
            function->context_hpa = table + 16ull * (function->pci % BUS_FUNCTIONS);
            function->entries_hpa = handoff->iommu_entries + 16ull * function->irte;
        }
    }
}

struct tables {
    const struct handoff *handoff;
    plan_memory memory;
    void *context;
    uint64_t *contexts[BUSES]; /* NULL: the bus has none */
};

static void build_root(struct tables *tables)
{
    const struct handoff *handoff = tables->handoff;
    uint64_t *root = tables->memory(handoff->iommu_root, PAGE_BYTES, tables->context);
    uint64_t next = handoff->iommu_root + PAGE_BYTES;
    for (uint32_t bus = 0; bus < BUSES; bus++) {
        if (!has_table(handoff, bus))
            continue;
        root[2 * bus] = next | ENTRY_PRESENT;
        tables->contexts[bus] = tables->memory(next, PAGE_BYTES, tables->context);
        next += PAGE_BYTES;
    }
}

/*
 * A unit of three levels begins where entry 0 of the domain's top table leads: there is nothing of
 * the domain above (XSA-390).
 */
static void build_context(const struct tables *tables, uint32_t pci, uint32_t domain,
                          uint64_t table)
{
    const struct handoff *handoff = tables->handoff;
    uint64_t *entry = &tables->contexts[pci >> 8][2 * (pci % BUS_FUNCTIONS)];
    uint64_t width = WIDTH_4_LEVELS;
    for (uint32_t i = 0; i < handoff->iommu_count; i++)
        if (!(handoff->iommus[i].capability & CAPABILITY_4_LEVELS))
            width = WIDTH_3_LEVELS;
    if (width == WIDTH_3_LEVELS) {
        const uint64_t *top = tables->memory(table, PAGE_BYTES, tables->context);
        table = top[0] & PAGING_ADDRESS;
    }
    entry[1] = DOMAIN_ID(domain) | width;
    entry[0] |= table | ENTRY_PRESENT;
}

static void build_block(const struct tables *tables, const struct function *function)
{
    const struct handoff *handoff = tables->handoff;
    const struct handoff_domain *domain = &handoff->domains[function->domain];
    for (uint32_t local = 0; local < domain->cpu_count; local++) {
        uint32_t first = function_irte(function, local, IRTE_FIRST_VECTOR);
        uint64_t *entries = tables->memory(handoff->iommu_entries + 16ull * first,
                                           16ull * IRTE_BLOCK, tables->context);
        for (uint32_t i = 0; i < IRTE_BLOCK; i++) {
            entries[2 * i + 1] = IRTE_SOURCE(function->pci);
            entries[2 * i] = IRTE_PRESENT | IRTE_VECTOR(IRTE_FIRST_VECTOR + i) |
                             IRTE_AT(handoff->cpus[domain->cpus[local]].apic_id);
        }
    }
}

void remap_build(const struct handoff *handoff, plan_memory memory, void *context)
{
    struct tables tables = {.handoff = handoff, .memory = memory, .context = context};
    struct paging_space space;
    build_root(&tables);
    for (uint32_t i = 0; i < handoff->muted_count; i++)
        tables.contexts[handoff->muted[i] >> 8][2 * (handoff->muted[i] % BUS_FUNCTIONS)] =
            FAULTS_NOT_TOLD;
    if (space_of_display(handoff, &space)) {
        paging_build(&space, PAGING_UNIT, handoff->display.table, memory, context);
        build_context(&tables, (uint32_t)handoff->display.pci, handoff->domain_count,
                      handoff->display.table);
    }
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (!(handoff->functions[i].flags & FUNCTION_SILENT)) {
            build_context(&tables, handoff->functions[i].pci, handoff->functions[i].domain,
                          handoff->domains[handoff->functions[i].domain].nested_root);
            build_block(&tables, &handoff->functions[i]);
        }
}

void remap_line(const struct handoff_ioapic *ioapic, uint32_t apic_id, uint64_t entry[2])
{
    entry[1] = IRTE_SOURCE(ioapic->requester);
    entry[0] = IRTE_PRESENT | IRTE_NMI | IRTE_AT(apic_id);
}
