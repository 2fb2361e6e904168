/* SPDX-License-Identifier: Apache-2.0 */
/* A machine and a manifest for the tests of the loader's arithmetic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "plan_world.h"

#define MEMORY_BYTES (64 * GIB)

void world_init(struct world *world)
{
    static const struct free_range ranges[] = {{0x1000, 0x9f000},         {0x100000, 0x700000},
                                               {0x808000, 0x3000},        {0x80c000, 0x5000},
                                               {0x900000, 0x7b000000},    {0x7c100000, 0x2000000},
                                               {0x7e800000, 0x1000 * 300}};
    struct made_elf elf;
    memset(world, 0, offsetof(struct world, kernel));
    world->facts = (struct facts){
        .entry_tsc = 1,
        .tsc_hz = 2000000000,
        .unix_time = 1700000000,
        .unix_time_tsc = 5,
        .physical_address_bits = 39,
        .mtrr = {.default_type = 1 << 11 | 6}, /* on, write-back */
        .nested_huge_pages = true,
        .nested_large_pages = true,
        .cpu_count = 4,
        .ioapic_count = 1,
        .ioapics = {{.address = 0xfec00000}},
        .free_count = sizeof(ranges) / sizeof(ranges[0]),
    };
    memcpy(world->facts.free, ranges, sizeof(ranges));
    for (uint32_t i = 0; i < 4; i++)
        world->facts.cpus[i] = (struct fact_cpu){.apic_id = i, .core_id = i + 1, .boot = i == 0};
    made_kernel(&elf);
    made_manifest_init(&world->made);
    world->in = (struct plan_input){
        .facts = &world->facts,
        .manifest = &world->manifest,
        .kernel = world->kernel,
        .kernel_bytes = made_elf_write(&elf, world->kernel, sizeof(world->kernel)),
        .payload = world->payload,
    };
    world->memory = NULL;
}

void world_free(struct world *world)
{
    if (world->memory)
        munmap(world->memory, MEMORY_BYTES);
    world->memory = NULL;
}

struct world *world_make(void)
{
    struct world *world = malloc(sizeof(*world));
    world_init(world);
    return world;
}

void world_drop(struct world *world)
{
    world_free(world);
    free(world);
}

uint32_t world_add_payload(struct world *world, const char *path, const void *data, size_t bytes)
{
    assert_true(world->made.header.payload_bytes + bytes <= sizeof(world->payload));
    memcpy(world->payload + world->made.header.payload_bytes, data, bytes);
    uint32_t index = made_manifest_payload(&world->made, path, data, bytes);
    world->in.payload_bytes = world->made.header.payload_bytes;
    return index;
}

uint32_t world_add_elf(struct world *world, const struct made_elf *elf)
{
    static uint8_t file[0x20000];
    return world_add_payload(world, "guest.elf", file, made_elf_write(elf, file, sizeof(file)));
}

uint32_t world_add_guest(struct world *world)
{
    struct made_elf elf;
    made_elf_init(&elf, 0x100020);
    made_elf_segment(&elf, PF_R | PF_X, 0x100000, 0x1234, 0x1234);
    made_elf_segment(&elf, PF_R | PF_W, 0x102000, 0x800, 0x4000);
    made_elf_segment(&elf, PF_R | PF_W, 0x110000, 0, 0x4000);
    return world_add_elf(world, &elf);
}

struct manifest_domain *world_add_domain(struct world *world, const char *name, uint32_t cpus,
                                         uint64_t memory, uint32_t payload)
{
    return made_manifest_domain(&world->made, name, cpus, memory, payload);
}

void world_list_memory(struct world *world)
{
    struct facts *facts = &world->facts;
    facts->memory_count = facts->free_count < MAX_MEMORY_RANGES ? facts->free_count : 0;
    memcpy(facts->memory, facts->free, facts->memory_count * sizeof(facts->free[0]));
    world->memory_listed = true;
}

bool world_place(struct world *world)
{
    if (!world->memory_listed)
        world_list_memory(world);
    made_manifest_seal(&world->made);
    enum manifest_error error = manifest_open(&world->made, sizeof(world->made), &world->manifest);
    if (error)
        fail_msg("the test's manifest: %s", manifest_error_text(error));
    memset(&world->handoff, 0, sizeof(world->handoff));
    world->why.text[0] = 0;
    return plan_place(&world->in, &world->handoff, &world->why);
}

void world_must_place(struct world *world)
{
    if (!world_place(world))
        fail_msg("refused: %s", world->why.text);
}

void world_refuses(struct world *world, const char *const *words)
{
    if (world_place(world))
        fail_msg("accepted");
    for (; *words; words++)
        if (!strstr(world->why.text, *words))
            fail_msg("no `%s` in: %s", *words, world->why.text);
    assert_true(strlen(world->why.text) < sizeof(world->why.text) - 1);
}

void *world_reach(uint64_t hpa, uint64_t bytes, void *context)
{
    struct world *world = context;
    for (uint32_t i = 0; i < world->handoff.extent_count; i++) {
        const struct handoff_extent *extent = &world->handoff.extents[i];
        uint64_t end = extent->base + extent->bytes;
        if (extent->kind == EXTENT_RAM)
            continue;
        if (hpa >= extent->base && hpa <= end && bytes <= end - hpa)
            return world->memory + hpa;
    }
    fail_msg("plan_build reaches for %lu bytes at %lx, which nobody has", bytes, hpa);
    return NULL;
}

void world_build(struct world *world)
{
    world->memory = mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(world->memory, MAP_FAILED);
    for (uint32_t i = 0; i < world->handoff.extent_count; i++)
        if (world->handoff.extents[i].kind != EXTENT_RAM)
            memset(world->memory + world->handoff.extents[i].base, 0xa5,
                   world->handoff.extents[i].bytes);
    plan_build(&world->in, &world->handoff, world_reach, world);
}

static bool is_free(const struct world *world, const struct handoff_extent *extent)
{
    for (uint32_t i = 0; i < world->facts.free_count; i++) {
        const struct free_range *range = &world->facts.free[i];
        if (extent->base >= range->base &&
            extent->base + extent->bytes <= range->base + range->bytes)
            return true;
    }
    return false;
}

void world_check_extents(const struct world *world)
{
    const struct handoff *handoff = &world->handoff;
    uint64_t guard = world->made.header.memory_guard;
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        int64_t owner = extent->kind >= EXTENT_RAM ? (int64_t)extent->index : -1;
        assert_true(extent->bytes > 0 && (extent->base | extent->bytes) % PAGE_BYTES == 0);
        if (!is_free(world, extent))
            fail_msg("extent %lx of kind %u is not in free memory", extent->base, extent->kind);
        assert_true(extent->kind == EXTENT_TRAMPOLINE ? extent->base + extent->bytes <= 0xa0000
                                                      : extent->base >= MIB);
        for (uint32_t j = 0; j < i; j++) {
            const struct handoff_extent *other = &handoff->extents[j];
            int64_t owner_of_other = other->kind >= EXTENT_RAM ? (int64_t)other->index : -1;
            bool passes = extent->kind == EXTENT_TRAMPOLINE || other->kind == EXTENT_TRAMPOLINE;
            uint64_t gap = owner == owner_of_other || passes ? 0 : guard;
            assert_true(other->base < extent->base);
            if (other->base + other->bytes + gap > extent->base)
                fail_msg("extents at %lx and %lx: no gap of %lx bytes", other->base, extent->base,
                         gap);
        }
    }
}
