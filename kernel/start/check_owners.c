/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, the machine's part, ownership: does the handoff give every frame and
 * processor to one owner, to each domain what the manifest says (I1, I2), and to each processor
 * its own slice of itself (I11)?
 */
#include "check_machine.h"
#include "kernel/abi/guest_machine.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/public.h"
#include "kernel/check/check_parts.h"
#include "kernel/format.h"
#include <string.h>

static void describe(const struct handoff_extent *extent, char *out, size_t room)
{
    const struct check_kind *kind = &check_kinds[extent->kind];
    if (kind->scope == SCOPE_SHARED)
        format(out, room, "%s", kind->name);
    else
        format(out, room, "%s of %s %u", kind->name, kind->scope == SCOPE_CPU ? "cpu" : "domain",
               extent->index);
}

/* The extent of this kind that holds the run; `index` is looked at where the kind has owners. */
static const struct handoff_extent *find(const struct handoff *handoff, uint32_t kind,
                                         uint32_t index, uint64_t base, uint64_t bytes)
{
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        if (extent->kind == kind && inside(base, bytes, extent->base, extent->bytes) &&
            (check_kinds[kind].scope == SCOPE_SHARED || extent->index == index))
            return extent;
    }
    return NULL;
}

/* Counts first: everything after this may index by them. */
static bool check_counts(const struct check_machine *check)
{
    const struct handoff *handoff = check->handoff;
    uint32_t due = check->manifest->domain_count;
    if (handoff->magic != HANDOFF_MAGIC || handoff->version != HANDOFF_VERSION ||
        handoff->cpu_count > MAX_CPUS || handoff->domain_count > MAX_DOMAINS ||
        handoff->domain_count != due || handoff->ioapic_count > MAX_IOAPICS ||
        handoff->iommu_count > MAX_IOMMUS || handoff->extent_count > MAX_EXTENTS)
        return check_fail(check->result, "I12",
                          "handoff version %u, %u cpus, %u extents, %u domains, expected %u",
                          handoff->version, handoff->cpu_count, handoff->extent_count,
                          handoff->domain_count, due);
    return true;
}

/* From the local APIC's page on: what is written there interrupts. */
#define INTERRUPTS_BYTES (1ull << 20)

struct check_window check_window_in(const struct handoff *handoff, uint64_t base, uint64_t bytes)
{
    uint64_t buses = (uint64_t)handoff->ecam_bus_last - handoff->ecam_bus_first + 1;
    struct check_window windows[4 + MAX_IOAPICS + MAX_IOMMUS] = {
        {"the local APIC", LOCAL_APIC, INTERRUPTS_BYTES},
        {"the screen", handoff->screen.base, handoff->screen.bytes},
        {"what the screen's display reads", handoff->display.base, handoff->display.bytes},
        {"PCI configuration space", handoff->ecam_base + ((uint64_t)handoff->ecam_bus_first << 20),
         handoff->ecam_base ? buses << 20 : 0}};
    for (uint32_t i = 0; i < handoff->ioapic_count; i++)
        windows[4 + i] =
            (struct check_window){"an I/O APIC", handoff->ioapics[i].address, PAGE_BYTES};
    for (uint32_t i = 0; i < handoff->iommu_count; i++)
        windows[4 + MAX_IOAPICS + i] =
            (struct check_window){"an IOMMU unit", handoff->iommus[i].registers, PAGE_BYTES};
    for (size_t i = sizeof windows / sizeof windows[0]; i-- > 0;)
        if (overlap(base, bytes, windows[i].base, windows[i].bytes))
            return windows[i];
    return (struct check_window){0};
}

const char *check_whose(const struct handoff *handoff, uint64_t base, uint64_t bytes)
{
    for (uint32_t i = 0; i < handoff->extent_count; i++)
        if (overlap(base, bytes, handoff->extents[i].base, handoff->extents[i].bytes))
            return check_kinds[handoff->extents[i].kind].name;
    return check_window_in(handoff, base, bytes).name;
}

/* Whose an extent is, where guard gaps are concerned: a domain's, or the hypervisor's. */
static uint32_t owner_of(const struct handoff_extent *extent)
{
    return extent->kind >= EXTENT_RAM ? extent->index : HANDOFF_NOBODY;
}

/* Sorted and disjoint: with that, "inside an extent" means "nobody else's" everywhere else. */
static bool check_extents(const struct check_machine *check)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_extent *below = NULL; /* that lasts: the trampoline needs no guard gap */
    uint64_t end = 0, below_end = 0, guard = check->manifest->header->memory_guard;
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        const char *wrong = NULL;
        char whose[48] = "extent";
        if (extent->kind == 0 || extent->kind >= EXTENT_KINDS) {
            wrong = "unknown kind";
        } else {
            enum check_scope scope = check_kinds[extent->kind].scope;
            describe(extent, whose, sizeof whose);
            if ((scope == SCOPE_CPU && extent->index >= handoff->cpu_count) ||
                (scope == SCOPE_DOMAIN && extent->index >= handoff->domain_count))
                wrong = "no such owner";
        }
        if (!extent->bytes || (extent->base | extent->bytes) % PAGE_BYTES ||
            extent->base >= MAX_HPA || extent->bytes > MAX_HPA - extent->base)
            wrong = "not whole pages";
        else if (extent->base < end)
            wrong = "overlaps the one before";
        else if (!wrong && below && extent->kind != EXTENT_TRAMPOLINE &&
                 owner_of(below) != owner_of(extent) && extent->base - below_end < guard)
            wrong = "no guard gap to the owner below";
        end = extent->base + extent->bytes;
        if (extent->kind != EXTENT_TRAMPOLINE) {
            below = extent;
            below_end = end;
        }
        if (wrong)
            return check_fail(check->result, "I1", "%s at %lx, %lx bytes: %s", whose, extent->base,
                              extent->bytes, wrong);
        struct check_window window = check_window_in(handoff, extent->base, extent->bytes);
        if (window.name)
            return check_fail(check->result, "I1",
                              "%s at %lx: the device window at %lx overlaps it", whose,
                              extent->base, window.base);
    }
    return true;
}

/* A domain's RAM: its manifest's size, all in its extents, from 0 without a gap but the hole. */
static bool check_ram(const struct check_machine *check, uint32_t index)
{
    const struct handoff_domain *domain = &check->handoff->domains[index];
    uint64_t next = 0, sum = 0, owned = 0, memory = check->manifest->domains[index].memory;
    for (uint32_t i = 0; i < domain->ram_count; i++) {
        const struct handoff_ram *ram = &domain->ram[i];
        bool above = ram->gpa == GUEST_HOLE_END && next && next <= GUEST_HOLE_BASE;
        const char *wrong = NULL;
        if ((ram->gpa != next && !above) || (ram->hpa | ram->bytes) % PAGE_BYTES || !ram->bytes)
            wrong = "out of place";
        else if (!find(check->handoff, EXTENT_RAM, index, ram->hpa, ram->bytes))
            wrong = "not all its own";
        for (uint32_t k = 0; k < i; k++)
            if (overlap(ram->hpa, ram->bytes, domain->ram[k].hpa, domain->ram[k].bytes))
                wrong = "mapped twice";
        next = ram->gpa + ram->bytes;
        if (ram->gpa < GUEST_HOLE_END && next > GUEST_HOLE_BASE)
            wrong = "in the hole";
        if (wrong)
            return check_fail(check->result, "I1",
                              "domain %u: RAM %u at gpa %lx, hpa %lx, %lx bytes: %s", index, i,
                              ram->gpa, ram->hpa, ram->bytes, wrong);
        sum += ram->bytes;
    }
    for (uint32_t i = 0; i < check->handoff->extent_count; i++)
        if (check->handoff->extents[i].kind == EXTENT_RAM &&
            check->handoff->extents[i].index == index)
            owned += check->handoff->extents[i].bytes;
    if (sum != memory || domain->ram_bytes != memory || owned != memory)
        return check_fail(check->result, "I1",
                          "domain %u: %lx bytes of RAM, of %lx owned, expected %lx", index, sum,
                          owned, memory);
    return true;
}

static bool check_domain(const struct check_machine *check, uint32_t index)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_domain *domain = &handoff->domains[index];
    const struct manifest_domain *rules = &check->manifest->domains[index];
    if (domain->cpu_count != rules->cpu_count || domain->cpu_count > MAX_DOMAIN_CPUS ||
        domain->ram_count > MAX_RAM_SEGMENTS)
        return check_fail(check->result, "I2", "domain %u: %u cpus, expected %u", index,
                          domain->cpu_count, rules->cpu_count);
    for (uint32_t i = 0; i < domain->cpu_count; i++) {
        uint32_t cpu = domain->cpus[i];
        bool wanted = cpu < handoff->cpu_count && !(rules->flags & MANIFEST_CPUS_PINNED);
        for (uint32_t k = 0; k < rules->cpu_count && cpu < handoff->cpu_count; k++)
            wanted |= rules->cpus[k] == handoff->cpus[cpu].apic_id;
        if (!wanted || handoff->cpus[cpu].domain != index || handoff->cpus[cpu].index != i)
            return check_fail(check->result, "I2", "domain %u: number %u is cpu %u, %s", index, i,
                              cpu, wanted ? "which says otherwise" : "not one that it asks for");
    }
    return check_ram(check, index);
}

static bool check_cpu(const struct check_machine *check, uint32_t index)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_cpu *cpu = &handoff->cpus[index];
    if (cpu->domain != HANDOFF_NOBODY && (cpu->domain >= handoff->domain_count ||
                                          cpu->index >= handoff->domains[cpu->domain].cpu_count ||
                                          handoff->domains[cpu->domain].cpus[cpu->index] != index))
        return check_fail(check->result, "I2", "cpu %u: domain %u does not list it", index,
                          cpu->domain);
    for (uint32_t k = 0; k < index; k++)
        if (handoff->cpus[k].apic_id == cpu->apic_id)
            return check_fail(check->result, "I2", "cpus %u and %u, APIC ids %u and %u: the same",
                              k, index, cpu->apic_id, cpu->apic_id);
    return true;
}

/*
 * What each processor keeps of the handoff is what the handoff says, and no more: its processors,
 * its placement, its rules, and zeros.
 */
static bool check_slice(const struct check_machine *check, uint32_t index)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_cpu *cpu = &handoff->cpus[index];
    bool parked = cpu->domain == HANDOFF_NOBODY;
    if (!find(handoff, parked ? EXTENT_CPU : EXTENT_SLICE, parked ? index : cpu->domain,
              cpu->slice_hpa, PAGE_BYTES))
        return check_fail(check->result, "I11", "cpu %u: its slice at %lx is not its own", index,
                          cpu->slice_hpa);
    const struct handoff_domain *domain = parked ? NULL : &handoff->domains[cpu->domain];
    const struct handoff_slice *slice = check->frame(cpu->slice_hpa, check->context);
    struct handoff_slice due;
    memset(&due, 0, sizeof due); /* what lies between the fields too */
    due = (struct handoff_slice){.bytes = sizeof due,
                                 .domain = cpu->domain,
                                 .cpu_count = parked ? 1 : domain->cpu_count,
                                 .cpus = {*cpu},
                                 .self_hpa = cpu->slice_hpa,
                                 .tsc_hz = handoff->tsc_hz,
                                 .unix_time = handoff->unix_time,
                                 .unix_time_tsc = handoff->unix_time_tsc,
                                 .kernel_hpa = handoff->kernel_hpa,
                                 .kernel_bytes = handoff->kernel_bytes,
                                 .cpu_state_bytes = handoff->cpu_state_bytes,
                                 .stop_hpa = handoff->stop_hpa,
                                 .auditor = HANDOFF_NOBODY};
    if (handoff->management != HANDOFF_NOBODY)
        due.auditor = handoff->cpus[handoff->domains[handoff->management].cpus[0]].apic_id;
    if (handoff->iommu_count && cpu->slice_hpa == handoff->cpus[check_reader(handoff)].slice_hpa) {
        due.unit_count = handoff->iommu_count;
        due.public_count = handoff->domain_count;
        for (uint32_t i = 0; i < due.unit_count; i++)
            due.units[i] = handoff->iommus[i].registers;
        for (uint32_t i = 0; i < due.public_count; i++)
            due.public_pages[i] = handoff->domains[i].public_hpa;
    }
    for (uint32_t i = 0; !parked && i < due.cpu_count; i++)
        due.cpus[i] = handoff->cpus[domain->cpus[i]];
    due.tells_on_com1 = (check->manifest->header->flags & MANIFEST_LAB) != 0;
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        due.tells_on_com1 &= check->manifest->domains[i].serial_port != 1;
    if (!parked) {
        due.place = *domain;
        due.rules = check->manifest->domains[cpu->domain];
        memcpy(due.manifest_digest, check->manifest->header->digest, DIGEST_BYTES);
    }
    return (slice && check_same(slice, &due, sizeof due, PAGE_BYTES)) ||
           check_fail(check->result, "I11", "cpu %u: its slice at %lx is not what is due", index,
                      cpu->slice_hpa);
}

#define ANY_LENGTH (~0ull)
struct place {
    uint32_t kind;
    uint64_t base, bytes;
};

/* Whatever the handoff has the place of is exactly an extent of its kind and owner. */
static bool check_exactly(const struct check_machine *check, uint32_t index,
                          const struct place *place)
{
    const struct handoff *handoff = check->handoff;
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        if (extent->kind == place->kind && extent->index == index && extent->base == place->base &&
            (extent->bytes == place->bytes || place->bytes == ANY_LENGTH))
            return true;
    }
    return check_fail(check->result, "I11", "%s of number %u at %lx, %lx bytes: no such extent",
                      check_kinds[place->kind].name, index, place->base, place->bytes);
}

static bool check_places_of_domain(const struct check_machine *check, uint32_t index)
{
    const struct handoff_domain *domain = &check->handoff->domains[index];
    const struct handoff_cpu *first = &check->handoff->cpus[domain->cpus[0]];
    uint64_t payload = (domain->payload_bytes + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
    const struct place own[] = {{EXTENT_TABLES, domain->tables_hpa, domain->tables_bytes},
                                {EXTENT_PAYLOAD, domain->payload_hpa, payload},
                                {EXTENT_PRIVATE, domain->private_hpa, domain->private_bytes},
                                {EXTENT_SLICE, first->slice_hpa,
                                 handoff_slice_bytes(check->manifest->domains[index].flags)},
                                {EXTENT_PUBLIC, domain->public_hpa, domain->public_bytes}};
    const struct place devices = {EXTENT_DEVICES, domain->devices_hpa, domain->devices_bytes};
    const struct place vectors = {EXTENT_VECTORS, domain->vectors_hpa, domain->vectors_bytes};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (!check_exactly(check, index, &own[i]))
            return false;
    if ((devices.bytes && !check_exactly(check, index, &devices)) ||
        (vectors.bytes && !check_exactly(check, index, &vectors)))
        return false;
    uint64_t due = public_bytes(&check->manifest->domains[index]);
    return domain->public_bytes == due ||
           check_fail(check->result, "I11", "domain %u: public page of %lx bytes, expected %lx",
                      index, domain->public_bytes, due);
}

static bool check_places(const struct check_machine *check)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_extent *text = find(handoff, EXTENT_TEXT, 0, handoff->kernel_hpa, 1);
    uint64_t text_bytes = text ? text->bytes : 0;
    const struct place shared[] = {
        {EXTENT_TEXT, handoff->kernel_hpa, ANY_LENGTH},
        {EXTENT_CONSTANTS, handoff->kernel_hpa + text_bytes, handoff->kernel_bytes - text_bytes},
        {EXTENT_START, handoff->start_hpa, handoff->start_bytes},
        {EXTENT_HANDOFF, handoff->self_hpa, handoff->bytes},
        {EXTENT_TRAMPOLINE, handoff->trampoline_hpa, PAGE_BYTES},
        {EXTENT_BOOT, handoff->boot_page_table, ANY_LENGTH},
        {EXTENT_STOP, handoff->stop_hpa, PAGE_BYTES},
        {EXTENT_IOMMU, handoff->iommu_root, handoff->iommu_bytes},
        {EXTENT_IOMMU, handoff->iommu_queue, PAGE_BYTES},
        {EXTENT_IOMMU, handoff->iommu_entries, IRT_BYTES}};
    for (size_t i = 0; i < sizeof shared / sizeof shared[0] - (handoff->iommu_count ? 0 : 3); i++)
        if (!check_exactly(check, 0, &shared[i]))
            return false;
    /* Start tables lie behind it, and are zeroed to the end while it is still in use. */
    uint64_t start_tables = handoff->boot_page_table + handoff->boot_table_bytes;
    if (!handoff->boot_table_bytes || handoff->boot_table_bytes % PAGE_BYTES)
        return check_fail(check->result, "I11", "boot page table of %lx bytes",
                          handoff->boot_table_bytes);
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        const struct handoff_cpu *cpu = &handoff->cpus[i];
        uint64_t behind = cpu->domain == HANDOFF_NOBODY ? PARKED_TABLES_BYTES + PAGE_BYTES : 0;
        const struct place state = {EXTENT_CPU, cpu->state_hpa, handoff->cpu_state_bytes + behind};
        const struct place record = {EXTENT_RECORD, handoff_record(cpu, handoff->stop_hpa),
                                     PAGE_BYTES};
        if (!check_exactly(check, i, &state) || !check_exactly(check, i, &record))
            return false;
        if (cpu->start_table % PAGE_BYTES || cpu->start_table < start_tables ||
            !find(handoff, EXTENT_BOOT, 0, cpu->start_table, PAGE_BYTES))
            return check_fail(check->result, "I11",
                              "cpu %u: start table at %lx: not in boot tables behind %lx", i,
                              cpu->start_table, start_tables);
    }
    return check_each(check, handoff->domain_count, check_places_of_domain);
}

bool check_owners(const struct check_machine *check)
{
    const struct handoff *handoff = check->handoff;
    *check->result = (struct check_result){.invariant = ""};
    check->result->ok = check_counts(check) && check_management(check) && check_extents(check) &&
                        check_each(check, handoff->domain_count, check_domain) &&
                        check_each(check, handoff->cpu_count, check_cpu) && check_threads(check) &&
                        check_places(check) && check_each(check, handoff->cpu_count, check_slice) &&
                        check_book(check);
    return check->result->ok;
}
