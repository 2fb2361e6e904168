/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I4: what the units' tables say, bit by bit, and which units can serve. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/remap.h"

enum { ROOT = 0x100000, NESTED = 0x200000, ENTRIES = 0x300000, BYTES = 0x400000 };
#define FOUR_LEVELS  (1ull << 10)
#define THREE_LEVELS (1ull << 9)
#define USUAL        (FOUR_LEVELS | 0x20ull << 24)

static uint8_t *memory;
static struct handoff handoff;
static struct facts facts;
static struct diagnostic why;

static void *reach(uint64_t hpa, uint64_t bytes, void *context)
{
    (void)context;
    assert_true(hpa >= ROOT && hpa < BYTES && bytes <= BYTES - hpa);
    return memory + hpa;
}

static uint64_t *word(uint64_t hpa)
{
    return (uint64_t *)(memory + hpa);
}

static void assign(uint32_t pci, uint32_t domain, uint32_t irte, uint32_t flags)
{
    handoff.functions[handoff.function_count++] =
        (struct function){.pci = pci, .domain = domain, .irte = irte, .flags = flags};
}

/* Two domains, of two processors and of one; four functions on two buses. */
static int setup(void **state)
{
    (void)state;
    memory = calloc(1, BYTES);
    memset(&handoff, 0, sizeof(handoff));
    handoff.iommu_count = 1;
    handoff.iommus[0].capability = USUAL | THREE_LEVELS;
    handoff.iommu_root = ROOT;
    handoff.iommu_entries = ENTRIES;
    handoff.domain_count = 2;
    handoff.cpu_count = 3;
    for (uint32_t i = 0; i < 3; i++)
        handoff.cpus[i].apic_id = 0x101 * i;
    handoff.domains[0] =
        (struct handoff_domain){.cpu_count = 2, .cpus = {1, 2}, .nested_root = NESTED};
    handoff.domains[1] =
        (struct handoff_domain){.cpu_count = 1, .cpus = {0}, .nested_root = NESTED + 0x1000};
    assign(0x0100, 0, 0, 0);
    assign(0x0101, 0, 0, FUNCTION_SILENT);
    assign(0x0418, 1, 1000, 0);
    assign(0x0500, 1, 0, FUNCTION_SILENT);
    handoff.iommu_bytes = remap_bytes(&handoff);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    free(memory);
    return 0;
}

/* How many words of a run are not zero. */
static uint32_t written(uint64_t hpa, uint64_t bytes)
{
    uint32_t count = 0;
    for (uint64_t at = 0; at < bytes; at += 8)
        count += *word(hpa + at) != 0;
    return count;
}

static void contexts(void **state)
{
    (void)state;
    assert_int_equal(handoff.iommu_bytes, (1 + 2 + MAX_MUTED) * PAGE_BYTES);
    remap_build(&handoff, reach, NULL);
    assert_int_equal(*word(ROOT + 16 * 1), (ROOT + 0x1000) | 1);
    assert_int_equal(*word(ROOT + 16 * 4), (ROOT + 0x2000) | 1);
    assert_int_equal(written(ROOT, 0x1000), 2);
    assert_int_equal(*word(ROOT + 0x1000), NESTED | 1);
    assert_int_equal(*word(ROOT + 0x1008), 1 << 8 | 2);
    assert_int_equal(*word(ROOT + 0x2000 + 16 * 0x18), (NESTED + 0x1000) | 1);
    assert_int_equal(*word(ROOT + 0x2008 + 16 * 0x18), 2 << 8 | 2);
    assert_int_equal(written(ROOT + 0x1000, handoff.iommu_bytes - 0x1000), 4);
}

/* The narrowest unit decides; the top table's first entry has bits that are no address. */
static void three_levels(void **state)
{
    (void)state;
    handoff.iommu_count = 2;
    handoff.iommus[1].capability = THREE_LEVELS;
    *word(NESTED) = 0x8000000000345067;
    *word(NESTED + 0x1000) = 0x346007;
    remap_build(&handoff, reach, NULL);
    assert_int_equal(*word(ROOT + 0x1000), 0x345001);
    assert_int_equal(*word(ROOT + 0x1008), 1 << 8 | 1);
    assert_int_equal(*word(ROOT + 0x2000 + 16 * 0x18), 0x346001);
    assert_int_equal(*word(ROOT + 0x2008 + 16 * 0x18), 2 << 8 | 1);
}

/* Blocked and not told of, on a bus of its own and on another's. */
static void muted(void **state)
{
    (void)state;
    handoff.muted_count = 2;
    handoff.muted[0] = 0x0010;
    handoff.muted[1] = 0x01ff;
    remap_build(&handoff, reach, NULL);
    assert_int_equal(*word(ROOT), (ROOT + 0x1000) | 1);
    assert_int_equal(*word(ROOT + 16), (ROOT + 0x2000) | 1);
    assert_int_equal(*word(ROOT + 0x1000 + 16 * 0x10), 2);
    assert_int_equal(*word(ROOT + 0x2000 + 16 * 0xff), 2);
    assert_int_equal(written(ROOT + 0x1000, handoff.iommu_bytes - 0x1000), 6);
}

/* What it reads stands behind all else, one to one; the rest of its entry says no fault. */
static void display(void **state)
{
    const uint64_t context = ROOT + 0x1000 + 16 * 0x10;
    (void)state;
    handoff.muted_count = 1;
    handoff.muted[0] = 0x0010;
    handoff.display = (struct handoff_display){.base = 0x401ff000, .bytes = 0x2000, .pci = 0x0010};
    uint64_t before = (1 + 2 + MAX_MUTED) * PAGE_BYTES;
    assert_int_equal(remap_bytes(&handoff), before + 5 * PAGE_BYTES);
    handoff.iommu_bytes = remap_bytes(&handoff);
    remap_locate(&handoff);
    assert_int_equal(handoff.display.table, ROOT + before);
    remap_build(&handoff, reach, NULL);
    assert_int_equal(*word(context), (ROOT + before) | 3);
    assert_int_equal(*word(context + 8), 3 << 8 | 2);
    assert_int_equal(*word(ROOT + before), (ROOT + before + 0x1000) | 1);
    assert_int_equal(*word(ROOT + before + 0x1008), (ROOT + before + 0x2000) | 1);
    assert_int_equal(*word(ROOT + before + 0x2000), (ROOT + before + 0x3000) | 1);
    assert_int_equal(*word(ROOT + before + 0x2008), (ROOT + before + 0x4000) | 1);
    assert_int_equal(*word(ROOT + before + 0x3000 + 8 * 511), 0x401ff001);
    assert_int_equal(*word(ROOT + before + 0x4000), 0x40200001);
    assert_int_equal(written(ROOT + before, 5 * PAGE_BYTES), 6);
    handoff.iommus[0].capability = THREE_LEVELS | 1ull << 34;
    assert_int_equal(remap_bytes(&handoff), before + 5 * PAGE_BYTES);
    memset(memory + ROOT, 0, handoff.iommu_bytes);
    remap_build(&handoff, reach, NULL);
    assert_int_equal(*word(context), (ROOT + before + 0x1000) | 3);
    assert_int_equal(*word(context + 8), 3 << 8 | 1);
    handoff.display.base = 0x40000000; /* a large page, and one behind it */
    handoff.display.bytes = 0x201000;
    handoff.iommu_bytes = remap_bytes(&handoff);
    assert_int_equal(handoff.iommu_bytes, before + 4 * PAGE_BYTES);
    memset(memory + ROOT, 0, handoff.iommu_bytes);
    remap_locate(&handoff);
    remap_build(&handoff, reach, NULL);
    assert_int_equal(*word(ROOT + before + 0x2000), 0x40000081);
    assert_int_equal(*word(ROOT + before + 0x3000), 0x40200001);
}

static void entries(void **state)
{
    (void)state;
    remap_build(&handoff, reach, NULL);
    for (uint32_t local = 0; local < 2; local++)
        for (uint32_t vector = 32; vector < 256; vector++) {
            uint64_t at = ENTRIES + 16 * (224 * local + vector - 32);
            assert_int_equal(*word(at), 0x10100000000 * (local + 1) | vector << 16 | 1);
            assert_int_equal(*word(at + 8), 0x40100);
        }
    assert_int_equal(*word(ENTRIES + 16 * 1000), 0x200001);
    assert_int_equal(*word(ENTRIES + 16 * 1223), 0xff0001);
    assert_int_equal(*word(ENTRIES + 16 * 1223 + 8), 0x40418);
    assert_int_equal(written(ENTRIES, IRT_BYTES), 2 * 3 * 224);
}

static void lines(void **state)
{
    uint64_t entry[2];
    struct handoff_ioapic ioapic = {.requester = 0xf0f8};
    (void)state;
    remap_line(&ioapic, 0x12345678, entry);
    assert_int_equal(entry[0], 0x1234567800000081);
    assert_int_equal(entry[1], 0x4f0f8);
    handoff.ioapic_count = 3;
    handoff.ioapics[0].gsi_base = 24;
    handoff.ioapics[1].gsi_base = 8;
    handoff.ioapics[2].gsi_base = 1;
    assert_ptr_equal(remap_ioapic(&handoff, 8), &handoff.ioapics[1]);
    assert_ptr_equal(remap_ioapic(&handoff, 7), &handoff.ioapics[2]);
    assert_null(remap_ioapic(&handoff, 0));
}

/* What one unit lacks none may meet: large and huge pages. */
static void leaves(void **state)
{
    static const struct {
        uint64_t first, second, leaf;
    } rows[] = {{3ull << 34, 3ull << 34, HUGE_PAGE_BYTES},
                {3ull << 34, 1ull << 34, LARGE_PAGE_BYTES},
                {3ull << 34, 0, PAGE_BYTES},
                {2ull << 34, 3ull << 34, PAGE_BYTES}};
    (void)state;
    handoff.iommu_count = 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        handoff.iommus[0].capability = rows[i].first;
        handoff.iommus[1].capability = rows[i].second;
        assert_int_equal(remap_leaf(&handoff), rows[i].leaf);
    }
}

/* By the scopes of the units, through bridges where the path goes on. */
static void requesters(void **state)
{
    (void)state;
    memset(&facts, 0, sizeof(facts));
    facts.iommu_count = 2;
    facts.iommus[0] = (struct fact_iommu){.segment = 1, .scope_count = 1};
    facts.iommus[1] = (struct fact_iommu){.scope_first = 1, .scope_count = 4};
    facts.scope_count = 5;
    facts.scopes[0] = (struct fact_scope){SCOPE_IOAPIC, 2, 0xf0, 1, {0xf8}};
    facts.scopes[1] = (struct fact_scope){SCOPE_HPET, 2, 0x00, 1, {0x78}};
    facts.scopes[2] = (struct fact_scope){SCOPE_IOAPIC, 3, 0x00, SCOPE_PATH + 1, {0x78}};
    facts.scopes[3] = (struct fact_scope){SCOPE_IOAPIC, 4, 0x00, 2, {0x08, 0x2b}};
    facts.scopes[4] = (struct fact_scope){SCOPE_IOAPIC, 5, 0xff, 1, {0x00}};
    assert_int_equal(remap_requester(&facts, 2), FUNCTION_NONE); /* another segment's, a timer */
    assert_int_equal(remap_requester(&facts, 3), FUNCTION_NONE); /* too long a path */
    assert_int_equal(remap_requester(&facts, 4), FUNCTION_NONE); /* no such bridge */
    assert_int_equal(remap_requester(&facts, 5), 0xff00);
    facts.function_count = 1;
    facts.functions[0] = (struct fact_function){.pci = 0x08, .header = 0, .secondary = 3};
    assert_int_equal(remap_requester(&facts, 4), FUNCTION_NONE); /* that is none */
    facts.functions[0].header = 1;
    assert_int_equal(remap_requester(&facts, 4), 0x032b);
}

static const struct need {
    const char *lacks; /* NULL: it serves */
    uint64_t capability, extended, other_capability;
    bool remapping, opt_out;
    uint32_t units;
} needs[] = {
    {NULL, USUAL, 0x1a, USUAL, true, false, 1},
    {NULL, USUAL | THREE_LEVELS, 0x1a, THREE_LEVELS, true, false, 2},
    {"switch VT-d on", USUAL, 0x1a, USUAL, true, false, 0},
    {"offers no interrupt remapping", USUAL, 0x1a, USUAL, false, false, 1},
    {"opts out of x2APIC", USUAL, 0x1a, USUAL, true, true, 1},
    {"lacks queued invalidation", USUAL, 0x18, USUAL, true, false, 1},
    {"lacks interrupt remapping", USUAL, 0x12, USUAL, true, false, 1},
    {"lacks the extended interrupt mode", USUAL, 0x0a, USUAL, true, false, 1},
    {"lacks its fault records", FOUR_LEVELS | 0xffull << 24 | 1ull << 40, 0x1a, USUAL, true, false,
     1},
    {"no depth of page tables in common", USUAL, 0x1a, THREE_LEVELS, true, false, 2},
    {"no depth of page tables in common", 1 << 11, 0x1a, USUAL, true, false, 1},
};

static void serves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        memset(&facts, 0, sizeof(facts));
        facts.interrupt_remapping = needs[i].remapping;
        facts.x2apic_opt_out = needs[i].opt_out;
        facts.iommu_count = needs[i].units;
        facts.iommus[0].capability = needs[i].capability;
        facts.iommus[0].extended_capability = needs[i].extended;
        facts.iommus[1].capability = needs[i].other_capability;
        facts.iommus[1].extended_capability = needs[0].extended;
        bool served = remap_serves(&facts, &why);
        if (served != !needs[i].lacks || (!served && !strstr(why.text, needs[i].lacks)))
            fail_msg("row %zu: %s", i, served ? "serves" : why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(contexts, setup, teardown),
        cmocka_unit_test_setup_teardown(three_levels, setup, teardown),
        cmocka_unit_test_setup_teardown(muted, setup, teardown),
        cmocka_unit_test_setup_teardown(display, setup, teardown),
        cmocka_unit_test_setup_teardown(entries, setup, teardown),
        cmocka_unit_test_setup_teardown(lines, setup, teardown),
        cmocka_unit_test_setup_teardown(leaves, setup, teardown),
        cmocka_unit_test(requesters),
        cmocka_unit_test(serves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
