/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A made function for what moderates it: an igb's capabilities and two BARs, of which one holds
 * the MSI-X table, pending bits and registers in the same pages. To be included before the sources
 * under test: all accesses to hardware come here, where each is looked at as it happens.
 */
#ifndef BULKHEAD_FUNCTION_WORLD_H
#define BULKHEAD_FUNCTION_WORLD_H

#define BULKHEAD_REGISTERS_H
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/stop.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/abi/function.h"
#include <stdlib.h>
#include <string.h>

enum {
    POWER = 0x40,
    MSI = 0x50,
    MSIX = 0x70,
    EXPRESS = 0xa0,
    VECTORS = 10,
    TABLE_OFFSET = 0x2008, /* 8-byte aligned, as the specification wants: no more */
    PENDING_OFFSET = 0x2800,
    LEGACY_OFFSET = 0x2a04,
    TRAP_OFFSET = 0x2000,
    TRAP_BYTES = 0x1000,
    PAYLOAD = 2 << 5, /* Max_Payload_Size of the firmware */
};
#define BAR0_GPA 0xc0100000ull
#define BAR2_GPA 0x2040000000ull

struct world_domain {
    uint32_t apic_ids[4];
    uint64_t refused;
};

struct world_function {
    struct function function;
    uint8_t *pages;   /* reads, hardware */
    uint8_t *config;  /* hardware */
    uint8_t *trapped; /* hardware, one page */
    uint8_t *vectors;
};

static struct world_domain world = {.apic_ids = {0, 2, 33, 5}};
static struct world_function *world_watched; /* its accesses are looked at */
static unsigned world_reads, world_writes;   /* of hardware, so far */

static struct handoff_domain world_place = {.cpu_count = 4};
struct cpu cpu = {.domain = &world_place};
struct stop_page stop_page;
volatile bool stop_own;

_Noreturn void panic_halt(void)
{
    abort();
}

uint32_t machine_apic_id(uint32_t local)
{
    return world.apic_ids[local];
}

void machine_refused_interrupts(uint32_t number)
{
    world.refused += number;
}

static void world_expect(bool good)
{
    if (!good)
        abort();
}

static bool world_within(const volatile uint8_t *at, const uint8_t *from, unsigned bytes)
{
    return from && (uint64_t)at - (uint64_t)from < bytes;
}

/* Which message hardware may be given: one that selects an entry of the function itself. */
static bool world_own_message(const struct function *function, uint32_t address)
{
    uint32_t entry = (address >> 5 & 0x7fff) | (address >> 2 & 1) << 15;
    return (address & 0xfff0001b) == 0xfee00010 &&
           entry - function->irte < world_place.cpu_count * IRTE_BLOCK;
}

/* What no write may do, whoever asks for it. */
static void world_look(const volatile uint8_t *at, unsigned bytes, uint64_t value)
{
    const struct world_function *w = world_watched;
    unsigned offset;

    world_expect((uint64_t)at % bytes == 0);
    if (w && world_within(at, w->config, CONFIG_SPACE_BYTES)) {
        offset = (unsigned)(at - w->config);
        if (offset == 4)
            world_expect(bytes == 2 && (value & ~4ull) == 0x402);
        else if (offset == EXPRESS + 8)
            world_expect(bytes == 2 && !(value & ~0x71f0ull) && (value & 0xe0) == PAYLOAD);
        else if (offset == EXPRESS + 10)
            world_expect(bytes == 2 && !(value & ~0xfull));
        else if (offset == MSI + 2)
            world_expect(bytes == 2 && !(value & ~1ull));
        else if (offset == MSI + 4)
            world_expect(bytes == 4 && world_own_message(&w->function, (uint32_t)value));
        else if (offset == MSI + 8)
            world_expect(bytes == (w->function.msi_64 ? 4 : 2) && value == 0);
        else if (offset == MSI + 12)
            world_expect(bytes == 2 && value == 0);
        else if (offset == MSI + 16)
            world_expect(bytes == 4 && !(value & ~1ull));
        else
            world_expect(offset == MSIX + 2 && bytes == 2 && !(value & ~0xc000ull));
    }
    const uint8_t *table = w ? w->trapped + TABLE_OFFSET - TRAP_OFFSET : NULL;
    if (table && world_within(at, table, VECTORS * 16)) {
        offset = (unsigned)(at - table);
        uint32_t control = *(const uint32_t *)(table + (offset & ~15u) + 12);
        world_expect(bytes == 4);
        world_expect(offset % 16 == 12 ? value <= 1 : control == 1); /* never torn */
        world_expect(offset % 16 != 0 || world_own_message(&w->function, (uint32_t)value));
        world_expect(offset % 8 != 4 || offset % 16 == 12 || value == 0);
        world_expect(offset % 16 != 8 || value == 0);
    }
}

static inline uint64_t registers_read(const volatile uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    world_reads++;
    world_expect((uint64_t)at % bytes == 0);
    memcpy(&value, (const uint8_t *)at, bytes);
    return value;
}

static inline void registers_write(volatile uint8_t *at, unsigned bytes, uint64_t value)
{
    world_writes++;
    world_look(at, bytes, value);
    memcpy((uint8_t *)at, &value, bytes);
}

static inline void world_put(uint8_t *page, unsigned offset, unsigned bytes, uint64_t value)
{
    memcpy(page + offset, &value, bytes);
}

static inline uint64_t world_get(const uint8_t *page, unsigned offset, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, page + offset, bytes);
    return value;
}

static void *world_pages(unsigned count)
{
    void *pages = aligned_alloc(4096, count * 4096); /* exactly: a byte more is noticed */

    world_expect(pages != NULL);
    memset(pages, 0, count * 4096);
    return pages;
}

/* What the loader compiles, as far as it matters here. */
static void world_compile(uint8_t *reads, uint8_t *hardware)
{
    world_put(reads, 0x00, 4, 0x10c98086);
    world_put(reads, 0x06, 2, 0x0010);
    world_put(reads, 0x08, 4, 0x02000001);
    world_put(reads, 0x34, 1, POWER);
    world_put(reads, POWER, 4, 0x00035001);
    world_put(reads, POWER + 4, 4, 0x00000008);
    world_put(reads, MSI, 4, 0x01807005);
    world_put(reads, MSIX, 4, 0x0009a011);
    world_put(reads, MSIX + 4, 4, TABLE_OFFSET);
    world_put(reads, MSIX + 8, 4, PENDING_OFFSET);
    world_put(reads, EXPRESS, 4, 0x00920010);
    world_put(reads, 0x100, 4, 0x00010001);
    world_put(reads, 0x104, 4, 0x00010001);
    world_put(hardware, MSI + 20, 4, 1);
    world_put(hardware, EXPRESS + 10, 2, 0x002f);
    world_put(hardware, 0x104, 4, 0x003ff010);
}

static void world_make(struct world_function *w)
{
    *w = (struct world_function){
        .function = {.pci = 0x100,
                     .id = 0x10c98086,
                     .slot = 1,
                     .port = FUNCTION_NONE,
                     .irte = 0x7f00, /* blocks cross the bit that moves in a message */
                     .power = POWER,
                     .msi = MSI,
                     .msix = MSIX,
                     .express = EXPRESS,
                     .msi_64 = 1,
                     .msi_maskable = 1,
                     .vectors = VECTORS,
                     .table_offset = TABLE_OFFSET,
                     .pending_offset = PENDING_OFFSET,
                     .legacy_offset = LEGACY_OFFSET,
                     .trap_count = 1},
        .pages = world_pages(2),
        .config = world_pages(1),
        .trapped = world_pages(1),
        .vectors = world_pages(1)};
    struct function *function = &w->function;
    function->bars[0] = (struct function_bar){0xfe000000, 0x20000, BAR0_GPA, 0, 0};
    function->bars[2] =
        (struct function_bar){0xe000000000, 1ull << 33, BAR2_GPA, BAR_64 | BAR_PREFETCHABLE, 0};
    function->traps[0] = (struct function_trap){BAR0_GPA + TRAP_OFFSET, 0xfe002000, TRAP_BYTES,
                                                (uint64_t)w->trapped};
    world_compile(w->pages, w->pages + 4096);
    for (unsigned i = 0; i < 4096; i++)
        w->config[i] = (uint8_t)(i * 37 + (i >> 8) * 11 + 5);
    world_put(w->config, 0x04, 2, 0x0147);
    world_put(w->config, EXPRESS + 8, 4, 0x0000280fu | PAYLOAD | 0x000f0000);
    world_watched = w;
    world_reads = world_writes = 0;
    world.refused = 0;
}

static void world_free(struct world_function *w)
{
    free(w->pages);
    free(w->config);
    free(w->trapped);
    free(w->vectors);
    world_watched = NULL;
}

#endif
