/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Certificates of the console and its clients: BearSSL's own checks take them for what they say,
 * and where the openssl command is there it does too.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "guests/console/certificate.h"
#include <bearssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DAY_2026 = 739982, DAY_2100 = 767010 }; /* since the year 0 */

static const struct server_key small = {
    SERVER_KEY_MAGIC, SERVER_KEY_VERSION, SERVER_KEY_P256, {1, 2, 3, [31] = 4}};
static const struct server_key large = {
    SERVER_KEY_MAGIC, SERVER_KEY_VERSION, SERVER_KEY_P384, {1, 2, 3, [47] = 4}};
static const char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES] = {"console.example", "127.0.0.1:8443",
                                                                "10.0.2.15", "gate-7.example:4443"};
static const char none[MAX_SERVER_NAMES][SERVER_NAME_BYTES] = {""};
enum { ADDRESS = 0x0a00020f };

static const char *issuer;

/* The library's whole check; the only authority is `issuer` with the certificate's own key. */
static unsigned judge(const struct server_key *key, const uint8_t *der, size_t bytes,
                      const char *host, uint32_t day)
{
    uint8_t length = (uint8_t)strlen(issuer);
    uint8_t name[128] = {0x30, length + 11, 0x31, length + 9, 0x30, length + 7, 0x06,
                         0x03, 0x55,        0x04, 0x03,       0x0c, length};
    uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE];
    br_ec_private_key private = {(int)key->curve, (unsigned char *)key->private,
                                 key->curve == SERVER_KEY_P256 ? 32 : 48};
    br_x509_trust_anchor anchor = {
        .dn = {name, length + 13u}, .flags = BR_X509_TA_CA, .pkey = {.key_type = BR_KEYTYPE_EC}};
    br_x509_minimal_context check;

    memcpy(name + 13, issuer, length);
    br_ec_compute_pub(br_ec_get_default(), &anchor.pkey.key.ec, point, &private);
    br_x509_minimal_init(&check, &br_sha256_vtable, &anchor, 1);
    br_x509_minimal_set_hash(&check, br_sha256_ID, &br_sha256_vtable);
    br_x509_minimal_set_hash(&check, br_sha384_ID, &br_sha384_vtable);
    br_x509_minimal_set_ecdsa(&check, br_ec_get_default(), br_ecdsa_i31_vrfy_asn1);
    br_x509_minimal_set_time(&check, day, 0);
    check.vtable->start_chain(&check.vtable, host);
    check.vtable->start_cert(&check.vtable, (uint32_t)bytes);
    check.vtable->append(&check.vtable, der, bytes);
    check.vtable->end_cert(&check.vtable);
    return check.vtable->end_chain(&check.vtable);
}

static void check_server(const struct server_key *key)
{
    static const char *const good[] = {"console.example", "gate-7.example"};
    uint8_t der[CERTIFICATE_BYTES];
    size_t bytes = certificate_of_server(key, names, ADDRESS, der);

    assert_in_range(bytes, 300, CERTIFICATE_BYTES);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(judge(key, der, bytes, good[i], DAY_2026), 0);
        assert_int_equal(judge(key, der, bytes, good[i], DAY_2100), 0);
    }
    assert_int_equal(judge(key, der, bytes, "other.example", DAY_2026),
                     BR_ERR_X509_BAD_SERVER_NAME);
    assert_int_equal(judge(key, der, bytes, NULL, 730000), BR_ERR_X509_EXPIRED);
    der[bytes - 1] ^= 1;
    assert_int_not_equal(judge(key, der, bytes, NULL, DAY_2026), 0);
}

static void test_server(void **state)
{
    (void)state;
    issuer = "console.example";
    check_server(&small);
    check_server(&large);
}

/* Console and tool each make it: the same bytes, unless what it is for differs. */
static void test_the_same_each_time(void **state)
{
    uint8_t one[CERTIFICATE_BYTES] = {0}, other[CERTIFICATE_BYTES] = {0};
    size_t bytes = certificate_of_server(&small, names, ADDRESS, one);

    (void)state;
    assert_int_equal(certificate_of_server(&small, names, ADDRESS, other), bytes);
    assert_memory_equal(one, other, bytes);
    /* 30 82 LEN LEN 30 82 LEN LEN a0 03 02 01 02 02 10 and the serial number: positive, its own. */
    assert_int_equal(one[14], 16);
    assert_in_range(one[15], 0x40, 0x7f);
    certificate_of_server(&small, names, ADDRESS + 1, other);
    assert_memory_not_equal(one + 15, other + 15, 16);
    assert_in_range(other[15], 0x40, 0x7f);
}

static void test_without_names(void **state)
{
    uint8_t der[CERTIFICATE_BYTES];
    size_t bytes = certificate_of_server(&small, none, ADDRESS, der);

    (void)state;
    issuer = "Bulkhead console";
    assert_int_equal(judge(&small, der, bytes, NULL, DAY_2026), 0);
    assert_int_equal(judge(&small, der, bytes, "console.example", DAY_2026),
                     BR_ERR_X509_BAD_SERVER_NAME);
}

static void test_all_names_long(void **state)
{
    char eight[MAX_SERVER_NAMES][SERVER_NAME_BYTES];
    uint8_t der[CERTIFICATE_BYTES];

    (void)state;
    for (uint32_t i = 0; i < MAX_SERVER_NAMES; i++) {
        memset(eight[i], 'a' + (int)i, SERVER_NAME_BYTES - 1);
        eight[i][SERVER_NAME_BYTES - 1] = 0;
    }
    issuer = eight[0];
    size_t bytes = certificate_of_server(&large, eight, ADDRESS, der);
    assert_in_range(bytes, 1, CERTIFICATE_BYTES);
    for (uint32_t i = 0; i < MAX_SERVER_NAMES; i++)
        assert_int_equal(judge(&large, der, bytes, eight[i], DAY_2026), 0);
}

static void test_client(void **state)
{
    uint8_t der[CERTIFICATE_BYTES], own[CERTIFICATE_NAME_BYTES];
    size_t bytes = certificate_of_client(&small, "ops", "20260101000000Z", "20360101000000Z", der);
    size_t own_bytes = certificate_client_issuer(own);

    (void)state;
    issuer = "Bulkhead client";
    assert_int_equal(judge(&small, der, bytes, NULL, DAY_2026 + 30), 0);
    assert_int_equal(judge(&small, der, bytes, NULL, DAY_2026 - 400), BR_ERR_X509_EXPIRED);
    assert_int_equal(judge(&small, der, bytes, NULL, DAY_2100), BR_ERR_X509_EXPIRED);
    assert_non_null(memmem(der, bytes, own, own_bytes));
    assert_int_equal(own_bytes, 28);
    assert_memory_equal(own + own_bytes - 15, "Bulkhead client", 15);
}

static void test_no_key(void **state)
{
    struct server_key odd = small;
    uint8_t der[CERTIFICATE_BYTES];

    (void)state;
    odd.curve = BR_EC_secp521r1;
    assert_int_equal(certificate_of_server(&odd, names, ADDRESS, der), 0);
    odd.curve = 0;
    assert_int_equal(certificate_of_client(&odd, "ops", "20260101000000Z", "20360101000000Z", der),
                     0);
}

/* What another implementation reads in it. */
static const char openssl[] =
    "cd $DIR && openssl x509 -inform der -in server.der -out server.pem &&"
    "openssl verify -x509_strict -purpose sslserver -verify_ip 127.0.0.1 -CAfile server.pem "
    "server.pem && openssl verify -verify_hostname gate-7.example -CAfile server.pem server.pem &&"
    "! openssl verify -verify_hostname gate-8.example -CAfile server.pem server.pem 2>/dev/null &&"
    "! openssl verify -purpose sslclient -CAfile server.pem server.pem 2>/dev/null &&"
    "openssl x509 -in server.pem -noout -text >text && grep -q 'DNS:gate-7.example, IP Address:"
    "127.0.0.1, DNS:console.example, IP Address:10.0.2.15$' text && "
    "grep -q 'TLS Web Server Authentication' text && grep -q 'Dec 31 23:59:59 9999' text &&"
    "openssl x509 -inform der -in client.der -noout -text >text && grep -q 'Issuer: CN *= "
    "*Bulkhead client' text && grep -q 'Subject: CN *= *ops' text && grep -q 'TLS Web Client "
    "Authentication' text && grep -q 'Jan  1 00:00:00 2036' text";

static void write_file(const char *folder, const char *name, const uint8_t *der, size_t bytes)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(der, 1, bytes, file), bytes);
    fclose(file);
}

static void test_openssl_agrees(void **state)
{
    char folder[] = "/tmp/bulkhead-test-XXXXXX";
    uint8_t der[CERTIFICATE_BYTES];

    (void)state;
    if (system("command -v openssl >/dev/null") != 0)
        skip();
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("DIR", folder, 1), 0);
    for (uint32_t i = 0; i < 2; i++) {
        const struct server_key *key = i ? &large : &small;
        size_t bytes = certificate_of_server(key, names, ADDRESS, der);
        write_file(folder, "server.der", der, bytes);
        bytes = certificate_of_client(key, "ops", "20260101000000Z", "20360101000000Z", der);
        write_file(folder, "client.der", der, bytes);
        assert_int_equal(system(openssl), 0);
    }
    assert_int_equal(system("rm -r $DIR"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_server),         cmocka_unit_test(test_the_same_each_time),
        cmocka_unit_test(test_without_names),  cmocka_unit_test(test_all_names_long),
        cmocka_unit_test(test_client),         cmocka_unit_test(test_no_key),
        cmocka_unit_test(test_openssl_agrees),
    };

    return cmocka_run_group_tests_name("certificate", tests, NULL, NULL);
}
