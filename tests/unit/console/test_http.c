/* SPDX-License-Identifier: Apache-2.0 */
/* Connections that speak HTTP/1.1: order, limits, names, times. */
#include "guests/console/http.h"
#include "guests/console/session.h"
#include "tests/console/made_machine.h"
#include "tests/console/net_made.h"
#include "tests/console/tls_plain.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ROOT    "GET / HTTP/1.1\r\n" WORLD_HOST "\r\n"
#define MACHINE "GET /v1/machine HTTP/1.1\r\n" WORLD_HOST "\r\n"
#define NOWHERE "GET /nowhere HTTP/1.1\r\n" WORLD_HOST "\r\n"

static struct heard heard;

static int begin(void)
{
    world_start();
    return world_connect(1);
}

static void expect(int connection, int status)
{
    assert_true(world_parse(world_heard(connection), &heard));
    assert_int_equal(heard.status, status);
    assert_true(heard.whole);
}

/* What all answers have. */
static void expect_headers(const char *policy)
{
    static const char *const due[] = {
        "Cache-Control: no-store\r\n",
        "Date: Mon, 30 Nov 2026 10:00:01 GMT\r\n",
        "X-Content-Type-Options: nosniff\r\n",
        "X-Frame-Options: DENY\r\n",
        "Referrer-Policy: no-referrer\r\n",
        "Cross-Origin-Opener-Policy: same-origin\r\n",
        "Cross-Origin-Embedder-Policy: require-corp\r\n",
        "Cross-Origin-Resource-Policy: same-origin\r\n",
        "Content-Security-Policy: default-src 'none'",
    };
    for (size_t i = 0; i < sizeof(due) / sizeof(due[0]); i++) {
        assert_non_null(strstr(heard.head, due[i]));
    }
    assert_non_null(strstr(heard.head, policy));
    assert_null(strstr(heard.head, "Access-Control"));
    assert_null(strstr(heard.head, "Server:"));
}

static void a_connection_is_kept(void **state)
{
    int connection = begin();
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        world_say(connection, ROOT);
        world_turn(1);
        expect(connection, 200);
        expect_headers("text/html");
        assert_string_equal(heard.rest, "");
        world_forget(connection);
    }
    world_say(connection, NOWHERE);
    world_turn(1);
    expect(connection, 404);
    expect_headers("frame-ancestors 'none'");
    assert_non_null(strstr(heard.head, "Content-Type: application/problem+json\r\n"));
    assert_false(world_is_closed(connection));
}

/* Two requests at once, and half a third: answered in their order. */
static void requests_in_a_row(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, NOWHERE MACHINE "GET / HT");
    world_turn(1);
    expect(connection, 404);
    assert_true(world_parse(heard.rest, &heard));
    assert_int_equal(heard.status, 200);
    assert_non_null(strstr(heard.body, "\"host\":\"gate-7\""));
    assert_string_equal(heard.rest, "");
    world_forget(connection);
    world_say(connection, "TP/1.1\r\n" WORLD_HOST "\r\n");
    world_turn(1);
    expect(connection, 200);
}

/* What stands behind the head of such an answer is the next one. */
static void heads_alone(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, "HEAD / HTTP/1.1\r\n" WORLD_HOST "\r\n");
    world_say(connection, "HEAD / HTTP/1.1\r\nHost: other\r\n\r\n" ROOT);
    world_turn(1);
    const char *text = world_heard(connection);
    assert_non_null(strstr(text, "HTTP/1.1 405 "));
    text = strstr(text, "\r\n\r\nHTTP/1.1 421 ");
    assert_non_null(text);
    assert_non_null(strstr(text, "\r\n\r\nHTTP/1.1 200 "));
}

static void byte_by_byte(void **state)
{
    int connection = begin();
    const char *request = MACHINE;
    (void)state;
    for (size_t i = 0; request[i]; i++) {
        assert_string_equal(world_heard(connection), "");
        world_say_bytes(connection, request + i, 1);
        world_turn(1);
    }
    expect(connection, 200);
}

/* A body is its length's bytes, whenever they come; what is behind it is the next request. */
static void bodies_come_whole(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, "POST /v1/domains/office/serial HTTP/1.1\r\n" WORLD_HOST
                          "Bulkhead-Request: 1\r\nContent-Type: application/json\r\n"
                          "Content-Length: 17\r\n\r\n{\"base64\":");
    world_turn(1);
    assert_string_equal(world_heard(connection), "");
    world_say(connection, "\"Zm9v\"}" NOWHERE);
    world_turn(1);
    expect(connection, 200);
    assert_string_equal(heard.body, "{\"written\":3}\n");
    assert_true(world_parse(heard.rest, &heard));
    assert_int_equal(heard.status, 404);
}

static void who_says_close_is_closed(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, "GET / HTTP/1.1\r\nConnection: close\r\n" WORLD_HOST "\r\n" MACHINE);
    world_turn(1);
    expect(connection, 200);
    assert_non_null(strstr(heard.head, "Connection: close\r\n"));
    assert_string_equal(heard.rest, "");
    assert_false(world_is_closed(connection));
    world_turn(HTTP_LINGER_MS);
    assert_true(world_is_closed(connection) && !world_was_reset(connection));
}

/* After what is not understood nothing is, and the peer has time to read why. */
static void refused_heads_end_the_connection(void **state)
{
    static const struct {
        const char *text;
        int status;
    } bad[] = {
        {"GET / HTTP/1.1\nHost: a\n\n", 400},
        {"GET / HTTP/1.0\r\n" WORLD_HOST "\r\n", 505},
        {"POST / HTTP/1.1\r\n" WORLD_HOST "Content-Length: 5000\r\n\r\n", 413},
        {"POST / HTTP/1.1\r\n" WORLD_HOST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
        {"POST / HTTP/1.1\r\n" WORLD_HOST "Expect: 100-continue\r\n\r\n", 417},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int connection = begin();
        world_say(connection, bad[i].text);
        world_say(connection, ROOT);
        world_turn(1);
        expect(connection, bad[i].status);
        expect_headers("Connection: close\r\n");
        assert_string_equal(heard.rest, "");
        world_say(connection, ROOT);
        world_turn(HTTP_LINGER_MS);
        assert_true(world_is_closed(connection) && !world_was_reset(connection));
        expect(connection, bad[i].status);
        assert_string_equal(heard.rest, "");
    }
}

/* For the last bytes of a slow peer the console waits as for others: asleep, and not for ever. */
static void it_sleeps_while_the_last_bytes_go_out(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, "GET / HTTP/1.0\r\n\r\n");
    plain_unsent = true;
    world_turn(1);
    assert_true(session_sleep(made.now) > 0 && session_sleep(made.now) <= HTTP_LINGER_MS);
    world_turn(HTTP_LINGER_MS);
    assert_false(world_is_closed(connection));
    assert_true(session_sleep(made.now) > 0 && session_sleep(made.now) <= HTTP_STALL_MS);
    world_turn(session_sleep(made.now));
    plain_unsent = false;
    assert_true(world_is_closed(connection) && world_was_reset(connection));
}

static void long_heads(void **state)
{
    static char head[9000];
    int connection = begin();
    (void)state;
    memset(head, 'x', sizeof(head) - 1);
    memcpy(head, "GET / HTTP/1.1\r\nX: ", 19);
    world_say(connection, head);
    world_turn(1);
    expect(connection, 431);
}

static const struct heard *ask_as(const char *headers, const char *method)
{
    static char text[512];
    world_start();
    int connection = world_connect(1);
    snprintf(text, sizeof(text), "%s HTTP/1.1\r\n%s\r\n", method, headers);
    world_say(connection, text);
    world_turn(1);
    assert_true(world_parse(world_heard(connection), &heard));
    return &heard;
}

/* A name that is rebound to our address, and a page of another origin, get nothing. */
static void only_our_names(void **state)
{
    static const struct {
        const char *headers;
        int status;
    } names[] = {
        {"Host: 127.0.0.1:8443\r\n", 200},
        {"Host: LocalHost:8443\r\n", 200},
        {"Host: gate-7.example\r\n", 200},
        {"Host: gate-7.example:443\r\n", 200},
        {"Host: 10.0.2.15\r\n", 200},
        {"Host: 10.0.2.15:443\r\n", 200},
        {"Host: 10.0.2.15:8443\r\n", 421},
        {"Host: 10.0.2.150\r\n", 421},
        {"Host: 127.0.0.1\r\n", 421},
        {"Host: 127.0.0.1:8443:443\r\n", 421},
        {"Host: 127.0.0.1:84430\r\n", 421},
        {"Host: gate-7.example:8443\r\n", 421},
        {"Host: gate-7.example.\r\n", 421},
        {"Host: evil.example\r\n", 421},
        {"Host: \r\n", 421},
        {"Host: :443\r\n", 421},
        {WORLD_HOST "Origin: https://127.0.0.1:8443\r\n", 200},
        {WORLD_HOST "Origin: https://gate-7.example\r\n", 200},
        {WORLD_HOST "Origin: http://127.0.0.1:8443\r\n", 403},
        {WORLD_HOST "Origin: https://127.0.0.1\r\n", 403},
        {WORLD_HOST "Origin: xttps://127.0.0.1:8443\r\n", 403},
        {WORLD_HOST "Origin: https://evil.example\r\n", 403},
        {WORLD_HOST "Origin: https://\r\n", 403},
        {WORLD_HOST "Origin: null\r\n", 403},
        {WORLD_HOST "Origin: \r\n", 403},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int status = ask_as(names[i].headers, "GET /v1/machine")->status;
        if (status != names[i].status) {
            print_error("%d, not %d: %s\n", status, names[i].status, names[i].headers);
        }
        assert_int_equal(status, names[i].status);
    }
}

/* A form of a foreign page can send a POST, but not with this header. */
static void a_post_is_marked(void **state)
{
    (void)state;
    assert_int_equal(ask_as(WORLD_HOST, "POST /v1/domains/office/stop")->status, 403);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    assert_int_equal(
        ask_as(WORLD_HOST "Bulkhead-Request: 0\r\n", "POST /v1/domains/office/stop")->status, 403);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 0);
    assert_int_equal(
        ask_as(WORLD_HOST "Bulkhead-Request: 1\r\n", "POST /v1/domains/office/stop")->status, 202);
    assert_int_equal(made.calls[MANAGEMENT_STOP], 1);
}

static void slow_requests_end(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, "GET / HT");
    world_turn(1);
    world_turn(HTTP_REQUEST_MS - 1);
    assert_false(world_is_closed(connection));
    world_say(connection, "T");
    world_turn(1);
    assert_true(world_is_closed(connection));
    /* A body as well. */
    connection = begin();
    world_say(connection, "POST / HTTP/1.1\r\n" WORLD_HOST "Content-Length: 5\r\n\r\n1234");
    world_turn(1);
    world_turn(HTTP_REQUEST_MS);
    assert_true(world_is_closed(connection));
}

static void idle_ones_end(void **state)
{
    int connection = begin();
    (void)state;
    world_say(connection, ROOT);
    world_turn(1);
    world_turn(HTTP_IDLE_MS - 1);
    assert_false(world_is_closed(connection));
    world_say(connection, ROOT);
    world_turn(0);
    world_turn(HTTP_IDLE_MS - 1);
    assert_false(world_is_closed(connection));
    world_turn(1);
    assert_true(world_is_closed(connection));
}

/* Who does not read his answer is not waited for; who reads slowly is. */
static void stalled_ones_end(void **state)
{
    int connection = begin();
    (void)state;
    world_read(connection, 0);
    world_say(connection, MACHINE);
    world_turn(1);
    for (unsigned i = 0; i < 5; i++) {
        world_turn(HTTP_STALL_MS - 1);
        assert_false(world_is_closed(connection));
        world_read(connection, 10);
        world_turn(0);
    }
    world_turn(HTTP_STALL_MS);
    assert_true(world_is_closed(connection) && world_was_reset(connection));
}

/* A long answer comes in pieces through a narrow door, and comes whole. */
static void narrow_doors(void **state)
{
    int connection = begin();
    (void)state;
    for (unsigned i = 0; i < 300; i++) {
        made_record(AUDIT_NMI, AUDIT_NOBODY, i, 0, 0);
    }
    world_read(connection, 0);
    world_say(connection, "GET /v1/audit HTTP/1.1\r\n" WORLD_HOST "\r\n");
    for (unsigned i = 0; i < 3000; i++) {
        world_read(connection, 100);
        world_turn(1);
    }
    expect(connection, 200);
    unsigned lines = 0;
    for (const char *at = heard.body; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    assert_int_equal(lines, 309); /* eight of the boot, a log-in, and these */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connection_is_kept),
        cmocka_unit_test(requests_in_a_row),
        cmocka_unit_test(heads_alone),
        cmocka_unit_test(byte_by_byte),
        cmocka_unit_test(bodies_come_whole),
        cmocka_unit_test(who_says_close_is_closed),
        cmocka_unit_test(refused_heads_end_the_connection),
        cmocka_unit_test(it_sleeps_while_the_last_bytes_go_out),
        cmocka_unit_test(long_heads),
        cmocka_unit_test(only_our_names),
        cmocka_unit_test(a_post_is_marked),
        cmocka_unit_test(slow_requests_end),
        cmocka_unit_test(idle_ones_end),
        cmocka_unit_test(stalled_ones_end),
        cmocka_unit_test(narrow_doors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
