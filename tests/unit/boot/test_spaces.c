/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tables map of PCI functions (I1, I11): windows between and above a domain's RAM, and what
 * its processors see of them, in ascending order, with leaves of the right size.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/spaces.h"
#include "kernel/abi/layout.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)

enum { BLOCK = 0x10000000, ROOM = 8 << 20, PARKED = 2 };

static uint8_t memory[ROOM] __attribute__((aligned(4096)));
static struct handoff handoff;
static struct facts facts;
static struct kernel_image image;
static struct paging_space space;
static const struct spaces spaces = {&facts, &handoff, &image, NULL};

static void *reach(uint64_t hpa, uint64_t bytes, void *context)
{
    (void)context;
    assert_in_range(hpa, BLOCK, BLOCK + ROOM - bytes);
    return memory + (hpa - BLOCK);
}

/* The leaf that maps an address, with bytes as its size; 0: none does. */
static uint64_t leaf_at(uint64_t address, uint64_t *bytes)
{
    uint64_t table = BLOCK;
    for (unsigned shift = 39;; shift -= 9) {
        uint64_t entry = *(uint64_t *)reach(table + (address >> shift & 511) * 8, 8, NULL);
        *bytes = 1ull << shift;
        if (entry == 0 || shift == 12 || entry & 0x80)
            return entry;
        table = entry & 0xffffffffff000;
    }
}

static void ascends(void)
{
    for (uint32_t i = 0; i < space.count; i++) {
        assert_true(space.ranges[i].bytes > 0);
        if (i > 0)
            assert_true(space.ranges[i].va >= space.ranges[i - 1].va + space.ranges[i - 1].bytes);
    }
    assert_true(space.count <= PAGING_MAX_RANGES);
}

static void build(enum paging_format format)
{
    ascends();
    assert_in_range(paging_bytes(&space), PAGE_BYTES, ROOM);
    memset(memory, 0, sizeof memory);
    paging_build(&space, format, BLOCK, reach, NULL);
}

/* Two domains and a parked processor behind two units; the second has no functions. */
static int setup(void **state)
{
    (void)state;
    memset(&handoff, 0, sizeof handoff);
    memset(&facts, 0, sizeof facts);
    memset(&image, 0, sizeof image);
    handoff.cpu_count = 3;
    handoff.management = HANDOFF_NOBODY;
    handoff.domain_count = 2;
    handoff.iommu_count = 2;
    handoff.iommu_entries = 0x400000;
    handoff.iommus[0].registers = 0xfed90000;
    handoff.iommus[1].registers = 0xfed91000;
    for (uint32_t i = 0; i < 2; i++) {
        handoff.cpus[i] = (struct handoff_cpu){.domain = i, .state_hpa = 0x900000};
        handoff.domains[i] = (struct handoff_domain){.cpu_count = 1,
                                                     .cpus = {i},
                                                     .public_hpa = 0x700000 + i * PAGE_BYTES,
                                                     .public_bytes = PAGE_BYTES,
                                                     .tables_hpa = 0x800000,
                                                     .tables_bytes = PAGE_BYTES,
                                                     .ram_leaf_bytes = HUGE_PAGE_BYTES};
    }
    handoff.cpus[PARKED].domain = HANDOFF_NOBODY;
    return 0;
}

struct expected {
    uint64_t gpa, hpa, leaf;
    bool registers;
};

/* A run of RAM below the hole, windows in it, RAM above, windows above that. */
static const struct row {
    const char *name;
    uint64_t leaf_max;
    uint32_t ram_count, window_count;
    struct handoff_ram ram[3];
    struct handoff_window windows[4];
    struct expected expected[8]; /* ends with leaf 0 */
} rows[] = {
    {.name = "no_windows",
     .leaf_max = HUGE_PAGE_BYTES,
     .ram_count = 1,
     .ram = {{0, 4 * GIB, GIB}},
     .expected = {{0, 4 * GIB, GIB, false}}},
    {.name = "between_and_above",
     .leaf_max = HUGE_PAGE_BYTES,
     .ram_count = 2,
     .window_count = 3,
     .ram = {{0, 4 * GIB, 3 * GIB}, {4 * GIB, 8 * GIB, GIB}},
     .windows = {{3 * GIB, 0xe0000000, 4 * MIB},
                 {3 * GIB + 4 * MIB, 0xe8001000, 0x3000},
                 {6 * GIB, 20 * GIB, GIB}},
     .expected = {{0, 4 * GIB, GIB, false},
                  {3 * GIB - 1, 7 * GIB - 1, GIB, false},
                  {3 * GIB, 0xe0000000, 2 * MIB, true},
                  {3 * GIB + 3 * MIB, 0xe0300000, 2 * MIB, true},
                  {3 * GIB + 4 * MIB + 0x2000, 0xe8003000, PAGE_BYTES, true},
                  {4 * GIB, 8 * GIB, GIB, false},
                  {6 * GIB, 20 * GIB, GIB, true}}},
    {.name = "leaves_that_units_can_walk", /* RAM's limit holds for registers too */
     .leaf_max = PAGE_BYTES,
     .ram_count = 1,
     .window_count = 1,
     .ram = {{0, 4 * GIB, 2 * MIB}},
     .windows = {{3 * GIB, 0xe0000000, 2 * MIB}},
     .expected = {{0, 4 * GIB, PAGE_BYTES, false}, {3 * GIB, 0xe0000000, PAGE_BYTES, true}}},
    {.name = "between_runs_that_join",
     .leaf_max = LARGE_PAGE_BYTES,
     .ram_count = 3,
     .window_count = 2,
     .ram = {{0, 4 * GIB, MIB}, {MIB, 5 * GIB + MIB, MIB}, {4 * GIB, 6 * GIB, 4 * MIB}},
     .windows = {{3 * GIB, 0xe0100000, 2 * MIB}, {4 * GIB + 4 * MIB, 21 * GIB, 4 * MIB}},
     .expected = {{MIB, 5 * GIB + MIB, PAGE_BYTES, false},
                  {3 * GIB, 0xe0100000, PAGE_BYTES, true}, /* not aligned alike */
                  {4 * GIB, 6 * GIB, 2 * MIB, false},
                  {4 * GIB + 4 * MIB, 21 * GIB, 2 * MIB, true}}},
};

/* Bits of a leaf, spelled out: write-back and executable, or uncached and not. */
static uint64_t bits_due(enum paging_format format, bool registers, uint64_t leaf)
{
    uint64_t large = leaf > PAGE_BYTES ? 0x80 : 0;
    if (format == PAGING_EPT)
        return large | (registers ? 3 : 0x37);
    return large | (registers ? 1ull << 63 | 0x7f : 0x67);
}

static void one_row(void **state)
{
    static const enum paging_format formats[] = {PAGING_EPT, PAGING_NESTED};
    const struct row *row = *state;
    struct handoff_domain *domain = &handoff.domains[0];
    setup(NULL);
    domain->ram_leaf_bytes = row->leaf_max;
    domain->ram_count = row->ram_count;
    domain->window_count = row->window_count;
    memcpy(domain->ram, row->ram, sizeof row->ram);
    memcpy(domain->windows, row->windows, sizeof row->windows);
    space_of_domain(&spaces, 0, &space);
    assert_int_equal(space.count, row->ram_count + row->window_count);
    for (size_t f = 0; f < 2; f++) {
        build(formats[f]);
        for (const struct expected *due = row->expected; due->leaf; due++) {
            uint64_t bytes, leaf = leaf_at(due->gpa, &bytes);
            assert_int_equal(bytes, due->leaf);
            assert_int_equal(leaf & 0xffffffffff000, due->hpa & -due->leaf);
            assert_int_equal(leaf & ~0xffffffffff000,
                             bits_due(formats[f], due->registers, due->leaf));
        }
    }
}

static struct function *add_function(uint32_t domain, uint32_t pci)
{
    struct function *function = &handoff.functions[handoff.function_count++];
    *function = (struct function){.pci = pci,
                                  .domain = domain,
                                  .irte = handoff.function_count * 100,
                                  .config_hpa = 0xb0000000 + ((uint64_t)pci << 12),
                                  .context_hpa = 0x501000 + 16ull * (pci & 0xff)};
    handoff.domains[domain].function_count++;
    return function;
}

static void maps(uint64_t va, uint64_t hpa, uint64_t bits)
{
    uint64_t bytes, leaf = leaf_at(va, &bytes);
    if (leaf != (hpa ? hpa | bits : 0))
        fail_msg("%lx maps %lx, expected %lx", va, leaf, hpa ? hpa | bits : 0);
}

/* I11: what a processor sees of functions is its domain's; units are the reader's. */
static void processors_see_their_functions(void **state)
{
    const uint64_t nx = 1ull << 63, read = nx | 0x61, write = read | 2, device = write | 0x18;
    struct handoff_domain *domain = &handoff.domains[0];
    (void)state;
    struct function *first = add_function(0, 0x0100);
    add_function(1, 0x0300);
    add_function(0, 0x0108)->flags = FUNCTION_SILENT;
    struct function *last = add_function(0, 0x0110);
    first->port_hpa = 0xb0010000;
    first->trap_count = 1;
    first->traps[0] = (struct function_trap){0, 0xe0001000, PAGE_BYTES, VA_TRAPPED};
    last->irte = 255; /* its block begins in one page and ends in the next */
    domain->devices_hpa = 0x600000;
    domain->devices_bytes = functions_bytes(3);
    domain->vectors_hpa = 0x610000;
    domain->vectors_bytes = PAGE_BYTES;
    space_of_cpu(&spaces, 0, &space);
    build(PAGING_HOST);
    maps(VA_DEVICES, 0x600000, read);
    maps(VA_VECTORS, 0x610000, write);
    maps(VA_CONFIG, 0xb0100000, device);
    maps(VA_CONFIG + 0x1000, 0xb0108000, device);
    maps(VA_CONFIG + 0x2000, 0xb0110000, device);
    maps(VA_CONFIG + 0x3000, 0, 0);
    maps(VA_CONFIG + 0x20000, 0xb0010000, device);
    maps(VA_CONFIG + 0x22000, 0, 0);
    maps(VA_TRAPPED, 0xe0001000, device);
    maps(VA_UNITS, 0, 0);
    maps(VA_REMAP, 0x501000, read);
    maps(VA_REMAP + 0x1000, 0x400000, read); /* entries 100 to 323 */
    maps(VA_REMAP + 0x2000, 0x401000, read);
    maps(VA_REMAP + 0x3000, 0, 0);
    maps(VA_REMAP + REMAP_STRIDE, 0, 0); /* silent */
    maps(VA_REMAP + REMAP_STRIDE + 0x1000, 0, 0);
    maps(VA_REMAP + 2 * REMAP_STRIDE, 0x501000, read);
    maps(VA_REMAP + 2 * REMAP_STRIDE + 0x1000, 0x400000, read);
    maps(VA_REMAP + 2 * REMAP_STRIDE + 0x2000, 0x401000, read);
    maps(VA_REMAP + 2 * REMAP_STRIDE + 0x3000, 0, 0);

    space_of_cpu(&spaces, PARKED, &space);
    build(PAGING_HOST);
    maps(VA_UNITS, 0xfed90000, device);
    maps(VA_UNITS + 0x1000, 0xfed91000, device);
    maps(VA_UNITS + UNITS_PUBLIC * PAGE_BYTES, 0x700000, write);
    maps(VA_UNITS + (UNITS_PUBLIC + 1) * PAGE_BYTES, 0x701000, write);
    maps(VA_REMAP, 0, 0);
}

/* The trampoline and the loader's jump run there, whichever is lower; all else is data. */
static void two_pages_of_memory_run(void **state)
{
    static const uint64_t pages[][2] = {
        {0x8000, 5 * MIB + 0x1000}, {0x8000, 0x9000}, {6 * MIB, 0x3000}, {0x8000, 0}};
    (void)state;
    facts.memory_count = 2;
    facts.memory[0] = (struct free_range){0x1000, 0x9f000};
    facts.memory[1] = (struct free_range){MIB, 15 * MIB};
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        uint64_t executable = 0;
        handoff.trampoline_hpa = pages[i][0];
        facts.jump_page = pages[i][1];
        space_of_boot(&spaces, &space);
        ascends();
        for (uint32_t k = 0; k < space.count; k++) {
            const struct paging_range *range = &space.ranges[k];
            if (range->va >= VA_KERNEL)
                continue;
            assert_int_equal(range->va, range->pa);
            assert_true(range->access & PAGING_WRITE);
            if (range->access & PAGING_EXECUTE) {
                assert_true(range->va == facts.jump_page || range->va == handoff.trampoline_hpa);
                executable += range->bytes;
            }
        }
        assert_int_equal(executable, (1 + (pages[i][1] != 0)) * PAGE_BYTES);
    }
}

/* As many functions, trapped runs, units, domains and pieces of RAM as there may be. */
static void the_most_that_there_may_be(void **state)
{
    struct handoff_domain *domain = &handoff.domains[0];
    uint64_t va = VA_TRAPPED;
    (void)state;
    for (uint32_t i = 0; i < MAX_DOMAIN_DEVICES; i++) {
        struct function *function = add_function(0, i << 3);
        function->irte = i * MAX_DOMAIN_CPUS * IRTE_BLOCK + 255;
        function->port_hpa = 0xb0000000;
        for (; function->trap_count < MAX_TRAPS; va += PAGE_BYTES)
            function->traps[function->trap_count++] =
                (struct function_trap){0, 0xe0000000, PAGE_BYTES, va};
    }
    handoff.cpu_count = 2; /* domain 0's reads the units' faults */
    handoff.domain_count = MAX_DOMAINS;
    handoff.iommu_count = MAX_IOMMUS;
    for (uint32_t i = 0; i < MAX_RAM_SEGMENTS; i++)
        domain->ram[domain->ram_count++] = (struct handoff_ram){i * MIB, i * MIB, MIB};
    domain->cpu_count = MAX_DOMAIN_CPUS;
    domain->payload_bytes = PAGE_BYTES;
    domain->devices_bytes = functions_bytes(MAX_DOMAIN_DEVICES);
    domain->vectors_bytes = PAGE_BYTES;
    for (; image.count < ELF64_MAX_SEGMENTS; image.count++)
        image.segments[image.count] = (struct kernel_segment){
            KERNEL_CPU, VA_CPU + image.count * PAGE_BYTES, PAGE_BYTES, image.count * PAGE_BYTES, 0,
            0};
    space_of_cpu(&spaces, 0, &space);
    ascends();
    const struct paging_range *end = &space.ranges[space.count - 1];
    assert_in_range(end->va, VA_REMAP, VA_REMAP_END - end->bytes);
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof rows[0], OTHERS = 3 };
    static struct CMUnitTest tests[OTHERS + ROWS] = {
        cmocka_unit_test_setup(processors_see_their_functions, setup),
        cmocka_unit_test_setup(two_pages_of_memory_run, setup),
        cmocka_unit_test_setup(the_most_that_there_may_be, setup)};
    for (size_t i = 0; i < ROWS; i++)
        tests[OTHERS + i] =
            (struct CMUnitTest){rows[i].name, one_row, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
