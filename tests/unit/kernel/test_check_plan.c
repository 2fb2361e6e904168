/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I12 over what the loader builds: places and builds machines of several kinds in a buffer and
 * checks every processor. Loader and check share nothing but the layouts, so this holds both.
 * With PCI functions, and what is wrong with them by one entry is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "boot/plan/plan.h"
#include "check_world.h"
#include "kernel/abi/layout.h"
#include "kernel/start/check_machine.h"
#include "tests/unit/boot/board.h"
#include "tests/unit/boot/made_files.h"
#include "tests/unit/made_manifest.h"

enum { MEMORY_GIB = 12, KERNEL_ROOM = 0x20000, PAYLOAD_ROOM = 0x20000, MADE_DEVICES = 5 };

static const struct machine {
    const char *name;
    bool amd, host_huge, nested_huge, nested_large, small_executable;
    uint64_t big; /* memory of the first domain */
    uint32_t units, processors;
    uint32_t levels; /* of the units, with the functions of board.h; 0: without */
} machines[] = {
    {"huge_pages", false, true, true, true, false, 4 * GIB, 0, 6, 0},
    {"large_pages", false, false, false, true, false, 3 * GIB + 2 * MIB, 0, 6, 0},
    {"small_executable_pages", false, true, true, true, true, 4 * GIB, 0, 6, 0},
    {"small_pages_only", false, false, false, false, false, 512 * MIB, 0, 6, 0},
    {"amd", true, true, true, true, false, 4 * GIB, 0, 6, 0},
    {"odd_size", false, true, true, true, false, 514 * MIB, 0, 6, 0},
    {"iommu_units", true, true, true, true, false, 4 * GIB, 2, 6, 0},
    {"functions", false, true, true, true, false, 4 * GIB, 2, 6, 4},
    {"functions_small_pages", false, true, true, true, true, 512 * MIB, 1, 6, 4},
    {"functions_amd", true, true, true, true, false, 4 * GIB, 1, 6, 4},
    {"functions_three_levels", true, true, true, true, false, 4 * GIB, 2, 6, 3},
    {"functions_none_parked", false, true, true, true, false, 4 * GIB, 2, 5, 4},
};

struct setting {
    struct facts facts;
    struct made_elf elf;
    uint8_t kernel[KERNEL_ROOM], payload[PAYLOAD_ROOM];
    struct {
        struct made_manifest made;
        struct manifest_device devices[MADE_DEVICES];
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
            offsetof(struct setting, manifest.devices) - offsetof(struct setting, manifest),
            MADE_DEVICES, sizeof(struct manifest_device), 0};
    memcpy(s->manifest.devices, devices, sizeof devices);
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
        (struct check_machine){.owners = {.handoff = handoff,
                                          .manifest = &world->manifest,
                                          .topology = world_topology,
                                          .frame = frame,
                                          .context = world,
                                          .result = &world->result},
                               .evidence = {.amd = world->amd,
                                            .features = small_executable ? 0 : SHA,
                                            .cr3 = handoff->boot_page_table,
                                            .apic_id = handoff->cpus[handoff->boot_cpu].apic_id}};
}

static void passes_the_machines_part(struct world *world, bool small_executable)
{
    struct check_machine machine;
    look_at(world, &machine, small_executable);
    if (!check_machine(&machine))
        fail_msg("machine: %s: %s", world->result.invariant, world->result.text);
}

static uint64_t window_bytes(const struct handoff_domain *domain)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < domain->window_count; i++)
        bytes += domain->windows[i].bytes;
    return bytes;
}

static void passes_every_part(struct world *world)
{
    for (uint32_t cpu = 0; cpu < world->handoff.cpu_count; cpu++) {
        world_aim(world, cpu, 7);
        if (!world_check(world, CHECK_PIECE))
            fail_msg("cpu %u: %s: %s", cpu, world->result.invariant, world->result.text);
        uint32_t domain = world->handoff.cpus[cpu].domain;
        assert_int_equal(world->result.nested_bytes,
                         domain == HANDOFF_NOBODY
                             ? 0
                             : world->manifest.domains[domain].memory +
                                   window_bytes(&world->handoff.domains[domain]));
    }
}

/* Writes another value there: processor 0's part must refuse it with these words. */
static void refuses(struct world *world, uint64_t *word, uint64_t value, const char *text)
{
    uint64_t before = *word;
    *word = value;
    world_aim(world, world->handoff.domains[0].cpus[0], 7);
    if (world_check(world, CHECK_PIECE))
        fail_msg("%lx in place of %lx: accepted, not refused as %s", value, before, text);
    if (!strstr(world->result.text, text))
        fail_msg("no \"%s\" in: %s", text, world->result.text);
    *word = before;
}

static void one_wrong_entry_is_refused(struct world *world)
{
    const struct handoff *handoff = &world->handoff;
    const struct handoff_domain *domain = &handoff->domains[0];
    const struct function *function = &handoff->functions[0], *other = &handoff->functions[1];
    const struct function_trap *trap = &function->traps[0];
    uint64_t own = handoff->cpus[domain->cpus[0]].page_table, nx = 1ull << 63;
    uint64_t cached = world->amd ? 0x18 : 0x30, executable = world->amd ? nx : 4;
    uint64_t *window = world_entry(world, domain->nested_root, domain->windows[0].gpa, 1);
    uint64_t *trapped = world_entry(world, domain->nested_root, trap->gpa, 1);
    uint64_t *config = world_entry(world, own, VA_CONFIG, 1);
    uint64_t *public = world_entry(world, own, VA_PUBLIC + 8 * PAGE_BYTES, 1);
    uint64_t *remap = world_entry(world, own, VA_REMAP, 1);
    uint64_t *context = (uint64_t *)(world->memory + function->context_hpa);
    uint64_t *entries = (uint64_t *)(world->memory + function->entries_hpa);
    uint64_t ram = domain->ram[0].hpa;
    refuses(world, window, *window ^ cached, "due: registers");
    refuses(world, window, *window ^ executable, "due: registers");
    refuses(world, window, 0, "not mapped");
    refuses(world, window, (*window & 0xfff0000000000fff) | other->bars[0].hpa, "due: registers");
    refuses(world, trapped, (*window & 0xfff0000000000fff) | trap->hpa, "due: ");
    refuses(world, config, (*config & 0xfff0000000000fff) | other->config_hpa,
            "due: configuration space");
    refuses(world, config, 0, "not mapped");
    refuses(world, public, handoff->domains[1].public_hpa | nx | 3, "due: ");
    refuses(world, public, handoff->iommus[0].registers | nx | 0x1b, "due: ");
    refuses(world, &remap[0], remap[0] | 2, "due: IOMMU tables");
    refuses(world, &remap[1], remap[1] | 2, "due: IOMMU tables");
    refuses(world, &remap[1], 0, "not mapped");
    refuses(world, &remap[1], (remap[1] & 0xfff0000000000fff) | ram, "due: IOMMU tables");
    refuses(world, &context[0], handoff->domains[1].nested_root | 1, "context entry");
    refuses(world, &context[1], context[1] + 0x100, "context entry");
    refuses(world, &entries[0], entries[0] + (1ull << 32), "remapping entry");
    refuses(world, &entries[2 * IRTE_BLOCK + 1], other->pci | 1 << 18, "source of its messages");
}

/* The machine's part looks at hardware and at what all have. */
static void machine_refuses(struct setting *s, uint64_t hpa, uint32_t flip, const char *text)
{
    struct check_machine machine;
    uint32_t *word = (uint32_t *)(s->world.memory + hpa);
    *word ^= flip;
    look_at(&s->world, &machine, false);
    if (check_machine(&machine))
        fail_msg("%x at %lx: accepted, not refused as %s", *word, hpa, text);
    if (!strstr(s->world.result.text, text))
        fail_msg("no \"%s\" in: %s", text, s->world.result.text);
    *word ^= flip;
}

static void wrong_hardware_is_refused(struct setting *s)
{
    const struct handoff *handoff = &s->world.handoff;
    const struct function *function = &handoff->functions[1];
    machine_refuses(s, function->config_hpa, 1 << 16, "05:00.0: id ");
    machine_refuses(s, function->config_hpa + 0x10, 1 << 24, "05:00.0: base address register");
    machine_refuses(s, function->port_hpa + 0x18, 1 << 8, "05:00.0: the port above leads to bus");
    machine_refuses(s, function->context_hpa, 1 << 12, "context table at");
    machine_refuses(s, function->entries_hpa, 1 << 4, "interrupt-remapping entry");
    machine_refuses(s, handoff->domains[2].devices_hpa + offsetof(struct function, port), 8,
                    "05:00.0: not on its domain's list");
}

static void loader_passes_the_check(void **state)
{
    const struct machine *machine = *state;
    struct setting *s = calloc(1, sizeof *s);
    struct world *world = &s->world;
    world->amd = machine->amd;
    world->bytes = MEMORY_GIB * GIB;
    world->memory = mmap(NULL, world->bytes, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(world->memory, MAP_FAILED);
    set_facts(&s->facts, machine);
    if (machine->levels)
        set_functions(s, machine);
    set_manifest(s, machine);
    set_kernel(s);
    assert_int_equal(manifest_open(&s->manifest, sizeof s->manifest, &world->manifest),
                     MANIFEST_OK);
    s->input.facts = &s->facts;
    s->input.manifest = &world->manifest;
    if (!plan_place(&s->input, &world->handoff, &s->why))
        fail_msg("%s", s->why.text);
    if (machine->levels)
        world->handoff.muted[world->handoff.muted_count++] = PCI(2, 0, 0);
    plan_build(&s->input, &world->handoff, reach, world);
    assert_int_equal(world->handoff.iommu_count, machine->units);
    switch_units_on(world);
    write_config(s);
    passes_every_part(world);
    passes_the_machines_part(world, machine->small_executable);
    if (machine->levels) {
        assert_int_equal(world->handoff.function_count, MADE_DEVICES);
        one_wrong_entry_is_refused(world);
        if (!machine->small_executable)
            wrong_hardware_is_refused(s);
        passes_every_part(world);
        passes_the_machines_part(world, machine->small_executable);
    }
    munmap(world->memory, world->bytes);
    free(s);
}

int main(void)
{
    enum { MACHINES = sizeof machines / sizeof machines[0] };
    static struct CMUnitTest tests[MACHINES];
    for (size_t i = 0; i < MACHINES; i++)
        tests[i] = (struct CMUnitTest){machines[i].name, loader_passes_the_check, NULL, NULL,
                                       (void *)&machines[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
