/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's TLS (I6, I10): who has shown a pinned key and proved to hold it gets in, nobody
 * else, whatever he sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tls_world.h"

/* For the test of what happens if the library asks nobody for a certificate. */
static size_t names_sent = 1;
#define br_ssl_server_set_trust_anchor_names(tls, names, count)                                    \
    br_ssl_server_set_trust_anchor_names(tls, names, (count)*names_sent)
#include "guests/console/tls.c"
#undef br_ssl_server_set_trust_anchor_names

#include <string.h>

/* Bytes go both ways; more than a record from the server. */
static void check_talk(unsigned connection)
{
    static uint8_t long_text[40000], got[sizeof(long_text)];
    const uint8_t *bytes = NULL;
    size_t sent = 0, received = 0, count = 0;

    client_write("GET / HTTP/1.1", 14);
    assert_int_equal(settle(connection), TLS_OPEN);
    assert_int_equal(tls_received(connection, &bytes), 14);
    assert_memory_equal(bytes, "GET / HTTP/1.1", 14);
    tls_consume(connection, 4);
    assert_int_equal(tls_received(connection, &bytes), 10);
    tls_consume(connection, 4000);
    assert_int_equal(tls_received(connection, &bytes), 0);
    for (size_t i = 0; i < sizeof(long_text); i++)
        long_text[i] = (uint8_t)(i * 7 + i / 256);
    while (received < sizeof(got)) {
        sent += tls_send(connection, long_text + sent, sizeof(long_text) - sent);
        if (sent == sizeof(long_text))
            tls_flush(connection);
        assert_int_equal(settle(connection), TLS_OPEN);
        const uint8_t *from = br_ssl_engine_recvapp_buf(&client.tls.eng, &count);
        assert_non_null(from);
        memcpy(got + received, from, count);
        br_ssl_engine_recvapp_ack(&client.tls.eng, count);
        received += count;
    }
    assert_memory_equal(got, long_text, sizeof(got));
    assert_true(tls_is_sent(connection));
}

static void test_known_keys(void **state)
{
    static const uint16_t suites[] = {BR_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
                                      BR_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
                                      BR_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256};
    static const int hashes[] = {br_sha256_ID, br_sha384_ID, br_sha512_ID};

    (void)state;
    for (uint32_t i = 0; i < 18; i++) {
        bool large = i % 2, large_server = i / 9;

        if (i % 9 == 0)
            start(large_server ? SERVER_KEY_P384 : SERVER_KEY_P256);
        begin(i, large ? &world.large : &world.small);
        client.hash = hashes[i % 3];
        br_ssl_engine_set_suites(&client.tls.eng, &suites[i / 3 % 3], 1);
        br_ssl_client_reset(&client.tls, "console.example", 0);
        assert_int_equal(settle(i), TLS_OPEN);
        assert_int_equal(tls_admin(i), large);
        check_talk(i);
        tls_end(i, false);
        assert_false(wires[i].aborted);
        while (client_step(&client, i))
            ;
        assert_int_equal(br_ssl_engine_last_error(&client.tls.eng), BR_ERR_OK);
        assert_int_equal(br_ssl_engine_current_state(&client.tls.eng), BR_SSL_CLOSED);
    }
}

static void test_bytes_one_by_one(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    wires[0].piece = 1;
    assert_int_equal(settle(0), TLS_OPEN);
    check_talk(0);
    tls_end(0, true);
    assert_true(wires[0].aborted);
}

static void test_foreign_key(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.foreign); /* its certificate says CN=ops, as the others' */
    check_refused(0);
    assert_int_equal(wire_alert(0), 42);
}

static void test_other_kinds_of_key(void **state)
{
    struct made_key unfit = made_key((enum server_key_curve)BR_EC_secp521r1, 5);

    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    client.chain[0].data_len = 0; /* a certificate of no bytes */
    check_refused(0);
    begin(0, &world.small);
    client.der[200] ^= 0x10; /* in its public key */
    check_refused(0);
    assert_int_equal(unfit.key.curve, BR_EC_secp521r1);
    assert_int_equal(
        certificate_of_client(&unfit.key, "ops", "20260101000000Z", "20360101000000Z", client.der),
        0);
}

/* Who has the certificate, which is no secret, has not the key. */
static void test_stolen_certificate(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    client.signer = &world.foreign;
    check_refused(0);
    assert_int_equal(wire_alert(0), 51);
}

/* Who has only shown a known certificate gains nothing by another's log-in with the same key. */
static void test_proof_of_another(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    client_step(&client, 0);
    tls_pump(0);
    while (client_step(&client, 0))
        ;
    uint8_t *record = wires[0].in + wires[0].in_at;
    size_t message = 4 + ((size_t)record[6] << 16 | (size_t)record[7] << 8 | record[8]);
    record[3] = (uint8_t)(message >> 8); /* the Certificate alone */
    record[4] = (uint8_t)message;
    wires[0].in_count = wires[0].in_at + 5 + message;
    assert_int_equal(tls_pump(0), TLS_HANDSHAKE);
    assert_true(connections[0].client.known);
    begin(1, &world.small);
    assert_int_equal(settle(1), TLS_OPEN);
    assert_true(connections[1].client.proved);
    assert_false(connections[0].client.proved);
    assert_int_equal(tls_pump(0), TLS_HANDSHAKE);
    tls_end(0, true);
    tls_end(1, true);
}

static void test_no_certificate(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    begin(0, NULL);
    check_refused(0);
    assert_int_equal(wire_alert(0), 40);
}

/* I6: the library then takes a handshake without a certificate for a good one; the console not. */
static void test_no_certificate_is_asked_for(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    names_sent = 0;
    for (uint32_t i = 0; i < 2; i++) {
        begin(0, i ? &world.small : NULL);
        while (!(br_ssl_engine_current_state(&client.tls.eng) & BR_SSL_SENDAPP)) {
            assert_true(client_step(&client, 0) || tls_pump(0) != TLS_OPEN);
            assert_true(wires[0].out_count < 10000);
        }
        client_write("GET / HTTP/1.1", 14);
        check_refused(0);
    }
    names_sent = 1;
}

static void test_renegotiation(void **state)
{
    const uint8_t *bytes;

    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    assert_int_equal(settle(0), TLS_OPEN);
    size_t before = wires[0].out_count;
    assert_int_equal(br_ssl_engine_renegotiate(&client.tls.eng), 1);
    settle(0);
    assert_true(wires[0].out_count - before < 100); /* an alert, and no handshake */
    assert_int_equal(tls_received(0, &bytes), 0);
    tls_end(0, false);
}

/* A session of before opens nothing: there is a whole handshake each time. */
static void test_no_resumption(void **state)
{
    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.small);
    assert_int_equal(settle(0), TLS_OPEN);
    tls_end(0, false);
    wire_open(1);
    tls_begin(1);
    client.signer = &world.foreign;
    assert_int_equal(br_ssl_client_reset(&client.tls, "console.example", 1), 1);
    check_refused(1);
}

/* What came before the peer went away may still be read. */
static void test_peer_goes(void **state)
{
    const uint8_t *bytes;

    (void)state;
    start(SERVER_KEY_P256);
    begin(0, &world.large);
    assert_int_equal(settle(0), TLS_OPEN);
    client_write("last words", 10);
    while (client_step(&client, 0))
        ;
    wires[0].open = false;
    assert_int_equal(tls_pump(0), TLS_OPEN);
    assert_int_equal(tls_received(0, &bytes), 10);
    tls_consume(0, 10);
    assert_int_equal(tls_pump(0), TLS_ENDED);
    tls_end(0, false);
}

static void test_nothing_is_left(void **state)
{
    uint8_t *own = (uint8_t *)&connections[3];
    static const uint8_t empty[sizeof(connections[3])];

    (void)state;
    start(SERVER_KEY_P256);
    begin(3, &world.small);
    assert_int_equal(settle(3), TLS_OPEN);
    assert_memory_not_equal(own, empty, sizeof(empty));
    tls_end(3, false);
    assert_memory_equal(own, empty, sizeof(empty));
    begin(3, NULL);
    tls_end(3, true);
    assert_memory_equal(own, empty, sizeof(empty));
}

static void test_start_fails_closed(void **state)
{
    (void)state;
    world_make(&world, SERVER_KEY_P256);
    assert_non_null(strstr(tls_start(&world.info, world_seed, 31), "randomness"));
    world.info.has_key = 0;
    assert_non_null(strstr(tls_start(&world.info, world_seed, 32), "no server's key"));
    world.info.has_key = 1;
    world.info.key.curve = 25;
    assert_non_null(strstr(tls_start(&world.info, world_seed, 32), "no certificate"));
    world.info.key.curve = SERVER_KEY_P256;
    assert_null(tls_start(&world.info, world_seed, 32));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_keys),
        cmocka_unit_test(test_bytes_one_by_one),
        cmocka_unit_test(test_foreign_key),
        cmocka_unit_test(test_other_kinds_of_key),
        cmocka_unit_test(test_stolen_certificate),
        cmocka_unit_test(test_proof_of_another),
        cmocka_unit_test(test_no_certificate),
        cmocka_unit_test(test_no_certificate_is_asked_for),
        cmocka_unit_test(test_renegotiation),
        cmocka_unit_test(test_no_resumption),
        cmocka_unit_test(test_peer_goes),
        cmocka_unit_test(test_nothing_is_left),
        cmocka_unit_test(test_start_fails_closed),
    };

    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
