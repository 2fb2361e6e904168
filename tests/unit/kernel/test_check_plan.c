/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I12 over what the loader builds: places and builds machines of several kinds in a buffer and
 * checks every processor. Loader and check share nothing but the layouts, so this holds both.
 * With PCI functions, and what is wrong with them by one entry is refused; so with management.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "loader_world.h"

static const struct machine machines[] = {
    {"huge_pages", false, true, true, true, false, 4 * GIB, 0, 6, 0, false},
    {"large_pages", false, false, false, true, false, 3 * GIB + 2 * MIB, 0, 6, 0, false},
    {"small_executable_pages", false, true, true, true, true, 4 * GIB, 0, 6, 0, false},
    {"small_pages_only", false, false, false, false, false, 512 * MIB, 0, 6, 0, false},
    {"amd", true, true, true, true, false, 4 * GIB, 0, 6, 0, false},
    {"odd_size", false, true, true, true, false, 514 * MIB, 0, 6, 0, false},
    {"iommu_units", true, true, true, true, false, 4 * GIB, 2, 6, 0, false},
    {"functions", false, true, true, true, false, 4 * GIB, 2, 6, 4, false},
    {"functions_small_pages", false, true, true, true, true, 512 * MIB, 1, 6, 4, false},
    {"functions_amd", true, true, true, true, false, 4 * GIB, 1, 6, 4, false},
    {"functions_three_levels", true, true, true, true, false, 4 * GIB, 2, 6, 3, false},
    {"functions_none_parked", false, true, true, true, false, 4 * GIB, 2, 5, 4, false},
    {"managed", false, true, true, true, false, 512 * MIB, 0, 8, 0, true},
    {"managed_amd", true, true, true, true, false, 512 * MIB, 2, 8, 0, true},
    {"managed_none_parked", false, true, true, true, false, 512 * MIB, 2, 7, 0, true},
};

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

static void part_refuses(struct world *world, uint32_t cpu, uint64_t *word, uint64_t value)
{
    uint64_t before = *word;
    *word = value;
    world_aim(world, cpu, 7);
    if (world_check(world, CHECK_PIECE))
        fail_msg("%lx in place of %lx: accepted", value, before);
    *word = before;
}

/*
 * I5, I11: management sees the public pages of those with which it may do anything, may write to
 * the first of each, and no more; of the others their rings, which it reads.
 */
static void wrong_maps_of_others_are_refused(struct world *world)
{
    const struct handoff *handoff = &world->handoff;
    const struct handoff_domain *domains = handoff->domains;
    enum { OWN = 2 };
    uint64_t nx = 1ull << 63, flags = 0xfff0000000000fff;
    for (uint32_t i = 0; i < domains[OWN].cpu_count; i++) {
        uint32_t cpu = domains[OWN].cpus[i];
        uint64_t root = handoff->cpus[cpu].page_table;
        uint64_t *first = world_entry(world, root, VA_OTHERS, 1);
        uint64_t *second = world_entry(world, root, VA_OTHERS + OTHERS_STRIDE, 1);
        uint64_t *own = world_entry(world, root, VA_OTHERS + OWN * OTHERS_STRIDE, 1);
        uint64_t *book = world_entry(world, root, VA_SLICE + PAGE_BYTES, 1);
        assert_true(*first & 2);
        for (unsigned k = 1; k < 4 + PUBLIC_OUT_BYTES / PAGE_BYTES; k++)
            assert_true(first[k] && !(first[k] & 2));
        assert_int_equal(*second != 0, world->amd);
        assert_true(second[1] && !(second[1] & 2));
        assert_int_equal(second[2], 0);
        assert_int_equal(*own, 0);
        part_refuses(world, cpu, first, 0);
        part_refuses(world, cpu, first, *first & ~2ull);
        part_refuses(world, cpu, first, *first & ~nx);
        part_refuses(world, cpu, first, (*first & flags) | domains[0].private_hpa);
        part_refuses(world, cpu, first, (*first & flags) | domains[1].public_hpa);
        part_refuses(world, cpu, second, world->amd ? 0 : (*first & flags) | domains[1].public_hpa);
        part_refuses(world, cpu, &first[1], first[1] | 2);
        part_refuses(world, cpu, &first[1], 0);
        part_refuses(world, cpu, &first[5], 0);
        part_refuses(world, cpu, &first[8], (*first & flags) | domains[0].ram[0].hpa);
        part_refuses(world, cpu, &second[1], 0);
        part_refuses(world, cpu, &second[1], second[1] | 2);
        part_refuses(world, cpu, &second[1], (second[1] & flags) | domains[1].public_hpa);
        part_refuses(world, cpu, own, (*first & flags) | domains[OWN].public_hpa);
        part_refuses(world, cpu, book, 0);
        part_refuses(world, cpu, book, *book | 2);
    }
    uint32_t cpu = domains[0].cpus[0];
    uint64_t root = handoff->cpus[cpu].page_table;
    uint64_t *public = world_entry(world, root, VA_PUBLIC, 1);
    part_refuses(world, cpu, public + 0x40, domains[1].public_hpa | nx | 0x63);
    part_refuses(world, cpu, world_entry(world, root, VA_SLICE + PAGE_BYTES, 1),
                 (handoff->cpus[domains[OWN].cpus[0]].slice_hpa + PAGE_BYTES) | nx | 0x61);
}

/* I6: whatever byte of the book is another one, and whoever else is called management. */
static void wrong_books_are_refused(struct world *world, bool small_executable)
{
    struct handoff *handoff = &world->handoff;
    uint8_t *book = world->memory + handoff->cpus[handoff->domains[2].cpus[0]].slice_hpa;
    struct check_machine machine;
    assert_string_equal(((struct handoff_book *)(book + PAGE_BYTES))->machine.classification,
                        "HIGH AND DRY");
    look_at(world, &machine, small_executable);
    for (uint64_t i = PAGE_BYTES; i < PAGE_BYTES + BOOK_BYTES; i++) {
        book[i] ^= 0x10;
        if (check_book(&machine))
            fail_msg("byte %lx of the book: accepted", (unsigned long)(i - PAGE_BYTES));
        book[i] ^= 0x10;
    }
    assert_true(check_book(&machine));
    static const uint64_t others[] = {0, 1, 3, HANDOFF_NOBODY, 1ull << 32 | 2};
    for (size_t i = 0; i < 5; i++) {
        handoff->management = others[i];
        assert_false(check_management(&machine));
    }
    handoff->management = 2;
    assert_true(check_management(&machine));
}

/* I11: without room for the audit trail, or with another processor that is to drain the rings. */
static void wrong_trails_are_refused(struct world *world, bool small_executable)
{
    struct handoff *handoff = &world->handoff;
    struct handoff_domain *domain = &handoff->domains[2];
    uint64_t before = domain->public_bytes, trail = sizeof(struct audit_trail) & ~(PAGE_BYTES - 1);
    struct handoff_slice *slice = (void *)(world->memory + handoff->cpus[0].slice_hpa);
    struct check_machine machine;
    look_at(world, &machine, small_executable);
    for (uint64_t bytes = before - trail; bytes <= before; bytes += trail) {
        for (uint32_t i = 0; i < handoff->extent_count; i++)
            if (handoff->extents[i].base == domain->public_hpa)
                handoff->extents[i].bytes = bytes;
        domain->public_bytes = bytes;
        bool good = check_owners(&machine);
        assert_int_equal(good, bytes == before);
        if (!good)
            assert_non_null(strstr(world->result.text, "domain 2: public page of"));
    }
    for (uint64_t flip = 1; flip; flip <<= 1) {
        slice->auditor ^= flip;
        assert_false(check_owners(&machine));
        slice->auditor ^= flip;
    }
    assert_int_equal(slice->auditor, handoff->cpus[domain->cpus[0]].apic_id);
    assert_true(check_owners(&machine));
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
    if (machine->managed) {
        if (machine->processors == 7) /* nobody is parked: it reads the units' faults */
            assert_int_equal(handoff_fault_reader(&world->handoff),
                             world->handoff.domains[2].cpus[0]);
        wrong_maps_of_others_are_refused(world);
        wrong_books_are_refused(world, machine->small_executable);
        wrong_trails_are_refused(world, machine->small_executable);
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
