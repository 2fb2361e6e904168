/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets which processors: I2, I4, I10. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "plan_world.h"

static struct world *world;

static int setup(void **state)
{
    (void)state;
    world = world_make();
    world_add_guest(world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_drop(world);
    return 0;
}

/* One more domain that boots the small guest. */
static struct manifest_domain *add(const char *name, uint32_t cpus, uint64_t memory)
{
    return world_add_domain(world, name, cpus, memory, 0);
}

static uint32_t apic_id(uint32_t domain, uint32_t index)
{
    return world->handoff.cpus[world->handoff.domains[domain].cpus[index]].apic_id;
}

static void counts_take_ascending_ids(void **state)
{
    static const uint32_t ids[] = {6, 2, 0, 4};
    (void)state;
    for (int i = 0; i < 4; i++)
        world->facts.cpus[i] =
            (struct fact_cpu){.apic_id = ids[i], .core_id = i + 1, .boot = ids[i] == 2};
    add("one", 2, 16 * MIB);
    add("two", 1, 16 * MIB);
    world_must_place(world);
    assert_int_equal(world->handoff.cpus[world->handoff.boot_cpu].apic_id, 2);
    assert_int_equal(apic_id(0, 0), 0);
    assert_int_equal(apic_id(0, 1), 2);
    assert_int_equal(apic_id(1, 0), 4);
    assert_int_equal(world->handoff.cpus[3].domain, HANDOFF_NOBODY);
    assert_int_equal(world->handoff.cpus[1].domain, 0);
    assert_int_equal(world->handoff.cpus[1].index, 1);
}

static void pinned_ones_go_first(void **state)
{
    (void)state;
    add("any", 1, 16 * MIB);
    struct manifest_domain *pinned = add("pinned", 3, 16 * MIB);
    pinned->flags = MANIFEST_CPUS_PINNED;
    memcpy(pinned->cpus, (uint32_t[]){2, 3, 0}, 3 * sizeof(uint32_t));
    world_must_place(world);
    assert_int_equal(apic_id(0, 0), 1);
    assert_int_equal(apic_id(1, 0), 2); /* its boot processor, then ascending (TRAPS 9) */
    assert_int_equal(apic_id(1, 1), 0);
    assert_int_equal(apic_id(1, 2), 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world->handoff.cpus[world->handoff.domains[1].cpus[i]].index, i);
    pinned->cpus[1] = 7;
    world_must_refuse(world, "domain pinned", "APIC id 7", "4");
}

static void more_processors_than_there_are(void **state)
{
    (void)state;
    add("one", 3, 16 * MIB);
    add("two", 2, 16 * MIB);
    world_must_refuse(world, "domain two", "wants 2", "only 1", "lower `cpus`");
    world->made.domains[1].cpu_count = 1;
    world->made.header.platform_cpus = 6;
    world_must_refuse(world, "6 processors", "this one has 4");
}

/* I2: threads of one core never run different domains. */
static void siblings_stay_together(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 4; i++)
        world->facts.cpus[i].core_id = 1 + i / 2;
    add("one", 1, 16 * MIB);
    add("two", 1, 16 * MIB);
    world_must_place(world);
    assert_int_equal(apic_id(0, 0), 0);
    assert_int_equal(apic_id(1, 0), 2);
    world->made.domains[1].cpu_count = 2;
    world_must_place(world);
    assert_int_equal(apic_id(1, 1), 3);
    world->made.domains[1].cpu_count = 3;
    world_must_refuse(world, "domain two", "only 2", "threads of one core");
    world->made.domains[1].cpu_count = 1;
    world->made.domains[0].flags = world->made.domains[1].flags = MANIFEST_CPUS_PINNED;
    world->made.domains[1].cpus[0] = 1;
    world_must_refuse(world, "one and two", "0 and 1", "(I2)");
}

/* I2: of two kinds of cores the ones of one thread serve odd numbers, so that no thread is lost. */
static void odd_numbers_take_single_threads(void **state)
{
    static const uint32_t cores[] = {1, 1, 2, 2, 3, 4};
    (void)state;
    world->facts.cpu_count = 6;
    for (uint32_t i = 0; i < 6; i++)
        world->facts.cpus[i] = (struct fact_cpu){.apic_id = i, .core_id = cores[i], .boot = i == 0};
    add("one", 1, 16 * MIB);
    add("three", 3, 16 * MIB);
    add("two", 2, 16 * MIB);
    world_must_place(world);
    assert_int_equal(apic_id(0, 0), 4);
    assert_int_equal(apic_id(1, 0), 0); /* ascending, whatever came first */
    assert_int_equal(apic_id(1, 1), 1);
    assert_int_equal(apic_id(1, 2), 5);
    assert_int_equal(apic_id(2, 0), 2);
    assert_int_equal(apic_id(2, 1), 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world->handoff.cpus[world->handoff.domains[1].cpus[i]].index, i);
    world->made.domains[0].cpu_count = 4; /* as many as pairs have */
    world->made.domains[1].cpu_count = 1;
    world->made.domains[2].cpu_count = 1;
    world_must_place(world);
    assert_int_equal(apic_id(0, 3), 3);
    assert_int_equal(apic_id(2, 0), 5);
    world->made.domains[0].cpu_count = 2; /* pairs for even numbers where single ones come first */
    world->facts.cpus[0].core_id = 9;
    world_must_place(world);
    assert_int_equal(apic_id(0, 0), 2);
    assert_int_equal(apic_id(1, 0), 0);
    assert_int_equal(apic_id(2, 0), 1);
}

static void wide_apic_ids_stay_unowned(void **state)
{
    (void)state;
    world->facts.cpus[1].apic_id = 300;
    add("one", 3, 16 * MIB);
    world_must_place(world);
    assert_int_equal(world->handoff.cpus[3].domain, HANDOFF_NOBODY);
    world->made.domains[0].cpu_count = 4;
    world_must_refuse(world, "domain one", "only 3");
    world->made.domains[0].cpu_count = 3;
    world->made.domains[0].flags = MANIFEST_CPUS_PINNED;
    memcpy(world->made.domains[0].cpus, (uint32_t[]){0, 2, 300}, 3 * sizeof(uint32_t));
    world_must_refuse(world, "APIC id 300", "254");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(counts_take_ascending_ids),       TEST(pinned_ones_go_first),
        TEST(more_processors_than_there_are),  TEST(siblings_stay_together),
        TEST(odd_numbers_take_single_threads), TEST(wide_apic_ids_stay_unowned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
