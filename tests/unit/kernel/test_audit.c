/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I6, I8, I9: the audit trail. Every event is in the chain once, or counted as lost; a domain is
 * believed about itself only, whatever its rings hold; and no flood pushes other records out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit_world.h"

static void a_writer_leaves_an_event_and_knocks(void **state)
{
    (void)state;
    cpu.local = 1;
    cpu.apic_id = 3;
    audit_write(AUDIT_CALL, LAST, 1, 2, 3, 4);
    const struct audit_event *event = &ring_of(OWN, 1)->events[0];
    assert_int_equal(ring_of(OWN, 1)->head, 1);
    assert_int_equal(event->kind, AUDIT_CALL);
    assert_int_equal(event->domain, LAST);
    assert_int_equal(event->tsc, tsc);
    for (uint32_t i = 0; i < AUDIT_EVENT_VALUES; i++)
        assert_int_equal(event->value[i], i + 1);
    assert_int_equal(knocks, 1);
    assert_int_equal(knocked, AUDITOR);
    assert_int_equal(trail()->next, 0); /* no hash on this way */
    audit_heed();
    assert_int_equal(trail()->next, 0);
    cpu.local = 0;
    cpu.apic_id = AUDITOR;
    audit_own(AUDIT_START, 5, 0, 0);
    assert_int_equal(knocks, 1);
    assert_int_equal(vcpu.knock, 1);
    audit_heed();
    assert_int_equal(trail()->next, 2);
    chain_is_whole(0);
}

static void without_management_nothing_is_written(void **state)
{
    (void)state;
    my_slice()->auditor = HANDOFF_NOBODY;
    audit_own(AUDIT_START, 1, 0, 0);
    audit_heed();
    assert_int_equal(ring_of(OWN, 0)->head, 0);
    assert_int_equal(knocks + vcpu.knock, 0);
    assert_int_equal(trail()->next, 0);
}

/* Whose ring an event lies in says whose it is; management's own come first. */
static void a_record_is_of_whose_ring_it_lay_in(void **state)
{
    (void)state;
    write_as(FIRST, 0, AUDIT_START, 10);
    write_as(LAST, 2, AUDIT_END, 20);
    ring_of(LAST, 2)->events[0].domain = FIRST; /* as if it were another's */
    write_as(OWN, 1, AUDIT_CALL, 30);
    ring_of(OWN, 1)->events[0].domain = FIRST;
    audit_heed();
    static const struct {
        uint32_t kind, processor, domain, value;
    } due[] = {{AUDIT_CALL, 1, FIRST, 30}, {AUDIT_END, 2, LAST, 20}, {AUDIT_START, 0, FIRST, 10}};
    assert_int_equal(trail()->next, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(record(i)->kind, due[i].kind);
        assert_int_equal(record(i)->processor, due[i].processor);
        assert_int_equal(record(i)->domain, due[i].domain);
        assert_int_equal(record(i)->value[0], due[i].value);
        assert_int_equal(record(i)->value[3], 9);
        assert_int_equal(record(i)->value[4], 0);
    }
    chain_is_whole(0);
    audit_heed();
    assert_int_equal(trail()->next, 3);
    uint64_t head[SURVIVOR_HEAD_WORDS];
    memcpy(head, record(2)->hash, sizeof head);
    for (uint32_t i = 0; i < SURVIVOR_HEAD_WORDS; i++) {
        assert_int_equal(in_memory.word[i], head[i]);
        assert_int_equal(in_memory.complement[i], ~head[i]);
    }
}

/* None but management writes of calls, and nobody writes what start-up and the reader do. */
static void a_domain_writes_its_own_kinds_only(void **state)
{
    static const uint32_t own_kinds = 1 << AUDIT_START | 1 << AUDIT_END | 1 << AUDIT_REST |
                                      1 << AUDIT_DMA_FAULT | 1 << AUDIT_QUARANTINE |
                                      1 << AUDIT_CHECK | 1 << AUDIT_MACHINE_CHECK | 1 << AUDIT_NMI;
    static const uint32_t calls = 1 << AUDIT_CALL | 1 << AUDIT_REFUSED | 1 << AUDIT_CONSOLE;
    (void)state;
    for (uint32_t domain = 0; domain <= OWN; domain++)
        for (uint32_t kind = 0; kind < 100; kind++) {
            uint32_t due = domain == OWN ? own_kinds | calls : own_kinds;
            bool good = kind < 32 && due >> kind & 1;
            uint64_t at = trail()->next;
            tsc += 86400ull * SECOND; /* of what has a share, one a day */
            write_as(domain, 0, kind, 1);
            audit_heed();
            assert_int_equal(trail()->next, at + 1);
            assert_int_equal(record(at)->kind, good ? kind : AUDIT_LOST);
            assert_int_equal(record(at)->value[0], 1);
        }
    write_as(FIRST, 0, UINT32_MAX, 0);
    write_as(FIRST, 0, AUDIT_BOOT, 0);
    write_as(FIRST, 0, AUDIT_START, 0);
    uint64_t at = trail()->next;
    audit_heed();
    assert_int_equal(trail()->next, at + 2);
    assert_int_equal(record(at)->kind, AUDIT_START);
    assert_int_equal(record(at + 1)->kind, AUDIT_LOST);
    assert_int_equal(record(at + 1)->value[0], 2);
    assert_int_equal(record(at + 1)->domain, FIRST);
    chain_is_whole(0);
}

static void domains_out_of_range_are_nobody(void **state)
{
    (void)state;
    for (uint32_t domain = 0; domain < DOMAINS + 2; domain++) {
        write_as(OWN, 0, AUDIT_REFUSED, 1);
        ring_of(OWN, 0)->events[domain].domain = domain;
    }
    audit_heed();
    for (uint32_t domain = 0; domain < DOMAINS + 2; domain++)
        assert_int_equal(record(domain)->domain, domain < DOMAINS ? domain : AUDIT_NOBODY);
}

/* A ring holds one event less than it has room: that place may be written to just now. */
static void what_is_overwritten_is_counted(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < AUDIT_RING - 1; i++)
        write_as(FIRST, 0, AUDIT_START, i);
    audit_heed();
    assert_int_equal(trail()->next, AUDIT_RING - 1);
    for (uint64_t i = 0; i < 100; i++)
        write_as(FIRST, 0, AUDIT_START, 1000 + i);
    audit_heed();
    assert_int_equal(trail()->next, 2 * (AUDIT_RING - 1) + 1);
    assert_int_equal(record(AUDIT_RING - 1)->value[0], 1000 + 100 - (AUDIT_RING - 1));
    const struct audit_record *lost = record(trail()->next - 1);
    assert_int_equal(lost->kind, AUDIT_LOST);
    assert_int_equal(lost->value[0], 100 - (AUDIT_RING - 1));
    assert_int_equal(lost->domain, FIRST);
    chain_is_whole(0);
}

static void write_many(void)
{
    for (uint64_t i = 0; i < AUDIT_RING + 5; i++)
        write_as(FIRST, 0, AUDIT_END, 100 + i);
}

/* What its writer overtakes while it is read is lost too, and not half of one and half of another.
 */
static void what_is_overtaken_is_counted(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        write_as(FIRST, 0, AUDIT_START, i);
    at_copy = write_many;
    audit_heed();
    assert_int_equal(trail()->next, 2);
    assert_int_equal(record(0)->value[0], 0);
    assert_int_equal(record(1)->kind, AUDIT_LOST);
    assert_int_equal(record(1)->value[0], 9);
    audit_heed();
    const struct audit_record *lost = record(trail()->next - 1);
    assert_int_equal(trail()->next, 2 + AUDIT_RING);
    assert_int_equal(record(2)->value[0], 106);
    assert_int_equal(lost->kind, AUDIT_LOST);
    assert_int_equal(lost->value[0], 6);
}

static void append_many(void)
{
    trail()->next += AUDIT_KEPT - 11;
}

/* Of what changes while it is copied nothing is told: it is there to be asked for again. */
static void what_is_overtaken_is_not_read(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 10; i++)
        write_as(FIRST, 0, AUDIT_START, i);
    audit_heed();
    at_copy = append_many;
    audit_read(0, &answer);
    assert_int_equal(answer.count, 10);
    trail()->next = 11;
    at_copy = append_many;
    audit_read(0, &answer);
    assert_int_equal(answer.count, 0);
}

/* Heads of any value: at most a ring's events and one word of loss each time, then it goes on. */
static void hostile_heads_are_bounded(void **state)
{
    static const uint64_t heads[] = {UINT64_MAX, 1ull << 63, 31, 5, 0, 1ull << 32, 40, 7, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        uint64_t at = trail()->next;
        memset(ring_of(LAST, 1)->events, (int)(0xff * (i & 1)), sizeof ring_of(LAST, 1)->events);
        ring_of(LAST, 1)->head = heads[i];
        audit_heed();
        assert_true(trail()->next - at <= 1);
        assert_int_equal(trail()->drained[LAST][1], heads[i]);
        at = trail()->next;
        write_as(LAST, 1, AUDIT_REST, i);
        audit_heed();
        assert_int_equal(trail()->next, at + 1);
        assert_int_equal(record(at)->kind, AUDIT_REST);
        assert_int_equal(record(at)->value[0], i);
    }
    chain_is_whole(0);
}

/* The last ones are kept, read or not, and reading takes nothing away. */
static void reading_takes_nothing_away(void **state)
{
    enum { WRITTEN = AUDIT_KEPT + 500, FIRST_KEPT = WRITTEN - (AUDIT_KEPT - 1) };
    (void)state;
    audit_read(0, &answer);
    assert_int_equal(answer.first + answer.next + answer.count, 0);
    for (uint64_t i = 0; i < WRITTEN; i++) {
        write_as(FIRST, 0, AUDIT_START, i);
        if (i % 30 == 29)
            audit_heed();
    }
    for (int again = 0; again < 2; again++) {
        audit_read(3, &answer);
        assert_int_equal(answer.first, FIRST_KEPT);
        assert_int_equal(answer.next, WRITTEN);
        assert_int_equal(answer.count, MANAGEMENT_AUDIT_RECORDS);
        assert_int_equal(answer.reserved | answer.reserved2, 0);
        for (uint32_t i = 0; i < answer.count; i++) {
            assert_int_equal(answer.records[i].number, FIRST_KEPT + i);
            assert_int_equal(answer.records[i].value[0], FIRST_KEPT + i);
        }
    }
    audit_read(WRITTEN - 2, &answer);
    assert_int_equal(answer.count, 2);
    assert_int_equal(answer.records[1].number, WRITTEN - 1);
    for (uint64_t from = WRITTEN; from >= WRITTEN; from = from == WRITTEN ? UINT64_MAX : 0) {
        audit_read(from, &answer);
        assert_int_equal(answer.count, 0);
        assert_int_equal(answer.next, WRITTEN);
    }
    chain_is_whole(FIRST_KEPT + 1);
}

/* What is asked on another of management's processors is what the first has drained. */
static void other_processors_read_only(void **state)
{
    (void)state;
    write_as(FIRST, 0, AUDIT_START, 1);
    cpu.local = 1;
    cpu.apic_id = 3;
    audit_read(0, &answer);
    assert_int_equal(answer.next, 0);
    cpu.local = 0;
    cpu.apic_id = AUDITOR;
    audit_read(0, &answer);
    assert_int_equal(answer.next, 1);
}

/* Ten at once, then one a second, with the number of those alike; none alike is forgotten. */
static void a_flood_of_refusals_is_counted(void **state)
{
    uint64_t counted = 0;
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        refuse(MANAGEMENT_STOP, MANAGEMENT_NO_RIGHT);
    assert_int_equal(ring_of(OWN, 0)->head, 10);
    audit_heed();
    assert_int_equal(record(0)->kind, AUDIT_REFUSED);
    assert_int_equal(record(0)->domain, LAST);
    assert_int_equal(record(0)->value[0], MANAGEMENT_STOP);
    assert_int_equal(record(0)->value[1], 5);
    assert_int_equal(record(0)->value[2], MANAGEMENT_NO_RIGHT);
    for (uint64_t i = 0; i < trail()->next; i++)
        counted += record(i)->value[3];
    assert_int_equal(counted, 0);
    tsc += SECOND - 1;
    refuse(MANAGEMENT_STOP, MANAGEMENT_NO_RIGHT);
    refuse(MANAGEMENT_START, MANAGEMENT_NO_RIGHT); /* one allowance for all */
    assert_int_equal(ring_of(OWN, 0)->head, 10);
    tsc++;
    refuse(UINT32_MAX, MANAGEMENT_BAD_CALL); /* another sort has a count of its own */
    tsc += SECOND;
    refuse(MANAGEMENT_STOP, MANAGEMENT_NO_RIGHT);
    audit_heed();
    assert_int_equal(trail()->next, 12);
    assert_int_equal(record(10)->value[0], UINT32_MAX);
    assert_int_equal(record(10)->value[3], 0);
    assert_int_equal(record(11)->value[3], 991);
    tsc += 100ull * SECOND;
    for (uint32_t i = 0; i < 100; i++)
        refuse(MANAGEMENT_STOP, MANAGEMENT_TOO_OFTEN);
    assert_int_equal(ring_of(OWN, 0)->head, 22);
}

static void the_consoles_words_are_bounded(void **state)
{
    struct management_request request = {.detail = AUDIT_NOTE_LOGIN, .admin = 3};
    (void)state;
    for (uint32_t i = 0; i < 50; i++)
        refuse(MANAGEMENT_STOP, MANAGEMENT_NO_RIGHT);
    for (uint32_t i = 0; i < 20; i++)
        audit_note(&request);
    assert_int_equal(ring_of(OWN, 0)->head, 20);
    tsc += SECOND;
    audit_note(&request);
    audit_heed();
    const struct audit_record *last = record(trail()->next - 1);
    assert_int_equal(last->kind, AUDIT_CONSOLE);
    assert_int_equal(last->domain, AUDIT_NOBODY);
    assert_int_equal(last->value[0], AUDIT_NOTE_LOGIN);
    assert_int_equal(last->value[1], 3);
    assert_int_equal(last->value[2], 0);
    assert_int_equal(last->value[3], 10);
    request = (struct management_request){
        .index = LAST, .detail = AUDIT_NOTE_ROLE, .from = MANAGEMENT_STOP, .admin = 3};
    audit_note(&request);
    audit_heed();
    last = record(trail()->next - 1);
    assert_int_equal(last->domain, LAST);
    assert_int_equal(last->value[0], AUDIT_NOTE_ROLE);
    assert_int_equal(last->value[2], MANAGEMENT_STOP);
}

/* However much one key does, what another does is on record, and what it does elsewhere. */
static void a_flood_hides_nothing(void **state)
{
    struct management_request request = {.call = MANAGEMENT_SERIAL_WRITE};
    (void)state;
    for (uint32_t i = 0; i < 1000; i++)
        audit_typed(&request);
    request.index = LAST;
    audit_typed(&request);
    assert_int_equal(on_record(AUDIT_CALL, LAST, 0), 1);
    for (uint32_t i = 0; i < 1000; i++)
        audit_typed(&request);
    request.admin = MANAGEMENT_NO_ADMIN;
    audit_typed(&request);
    assert_int_equal(on_record(AUDIT_CALL, LAST, MANAGEMENT_NO_ADMIN), 1);
    request = (struct management_request){.detail = AUDIT_NOTE_EXPIRED};
    for (uint32_t i = 0; i < 1000; i++)
        audit_note(&request);
    assert_int_equal(on_record(AUDIT_CONSOLE, AUDIT_NOBODY, 0), 10);
    request.detail = AUDIT_NOTE_LOGIN;
    audit_note(&request);
    assert_int_equal(on_record(AUDIT_CONSOLE, AUDIT_NOBODY, 0), 11);
    request = (struct management_request){.detail = AUDIT_NOTE_EXPIRED, .admin = MAX_ADMINS - 1};
    audit_note(&request);
    assert_int_equal(on_record(AUDIT_CONSOLE, AUDIT_NOBODY, MAX_ADMINS - 1), 1);
}

static void what_is_typed_is_not_on_record(void **state)
{
    struct management_request request = {.call = MANAGEMENT_SERIAL_WRITE, .index = LAST};
    (void)state;
    for (uint32_t i = 0; i < 15; i++)
        audit_typed(&request);
    tsc += SECOND;
    request.index = FIRST;
    audit_typed(&request);
    tsc += SECOND;
    request.index = LAST;
    audit_typed(&request);
    audit_heed();
    assert_int_equal(trail()->next, 12);
    assert_int_equal(record(10)->domain, FIRST);
    assert_int_equal(record(10)->value[3], 0);
    assert_int_equal(record(11)->kind, AUDIT_CALL);
    assert_int_equal(record(11)->domain, LAST);
    assert_int_equal(record(11)->value[0], MANAGEMENT_SERIAL_WRITE);
    assert_int_equal(record(11)->value[3], 5);
}

static void machine_checks_are_on_record(void **state)
{
    (void)state;
    page_of(OWN)->machine_checks[0] = 3;
    audit_heed();
    audit_heed();
    assert_int_equal(trail()->next, 1);
    assert_int_equal(record(0)->kind, AUDIT_MACHINE_CHECK);
    assert_int_equal(record(0)->value[0], 3);
}

static jmp_buf life;
static uint32_t copies;

static void strike(void)
{
    if (copies-- == 0)
        longjmp(life, 1);
    at_copy = strike;
}

/* A machine check may end management's life at any copy: the chain goes on from what is in it. */
static void a_machine_check_breaks_no_chain(void **state)
{
    (void)state;
    for (volatile uint32_t at = 0; at < 12; at++) {
        write_as(FIRST, 0, AUDIT_START, 2 * at);
        write_as(FIRST, 0, AUDIT_END, 2 * at + 1);
        copies = at;
        at_copy = strike;
        if (setjmp(life) == 0)
            audit_heed();
        at_copy = NULL;
        audit_heed();
        assert_int_equal(record(trail()->next - 1)->value[0], 2 * at + 1);
        chain_is_whole(0);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_writer_leaves_an_event_and_knocks, setup),
        cmocka_unit_test_setup(without_management_nothing_is_written, setup),
        cmocka_unit_test_setup(a_record_is_of_whose_ring_it_lay_in, setup),
        cmocka_unit_test_setup(a_domain_writes_its_own_kinds_only, setup),
        cmocka_unit_test_setup(domains_out_of_range_are_nobody, setup),
        cmocka_unit_test_setup(what_is_overwritten_is_counted, setup),
        cmocka_unit_test_setup(what_is_overtaken_is_counted, setup),
        cmocka_unit_test_setup(what_is_overtaken_is_not_read, setup),
        cmocka_unit_test_setup(hostile_heads_are_bounded, setup),
        cmocka_unit_test_setup(reading_takes_nothing_away, setup),
        cmocka_unit_test_setup(other_processors_read_only, setup),
        cmocka_unit_test_setup(a_flood_of_refusals_is_counted, setup),
        cmocka_unit_test_setup(the_consoles_words_are_bounded, setup),
        cmocka_unit_test_setup(a_flood_hides_nothing, setup),
        cmocka_unit_test_setup(what_is_typed_is_not_on_record, setup),
        cmocka_unit_test_setup(machine_checks_are_on_record, setup),
        cmocka_unit_test_setup(a_machine_check_breaks_no_chain, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
