/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I3, I10: the units are switched on in one order only, and one that does not do as it is told is
 * refused. A model of a unit's registers acts as the VT-d specification says, but for the fault
 * that a row gives it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/devices/vtd.c"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { UNIT = 0xfed90000, TABLES = 0x100000, TABLES_BYTES = 0x80000, LOG_BYTES = 4096 };
#define HPA(buffer) ((uint64_t)(uintptr_t)(buffer))

static _Alignas(4096) uint8_t root[2 * 4096], queue[4096];
static const uint64_t entries = 0x200000000;

/* One unit. */
static struct model {
    uint32_t words[0x1000 / 4];
    uint64_t now;
    uint32_t stuck;         /* status bits that never change */
    bool deaf_queue;        /* descriptors are not looked at */
    bool bad_queue;         /* they are faults */
    bool keeps_queue_fault; /* while the firmware's queue is on */
    bool sticky_faults;     /* faults are not cleared */
    bool stuck_regions;     /* protected memory stays on */
    bool slow_queue;        /* of the firmware: it ends after some looks at it */
    char log[LOG_BYTES];    /* what was done, a word each */
    char *end;
} m;
static struct handoff handoff;
static struct diagnostic why;

_Noreturn void refuse(const char *text, ...)
{
    fail_msg("%s", text);
    abort();
}

void reach(uint64_t base, uint64_t bytes, const char *what)
{
    (void)base;
    (void)bytes;
    (void)what;
}

static void note(const char *word)
{
    m.end += snprintf(m.end, (size_t)(m.log + sizeof(m.log) - m.end), "%s%s",
                      m.end == m.log ? "" : " ", word);
}

static uint32_t *word_at(uint32_t offset)
{
    assert_true(offset % 4 == 0 && offset < sizeof(m.words));
    return &m.words[offset / 4];
}

static uint64_t wide_at(uint32_t offset)
{
    return *word_at(offset) | (uint64_t)*word_at(offset + 4) << 32;
}

static void status(uint32_t bit, bool on)
{
    if (!(m.stuck & bit))
        *word_at(0x1c) = on ? *word_at(0x1c) | bit : *word_at(0x1c) & ~bit;
}

/* Global Command: what changes, one at a time. */
static void commanded(uint32_t value)
{
    static const struct {
        uint32_t bit;
        const char *on, *off;
    } lasting[] = {{1u << 31, "TE", "-TE"},
                   {1u << 28, "AFL", "-AFL"},
                   {1u << 26, "QIE", "-QIE"},
                   {1u << 25, "IRE", "-IRE"},
                   {1u << 23, "CFI", "-CFI"}};
    uint32_t changes = 0;
    for (size_t i = 0; i < COUNT(lasting); i++) {
        bool on = value & lasting[i].bit;
        if (on == ((*word_at(0x1c) & lasting[i].bit) != 0))
            continue;
        changes++;
        note(on ? lasting[i].on : lasting[i].off);
        if (lasting[i].bit == 1u << 26)
            *word_at(0x80) = 0;
        status(lasting[i].bit, on);
    }
    if (value & 1u << 30) {
        note(wide_at(0x20) == HPA(root) ? "SRTP" : "SRTP?");
        status(1u << 30, true);
    }
    if (value & 1u << 24) {
        note(wide_at(0xb8) == (entries | 1 << 11 | 15) ? "SIRTP" : "SIRTP?");
        status(1u << 24, true);
    }
    if (value & 1u << 27)
        note("WBF");
    for (uint32_t bit = 24; bit <= 30; bit += 3) /* the commands that act once */
        changes += value >> bit & 1;
    assert_true(changes <= 1);
}

/* Descriptors up to the tail. */
static void queued(void)
{
    if (m.deaf_queue)
        return;
    if (m.bad_queue) {
        *word_at(0x34) |= 1 << 4;
        return;
    }
    assert_true(*word_at(0x1c) >> 26 & 1);
    assert_int_equal(wide_at(0x90), HPA(queue));
    const uint64_t *at = (const uint64_t *)(queue + *word_at(0x80));
    for (; *word_at(0x80) != *word_at(0x88); *word_at(0x80) += 16, at += 2) {
        unsigned type = at[0] & 0xf;
        if (type == 5) {
            assert_int_equal(at[0] & 0xfffffff0, 1 << 5);
            *(uint32_t *)at[1] = (uint32_t)(at[0] >> 32);
            continue;
        }
        assert_int_equal(at[1], 0);
        assert_true(type == 4 ? at[0] == 4 : (at[0] >> 4 & 3) == 1);
        note(type == 1 ? "contexts" : type == 2 ? "translations" : type == 4 ? "entries" : "?");
        if (type == 2 && at[0] >> 6)
            note(at[0] >> 6 == 3 ? "drained" : "half");
    }
}

static uint32_t model_read(uint64_t unit, uint32_t offset, void *context)
{
    (void)context;
    assert_int_equal(unit, UNIT);
    if (offset == 0x80 && m.slow_queue && *word_at(0x80) != *word_at(0x88))
        *word_at(0x80) += 16;
    return *word_at(offset);
}

static void model_write(uint64_t unit, uint32_t offset, uint32_t value, void *context)
{
    (void)context;
    assert_int_equal(unit, UNIT);
    switch (offset) {
    case 0x18:
        commanded(value);
        return;
    case 0x34: /* a 1 clears */
        *word_at(0x34) &= ~(m.sticky_faults ? 0 : value & 0x7d);
        if (m.keeps_queue_fault && *word_at(0x1c) >> 26 & 1)
            *word_at(0x34) |= 1 << 4; /* it looks at the same descriptor again */
        return;
    case 0x64:
        note("PMEN");
        *word_at(0x64) = (value & 1u << 31) | (m.stuck_regions ? 1 : value >> 31);
        return;
    case 0x20c: /* the last word of the first and of the second fault record */
    case 0x21c:
        *word_at(offset) &= ~(value & 1u << 31);
        return;
    case 0x88:
        *word_at(offset) = value;
        if (value)
            queued();
        return;
    default:
        assert_true(offset == 0x20 || offset == 0x24 || offset == 0x8c || offset == 0x90 ||
                    offset == 0x94 || offset == 0xb8 || offset == 0xbc);
        *word_at(offset) = value;
    }
}

static void model_flush(uint64_t base, uint64_t bytes, void *context)
{
    (void)context;
    if (base == HPA(queue))
        return;
    note(base == HPA(root) && bytes == sizeof(root) ? "(root)"
         : base == entries && bytes == IRT_BYTES    ? "(entries)"
         : base == TABLES && bytes == TABLES_BYTES  ? "(nested)"
                                                    : "(?)");
}

static uint64_t model_ticks(void *context)
{
    (void)context;
    return m.now += 100;
}

static const struct vtd_access access = {model_read, model_write, model_flush, model_ticks, NULL};

/* Coherent, off; two fault records at 0x200. */
static int setup(void **state)
{
    (void)state;
    m = (struct model){.end = m.log};
    memset(queue, 0xa5, sizeof(queue));
    m.words[0] = 0x10;
    m.words[2] = 0x20 << 24 | 1 << 10;
    m.words[3] = 1 << 8;
    m.words[4] = 0x1b;
    handoff = (struct handoff){.tsc_hz = 100000,
                               .iommu_count = 1,
                               .iommu_root = HPA(root),
                               .iommu_bytes = sizeof(root),
                               .iommu_queue = HPA(queue),
                               .iommu_entries = entries,
                               .domain_count = 2};
    handoff.domains[1] = (struct handoff_domain){
        .function_count = 1, .tables_hpa = TABLES, .tables_bytes = TABLES_BYTES};
    handoff.iommus[0].registers = UNIT;
    return 0;
}

static void knows_itself(void)
{
    handoff.iommus[0].capability = wide_at(8);
    handoff.iommus[0].extended_capability = wide_at(16);
}

static void must_block(const char *log)
{
    knows_itself();
    m.end = m.log;
    *m.log = 0;
    if (!vtd_block(&handoff, &access, &why))
        fail_msg("%s", why.text);
    assert_string_equal(m.log, log);
    assert_int_equal(*word_at(0x1c) & 0xff800000, 0xc3000000);
}

static void must_invalidate(const char *log)
{
    m.end = m.log;
    *m.log = 0;
    if (!vtd_invalidate(&handoff, &access, &why))
        fail_msg("%s", why.text);
    assert_string_equal(m.log, log);
    assert_int_equal(*word_at(0x1c) & 0xff800000, 0xc3000000);
}

#define USUAL "SRTP QIE contexts translations -QIE SIRTP QIE entries -QIE TE IRE"

static void in_order(void **state)
{
    (void)state;
    must_block(USUAL);
    must_invalidate("QIE contexts translations entries -QIE");
}

static void not_coherent(void **state)
{
    (void)state;
    m.words[4] &= ~1u;
    must_block("(root) (entries) " USUAL);
    must_invalidate("(nested) (root) (entries) QIE contexts translations entries -QIE");
}

static void write_buffer(void **state)
{
    (void)state;
    m.words[2] |= 1 << 4;
    must_block("WBF " USUAL);
    must_invalidate("WBF QIE contexts translations entries -QIE");
}

static void drains(void **state)
{
    (void)state;
    m.words[3] |= 3 << 22;
    must_block("SRTP QIE contexts translations drained -QIE SIRTP QIE entries -QIE TE IRE");
    must_invalidate("QIE contexts translations drained entries -QIE");
}

/* Only once translation is on. */
static void protected_memory(void **state)
{
    (void)state;
    m.words[2] |= 1 << 5;
    m.words[0x64 / 4] = 1u << 31 | 1;
    must_block(USUAL " PMEN");
    assert_int_equal(*word_at(0x64), 0);
}

/* Left on by the firmware: no moment without translation, and what is remembered is forgotten. */
static void taken_over(void **state)
{
    (void)state;
    m.words[0x1c / 4] = 0xc7000000;
    m.words[0x20 / 4] = 0x1234000;
    m.words[0xb8 / 4] = 0x5678000 | 1 << 11 | 7;
    m.words[0x80 / 4] = 0x40;
    m.words[0x88 / 4] = 0x90;
    m.slow_queue = true;
    m.words[0x20c / 4] = m.words[0x21c / 4] = 1u << 31 | 0x106;
    m.words[0x34 / 4] = 0x03;
    must_block("-QIE SRTP QIE contexts translations -QIE SIRTP QIE entries -QIE");
    assert_int_equal(*word_at(0x20c), 0x106);
    assert_int_equal(*word_at(0x21c), 0x106);
    assert_int_equal(*word_at(0x34) & ~2u, 0);
}

/* In another format: not without a moment of none. */
static void taken_over_in_another_format(void **state)
{
    (void)state;
    m.words[0x1c / 4] = 0xc3800000 | 1 << 28;
    m.words[0x20 / 4] = 0x1234000 | 1 << 10; /* scalable mode */
    m.words[0xb8 / 4] = 0x5678000 | 7;       /* without x2APIC */
    must_block("-AFL -TE -IRE SRTP QIE contexts translations -QIE SIRTP QIE entries -QIE TE -CFI "
               "IRE");
}

static void opted_out(void **state)
{
    (void)state;
    m.words[0x1c / 4] = 1 << 23; /* the old format passes */
    must_block("SRTP QIE contexts translations -QIE SIRTP QIE entries -QIE TE -CFI IRE");
}

/* A queue that a fault stopped has nothing more to do. */
static void queue_left_at_a_fault(void **state)
{
    (void)state;
    m.words[0x1c / 4] = 1 << 26;
    m.words[0x88 / 4] = 0x90;
    m.words[0x34 / 4] = 1 << 4;
    m.keeps_queue_fault = true;
    must_block("-QIE " USUAL);
    setup(NULL);
    m.words[0x34 / 4] = 1 << 5;
    m.sticky_faults = true;
    knows_itself();
    assert_false(vtd_block(&handoff, &access, &why));
    assert_non_null(strstr(why.text, "keeps a fault of its invalidation queue"));
    assert_string_equal(m.log, "SRTP");
}

static void no_unit(void **state)
{
    (void)state;
    handoff.iommu_count = 0;
    assert_true(vtd_block(&handoff, &access, &why));
    assert_true(vtd_invalidate(&handoff, &access, &why));
    assert_string_equal(m.log, "");
}

#define BREAK(name, ...)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        __VA_ARGS__;                                                                               \
    }
BREAK(never_translates, m.stuck = 1u << 31)
BREAK(never_takes_root, m.stuck = 1u << 30)
BREAK(never_flushes, m.words[2] |= 1 << 4; m.words[0x1c / 4] = m.stuck = 1u << 27)
BREAK(queue_never_on, m.stuck = 1u << 26)
BREAK(never_remaps, m.stuck = 1u << 25)
BREAK(never_takes_table, m.stuck = 1u << 24)
BREAK(format_stays, m.words[0x1c / 4] = m.stuck = 1u << 23)
BREAK(log_stays, m.words[0x1c / 4] = m.stuck = 1u << 28)
BREAK(scalable_stays, m.words[0x1c / 4] = m.stuck = 1u << 31; m.words[8] = 1 << 10)
BREAK(old_remapping_stays, m.words[0x1c / 4] = m.stuck = 1u << 25)
BREAK(queue_stays, m.words[0x1c / 4] = m.stuck = 1u << 26)
BREAK(queue_never_ends, m.words[0x1c / 4] = 1u << 26; m.words[0x88 / 4] = 0x40)
BREAK(queue_deaf, m.deaf_queue = true)
BREAK(queue_faults, m.bad_queue = true)
BREAK(regions_stay, m.words[2] |= 1 << 6; m.words[0x64 / 4] = m.stuck_regions = true)

static const struct row {
    const char *name;
    void (*corrupt)(void);
    const char *text;
} rows[] = {
/* clang-format off */
#define ROW(name, text) {#name, name, text}
    /* clang-format on */
    ROW(never_translates, "does not switch translation on"),
    ROW(never_takes_root, "does not take its root table"),
    ROW(never_flushes, "does not flush its write buffer"),
    ROW(queue_never_on, "does not switch its invalidation queue on"),
    ROW(never_remaps, "does not switch interrupt remapping on"),
    ROW(never_takes_table, "does not take its interrupt-remapping table"),
    ROW(format_stays, "does not block interrupts of the old format"),
    ROW(log_stays, "does not switch the firmware's fault log off"),
    ROW(scalable_stays, "does not switch the firmware's translation off"),
    ROW(old_remapping_stays, "does not switch the firmware's remapping off"),
    ROW(queue_stays, "does not switch the firmware's invalidation queue off"),
    ROW(queue_never_ends, "does not come to the end of the firmware's invalidation queue"),
    ROW(queue_deaf, "does not invalidate what it remembers"),
    ROW(queue_faults, "does not invalidate what it remembers"),
    ROW(regions_stay, "does not switch the protected memory regions off"),
};

static void refuses(void **state)
{
    const struct row *row = *state;
    setup(NULL);
    row->corrupt();
    knows_itself();
    if (vtd_block(&handoff, &access, &why))
        fail_msg("%s: accepted", row->name);
    if (!strstr(why.text, row->text) || !strstr(why.text, "I3: the IOMMU unit at fed90000 "))
        fail_msg("%s: no \"%s\" in: %s", row->name, row->text, why.text);
    assert_true(m.now < 100000 / 10 * 3);
}

static void refuses_what_changed(void **state)
{
    (void)state;
    knows_itself();
    m.words[4] ^= 1 << 3;
    assert_false(vtd_block(&handoff, &access, &why));
    assert_non_null(strstr(why.text, "says something else of itself than before"));
    setup(NULL);
    must_block(USUAL);
    *word_at(0x1c) &= ~(1u << 25);
    assert_false(vtd_invalidate(&handoff, &access, &why));
    assert_non_null(strstr(why.text, "did not stay on"));
}

int main(void)
{
    static struct CMUnitTest tests[11 + COUNT(rows)] = {
        cmocka_unit_test_setup(in_order, setup),
        cmocka_unit_test_setup(not_coherent, setup),
        cmocka_unit_test_setup(write_buffer, setup),
        cmocka_unit_test_setup(drains, setup),
        cmocka_unit_test_setup(protected_memory, setup),
        cmocka_unit_test_setup(taken_over, setup),
        cmocka_unit_test_setup(taken_over_in_another_format, setup),
        cmocka_unit_test_setup(opted_out, setup),
        cmocka_unit_test_setup(queue_left_at_a_fault, setup),
        cmocka_unit_test_setup(no_unit, setup),
        cmocka_unit_test_setup(refuses_what_changed, setup),
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        tests[11 + i] = (struct CMUnitTest){rows[i].name, refuses, NULL, NULL, (void *)&rows[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
