/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader leaves behind: tables of every kind (I1, I11), the handoff, what is copied. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/bitmaps.h"
#include "kernel/abi/layout.h"
#include "kernel/sha256.h"
#include "plan_world.h"

static struct world *world;

static int setup(void **state)
{
    (void)state;
    world = world_make();
    world_add_domain(world, "one", 2, 64 * MIB, world_add_guest(world));
    world_add_domain(world, "two", 1, 6 * MIB, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_drop(world);
    return 0;
}

static void place_and_build(void)
{
    world_must_place(world);
    world_check_extents(world);
    world_build(world);
}

enum { WRITE = 2, USER = 4, LARGE = 0x80 };
#define NX (1ull << 63)

struct leaf {
    uint64_t va, pa, bytes, bits;
};

/* Calls `each` for every leaf below `root`. Bits are those of the leaf but its address. */
static void walk(uint64_t table, uint64_t va, int level, void (*each)(const struct leaf *, void *),
                 void *context)
{
    for (uint64_t i = 0; i < 512; i++) {
        uint64_t entry = ((uint64_t *)(world->memory + table))[i];
        uint64_t bytes = 1ull << (12 + 9 * (level - 1)), at = va + i * bytes;
        if (entry == 0)
            continue;
        if (level == 4 && i >= 256)
            at |= 0xffff000000000000;
        if (level == 1 || entry & LARGE) {
            struct leaf leaf = {at, entry & 0xffffffffff000, bytes, entry & ~0xffffffffff000};
            each(&leaf, context);
        } else {
            walk(entry & 0xffffffffff000, at, level - 1, each, context);
        }
    }
}

static const struct handoff_extent *owner(uint64_t hpa, uint64_t bytes)
{
    for (uint32_t i = 0; i < world->handoff.extent_count; i++) {
        const struct handoff_extent *extent = &world->handoff.extents[i];
        if (hpa >= extent->base && hpa + bytes <= extent->base + extent->bytes)
            return extent;
    }
    fail_msg("%lx is nobody's", hpa);
    return NULL;
}

/* I11: where each kind of frame may appear, and how. */
static const struct right {
    uint64_t va, end, bits;
} rights[] = {
    [EXTENT_TEXT] = {VA_KERNEL, VA_KERNEL_END, 0},
    [EXTENT_CONSTANTS] = {VA_KERNEL, VA_KERNEL_END, NX},
    [EXTENT_CPU] = {VA_CPU, VA_CPU_END, NX | WRITE},
    [EXTENT_STOP] = {VA_STOP, VA_STOP_END, NX | WRITE},
    [EXTENT_RECORD] = {VA_RECORD, VA_RECORD_END, NX | WRITE},
    [EXTENT_RAM] = {VA_RAM, VA_RAM + (1ull << 46), NX | WRITE},
    [EXTENT_TABLES] = {VA_TABLES, VA_PAYLOAD, NX},
    [EXTENT_PAYLOAD] = {VA_PAYLOAD, VA_RAM, NX},
    [EXTENT_PRIVATE] = {VA_DOMAIN, VA_DOMAIN_END, NX | WRITE},
    [EXTENT_SLICE] = {VA_SLICE, VA_SLICE_END, NX},
    [EXTENT_PUBLIC] = {VA_PUBLIC, VA_PUBLIC_END, NX | WRITE},
};

struct seen {
    uint32_t cpu;
    uint64_t bytes[EXTENT_KINDS];
};

static void check_host_leaf(const struct leaf *leaf, void *context)
{
    struct seen *seen = context;
    const struct handoff_extent *extent = owner(leaf->pa, leaf->bytes);
    const struct right *right = &rights[extent->kind];
    uint32_t domain = world->handoff.cpus[seen->cpu].domain;
    if (extent->kind == EXTENT_CPU && leaf->va < VA_PAYLOAD && domain == HANDOFF_NOBODY)
        right = &rights[EXTENT_TABLES]; /* its own page tables */
    if (extent->kind == EXTENT_CPU && leaf->va == VA_SLICE && domain == HANDOFF_NOBODY)
        right = &rights[EXTENT_SLICE];
    if (right->end == 0 || leaf->va < right->va || leaf->va >= right->end)
        fail_msg("a frame of kind %u is mapped at %lx", extent->kind, leaf->va);
    assert_int_equal(leaf->bits & (NX | WRITE | USER), right->bits);
    if (extent->kind == EXTENT_CPU)
        assert_int_equal(extent->index, seen->cpu);
    if (extent->kind >= EXTENT_RAM)
        assert_int_equal(extent->index, domain);
    if (right == &rights[extent->kind])
        seen->bytes[extent->kind] += leaf->bytes;
}

static uint64_t *entry_of(uint64_t root, uint64_t va)
{
    uint64_t table = root;
    for (int shift = 39; shift > 12; shift -= 9) {
        uint64_t entry = ((uint64_t *)(world->memory + table))[va >> shift & 511];
        if (entry == 0 || entry & LARGE)
            return NULL;
        table = entry & 0xffffffffff000;
    }
    return (uint64_t *)(world->memory + table) + (va >> 12 & 511);
}

static uint64_t frame_at(uint64_t root, uint64_t va)
{
    uint64_t *entry = entry_of(root, va);
    return entry ? *entry & 0xffffffffff000 : 0;
}

static void processors_map_their_own_and_no_more(void **state)
{
    const struct handoff *handoff = &world->handoff;
    (void)state;
    place_and_build();
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++) {
        struct seen seen = {.cpu = cpu};
        uint64_t root = handoff->cpus[cpu].page_table;
        uint32_t index = handoff->cpus[cpu].domain;
        walk(root, 0, 4, check_host_leaf, &seen);
        assert_int_equal(seen.bytes[EXTENT_TEXT], 0x4000);
        assert_int_equal(seen.bytes[EXTENT_CONSTANTS], 0x2000);
        assert_int_equal(seen.bytes[EXTENT_HANDOFF], 0);
        assert_int_equal(seen.bytes[EXTENT_START], 0);
        assert_int_equal(frame_at(root, VA_SLICE), handoff->cpus[cpu].slice_hpa);
        assert_int_equal(seen.bytes[EXTENT_CPU], handoff->cpu_state_bytes);
        assert_int_equal(seen.bytes[EXTENT_STOP], 0x1000);
        assert_int_equal(frame_at(root, VA_STOP), handoff->stop_hpa);
        assert_int_equal(seen.bytes[EXTENT_RECORD], 0x1000);
        assert_int_equal(frame_at(root, VA_RECORD), handoff->stop_hpa + (1 + cpu) * PAGE_BYTES);
        /* Stacks follow in the block, but not in the map: a guard page lies between. */
        uint64_t state_hpa = handoff->cpus[cpu].state_hpa;
        assert_int_equal(frame_at(root, VA_CPU), state_hpa);
        assert_int_equal(frame_at(root, VA_CPU + 0x7000), 0);
        assert_int_equal(frame_at(root, VA_CPU + 0x8000), state_hpa + 0x7000);
        assert_int_equal(frame_at(root, VA_CPU + 0xc000), 0);
        assert_int_equal(frame_at(root, VA_CPU + 0xd000), state_hpa + 0xb000);
        assert_int_equal(frame_at(root, VA_CPU + 0xe000), 0);
        assert_int_equal(frame_at(root, VA_CPU + 0xf000), state_hpa + 0xc000);
        assert_int_equal(frame_at(root, VA_CPU + 0x10000), 0);
        if (index == HANDOFF_NOBODY) {
            assert_int_equal(seen.bytes[EXTENT_RAM], 0);
            continue;
        }
        const struct handoff_domain *domain = &handoff->domains[index];
        assert_int_equal(seen.bytes[EXTENT_RAM], domain->ram_bytes);
        assert_int_equal(seen.bytes[EXTENT_TABLES], domain->tables_bytes);
        assert_int_equal(seen.bytes[EXTENT_PAYLOAD], domain->payload_bytes);
        assert_int_equal(seen.bytes[EXTENT_PRIVATE], 0x1000);
        assert_int_equal(seen.bytes[EXTENT_PUBLIC], domain->public_bytes);
        assert_int_equal(seen.bytes[EXTENT_SLICE], 0x1000);
        assert_int_equal(frame_at(root, VA_PUBLIC), domain->public_hpa);
        assert_int_equal(frame_at(root, VA_TABLES + 0x3000), domain->tables_hpa + 0x3000);
        assert_int_equal(frame_at(root, VA_PAYLOAD + 0x1000), domain->payload_hpa + 0x1000);
    }
}

struct boot_seen {
    uint64_t executable, memory, devices; /* bytes */
};

static void check_boot_leaf(const struct leaf *leaf, void *context)
{
    struct boot_seen *seen = context;
    bool device = (leaf->bits & 0x18) == 0x18;
    assert_false(leaf->bits & USER);
    if (leaf->va < 1ull << 47) {
        assert_int_equal(leaf->va, leaf->pa);
        assert_true(leaf->bits & WRITE);
        if (!(leaf->bits & NX)) {
            assert_int_equal(leaf->va, world->handoff.trampoline_hpa);
            seen->executable += leaf->bytes;
        }
        *(device ? &seen->devices : &seen->memory) += leaf->bytes;
    } else {
        assert_true((leaf->bits & NX || !(leaf->bits & WRITE)) && !device);
        uint32_t kind = owner(leaf->pa, leaf->bytes)->kind;
        assert_true(kind < EXTENT_TRAMPOLINE || kind == EXTENT_STOP || kind == EXTENT_RECORD ||
                    kind == EXTENT_SLICE);
    }
}

struct search {
    const char *text;
};

static void search_leaf(const struct leaf *leaf, void *context)
{
    const struct search *search = context;
    size_t length = strlen(search->text);
    if (owner(leaf->pa, leaf->bytes)->kind == EXTENT_RAM)
        return; /* not the loader's to fill */
    for (uint64_t at = 0; at + length <= leaf->bytes; at++)
        if (memcmp(world->memory + leaf->pa + at, search->text, length) == 0)
            fail_msg("`%s` at %lx, mapped at %lx", search->text, leaf->pa + at, leaf->va);
}

/* I11: nothing that a processor maps holds a word about another domain (TRAPS 25). */
static void no_word_of_others(void **state)
{
    const struct handoff *handoff = &world->handoff;
    (void)state;
    static const char *const names[] = {"FIRST-OF-ALL", "SECOND-OF-ALL"};
    for (uint32_t i = 0; i < 2; i++) {
        char line[64];
        snprintf(line, sizeof line, "console=ttyS0 marker=%s", names[i]);
        world->made.domains[i].cmdline = made_manifest_string(&world->made, line);
        strcpy(world->made.domains[i].name, names[i]);
    }
    place_and_build();
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++)
        for (uint32_t other = 0; other < 2; other++) {
            struct search search = {.text = names[other]};
            if (handoff->cpus[cpu].domain != other)
                walk(handoff->cpus[cpu].page_table, 0, 4, search_leaf, &search);
        }
}

/* At start-up a processor maps start-up code and the handoff, and no domain's RAM. */
static void check_start_leaf(const struct leaf *leaf, void *context)
{
    struct seen *seen = context;
    const struct handoff_extent *extent = owner(leaf->pa, leaf->bytes);
    assert_true(leaf->bits & NX || !(leaf->bits & WRITE));
    assert_true(extent->kind != EXTENT_RAM && extent->kind != EXTENT_PAYLOAD);
    if (extent->kind == EXTENT_CPU)
        assert_int_equal(extent->index, seen->cpu);
    seen->bytes[extent->kind] += leaf->bytes;
}

static void processors_start_on_tables_of_their_own(void **state)
{
    const struct handoff *handoff = &world->handoff;
    (void)state;
    place_and_build();
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++) {
        struct seen seen = {.cpu = cpu};
        uint64_t root = handoff->cpus[cpu].start_table;
        assert_true(root >= handoff->boot_page_table + handoff->boot_table_bytes);
        walk(root, 0, 4, check_start_leaf, &seen);
        assert_int_equal(seen.bytes[EXTENT_START], 0x3000);
        assert_int_equal(seen.bytes[EXTENT_HANDOFF], handoff->bytes);
        assert_int_equal(frame_at(root, VA_START), handoff->start_hpa);
        assert_int_equal(frame_at(root, VA_CPU), handoff->cpus[cpu].state_hpa);
    }
}

/* All memory that the firmware lists, and the devices that start-up touches, uncached. */
static void kernel_main_maps_memory_one_to_one(void **state)
{
    struct boot_seen seen = {0};
    uint64_t memory = 0x23000;
    (void)state;
    world->facts.screen = (struct handoff_screen){.base = 0x4000300000, .bytes = 0x300800};
    world->facts.ecam[world->facts.ecam_count++] =
        (struct fact_ecam){.base = 0x3f00000000, .bus_first = 1, .bus_last = 3};
    world_list_memory(world);
    world->facts.memory[world->facts.memory_count++] = (struct free_range){0x101234000, 0x23000};
    for (uint32_t i = 0; i < world->facts.free_count; i++)
        memory += world->facts.free[i].bytes;
    place_and_build();
    walk(world->handoff.boot_page_table, 0, 4, check_boot_leaf, &seen);
    assert_int_equal(seen.executable, PAGE_BYTES);
    assert_int_equal(seen.memory, memory);
    assert_int_equal(seen.devices, 0x301000 + (3 << 20) + PAGE_BYTES); /* and the I/O APIC */
    assert_int_equal(frame_at(world->handoff.boot_page_table, 0xfec00000), 0xfec00000);
    assert_int_equal(frame_at(world->handoff.boot_page_table, 0x101257000), 0);
}

struct nested_seen {
    uint32_t domain;
    uint64_t bytes, largest, rights;
};

static void check_nested_leaf(const struct leaf *leaf, void *context)
{
    struct nested_seen *seen = context;
    const struct handoff_domain *domain = &world->handoff.domains[seen->domain];
    const struct handoff_extent *extent = owner(leaf->pa, leaf->bytes);
    assert_int_equal(extent->kind, EXTENT_RAM);
    assert_int_equal(extent->index, seen->domain);
    bool found = false;
    for (uint32_t i = 0; i < domain->ram_count; i++) {
        const struct handoff_ram *ram = &domain->ram[i];
        found |= leaf->va >= ram->gpa && leaf->va - ram->gpa < ram->bytes &&
                 leaf->pa == ram->hpa + (leaf->va - ram->gpa);
    }
    assert_true(found);
    assert_int_equal(leaf->bits & ~(uint64_t)LARGE, seen->rights);
    seen->bytes += leaf->bytes;
    if (leaf->bytes > seen->largest)
        seen->largest = leaf->bytes;
}

static void check_nested(uint64_t rights_due, uint64_t largest)
{
    for (uint32_t i = 0; i < world->handoff.domain_count; i++) {
        const struct handoff_domain *domain = &world->handoff.domains[i];
        struct nested_seen seen = {.domain = i, .rights = rights_due};
        walk(domain->nested_root, 0, 4, check_nested_leaf, &seen);
        assert_int_equal(seen.bytes, domain->ram_bytes);
        assert_int_equal(seen.largest, largest);
        assert_true(domain->ram_leaf_bytes >= largest);
    }
}

/* I1: a domain reaches its RAM and nothing else; WB, IPAT 0, executable. */
static void nested_tables_map_ram_only(void **state)
{
    (void)state;
    place_and_build();
    check_nested(0x37, LARGE_PAGE_BYTES);
}

static void amd_has_ordinary_tables(void **state)
{
    (void)state;
    world->facts.amd = true;
    world->facts.host_huge_pages = true;
    place_and_build();
    check_nested(0x67, LARGE_PAGE_BYTES);
}

/* TRAPS 19: executable large pages could stop the board. */
static void unsafe_processors_get_small_pages(void **state)
{
    (void)state;
    world->facts.large_executable_unsafe = true;
    place_and_build();
    assert_int_equal(world->handoff.domains[0].ram_leaf_bytes, PAGE_BYTES);
    check_nested(0x37, PAGE_BYTES);
}

static void capability_limits_pages(void **state)
{
    (void)state;
    world_must_place(world);
    assert_int_equal(world->handoff.domains[0].ram_leaf_bytes, HUGE_PAGE_BYTES);
    world->facts.nested_huge_pages = false;
    world_must_place(world);
    assert_int_equal(world->handoff.domains[0].ram_leaf_bytes, LARGE_PAGE_BYTES);
    world->facts.nested_large_pages = false;
    place_and_build();
    check_nested(0x37, PAGE_BYTES);
}

static void gib_of_ram_takes_a_gib_page(void **state)
{
    (void)state;
    world->facts.free[4] = (struct free_range){0x900000, 0x7b000000 - 0x900000};
    world->made.domains[0].memory = 960 * MIB;
    world->facts.free[world->facts.free_count++] = (struct free_range){4 * GIB, 4 * GIB};
    world->made.domains[1].memory = 2 * GIB;
    place_and_build();
    struct nested_seen seen = {.domain = 1, .rights = 0x37};
    walk(world->handoff.domains[1].nested_root, 0, 4, check_nested_leaf, &seen);
    assert_int_equal(seen.largest, HUGE_PAGE_BYTES);
}

/* The kernel's text and constants, the handoff, the manifest, the glyphs. */
static void shared_blocks_are_copied(void **state)
{
    static uint8_t glyphs[95 * 19];
    const struct handoff *handoff = &world->handoff;
    (void)state;
    memset(glyphs, 0x3c, sizeof(glyphs));
    world->facts.glyphs = glyphs;
    world->facts.screen = (struct handoff_screen){
        .base = 0x80000000, .bytes = 0x300000, .glyph_width = 8, .glyph_height = 19};
    place_and_build();
    const uint8_t *text = world->memory + handoff->kernel_hpa;
    assert_memory_equal(text, world->kernel + 0x1000, 0x3456);
    assert_int_equal(text[0x3456], 0);
    assert_memory_equal(text + 0x4000, world->kernel + 0x5000, 0x1234);
    assert_int_equal(text[0x5fff], 0);
    const uint8_t *self = world->memory + handoff->self_hpa;
    assert_memory_equal(self, handoff, sizeof(*handoff));
    assert_memory_equal(self + handoff->screen.glyph_offset, glyphs, sizeof(glyphs));
    struct manifest manifest;
    assert_int_equal(
        manifest_open(self + handoff->manifest_offset, handoff->manifest_bytes, &manifest),
        MANIFEST_OK);
    assert_true(handoff->manifest_offset + handoff->manifest_bytes <= handoff->bytes);
    assert_int_equal(handoff->magic, HANDOFF_MAGIC);
    assert_int_equal(self[handoff->bytes - 1], 0);
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++)
        for (uint64_t i = BITMAPS_BYTES_VTX; i < handoff->cpu_state_bytes; i++)
            assert_int_equal(world->memory[handoff->cpus[cpu].state_hpa + i], 0);
}

/* I4: each by what it said of itself; one that said nothing opens nothing. */
static void each_processor_has_what_is_granted(void **state)
{
    const struct handoff *handoff = &world->handoff;
    static uint8_t due[BITMAPS_BYTES_SVM];
    (void)state;
    for (uint32_t amd = 0; amd < 2; amd++) {
        world->facts.amd = amd;
        for (uint32_t i = 1; i < world->facts.cpu_count; i++) {
            world->facts.cpus[i].features.has =
                1ull << FEATURE_ANY | (i % 2 ? 1ull << FEATURE_SPEC_CTRL : 0);
            world->facts.cpus[i].cpuid.subleaf_count = i;
        }
        place_and_build();
        for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++) {
            const struct fact_cpu *fact = world->facts.cpus;
            while (fact->apic_id != handoff->cpus[cpu].apic_id)
                fact++;
            const uint8_t *is = world->memory + handoff->cpus[cpu].state_hpa;
            bitmaps_build(due, &fact->features, amd);
            assert_memory_equal(is, due, bitmaps_bytes(amd));
            is += bitmaps_bytes(amd);
            assert_memory_equal(is, &fact->cpuid, sizeof(fact->cpuid));
            assert_int_equal(is[sizeof(fact->cpuid)], 0); /* all else begins as zeros */
            for (uint32_t i = 0; i < bitmaps_bytes(amd) && fact == world->facts.cpus; i++)
                assert_int_equal(due[i], 0xff);
        }
    }
}

/* What a warm reset left is read, then gone; words that nobody wrote are not believed. */
static void what_survives_is_read_once(void **state)
{
    struct handoff *handoff = &world->handoff;
    (void)state;
    place_and_build();
    assert_int_equal(handoff->audit.survived, 0); /* the pattern 0xa5 everywhere */
    struct survivor *survivor = (void *)(world->memory + handoff->stop_hpa + SURVIVOR_OFFSET);
    for (uint32_t damage = 0; damage <= 2 * SURVIVOR_WORDS + 1; damage++) {
        bool good = damage == 2 * SURVIVOR_WORDS;
        for (uint32_t i = 0; i < SURVIVOR_WORDS; i++) {
            survivor->word[i] = damage > 2 * SURVIVOR_WORDS ? 0 : 0x1111 * (i + 1);
            survivor->complement[i] = ~survivor->word[i];
        }
        if (damage < 2 * SURVIVOR_WORDS)
            ((uint64_t *)survivor)[damage] ^= 1ull << damage;
        memset(&handoff->audit, 0, sizeof handoff->audit);
        plan_build(&world->in, handoff, world_reach, world);
        assert_int_equal(handoff->audit.survived, good ? HANDOFF_HEAD_SURVIVED : 0);
        for (uint32_t i = 0; good && i < SURVIVOR_WORDS; i++)
            assert_int_equal(handoff->audit.head[i], 0x1111 * (i + 1));
        for (uint32_t i = 0; i < SURVIVOR_WORDS; i++)
            assert_int_equal(survivor->word[i] | survivor->complement[i], 0);
    }
}

/* Of one of the records the beginning goes on the trail; all are begun anew. */
static void records_are_read_once(void **state)
{
    struct handoff *handoff = &world->handoff;
    (void)state;
    world->facts.boots = 8;
    place_and_build();
    for (uint32_t cpu = 0; cpu < handoff->cpu_count; cpu++) {
        uint64_t hpa = handoff_record(&handoff->cpus[cpu], handoff->stop_hpa);
        struct panic_record *record = (void *)(world->memory + hpa);
        uint32_t domain = handoff->cpus[cpu].domain;
        assert_int_equal(record->processor, handoff->cpus[cpu].apic_id);
        assert_string_equal(record->domain,
                            domain == HANDOFF_NOBODY ? "" : world->made.domains[domain].name);
        assert_int_equal(record->boots, 8);
        handoff->audit.survived = 0;
        plan_build(&world->in, handoff, world_reach, world);
        assert_int_equal(handoff->audit.survived, 0); /* begun, but nobody panicked */
        record->boots = 7;
        strcpy(record->text, "I9: a test that is told up to its fortieth byte");
        record->crc = record_crc(record);
        plan_build(&world->in, handoff, world_reach, world);
        assert_int_equal(handoff->audit.survived, HANDOFF_PANIC_SURVIVED);
        assert_memory_equal(handoff->audit.panic, "I9: a test that is told up to its fortie", 40);
        assert_int_equal(record->text[0], 0);
        assert_int_equal(record->crc, 0);
    }
}

static void absurd_glyphs_are_left_out(void **state)
{
    (void)state;
    world->facts.glyphs = world->payload;
    world->facts.screen.glyph_height = 4000000000;
    world_must_place(world);
    assert_int_equal(world->handoff.screen.glyph_height, 0);
    assert_int_equal(world->handoff.screen.glyph_offset, 0);
}

static uint64_t clock_ticks;

static uint64_t next_tick(void)
{
    return clock_ticks += 10;
}

static void work_is_accounted(void **state)
{
    (void)state;
    world->in.ticks = next_tick;
    world_must_place(world);
    world->handoff.work_bytes = 1;
    world_build(world);
    assert_in_range(world->handoff.work_bytes, 0x5000, 4 * MIB);
    assert_true(world->handoff.work_tsc > 0 && world->handoff.work_tsc % 10 == 0);
    const struct handoff *copy = (const void *)(world->memory + world->handoff.self_hpa);
    assert_int_equal(copy->work_bytes, world->handoff.work_bytes);
}

static void truncated_payloads_are_refused(void **state)
{
    (void)state;
    world->in.payload_bytes--;
    world_must_refuse(world, "payloads", "cut off");
}

static void bad_kernel_is_refused(void **state)
{
    (void)state;
    world->kernel[1] = 'x';
    world_must_refuse(world, "hypervisor", "ELF");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(processors_map_their_own_and_no_more),
        TEST(no_word_of_others),
        TEST(processors_start_on_tables_of_their_own),
        TEST(kernel_main_maps_memory_one_to_one),
        TEST(nested_tables_map_ram_only),
        TEST(amd_has_ordinary_tables),
        TEST(each_processor_has_what_is_granted),
        TEST(unsafe_processors_get_small_pages),
        TEST(capability_limits_pages),
        TEST(gib_of_ram_takes_a_gib_page),
        TEST(shared_blocks_are_copied),
        TEST(what_survives_is_read_once),
        TEST(records_are_read_once),
        TEST(absurd_glyphs_are_left_out),
        TEST(work_is_accounted),
        TEST(truncated_payloads_are_refused),
        TEST(bad_kernel_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
