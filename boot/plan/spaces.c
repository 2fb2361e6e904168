/* SPDX-License-Identifier: Apache-2.0 */
/* What each set of tables maps. */
#include "spaces.h"
#include "align.h"
#include "kernel/abi/guest.h"
#include "kernel/abi/layout.h"

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
    paging_add(out, VA_SLICE, handoff->cpus[cpu].slice_hpa, PAGE_BYTES, PAGE_BYTES, PAGING_READ);
    if (start)
        paging_add(out, VA_HANDOFF, handoff->self_hpa, handoff->bytes, PAGE_BYTES, PAGING_READ);
    paging_add(out, VA_STOP, handoff->stop_hpa, PAGE_BYTES, PAGE_BYTES, PAGING_WRITE);
    add_area(spaces, KERNEL_CPU, handoff->cpus[cpu].state_hpa, out);
}

/* What a processor maps of its domain's own state. */
static void add_domain(const struct spaces *spaces, const struct handoff_domain *domain,
                       struct paging_space *out)
{
    add_area(spaces, KERNEL_DOMAIN, domain->private_hpa, out);
    paging_add(out, VA_PUBLIC, domain->public_hpa, domain->public_bytes, PAGE_BYTES, PAGING_WRITE);
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

/* Maps the part of a device window that lies above `top`; returns the new top. */
static uint64_t add_window(uint64_t base, uint64_t bytes, uint64_t top, uint64_t leaf,
                           struct paging_space *out)
{
    uint64_t start = max_u64(align_down(base, LARGE_PAGE_BYTES), top);
    uint64_t end = align_up(base + bytes, LARGE_PAGE_BYTES);
    if (bytes == 0 || end <= start)
        return top;
    paging_add(out, start, start, end - start, leaf, PAGING_WRITE);
    return end;
}

void space_of_boot(const struct spaces *spaces, struct paging_space *out)
{
    const struct facts *facts = spaces->facts;
    const struct handoff *handoff = spaces->handoff;
    const struct free_range *last = &facts->free[facts->free_count - 1];
    uint64_t leaf = host_leaf(facts), tramp = handoff->trampoline_hpa;
    uint64_t top = max_u64(max_u64(last->base + last->bytes, facts->memory_end), GUEST_HOLE_END);
    const struct fact_ecam *window = ecam_first(facts);
    struct free_range ecam = window ? ecam_range(window) : (struct free_range){0};
    out->count = 0;
    top = align_up(top, leaf);
    paging_add(out, 0, 0, tramp, leaf, PAGING_WRITE);
    paging_add(out, tramp, tramp, PAGE_BYTES, leaf, PAGING_WRITE | PAGING_EXECUTE);
    paging_add(out, tramp + PAGE_BYTES, tramp + PAGE_BYTES, top - tramp - PAGE_BYTES, leaf,
               PAGING_WRITE);
    if (facts->screen.base < ecam.base) {
        top = add_window(facts->screen.base, facts->screen.bytes, top, leaf, out);
        add_window(ecam.base, ecam.bytes, top, leaf, out);
    } else {
        top = add_window(ecam.base, ecam.bytes, top, leaf, out);
        add_window(facts->screen.base, facts->screen.bytes, top, leaf, out);
    }
    add_hypervisor(spaces, handoff->boot_cpu, true, out);
}

void space_of_domain(const struct spaces *spaces, uint32_t index, struct paging_space *out)
{
    const struct handoff_domain *domain = &spaces->handoff->domains[index];
    out->count = 0;
    for (uint32_t i = 0; i < domain->ram_count; i++)
        paging_add(out, domain->ram[i].gpa, domain->ram[i].hpa, domain->ram[i].bytes,
                   domain->ram_leaf_bytes, PAGING_WRITE | PAGING_EXECUTE);
}
