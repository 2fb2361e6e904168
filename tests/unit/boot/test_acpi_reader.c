/* SPDX-License-Identifier: Apache-2.0 */
/* I10: the firmware's ACPI tables, made up: what is read, and that damage and gaps are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/acpi_reader.h"

enum { MEMORY = 0x100000, XSDT = 0x100, FIRST = 0x1000, TABLE_ROOM = 0x1000, HEADER = 36 };

static uint8_t memory[0x8000]; /* at host-physical MEMORY */
static unsigned tables;
static struct facts facts;
static struct diagnostic why;
static uint16_t port;

static const uint8_t *map(uint64_t address, uint64_t bytes)
{
    bool inside = address >= MEMORY && address - MEMORY <= sizeof(memory) &&
                  bytes <= sizeof(memory) - (address - MEMORY);
    return inside ? memory + (address - MEMORY) : NULL;
}

static void put(uint8_t *at, uint64_t value, unsigned bytes)
{
    memcpy(at, &value, bytes);
}

static void seal(uint8_t *table, unsigned at, unsigned bytes)
{
    uint8_t sum = 0;
    table[at] = 0;
    for (unsigned i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + table[i]);
    table[at] = (uint8_t)-sum;
}

static void seal_roots(void)
{
    put(memory + XSDT + 4, HEADER + 8 * tables, 4);
    seal(memory + XSDT, 9, HEADER + 8 * tables);
    seal(memory, 32, HEADER);
}

/* A table with `bytes` after its header, of which its reader sees those in `body`. */
static uint8_t *add_table(const char *signature, const void *body, unsigned bytes)
{
    uint8_t *table = memory + FIRST + tables * TABLE_ROOM;
    memcpy(table, signature, 4);
    put(table + 4, HEADER + bytes, 4);
    memcpy(table + HEADER, body, bytes);
    seal(table, 9, HEADER + bytes);
    put(memory + XSDT + HEADER + 8 * tables, MEMORY + FIRST + tables * TABLE_ROOM, 8);
    tables++;
    seal_roots();
    return table;
}

static int setup(void **state)
{
    (void)state;
    memset(memory, 0, sizeof(memory));
    memset(&facts, 0, sizeof(facts));
    tables = 0;
    memcpy(memory, "RSD PTR ", 8);
    put(memory + 24, MEMORY + XSDT, 8);
    memcpy(memory + XSDT, "XSDT", 4);
    seal_roots();
    return 0;
}

/* Eight bytes of the table's own, then entries. */
static const uint8_t madt[] = {
    0, 0,  0xe0, 0xfe, 0, 0, 0,    0,                             /* */
    0, 8,  0,    0,    1, 0, 0,    0,                             /* APIC id 0 */
    0, 8,  1,    2,    1, 0, 0,    0,                             /* APIC id 2 */
    0, 8,  2,    0xff, 0, 0, 0,    0,                             /* a place without a processor */
    9, 16, 0,    0,    2, 0, 0,    0,    1,  0, 0, 0, 1, 0, 0, 0, /* 2 once more, as x2APIC */
    9, 16, 0,    0,    0, 1, 0,    0,    1,  0, 0, 0, 2, 0, 0, 0, /* 256 */
    1, 12, 0,    0,    0, 0, 0xc0, 0xfe, 24, 0, 0, 0,             /* an I/O APIC */
};
enum { MADT_FIRST = HEADER + 8, MADT_LAST_CPU = MADT_FIRST + 40, MADT_IOAPIC = MADT_FIRST + 56 };

static bool reads(void)
{
    memset(&facts, 0, sizeof(facts));
    why.text[0] = 0;
    return acpi_read(MEMORY, map, &facts, &port, &why);
}

static void expect_refused(const char *part)
{
    assert_false(reads());
    if (!strstr(why.text, part))
        fail_msg("%s", why.text);
}

static void processors_and_ioapics(void **state)
{
    (void)state;
    add_table("APIC", madt, sizeof(madt));
    assert_true(reads());
    assert_int_equal(facts.cpu_count, 3);
    assert_int_equal(facts.cpus[1].apic_id, 2);
    assert_int_equal(facts.cpus[2].apic_id, 256);
    assert_int_equal(facts.ioapic_count, 1);
    assert_int_equal(facts.ioapics[0].address, 0xfec00000);
    assert_int_equal(facts.ioapics[0].gsi_base, 24);
    assert_int_equal(facts.ecam_count, 0);
}

/* One by its number, all by both kinds of entry, one that is not there, a pin that is not there. */
static void lines_of_nmi(void **state)
{
    (void)state;
    static const uint8_t numbered[] = {
        0, 0,  0xe0, 0xfe, 0, 0, 0,    0,                            /* */
        4, 6,  7,    0x0f, 0, 1,                                     /* LINT1 of number 7, low */
        4, 6,  9,    0,    0, 1,                                     /* of nobody */
        0, 8,  6,    0,    1, 0, 0,    0,                            /* number 6 */
        9, 16, 0,    0,    2, 0, 0,    0,    1, 0, 0, 0, 7, 0, 0, 0, /* number 7 */
        1, 12, 0,    0,    0, 0, 0xc0, 0xfe, 0, 0, 0, 0,             /* an I/O APIC */
    };
    static const uint8_t all[] = {4, 6, 0xff, 5, 0, 1, 4, 6, 0xff, 0, 0, 2};
    static const uint8_t every[] = {10, 12, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 0, 0, 0};
    static const uint8_t one[] = {10, 12, 5, 0, 6, 0, 0, 0, 1, 0, 0, 0};
    static const uint8_t lint0[] = {10, 12, 5, 0, 6, 0, 0, 0, 0, 0, 0, 0};
    uint8_t body[sizeof(numbered) + 12];
    memcpy(body, numbered, sizeof(numbered));
    memcpy(body + sizeof(numbered), all, 12);
    add_table("APIC", body, sizeof(numbered));
    assert_true(reads());
    assert_int_equal(facts.cpus[0].sources, 0);
    assert_int_equal(facts.cpus[1].sources, HANDOFF_NMI | HANDOFF_NMI_LOW);
    const struct {
        const uint8_t *entry;
        uint32_t first, second;
    } more[] = {{all, HANDOFF_NMI, HANDOFF_NMI | HANDOFF_NMI_LOW},
                {every, HANDOFF_NMI, HANDOFF_NMI | HANDOFF_NMI_LOW},
                {one, HANDOFF_NMI, HANDOFF_NMI | HANDOFF_NMI_LOW},
                {lint0, 0, HANDOFF_NMI | HANDOFF_NMI_LOW}};
    for (unsigned i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
        setup(NULL);
        memcpy(body + sizeof(numbered), more[i].entry, 12);
        add_table("APIC", body, sizeof(body));
        assert_true(reads());
        assert_int_equal(facts.cpus[0].sources, more[i].first);
        assert_int_equal(facts.cpus[1].sources, more[i].second);
    }
    setup(NULL);
    body[9] = 5; /* too short */
    add_table("APIC", body, sizeof(body));
    expect_refused("shorter than its kind");
}

/* Machines with two sockets have nine and more. */
static void as_many_ioapics_as_can_be_masked(void **state)
{
    enum { ENTRY = 12, OWN = 8 };
    uint8_t body[OWN + (MAX_IOAPICS + 1) * ENTRY] = {0};
    (void)state;
    for (unsigned i = 0; i <= MAX_IOAPICS; i++)
        memcpy(body + OWN + i * ENTRY,
               (const uint8_t[]){1, ENTRY, (uint8_t)i, 0, 0, (uint8_t)(i << 4), 0xc0, 0xfe,
                                 (uint8_t)(24 * i), (uint8_t)(24 * i >> 8), 0, 0},
               ENTRY);
    uint8_t *table = add_table("APIC", body, sizeof(body) - ENTRY);
    assert_true(reads());
    assert_int_equal(facts.ioapic_count, MAX_IOAPICS);
    assert_int_equal(facts.ioapics[MAX_IOAPICS - 1].gsi_base, 24 * (MAX_IOAPICS - 1));
    memcpy(table + HEADER, body, sizeof(body));
    put(table + 4, HEADER + sizeof(body), 4);
    seal(table, 9, HEADER + sizeof(body));
    expect_refused("more I/O APICs");
}

static void missing_tables_are_refused(void **state)
{
    (void)state;
    expect_refused("no MADT lists the I/O APIC");
    uint8_t *table = add_table("APIC", madt, sizeof(madt));
    table[MADT_IOAPIC] = 0x10; /* a kind that nobody knows */
    seal(table, 9, HEADER + sizeof(madt));
    expect_refused("no MADT lists the I/O APIC");
    put(memory + XSDT + HEADER, 0x9000000, 8);
    seal_roots();
    expect_refused("where there is no memory");
}

static void damage_is_refused(void **state)
{
    (void)state;
    uint8_t *table = add_table("APIC", madt, sizeof(madt));
    table[MADT_FIRST + 4] = 0;
    expect_refused("damaged: APIC");
    table[MADT_FIRST + 4] = 1;
    static const struct {
        unsigned at;
        uint8_t value;
        const char *part;
    } damages[] = {{MADT_FIRST + 1, 0, "reaches beyond"},
                   {MADT_IOAPIC + 1, 13, "reaches beyond"},
                   {MADT_FIRST + 1, 4, "shorter than its kind"},
                   {MADT_FIRST + 8, 9, "shorter than its kind"},
                   {MADT_FIRST + 3, 0xff, "no APIC id of its own"}};
    for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        uint8_t good = table[damages[i].at];
        table[damages[i].at] = damages[i].value;
        seal(table, 9, HEADER + sizeof(madt));
        expect_refused(damages[i].part);
        table[damages[i].at] = good;
    }
    memset(table + MADT_LAST_CPU + 4, 0xff, 4);
    seal(table, 9, HEADER + sizeof(madt));
    expect_refused("no APIC id of its own");
    memory[0] = 'X';
    expect_refused("RSDP");
}

static void windows_of_configuration_space(void **state)
{
    static const uint8_t mcfg[] = {
        0, 0, 0, 0,    0, 0, 0, 0,                             /* */
        0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 1,   127, 0, 0, 0, 0, /* */
        0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0, 128, 255, 0, 0, 0, 0, /* */
        0, 0, 0, 0,    1, 0, 0, 0, 2, 0, 0,   31,  0, 0, 0, 0, /* */
    };
    (void)state;
    add_table("APIC", madt, sizeof(madt));
    uint8_t *table = add_table("MCFG", mcfg, sizeof(mcfg));
    assert_true(reads());
    assert_int_equal(facts.ecam_count, 3);
    assert_int_equal(facts.ecam[0].base, 0xb0000000);
    assert_int_equal(facts.ecam[0].bus_first, 1);
    assert_int_equal(facts.ecam[1].bus_last, 255);
    assert_int_equal(facts.ecam[2].base, 0x100000000);
    assert_int_equal(facts.ecam[2].segment, 2);
    put(table + 4, HEADER + sizeof(mcfg) - 4, 4);
    seal(table, 9, HEADER + sizeof(mcfg) - 4);
    expect_refused("MCFG ends within an entry");
}

static void sources_that_no_scan_shows(void **state)
{
    static const uint8_t hpet[] = {1, 0xa2, 0x86, 0x80, 0, 64, 0, 0, /* identity, a GAS */
                                   0, 0,    0xd0, 0xfe, 0, 0,  0, 0, 0, 0, 0, 0};
    static const uint8_t dmar[] = {
        38, 0, 0,  0, 0, 0, 0, 0, 0, 0,    0,    0,                /* */
        0,  0, 16, 0, 0, 0, 0, 0, 0, 0,    0xd9, 0xfe, 0, 0, 0, 0, /* a unit */
        2,  0, 8,  0, 0, 0, 0, 0,                                  /* of another kind */
        0,  0, 16, 0, 1, 0, 0, 0, 0, 0x10, 0xd9, 0xfe, 0, 0, 0, 0,
    };
    (void)state;
    add_table("APIC", madt, sizeof(madt));
    uint8_t *timer = add_table("HPET", hpet, sizeof(hpet));
    uint8_t *units = add_table("DMAR", dmar, sizeof(dmar));
    assert_true(reads());
    assert_int_equal(facts.hpet_base, 0xfed00000);
    assert_int_equal(facts.iommu_count, 2);
    assert_int_equal(facts.iommus[0].registers, 0xfed90000);
    assert_int_equal(facts.iommus[1].registers, 0xfed91000);
    timer[40] = 1;
    seal(timer, 9, HEADER + sizeof(hpet));
    expect_refused("HPET's table");
    timer[40] = 0;
    seal(timer, 9, HEADER + sizeof(hpet));
    units[48 + 9] = 1; /* no page begins there */
    seal(units, 9, HEADER + sizeof(dmar));
    expect_refused("unit without a place");
    units[48 + 9] = 0;
    units[48 + 2] = 12;
    seal(units, 9, HEADER + sizeof(dmar));
    expect_refused("shorter than its kind");
    units[48 + 2] = 16;
    seal(units, 9, HEADER + sizeof(dmar));
    uint8_t *second = add_table("HPET", hpet, sizeof(hpet));
    assert_true(reads());
    second[44 + 1] = 0x10;
    seal(second, 9, HEADER + sizeof(hpet));
    expect_refused("several HPETs");
    units[48 + 2] = 200;
    seal(units, 9, HEADER + sizeof(dmar));
    expect_refused("entry that reaches beyond");
}

/* Behind the header: 32 bytes, then the instructions' number, then they. */
static const uint8_t wdat[] = {
    32,   0, 0, 0, 0xff, 0xff, 0xff, 0, 0,    0, 0, 0,
    0x58, 2, 0, 0, 0xff, 3,    0,    0, 4,    0, 0, 0, /* */
    0x81, 0, 0, 0, 2,    0,    0,    0,                /* */
    9,    2, 0, 0, 1,    16,   0,    2, 0x68, 4, 0, 0,
    0,    0, 0, 0, 0,    0,    0,    0, 1,    0, 0, 0, /* set running */
    8,    0, 0, 0, 1,    16,   11,   2, 0x68, 4, 0, 0,
    0,    0, 0, 0, 0,    0,    0,    0, 1,    0, 0, 0, /* is it */
};
enum { WDAT_RUNNING = HEADER + 32 + 24 };

static void a_watchdog_is_found(void **state)
{
    (void)state;
    add_table("APIC", madt, sizeof(madt));
    assert_true(reads());
    assert_false(facts.watchdog.there);
    uint8_t *table = add_table("WDAT", wdat, sizeof(wdat));
    assert_true(reads());
    assert_true(facts.watchdog.there);
    assert_int_equal(facts.watchdog.port, 0x468);
    assert_int_equal(facts.watchdog.bytes, 2);
    assert_int_equal(facts.watchdog.shift, 11);
    assert_int_equal(facts.watchdog.mask, 1);
    assert_int_equal(facts.watchdog.value, 0);

    /* Off; then in memory, by another instruction, out of bounds: it can't be asked. */
    static const struct {
        unsigned at;
        uint8_t value;
    } damages[] = {{WDAT_RUNNING + 1, 1}, {WDAT_RUNNING + 4, 0}, {WDAT_RUNNING + 6, 32},
                   {WDAT_RUNNING + 7, 0}, {WDAT_RUNNING + 7, 4}, {WDAT_RUNNING + 10, 1},
                   {WDAT_RUNNING, 9},     {HEADER + 28, 1}};
    for (unsigned i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
        uint8_t kept = table[damages[i].at];
        table[damages[i].at] = damages[i].value;
        seal(table, 9, HEADER + sizeof(wdat));
        assert_true(reads());
        assert_true(facts.watchdog.there);
        assert_int_equal(facts.watchdog.bytes, 0);
        table[damages[i].at] = kept;
    }
    put(table + HEADER + 28, 0xffffffff, 4); /* more than there are; behind it lies another's */
    memcpy(table + HEADER + sizeof(wdat), table + WDAT_RUNNING, 24);
    put(table + HEADER + sizeof(wdat) + 8, 0x70, 1);
    seal(table, 9, HEADER + sizeof(wdat));
    assert_true(reads());
    assert_int_equal(facts.watchdog.bytes, 2);
    assert_int_equal(facts.watchdog.port, 0x468);
    table[60] = 0x80;
    seal(table, 9, HEADER + sizeof(wdat));
    assert_true(reads());
    assert_false(facts.watchdog.there);
    table[60] = 0x81; /* nothing rests on it: damage is no refusal */
    assert_true(reads());
    assert_false(facts.watchdog.there);
    put(table + 4, HEADER + 16, 4);
    seal(table, 9, HEADER + 16);
    assert_true(reads());
    assert_false(facts.watchdog.there);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(processors_and_ioapics, setup),
        cmocka_unit_test_setup(lines_of_nmi, setup),
        cmocka_unit_test_setup(as_many_ioapics_as_can_be_masked, setup),
        cmocka_unit_test_setup(missing_tables_are_refused, setup),
        cmocka_unit_test_setup(damage_is_refused, setup),
        cmocka_unit_test_setup(sources_that_no_scan_shows, setup),
        cmocka_unit_test_setup(windows_of_configuration_space, setup),
        cmocka_unit_test_setup(a_watchdog_is_found, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
