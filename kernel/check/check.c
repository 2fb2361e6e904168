/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The separation check, ownership: does the handoff give every frame and processor to one owner,
 * and to each domain what the manifest says (I1, I2)?
 */
#include "check_parts.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"
#include "kernel/format.h"

#define MAX_HPA    (1ull << 52)
#define LOCAL_APIC 0xfee00000ull
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
    [EXTENT_STOP] = {"stop word", SCOPE_SHARED, RW, VA_STOP, VA_STOP_END},
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
static bool check_counts(const struct check *check)
{
    const struct handoff *handoff = check->handoff;
    uint32_t due = check->in->manifest->domain_count;
    if (handoff->magic != HANDOFF_MAGIC || handoff->version != HANDOFF_VERSION ||
        handoff->cpu_count > MAX_CPUS || handoff->domain_count > MAX_DOMAINS ||
        handoff->domain_count != due || handoff->ioapic_count > MAX_IOAPICS ||
        handoff->extent_count > MAX_EXTENTS || check->in->cpu >= handoff->cpu_count)
        return check_fail(check, "I12",
                          "handoff version %u, %u cpus with this one %u, %u extents, "
                          "%u domains, expected %u",
                          handoff->version, handoff->cpu_count, check->in->cpu,
                          handoff->extent_count, handoff->domain_count, due);
    return true;
}

/* No owned frame lies where a device answers. */
static bool check_devices(const struct check *check, const struct handoff_extent *extent,
                          const char *whose)
{
    const struct handoff *handoff = check->handoff;
    uint64_t buses = (uint64_t)handoff->ecam_bus_last - handoff->ecam_bus_first + 1;
    struct handoff_extent windows[MAX_IOAPICS + 3] = {
        {LOCAL_APIC, PAGE_BYTES, 0, 0},
        {handoff->screen.base, handoff->screen.bytes, 0, 0},
        {handoff->ecam_base + ((uint64_t)handoff->ecam_bus_first << 20),
         handoff->ecam_base ? buses << 20 : 0, 0, 0}};
    for (uint32_t i = 0; i < handoff->ioapic_count; i++)
        windows[3 + i] = (struct handoff_extent){handoff->ioapics[i].address, PAGE_BYTES, 0, 0};
    for (uint32_t i = 0; i < 3 + handoff->ioapic_count; i++)
        if (windows[i].bytes &&
            (holds(&windows[i], extent->base, 1) || holds(extent, windows[i].base, 1)))
            return check_fail(check, "I1", "%s at %lx: the device window at %lx overlaps it", whose,
                              extent->base, windows[i].base);
    return true;
}

/* Sorted and disjoint: with that, "inside an extent" means "nobody else's" everywhere else. */
static bool check_extents(const struct check *check)
{
    const struct handoff *handoff = check->handoff;
    const struct handoff_extent *ram = NULL;
    uint64_t end = 0, unowned = 0, guard = check->in->manifest->header->memory_guard;
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        const char *wrong = NULL;
        char whose[48] = "extent";
        if (extent->kind == 0 || extent->kind > EXTENT_PUBLIC) {
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
        unowned += extent->base - end;
        end = extent->base + extent->bytes;
        if (extent->kind == EXTENT_RAM) {
            if (ram && ram->index != extent->index && unowned < guard)
                wrong = "no guard gap to the domain below";
            ram = extent;
            unowned = 0;
        }
        if (wrong)
            return check_fail(check, "I1", "%s at %lx, %lx bytes: %s", whose, extent->base,
                              extent->bytes, wrong);
        if (!check_devices(check, extent, whose))
            return false;
    }
    return true;
}

/* A domain's RAM: its manifest's size, all in its extents, from 0 without a gap but the hole. */
static bool check_ram(const struct check *check, uint32_t index)
{
    const struct handoff_domain *domain = &check->handoff->domains[index];
    uint64_t next = 0, sum = 0, owned = 0, memory = check->in->manifest->domains[index].memory;
    for (uint32_t i = 0; i < domain->ram_count; i++) {
        const struct handoff_ram *ram = &domain->ram[i];
        bool above = ram->gpa == GUEST_HOLE_END && next && next <= GUEST_HOLE_BASE;
        const char *wrong = NULL;
        if ((ram->gpa != next && !above) || (ram->hpa | ram->bytes) % PAGE_BYTES || !ram->bytes)
            wrong = "out of place";
        else if (!find(check->handoff, EXTENT_RAM, index, ram->hpa, ram->bytes))
            wrong = "not all its own";
        for (uint32_t k = 0; k < i; k++)
            if (ram->hpa < domain->ram[k].hpa + domain->ram[k].bytes &&
                domain->ram[k].hpa < ram->hpa + ram->bytes)
                wrong = "mapped twice";
        next = ram->gpa + ram->bytes;
        if (ram->gpa < GUEST_HOLE_END && next > GUEST_HOLE_BASE)
            wrong = "in the hole";
        if (wrong)
            return check_fail(check, "I1", "domain %u: RAM %u at gpa %lx, hpa %lx, %lx bytes: %s",
                              index, i, ram->gpa, ram->hpa, ram->bytes, wrong);
        sum += ram->bytes;
    }
    for (uint32_t i = 0; i < check->handoff->extent_count; i++)
        if (check->handoff->extents[i].kind == EXTENT_RAM &&
            check->handoff->extents[i].index == index)
            owned += check->handoff->extents[i].bytes;
    if (sum != memory || domain->ram_bytes != memory || owned != memory)
        return check_fail(check, "I1", "domain %u: %lx bytes of RAM, of %lx owned, expected %lx",
                          index, sum, owned, memory);
    return true;
}

static bool check_domain(const struct check *check, uint32_t index)
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
        bool wanted = cpu < handoff->cpu_count && !(rules->flags & MANIFEST_CPUS_PINNED);
        for (uint32_t k = 0; k < rules->cpu_count && cpu < handoff->cpu_count; k++)
            wanted |= rules->cpus[k] == handoff->cpus[cpu].apic_id;
        if (!wanted || handoff->cpus[cpu].domain != index || handoff->cpus[cpu].index != i)
            return check_fail(check, "I2", "domain %u: number %u is cpu %u, %s", index, i, cpu,
                              wanted ? "which says otherwise" : "not one that it asks for");
    }
    return check_ram(check, index);
}

static bool check_cpus(const struct check *check)
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
            return check_fail(check, "I11", "cpu %u: state at %lx, %lx bytes: not all its own", i,
                              cpu->state_hpa, handoff->cpu_state_bytes);
        for (uint32_t k = 0; k < i; k++) {
            const struct handoff_cpu *other = &handoff->cpus[k];
            bool apart = other->domain != cpu->domain && other->domain != HANDOFF_NOBODY &&
                         cpu->domain != HANDOFF_NOBODY;
            if (other->apic_id == cpu->apic_id ||
                (apart && other->apic_id >> shift == cpu->apic_id >> shift))
                return check_fail(check, "I2", "cpus %u and %u, APIC ids %u and %u: %s", k, i,
                                  other->apic_id, cpu->apic_id,
                                  apart ? "siblings in different domains" : "the same");
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
