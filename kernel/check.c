/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, ownership: does the handoff give every frame and processor to one owner,
 * and to each domain what the manifest says (I1, I2)?
 */
#include "check_parts.h"
#include "abi/guest.h"
#include "abi/layout.h"
#include "format.h"

#define MAX_HPA (1ull << 52)
enum { RW = CHECK_READ | CHECK_WRITE };

const struct check_kind check_kinds[EXTENT_PUBLIC + 1] = {
    [EXTENT_TEXT] = {"kernel text", SCOPE_SHARED, CHECK_READ | CHECK_EXECUTE, VA_KERNEL,
                     VA_KERNEL_END},
    [EXTENT_CONSTANTS] = {"kernel constants", SCOPE_SHARED, CHECK_READ, VA_KERNEL, VA_KERNEL_END},
    [EXTENT_HANDOFF] = {"handoff", SCOPE_SHARED, CHECK_READ, VA_HANDOFF, VA_HANDOFF_END},
    [EXTENT_CPU] = {"state", SCOPE_CPU, RW, VA_CPU, VA_CPU_END},
    [EXTENT_TRAMPOLINE] = {"trampoline", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_BOOT] = {"boot tables", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_PANIC] = {"panic record", SCOPE_SHARED, 0, 0, 0},
    [EXTENT_RAM] = {"RAM", SCOPE_DOMAIN, RW, VA_RAM, VA_KERNEL},
    [EXTENT_TABLES] = {"tables", SCOPE_DOMAIN, CHECK_READ, VA_TABLES, VA_PAYLOAD},
    [EXTENT_PAYLOAD] = {"payloads", SCOPE_DOMAIN, CHECK_READ, VA_PAYLOAD, VA_RAM},
    [EXTENT_PRIVATE] = {"private state", SCOPE_DOMAIN, RW, VA_DOMAIN, VA_DOMAIN_END},
    [EXTENT_PUBLIC] = {"public page", SCOPE_DOMAIN, RW, VA_PUBLIC, VA_PUBLIC_END},
};

bool check_fail(const struct check *check, const char *invariant, const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vformat(check->result->text, sizeof check->result->text, text, args);
    va_end(args);
    check->result->invariant = invariant;
    return false;
}

static void describe(const struct handoff_extent *extent, char *out, size_t room)
{
    const struct check_kind *kind = &check_kinds[extent->kind];
    if (kind->scope == SCOPE_SHARED)
        format(out, room, "%s", kind->name);
    else
        format(out, room, "%s of %s %u", kind->name, kind->scope == SCOPE_CPU ? "cpu" : "domain",
               extent->index);
}

static bool holds(const struct handoff_extent *extent, uint64_t base, uint64_t bytes)
{
    return base >= extent->base && base - extent->base < extent->bytes &&
           bytes <= extent->bytes - (base - extent->base);
}

/* The extent of this kind that holds the run; `index` is looked at where the kind has owners. */
static const struct handoff_extent *find(const struct handoff *handoff, uint32_t kind,
                                         uint32_t index, uint64_t base, uint64_t bytes)
{
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        if (extent->kind == kind && holds(extent, base, bytes) &&
            (check_kinds[kind].scope == SCOPE_SHARED || extent->index == index))
            return extent;
    }
    return NULL;
}

const struct handoff_extent *check_own_extent(const struct check *check, uint32_t kind,
                                              uint64_t hpa, uint64_t bytes)
{
    uint32_t index = check_kinds[kind].scope == SCOPE_CPU ? check->in->cpu : check->cpu->domain;
    return find(check->handoff, kind, index, hpa, bytes);
}

void check_owner(const struct check *check, uint64_t hpa, char *out, size_t room)
{
    for (uint32_t i = 0; i < check->handoff->extent_count; i++)
        if (holds(&check->handoff->extents[i], hpa, 1)) {
            describe(&check->handoff->extents[i], out, room);
            return;
        }
    format(out, room, "nobody");
}

/* Counts first: everything after this may index by them. */
static bool check_counts(struct check *check)
{
    const struct handoff *handoff = check->handoff;
    if (handoff->magic != HANDOFF_MAGIC || handoff->version != HANDOFF_VERSION)
        return check_fail(check, "I12", "handoff: magic %llx, version %u, expected %u",
                          (unsigned long long)handoff->magic, handoff->version, HANDOFF_VERSION);
    if (handoff->cpu_count > MAX_CPUS || handoff->domain_count > MAX_DOMAINS ||
        handoff->ioapic_count > MAX_IOAPICS || handoff->extent_count > MAX_EXTENTS)
        return check_fail(check, "I12", "handoff: %u cpus, %u domains, %u I/O APICs, %u extents: "
                          "more than its tables hold", handoff->cpu_count, handoff->domain_count,
                          handoff->ioapic_count, handoff->extent_count);
    if (handoff->domain_count != check->in->manifest->domain_count)
        return check_fail(check, "I12", "handoff: %u domains, expected %u of the manifest",
                          handoff->domain_count, check->in->manifest->domain_count);
    if (check->in->cpu >= handoff->cpu_count)
        return check_fail(check, "I12", "handoff: no cpu %u", check->in->cpu);
    return true;
}

/* No owned frame lies where a device answers. */
static bool check_devices(struct check *check, const struct handoff_extent *extent)
{
    const struct handoff *handoff = check->handoff;
    uint64_t ecam = handoff->ecam_base ? handoff->ecam_base : 0;
    struct handoff_extent windows[MAX_IOAPICS + 3] = {
        {0xfee00000, PAGE_BYTES, 0, 0}, /* local APIC */
        {handoff->screen.base, handoff->screen.bytes, 0, 0},
        {ecam + ((uint64_t)handoff->ecam_bus_first << 20),
         ecam ? ((uint64_t)handoff->ecam_bus_last - handoff->ecam_bus_first + 1) << 20 : 0, 0, 0}};
    for (uint32_t i = 0; i < handoff->ioapic_count; i++)
        windows[3 + i] = (struct handoff_extent){handoff->ioapics[i].address, PAGE_BYTES, 0, 0};
    for (uint32_t i = 0; i < 3 + handoff->ioapic_count; i++)
        if (holds(&windows[i], extent->base, 1) ||
            (windows[i].bytes && holds(extent, windows[i].base, 1))) {
            char whose[48];
            describe(extent, whose, sizeof whose);
            return check_fail(check, "I1", "%s at %llx lies in the device window at %llx", whose,
                              (unsigned long long)extent->base,
                              (unsigned long long)windows[i].base);
        }
    return true;
}

/* Sorted and disjoint: with that, "inside an extent" means "nobody else's" everywhere else. */
static bool check_extents(struct check *check)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_extent *ram = NULL;
    uint64_t end = 0, unowned = 0, guard = check->in->manifest->header->memory_guard;
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        char whose[48];
        if (extent->kind == 0 || extent->kind > EXTENT_PUBLIC)
            return check_fail(check, "I1", "extent %u: unknown kind %u", i, extent->kind);
        enum check_scope scope = check_kinds[extent->kind].scope;
        describe(extent, whose, sizeof whose);
        if ((scope == SCOPE_CPU && extent->index >= handoff->cpu_count) ||
            (scope == SCOPE_DOMAIN && extent->index >= handoff->domain_count))
            return check_fail(check, "I1", "extent %u: %s: no such owner", i, whose);
        if (!extent->bytes || (extent->base | extent->bytes) % PAGE_BYTES ||
            extent->base >= MAX_HPA || extent->bytes > MAX_HPA - extent->base)
            return check_fail(check, "I1", "extent %u: %s at %llx: not whole pages", i, whose,
                              (unsigned long long)extent->base);
        if (extent->base < end)
            return check_fail(check, "I1", "extent %u: %s at %llx overlaps the one before, to %llx",
                              i, whose, (unsigned long long)extent->base,
                              (unsigned long long)end);
        if (!check_devices(check, extent))
            return false;
        unowned += extent->base - end;
        end = extent->base + extent->bytes;
        if (extent->kind != EXTENT_RAM)
            continue;
        if (ram && ram->index != extent->index && unowned < guard)
            return check_fail(check, "I1", "%s at %llx: %llu KiB unowned below, to domain %u, "
                              "expected %llu", whose, (unsigned long long)extent->base,
                              (unsigned long long)unowned >> 10, ram->index,
                              (unsigned long long)guard >> 10);
        ram = extent;
        unowned = 0;
    }
    return true;
}

/* A domain's RAM: its manifest's size, in its extents, from 0 without a gap but the hole. */
static bool check_ram(struct check *check, uint32_t index)
{
    const struct handoff_domain *domain = &check->handoff->domains[index];
    uint64_t next = 0, sum = 0, memory = check->in->manifest->domains[index].memory;
    for (uint32_t i = 0; i < domain->ram_count; i++) {
        const struct handoff_ram *ram = &domain->ram[i];
        bool above = ram->gpa == GUEST_HOLE_END && next && next <= GUEST_HOLE_BASE;
        if (!ram->bytes || ram->bytes % PAGE_BYTES || ram->hpa % PAGE_BYTES ||
            (ram->gpa != next && !above))
            return check_fail(check, "I1", "domain %u: RAM segment %u at gpa %llx, expected %llx",
                              index, i, (unsigned long long)ram->gpa, (unsigned long long)next);
        if (!find(check->handoff, EXTENT_RAM, index, ram->hpa, ram->bytes))
            return check_fail(check, "I1", "domain %u: RAM segment %u at %llx is not all its own",
                              index, i, (unsigned long long)ram->hpa);
        for (uint32_t k = 0; k < i; k++)
            if (ram->hpa < domain->ram[k].hpa + domain->ram[k].bytes &&
                domain->ram[k].hpa < ram->hpa + ram->bytes)
                return check_fail(check, "I1", "domain %u: RAM segments %u and %u share frames",
                                  index, k, i);
        next = ram->gpa + ram->bytes;
        if (ram->gpa < GUEST_HOLE_END && next > GUEST_HOLE_BASE)
            return check_fail(check, "I1", "domain %u: RAM segment %u reaches gpa %llx, in the "
                              "hole", index, i, (unsigned long long)next);
        sum += ram->bytes;
    }
    if (sum != memory || domain->ram_bytes != memory)
        return check_fail(check, "I1", "domain %u: %llu KiB of RAM, expected %llu", index,
                          (unsigned long long)sum >> 10, (unsigned long long)memory >> 10);
    for (uint32_t i = 0; i < check->handoff->extent_count; i++)
        if (check->handoff->extents[i].kind == EXTENT_RAM &&
            check->handoff->extents[i].index == index)
            sum -= check->handoff->extents[i].bytes;
    if (sum)
        return check_fail(check, "I1", "domain %u: its RAM segments do not fill its extents",
                          index);
    return true;
}

static bool check_domain(struct check *check, uint32_t index)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_domain *domain = &handoff->domains[index];
    const struct manifest_domain *rules = &check->in->manifest->domains[index];
    if (domain->cpu_count != rules->cpu_count || domain->cpu_count > MAX_DOMAIN_CPUS ||
        domain->ram_count > MAX_RAM_SEGMENTS)
        return check_fail(check, "I2", "domain %u: %u cpus, expected %u", index, domain->cpu_count,
                          rules->cpu_count);
    for (uint32_t i = 0; i < domain->cpu_count; i++) {
        uint32_t cpu = domain->cpus[i];
        if (cpu >= handoff->cpu_count || handoff->cpus[cpu].domain != index ||
            handoff->cpus[cpu].index != i)
            return check_fail(check, "I2", "domain %u: cpu %u is not its own number %u", index, cpu,
                              i);
        bool listed = !(rules->flags & MANIFEST_CPUS_PINNED);
        for (uint32_t k = 0; k < rules->cpu_count && k < MAX_DOMAIN_CPUS && !listed; k++)
            listed = rules->cpus[k] == handoff->cpus[cpu].apic_id;
        if (!listed)
            return check_fail(check, "I2", "domain %u: APIC id %u is not one that it asks for",
                              index, handoff->cpus[cpu].apic_id);
    }
    return check_ram(check, index);
}

static bool check_cpus(struct check *check)
{
    const struct handoff *handoff = check->handoff;
    uint32_t shift = check->in->registers->smt_shift & 31;
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        const struct handoff_cpu *cpu = &handoff->cpus[i];
        if (cpu->domain != HANDOFF_NOBODY &&
            (cpu->domain >= handoff->domain_count ||
             cpu->index >= handoff->domains[cpu->domain].cpu_count ||
             handoff->domains[cpu->domain].cpus[cpu->index] != i))
            return check_fail(check, "I2", "cpu %u: domain %u does not list it", i, cpu->domain);
        if (!find(handoff, EXTENT_CPU, i, cpu->state_hpa, handoff->cpu_state_bytes))
            return check_fail(check, "I11", "cpu %u: state at %llx is not all its own", i,
                              (unsigned long long)cpu->state_hpa);
        for (uint32_t k = 0; k < i; k++) {
            const struct handoff_cpu *other = &handoff->cpus[k];
            if (other->apic_id == cpu->apic_id)
                return check_fail(check, "I2", "cpus %u and %u: the same APIC id %u", k, i,
                                  cpu->apic_id);
            if (other->apic_id >> shift == cpu->apic_id >> shift && other->domain != cpu->domain &&
                other->domain != HANDOFF_NOBODY && cpu->domain != HANDOFF_NOBODY)
                return check_fail(check, "I2", "cpus %u and %u are siblings, of domains %u and %u",
                                  k, i, other->domain, cpu->domain);
        }
    }
    return true;
}

bool check_processor(const struct check_input *in, struct check_result *result)
{
    struct check check = {in, in->handoff, NULL, NULL, result};
    *result = (struct check_result){.invariant = ""};
    if (!check_counts(&check) || !check_extents(&check))
        return false;
    for (uint32_t i = 0; i < in->handoff->domain_count; i++)
        if (!check_domain(&check, i))
            return false;
    if (!check_cpus(&check))
        return false;
    check.cpu = &in->handoff->cpus[in->cpu];
    if (check.cpu->domain != HANDOFF_NOBODY)
        check.domain = &in->handoff->domains[check.cpu->domain];
    result->ok = check_host_state(&check) && check_page_tables(&check) &&
                 (!check.domain || (check_guest_state(&check) && check_nested_tables(&check)));
    return result->ok;
}
