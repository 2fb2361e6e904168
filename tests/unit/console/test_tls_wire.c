/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes that no honest client sends to the console's TLS (I6, I8, I10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls_world.h"
#include <stdlib.h>
#include <string.h>

/* Only the first certificate counts, and a peer can't make the console read for ever. */
static void test_chains(void **state)
{
    static uint8_t other[CERTIFICATE_BYTES], huge[9000];
    size_t bytes;

    (void)state;
    start(SERVER_KEY_P256);
    bytes = certificate_of_client(&world.foreign.key, "ops", "20260101000000Z", "20360101000000Z",
                                  other);
    for (size_t length = 2; length <= 9; length += length == 2 ? 6 : 1) {
        begin(0, &world.small);
        client.chain_length = length;
        for (size_t i = 1; i < length; i++)
            client.chain[i] = (br_x509_certificate){other, bytes};
        if (length == 9)
            check_refused(0);
        else
            assert_int_equal(settle(0), TLS_OPEN);
    }
    begin(0, &world.small);
    client.chain[1] = client.chain[0];
    client.chain[0] = (br_x509_certificate){other, bytes};
    client.chain_length = 2;
    check_refused(0);
    begin(0, &world.small);
    client.chain[1] = (br_x509_certificate){huge, sizeof(huge)};
    client.chain_length = 2;
    check_refused(0);
}

static void test_other_versions(void **state)
{
    /* A hello for TLS 1.3 alone: its suites, supported_versions 0x0304. */
    static const uint8_t modern[] = {22, 3,  1, 0, 0x36, 1, 0, 0, 0x32, 3, 3, 0, 1, 2, 3,
                                     4,  5,  6, 7, 8,    9, 0, 1, 2,    3, 4, 5, 6, 7, 8,
                                     9,  0,  1, 2, 3,    4, 5, 6, 7,    8, 9, 0, 1, 0, 0,
                                     2,  19, 1, 1, 0,    0, 7, 0, 43,   0, 3, 2, 3, 4};

    (void)state;
    start(SERVER_KEY_P256);
    for (unsigned version = BR_TLS10; version <= BR_TLS11; version++) {
        begin(0, &world.small);
        br_ssl_engine_set_versions(&client.tls.eng, BR_TLS10, version);
        br_ssl_client_reset(&client.tls, "console.example", 0);
        check_refused(0);
        assert_int_equal(wire_alert(0), 70);
    }
    begin(0, NULL);
    wire_feed(0, modern, sizeof(modern));
    assert_int_equal(tls_pump(0), TLS_ENDED);
    assert_int_equal(wire_alert(0), 40);
    tls_end(0, false);
}

/* All that a client sent in a good handshake and one request. */
static size_t record_flight(uint8_t *flight)
{
    begin(0, &world.small);
    assert_int_equal(settle(0), TLS_OPEN);
    client_write("GET / HTTP/1.1", 14);
    assert_int_equal(settle(0), TLS_OPEN);
    memcpy(flight, wires[0].in, wires[0].in_count);
    tls_end(0, true);
    return wires[0].in_count;
}

static void test_replayed_and_changed(void **state)
{
    static uint8_t flight[8192];
    const uint8_t *bytes;

    (void)state;
    start(SERVER_KEY_P256);
    size_t count = record_flight(flight);
    assert_in_range(count, 500, sizeof(flight));
    for (size_t end = 1; end <= count; end += end < count && end + 23 > count ? count - end : 23) {
        wire_open(1);
        tls_begin(1);
        wire_feed(1, flight, end);
        assert_true(tls_pump(1) != TLS_OPEN);
        assert_int_equal(tls_received(1, &bytes), 0);
        wires[1].open = false;
        assert_int_equal(tls_pump(1), TLS_ENDED);
        tls_end(1, false);
    }
}

/* A bit that changes on the way, in either direction. */
static void test_damaged(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    for (size_t i = 0; i < 60; i++) {
        begin(0, &world.small);
        struct wire *wire = &wires[0];
        bool damaged = false;
        enum tls_state now = TLS_HANDSHAKE;

        for (int rounds = 0; rounds < 20 && now != TLS_ENDED; rounds++) {
            client_step(&client, 0);
            if (!damaged && wire->in_count > wire->in_at && wire->in_count > i * 17 + 40) {
                size_t at = wire->in_at + (i * 17) % (wire->in_count - wire->in_at);
                damaged = at >= 5; /* the first version is nobody's business */
                wire->in[at] ^= damaged ? 0x04 : 0;
            }
            now = tls_pump(0);
            assert_false(damaged && now == TLS_OPEN);
        }
        tls_end(0, true);
    }
}

static void test_garbage(void **state)
{
    static const uint8_t oversized[] = {22, 3, 3, 0x48, 0x01, 1}, empty[] = {22, 3, 3, 0, 0},
                         data_first[] = {23, 3, 3, 0, 3, 'G', 'E', 'T'},
                         http[] = "GET / HTTP/1.1\r\nHost: console.example\r\n\r\n";
    uint8_t noise[600];

    (void)state;
    start(SERVER_KEY_P256);
    srand(1);
    for (uint32_t i = 0; i < 200; i++) {
        begin(0, NULL);
        for (size_t j = 0; j < sizeof(noise); j++)
            noise[j] = (uint8_t)rand();
        if (i % 2) /* in a record's clothes */
            memcpy(noise, (const uint8_t[]){22, 3, 3, 1, 0}, 5);
        wire_feed(0, noise, sizeof(noise));
        assert_int_equal(tls_pump(0), TLS_ENDED);
        tls_end(0, false);
    }
    begin(0, NULL);
    wire_feed(0, oversized, sizeof(oversized));
    assert_int_equal(tls_pump(0), TLS_ENDED);
    begin(0, NULL);
    wire_feed(0, data_first, sizeof(data_first));
    assert_int_equal(tls_pump(0), TLS_ENDED);
    begin(0, NULL);
    wire_feed(0, http, sizeof(http) - 1);
    assert_int_equal(tls_pump(0), TLS_ENDED);
    begin(0, NULL);
    for (uint32_t i = 0; i < 1000; i++)
        wire_feed(0, empty, sizeof(empty));
    assert_true(tls_pump(0) != TLS_OPEN);
    tls_end(0, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_other_versions),
        cmocka_unit_test(test_replayed_and_changed),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_garbage),
    };

    return cmocka_run_group_tests_name("tls_wire", tests, NULL, NULL);
}
