/* SPDX-License-Identifier: Apache-2.0 */
/* Builds tables of four levels. */
#include "paging.h"
#include "align.h"
#include "arch/x86/include/paging.h"

/* Index of `address` in its table at `level`. */
static unsigned paging_index(uint64_t address, unsigned level)
{
    return (unsigned)(address >> paging_shift(level)) % PAGING_ENTRIES;
}

/*
 * What the bits are called in each format. Accessed and dirty flags are set from the start, so
 * that the processor never writes to tables: they stay as they were built.
 */
static const struct format {
    uint64_t table;          /* in an entry that names a table */
    uint64_t leaf;           /* in every leaf */
    uint64_t memory, device; /* the memory types write-back and uncached */
    uint64_t large;          /* in a leaf above level 1 */
    uint64_t write, execute; /* set when granted */
    uint64_t no_execute;     /* set when not */
} formats[PAGING_FORMATS] = {
    [PAGING_HOST] = {.table = PAGE_PRESENT | PAGE_WRITE | PAGE_ACCESSED,
                     .leaf = PAGE_PRESENT | PAGE_ACCESSED | PAGE_DIRTY,
                     .device = PAGE_PWT | PAGE_PCD,
                     .large = PAGE_LARGE,
                     .write = PAGE_WRITE,
                     .no_execute = PAGE_NX},
    [PAGING_EPT] = {.table = EPT_READ | EPT_WRITE | EPT_EXECUTE,
                    .leaf = EPT_READ,
                    .memory = EPT_TYPE(MEMORY_WB),
                    .device = EPT_TYPE(MEMORY_UC),
                    .large = EPT_LARGE,
                    .write = EPT_WRITE,
                    .execute = EPT_EXECUTE},
    [PAGING_NESTED] = {.table = PAGE_PRESENT | PAGE_WRITE | PAGE_USER | PAGE_ACCESSED,
                       .leaf = PAGE_PRESENT | PAGE_USER | PAGE_ACCESSED | PAGE_DIRTY,
                       .device = PAGE_PWT | PAGE_PCD,
                       .large = PAGE_LARGE,
                       .write = PAGE_WRITE,
                       .no_execute = PAGE_NX},
    [PAGING_SNOOP] = {.table = EPT_READ | EPT_WRITE | EPT_EXECUTE,
                      .leaf = EPT_READ | EPT_SNOOP,
                      .memory = EPT_TYPE(MEMORY_WB),
                      .device = EPT_TYPE(MEMORY_UC),
                      .large = EPT_LARGE,
                      .write = EPT_WRITE,
                      .execute = EPT_EXECUTE},
    [PAGING_UNIT] = {.table = EPT_READ, .leaf = EPT_READ, .large = EPT_LARGE},
};

/* Leaves of one size, next to each other in one table. */
struct run {
    uint64_t va, pa;
    uint64_t leaves;
    unsigned int level;
};

/* The run that starts `done` bytes into the range. */
static struct run next_run(const struct paging_range *range, uint64_t done)
{
    struct run run = {.va = range->va + done, .pa = range->pa + done, .level = 1};
    uint64_t left = range->bytes - done;
    for (unsigned int level = 3; level > 1 && run.level == 1; level--) {
        uint64_t leaf = 1ull << paging_shift(level);
        if (leaf <= range->leaf_max && leaf <= left && (run.va | run.pa) % leaf == 0)
            run.level = level;
    }
    run.leaves =
        min_u64(PAGING_ENTRIES - paging_index(run.va, run.level), left >> paging_shift(run.level));
    return run;
}

void paging_add(struct paging_space *space, uint64_t va, uint64_t pa, uint64_t bytes,
                uint64_t leaf_max, uint32_t access)
{
    if (bytes > 0)
        space->ranges[space->count++] =
            (struct paging_range){va, pa, bytes, leaf_max, access, false};
}

void paging_add_registers(struct paging_space *space, uint64_t va, uint64_t pa, uint64_t bytes,
                          uint64_t leaf_max)
{
    if (bytes > 0)
        space->ranges[space->count++] =
            (struct paging_range){va, pa, bytes, leaf_max, PAGING_WRITE, true};
}

void paging_add_device(struct paging_space *space, uint64_t va, uint64_t pa, uint64_t bytes)
{
    paging_add_registers(space, va, pa, bytes, LARGE_PAGE_BYTES);
}

uint64_t paging_bytes(const struct paging_space *space)
{
    uint64_t tables = 1;                                         /* the root */
    uint64_t last[PAGING_LEVELS] = {~0ull, ~0ull, ~0ull, ~0ull}; /* by level: table seen last */
    for (uint32_t i = 0; i < space->count; i++) {
        const struct paging_range *range = &space->ranges[i];
        for (uint64_t done = 0; done < range->bytes;) {
            struct run run = next_run(range, done);
            for (unsigned int level = run.level; level < PAGING_LEVELS; level++) {
                uint64_t table = run.va >> paging_shift(level + 1);
                tables += table != last[level];
                last[level] = table;
            }
            done += run.leaves << paging_shift(run.level);
        }
    }
    return tables * PAGE_BYTES;
}

static void write_run(const struct run *run, uint64_t *table, uint64_t bits)
{
    uint64_t *entry = table + paging_index(run->va, run->level);
    uint64_t leaf = 1ull << paging_shift(run->level);
    for (uint64_t i = 0; i < run->leaves; i++)
        entry[i] = (run->pa + i * leaf) | bits;
}

void paging_build(const struct paging_space *space, enum paging_format format, uint64_t block,
                  plan_memory memory, void *context)
{
    const struct format *bits = &formats[format];
    uint64_t next = block + PAGE_BYTES;
    for (uint32_t i = 0; i < space->count; i++) {
        const struct paging_range *range = &space->ranges[i];
        uint64_t leaf_bits = bits->leaf;
        leaf_bits |= range->device ? bits->device : bits->memory;
        leaf_bits |= range->access & PAGING_WRITE ? bits->write : 0;
        leaf_bits |= range->access & PAGING_EXECUTE ? bits->execute : bits->no_execute;
        for (uint64_t done = 0; done < range->bytes;) {
            struct run run = next_run(range, done);
            uint64_t *table = memory(block, PAGE_BYTES, context);
            for (unsigned int level = PAGING_LEVELS; level > run.level; level--) {
                uint64_t *entry = &table[paging_index(run.va, level)];
                if (*entry == 0) {
                    *entry = next | bits->table;
                    next += PAGE_BYTES;
                }
                table = memory(*entry & PAGING_ADDRESS, PAGE_BYTES, context);
            }
            write_run(&run, table, leaf_bits | (run.level > 1 ? bits->large : 0));
            done += run.leaves << paging_shift(run.level);
        }
    }
}
