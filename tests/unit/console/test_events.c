/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: what comes, in which order, and what ends a stream. */
#include "guests/console/events.h"
#include "guests/console/http.h"
#include "guests/console/session.h"
#include "tests/console/made_machine.h"
#include "tests/console/net_made.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct heard heard;

static int open_stream(unsigned admin, const char *query, const char *headers)
{
    char text[512];
    int connection = world_connect(1);
    assert_true(connection >= 0);
    snprintf(text, sizeof(text), "admin %u\nGET /v1/events%s HTTP/1.1\r\n" WORLD_HOST "%s\r\n",
             admin, query, headers);
    world_say(connection, text);
    world_turn(1);
    return connection;
}

/* What the stream has told so far, without the chunks. */
static const char *told(int connection)
{
    assert_true(world_parse(world_heard(connection), &heard));
    assert_int_equal(heard.status, 200);
    assert_false(heard.whole);
    return heard.body;
}

static unsigned count_of(const char *text, const char *what)
{
    unsigned count = 0;
    for (; (text = strstr(text, what)) != NULL; text++) {
        count++;
    }
    return count;
}

static void it_begins_with_each_domain(void **state)
{
    (void)state;
    world_start();
    const char *text = told(open_stream(MADE_AUDITOR, "", ""));
    assert_non_null(strstr(heard.head, "Content-Type: text/event-stream\r\n"));
    assert_int_equal(count_of(text, "event: domain\ndata: {\"name\":\""), 4);
    assert_int_equal(count_of(text, "\"fault\":null}\n\n"), 4);
    assert_null(strstr(text, "\"counters\":"));
    assert_null(strstr(text, "event: audit"));
    assert_null(strstr(text, "event: serial"));
    assert_null(strstr(text, "\"name\":\"console\""));
}

static void changes_are_told_once(void **state)
{
    (void)state;
    world_start();
    int connection = open_stream(MADE_AUDITOR, "", "");
    for (unsigned i = 0; i < 10; i++) {
        world_turn(EVENTS_LOOK_MS);
    }
    assert_int_equal(count_of(told(connection), "event: domain"), 4);
    made_status(MADE_PLANT)->lives++;
    world_turn(EVENTS_LOOK_MS);
    assert_int_equal(count_of(told(connection), "event: domain"), 5);
    made_status(MADE_PLANT)->answered++;
    world_turn(EVENTS_LOOK_MS);
    made_status(MADE_PLANT)->state = LIFE_STOPPED;
    world_turn(EVENTS_LOOK_MS);
    world_turn(EVENTS_LOOK_MS);
    assert_int_equal(count_of(told(connection), "\"name\":\"plant\""), 4);
    assert_int_equal(count_of(told(connection), "event: domain"), 7);
}

/* Packets that arrive for others do not make it look more often; nothing is asked without one. */
static void it_looks_ten_times_a_second(void **state)
{
    (void)state;
    world_start();
    world_turn(1000);
    assert_int_equal(made.calls[MANAGEMENT_STATUS], 0);
    assert_true(session_sleep(made.now) == NET_NEVER);
    int connection = open_stream(MADE_AUDITOR, "", "");
    assert_int_equal(session_sleep(made.now), EVENTS_LOOK_MS);
    uint64_t before = made.calls[MANAGEMENT_STATUS];
    for (unsigned i = 0; i < 1000; i++) {
        world_turn(1);
    }
    assert_int_equal(made.calls[MANAGEMENT_STATUS] - before, 4 * 10);
    world_hang_up(connection);
    world_turn(1);
    assert_true(session_sleep(made.now) == NET_NEVER);
}

static void records_follow(void **state)
{
    (void)state;
    world_start();
    int connection = open_stream(MADE_AUDITOR, "?audit=1", "");
    assert_null(strstr(told(connection), "event: audit"));
    made_record(AUDIT_NMI, AUDIT_NOBODY, 1, 0, 0);
    world_turn(EVENTS_LOOK_MS);
    assert_int_equal(count_of(told(connection), "event: audit\nid: 9\ndata: {\"number\":9,"), 1);
    for (unsigned i = 0; i < 300; i++) {
        made_record(AUDIT_NMI, AUDIT_NOBODY, 1, 0, 0);
    }
    world_turn(EVENTS_LOOK_MS);
    assert_int_equal(count_of(told(connection), "event: audit"), 301);
    assert_non_null(strstr(told(connection), "id: 309\n"));
}

static void where_records_begin(void **state)
{
    (void)state;
    world_start();
    world_get(MADE_AUDITOR, "/");
    assert_int_equal(count_of(told(open_stream(MADE_AUDITOR, "?audit=1&from=2", "")), "\nid: "), 7);
    int connection = open_stream(MADE_AUDITOR, "?audit=1", "Last-Event-ID: 4\r\n");
    assert_int_equal(count_of(told(connection), "\nid: "), 4);
    assert_non_null(strstr(told(connection), "\nid: 5\n"));
    world_start();
    assert_int_equal(
        count_of(told(open_stream(MADE_AUDITOR, "?audit=1", "Last-Event-ID: x\r\n")), "\nid: "), 0);
    for (unsigned i = 0; i < AUDIT_KEPT; i++) {
        made_record(AUDIT_NMI, AUDIT_NOBODY, 1, 0, 0);
    }
    connection = open_stream(MADE_AUDITOR, "?audit=1&from=0", "");
    assert_int_equal(count_of(told(connection), "event: audit\ndata: {\"lost\":9}\n\n"), 1);
    assert_int_equal(count_of(told(connection), "\nid: "), AUDIT_KEPT);
}

static void serial_output(void **state)
{
    (void)state;
    world_start();
    made_print(MADE_OFFICE, "foo", 3);
    made_print(MADE_SECRETS, "hidden", 6);
    int connection = open_stream(MADE_OPERATOR, "?serial=office", "");
    assert_non_null(strstr(told(connection),
                           "event: serial\ndata: {\"domain\":\"office\",\"from\":0,"
                           "\"lost\":0,\"base64\":\"Zm9v\"}\n\n"));
    made_print(MADE_OFFICE, "\xff\r\n\033[2J", 7);
    world_turn(EVENTS_LOOK_MS);
    assert_non_null(strstr(told(connection), "\"from\":3,\"lost\":0,\"base64\":\"/w0KG1sySg==\"}"));
    assert_int_equal(count_of(told(connection), "event: serial"), 2);
    assert_null(strstr(told(connection), "secrets\",\"from"));
}

/* More than the ring holds: what is lost is told. */
static void serial_output_that_is_lost(void **state)
{
    static char text[20000];
    (void)state;
    world_start();
    int connection = open_stream(MADE_OPERATOR, "?serial=office,secrets", "");
    memset(text, 'x', sizeof(text));
    made_print(MADE_OFFICE, text, sizeof(text));
    made_print(MADE_SECRETS, "small", 5);
    world_turn(EVENTS_LOOK_MS);
    assert_non_null(strstr(told(connection), "\"from\":11808,\"lost\":11808,"));
    assert_int_equal(count_of(told(connection), "\"domain\":\"office\",\"from\""), 3);
    assert_non_null(strstr(told(connection), "\"domain\":\"secrets\",\"from\":0,"));
}

/* Ports that never pause leave room for the others, and for records. */
static void each_has_its_turn(void **state)
{
    static char text[8000];
    (void)state;
    world_start();
    made_domain(MADE_PLANT)->serial_read = made_domain(MADE_OFFICE)->serial_read;
    session_start(made_info());
    int connection = open_stream(MADE_OPERATOR, "?serial=office,secrets,gateway,plant&audit=1", "");
    memset(text, 'x', sizeof(text));
    made_print(MADE_PLANT, "seldom", 6);
    made_record(AUDIT_NMI, AUDIT_NOBODY, 1, 0, 0);
    for (unsigned i = 0; i < 20; i++) {
        world_read(connection, 8000);
        made_print(MADE_OFFICE, text, sizeof(text));
        made_print(MADE_SECRETS, text, sizeof(text));
        made_print(MADE_GATEWAY, text, sizeof(text));
        made.now += EVENTS_LOOK_MS;
        session_poll(made.now);
    }
    assert_non_null(strstr(world_heard(connection), "\"domain\":\"plant\",\"from\":0,"));
    assert_non_null(strstr(world_heard(connection), "event: audit"));
    assert_non_null(strstr(world_heard(connection), "\"domain\":\"office\",\"from\""));
    assert_non_null(strstr(world_heard(connection), "\"domain\":\"secrets\",\"from\""));
    assert_non_null(strstr(world_heard(connection), "\"domain\":\"gateway\",\"from\""));
}

static void streams_without_a_right(void **state)
{
    static const struct {
        unsigned admin;
        const char *target;
        int status;
    } all[] = {
        {MADE_AUDITOR, "/v1/events?serial=secrets", 403},
        {MADE_OPERATOR, "/v1/events?serial=plant", 403},
        {MADE_OPERATOR, "/v1/events?serial=office,plant", 403},
        {MADE_OPERATOR, "/v1/events?serial=nobody", 404},
        {MADE_OPERATOR, "/v1/events?serial=console", 404},
        {MADE_OPERATOR, "/v1/events?serial=office,", 404},
        {MADE_OPERATOR, "/v1/events?serial=", 400},
        {MADE_OPERATOR, "/v1/events?serial", 400},
        {MADE_OPERATOR, "/v1/events?audit=2", 400},
        {MADE_OPERATOR, "/v1/events?audit=1&", 400},
        {MADE_OPERATOR, "/v1/events?from=18446744073709551616", 400},
        {MADE_OPERATOR, "/v1/events?", 400},
        {MADE_EXPIRED, "/v1/events", 401},
    };
    (void)state;
    world_start();
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(world_get(all[i].admin, all[i].target)->status, all[i].status);
    }
    /* Who asks for a port that is not the role's is on record: a log-in, and this. */
    world_start();
    world_get(MADE_AUDITOR, "/v1/events?serial=secrets");
    world_get(MADE_AUDITOR, "/v1/events?serial=secrets");
    assert_int_equal(made.calls[MANAGEMENT_AUDIT_NOTE], 2);
    world_get(MADE_OPERATOR, "/v1/events?serial=plant");
    assert_int_equal(made.calls[MANAGEMENT_AUDIT_NOTE], 4);
    assert_non_null(strstr(world_get(MADE_AUDITOR, "/v1/events?serial=secrets")->body,
                           "\"right\":\"serial-read\",\"domain\":\"secrets\""));
    assert_int_equal(made.calls[MANAGEMENT_SERIAL_READ], 0);
}

static void two_streams_a_key(void **state)
{
    (void)state;
    world_start();
    int first = open_stream(MADE_OPERATOR, "", "");
    open_stream(MADE_OPERATOR, "", "");
    told(open_stream(MADE_AUDITOR, "", ""));
    assert_int_equal(world_get(MADE_OPERATOR, "/v1/events")->status, 503);
    world_hang_up(first);
    world_turn(1);
    told(open_stream(MADE_OPERATOR, "", ""));
}

/* Silence does not end a stream: a comment shows that both are there. */
static void a_quiet_stream_stays(void **state)
{
    (void)state;
    world_start();
    int connection = open_stream(MADE_OPERATOR, "", "");
    for (unsigned i = 0; i < 2 * HTTP_IDLE_MS / 1000; i++) {
        world_turn(1000);
    }
    assert_false(world_is_closed(connection));
    assert_int_equal(count_of(told(connection), ":\n\n"), 2 * HTTP_IDLE_MS / EVENTS_ALIVE_MS);
}

static void a_stream_that_is_not_read_ends(void **state)
{
    (void)state;
    world_start();
    int connection = open_stream(MADE_OPERATOR, "?serial=office", "");
    world_read(connection, 0);
    for (unsigned i = 0; i < 100; i++) {
        made_print(MADE_OFFICE, "more to read\r\n", 14);
        world_turn(1);
    }
    world_turn(HTTP_STALL_MS - 200);
    assert_false(world_is_closed(connection));
    world_turn(200);
    assert_true(world_is_closed(connection) && world_was_reset(connection));
}

static void a_peer_that_talks_ends_its_stream(void **state)
{
    (void)state;
    world_start();
    int connection = open_stream(MADE_OPERATOR, "", "");
    world_say(connection, "GET / HTTP/1.1\r\n" WORLD_HOST "\r\n");
    world_turn(1);
    assert_true(world_is_closed(connection));
    assert_int_equal(count_of(world_heard(connection), "HTTP/1.1 "), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_begins_with_each_domain),
        cmocka_unit_test(changes_are_told_once),
        cmocka_unit_test(it_looks_ten_times_a_second),
        cmocka_unit_test(records_follow),
        cmocka_unit_test(where_records_begin),
        cmocka_unit_test(serial_output),
        cmocka_unit_test(serial_output_that_is_lost),
        cmocka_unit_test(each_has_its_turn),
        cmocka_unit_test(streams_without_a_right),
        cmocka_unit_test(two_streams_a_key),
        cmocka_unit_test(a_quiet_stream_stays),
        cmocka_unit_test(a_stream_that_is_not_read_ends),
        cmocka_unit_test(a_peer_that_talks_ends_its_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
