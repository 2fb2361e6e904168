/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3, I8: faults of IOMMU units, read by one processor. The units are a model of their registers:
 * records, an overflow that keeps events back, an event that is sent once and waits while it is
 * masked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define BULKHEAD_PERCPU_H
#define PER_CPU
#define PER_DOMAIN
#define BULKHEAD_TEST_VTD

#include "kernel/abi/layout.h"
#undef VA_PUBLIC
#undef VA_UNITS
#undef VA_SLICE
#define VA_PUBLIC ((uint64_t)&world.pages[UNITS_PUBLIC + own])
#define VA_UNITS  ((uint64_t)world.pages)
#define VA_SLICE  ((uint64_t)&words)

#include "kernel/abi/handoff.h"
#include "kernel/abi/slice.h"
#include <stdio.h>

enum { DOMAINS = 2, UNITS = 2, RECORDS = 4, FIRST_RECORD = 0x200, READER = 9, OWNERS = 20 };
static struct {
    _Alignas(4096) uint8_t pages[UNITS_PUBLIC + DOMAINS][4096];
} world;
static uint32_t own; /* domain of the processor that answers */
static struct handoff_slice words;
static char said[128]; /* the last line on com1, of so many */
static uint32_t lines;

#include "arch/x86/vtd.c"
#include "kernel/life/faults.c"

struct cpu cpu;
struct vcpu vcpu;
static struct handoff_domain place;

static struct unit {
    uint64_t address[RECORDS];
    uint32_t source[RECORDS], reason[RECORDS];
    bool full[RECORDS];
    uint32_t next, sticky, data, low, high;
    bool masked, event, waits; /* `event`: told once, until the status is clear again */
    uint32_t events, reads,
        storm; /* `storm`: source of a fault after each record that is cleared */
} units[UNITS];
static uint32_t knocks[OWNERS + DOMAINS];

static uint32_t status_of(const struct unit *u)
{
    uint32_t pending = 0;
    for (uint32_t i = 0; i < RECORDS; i++)
        pending |= u->full[i];
    return u->sticky | pending << 1 | (pending ? u->next << 8 : 0);
}

static void settle_event(struct unit *u)
{
    bool set = status_of(u) & 0xff;
    if (!set)
        u->event = u->waits = false;
    else if (!u->event)
        u->event = u->waits = true;
    if (u->waits && !u->masked) {
        u->waits = false;
        u->events++;
        vcpu.knock = 1;
    }
}

static void record(struct unit *u, uint32_t source, uint64_t address)
{
    if (u->sticky & 1)
        return;
    uint32_t at = 0;
    while (at < RECORDS && u->full[(u->next + at) % RECORDS])
        at++;
    if (at == RECORDS) {
        u->sticky |= 1;
    } else {
        at = (u->next + at) % RECORDS;
        u->full[at] = true;
        u->address[at] = address;
        u->source[at] = source;
        u->reason[at] = 5;
    }
    settle_event(u);
}

static struct unit *unit_at(volatile uint8_t *registers)
{
    return &units[(registers - &world.pages[0][0]) / 4096];
}

uint32_t vtd_read(volatile uint8_t *registers, unsigned at)
{
    struct unit *u = unit_at(registers);
    assert_true(u->reads++ < 1000000);
    if (at == 0x08)
        return FIRST_RECORD / 16 << 24;
    if (at == 0x0c)
        return (RECORDS - 1) << 8;
    if (at == 0x34)
        return status_of(u);
    if (at == 0x38)
        return u->masked ? 0x80000000 : 0;
    uint32_t i = (at - FIRST_RECORD) / 16;
    assert_true(at >= FIRST_RECORD && i < RECORDS);
    switch (at % 16) {
    case 0:
        return (uint32_t)u->address[i];
    case 4:
        return (uint32_t)(u->address[i] >> 32);
    case 8:
        return u->source[i];
    default:
        return u->reason[i] | (u->full[i] ? 0x80000000 : 0);
    }
}

void vtd_write(volatile uint8_t *registers, unsigned at, uint32_t value)
{
    struct unit *u = unit_at(registers);
    if (at == 0x34) {
        u->sticky &= ~value;
    } else if (at == 0x38) {
        u->masked = value >> 31;
    } else if (at == 0x3c) {
        u->data = value;
    } else if (at == 0x40) {
        u->low = value;
    } else if (at == 0x44) {
        u->high = value;
    } else {
        uint32_t i = (at - FIRST_RECORD) / 16;
        assert_true(i < RECORDS && at % 16 == 12 && value == 0x80000000);
        u->full[i] = false;
        u->next = (i + 1) % RECORDS;
        settle_event(u);
        if (u->storm)
            record(u, u->storm, 0x1000);
    }
    settle_event(u);
}

void machine_knock(uint32_t apic_id)
{
    knocks[apic_id]++;
    if (apic_id == READER)
        vcpu.knock = 1;
}

void log_join(void)
{
}

void log_print(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    vsnprintf(said, sizeof(said), text, args);
    va_end(args);
    assert_true(words.tells_on_com1);
    lines++;
}

/* The reader, until it may sleep. */
static uint32_t look(void)
{
    uint32_t looks = 0;
    while (vcpu.knock) {
        vcpu.knock = 0;
        faults_look();
        assert_true(++looks < 100);
    }
    return looks;
}

static struct public_page *page(uint32_t domain)
{
    return (struct public_page *)world.pages[UNITS_PUBLIC + domain];
}

static uint32_t answer(uint32_t domain)
{
    own = domain;
    uint32_t functions = faults_taken();
    if (functions)
        faults_answer(functions);
    return functions;
}

static void begin_life(uint32_t domain)
{
    page(domain)->lives++;
    place.function_count = 2;
    cpu.domain = &place;
    faults_forget();
    look();
}

/* Sources: domain 0 has 0x100 and 0x101, domain 1 has 0x200 and 0x201. */
static int make(void **state)
{
    (void)state;
    memset(&world, 0, sizeof(world));
    memset(units, 0, sizeof(units));
    memset(knocks, 0, sizeof(knocks));
    vcpu = (struct vcpu){0};
    words = (struct handoff_slice){.tells_on_com1 = true};
    lines = 0;
    faults = (struct faults){
        .has_reader = true, .reader = READER, .unit_count = UNITS, .source_count = 4};
    for (uint32_t i = 0; i < 4; i++)
        faults.sources[i] = (struct fault_source){.pci = 0x100 + 0x100 * (i / 2) + i % 2,
                                                  .domain = i / 2,
                                                  .function = i % 2,
                                                  .apic_id = OWNERS + i / 2};
    faults_look();
    vcpu.knock = 0;
    return 0;
}

static void the_reader_is_told_by_nmi(void **state)
{
    (void)state;
    faults = (struct faults){.has_reader = true, .reader = 0x12345, .unit_count = UNITS};
    faults_look();
    for (uint32_t i = 0; i < UNITS; i++) {
        assert_int_equal(units[i].data, 0x400);
        assert_int_equal(units[i].low, 0xfee45000);
        assert_int_equal(units[i].high, 0x12300);
        assert_false(units[i].masked);
    }
}

static void a_fault_reaches_its_owner(void **state)
{
    (void)state;
    begin_life(1);
    record(&units[1], 0x201, 0xabcd1234000);
    look();
    assert_int_equal(page(1)->faulted, 2);
    assert_int_equal(page(1)->fault_address, 0xabcd1234000);
    assert_int_equal(page(1)->fault_reason, 5);
    assert_int_equal(page(0)->faulted, 0);
    assert_int_equal(knocks[OWNERS + 1], 1);
    assert_int_equal(knocks[OWNERS], 0);
    assert_true(units[1].masked); /* until it is in quarantine */
    assert_false(units[0].masked);
    assert_int_equal(answer(1), 2);
    assert_int_equal(answer(1), 0);
    look();
    assert_false(units[1].masked);
    record(&units[1], 0x200, 0);
    look();
    assert_int_equal(answer(1), 1);
}

/* Faults that others have meanwhile are not lost while there is room to record them. */
static void others_are_told_too(void **state)
{
    (void)state;
    record(&units[0], 0x100, 0);
    record(&units[0], 0x200, 0);
    look();
    record(&units[0], 0x101, 0);
    assert_int_equal(answer(0), 1);
    look();
    assert_int_equal(answer(1), 1);
    look();
    assert_int_equal(answer(0), 2);
    look();
    assert_false(units[0].masked);
    assert_int_equal(status_of(&units[0]), 0);
}

/* 4,096 faults on each of three lives: a few looks, and the next one is heard again. */
static void a_storm_makes_nobody_busy(void **state)
{
    (void)state;
    for (uint32_t life = 0; life < 3; life++) {
        uint32_t looks = 0;
        begin_life(0);
        units[0].reads = 0;
        for (uint32_t i = 0; i < 4096; i++) {
            record(&units[0], 0x100, i * 4096);
            looks += look();
        }
        assert_int_equal(knocks[OWNERS], life + 1);
        assert_int_equal(answer(0), 1);
        looks += look();
        assert_in_range(looks, 2, 8);
        assert_in_range(units[0].reads, 1, 300);
        assert_false(units[0].masked);
        assert_int_equal(status_of(&units[0]), 0);
    }
    record(&units[0], 0x200, 0);
    look();
    assert_int_equal(answer(1), 1);
}

/* What it did before its owner was at it is no reason to be deaf. */
static void the_owner_has_time(void **state)
{
    (void)state;
    record(&units[0], 0x100, 0);
    for (uint32_t i = 0; i < 100; i++) {
        record(&units[0], 0x100, 0);
        vcpu.knock = 1; /* of something else */
        look();
    }
    answer(0);
    look();
    assert_false(units[0].masked);
}

/* It ignores that it may not: the unit is deaf for it, until a new life. */
static void who_goes_on_is_not_heard(void **state)
{
    (void)state;
    begin_life(0);
    units[0].storm = 0x100;
    record(&units[0], 0x100, 0);
    uint32_t looks = look();
    assert_int_equal(answer(0), 1);
    looks += look();
    assert_in_range(looks, 2, 8);
    assert_true(units[0].masked);
    assert_false(units[1].masked);
    /* Said once, to its owner too, who answers as ever. */
    assert_int_equal(page(0)->fault_reason, 5 | FAULT_DEAF);
    assert_int_equal(knocks[OWNERS], 2);
    assert_int_equal(answer(0), 1);
    look();
    assert_true(units[0].masked);
    assert_string_equal(said,
                        "bulkhead: IOMMU unit 0 tells no more DMA faults: 01:00.0 does not end\n");
    for (uint32_t i = 0; i < 1000; i++)
        record(&units[0], 0x100, 0);
    assert_int_equal(look(), 0);
    record(&units[1], 0x200, 0); /* another unit's */
    look();
    assert_int_equal(answer(1), 1);
    look();
    assert_false(units[1].masked);
    units[0].storm = 0;
    begin_life(0);
    assert_false(units[0].masked && knocks[OWNERS] == 2);
    if (answer(0))
        look();
    assert_false(units[0].masked);
    assert_int_equal(status_of(&units[0]), 0);
    assert_int_equal(page(1)->fault_reason, 5);
    assert_int_equal(lines, 1);
}

/* A life later the same may be told again; nothing is on a port that is a domain's. */
static void each_life_is_told_alone(void **state)
{
    (void)state;
    units[0].storm = 0x100;
    for (uint32_t life = 1; life <= 3; life++) {
        begin_life(0);
        record(&units[0], 0x100, 0);
        for (uint32_t i = 0; i < 3; i++) {
            look();
            answer(0);
        }
        assert_true(page(0)->fault_reason & FAULT_DEAF);
        assert_int_equal(lines, life < 3 ? life : 2);
        words.tells_on_com1 = life < 2; /* else it is a domain's port */
    }
    units[0].storm = 0;
    vcpu.knock = 1;
    look();
    begin_life(0); /* in which it is quiet */
    assert_int_equal(page(0)->fault_reason, 5);
    assert_false(units[0].masked);
}

/* A function of nobody: a few are looked at. */
static void strays_end(void **state)
{
    (void)state;
    uint32_t looks = 0;
    for (uint32_t i = 0; i < 1000; i++) {
        record(&units[0], 0x700, 0);
        looks += look();
    }
    assert_in_range(looks, 1, 40);
    assert_true(units[0].masked);
    assert_string_equal(said,
                        "bulkhead: IOMMU unit 0 tells no more DMA faults: 07:00.0 does not end\n");
    assert_int_equal(lines, 1);
    assert_int_equal(page(0)->faulted | page(1)->faulted, 0);
    assert_int_equal(knocks[OWNERS] + knocks[OWNERS + 1], 0);
}

/* Errors of the invalidation queue would keep every other event back. */
static void sticky_errors_are_cleared(void **state)
{
    (void)state;
    for (uint32_t bit = 4; bit <= 6; bit++) {
        units[0].sticky = 1u << bit;
        settle_event(&units[0]);
        look();
        assert_int_equal(status_of(&units[0]), 0);
        assert_false(units[0].masked);
    }
    record(&units[0], 0x100, 0);
    look();
    assert_int_equal(answer(0), 1);
}

static void nobody_else_looks(void **state)
{
    (void)state;
    faults.unit_count = 0;
    units[0].reads = 0;
    record(&units[0], 0x100, 0);
    faults_look();
    assert_int_equal(units[0].reads, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, make)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_reader_is_told_by_nmi), TEST(a_fault_reaches_its_owner),
        TEST(others_are_told_too),       TEST(the_owner_has_time),
        TEST(a_storm_makes_nobody_busy), TEST(who_goes_on_is_not_heard),
        TEST(each_life_is_told_alone),   TEST(strays_end),
        TEST(sticky_errors_are_cleared), TEST(nobody_else_looks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
