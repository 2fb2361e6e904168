/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I12 over what the loader builds: places and builds machines of several kinds in a buffer and
 * checks every processor. Loader and check share nothing but the layouts, so this holds both.
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
#include "kernel/start/check_machine.h"
#include "tests/unit/boot/made_files.h"
#include "tests/unit/made_manifest.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

enum { MEMORY_GIB = 12, KERNEL_ROOM = 0x20000, PAYLOAD_ROOM = 0x20000 };

static const struct machine {
    const char *name;
    bool amd, host_huge, nested_huge, nested_large, small_executable;
    uint64_t big; /* memory of the first domain */
    uint32_t units;
} machines[] = {
    {"huge_pages", false, true, true, true, false, 4 * GIB, 0},
    {"large_pages", false, false, false, true, false, 3 * GIB + 2 * MIB, 0},
    {"small_executable_pages", false, true, true, true, true, 4 * GIB, 0},
    {"small_pages_only", false, false, false, false, false, 512 * MIB, 0},
    {"amd", true, true, true, true, false, 4 * GIB, 0},
    {"odd_size", false, true, true, true, false, 514 * MIB, 0},
    {"iommu_units", true, true, true, true, false, 4 * GIB, 2},
};

struct setting {
    struct facts facts;
    struct made_elf elf;
    uint8_t kernel[KERNEL_ROOM], payload[PAYLOAD_ROOM];
    struct made_manifest manifest;
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
                       .cpu_count = 6,
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

static void set_manifest(struct setting *s, const struct machine *machine)
{
    made_elf_init(&s->elf, 0x100000);
    made_elf_segment(&s->elf, PF_R | PF_W | PF_X, 0x100000, 0x2345, 0x9000);
    size_t bytes = made_elf_write(&s->elf, s->payload, sizeof s->payload);
    made_manifest_init(&s->manifest);
    uint32_t payload = made_manifest_payload(&s->manifest, "guest.elf", s->payload, bytes);
    made_manifest_domain(&s->manifest, "big", 2, machine->big, payload);
    made_manifest_domain(&s->manifest, "small", 1, 64 * MIB, payload);
    made_manifest_domain(&s->manifest, "pair", 2, 256 * MIB, payload);
    s->manifest.header.cpu_vendor = machine->amd ? MANIFEST_CPU_AMD : MANIFEST_CPU_INTEL;
    made_manifest_seal(&s->manifest);
    s->input.payload = s->payload;
    s->input.payload_bytes = s->manifest.header.payload_bytes;
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

static void passes_the_machines_part(struct world *world, bool small_executable)
{
    enum { SHA = 1 << 29 };
    const struct handoff *handoff = &world->handoff;
    struct check_machine machine = {
        .owners = {.handoff = handoff,
                   .manifest = &world->manifest,
                   .topology = world_topology,
                   .frame = frame,
                   .context = world,
                   .result = &world->result},
        .evidence = {.amd = world->amd,
                     .features = small_executable ? 0 : SHA,
                     .cr3 = handoff->boot_page_table,
                     .apic_id = handoff->cpus[handoff->boot_cpu].apic_id}};
    if (!check_machine(&machine))
        fail_msg("machine: %s: %s", world->result.invariant, world->result.text);
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
    set_manifest(s, machine);
    set_kernel(s);
    assert_int_equal(manifest_open(&s->manifest, sizeof s->manifest, &world->manifest),
                     MANIFEST_OK);
    s->input.facts = &s->facts;
    s->input.manifest = &world->manifest;
    if (!plan_place(&s->input, &world->handoff, &s->why))
        fail_msg("%s", s->why.text);
    plan_build(&s->input, &world->handoff, reach, world);
    for (uint32_t cpu = 0; cpu < 6; cpu++) {
        world_aim(world, cpu, 7);
        if (!world_check(world, CHECK_PIECE))
            fail_msg("cpu %u: %s: %s", cpu, world->result.invariant, world->result.text);
        uint32_t domain = world->handoff.cpus[cpu].domain;
        assert_int_equal(world->result.nested_bytes,
                         domain == HANDOFF_NOBODY ? 0 : s->manifest.domains[domain].memory);
    }
    assert_int_equal(world->handoff.iommu_count, machine->units);
    switch_units_on(world);
    passes_the_machines_part(world, machine->small_executable);
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
