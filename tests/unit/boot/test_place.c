/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets which frames: I1, I10. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
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

static void set_memory(uint32_t count, const struct free_range *ranges)
{
    world->facts.free_count = count;
    memcpy(world->facts.free, ranges, count * sizeof(*ranges));
}

static void demo_fits_and_repeats(void **state)
{
    (void)state;
    add("linux", 2, 512 * MIB);
    add("hello", 1, 16 * MIB);
    add("attack", 1, 16 * MIB);
    world_must_place(world);
    world_check_extents(world);
    struct handoff *first = malloc(sizeof(*first));
    *first = world->handoff;
    world_must_place(world);
    assert_memory_equal(first, &world->handoff, sizeof(*first));
    free(first);
    assert_int_equal(world->handoff.domains[0].ram_count, 1);
    assert_int_equal(world->handoff.domains[0].ram[0].gpa, 0);
    assert_int_equal(world->handoff.domains[0].ram[0].hpa % LARGE_PAGE_BYTES, 0);
    assert_int_equal(world->handoff.domains[0].ram_bytes, 512 * MIB);
}

/* I1 over random memory maps and manifests. */
static void random_maps_give_disjoint_owners(void **state)
{
    int placed = 0;
    srand(5);
    for (int round = 0; round < 400; round++) {
        uint64_t at = MIB;
        world_init(world);
        world_add_guest(world);
        world->facts.free_count = 1;
        for (uint32_t i = 1; i <= 1 + (uint32_t)rand() % 40; i++) {
            at += PAGE_BYTES * ((uint64_t)rand() % 2000);
            uint64_t bytes = PAGE_BYTES * (1 + (uint64_t)rand() % (rand() % 4 ? 3000 : 300000));
            if (at + bytes > 0xc0000000 && at < 0x100000000)
                at = 0x100000000;
            world->facts.free[world->facts.free_count++] = (struct free_range){at, bytes};
            at += bytes;
        }
        world->facts.cpu_count = 1 + (uint32_t)rand() % 12;
        for (uint32_t i = 0; i < world->facts.cpu_count; i++)
            world->facts.cpus[i] =
                (struct fact_cpu){.apic_id = i * 2, .core_id = i + 1, .boot = i == 0};
        world->made.header.memory_guard = PAGE_BYTES * ((uint64_t)rand() % 600);
        for (int i = 0; i <= rand() % 4; i++)
            add((char[]){(char)('a' + i), 0}, 1 + (uint32_t)rand() % 2,
                LARGE_PAGE_BYTES * (1 + (uint64_t)rand() % (rand() % 3 ? 100 : 1000)));
        if (!world_place(world)) {
            assert_true(strlen(world->why.text) > 40);
            continue;
        }
        placed++;
        world_check_extents(world);
        for (uint32_t i = 0; i < world->handoff.domain_count; i++) {
            const struct handoff_domain *domain = &world->handoff.domains[i];
            uint64_t next = 0;
            for (uint32_t j = 0; j < domain->ram_count; j++) {
                assert_int_equal(domain->ram[j].gpa, next);
                assert_int_equal((domain->ram[j].hpa | domain->ram[j].bytes) % LARGE_PAGE_BYTES, 0);
                next += domain->ram[j].bytes;
            }
            assert_int_equal(next, world->made.domains[i].memory);
        }
    }
    (void)state;
    assert_in_range(placed, 100, 390);
}

static void a_gib_is_aligned_to_a_gib(void **state)
{
    (void)state;
    set_memory(3, (const struct free_range[]){
                      {0x1000, 0x9f000}, {MIB, 16 * MIB}, {4 * GIB + MIB, 8 * GIB}});
    world->facts.physical_address_bits = 40;
    add("small", 1, 64 * MIB);
    add("big", 1, 5 * GIB);
    world_must_place(world);
    world_check_extents(world);
    const struct handoff_domain *big = &world->handoff.domains[1];
    assert_int_equal(big->ram_count, 2);
    assert_int_equal(big->ram[0].gpa, 0);
    assert_int_equal(big->ram[0].bytes, 3 * GIB); /* up to the hole of a PC */
    assert_int_equal(big->ram[0].hpa % GIB, 0);
    assert_int_equal(big->ram[1].gpa, 4 * GIB);
    assert_int_equal(big->ram[1].hpa, big->ram[0].hpa + 3 * GIB);
    assert_int_equal(big->ram[1].bytes, 2 * GIB);
}

static void scattered_memory_is_pieced_together(void **state)
{
    struct free_range ranges[12] = {{0x1000, 0x9f000}, {MIB, 60 * MIB}};
    (void)state;
    for (uint64_t i = 2; i < 12; i++)
        ranges[i] = (struct free_range){i * 100 * MIB + 0x5000, (10 + i) * MIB};
    set_memory(12, ranges);
    add("pieces", 1, 100 * MIB);
    world_must_place(world);
    world_check_extents(world);
    assert_in_range(world->handoff.domains[0].ram_count, 2, MAX_RAM_SEGMENTS);
    world->made.domains[0].memory = 200 * MIB;
    world_must_refuse(world, "domain pieces", "200 MiB", "MiB are left", "lower `memory`");
}

static void too_much_is_refused(void **state)
{
    (void)state;
    add("office", 1, 1024 * MIB);
    add("plant", 1, 2048 * MIB);
    world_must_refuse(world, "domain plant", "2048 MiB", "lower `memory`");
    world->made.domains[1].memory = 800 * MIB;
    world_must_place(world);
    world->made.header.memory_guard = 512 * MIB;
    world_must_refuse(world, "`memory_guard`");
}

/* I10: what the manifest pins is honoured, before what fits anywhere, or refused. */
static void pinned_memory_is_honoured_or_refused(void **state)
{
    (void)state;
    set_memory(2, (const struct free_range[]){{0x1000, 0x9f000}, {MIB, 511 * MIB}});
    add("large", 1, 64 * MIB);
    struct manifest_domain *pinned = add("pinned", 1, 16 * MIB);
    pinned->memory_at = 64 * MIB;
    world_must_place(world);
    world_check_extents(world);
    assert_int_equal(world->handoff.domains[1].ram_count, 1);
    assert_int_equal(world->handoff.domains[1].ram[0].hpa, 64 * MIB);
    pinned->memory_at = 500 * MIB; /* its end lies behind the machine's memory */
    world_must_refuse(world, "domain pinned", "0x1f400000", "`memory_at`");
    pinned->memory_at = 2048 * MIB;
    world_must_refuse(world, "`memory_at`");
}

/* The trampoline is nobody's once domains run: there no gap is due, nor is there room for one. */
static void pinned_memory_goes_first(void **state)
{
    (void)state;
    add("pinned", 1, 16 * MIB)->memory_at = 16 * MIB;
    add("other", 1, 16 * MIB);
    world->made.header.memory_guard = 64 * MIB;
    world_must_place(world);
    world_check_extents(world);
    assert_int_equal(world->handoff.domains[0].ram[0].hpa, 16 * MIB);
    assert_in_range(world->handoff.kernel_hpa, 96 * MIB, GIB);
}

/* One more payload, as if it were so long: only its head is read here. */
static void large_payload(uint64_t bytes)
{
    struct manifest_payload *last = &world->made.payloads[world_add_guest(world)];
    uint64_t more = bytes - last->bytes;
    last->bytes = bytes;
    world->made.header.payload_bytes += more;
    world->in.payload_bytes += more;
}

/* What lies in one piece goes before what may be split. */
static void ram_gives_way_to_payloads(void **state)
{
    (void)state;
    set_memory(4, (const struct free_range[]){
                      {0x1000, 0x9f000}, {MIB, 511 * MIB}, {GIB, 512 * MIB}, {2 * GIB, 512 * MIB}});
    large_payload(200 * MIB);
    world_add_domain(world, "one", 1, 350 * MIB, 0);
    world_add_domain(world, "two", 1, 350 * MIB, 0);
    world_add_domain(world, "three", 1, 350 * MIB, 1);
    world_must_place(world);
    world_check_extents(world);
    assert_int_equal(world->handoff.domains[0].ram_count, 1);
    assert_int_equal(world->handoff.domains[1].ram_count, 1);
    assert_in_range(world->handoff.domains[2].ram_count, 2, 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world->handoff.domains[i].ram_bytes, 350 * MIB);
}

/* The largest payload finds its place before smaller ones take a part of it. */
static void large_payloads_go_first(void **state)
{
    (void)state;
    set_memory(3,
               (const struct free_range[]){{0x1000, 0x9f000}, {MIB, 215 * MIB}, {GIB, 100 * MIB}});
    world->made.header.memory_guard = 8 * MIB;
    large_payload(200 * MIB);
    world_add_domain(world, "small", 1, 8 * MIB, 0);
    world_add_domain(world, "large", 1, 16 * MIB, 1);
    world_must_place(world);
    world_check_extents(world);
    assert_in_range(world->handoff.domains[1].payload_hpa, MIB, 216 * MIB);
}

/* Tables have room wherever RAM comes to lie, and its leaves of 1 GiB none too many. */
static void tables_are_measured_before_ram_has_a_place(void **state)
{
    (void)state;
    set_memory(3, (const struct free_range[]){
                      {0x1000, 0x9f000}, {MIB, 64 * MIB}, {4 * GIB + 2 * MIB, 12 * GIB}});
    world->facts.physical_address_bits = 40;
    world->facts.host_huge_pages = true;
    add("big", 2, 5 * GIB);
    world_must_place(world);
    const struct handoff_domain *big = &world->handoff.domains[0];
    uint64_t room = big->tables_bytes;
    assert_int_equal(big->ram[0].hpa % GIB, 0);
    world->made.domains[0].memory_at = 4 * GIB + 2 * MIB;
    world_must_place(world);
    assert_int_equal(big->ram[0].hpa % GIB, 2 * MIB);
    assert_int_equal(big->tables_bytes, room);
    world->made.domains[0].memory_at = 5 * GIB;
    world_must_place(world);
    assert_int_equal(big->tables_bytes, room - 3 * 5 * PAGE_BYTES);
}

static void no_trampoline_is_refused(void **state)
{
    (void)state;
    add("office", 1, 64 * MIB);
    memmove(world->facts.free, world->facts.free + 1,
            --world->facts.free_count * sizeof(world->facts.free[0]));
    world_must_refuse(world, "below 1 MiB", "processors");
}

static void what_must_lie_low_is_refused_above(void **state)
{
    (void)state;
    set_memory(2, (const struct free_range[]){{0x1000, 0x9f000}, {4 * GIB + MIB, 8 * GIB}});
    world->facts.physical_address_bits = 40;
    add("small", 1, 64 * MIB);
    world_must_refuse(world, "below 4 GiB", "panic records", "has 0 KiB");
    set_memory(3, (const struct free_range[]){
                      {0x1000, 0x9f000}, {MIB, 0x10000}, {4 * GIB + MIB, 8 * GIB}});
    world->facts.memory_count = 3;
    memcpy(world->facts.memory, world->facts.free, 3 * sizeof(world->facts.free[0]));
    world_must_refuse(world, "below 4 GiB", "page tables of the start");
}

/* What outlives a warm reset stays where it was, if that is free and where it may be. */
static void what_survives_stays_where_it_was(void **state)
{
    static const uint64_t bad[] = {0x100000000, 0xffffe000, 0x90000, 0x800000, 0x7ff000, 0x2000800};
    (void)state;
    add("pinned", 1, 16 * MIB)->memory_at = 512 * MIB;
    world->facts.free[world->facts.free_count++] = (struct free_range){0xffff0000, 0x20000};
    world_must_place(world);
    uint64_t lowest = world->handoff.stop_hpa;
    world->facts.survivors = 256 * MIB + 5 * PAGE_BYTES;
    world_must_place(world);
    world_check_extents(world);
    assert_int_equal(world->handoff.stop_hpa, world->facts.survivors);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(handoff_record(&world->handoff.cpus[i], world->handoff.stop_hpa),
                         world->facts.survivors + (1 + i) * PAGE_BYTES);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        world->facts.survivors = bad[i];
        world_must_place(world);
        assert_int_equal(world->handoff.stop_hpa, lowest);
    }
    world->facts.survivors = 527 * MIB; /* a domain's */
    world_must_place(world);
    assert_int_equal(world->handoff.stop_hpa, lowest);
}

static void add_ecam(struct facts *f, uint64_t base, uint32_t first, uint32_t last)
{
    f->ecam[f->ecam_count++] =
        (struct fact_ecam){.base = base, .bus_first = first, .bus_last = last};
}

/* I10: facts that contradict themselves. */
#define BAD_FACTS(X)                                                                               \
    X(no_cpus, "0 processors", f->cpu_count = 0)                                                   \
    X(many_cpus, "65 processors", f->cpu_count = 65)                                               \
    X(twin_cpus, "two processors with APIC id 2", f->cpus[3].apic_id = 2)                          \
    X(unknown_core, "nothing says whose threads the processor with APIC id 3",                     \
      f->cpus[3].core_id = 0)                                                                      \
    X(no_boot, "0 boot processors", f->cpus[0].boot = false)                                       \
    X(two_boot, "2 boot processors", f->cpus[1].boot = true)                                       \
    X(no_memory, "0 ranges", f->free_count = 0)                                                    \
    X(many_ranges, "257 ranges", f->free_count = 257)                                              \
    X(empty_range, "free memory of 0 bytes", f->free[2].bytes = 0)                                 \
    X(odd_range, "free memory of 12289 bytes", f->free[2].bytes++)                                 \
    X(unsorted, "overlaps the range before", f->free[2].base = 0)                                  \
    X(overlapping, "overlaps the range before", f->free[1].bytes = 0x800000)                       \
    X(wrapping, "no processor can reach", f->free[6].bytes = -0x1000ull)                           \
    X(beyond, "no processor can reach", f->free[6].base = 1ull << 39)                              \
    X(nothing_listed, "0 ranges of memory", f->memory_count = 0)                                   \
    X(memory_beyond, "memory of", f->memory[6].base = 1ull << 39)                                  \
    X(memory_twice, "memory at 900000 overlaps", f->memory[3].bytes = 0x1000000)                   \
    X(free_no_memory, "free memory at 1000 that is not among", f->memory[0].base = 0x2000)         \
    X(free_beyond_memory, "not among its memory", f->memory[6].bytes -= 0x1000)                    \
    X(address_bits, "physical address bits", f->physical_address_bits = 64)                        \
    X(no_tsc, "time stamp counter", f->tsc_hz = 0)                                                 \
    X(no_ioapics, "0 I/O APICs", f->ioapic_count = 0)                                              \
    X(many_ioapics, "I/O APICs", f->ioapic_count = MAX_IOAPICS + 1)                                \
    X(ioapic_in_memory, "device window at 1000000", f->ioapics[0].address = 0x1000000)             \
    X(screen_in_memory, "device window at 2000000", f->screen.base = 0x2000000;                    \
      f->screen.bytes = 0x1000)                                                                    \
    X(screen_wraps, "device window", f->screen.base = 0x2000000; f->screen.bytes = ~0ull)          \
    X(ecam_in_memory, "device window at 1000000", add_ecam(f, 0x1000000, 0, 0))                    \
    X(later_ecam, "device window at 1100000", add_ecam(f, 0xe0000000, 2, 255);                     \
      add_ecam(f, 0x1000000, 1, 1))                                                                \
    X(ioapic_in_used_memory, "device window at", f->free[6].bytes -= 0x1000;                       \
      f->ioapics[0].address = f->free[6].base + f->free[6].bytes)                                  \
    X(window_above, "no processor can reach", f->physical_address_bits = 52;                       \
      f->hpet_base = 1ull << 47)                                                                   \
    X(no_ecam_base, "MCFG", add_ecam(f, 0, 0, 255))                                                \
    X(many_ecams, "MCFG", f->ecam_count = MAX_ECAMS + 1)                                           \
    X(twice_ecam, "both at e0000000 and at d0000000", add_ecam(f, 0xe0000000, 0, 4);               \
      add_ecam(f, 0xd0000000, 4, 9))                                                               \
    X(buses, "MCFG", add_ecam(f, 0xe0000000, 3, 0))
#define CHANGE(name, text, statement)                                                              \
    static void change_##name(struct facts *f)                                                     \
    {                                                                                              \
        statement;                                                                                 \
    }
BAD_FACTS(CHANGE)

static void contradicting_facts_are_refused(void **state)
{
    static const struct {
        const char *text;
        void (*make)(struct facts *);
    } changes[] = {
#define ENTRY(name, text, statement) {text, change_##name},
        BAD_FACTS(ENTRY)};
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        world_init(world);
        world_add_guest(world);
        add("office", 1, 16 * MIB);
        world_list_memory(world);
        changes[i].make(&world->facts);
        world_must_refuse(world, changes[i].text);
    }
}

static void largest_machine_fits_the_lists(void **state)
{
    (void)state;
    world->facts.cpu_count = MAX_CPUS;
    for (uint32_t i = 0; i < MAX_CPUS; i++)
        world->facts.cpus[i] = (struct fact_cpu){.apic_id = i, .core_id = i + 1, .boot = i == 5};
    for (uint32_t i = 0; i < MAX_DOMAINS; i++)
        add((char[]){(char)('a' + i), 0}, 4, 32 * MIB);
    world_must_place(world);
    world_check_extents(world);
    assert_in_range(world->handoff.extent_count, 1, MAX_EXTENTS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(demo_fits_and_repeats),
        TEST(random_maps_give_disjoint_owners),
        TEST(a_gib_is_aligned_to_a_gib),
        TEST(scattered_memory_is_pieced_together),
        TEST(too_much_is_refused),
        TEST(pinned_memory_is_honoured_or_refused),
        TEST(pinned_memory_goes_first),
        TEST(ram_gives_way_to_payloads),
        TEST(large_payloads_go_first),
        TEST(tables_are_measured_before_ram_has_a_place),
        TEST(no_trampoline_is_refused),
        TEST(what_must_lie_low_is_refused_above),
        TEST(what_survives_stays_where_it_was),
        TEST(contradicting_facts_are_refused),
        TEST(largest_machine_fits_the_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
