/* SPDX-License-Identifier: Apache-2.0 */
/* I8: who is let in, who has to leave, and what is noted about it. */
#include "guests/console/door.h"
#include "guests/console/http.h"
#include "guests/console/session.h"
#include "tests/console/made_machine.h"
#include "tests/console/made_parts.h"
#include "tests/console/net_made.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT "GET / HTTP/1.1\r\n" WORLD_HOST "\r\n"

/* Notes of a kind about an admin that are in the trail. */
static unsigned notes(enum audit_note kind, uint32_t admin)
{
    static struct management_audit page;
    unsigned count = 0;
    uint64_t from = 0;
    do {
        made_audit_read(from, &page);
        for (uint32_t i = 0; i < page.count; i++) {
            const struct audit_record *record = &page.records[i];
            count += record->kind == AUDIT_CONSOLE && record->value[0] == kind &&
                     record->value[1] == admin;
        }
        from += page.count;
    } while (page.count > 0);
    return count;
}

static int come(uint32_t peer)
{
    int connection = world_connect(peer);
    assert_true(connection >= 0);
    world_turn(1);
    return connection;
}

static int come_with_key(unsigned admin)
{
    char text[256];
    int connection = world_connect(9);
    assert_true(connection >= 0);
    snprintf(text, sizeof(text), "admin %u\n" ROOT, admin);
    world_say(connection, text);
    world_turn(1);
    return connection;
}

static void a_handshake_has_ten_seconds(void **state)
{
    (void)state;
    world_start();
    int connection = come(1);
    assert_int_equal(session_count(), 1);
    world_turn(SESSION_HANDSHAKE_MS - 1);
    assert_false(world_is_closed(connection));
    assert_int_equal(session_sleep(made.now), 1);
    world_turn(1);
    assert_true(world_is_closed(connection) && world_was_reset(connection));
    assert_int_equal(session_count(), 0);
    assert_true(session_sleep(made.now) == NET_NEVER);
}

static void a_seventh_stranger_takes_the_oldest_ones_place(void **state)
{
    int strangers[SESSION_STRANGERS + 1];
    (void)state;
    world_start();
    for (unsigned i = 0; i <= SESSION_STRANGERS; i++) {
        strangers[i] = come(1);
    }
    assert_true(world_is_closed(strangers[0]));
    for (unsigned i = 1; i <= SESSION_STRANGERS; i++) {
        assert_false(world_is_closed(strangers[i]));
    }
    assert_int_equal(session_count(), SESSION_STRANGERS);
}

/* Two that flood push out each other, not the one who is alone. */
static void a_flood_pushes_out_its_own(void **state)
{
    (void)state;
    world_start();
    int alone = come(1);
    for (unsigned i = 0; i < 100; i++) {
        come(2 + i % 2);
        assert_false(world_is_closed(alone));
    }
    assert_int_equal(session_count(), SESSION_STRANGERS);
    world_say(alone, ROOT);
    world_turn(1);
    assert_non_null(strstr(world_heard(alone), "HTTP/1.1 200 OK"));
}

static void keys_are_never_pushed_out(void **state)
{
    int known[SESSION_OF_A_KEY];
    (void)state;
    world_start();
    for (unsigned i = 0; i < SESSION_OF_A_KEY; i++) {
        known[i] = come_with_key(MADE_OPERATOR);
    }
    for (unsigned i = 0; i < 100; i++) {
        come(i % 5);
        assert_true(session_count() <= SESSION_CONNECTIONS);
    }
    for (unsigned i = 0; i < SESSION_OF_A_KEY; i++) {
        assert_false(world_is_closed(known[i]));
    }
    assert_int_equal(session_count(), SESSION_CONNECTIONS);
    /* Another key still comes in: strangers make room. */
    int other = come_with_key(MADE_AUDITOR);
    assert_non_null(strstr(world_heard(other), "HTTP/1.1 200 OK"));
}

static void an_eleventh_of_a_key_is_sent_away(void **state)
{
    (void)state;
    world_start();
    for (unsigned i = 0; i < SESSION_OF_A_KEY; i++) {
        assert_non_null(strstr(world_heard(come_with_key(MADE_OPERATOR)), "200 OK"));
    }
    int connection = come_with_key(MADE_OPERATOR);
    assert_true(world_is_closed(connection));
    assert_string_equal(world_heard(connection), "");
}

static void where_all_have_keys_nobody_comes_in(void **state)
{
    int known[SESSION_CONNECTIONS];
    (void)state;
    world_start();
    for (unsigned i = 0; i < SESSION_CONNECTIONS; i++) {
        known[i] = come_with_key(i % 2);
    }
    int late = come(1);
    assert_true(world_is_closed(late) && world_was_reset(late));
    for (unsigned i = 0; i < SESSION_CONNECTIONS; i++) {
        assert_false(world_is_closed(known[i]));
    }
    world_hang_up(known[3]);
    world_turn(0);
    assert_non_null(strstr(world_heard(come_with_key(0)), "HTTP/1.1 200 OK"));
}

/* What a browser drops before it has shown a key is no log-in, and no failed one. */
static void strangers_leave_no_record(void **state)
{
    (void)state;
    world_start();
    uint64_t before = made.calls[MANAGEMENT_AUDIT_NOTE];
    for (unsigned i = 0; i < 50; i++) {
        world_hang_up(come(i));
        world_turn(i * 300);
    }
    assert_int_equal(made.calls[MANAGEMENT_AUDIT_NOTE], before);
}

/* However many connections and requests: a record a session, which silence ends. */
static void a_log_in_is_noted_once(void **state)
{
    (void)state;
    world_start();
    for (unsigned i = 0; i < 100; i++) {
        world_get(MADE_OPERATOR, "/v1/machine");
        world_get(MADE_AUDITOR, "/v1/machine");
        world_turn(60000);
    }
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_OPERATOR), 1);
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_AUDITOR), 1);
    world_turn(DOOR_SESSION_MS);
    world_get(MADE_OPERATOR, "/v1/machine");
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_OPERATOR), 2);
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_AUDITOR), 1);
}

static void an_expired_key_is_told_so(void **state)
{
    (void)state;
    world_start();
    for (unsigned i = 0; i < 20; i++) {
        const struct heard *heard = world_get(MADE_EXPIRED, i % 2 ? "/v1/machine" : "/");
        assert_int_equal(heard->status, 401);
        assert_non_null(strstr(heard->body, "the key has expired"));
    }
    assert_int_equal(notes(AUDIT_NOTE_EXPIRED, MADE_EXPIRED), 1);
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_EXPIRED), 0);
    world_turn(DOOR_TURNED_MS);
    world_get(MADE_EXPIRED, "/");
    assert_int_equal(notes(AUDIT_NOTE_EXPIRED, MADE_EXPIRED), 2);
}

/* Keys that open nothing, or nothing now, must not keep out those that do. */
static void who_is_turned_away_holds_nothing(void **state)
{
    (void)state;
    world_start();
    made.unix_time = 0;
    for (unsigned i = 0; i < 2 * SESSION_CONNECTIONS; i++) {
        int connection = world_connect(9);
        assert_true(connection >= 0);
        world_say(connection, i % 2 ? "admin 0\n" : "admin 2\n");
        world_turn(1);
    }
    assert_int_equal(session_count(), SESSION_TURNED);
    assert_int_equal(world_get(MADE_AUDITOR, "/v1/machine")->status, 200);
    world_turn(HTTP_IDLE_MS);
    int told = come_with_key(MADE_OPERATOR);
    assert_non_null(strstr(world_heard(told), "HTTP/1.1 401 "));
    assert_non_null(strstr(world_heard(told), "Connection: close"));
    world_turn(HTTP_LINGER_MS);
    assert_true(world_is_closed(told));
}

static void a_bad_clock_refuses_operators(void **state)
{
    (void)state;
    world_start();
    made.unix_time = 0;
    const struct heard *heard = world_post(MADE_OPERATOR, "/v1/domains/office/stop", "");
    assert_int_equal(heard->status, 401);
    assert_non_null(strstr(heard->body, "clock"));
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    assert_int_equal(notes(AUDIT_NOTE_CLOCK, MADE_OPERATOR), 1);
    assert_null(strstr(heard->head, "Date:"));
    heard = world_get(MADE_AUDITOR, "/v1/machine");
    assert_int_equal(heard->status, 200);
    assert_non_null(strstr(heard->body, "\"time\":{\"unix\":null,\"believed\":false}"));
}

/* A key whose last day ends while it is connected. */
static void midnight_comes(void **state)
{
    (void)state;
    world_start();
    int kept = come_with_key(MADE_OPERATOR), stream = come_with_key(MADE_OPERATOR);
    world_say(stream, "GET /v1/events HTTP/1.1\r\n" WORLD_HOST "\r\n");
    world_turn(1);
    assert_non_null(strstr(world_heard(stream), "text/event-stream"));
    made.unix_time = 20850ull * 86400;
    world_forget(kept);
    world_say(kept, ROOT);
    world_turn(1);
    assert_non_null(strstr(world_heard(kept), "HTTP/1.1 401 "));
    assert_true(world_is_closed(stream));
}

/* A hypervisor that tells nothing of its machine: nobody divides by its clock. */
static void a_machine_that_is_not_described(void **state)
{
    (void)state;
    world_start();
    assert_null(session_start(made_info()));
    made.silent = true;
    assert_non_null(session_start(made_info()));
    assert_int_equal(world_get(MADE_AUDITOR, "/v1/domains")->status, 200);
    assert_int_equal(world_get(MADE_AUDITOR, "/v1/machine")->status, 200);
    assert_int_equal(world_get(MADE_AUDITOR, "/v1/audit")->status, 200);
    assert_int_equal(world_get(MADE_AUDITOR, "/metrics")->status, 200);
}

/* What the hypervisor does not take is tried again. */
static void a_note_that_was_not_taken(void **state)
{
    (void)state;
    world_start();
    made.refuses = MANAGEMENT_TOO_OFTEN;
    world_get(MADE_OPERATOR, "/v1/machine");
    made.refuses = MANAGEMENT_DONE;
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_OPERATOR), 0);
    world_get(MADE_OPERATOR, "/v1/machine");
    assert_int_equal(notes(AUDIT_NOTE_LOGIN, MADE_OPERATOR), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handshake_has_ten_seconds),
        cmocka_unit_test(a_seventh_stranger_takes_the_oldest_ones_place),
        cmocka_unit_test(a_flood_pushes_out_its_own),
        cmocka_unit_test(keys_are_never_pushed_out),
        cmocka_unit_test(an_eleventh_of_a_key_is_sent_away),
        cmocka_unit_test(where_all_have_keys_nobody_comes_in),
        cmocka_unit_test(strangers_leave_no_record),
        cmocka_unit_test(a_log_in_is_noted_once),
        cmocka_unit_test(an_expired_key_is_told_so),
        cmocka_unit_test(who_is_turned_away_holds_nothing),
        cmocka_unit_test(a_bad_clock_refuses_operators),
        cmocka_unit_test(midnight_comes),
        cmocka_unit_test(a_machine_that_is_not_described),
        cmocka_unit_test(a_note_that_was_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
