/* SPDX-License-Identifier: Apache-2.0 */
/*
 * I5, I6, I8: the management call gives what the manifest grants and nothing else, whatever it is
 * asked and whatever stands in another domain's public page; and it asks no domain too often.
 */
#include "manage_world.h"
#include <pthread.h>

static enum management_result judge(uint32_t call, uint32_t index, uint32_t detail)
{
    struct management_request request = made(call, index, detail);
    return manage_judge(&request, handoff_book_of((const struct handoff_slice *)own));
}

static enum management_result make(uint32_t call, uint32_t index, uint32_t detail)
{
    struct management_request request = made(call, index, detail);
    memset(page, 0xa5, sizeof page);
    memcpy(page, &request, sizeof request);
    return management_call(page);
}

static void grant(struct manifest_domain *rules, uint32_t rights)
{
    rules->manage = rights & MANIFEST_RIGHTS;
    rules->serial_read = rights & SERIAL_READ ? MANIFEST_AUDITOR : 0;
    rules->serial_write = rights & SERIAL_WRITE ? MANIFEST_OPERATOR : 0;
}

/* Each right is one of its own: with it alone its call is good, without it alone it is not. */
static void each_right_is_its_own(void **state)
{
    static const struct {
        uint32_t call, right;
    } rights[] = {
        {MANAGEMENT_STATUS, MANIFEST_MAY_STATUS},
        {MANAGEMENT_COUNTERS, MANIFEST_MAY_COUNTERS},
        {MANAGEMENT_START, MANIFEST_MAY_START},
        {MANAGEMENT_STOP, MANIFEST_MAY_STOP},
        {MANAGEMENT_RESTART, MANIFEST_MAY_RESTART},
        {MANAGEMENT_POWER_BUTTON, MANIFEST_MAY_POWER_BUTTON},
        {MANAGEMENT_CHECK, MANIFEST_MAY_CHECK},
        {MANAGEMENT_SERIAL_READ, SERIAL_READ},
        {MANAGEMENT_SERIAL_WRITE, SERIAL_WRITE},
    };
    enum { COUNT = sizeof rights / sizeof rights[0] };
    struct handoff_book *book = (struct handoff_book *)(own + PAGE_BYTES);
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        grant(&book->domains[NOTHING], rights[i].right);
        for (size_t k = 0; k < COUNT; k++)
            assert_int_equal(judge(rights[k].call, NOTHING, 0),
                             i == k ? MANAGEMENT_DONE : MANAGEMENT_NO_RIGHT);
        grant(&book->domains[NOTHING], ~rights[i].right);
        for (size_t k = 0; k < COUNT; k++)
            assert_int_equal(judge(rights[k].call, NOTHING, 0),
                             i == k ? MANAGEMENT_NO_RIGHT : MANAGEMENT_DONE);
    }
}

static void each_argument_is_judged(void **state)
{
    (void)state;
    for (uint32_t call = 0; call < 300; call++)
        assert_int_equal(judge(call, ALL, 0),
                         call <= MANAGEMENT_AUDIT_READ || call == MANAGEMENT_TIME ? MANAGEMENT_DONE
                         : call == MANAGEMENT_AUDIT_NOTE ? MANAGEMENT_BAD_ARGUMENT
                                                         : MANAGEMENT_BAD_CALL);
    assert_int_equal(judge(UINT32_MAX, ALL, 0), MANAGEMENT_BAD_CALL);
    assert_int_equal(judge(MANAGEMENT_TIME, 1, 0), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge(MANAGEMENT_TIME, 0, 1), MANAGEMENT_BAD_ARGUMENT);
    for (uint32_t call = MANAGEMENT_STATUS; call <= MANAGEMENT_SERIAL_WRITE; call++) {
        assert_int_equal(judge(call, OWN, 0), MANAGEMENT_BAD_DOMAIN);
        assert_int_equal(judge(call, DOMAINS, 0), MANAGEMENT_BAD_DOMAIN);
        assert_int_equal(judge(call, UINT32_MAX, 0), MANAGEMENT_BAD_DOMAIN);
        assert_int_equal(judge(call, ALL, 1), MANAGEMENT_BAD_ARGUMENT);
        assert_int_equal(judge(call, ALL, UINT32_MAX), MANAGEMENT_BAD_ARGUMENT);
    }
    ((struct handoff_book *)(own + PAGE_BYTES))->domains[SOME].manage = MANIFEST_MAY_COUNTERS;
    assert_int_equal(judge(MANAGEMENT_COUNTERS, SOME, SOME), MANAGEMENT_DONE);
    assert_int_equal(judge(MANAGEMENT_COUNTERS, SOME, SOME + 1), MANAGEMENT_BAD_ARGUMENT);
}

static void describe_ends_at_each_count(void **state)
{
    static const uint32_t counts[] = {1, DOMAINS, 2, 0, 1, 3};
    (void)state;
    for (uint32_t subject = 0; subject < MANAGEMENT_SUBJECTS; subject++)
        for (uint32_t index = 0; index < 8; index++)
            assert_int_equal(judge(MANAGEMENT_DESCRIBE, index, subject),
                             index < counts[subject] ? MANAGEMENT_DONE : MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge(MANAGEMENT_DESCRIBE, 0, MANAGEMENT_SUBJECTS), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge(MANAGEMENT_DESCRIBE, 0, UINT32_MAX), MANAGEMENT_BAD_ARGUMENT);
}

static void version_and_reserved_bytes(void **state)
{
    const struct handoff_book *book = handoff_book_of((const struct handoff_slice *)own);
    (void)state;
    for (uint32_t call = 0; call <= MANAGEMENT_SERIAL_WRITE; call++) {
        struct management_request request = made(call, ALL, 0);
        assert_int_equal(manage_judge(&request, book), MANAGEMENT_DONE);
        for (size_t i = 0; i < 4; i++) {
            request.reserved[i] = 1ull << (10 * i);
            assert_int_equal(manage_judge(&request, book), MANAGEMENT_BAD_ARGUMENT);
            request.reserved[i] = 0;
        }
        request.from = 1ull << 40;
        assert_int_equal(manage_judge(&request, book), call == MANAGEMENT_SERIAL_READ
                                                           ? MANAGEMENT_DONE
                                                           : MANAGEMENT_BAD_ARGUMENT);
        request.from = 0;
        request.bytes = MANAGEMENT_WRITE_BYTES;
        assert_int_equal(manage_judge(&request, book), call == MANAGEMENT_SERIAL_WRITE
                                                           ? MANAGEMENT_DONE
                                                           : MANAGEMENT_BAD_ARGUMENT);
        request.bytes++;
        assert_int_equal(manage_judge(&request, book), MANAGEMENT_BAD_ARGUMENT);
        request.bytes = 0;
        request.admin = MAX_ADMINS;
        assert_int_equal(manage_judge(&request, book), MANAGEMENT_BAD_ARGUMENT);
        request.admin = MAX_ADMINS - 1;
        assert_int_equal(manage_judge(&request, book), MANAGEMENT_DONE);
        request.admin = MANAGEMENT_NO_ADMIN;
        request.version = MANAGEMENT_VERSION + 1;
        assert_int_equal(manage_judge(&request, book), MANAGEMENT_BAD_VERSION);
        request.version = 0;
        assert_int_equal(manage_judge(&request, book), MANAGEMENT_BAD_VERSION);
    }
}

/* Only what is done writes to the page; nothing else reaches another domain. */
static void refused_calls_touch_nothing(void **state)
{
    static const struct {
        uint32_t call, index, detail;
    } refused[] = {{MANAGEMENT_RESTART, SOME, 0},
                   {MANAGEMENT_START, NOTHING, 0},
                   {MANAGEMENT_STOP, OWN, 0},
                   {MANAGEMENT_COUNTERS, SOME, 0},
                   {MANAGEMENT_STOP, DOMAINS, 0},
                   {MANAGEMENT_STATUS, ALL, 1},
                   {MANAGEMENT_SERIAL_READ, SOME, 0},
                   {MANAGEMENT_SERIAL_WRITE, SOME, 0},
                   {MANAGEMENT_SERIAL_WRITE, OWN, 0},
                   {MANAGEMENT_CHECK, SOME, 0},
                   {MANAGEMENT_POWER_BUTTON, SOME, 0},
                   {MANAGEMENT_CALLS, ALL, 0},
                   {MANAGEMENT_DESCRIBE, 0, MANAGEMENT_CATEGORY}};
    uint8_t before[sizeof page];
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        struct management_request request =
            made(refused[i].call, refused[i].index, refused[i].detail);
        memcpy(page, &request, sizeof request);
        memcpy(before, page, sizeof page);
        assert_int_not_equal(management_call(page), MANAGEMENT_DONE);
        assert_memory_equal(before, page, sizeof page);
    }
    assert_int_equal(management_call(NULL), MANAGEMENT_BAD_PAGE);
    assert_int_equal(knocks, 0);
    for (size_t i = 0; i < sizeof others; i++)
        assert_int_equal(others[i], 0);
}

static void describe_tells_the_book(void **state)
{
    (void)state;
    assert_int_equal(make(MANAGEMENT_DESCRIBE, 0, MANAGEMENT_MACHINE), MANAGEMENT_DONE);
    assert_string_equal(((struct management_machine *)page)->host, "gate-7");
    assert_int_equal(page[sizeof(struct management_machine)], 0xa5);
    assert_int_equal(make(MANAGEMENT_DESCRIBE, 2, MANAGEMENT_DOMAIN), MANAGEMENT_DONE);
    assert_string_equal(((struct manifest_domain *)page)->name, "c");
    assert_int_equal(page[sizeof(struct manifest_domain)], 0xa5);
    assert_int_equal(make(MANAGEMENT_DESCRIBE, 1, MANAGEMENT_LEVEL), MANAGEMENT_DONE);
    assert_string_equal((char *)page, "secret");
    assert_int_equal(make(MANAGEMENT_DESCRIBE, 2, MANAGEMENT_DEVICE), MANAGEMENT_DONE);
    assert_int_equal(((struct manifest_device *)page)->pci, 0x123);
}

static void status_is_bounded(void **state)
{
    struct handoff_book *book = (struct handoff_book *)(own + PAGE_BYTES);
    struct public_page *other = page_of(SOME);
    const struct management_status *status = (const void *)page;
    (void)state;
    other->state = LIFE_RUNNING;
    other->last_end = END_RESET;
    other->lives = 7;
    other->restarts = 1;
    other->wish = 9ull << PUBLIC_TICKET | ASK_STOP;
    other->answered = 8;
    other->since = tsc - 5;
    other->fault_reason = 6;
    other->fault_address = 0x7000;
    other->checks = 3;
    other->check_failed = 11;
    book->domains[SOME].restart_limit = 3;
    assert_int_equal(make(MANAGEMENT_STATUS, SOME, 0), MANAGEMENT_DONE);
    assert_memory_equal(
        status, (&(struct management_status){LIFE_RUNNING, END_RESET, 7, 2, 9, 8, 6, 3, 11, 0, 5}),
        sizeof *status);
    assert_int_equal(page[sizeof(struct management_request)], 0xa5);
    book->domains[SOME].restart_limit = 0;
    other->since = tsc + 1;
    other->state = LIFE_STATES;
    other->last_end = END_KINDS;
    make(MANAGEMENT_STATUS, SOME, 0);
    assert_int_equal(status->restarts_left, MANAGEMENT_NO_LIMIT);
    assert_int_equal(status->ticks, 0);
    memset(other, 0xff, sizeof *other);
    book->domains[SOME].restart_limit = 3;
    make(MANAGEMENT_STATUS, SOME, 0);
    assert_int_equal(status->state, LIFE_STATES);
    assert_int_equal(status->last_end, END_KINDS);
    assert_int_equal(status->restarts_left, 0);
    assert_int_equal(status->ticks, 0);
    assert_int_equal(knocks, 0);
}

static void counters_are_those_of_the_processor(void **state)
{
    struct handoff_book *book = (struct handoff_book *)(own + PAGE_BYTES);
    const struct management_counters *counters = (const void *)page;
    (void)state;
    book->domains[SOME].manage = MANIFEST_MAY_COUNTERS;
    page_of(SOME)->refused_interrupts[2] = 11;
    page_of(SOME)->fault_address = 0x7000;
    public_exits(page_of(SOME), 2)[0] = 12;
    public_exits(page_of(SOME), 2)[PUBLIC_EXIT_KINDS - 1] = 13;
    assert_int_equal(make(MANAGEMENT_COUNTERS, SOME, 2), MANAGEMENT_DONE);
    assert_int_equal(counters->refused_interrupts, 11);
    assert_int_equal(counters->fault_address, 0x7000);
    assert_int_equal(counters->exits[0], 12);
    assert_int_equal(counters->exits[PUBLIC_EXIT_KINDS - 1], 13);
    assert_int_equal(page[sizeof *counters], 0xa5);
    assert_int_equal(make(MANAGEMENT_COUNTERS, SOME, 1), MANAGEMENT_DONE);
    assert_int_equal(counters->exits[0], 0);
}

/* What is asked stands there before the ticket, and the ticket before the knock. */
static void asking_leaves_a_ticket_and_knocks(void **state)
{
    static const struct {
        uint32_t call, asked;
    } calls_due[] = {{MANAGEMENT_START, ASK_START},
                     {MANAGEMENT_STOP, ASK_STOP},
                     {MANAGEMENT_RESTART, ASK_RESTART},
                     {MANAGEMENT_POWER_BUTTON, ASK_POWER_BUTTON},
                     {MANAGEMENT_CHECK, ASK_CHECK}};
    (void)state;
    for (uint32_t i = 0; i < 5; i++, tsc += HZ) {
        page_of(ALL)->wish = (uint64_t)(UINT32_MAX - 1 + i) << PUBLIC_TICKET | ASK_CHECK;
        assert_int_equal(make(calls_due[i].call, ALL, 0), MANAGEMENT_DONE);
        assert_int_equal(knocks, i + 1);
        assert_int_equal(knocked, SEEN_APIC + ALL);
        assert_int_equal(wish_at_knock,
                         (uint64_t)(UINT32_MAX + i) << PUBLIC_TICKET | calls_due[i].asked);
        assert_int_equal(((struct management_ticket *)page)->ticket, UINT32_MAX + i);
        assert_int_equal(page[sizeof(struct management_ticket) + 64], 0xa5);
    }
    assert_int_equal(make(MANAGEMENT_STOP, SOME, 0), MANAGEMENT_DONE);
    assert_int_equal(knocked, SEEN_APIC + SOME);
}

static void a_check_a_minute(void **state)
{
    (void)state;
    assert_int_equal(make(MANAGEMENT_CHECK, ALL, 0), MANAGEMENT_DONE);
    tsc += 60 * HZ - 1;
    assert_int_equal(make(MANAGEMENT_CHECK, ALL, 0), MANAGEMENT_TOO_OFTEN);
    assert_int_equal(make(MANAGEMENT_POWER_BUTTON, ALL, 0), MANAGEMENT_DONE);
    tsc += 1;
    assert_int_equal(make(MANAGEMENT_CHECK, ALL, 0), MANAGEMENT_TOO_OFTEN); /* knocked just now */
    tsc += HZ;
    assert_int_equal(make(MANAGEMENT_CHECK, ALL, 0), MANAGEMENT_DONE);
    assert_int_equal(knocks, 3);
}

static void time_is_the_machines(void **state)
{
    struct handoff_slice *slice_of_own = (struct handoff_slice *)own;
    (void)state;
    slice_of_own->unix_time = 1796032800;
    slice_of_own->unix_time_tsc = 5;
    assert_int_equal(make(MANAGEMENT_TIME, 0, 0), MANAGEMENT_DONE);
    assert_memory_equal(page, (&(struct management_time){tsc, HZ, 1796032800, 5}),
                        sizeof(struct management_time));
}

static void fifty_a_second_and_domain(void **state)
{
    uint64_t start = tsc;
    uint32_t done = 0;
    (void)state;
    for (; tsc < start + HZ; tsc += HZ / 1000) {
        bool writes = (tsc / (HZ / 1000)) % 3;
        uint32_t before = knocks;
        bool taken = make(writes ? MANAGEMENT_SERIAL_WRITE : MANAGEMENT_POWER_BUTTON, ALL, 0) ==
                     MANAGEMENT_DONE;
        done += taken;
        assert_int_equal(knocks - before, taken && !writes); /* no bytes, no knock */
    }
    assert_int_equal(done, 50);
    tsc = start + HZ + 1;
    assert_int_equal(make(MANAGEMENT_STOP, ALL, 0), MANAGEMENT_DONE);
    uint64_t wish = page_of(ALL)->wish;
    assert_int_equal(make(MANAGEMENT_START, ALL, 0), MANAGEMENT_TOO_OFTEN);
    assert_int_equal(page_of(ALL)->wish, wish);
    assert_int_equal(make(MANAGEMENT_STOP, SOME, 0), MANAGEMENT_DONE); /* each counts by itself */
    assert_int_equal(make(MANAGEMENT_STATUS, ALL, 0), MANAGEMENT_DONE);
}

enum { WISHES = 20000 };
static uint64_t tickets_of[2];
/* Two of management's processors, and no bound on how often they may ask. */
static void *wisher(void *arg)
{
    struct management_request request = made(MANAGEMENT_STOP, ALL, 0);
    struct management_ticket ticket;
    for (uint32_t i = 0; i < WISHES; i++)
        if (carry_out(&request, &ticket) == MANAGEMENT_DONE)
            *(uint64_t *)arg += ticket.ticket;
    return NULL;
}

static void no_two_wishes_have_one_ticket(void **state)
{
    pthread_t threads[2];
    (void)state;
    ((struct handoff_slice *)own)->tsc_hz = 0;
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wisher, &tickets_of[i]), 0);
    for (uint32_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    uint64_t last = page_of(ALL)->wish >> PUBLIC_TICKET;
    assert_true(last >= WISHES);
    assert_int_equal(tickets_of[0] + tickets_of[1], last * (last + 1) / 2);
    assert_int_equal((uint32_t)page_of(ALL)->wish, ASK_STOP);
}

static enum management_result judge_note(uint32_t domain, uint64_t about)
{
    struct management_request request = made(MANAGEMENT_AUDIT_NOTE, domain, AUDIT_NOTE_ROLE);
    request.from = about;
    return manage_judge(&request, handoff_book_of((const struct handoff_slice *)own));
}

/* Of the trail only `from` is free; a word says which it is, and may name a call and a domain. */
static void the_trail_is_read_and_added_to(void **state)
{
    struct management_request request = made(MANAGEMENT_AUDIT_READ, 0, 0);
    (void)state;
    request.from = 1ull << 63;
    memcpy(page, &request, sizeof request);
    assert_int_equal(management_call(page), MANAGEMENT_DONE);
    assert_int_equal(record.from, 1ull << 63);
    assert_int_equal(((struct management_audit *)page)->next, 77);
    assert_int_equal(judge(MANAGEMENT_AUDIT_READ, 1, 0), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge(MANAGEMENT_AUDIT_READ, 0, 1), MANAGEMENT_BAD_ARGUMENT);
    for (uint32_t note = 0; note < AUDIT_NOTES + 2; note++)
        assert_int_equal(judge(MANAGEMENT_AUDIT_NOTE, 0, note), note >= 1 && note < AUDIT_NOTES
                                                                    ? MANAGEMENT_DONE
                                                                    : MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge(MANAGEMENT_AUDIT_NOTE, 1, 1), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge_note(0, MANAGEMENT_STOP), MANAGEMENT_DONE);
    assert_int_equal(judge_note(DOMAINS - 1, MANAGEMENT_CALLS - 1), MANAGEMENT_DONE);
    assert_int_equal(judge_note(DOMAINS, MANAGEMENT_STOP), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge_note(UINT32_MAX, MANAGEMENT_STOP), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge_note(1, 0), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge_note(0, MANAGEMENT_CALLS), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(judge_note(0, 1ull << 32 | MANAGEMENT_STOP), MANAGEMENT_BAD_ARGUMENT);
    assert_int_equal(record.noted, 0);
    assert_int_equal(make(MANAGEMENT_AUDIT_NOTE, 0, AUDIT_NOTE_ROLE), MANAGEMENT_DONE);
    assert_int_equal(record.noted, AUDIT_NOTE_ROLE);
    assert_int_equal(record.read, 1);
    assert_int_equal(record.taken + record.refused, 0);
}

/* I6: what changes something, and what was refused; not what only looks. */
static void calls_go_on_record(void **state)
{
    struct management_request request = made(MANAGEMENT_STOP, ALL, 0);
    (void)state;
    request.admin = 3;
    memcpy(page, &request, sizeof request);
    assert_int_equal(management_call(page), MANAGEMENT_DONE);
    const uint64_t taken[] = {ALL, MANAGEMENT_STOP, 3, 1, 0};
    assert_memory_equal(record.what, taken, sizeof taken);
    memcpy(page, &request, sizeof request);
    assert_int_equal(management_call(page), MANAGEMENT_TOO_OFTEN);
    const uint64_t refused[] = {ALL, MANAGEMENT_STOP, 3, MANAGEMENT_TOO_OFTEN, 0};
    assert_memory_equal(record.what, refused, sizeof refused);
    assert_int_equal(make(MANAGEMENT_STATUS, ALL, 0), MANAGEMENT_DONE);
    assert_int_equal(make(MANAGEMENT_DESCRIBE, 0, 0), MANAGEMENT_DONE);
    assert_int_equal(record.taken, 1);
    assert_int_equal(record.refused, 1);
    assert_int_equal(make(MANAGEMENT_RESTART, SOME, 0), MANAGEMENT_NO_RIGHT);
    assert_int_equal(record.what[3], MANAGEMENT_NO_RIGHT);
    assert_int_equal(management_call(NULL), MANAGEMENT_BAD_PAGE);
    const uint64_t nowhere[] = {AUDIT_NOBODY, MANAGEMENT_CALLS, MANAGEMENT_NO_ADMIN,
                                MANAGEMENT_BAD_PAGE, 0};
    assert_memory_equal(record.what, nowhere, sizeof nowhere);
    assert_int_equal(record.refused, 3);
    /* A refused call is about a domain only where its number is one's. */
    for (uint32_t call = 0; call <= MANAGEMENT_CALLS; call++)
        for (uint32_t version = 1; version <= MANAGEMENT_VERSION; version++) {
            bool domain = version == MANAGEMENT_VERSION && call >= MANAGEMENT_STATUS &&
                          call <= MANAGEMENT_SERIAL_WRITE;
            request = made(call, SOME, 1000);
            request.version = version;
            memcpy(page, &request, sizeof request);
            assert_int_not_equal(management_call(page), MANAGEMENT_DONE);
            assert_int_equal(record.what[0], domain ? SOME : AUDIT_NOBODY);
        }
}

/* Processors whose TSCs differ can't be played off against each other. */
static void a_tsc_that_is_behind_is_too_soon(void **state)
{
    (void)state;
    for (uint64_t ahead = 0; ahead < 2; ahead++)
        assert_true(manage_is_too_soon(100 * HZ, 100 * HZ + ahead, HZ));
    assert_true(manage_is_too_soon(100 * HZ + HZ - 1, 100 * HZ, HZ));
    assert_false(manage_is_too_soon(100 * HZ + HZ, 100 * HZ, HZ));
    assert_false(manage_is_too_soon(1, 0, HZ)); /* there was none */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_right_is_its_own, setup),
        cmocka_unit_test_setup(each_argument_is_judged, setup),
        cmocka_unit_test_setup(describe_ends_at_each_count, setup),
        cmocka_unit_test_setup(version_and_reserved_bytes, setup),
        cmocka_unit_test_setup(refused_calls_touch_nothing, setup),
        cmocka_unit_test_setup(describe_tells_the_book, setup),
        cmocka_unit_test_setup(status_is_bounded, setup),
        cmocka_unit_test_setup(counters_are_those_of_the_processor, setup),
        cmocka_unit_test_setup(asking_leaves_a_ticket_and_knocks, setup),
        cmocka_unit_test_setup(a_check_a_minute, setup),
        cmocka_unit_test_setup(time_is_the_machines, setup),
        cmocka_unit_test_setup(fifty_a_second_and_domain, setup),
        cmocka_unit_test_setup(no_two_wishes_have_one_ticket, setup),
        cmocka_unit_test_setup(the_trail_is_read_and_added_to, setup),
        cmocka_unit_test_setup(calls_go_on_record, setup),
        cmocka_unit_test(a_tsc_that_is_behind_is_too_soon),
    };
    return cmocka_run_group_tests_name("manage", tests, NULL, NULL);
}
