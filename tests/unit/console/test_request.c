/* SPDX-License-Identifier: Apache-2.0 */
/* Heads of requests: what is taken, what is refused, and with which status. */
#include "guests/console/request.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define GET  "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

/* The status that a head gets; 0: none, it is taken; -1: it is not whole. */
static int status_of(const char *head, size_t bytes, struct request *request)
{
    static char copy[REQUEST_HEAD_BYTES + 64]; /* the spans stay */
    struct refusal refusal = {0, NULL};
    size_t scanned = 0;
    assert_true(bytes <= sizeof(copy));
    memcpy(copy, head, bytes);
    size_t end = request_scan(copy, bytes, &scanned, &refusal);
    if (refusal.status) {
        assert_non_null(refusal.why);
        return (int)refusal.status;
    }
    if (end == 0) {
        return -1;
    }
    refusal = request_parse(request, copy, end);
    assert_true((refusal.status == 0) == (refusal.why == NULL));
    return (int)refusal.status;
}

static const struct {
    const char *head;
    int status;
} heads[] = {
    {GET "\r\n", 0},
    {GET, -1},
    {"", -1},
    {GET "X-Empty:\r\nX-Other: \r\n\r\n", 0},
    {GET "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n", 0},
    /* Lines. */
    {"GET / HTTP/1.1\nHost: a\n\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", 400},
    {"\r\n" GET "\r\n", 400},
    {GET "X: one\r\n two\r\n\r\n", 400},
    {GET "X: one\r\n\ttwo\r\n\r\n", 400},
    {GET "X:\r\n one\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", 400},
    {GET "X: caf\xc3\xa9\r\n\r\n", 400},
    {GET "X: \x01\r\n\r\n", 400},
    {GET "X: \x7f\r\n\r\n", 400},
    {GET "X : a\r\n\r\n", 400},
    {GET ": a\r\n\r\n", 400},
    {GET "X\r\n\r\n", 400},
    {GET "X(: a\r\n\r\n", 400},
    /* The first line. */
    {"GET /\r\nHost: a\r\n\r\n", 505},
    {"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"FETCH / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505},
    {"GET / HTTP/99999.1\r\nHost: a\r\n\r\n", 505},
    {"GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /v1/domains/o%66fice HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /v1/events?serial=a%2Cb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    /* Host. */
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {POST "Bulkhead-Request: 0\r\nBulkhead-Request: 1\r\n\r\n", 400},
    {GET "Host: b\r\n\r\n", 400},
    {GET "host: a\r\n\r\n", 400},
    {GET "Origin: a\r\nOrigin: a\r\n\r\n", 400},
    /* Bodies. */
    {POST "Content-Length: 4096\r\n\r\n", 0},
    {POST "Content-Length: 0\r\n\r\n", 0},
    {POST "\r\n", 0},
    {POST "Content-Length: 4097\r\n\r\n", 413},
    {POST "Content-Length: 1844674407370955160\r\n\r\n", 413},
    {POST "Content-Length: 18446744073709551615\r\n\r\n", 400},
    {POST "Content-Length: 18446744073709551616\r\n\r\n", 400},
    {POST "Content-Length: 99999999999999999999999\r\n\r\n", 400},
    {POST "Content-Length: -1\r\n\r\n", 400},
    {POST "Content-Length: 0x10\r\n\r\n", 400},
    {POST "Content-Length: 1, 1\r\n\r\n", 400},
    {POST "Content-Length: 1 1\r\n\r\n", 400},
    {POST "Content-Length:\r\n\r\n", 400},
    {POST "Content-Length: +1\r\n\r\n", 400},
    {POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n", 400},
    {POST "Content-Length: 2\r\nContent-Length: 3\r\n\r\n", 400},
    {POST "Transfer-Encoding: chunked\r\n\r\n", 501},
    {POST "Transfer-Encoding: identity\r\n\r\n", 501},
    {POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
    {POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n", 501},
    {POST "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 400},
    {POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {POST "Content-Length: 2\r\nTransfer-Encoding: xchunked\r\n\r\n", 400},
    {POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", 417},
    {GET "Content-Length: 2\r\n\r\n", 400},
};

static void each_head_has_its_status(void **state)
{
    struct request request = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        int status = status_of(heads[i].head, strlen(heads[i].head), &request);
        if (status != heads[i].status) {
            print_error("%d, not %d: %s\n", status, heads[i].status, heads[i].head);
        }
        assert_int_equal(status, heads[i].status);
    }
}

static void zero_bytes_are_refused(void **state)
{
    static const char head[] = "GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n";
    static const char target[] = "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n";
    struct request request = {0};
    (void)state;
    assert_int_equal(status_of(head, sizeof(head) - 1, &request), 400);
    assert_int_equal(status_of(target, sizeof(target) - 1, &request), 400);
}

/* One byte at a time comes out as all at once. */
static void what_a_request_has(void **state)
{
    static const char head[] =
        "POST /v1/x?a=1 HTTP/1.1\r\nHOST: \ta.example \r\nOrigin: https://a\r\n"
        "Content-Type: application/json\r\nBulkhead-Request: 1\r\n"
        "Last-Event-ID: 7\r\nContent-Length: 12\r\n\r\nbody";
    struct request request = {0};
    struct refusal refusal = {0, NULL};
    size_t scanned = 0, end = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(head) && !end; i++) {
        end = request_scan(head, i, &scanned, &refusal);
        assert_int_equal(refusal.status, 0);
    }
    assert_int_equal(end, sizeof(head) - 1 - 4);
    assert_int_equal(request_parse(&request, head, end).status, 0);
    assert_int_equal(request.method, REQUEST_POST);
    assert_true(span_is(request.path, "/v1/x"));
    assert_true(span_is(request.query, "a=1"));
    assert_true(span_is(request.host, "a.example"));
    assert_true(span_is(request.origin, "https://a"));
    assert_true(span_is(request.type, "application/json"));
    assert_true(span_is(request.last_event, "7"));
    assert_true(request.marked && request.has_length && !request.ends);
    assert_int_equal(request.body_bytes, 12);
}

static void what_a_request_has_not(void **state)
{
    struct request request = {0};
    (void)state;
    assert_int_equal(status_of(GET "Connection: close\r\n\r\n", strlen(GET) + 21, &request), 0);
    assert_int_equal(request.method, REQUEST_GET);
    assert_true(request.ends && !request.marked && !request.has_length);
    assert_null(request.query.text);
    assert_null(request.origin.text);
    assert_null(request.last_event.text);
    assert_int_equal(status_of(GET "Bulkhead-Request: 10\r\n\r\n", strlen(GET) + 24, &request), 0);
    assert_false(request.marked);
    const char *other = "DELETE / HTTP/1.1\r\nHost: a\r\n\r\n";
    assert_int_equal(status_of(other, strlen(other), &request), 0);
    assert_int_equal(request.method, REQUEST_OTHER);
}

/* The last head that fits, and one byte more. */
static void long_heads(void **state)
{
    static char head[REQUEST_HEAD_BYTES + 2];
    struct request request = {0};
    (void)state;
    memset(head, 'x', sizeof(head));
    memcpy(head, GET "X: ", strlen(GET "X: "));
    memcpy(head + REQUEST_HEAD_BYTES - 4, "\r\n\r\n", 4);
    assert_int_equal(status_of(head, REQUEST_HEAD_BYTES, &request), 0);
    memset(head + REQUEST_HEAD_BYTES - 4, 'x', 4);
    assert_int_equal(status_of(head, REQUEST_HEAD_BYTES - 1, &request), -1);
    assert_int_equal(status_of(head, REQUEST_HEAD_BYTES, &request), 431);
}

static void numbers(void **state)
{
    unsigned long long value = 1;
    (void)state;
    assert_true(span_number((struct span){"0", 1}, &value));
    assert_int_equal(value, 0);
    assert_true(span_number((struct span){"18446744073709551615", 20}, &value));
    assert_true(value == UINT64_MAX);
    assert_false(span_number((struct span){"18446744073709551616", 20}, &value));
    assert_false(span_number((struct span){"184467440737095516150", 21}, &value));
    assert_false(span_number((struct span){"", 0}, &value));
    assert_false(span_number((struct span){"-1", 2}, &value));
    assert_false(span_number((struct span){"1 ", 2}, &value));
}

static void cutting(void **state)
{
    struct span rest = {"a,,b", 4};
    (void)state;
    assert_true(span_is(span_cut(&rest, ','), "a"));
    assert_true(span_is(span_cut(&rest, ','), ""));
    assert_true(span_is(span_cut(&rest, ','), "b"));
    assert_null(rest.text);
    assert_true(span_is_alike((struct span){"HoSt", 4}, "host"));
    assert_false(span_is((struct span){"HoSt", 4}, "host"));
    assert_false(span_is_alike((struct span){"hos", 3}, "host"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_head_has_its_status),
        cmocka_unit_test(zero_bytes_are_refused),
        cmocka_unit_test(what_a_request_has),
        cmocka_unit_test(what_a_request_has_not),
        cmocka_unit_test(long_heads),
        cmocka_unit_test(numbers),
        cmocka_unit_test(cutting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
