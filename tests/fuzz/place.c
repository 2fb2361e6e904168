/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine and a manifest of any shape: pieces of eight bytes change a range of memory, a
 * processor, a domain. What is placed is disjoint, in free memory, apart from other owners', whole,
 * and the same when it is placed again; no two domains have threads of one core.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "fuzz.h"
#include "tests/unit/boot/plan_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PIECE_BYTES = 8, RANGES = 24, CPUS = 16, DOMAINS = 6 };

static struct world world;
static struct handoff first;

static uint64_t number(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;

    memcpy(&value, at, bytes);
    return value;
}

/* Ranges ascend: each piece adds one behind the last, or changes the facts' own numbers. */
static void change_machine(const uint8_t piece[PIECE_BYTES])
{
    struct facts *facts = &world.facts;
    struct free_range *last = &facts->free[facts->free_count - 1];

    switch (piece[1] % 4) {
    case 0:
        if (facts->free_count < RANGES)
            facts->free[facts->free_count++] =
                (struct free_range){last->base + last->bytes + number(piece + 2, 2) * PAGE_BYTES,
                                    (number(piece + 4, 3) << piece[7] % 8) * PAGE_BYTES};
        break;
    case 1:
        facts->free_count = 1 + piece[2] % facts->free_count;
        break;
    case 2:
        facts->survivors = number(piece + 2, 6);
        break;
    default:
        facts->physical_address_bits = 32 + piece[2] % 21;
        facts->host_huge_pages = piece[3] & 1;
        facts->nested_huge_pages = piece[3] & 2;
        facts->large_executable_unsafe = piece[3] & 4;
        facts->amd = piece[3] & 8;
        world.made.header.memory_guard = (number(piece + 4, 2) % 512) * LARGE_PAGE_BYTES;
    }
}

static void change_processor(const uint8_t piece[PIECE_BYTES])
{
    struct facts *facts = &world.facts;

    facts->cpu_count = 1 + piece[1] % CPUS;
    facts->cpus[piece[2] % CPUS] = (struct fact_cpu){
        .apic_id = (uint32_t)number(piece + 3, 2), .core_id = piece[5], .boot = piece[6] & 1};
}

static void change_domain(const uint8_t piece[PIECE_BYTES])
{
    struct manifest_domain *domain =
        &world.made.domains[piece[1] % world.made.header.tables[MANIFEST_DOMAINS].count];

    domain->memory = (1 + number(piece + 2, 2)) * LARGE_PAGE_BYTES;
    domain->memory_at = piece[4] & 1 ? number(piece + 5, 2) * LARGE_PAGE_BYTES : 0;
    domain->cpu_count = 1 + (piece[4] >> 1) % 5;
    domain->flags = piece[4] & 0x80 ? MANIFEST_CPUS_PINNED : 0;
    for (uint32_t i = 0; i < domain->cpu_count; i++)
        domain->cpus[i] = (uint32_t)piece[7] + i;
}

static bool place(void)
{
    made_manifest_seal(&world.made);
    if (manifest_open(&world.made, sizeof(world.made), &world.manifest) != MANIFEST_OK)
        return false;
    memset(&world.handoff, 0, sizeof(world.handoff));
    world.why.text[0] = 0;
    if (plan_place(&world.in, &world.handoff, &world.why))
        return true;
    fuzz_expect(world.why.text[0] != 0, "a refusal without a text");
    return false;
}

static uint32_t core_of(uint32_t apic_id)
{
    for (uint32_t i = 0; i < world.facts.cpu_count; i++)
        if (world.facts.cpus[i].apic_id == apic_id)
            return world.facts.cpus[i].core_id;
    fuzz_fail("a processor that the machine has not");
}

static void judge_processors(void)
{
    const struct handoff *handoff = &world.handoff;

    for (uint32_t i = 0; i < handoff->cpu_count; i++) {
        const struct handoff_cpu *one = &handoff->cpus[i];

        fuzz_expect(one->domain == HANDOFF_NOBODY ||
                        handoff->domains[one->domain].cpus[one->index] == i,
                    "a processor that its domain does not list");
        for (uint32_t j = 0; j < i; j++) {
            const struct handoff_cpu *other = &handoff->cpus[j];

            fuzz_expect(other->apic_id < one->apic_id, "processors out of order");
            fuzz_expect(one->domain == other->domain || one->domain == HANDOFF_NOBODY ||
                            other->domain == HANDOFF_NOBODY ||
                            core_of(one->apic_id) != core_of(other->apic_id),
                        "I2: threads of one core in two domains");
        }
    }
}

static void judge_memory(void)
{
    const struct handoff *handoff = &world.handoff;

    world_check_extents(&world);
    fuzz_expect((handoff->boot_page_table | handoff->stop_hpa) >> 32 == 0, "not below 4 GiB");
    for (uint32_t i = 0; i < handoff->domain_count; i++) {
        const struct handoff_domain *domain = &handoff->domains[i];
        const struct manifest_domain *rules = &world.made.domains[i];
        uint64_t bytes = 0;

        fuzz_expect(domain->cpu_count == rules->cpu_count, "I2: another number of processors");
        for (uint32_t j = 0; j < domain->ram_count; j++) {
            fuzz_expect((domain->ram[j].gpa | domain->ram[j].hpa | domain->ram[j].bytes) %
                                LARGE_PAGE_BYTES ==
                            0,
                        "RAM that is not in whole large pages");
            bytes += domain->ram[j].bytes;
        }
        fuzz_expect(bytes == rules->memory && domain->ram_bytes == bytes, "I1: not all its RAM");
        fuzz_expect(!rules->memory_at || domain->ram[0].hpa == rules->memory_at,
                    "I10: pinned memory elsewhere");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t domains = size > 0 ? 1 + data[0] % DOMAINS : 1;

    world_init(&world);
    world_add_guest(&world);
    for (uint32_t i = 0; i < CPUS; i++)
        world.facts.cpus[i] = (struct fact_cpu){.apic_id = i, .core_id = i / 2 + 1, .boot = i == 0};
    for (uint32_t i = 0; i < domains; i++)
        world_add_domain(&world, (char[]){(char)('a' + i), 0}, 1, 64 * MIB, 0);
    for (size_t at = 1; at + PIECE_BYTES <= size; at += PIECE_BYTES)
        if (data[at] % 3 == 0)
            change_machine(data + at);
        else if (data[at] % 3 == 1)
            change_processor(data + at);
        else
            change_domain(data + at);
    world_list_memory(&world);
    if (!place())
        return 0;
    judge_memory();
    judge_processors();
    first = world.handoff;
    fuzz_expect(place() && memcmp(&first, &world.handoff, sizeof(first)) == 0,
                "placed in another way the second time");
    return 0;
}
