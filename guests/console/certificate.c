/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates: DER is written from its end to its beginning, so that each length is known. */
#include "certificate.h"

#include <bearssl.h>
#include <stdbool.h>
#include <string.h>

enum {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_UTF8_STRING = 0x0c,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_VERSION = 0xa0,    /* [0] of a TBSCertificate */
    DER_EXTENSIONS = 0xa3, /* [3] */
    DER_DNS_NAME = 0x82,   /* [2] of a GeneralName */
    DER_IP_ADDRESS = 0x87, /* [7] */
    SERIAL_BYTES = 16,
};

/* What is written is from `at` to the end; `full` once something did not fit. */
struct der {
    uint8_t bytes[CERTIFICATE_BYTES];
    size_t at;
    bool full;
};

struct content {
    const struct server_key *key;
    const char *subject, *issuer, *not_before, *not_after;
    const char (*names)[SERVER_NAME_BYTES]; /* NULL: a client's */
    uint32_t address;
};

static void put(struct der *der, const void *bytes, size_t count)
{
    if (der->full || count > der->at) {
        der->full = true;
        return;
    }
    der->at -= count;
    memcpy(der->bytes + der->at, bytes, count);
}

static void put_byte(struct der *der, uint8_t byte)
{
    put(der, &byte, 1);
}

/* Puts the header before all that was written since `end` was the beginning. */
static void wrap(struct der *der, uint8_t tag, size_t end)
{
    size_t bytes = end - der->at;

    put_byte(der, (uint8_t)bytes);
    if (bytes > 0xff) {
        put_byte(der, (uint8_t)(bytes >> 8));
        put_byte(der, 0x82);
    } else if (bytes > 0x7f) {
        put_byte(der, 0x81);
    }
    put_byte(der, tag);
}

static void put_value(struct der *der, uint8_t tag, const void *bytes, size_t count)
{
    size_t end = der->at;

    put(der, bytes, count);
    wrap(der, tag, end);
}

/* A distinguished name of a common name alone. */
static void put_name(struct der *der, const char *text, size_t length)
{
    static const uint8_t common_name[] = {0x06, 0x03, 0x55, 0x04, 0x03};
    size_t end = der->at;

    put_value(der, DER_UTF8_STRING, text, length);
    put(der, common_name, sizeof(common_name));
    wrap(der, DER_SEQUENCE, end);
    wrap(der, DER_SET, end);
    wrap(der, DER_SEQUENCE, end);
}

/* Years from 2050 on have another form (RFC 5280, Validity). */
static void put_date(struct der *der, const char *date)
{
    bool late = memcmp(date, "2050", 4) >= 0;

    put_value(der, late ? DER_GENERALIZED_TIME : DER_UTC_TIME, late ? date : date + 2,
              late ? 15 : 13);
}

static size_t length_of(const char *text, size_t limit)
{
    size_t length = 0;

    while (length < limit && text[length])
        length++;
    return length;
}

/* A name without its port; an IPv4 address, of which the manifest's rules leave nothing odd. */
static size_t host_of(const char *name)
{
    size_t length = length_of(name, SERVER_NAME_BYTES), at = 0;

    while (at < length && name[at] != ':')
        at++;
    return at;
}

static bool is_address(const char *host, size_t length, uint8_t out[4])
{
    uint32_t number = 0, parts = 0, digits = 0;

    for (size_t i = 0; i <= length; i++) {
        if (i < length && host[i] >= '0' && host[i] <= '9') {
            number = 10 * number + (uint32_t)(host[i] - '0');
            if (++digits > 3 || number > 255)
                return false;
        } else {
            if (digits == 0 || parts == 4 || (i < length && host[i] != '.'))
                return false;
            out[parts++] = (uint8_t)number;
            number = digits = 0;
        }
    }
    return parts == 4;
}

static void put_extension(struct der *der, const uint8_t *oid, size_t oid_bytes, bool critical,
                          size_t end)
{
    wrap(der, DER_OCTET_STRING, end);
    if (critical)
        put_value(der, DER_BOOLEAN, &(uint8_t){0xff}, 1);
    put(der, oid, oid_bytes);
    wrap(der, DER_SEQUENCE, end);
}

static void put_alternative_names(struct der *der, const struct content *content)
{
    static const uint8_t oid[] = {0x06, 0x03, 0x55, 0x1d, 0x11};
    uint8_t ip[4] = {(uint8_t)(content->address >> 24), (uint8_t)(content->address >> 16),
                     (uint8_t)(content->address >> 8), (uint8_t)content->address};
    size_t end = der->at;

    put_value(der, DER_IP_ADDRESS, ip, sizeof(ip));
    for (uint32_t i = 0; i < MAX_SERVER_NAMES && content->names[i][0]; i++) {
        const char *name = content->names[i];
        size_t length = host_of(name);
        uint8_t other[4];

        if (!is_address(name, length, other))
            put_value(der, DER_DNS_NAME, name, length);
        else if (memcmp(ip, other, sizeof(ip)) != 0)
            put_value(der, DER_IP_ADDRESS, other, sizeof(other));
    }
    wrap(der, DER_SEQUENCE, end);
    put_extension(der, oid, sizeof(oid), false, end);
}

static void put_extensions(struct der *der, const struct content *content)
{
    static const uint8_t usage_oid[] = {0x06, 0x03, 0x55, 0x1d, 0x0f};
    static const uint8_t purpose_oid[] = {0x06, 0x03, 0x55, 0x1d, 0x25};
    static const uint8_t signature[] = {0x03, 0x02, 0x07, 0x80}; /* digitalSignature */
    uint8_t purpose[] = {0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01};
    size_t end = der->at, own;

    if (content->names)
        put_alternative_names(der, content);
    else
        purpose[9] = 0x02; /* clientAuth; else serverAuth */
    own = der->at;
    put(der, purpose, sizeof(purpose));
    wrap(der, DER_SEQUENCE, own);
    put_extension(der, purpose_oid, sizeof(purpose_oid), false, own);
    own = der->at;
    put(der, signature, sizeof(signature));
    put_extension(der, usage_oid, sizeof(usage_oid), true, own);
    wrap(der, DER_SEQUENCE, end);
    wrap(der, DER_EXTENSIONS, end);
}

static void put_algorithm(struct der *der, const struct server_key *key)
{
    uint8_t oid[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};

    if (key->curve == SERVER_KEY_P384)
        oid[9] = 0x03; /* ecdsa-with-SHA384; else with SHA256 */
    put_value(der, DER_SEQUENCE, oid, sizeof(oid));
}

/*
 * The serial number is the digest of all behind it: no two certificates of one issuer may have
 * the same one, or browsers that remember the first refuse the other.
 */
static void put_serial(struct der *der)
{
    br_sha256_context hash;
    uint8_t digest[32];

    br_sha256_init(&hash);
    br_sha256_update(&hash, der->bytes + der->at, sizeof(der->bytes) - der->at);
    br_sha256_out(&hash, digest);
    digest[0] = (digest[0] & 0x3f) | 0x40; /* positive, and no leading zeros */
    put_value(der, DER_INTEGER, digest, SERIAL_BYTES);
}

static br_ec_private_key private_key(const struct server_key *key)
{
    return (br_ec_private_key){(int)key->curve, (unsigned char *)key->private,
                               key->curve == SERVER_KEY_P256 ? 32 : SERVER_KEY_BYTES};
}

/* The part that is signed. */
static bool put_body(struct der *der, const struct content *content)
{
    uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE], spki[PUBLIC_DER_MAX_BYTES];
    br_ec_private_key private = private_key(content->key);
    size_t end = der->at, dates;

    if ((private.curve != SERVER_KEY_P256 && private.curve != SERVER_KEY_P384) ||
        br_ec_compute_pub(br_ec_get_default(), NULL, point, &private) == 0)
        return false;
    put_extensions(der, content);
    put(der, spki, public_key_der(content->key->curve, point, spki));
    put_name(der, content->subject, host_of(content->subject));
    dates = der->at;
    put_date(der, content->not_after);
    put_date(der, content->not_before);
    wrap(der, DER_SEQUENCE, dates);
    put_name(der, content->issuer, host_of(content->issuer));
    put_algorithm(der, content->key);
    put_serial(der);
    put(der, (const uint8_t[]){DER_VERSION, 3, DER_INTEGER, 1, 2}, 5); /* version 3 */
    wrap(der, DER_SEQUENCE, end);
    return true;
}

/* The whole, from the body that stands at the end of `body`. */
static size_t sign(const struct content *content, const struct der *body,
                   uint8_t out[CERTIFICATE_BYTES])
{
    const uint8_t *signed_part = body->bytes + body->at;
    size_t bytes = sizeof(body->bytes) - body->at;
    const br_hash_class *hash =
        content->key->curve == SERVER_KEY_P256 ? &br_sha256_vtable : &br_sha384_vtable;
    br_ec_private_key private = private_key(content->key);
    uint8_t digest[48], signature[BR_EC_KBUF_PUB_MAX_SIZE];
    struct der der = {.at = CERTIFICATE_BYTES};
    br_hash_compat_context context;

    hash->init(&context.vtable);
    hash->update(&context.vtable, signed_part, bytes);
    hash->out(&context.vtable, digest);
    size_t length = br_ecdsa_i31_sign_asn1(br_ec_get_default(), hash, digest, &private, signature);
    put(&der, signature, length);
    put_byte(&der, 0); /* no unused bits */
    wrap(&der, DER_BIT_STRING, CERTIFICATE_BYTES);
    put_algorithm(&der, content->key);
    put(&der, signed_part, bytes);
    wrap(&der, DER_SEQUENCE, CERTIFICATE_BYTES);
    if (length == 0 || body->full || der.full)
        return 0;
    memcpy(out, der.bytes + der.at, CERTIFICATE_BYTES - der.at);
    return CERTIFICATE_BYTES - der.at;
}

static size_t certificate(const struct content *content, uint8_t out[CERTIFICATE_BYTES])
{
    struct der body = {.at = CERTIFICATE_BYTES};

    return put_body(&body, content) ? sign(content, &body, out) : 0;
}

static const char client_issuer[] = "Bulkhead client";

size_t certificate_client_issuer(uint8_t der[CERTIFICATE_NAME_BYTES])
{
    struct der name = {.at = CERTIFICATE_BYTES};

    put_name(&name, client_issuer, sizeof(client_issuer) - 1);
    memcpy(der, name.bytes + name.at, CERTIFICATE_BYTES - name.at);
    return CERTIFICATE_BYTES - name.at;
}

/* Its key ends with the image that holds it; the date is RFC 5280's for "not known". */
size_t certificate_of_server(const struct server_key *key,
                             const char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES],
                             uint32_t address, uint8_t der[CERTIFICATE_BYTES])
{
    const char *subject = names[0][0] ? names[0] : "Bulkhead console";
    struct content content = {.key = key,
                              .subject = subject,
                              .issuer = subject,
                              .not_before = "20200101000000Z",
                              .not_after = "99991231235959Z",
                              .names = names,
                              .address = address};

    return certificate(&content, der);
}

size_t certificate_of_client(const struct server_key *key, const char *name,
                             const char not_before[CERTIFICATE_DATE_BYTES],
                             const char not_after[CERTIFICATE_DATE_BYTES],
                             uint8_t der[CERTIFICATE_BYTES])
{
    struct content content = {.key = key,
                              .subject = name,
                              .issuer = client_issuer,
                              .not_before = not_before,
                              .not_after = not_after};

    return certificate(&content, der);
}

size_t public_key_der(enum server_key_curve curve, const uint8_t *point,
                      uint8_t der[PUBLIC_DER_MAX_BYTES])
{
    static const uint8_t p256[] = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
                                   0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00};
    static const uint8_t p384[] = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86,
                                   0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b,
                                   0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00};
    bool small = curve == SERVER_KEY_P256;
    size_t prefix = small ? sizeof(p256) : sizeof(p384), bytes = small ? 65 : POINT_MAX_BYTES;

    memcpy(der, small ? p256 : p384, prefix);
    memcpy(der + prefix, point, bytes);
    return prefix + bytes;
}
