/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I5, I6, I8: what the reader of the rings decides. Domains start in their order; and of the 1,023
 * records that are kept no flood, however long, pushes out what is none.
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
#include <pthread.h>

/* I5: who waits is let go when all whom it names run, once; nobody else is touched. */
static void starts_are_in_order(void **state)
{
    (void)state;
    starts_after(LAST, 1 << FIRST | 1 << OWN);
    live_as(FIRST, AUDIT_START, 1, 0);
    assert_int_equal(page_of(LAST)->go, 0);
    live_as(FIRST, AUDIT_END, 1, 0);
    live_as(OWN, AUDIT_START, 1, 0);
    assert_int_equal(page_of(LAST)->go, 0); /* the first is down again */
    live_as(LAST, AUDIT_START, 1, 0);       /* it is no predecessor of its own */
    assert_int_equal(page_of(LAST)->go + knocks, 0);
    live_as(FIRST, AUDIT_START, 2, 0);
    assert_int_equal(page_of(LAST)->go, 1);
    assert_int_equal(knocks, 1);
    assert_int_equal(knocked, APIC + LAST);
    live_as(FIRST, AUDIT_END, 2, 0);
    live_as(FIRST, AUDIT_START, 3, 0);
    live_as(OWN, AUDIT_START, 2, 0);
    assert_int_equal(knocks, 1);
    assert_int_equal(page_of(FIRST)->go + page_of(OWN)->go, 0);
    chain_is_whole(0);
}

/* Started and ended before anybody looked: it has run all the same, and no longer does. */
static void a_short_life_counts_while_it_lasts(void **state)
{
    (void)state;
    starts_after(LAST, 1 << FIRST | 1 << OWN);
    write_as(FIRST, 0, AUDIT_START, 1);
    write_as(FIRST, 0, AUDIT_END, 1);
    audit_heed();
    live_as(OWN, AUDIT_START, 1, 0);
    assert_int_equal(page_of(LAST)->go, 0);
    starts_after(LAST, 1 << FIRST);
    write_as(FIRST, 0, AUDIT_START, 2);
    write_as(FIRST, 0, AUDIT_END, 2);
    audit_heed();
    assert_int_equal(page_of(LAST)->go, 1);
}

/* What no tool compiles: whoever waits for that waits for ever, and that is all. */
static void an_order_that_leads_nowhere(void **state)
{
    struct public_page *own_as_other =
        (struct public_page *)(others + (uint64_t)OWN * OTHERS_STRIDE);
    (void)state;
    starts_after(FIRST, 1 << FIRST);
    starts_after(LAST, 1u << 31 | 1 << OWN);
    starts_after(OWN, 1 << OWN); /* which management does not map there */
    for (uint32_t i = 0; i < 3; i++)
        live_as(OWN, AUDIT_START, i, 0);
    assert_int_equal(page_of(FIRST)->go + page_of(LAST)->go + page_of(OWN)->go, 0);
    assert_int_equal(own_as_other->go + knocks, 0);
    assert_int_equal(trail()->next, 3);
}

static void first_records(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        live_as(FIRST, AUDIT_START, i, 0);
    assert_int_equal(trail()->next, count);
}

/* Nothing of what can go on for ever takes the place of the rest; what is not there is counted. */
static void a_long_flood_pushes_nothing_out(void **state)
{
    enum { BEFORE = 100, TIMES = 10000, HOSTILE = 1000 };
    struct management_request note = {.detail = AUDIT_NOTE_EXPIRED, .admin = 1};
    uint64_t refused = 0, noted = 0;
    (void)state;
    first_records(BEFORE);
    for (uint32_t i = 0; i < TIMES; i++) {
        tsc += SECOND;
        refuse(MANAGEMENT_STOP, MANAGEMENT_NO_RIGHT);
        note.admin = i % 2 ? 1 : MAX_ADMINS + i % HOSTILE; /* who does not exist is one */
        audit_note(&note);
        live_as(LAST, AUDIT_END, i, 1 + i);
        live_as(LAST, AUDIT_START, i + 1, 1 + i);
    }
    assert_int_equal(trail()->next, BEFORE + 128 + 4 + 4 + 16);
    tsc += 86400ull * SECOND; /* but one a day of each */
    note.admin = UINT32_MAX - 1;
    for (uint32_t again = 0; again < 2; again++) {
        refuse(MANAGEMENT_STOP, MANAGEMENT_NO_RIGHT);
        audit_note(&note);
        audit_heed(); /* as after each call */
    }
    note.admin = 1;
    audit_note(&note);
    live_as(LAST, AUDIT_END, TIMES, 1);
    live_as(LAST, AUDIT_START, TIMES + 1, 1);
    assert_int_equal(trail()->next, BEFORE + 128 + 4 + 4 + 16 + 4);
    audit_read(0, &answer);
    assert_int_equal(answer.first, 0);
    assert_int_equal(answer.records[5].kind, AUDIT_START);
    for (uint64_t i = 0; i < trail()->next; i++) {
        refused += record(i)->kind == AUDIT_REFUSED ? 1 + record(i)->value[3] : 0;
        noted += record(i)->kind == AUDIT_CONSOLE ? 1 + record(i)->value[3] : 0;
    }
    assert_int_equal(refused, TIMES + 1);
    assert_int_equal(noted, TIMES + 2);
    chain_is_whole(0);
}

/* I8: nor does what a domain's devices and processors bring about, life after life. */
static void faults_of_one_push_out_nobody(void **state)
{
    static const struct {
        uint32_t kind, kept;
    } kinds[] = {
        {AUDIT_DMA_FAULT, 8}, {AUDIT_QUARANTINE, 8}, {AUDIT_MACHINE_CHECK, 4}, {AUDIT_NMI, 2}};
    enum { TIMES = 1000, KINDS = sizeof kinds / sizeof kinds[0] };
    (void)state;
    for (uint32_t i = 0; i < TIMES; i++) {
        for (uint32_t k = 0; k < KINDS; k++)
            write_as(LAST, 0, kinds[k].kind, i);
        audit_heed();
        ring_of(LAST, 1)->head += AUDIT_RING; /* one is lost, of the rest none is an event */
        audit_heed();
    }
    for (uint32_t k = 0; k < KINDS; k++) {
        assert_int_equal(on_record(kinds[k].kind, LAST, 0), kinds[k].kept);
        write_as(FIRST, 0, kinds[k].kind, 1); /* each domain has its own */
        assert_int_equal(on_record(kinds[k].kind, FIRST, 0), 1);
    }
    assert_int_equal(on_record(AUDIT_LOST, LAST, 0), 2);
    for (uint32_t i = 0; i < 100; i++) { /* was asked for, like all that has no share */
        write_as(FIRST, 0, AUDIT_CHECK, 0);
        audit_heed();
    }
    assert_int_equal(trail()->next, 8 + 8 + 4 + 2 + KINDS + 2 + 100);
    chain_is_whole(0);
}

/* I4: who knocked has a reason, on record or not: else it would be taken for the board's NMI. */
static void each_event_explains_its_knock(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t before = audit_knocks();
        live_as(LAST, AUDIT_START, i, 1);
        assert_int_not_equal(audit_knocks(), before);
        before = audit_knocks();
        audit_heed();
        assert_int_equal(audit_knocks(), before);
    }
    assert_int_equal(trail()->next, 16);
}

/* What an operator does, a log-in, an end for good and another domain's lives have no share. */
static void what_is_no_flood_is_all_on_record(void **state)
{
    struct management_request request = {.detail = AUDIT_NOTE_LOGIN, .admin = 1};
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        live_as(LAST, AUDIT_END, i, 1);
        live_as(LAST, AUDIT_START, i, 1);
    }
    assert_int_equal(trail()->next, 16);
    live_as(FIRST, AUDIT_END, 1, 1);
    for (uint32_t i = 0; i < 100; i++) {
        tsc += SECOND;
        live_as(LAST, AUDIT_END, i, 0);
        live_as(LAST, AUDIT_START, i, 0);
        audit_note(&request);
        audit_write(AUDIT_CALL, LAST, MANAGEMENT_STOP, 1, i, 0);
    }
    audit_heed();
    assert_int_equal(trail()->next, 17 + 400);
    request = (struct management_request){.detail = AUDIT_NOTE_EXPIRED, .admin = 1};
    for (uint32_t i = 0; i < 6; i++) /* of each key's words of a kind, as many */
        for (request.admin = 1; request.admin < 3; request.admin++)
            audit_note(&request);
    audit_heed();
    assert_int_equal(on_record(AUDIT_CONSOLE, AUDIT_NOBODY, 2), 6);
}

enum { WRITERS = 4, EACH = 500 };

static void *refuser(void *arg)
{
    (void)arg;
    for (uint32_t i = 0; i < EACH; i++)
        is_paid_for(&allowed.refused_paid);
    return NULL;
}

/* I8: the allowance is the domain's, however many of its processors ask at once. */
static void processors_share_an_allowance(void **state)
{
    pthread_t threads[WRITERS];
    (void)state;
    allowed.refused_paid = tsc - 10ull * SECOND; /* ten are due */
    for (uint32_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, refuser, NULL), 0);
    for (uint32_t i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(allowed.refused_paid, tsc); /* each second was paid once */
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starts_are_in_order, setup),
        cmocka_unit_test_setup(a_short_life_counts_while_it_lasts, setup),
        cmocka_unit_test_setup(an_order_that_leads_nowhere, setup),
        cmocka_unit_test_setup(a_long_flood_pushes_nothing_out, setup),
        cmocka_unit_test_setup(faults_of_one_push_out_nobody, setup),
        cmocka_unit_test_setup(each_event_explains_its_knock, setup),
        cmocka_unit_test_setup(what_is_no_flood_is_all_on_record, setup),
        cmocka_unit_test_setup(processors_share_an_allowance, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
