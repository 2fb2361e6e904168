/* SPDX-License-Identifier: Apache-2.0 */
#include "check_world.h"
#include "kernel/abi/layout.h"
#include <stdlib.h>
#include <string.h>

enum { P = 1, W = 2, U = 4, LARGE = 0x80, EPT_RWX = 7, EPT_WB = 0x30 };
#define NX      (1ull << 63)
#define ANY     (0xffffffffull << 32)
#define ADDRESS 0xffffffffff000ull

const uint64_t world_ept_leaf = EPT_RWX | EPT_WB;

static uint64_t new_table(struct world *world, uint32_t cpu)
{
    uint64_t hpa = world->next_table[cpu];
    world->next_table[cpu] += PAGE_BYTES;
    return hpa;
}

uint64_t *world_entry(struct world *world, uint64_t root, uint64_t address, unsigned level)
{
    uint64_t table = root & ADDRESS;
    for (unsigned at = 4;; at--) {
        uint64_t *entry =
            (uint64_t *)(world->memory + table) + (address >> (12 + 9 * (at - 1)) & 511);
        if (at == level)
            return entry;
        table = *entry & ADDRESS;
    }
}

void world_map(struct world *world, uint32_t cpu, uint64_t root, uint64_t address, uint64_t entry,
               unsigned level, uint64_t branch)
{
    for (unsigned at = 4; at > level; at--) {
        uint64_t *link = world_entry(world, root, address, at);
        if (!*link)
            *link = new_table(world, cpu) | branch;
    }
    *world_entry(world, root, address, level) = entry;
}

static void map_run(struct world *world, uint32_t cpu, uint64_t va, uint64_t hpa, uint64_t bytes,
                    uint64_t bits)
{
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        world_map(world, cpu < 2 ? 0 : cpu, world->handoff.cpus[cpu].page_table, va + at,
                  (hpa + at) | bits, 1, P | W);
}

static void add_extent(struct world *world, uint32_t kind, uint32_t index, uint64_t base,
                       uint64_t bytes)
{
    struct handoff *handoff = &world->handoff;
    handoff->extents[handoff->extent_count++] = (struct handoff_extent){base, bytes, kind, index};
}

static void make_segments(struct world *world)
{
    static const struct check_segment segments[] = {
        {VA_KERNEL, 0x4000, EXTENT_TEXT},      {VA_KERNEL + 0x4000, 0x2000, EXTENT_CONSTANTS},
        {VA_CPU, 0x5000, EXTENT_CPU},          {VA_CPU + 0x6000, 0x1000, EXTENT_CPU},
        {VA_CPU + 0x8000, 0x1000, EXTENT_CPU}, {VA_CPU + 0xa000, 0x1000, EXTENT_CPU},
        {VA_DOMAIN, 0x2000, EXTENT_PRIVATE},
    };
    memcpy(world->segments, segments, sizeof segments);
}

static void make_domain(struct world *world, uint32_t index)
{
    struct handoff_domain *domain = &world->handoff.domains[index];
    uint64_t step = (uint64_t)index * WORLD_DOMAIN_STEP;
    uint64_t ram = WORLD_RAM + (uint64_t)index * WORLD_RAM_STEP;
    *domain = (struct handoff_domain){.cpu_count = index ? 1 : 2,
                                      .cpus = {index ? 2 : 0, index ? 0 : 1},
                                      .ram_count = index ? 1 : 2,
                                      .ram_bytes = 4 << 20,
                                      .ram = {{0, ram, index ? 4 << 20 : 3 << 20}},
                                      .tables_hpa = WORLD_TABLES + step,
                                      .tables_bytes = WORLD_TABLES_BYTES,
                                      .payload_hpa = WORLD_PAYLOAD + step,
                                      .payload_bytes = 0x2345,
                                      .private_hpa = WORLD_PRIVATE + step,
                                      .private_bytes = 0x2000,
                                      .public_hpa = WORLD_PUBLIC + step,
                                      .public_bytes = 2 * PAGE_BYTES,
                                      .ram_leaf_bytes = index ? LARGE_PAGE_BYTES : PAGE_BYTES};
    if (!index)
        domain->ram[1] = (struct handoff_ram){1ull << 32, ram + (3 << 20), 1 << 20};
    world->rules[index] =
        (struct manifest_domain){.cpu_count = domain->cpu_count, .memory = 4 << 20};
    world->next_table[index * 2] = domain->tables_hpa;
    domain->nested_root = new_table(world, index * 2);
}

static void make_extents(struct world *world)
{
    add_extent(world, EXTENT_TRAMPOLINE, 0, WORLD_TRAMPOLINE, 0x1000);
    add_extent(world, EXTENT_TEXT, 0, WORLD_TEXT, 0x4000);
    add_extent(world, EXTENT_CONSTANTS, 0, WORLD_CONSTANTS, 0x2000);
    add_extent(world, EXTENT_HANDOFF, 0, WORLD_HANDOFF, WORLD_HANDOFF_BYTES);
    add_extent(world, EXTENT_STOP, 0, WORLD_STOP, 0x1000);
    for (uint32_t i = 0; i < 4; i++)
        add_extent(world, EXTENT_RECORD, i, handoff_record(&world->handoff.cpus[i], WORLD_STOP),
                   0x1000);
    add_extent(world, EXTENT_START, 0, WORLD_START, WORLD_START_BYTES);
    add_extent(world, EXTENT_BOOT, 0, WORLD_BOOT, WORLD_BOOT_BYTES);
    for (uint32_t i = 0; i < 4; i++)
        add_extent(world, EXTENT_CPU, i, WORLD_CPU + (uint64_t)i * WORLD_CPU_STEP,
                   WORLD_STATE_PAGES * PAGE_BYTES +
                       (i == 3 ? PARKED_TABLES_BYTES + PAGE_BYTES : 0));
    for (uint32_t i = 0; i < 2; i++) {
        uint64_t step = (uint64_t)i * WORLD_DOMAIN_STEP;
        add_extent(world, EXTENT_TABLES, i, WORLD_TABLES + step, WORLD_TABLES_BYTES);
        add_extent(world, EXTENT_PAYLOAD, i, WORLD_PAYLOAD + step, 0x3000);
        add_extent(world, EXTENT_PRIVATE, i, WORLD_PRIVATE + step, 0x2000);
        add_extent(world, EXTENT_PUBLIC, i, WORLD_PUBLIC + step, 0x2000);
        add_extent(world, EXTENT_SLICE, i, WORLD_SLICE + step, 0x1000);
    }
    for (uint32_t i = 0; i < 2; i++)
        add_extent(world, EXTENT_RAM, i, WORLD_RAM + (uint64_t)i * WORLD_RAM_STEP, 4 << 20);
}

static void make_nested(struct world *world, uint32_t index)
{
    struct handoff_domain *domain = &world->handoff.domains[index];
    uint64_t leaf = world->amd ? P | W | U : world_ept_leaf;
    uint64_t size = domain->ram_leaf_bytes;
    for (uint32_t r = 0; r < domain->ram_count; r++)
        for (uint64_t at = 0; at < domain->ram[r].bytes; at += size)
            world_map(world, index * 2, domain->nested_root, domain->ram[r].gpa + at,
                      (domain->ram[r].hpa + at) | leaf | (size > PAGE_BYTES ? LARGE : 0),
                      size > PAGE_BYTES ? 2 : 1, 7);
}

static void make_page_tables(struct world *world, uint32_t index)
{
    struct handoff_cpu *cpu = &world->handoff.cpus[index];
    uint64_t state = cpu->state_hpa;
    if (index == 3)
        world->next_table[3] = state + WORLD_STATE_PAGES * PAGE_BYTES;
    cpu->page_table = new_table(world, index < 2 ? 0 : index);
    map_run(world, index, VA_KERNEL, WORLD_TEXT, 0x4000, P);
    map_run(world, index, VA_KERNEL + 0x4000, WORLD_CONSTANTS, 0x2000, P | NX);
    map_run(world, index, VA_SLICE, cpu->slice_hpa, PAGE_BYTES, P | NX);
    map_run(world, index, VA_STOP, WORLD_STOP, PAGE_BYTES, P | W | NX);
    map_run(world, index, VA_RECORD, handoff_record(cpu, WORLD_STOP), PAGE_BYTES, P | W | NX);
    for (uint32_t i = 2; i < 6; i++) {
        map_run(world, index, world->segments[i].va, state, world->segments[i].bytes, P | W | NX);
        state += world->segments[i].bytes;
    }
    if (cpu->domain == HANDOFF_NOBODY) {
        map_run(world, index, VA_TABLES, state, PARKED_TABLES_BYTES, P | NX);
        return;
    }
    const struct handoff_domain *domain = &world->handoff.domains[cpu->domain];
    map_run(world, index, VA_DOMAIN, domain->private_hpa, domain->private_bytes, P | W | NX);
    map_run(world, index, VA_PUBLIC, domain->public_hpa, domain->public_bytes, P | W | NX);
    map_run(world, index, VA_TABLES, domain->tables_hpa, domain->tables_bytes, P | NX);
    map_run(world, index, VA_PAYLOAD, domain->payload_hpa, 0x3000, P | NX);
    for (uint32_t r = 0; r < domain->ram_count; r++)
        for (uint64_t at = 0; at < domain->ram[r].bytes;) {
            bool large = domain->ram[r].bytes - at >= LARGE_PAGE_BYTES;
            world_map(
                world, index < 2 ? 0 : index, cpu->page_table, VA_RAM + domain->ram[r].gpa + at,
                (domain->ram[r].hpa + at) | P | W | NX | (large ? LARGE : 0), large ? 2 : 1, P | W);
            at += large ? LARGE_PAGE_BYTES : PAGE_BYTES;
        }
}

static const void *frame(uint64_t hpa, void *context)
{
    struct world *world = context;
    if (hpa >= world->bytes && world->beyond)
        return world->beyond(hpa);
    return hpa < world->bytes ? world->memory + hpa : NULL;
}

/* Two MSRs for reading, one of them for writing; on AMD-V one of the third range too. */
static const struct world *granting;
static bool granted(uint32_t msr, bool write)
{
    const struct world *world = granting;
    return msr == 0xc0000100 ||
           (msr != 0 && msr == world->also_granted && write == world->also_written) ||
           (msr == 0x10 && !write) || (msr == 0xc0011029 && !write && world->amd);
}

/* After the state's bitmaps come the VMCB and what the host keeps, in what are other pages here. */
static void make_vmcb(struct world *world, const struct handoff_cpu *cpu)
{
    uint64_t *structures = world->registers.structures;
    memset(world->registers.controls, 0, sizeof world->registers.controls);
    world->registers.ept_vpid = 0;
    memset(world->registers.offered, 0, sizeof world->registers.offered);
    world->registers.offered[0] = 1ull << 26 << 32; /* virtual NMIs */
    structures[CHECK_IO_BITMAP] = cpu->state_hpa + 0x2000;
    structures[CHECK_CONTROL_BLOCK] = cpu->state_hpa + 0x5000;
    structures[CHECK_SAVE_AREA] = cpu->state_hpa + 0x6000;
    structures[CHECK_HOST_STATE] = cpu->state_hpa + 0x7000;
    uint64_t *vmcb = (uint64_t *)(world->memory + cpu->state_hpa + 0x5000);
    vmcb[0x0 / 8] = 0x110001; /* a read of CR0 exits now */
    vmcb[0x8 / 8] = 0xbc44800a00060002;
    vmcb[0x10 / 8] = 0x1b00007e7f;
    vmcb[0x58 / 8] = 0x100000001;
    vmcb[0x60 / 8] = 0x4000000;
    vmcb[0x90 / 8] = 1;
}

static void make_registers(struct world *world, uint32_t index)
{
    const struct handoff_cpu *cpu = &world->handoff.cpus[index];
    bool owned = cpu->domain != HANDOFF_NOBODY;
    struct check_host host = {.cr0 = 0x80010033,
                              .cr3 = cpu->page_table,
                              .cr4 = 0x302260,
                              .efer = 0xd00,
                              .pat = 0x0007040600070406};
    world->registers = (struct check_registers){
        .nested = world->amd ? CHECK_NPT : CHECK_EPT,
        .now = host,
        .on_exit = host,
        .cr4_offered = 0x300000,
        .apic_id = cpu->apic_id,
        .controls = {0x3e, 0xb5006d72, 0xea, 0x3f6fff, 0xd1ff, 0x60002, 0x60000020, ~0x770fbfull},
        /* Of the wanted ones INVPCID, XSAVES and user waits are not there. */
        .offered = {ANY | 0x16, ANY | 0x04006172, 0xeaull << 32, ANY | 0x36dfb, ANY | 0x11fb},
        .ept_vpid = 0xf0106334141,
        .structures = {[CHECK_MSR_BITMAP] = cpu->state_hpa,
                       [CHECK_CONTROL_BLOCK] = cpu->state_hpa + 0x1000,
                       [CHECK_SAVE_AREA] = cpu->state_hpa + 0x2000}};
    if (owned)
        world->registers.nested_root =
            world->handoff.domains[cpu->domain].nested_root | (world->amd ? 0 : 0x1e);
    if (!world->amd) {
        uint8_t *bitmap = world->memory + cpu->state_hpa;
        memset(bitmap, 0xff, PAGE_BYTES);
        bitmap[0x10 / 8] &= (uint8_t) ~(1 << 0x10 % 8);
        bitmap[0x400 + 0x100 / 8] &= (uint8_t)~1;
        bitmap[0xc00 + 0x100 / 8] &= (uint8_t)~1;
        return;
    }
    make_vmcb(world, cpu);
    uint8_t *map = world->memory + cpu->state_hpa;
    memset(map, 0xff, 5 * PAGE_BYTES);
    map[0x10 / 4] &= (uint8_t)~1;
    map[0x800 + 0x100 / 4] &= (uint8_t)~3;
    map[0x1000 + 0x1029 / 4] &= (uint8_t)~4;
}

const struct check_topology *world_topology(uint32_t cpu, void *context)
{
    struct world *world = context;
    return &world->topology[cpu];
}

/* Cores of one thread each. */
static void make_topology(struct world *world)
{
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        world->topology[i] =
            (struct check_topology){.amd = world->amd,
                                    .package = {8 << 16, 1 << 28},
                                    .caches = world->amd ? 0 : 7 << 26 | 0x21, /* eight cores */
                                    .unit_known = world->amd,
                                    .extended = {0, 1, 1 << 8, world->handoff.cpus[i].apic_id}};
}

void world_aim(struct world *world, uint32_t cpu, uint32_t segment_count)
{
    make_registers(world, cpu);
    make_topology(world);
    world->cpu = cpu;
    world->input = (struct check_input){.registers = &world->registers,
                                        .local = world->handoff.cpus[cpu].index,
                                        .segments = world->segments,
                                        .segment_count = segment_count,
                                        .frame = frame,
                                        .context = world,
                                        .granted = granted};
    granting = world;
}

void world_slice(struct world *world)
{
    const struct handoff *handoff = &world->handoff;
    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        const struct handoff_cpu *cpu = &handoff->cpus[i];
        struct handoff_slice *slice = (void *)(world->memory + cpu->slice_hpa);
        if (cpu->domain != HANDOFF_NOBODY && cpu->domain >= handoff->domain_count)
            continue;
        memset(slice, 0, PAGE_BYTES);
        *slice = (struct handoff_slice){.bytes = sizeof *slice,
                                        .domain = cpu->domain,
                                        .cpu_count = 1,
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
        if (handoff->iommu_count && i == 3) { /* nobody's: it reads the units' faults */
            slice->unit_count = handoff->iommu_count;
            slice->public_count = handoff->domain_count;
            for (uint32_t k = 0; k < MAX_IOMMUS; k++)
                slice->units[k] = handoff->iommus[k].registers;
            for (uint32_t k = 0; k < MAX_DOMAINS; k++)
                slice->public_pages[k] = handoff->domains[k].public_hpa;
        }
        slice->tells_on_com1 = world->manifest.header->flags & MANIFEST_LAB ? 1 : 0;
        for (uint32_t k = 0; k < world->manifest.domain_count; k++)
            if (world->manifest.domains[k].serial_port == 1)
                slice->tells_on_com1 = 0;
        if (cpu->domain == HANDOFF_NOBODY)
            continue;
        slice->place = handoff->domains[cpu->domain];
        slice->rules = world->manifest.domains[cpu->domain];
        memcpy(slice->manifest_digest, world->manifest.header->digest, DIGEST_BYTES);
        slice->cpu_count = slice->place.cpu_count;
        for (uint32_t k = 0; k < slice->cpu_count && k < MAX_DOMAIN_CPUS; k++)
            slice->cpus[k] = handoff->cpus[slice->place.cpus[k] % MAX_CPUS];
    }
}

bool world_check(struct world *world, unsigned piece)
{
    const struct check_machine machine = {.handoff = &world->handoff,
                                          .manifest = &world->manifest,
                                          .topology = world_topology,
                                          .frame = frame,
                                          .context = world,
                                          .result = &world->result};
    struct check check;
    if (!check_owners(&machine))
        return false;
    world->input.slice = frame(world->handoff.cpus[world->cpu].slice_hpa, world);
    check_begin(&check, &world->input, &world->result);
    while (check_go_on(&check, piece) == CHECK_GOES_ON)
        continue;
    return world->result.ok;
}

void world_make(struct world *world, bool amd, uint32_t cpu)
{
    *world = (struct world){.memory = calloc(1, WORLD_BYTES), .bytes = WORLD_BYTES, .amd = amd};
    struct handoff *handoff = &world->handoff;
    handoff->magic = HANDOFF_MAGIC;
    handoff->version = HANDOFF_VERSION;
    handoff->management = HANDOFF_NOBODY;
    handoff->bytes = WORLD_HANDOFF_BYTES;
    handoff->self_hpa = WORLD_HANDOFF;
    handoff->stop_hpa = WORLD_STOP;
    handoff->trampoline_hpa = WORLD_TRAMPOLINE;
    handoff->kernel_hpa = WORLD_TEXT;
    handoff->kernel_bytes = 0x6000;
    handoff->cpu_state_bytes = WORLD_STATE_PAGES * PAGE_BYTES;
    handoff->cpu_count = 4;
    handoff->domain_count = 2;
    handoff->ioapic_count = 1;
    handoff->ioapics[0].address = 0xfec00000;
    for (uint32_t i = 0; i < 4; i++)
        handoff->cpus[i] =
            (struct handoff_cpu){.apic_id = i * 2,
                                 .domain = i == 3 ? HANDOFF_NOBODY : i / 2,
                                 .index = i == 1,
                                 .record = i + 1,
                                 .state_hpa = WORLD_CPU + (uint64_t)i * WORLD_CPU_STEP,
                                 .start_table = WORLD_BOOT + WORLD_BOOT_BYTES / 2,
                                 .slice_hpa = WORLD_SLICE + (uint64_t)(i / 2) * WORLD_DOMAIN_STEP};
    handoff->cpus[3].slice_hpa =
        handoff->cpus[3].state_hpa + WORLD_STATE_PAGES * PAGE_BYTES + PARKED_TABLES_BYTES;
    handoff->start_hpa = WORLD_START;
    handoff->start_bytes = WORLD_START_BYTES;
    handoff->boot_page_table = WORLD_BOOT;
    handoff->boot_table_bytes = WORLD_BOOT_BYTES / 2;
    world->header.memory_guard = WORLD_GUARD;
    world->manifest =
        (struct manifest){.header = &world->header, .domains = world->rules, .domain_count = 2};
    make_segments(world);
    for (uint32_t i = 0; i < 2; i++)
        make_domain(world, i);
    make_extents(world);
    for (uint32_t i = 0; i < 2; i++)
        make_nested(world, i);
    for (uint32_t i = 0; i < 4; i++)
        make_page_tables(world, i);
    world_aim(world, cpu, 7);
}

void world_free(struct world *world)
{
    free(world->memory);
}
