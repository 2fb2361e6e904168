/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines of several kinds with a manifest, a kernel and a board, for what the loader builds and
 * the separation check then looks at.
 */
#ifndef BULKHEAD_LOADER_WORLD_H
#define BULKHEAD_LOADER_WORLD_H

#include "boot/plan/plan.h"
#include "check_world.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/manifest_policy.h"
#include "kernel/start/check_machine.h"
#include "tests/unit/boot/board.h"
#include "tests/unit/boot/made_files.h"
#include "tests/unit/made_manifest.h"

enum { MEMORY_GIB = 12, KERNEL_ROOM = 0x20000, PAYLOAD_ROOM = 0x20000, MADE_DEVICES = 5 };

struct machine {
    const char *name;
    bool amd, host_huge, nested_huge, nested_large, small_executable;
    uint64_t big; /* memory of the first domain */
    uint32_t units, processors;
    uint32_t levels; /* of the units, with the functions of board.h; 0: without */
    bool managed;    /* the last domain is management, and the first has pages of counters */
};

struct setting {
    struct facts facts;
    struct made_elf elf;
    uint8_t kernel[KERNEL_ROOM], payload[PAYLOAD_ROOM];
    struct {
        struct made_manifest made;
        struct manifest_device devices[MADE_DEVICES];
        struct manifest_management management;
        struct manifest_policy policy;
        struct manifest_name levels[2];
    } manifest;
    struct board board;
    struct plan_input input;
    struct diagnostic why;
    struct world world;
};

static void *reach(uint64_t hpa, uint64_t bytes, void *context)
{
    struct world *world = context;
    if (hpa >= world->bytes || bytes > world->bytes - hpa)
        fail_msg("the loader reaches for %lx bytes at %lx", bytes, hpa);
    return world->memory + hpa;
}

static void set_facts(struct facts *facts, const struct machine *machine)
{
    *facts =
        (struct facts){.tsc_hz = 1000000000,
                       .physical_address_bits = 40,
                       .mtrr = {.default_type = 1 << 11 | 6}, /* on, write-back */
                       .host_huge_pages = machine->host_huge,
                       .nested_huge_pages = machine->nested_huge,
                       .nested_large_pages = machine->nested_large,
                       .large_executable_unsafe = machine->small_executable,
                       .amd = machine->amd,
                       .cpu_count = machine->processors,
                       .ioapic_count = 1,
                       .ioapics = {{.address = 0xfec00000}},
                       .free_count = 3,
                       .free = {{0x1000, 0x9e000}, {MIB, 2 * GIB - 3 * MIB}, {4 * GIB, 8 * GIB}}};
    facts->iommu_count = machine->units;
    facts->interrupt_remapping = true;
    for (uint32_t i = 0; i < machine->units; i++)
        facts->iommus[i] = (struct fact_iommu){.registers = 0xfed90000 + i * PAGE_BYTES,
                                               .capability = 0x20ull << 24 | 1 << 10,
                                               .extended_capability = 0x1a};
    facts->memory_count = facts->free_count;
    memcpy(facts->memory, facts->free, facts->free_count * sizeof facts->free[0]);
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        facts->cpus[i] = (struct fact_cpu){.apic_id = i, .core_id = i + 1, .boot = i == 0};
}

/* The board's functions, and where they are reached, on this machine. */
static void set_functions(struct setting *s, const struct machine *machine)
{
    const struct facts *board = &s->board.facts;
    struct facts *facts = &s->facts;
    board_init(&s->board);
    board_open_bridges(&s->board);
    facts->function_count = board->function_count;
    memcpy(facts->functions, board->functions, sizeof facts->functions);
    memcpy(facts->ecam, board->ecam, sizeof facts->ecam);
    facts->ecam_count = board->ecam_count;
    facts->dmar = true;
    facts->boot_function = 0x1f << 3 | 2;
    facts->iommus[0].include_all = true;
    for (uint32_t i = 0; i < facts->iommu_count; i++)
        facts->iommus[i].capability =
            0x20ull << 24 | 3ull << 34 | 2 |
            (machine->levels == 3 ? 38 << 16 | 1 << 9 : 47 << 16 | 1 << 10);
}

/* Configuration space as the board has it: headers, base addresses, no masters, no INTx. */
static void write_config(const struct setting *s)
{
    for (uint32_t i = 0; i < s->facts.function_count; i++) {
        const struct fact_function *fact = &s->facts.functions[i];
        uint64_t hpa = s->facts.ecam[0].base + ((uint64_t)fact->pci << 12);
        uint32_t *config = (uint32_t *)(s->world.memory + hpa);
        config[0] = fact->id;
        config[1] = 0x402;
        config[3] = (uint32_t)fact->header << 16;
        for (uint32_t k = 0; k < MAX_BARS && !fact->header; k++)
            if (fact->bars[k].bytes)
                config[4 + k] = (uint32_t)fact->bars[k].base | fact->bars[k].type;
        if (fact->msix) {
            config[1] |= 1 << 20;
            config[0x34 / 4] = fact->msix;
            config[fact->msix / 4] = (uint32_t)fact->msix_control << 16 | 0x11;
            config[fact->msix / 4 + 1] = fact->msix_table;
            config[fact->msix / 4 + 2] = fact->msix_pending;
        }
        if (fact->header)
            config[6] = (uint32_t)fact->subordinate << 16 | (uint32_t)fact->secondary << 8;
    }
}

static void set_kernel(struct setting *s)
{
    static const uint32_t kinds[] = {
        [MADE_TEXT] = EXTENT_TEXT,     [MADE_CONSTANTS] = EXTENT_CONSTANTS,
        [MADE_CPU] = EXTENT_CPU,       [MADE_STACK] = EXTENT_CPU,
        [MADE_NMI] = EXTENT_CPU,       [MADE_FAULT] = EXTENT_CPU,
        [MADE_DOMAIN] = EXTENT_PRIVATE};
    uint32_t count = 0;
    made_kernel(&s->elf);
    s->input.kernel = s->kernel;
    s->input.kernel_bytes = made_elf_write(&s->elf, s->kernel, sizeof s->kernel);
    for (uint32_t i = 0; i <= MADE_DOMAIN; i++)
        if (i != MADE_START_TEXT && i != MADE_START_CONSTANTS)
            s->world.segments[count++] =
                (struct check_segment){s->elf.programs[i].p_vaddr,
                                       (s->elf.programs[i].p_memsz + 0xfff) & ~0xfffull, kinds[i]};
}

/* One that is silent, one with a bridge between; a USB controller; two of one device. */
static const struct manifest_device devices[MADE_DEVICES] = {
    {.domain = 0, .pci = PCI(1, 0, 0), .network = MANIFEST_NONE},
    {.domain = 2, .pci = PCI(5, 0, 0), .network = MANIFEST_NONE},
    {.domain = 1, .pci = PCI(0, 0x14, 0), .network = MANIFEST_NONE},
    {.domain = 2, .pci = PCI(6, 0, 0), .network = MANIFEST_NONE, .flags = MANIFEST_SILENT},
    {.domain = 0, .pci = PCI(8, 0, 1), .network = MANIFEST_NONE},
};

#define IN_MANIFEST(field)                                                                         \
    (uint32_t)(offsetof(struct setting, manifest.field) - offsetof(struct setting, manifest))

/* The last domain is management; two levels, and what the machine is classified as. */
static void set_management(struct setting *s)
{
    struct made_manifest *made = &s->manifest.made;
    struct manifest_table *tables = made->header.tables;
    made->domains[0].manage = MANIFEST_RIGHTS;
    made->domains[0].cpu_count = 4;
    made->domains[2].flags = MANIFEST_IS_MANAGEMENT;
    made->domains[2].serial_write = MANIFEST_OPERATOR; /* nobody types to itself */
    s->manifest.management.cpu_count = 2;
    s->manifest.management.key = MANIFEST_NONE;
    if (made->header.tables[MANIFEST_DEVICES].count) {
        s->manifest.management.address = 0x0a000102;
        s->manifest.management.prefix = 24;
    }
    s->manifest.levels[0] = (struct manifest_name){"low", 0, 0};
    s->manifest.levels[1] = (struct manifest_name){"high", MANIFEST_COLOUR | 0xc8102e, 0};
    s->manifest.policy.level = 2;
    made->domains[0].serial_read = MANIFEST_AUDITOR; /* the second: nothing, or something */
    made->domains[1].manage = made->header.cpu_vendor == MANIFEST_CPU_AMD ? MANIFEST_MAY_STOP : 0;
    s->manifest.policy.classification = made_manifest_string(made, "HIGH AND DRY");
    tables[MANIFEST_MANAGEMENT] =
        (struct manifest_table){IN_MANIFEST(management), 1, sizeof s->manifest.management, 0};
    tables[MANIFEST_POLICY] =
        (struct manifest_table){IN_MANIFEST(policy), 1, sizeof s->manifest.policy, 0};
    tables[MANIFEST_LEVELS] =
        (struct manifest_table){IN_MANIFEST(levels), 2, sizeof s->manifest.levels[0], 0};
}

static void set_manifest(struct setting *s, const struct machine *machine)
{
    made_elf_init(&s->elf, 0x100000);
    made_elf_segment(&s->elf, PF_R | PF_W | PF_X, 0x100000, 0x2345, 0x9000);
    size_t bytes = made_elf_write(&s->elf, s->payload, sizeof s->payload);
    struct made_manifest *made = &s->manifest.made;
    made_manifest_init(made);
    uint32_t payload = made_manifest_payload(made, "guest.elf", s->payload, bytes);
    made_manifest_domain(made, "big", 2, machine->big, payload);
    made_manifest_domain(made, "small", 1, 64 * MIB, payload);
    made_manifest_domain(made, "pair", 2, 256 * MIB, payload);
    made->header.cpu_vendor = machine->amd ? MANIFEST_CPU_AMD : MANIFEST_CPU_INTEL;
    made->header.total_bytes = sizeof s->manifest;
    if (machine->levels)
        made->header.tables[MANIFEST_DEVICES] = (struct manifest_table){
            IN_MANIFEST(devices), MADE_DEVICES, sizeof(struct manifest_device), 0};
    memcpy(s->manifest.devices, devices, sizeof devices);
    if (machine->managed)
        set_management(s);
    made_manifest_seal(made);
    s->input.payload = s->payload;
    s->input.payload_bytes = made->header.payload_bytes;
}

/* Devices are not what the loader's arithmetic places: test_check_machine.c has them. */
bool check_machine_devices(struct check_machine *machine)
{
    (void)machine;
    return true;
}

uint32_t check_knocked_by(const struct check_machine *machine, uint32_t line)
{
    (void)machine;
    (void)line;
    return HANDOFF_NOBODY;
}

/* Units as the loader switches them on; their registers lie between the memory. */
static void switch_units_on(struct world *world)
{
    for (uint32_t i = 0; i < world->handoff.iommu_count; i++) {
        const struct handoff_iommu *unit = &world->handoff.iommus[i];
        uint64_t *registers = (uint64_t *)(world->memory + unit->registers);
        registers[0x08 / 8] = unit->capability;
        registers[0x10 / 8] = unit->extended_capability;
        registers[0x18 / 8] = 0xc3000000ull << 32;
        registers[0x20 / 8] = world->handoff.iommu_root;
        registers[0x38 / 8] = 1u << 31;
        registers[0xb8 / 8] = world->handoff.iommu_entries | 1 << 11 | 15;
    }
}

static const void *frame(uint64_t hpa, void *context)
{
    struct world *world = context;
    return hpa < world->bytes ? world->memory + hpa : NULL;
}

static void look_at(struct world *world, struct check_machine *machine, bool small_executable)
{
    enum { SHA = 1 << 29 };
    const struct handoff *handoff = &world->handoff;
    *machine =
        (struct check_machine){.handoff = handoff,
                               .manifest = &world->manifest,
                               .topology = world_topology,
                               .frame = frame,
                               .context = world,
                               .result = &world->result,
                               .evidence = {.amd = world->amd,
                                            .features = small_executable ? 0 : SHA,
                                            .cr3 = handoff->boot_page_table,
                                            .apic_id = handoff->cpus[handoff->boot_cpu].apic_id}};
}

#endif
