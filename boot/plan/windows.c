/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a domain finds the registers of its functions. The largest first: sizes are powers of
 * two, so nothing is lost between them, and 32-bit ones before those that can lie anywhere.
 */
#include "align.h"
#include "judge.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"

#define LOW_RAM_BYTES GUEST_HOLE_BASE

struct room {
    uint64_t low, high, limit; /* the next address in the hole; above RAM; and its end */
};

struct place {
    struct function *function;
    struct function_bar *bar;
};

static uint64_t room_of(const struct function_bar *bar)
{
    return page_up(bar->bytes);
}

static uint64_t page_of(uint64_t address)
{
    return align_down(address, PAGE_BYTES);
}

/* The largest that has no place yet, of those with 64 bits or those without; the first of these. */
static struct place next_bar(struct handoff *handoff, uint32_t domain, uint32_t wide)
{
    struct place next = {NULL, NULL};
    for (uint32_t i = 0; i < handoff->function_count; i++)
        for (uint32_t b = 0; b < MAX_BARS && handoff->functions[i].domain == domain; b++) {
            struct function_bar *bar = &handoff->functions[i].bars[b];
            if (bar->bytes > 0 && bar->gpa == 0 && (bar->type & BAR_64) == wide &&
                (!next.bar || room_of(bar) > room_of(next.bar)))
                next = (struct place){&handoff->functions[i], bar};
        }
    return next;
}

/* A register smaller than a page keeps its place in the page. */
static bool place_bar(struct room *room, struct function_bar *bar)
{
    uint64_t bytes = room_of(bar), at = align_up(room->low, bytes);
    if (at < GUEST_ECAM && bytes <= GUEST_ECAM - at) {
        room->low = at + bytes;
    } else {
        at = align_up(room->high, bytes);
        if (!(bar->type & BAR_64) || at >= room->limit || bytes > room->limit - at)
            return false;
        room->high = at + bytes;
    }
    bar->gpa = at + bar->hpa % PAGE_BYTES;
    return true;
}

static bool place_bars(const struct plan_input *in, struct handoff *handoff, uint32_t domain,
                       struct room *room, struct diagnostic *why)
{
    struct place next;
    for (uint32_t wide = 0; wide <= BAR_64; wide += BAR_64)
        while ((next = next_bar(handoff, domain, wide)).bar)
            if (!place_bar(room, next.bar))
                return diagnose(why,
                                "I3: domain %s has no room left for a BAR of %lu bytes of the PCI "
                                "function " PCI_NAME " below %lx: give it fewer functions, or less "
                                "memory",
                                in->manifest->domains[domain].name, next.bar->bytes,
                                PCI_PARTS(next.function->pci),
                                wide ? room->limit : (uint64_t)GUEST_ECAM);
    return true;
}

/*
 * Whole pages around some bytes of a BAR; joins the run before it, which does not lie behind, if
 * that begins in the same BAR: the next one may be its neighbour.
 */
static void add_trap(struct function *function, uint32_t bar, uint32_t offset, uint32_t bytes)
{
    const struct function_bar *in = &function->bars[bar];
    uint64_t gpa = page_of(in->gpa + offset), end = page_up(in->gpa + offset + bytes);
    struct function_trap *last =
        function->trap_count ? &function->traps[function->trap_count - 1] : NULL;
    if (last && last->gpa >= page_of(in->gpa) && gpa >= last->gpa &&
        gpa <= last->gpa + last->bytes) {
        last->bytes = max_u64(last->bytes, end - last->gpa);
        return;
    }
    function->traps[function->trap_count++] =
        (struct function_trap){.gpa = gpa, .hpa = page_of(in->hpa + offset), .bytes = end - gpa};
}

/* Ascending by register and offset, each run once. */
static void make_traps(struct function *function, uint64_t *va)
{
    struct {
        uint32_t bar, offset, bytes;
    } list[3], one;
    uint32_t count = 0;
    if (function->vectors > 0) {
        list[count].bar = function->table_bar;
        list[count].offset = function->table_offset;
        list[count++].bytes = function->vectors * 16;
        list[count].bar = function->pending_bar;
        list[count].offset = function->pending_offset;
        list[count++].bytes = pending_bytes(function->vectors);
    }
    if (function->legacy_offset) {
        list[count].bar = 0;
        list[count].offset = function->legacy_offset;
        list[count++].bytes = 8;
    }
    for (uint32_t i = 1; i < count; i++)
        for (uint32_t j = i;
             j > 0 && (list[j - 1].bar > list[j].bar ||
                       (list[j - 1].bar == list[j].bar && list[j - 1].offset > list[j].offset));
             j--) {
            one = list[j];
            list[j] = list[j - 1];
            list[j - 1] = one;
        }
    for (uint32_t i = 0; i < count; i++)
        add_trap(function, list[i].bar, list[i].offset, list[i].bytes);
    for (uint32_t i = 0; i < function->trap_count; i++) {
        function->traps[i].va = *va;
        *va += function->traps[i].bytes;
    }
}

static bool add_window(struct handoff_domain *place, uint64_t gpa, uint64_t hpa, uint64_t bytes)
{
    uint32_t at = place->window_count;
    if (bytes == 0)
        return true;
    if (at == MAX_DOMAIN_WINDOWS)
        return false;
    for (; at > 0 && place->windows[at - 1].gpa > gpa; at--)
        place->windows[at] = place->windows[at - 1];
    place->windows[at] = (struct handoff_window){gpa, hpa, bytes};
    place->window_count++;
    return true;
}

/* What is between the trapped runs of one register, which ascend. */
static bool add_windows(struct handoff_domain *place, const struct function *function,
                        const struct function_bar *bar)
{
    uint64_t gpa = page_of(bar->gpa), hpa = page_of(bar->hpa), end = gpa + room_of(bar);
    for (uint32_t i = 0; i < function->trap_count; i++) {
        const struct function_trap *trap = &function->traps[i];
        if (trap->gpa < gpa || trap->gpa >= end)
            continue;
        if (!add_window(place, gpa, hpa, trap->gpa - gpa))
            return false;
        hpa += trap->gpa + trap->bytes - gpa;
        gpa = trap->gpa + trap->bytes;
    }
    return add_window(place, gpa, hpa, end - gpa);
}

static uint64_t ram_end(uint64_t bytes)
{
    return GUEST_HOLE_END + (bytes > LOW_RAM_BYTES ? bytes - LOW_RAM_BYTES : 0);
}

/* Of all units that the domain's functions lie behind, and the processor. */
static uint64_t limit_of(const struct facts *facts, const struct handoff *handoff, uint32_t domain)
{
    uint64_t limit = 1ull << facts->physical_address_bits;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        if (handoff->functions[i].domain != domain)
            continue;
        const struct fact_function *fact = fact_function(facts, handoff->functions[i].pci);
        limit = min_u64(limit, unit_limit(facts, (uint32_t)(fact - facts->functions)));
    }
    return limit;
}

bool place_registers(const struct plan_input *in, struct handoff *handoff, uint32_t domain,
                     struct diagnostic *why)
{
    const struct manifest_domain *rules = &in->manifest->domains[domain];
    struct handoff_domain *place = &handoff->domains[domain];
    struct room room = {.low = GUEST_DEVICES,
                        .high = ram_end(rules->memory),
                        .limit = limit_of(in->facts, handoff, domain)};
    uint64_t va = VA_TRAPPED;
    if (room.high > room.limit)
        return diagnose(why,
                        "I3: the memory of domain %s ends at %lx, and the IOMMU unit of its "
                        "functions translates below %lx only: give it less memory, or no functions",
                        rules->name, room.high, room.limit);
    if (!place_bars(in, handoff, domain, &room, why))
        return false;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        struct function *function = &handoff->functions[i];
        if (function->domain != domain)
            continue;
        make_traps(function, &va);
        for (uint32_t b = 0; b < MAX_BARS; b++)
            if (function->bars[b].bytes > 0 && !add_windows(place, function, &function->bars[b]))
                return diagnose(why,
                                "I3: the registers of the functions of domain %s lie in more than "
                                "%u pieces: give it fewer functions",
                                rules->name, MAX_DOMAIN_WINDOWS);
    }
    return true;
}
