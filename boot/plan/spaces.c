/* SPDX-License-Identifier: Apache-2.0 */
/* What each set of tables maps. */
#include "spaces.h"
#include "align.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/public.h"
#include "kernel/manifest.h"

static const uint32_t area_access[KERNEL_AREAS] = {
    [KERNEL_TEXT] = PAGING_EXECUTE,       [KERNEL_CONSTANTS] = PAGING_READ,
    [KERNEL_START_TEXT] = PAGING_EXECUTE, [KERNEL_START_CONSTANTS] = PAGING_READ,
    [KERNEL_CPU] = PAGING_WRITE,          [KERNEL_DOMAIN] = PAGING_WRITE,
};

/* The kernel's segments of one area, whose block starts at `block`. */
static void add_area(const struct spaces *spaces, enum kernel_area area, uint64_t block,
                     struct paging_space *out)
{
    for (uint32_t i = 0; i < spaces->image->count; i++) {
        const struct kernel_segment *segment = &spaces->image->segments[i];
        if (segment->area == area)
            paging_add(out, segment->va, block + segment->block_offset, segment->bytes, PAGE_BYTES,
                       area_access[area]);
    }
}

static bool is_management(const struct handoff *handoff, uint32_t cpu)
{
    return handoff->management != HANDOFF_NOBODY &&
           handoff->cpus[cpu].domain == handoff->management;
}

/* What a processor maps above VA_KERNEL, but for its domain's part; `start`: and at start-up. */
static void add_hypervisor(const struct spaces *spaces, uint32_t cpu, bool start,
                           struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    add_area(spaces, KERNEL_TEXT, handoff->kernel_hpa, out);
    add_area(spaces, KERNEL_CONSTANTS, handoff->kernel_hpa, out);
    if (start) {
        add_area(spaces, KERNEL_START_TEXT, handoff->start_hpa, out);
        add_area(spaces, KERNEL_START_CONSTANTS, handoff->start_hpa, out);
    }
    paging_add(out, VA_SLICE, handoff->cpus[cpu].slice_hpa,
               PAGE_BYTES + (is_management(handoff, cpu) ? BOOK_BYTES : 0), PAGE_BYTES,
               PAGING_READ);
    if (start)
        paging_add(out, VA_HANDOFF, handoff->self_hpa, handoff->bytes, PAGE_BYTES, PAGING_READ);
    paging_add(out, VA_STOP, handoff->stop_hpa, PAGE_BYTES, PAGE_BYTES, PAGING_WRITE);
    paging_add(out, VA_RECORD, handoff_record(&handoff->cpus[cpu], handoff->stop_hpa), PAGE_BYTES,
               PAGE_BYTES, PAGING_WRITE);
    add_area(spaces, KERNEL_CPU, handoff->cpus[cpu].state_hpa, out);
}

/* What a processor maps of its domain's own state. */
static void add_domain(const struct spaces *spaces, const struct handoff_domain *domain,
                       struct paging_space *out)
{
    add_area(spaces, KERNEL_DOMAIN, domain->private_hpa, out);
    paging_add(out, VA_PUBLIC, domain->public_hpa, domain->public_bytes, PAGE_BYTES, PAGING_WRITE);
}

/* Whom management may do anything with: it writes to the first page of each, and reads the rest; of
 * all others their rings. */
static void add_others(const struct spaces *spaces, uint32_t cpu, struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    for (uint32_t i = 0; is_management(handoff, cpu) && i < handoff->domain_count; i++) {
        const struct handoff_domain *other = &handoff->domains[i];
        uint64_t va = VA_OTHERS + (uint64_t)i * OTHERS_STRIDE;
        if (i == handoff->management)
            continue;
        if (!public_is_seen(&spaces->manifest->domains[i])) {
            uint64_t rings = public_counted(other->cpu_count);
            paging_add(out, va + rings, other->public_hpa + rings, public_rings(other->cpu_count),
                       PAGE_BYTES, PAGING_READ);
            continue;
        }
        paging_add(out, va, other->public_hpa, PAGE_BYTES, PAGE_BYTES, PAGING_WRITE);
        paging_add(out, va + PAGE_BYTES, other->public_hpa + PAGE_BYTES,
                   other->public_bytes - PAGE_BYTES, PAGE_BYTES, PAGING_READ);
    }
}

/*
 * Its functions: what they are, what it wrote into their MSI-X tables, a page of configuration
 * space each and one of the port above, and what of their registers it may reach through the
 * hypervisor only.
 */
static void add_functions(const struct spaces *spaces, uint32_t index, struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    const struct handoff_domain *domain = &handoff->domains[index];
    uint64_t own = VA_CONFIG, port = VA_CONFIG + CONFIG_PORTS * PAGE_BYTES;
    paging_add(out, VA_DEVICES, domain->devices_hpa, domain->devices_bytes, PAGE_BYTES,
               PAGING_READ);
    paging_add(out, VA_VECTORS, domain->vectors_hpa, domain->vectors_bytes, PAGE_BYTES,
               PAGING_WRITE);
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (handoff->functions[i].domain == index) {
            paging_add_device(out, own, handoff->functions[i].config_hpa, PAGE_BYTES);
            own += PAGE_BYTES;
        }
    for (uint32_t i = 0; i < handoff->function_count; i++)
        if (handoff->functions[i].domain == index) {
            if (handoff->functions[i].port_hpa)
                paging_add_device(out, port, handoff->functions[i].port_hpa, PAGE_BYTES);
            port += PAGE_BYTES;
        }
    for (uint32_t i = 0; i < handoff->function_count; i++)
        for (uint32_t j = 0;
             handoff->functions[i].domain == index && j < handoff->functions[i].trap_count; j++)
            paging_add_device(out, handoff->functions[i].traps[j].va,
                              handoff->functions[i].traps[j].hpa,
                              handoff->functions[i].traps[j].bytes);
}

/* What the reader of the units' faults sees besides: their registers, and whom it tells. */
static void add_units(const struct spaces *spaces, uint32_t cpu, struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    if (handoff->iommu_count == 0 || handoff_fault_reader(handoff) != cpu)
        return;
    for (uint32_t i = 0; i < handoff->iommu_count; i++)
        paging_add_device(out, VA_UNITS + i * PAGE_BYTES, handoff->iommus[i].registers, PAGE_BYTES);
    for (uint32_t i = 0; i < handoff->domain_count; i++)
        paging_add(out, VA_UNITS + (UNITS_PUBLIC + i) * PAGE_BYTES, handoff->domains[i].public_hpa,
                   PAGE_BYTES, PAGE_BYTES, PAGING_WRITE);
}

/*
 * What the units' tables say of its functions: the page of each one's context entry and those of
 * its block of the remapping table. The check reads them; where the first is, is known at last when
 * the tables are written.
 */
static void add_remap(const struct spaces *spaces, uint32_t index, struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    uint64_t va = VA_REMAP, block = handoff->domains[index].cpu_count * IRTE_BLOCK * 16ull;
    for (uint32_t i = 0; i < handoff->function_count; i++) {
        const struct function *function = &handoff->functions[i];
        uint64_t first = handoff->iommu_entries + 16ull * function->irte;
        uint64_t base = align_down(first, PAGE_BYTES);
        if (function->domain != index)
            continue;
        if (!(function->flags & FUNCTION_SILENT)) {
            paging_add(out, va, align_down(function->context_hpa, PAGE_BYTES), PAGE_BYTES,
                       PAGE_BYTES, PAGING_READ);
            paging_add(out, va + PAGE_BYTES, base, page_up(first + block) - base, PAGE_BYTES,
                       PAGING_READ);
        }
        va += REMAP_STRIDE;
    }
}

static uint64_t host_leaf(const struct facts *facts)
{
    return facts->host_huge_pages ? HUGE_PAGE_BYTES : LARGE_PAGE_BYTES;
}

void space_of_cpu(const struct spaces *spaces, uint32_t cpu, struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    uint32_t index = handoff->cpus[cpu].domain;
    out->count = 0;
    if (index == HANDOFF_NOBODY) {
        paging_add(out, VA_TABLES, handoff->cpus[cpu].state_hpa + handoff->cpu_state_bytes,
                   PARKED_TABLES_BYTES, PAGE_BYTES, PAGING_READ);
        add_hypervisor(spaces, cpu, false, out);
        add_units(spaces, cpu, out);
        return;
    }
    const struct handoff_domain *domain = &handoff->domains[index];
    paging_add(out, VA_TABLES, domain->tables_hpa, domain->tables_bytes, PAGE_BYTES, PAGING_READ);
    paging_add(out, VA_PAYLOAD, domain->payload_hpa, domain->payload_bytes, LARGE_PAGE_BYTES,
               PAGING_READ);
    for (uint32_t i = 0; i < domain->ram_count; i++)
        paging_add(out, VA_RAM + domain->ram[i].gpa, domain->ram[i].hpa, domain->ram[i].bytes,
                   host_leaf(spaces->facts), PAGING_WRITE);
    add_hypervisor(spaces, cpu, false, out);
    add_domain(spaces, domain, out);
    add_others(spaces, cpu, out);
    add_functions(spaces, index, out);
    add_units(spaces, cpu, out);
    add_remap(spaces, index, out);
}

void space_of_start(const struct spaces *spaces, uint32_t cpu, struct paging_space *out)
{
    const struct handoff *handoff = spaces->handoff;
    uint32_t index = handoff->cpus[cpu].domain;
    out->count = 0;
    add_hypervisor(spaces, cpu, true, out);
    if (index != HANDOFF_NOBODY)
        add_domain(spaces, &handoff->domains[index], out);
}

/* A run of memory or of a device's registers that kernel_main maps one to one. */
struct piece {
    uint64_t base, end;
    bool device;
};
enum { MAX_PIECES = MAX_MEMORY_RANGES + MAX_IOAPICS + MAX_IOMMUS + 2 };

/* Keeps the list ascending; a device within memory goes unmapped as such. */
static void add_piece(struct piece *pieces, uint32_t *count, uint64_t base, uint64_t bytes,
                      bool device)
{
    uint32_t at = *count;
    struct piece new = {align_down(base, PAGE_BYTES), page_up(base + bytes), device};
    for (uint32_t i = 0; i < *count; i++)
        if (ranges_overlap(new.base, new.end - new.base, pieces[i].base,
                           pieces[i].end - pieces[i].base))
            return;
    if (bytes == 0)
        return;
    for (; at > 0 && pieces[at - 1].base > new.base; at--)
        pieces[at] = pieces[at - 1];
    pieces[at] = new;
    ++*count;
}

/*
 * Memory but for two pages is data: the trampoline, and of the loader's text where it switches to
 * these tables. Start-up zeroes that one with all of the firmware's memory, so it writes too.
 */
static void add_memory(const struct spaces *spaces, const struct piece *piece,
                       struct paging_space *out)
{
    uint64_t trampoline = spaces->handoff->trampoline_hpa, jump = spaces->facts->jump_page;
    uint64_t code[] = {min_u64(trampoline, jump), max_u64(trampoline, jump)};
    uint64_t base = piece->base, leaf = host_leaf(spaces->facts);
    for (unsigned i = 0; i < 2; i++) {
        if (code[i] < base || code[i] >= piece->end)
            continue;
        paging_add(out, base, base, code[i] - base, leaf, PAGING_WRITE);
        paging_add(out, code[i], code[i], PAGE_BYTES, leaf, PAGING_WRITE | PAGING_EXECUTE);
        base = code[i] + PAGE_BYTES;
    }
    paging_add(out, base, base, piece->end - base, leaf, PAGING_WRITE);
}

/* What the firmware's map lists as memory, and the devices that start-up touches: nothing between
 * (TRAPS 56). */
void space_of_boot(const struct spaces *spaces, struct paging_space *out)
{
    const struct facts *facts = spaces->facts;
    const struct fact_ecam *window = ecam_first(facts);
    struct free_range ecam = window ? ecam_range(window) : (struct free_range){0};
    struct piece pieces[MAX_PIECES];
    uint32_t count = 0;
    out->count = 0;
    for (uint32_t i = 0; i < facts->memory_count; i++)
        add_piece(pieces, &count, facts->memory[i].base, facts->memory[i].bytes, false);
    add_piece(pieces, &count, spaces->handoff->screen.base, spaces->handoff->screen.bytes, true);
    add_piece(pieces, &count, ecam.base, ecam.bytes, true);
    for (uint32_t i = 0; i < facts->ioapic_count; i++)
        add_piece(pieces, &count, facts->ioapics[i].address, PAGE_BYTES, true);
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        add_piece(pieces, &count, facts->iommus[i].registers, PAGE_BYTES, true);
    for (uint32_t i = 0; i < count; i++)
        if (pieces[i].device)
            paging_add_device(out, pieces[i].base, pieces[i].base, pieces[i].end - pieces[i].base);
        else
            add_memory(spaces, &pieces[i], out);
    add_hypervisor(spaces, spaces->handoff->boot_cpu, true, out);
}

/* RAM, and the registers of its functions, which are no code; both ascend, and so must all. */
void space_of_domain(const struct spaces *spaces, uint32_t index, struct paging_space *out)
{
    const struct handoff_domain *domain = &spaces->handoff->domains[index];
    uint32_t window = 0;
    out->count = 0;
    for (uint32_t i = 0; i <= domain->ram_count; i++) {
        uint64_t end = i < domain->ram_count ? domain->ram[i].gpa : UINT64_MAX;
        for (; window < domain->window_count && domain->windows[window].gpa < end; window++)
            paging_add_registers(out, domain->windows[window].gpa, domain->windows[window].hpa,
                                 domain->windows[window].bytes, domain->ram_leaf_bytes);
        if (i < domain->ram_count)
            paging_add(out, domain->ram[i].gpa, domain->ram[i].hpa, domain->ram[i].bytes,
                       domain->ram_leaf_bytes, PAGING_WRITE | PAGING_EXECUTE);
    }
}
