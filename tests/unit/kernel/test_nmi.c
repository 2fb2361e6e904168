/* SPDX-License-Identifier: Apache-2.0 */
/* I4, I9: NMIs of the board's own are told from knocks by the words that whoever knocks changes. */
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
#include "kernel/abi/layout.h"
#undef VA_PUBLIC
#undef VA_SLICE
#define VA_PUBLIC ((uint64_t) public)
#define VA_SLICE  ((uint64_t)slice_page)

enum { SECOND = 1000000, OWN_APIC = 6 };
static uint8_t public[4096] __attribute__((aligned(4096)));
static uint8_t slice_page[4096] __attribute__((aligned(4096)));

#include "kernel/life/nmi.c"

struct cpu cpu;
struct vcpu vcpu;
struct vuart devices_uart;
static struct handoff_domain place;
static struct handoff_cpu own;
static uint64_t tsc;
static uint32_t knocks, by_reader, by_trail;
static unsigned told, recorded;
static uint64_t recorded_count;

static struct public_page *page(void)
{
    return (struct public_page *)VA_PUBLIC;
}

uint64_t machine_tsc(void)
{
    return tsc;
}

uint32_t faults_knocks(void)
{
    return by_reader;
}

uint32_t audit_knocks(void)
{
    return by_trail;
}

void log_join(void)
{
}

void log_print(const char *text, ...)
{
    va_list args;
    va_start(args, text);
    assert_non_null(strstr(text, "NMIs that nobody explains: %lu or more"));
    assert_int_equal(va_arg(args, uint32_t), OWN_APIC);
    assert_int_equal(va_arg(args, uint64_t), nmi.count);
    va_end(args);
    told++;
}

void audit_write(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2, uint64_t value3)
{
    assert_int_equal(kind, AUDIT_NMI);
    assert_true(cpu.domain && domain == 0 && value1 == 0 && value2 == 0 && value3 == 0);
    recorded++;
    recorded_count = value0;
}

static struct handoff_slice *own_slice(void)
{
    return (struct handoff_slice *)slice_page;
}

static int setup(void **state)
{
    (void)state;
    memset(public, 0, sizeof(public));
    memset(&nmi, 0, sizeof(nmi));
    devices_uart = (struct vuart){.page = (struct public_page *)VA_PUBLIC};
    vcpu = (struct vcpu){0};
    place = (struct handoff_domain){.cpu_count = 2, .public_bytes = sizeof(public)};
    own = (struct handoff_cpu){.sources = HANDOFF_STARTED};
    *own_slice() =
        (struct handoff_slice){.tsc_hz = SECOND, .auditor = HANDOFF_NOBODY, .tells_on_com1 = 1};
    cpu = (struct cpu){.apic_id = OWN_APIC, .domain = &place, .place = &own};
    tsc = 100 * SECOND;
    told = recorded = 0;
    knocks++; /* at start others have been busy */
    nmi_look(vcpu.nmis, knocks);
    tsc += 10 * SECOND;
    return 0;
}

/* An NMI comes and is looked at; whether it is counted. */
static bool counts(void)
{
    uint64_t before = nmi.count;
    vcpu.nmis++;
    nmi_look(vcpu.nmis, knocks);
    assert_true(nmi.count - before < 2);
    return nmi.count != before;
}

static void counted_once_each(void **state)
{
    (void)state;
    nmi_look(vcpu.nmis, knocks);
    assert_true(nmi.count == 0 && told == 0 && recorded == 0);
    assert_true(counts());
    assert_true(told == 1 && recorded == 1 && recorded_count == 1);
    nmi_look(vcpu.nmis, knocks);
    assert_int_equal(page()->nmis[0], 1);
    for (unsigned i = 0; i < 5; i++) /* of a storm one a second is told, the rest behind it */
        assert_true(counts());
    assert_true(told == 1 && recorded == 1);
    tsc += SECOND;
    nmi_look(vcpu.nmis, knocks);
    assert_true(told == 2 && recorded == 2 && recorded_count == 6);
    vcpu.nmis += 3;
    tsc += SECOND;
    nmi_look(vcpu.nmis, knocks);
    assert_int_equal(page()->nmis[0], 9);
    uint32_t before = vcpu.nmis; /* one that comes during the look is the next one's */
    vcpu.nmis++;
    nmi_look(before, knocks);
    assert_int_equal(nmi.count, 9);
}

/* Each word that is changed before a knock explains it, for a second; so does a guest's NMI. */
static void each_word_explains(void **state)
{
    volatile uint32_t *words[] = {(volatile uint32_t *)&page()->wish,
                                  &page()->go,
                                  &page()->in_head,
                                  &page()->faulted,
                                  &knocks,
                                  &by_reader,
                                  &by_trail};
    (void)state;
    assert_true(counts());
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        ++*words[i];
        assert_false(counts());
        tsc += SECOND - 1; /* the second of two that were seen in one look */
        assert_false(counts());
        tsc += 2;
        assert_true(counts());
    }
    ++*words[0];
    nmi_look(vcpu.nmis, knocks); /* looked at for another reason, before the knock has come */
    assert_false(counts());
    tsc += 2 * SECOND;
    vcpu.nmi_pending = 1;
    assert_false(counts());
    vcpu.nmi_pending = 0;
    assert_false(counts());
    tsc += 2 * SECOND;
    assert_true(counts());
}

/* The UART's line for a tenth of it, and that shortens no other reason. */
static void the_line_explains(void **state)
{
    (void)state;
    devices_uart.in_head++;
    assert_false(counts());
    tsc += SECOND / 10;
    assert_false(counts());
    tsc++;
    assert_true(counts());
    page()->wish++;
    devices_uart.out_tail++;
    assert_false(counts());
    devices_uart.in_head++;
    assert_false(counts());
    tsc += SECOND / 2;
    assert_false(counts());
    tsc += SECOND;
    assert_true(counts());
    page()->state = LIFE_STOPPED;
    assert_true(counts()); /* it has none */
    devices_uart.uart.base = 0x3f8;
    assert_false(counts());
    tsc += SECOND;
    page()->state = LIFE_RUNNING;
    assert_true(counts());
}

static void of_nobodys_processor(void **state)
{
    (void)state;
    cpu.domain = NULL;
    nmi_look(vcpu.nmis, knocks);
    tsc += 2 * SECOND;
    assert_true(counts());
    assert_true(told == 1 && recorded == 0);
}

static void told_by_one_and_where_it_may(void **state)
{
    (void)state;
    own_slice()->tells_on_com1 = 0;
    assert_true(counts());
    assert_true(told == 0 && recorded == 1);
    own_slice()->tells_on_com1 = 1;
    own.sources = HANDOFF_NMI;
    tsc += SECOND;
    assert_true(counts());
    assert_true(told == 0 && recorded == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(counted_once_each, setup),
        cmocka_unit_test_setup(each_word_explains, setup),
        cmocka_unit_test_setup(the_line_explains, setup),
        cmocka_unit_test_setup(of_nobodys_processor, setup),
        cmocka_unit_test_setup(told_by_one_and_where_it_may, setup),
    };
    return cmocka_run_group_tests_name("nmi", tests, NULL, NULL);
}
