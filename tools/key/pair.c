/* SPDX-License-Identifier: Apache-2.0 */
/* Key pairs: curves, randomness and encodings are BearSSL's. */
#include "pair.h"

#include "kernel/sha256.h"
#include <bearssl.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { SEED_BYTES = 48 };

static bool generate(br_ec_private_key *private, uint8_t bytes[BR_EC_KBUF_PRIV_MAX_SIZE])
{
    br_hmac_drbg_context random;
    uint8_t seed[SEED_BYTES];

    if (getrandom(seed, sizeof(seed), 0) != sizeof(seed))
        return false;
    br_hmac_drbg_init(&random, &br_sha256_vtable, seed, sizeof(seed));
    bool good =
        br_ec_keygen(&random.vtable, br_ec_get_default(), private, bytes, BR_EC_secp256r1) != 0;
    explicit_bzero(seed, sizeof(seed));
    explicit_bzero(&random, sizeof(random));
    return good;
}

bool pair_make(struct pair *pair)
{
    uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE], der[PUBLIC_DER_MAX_BYTES];
    uint8_t bytes[BR_EC_KBUF_PRIV_MAX_SIZE];
    br_ec_private_key private;
    br_ec_public_key public;

    *pair = (struct pair){.key = {SERVER_KEY_MAGIC, SERVER_KEY_VERSION, SERVER_KEY_P256, {0}}};
    bool good = generate(&private, bytes) &&
                br_ec_compute_pub(br_ec_get_default(), &public, point, &private) != 0;
    if (good) {
        memcpy(pair->key.private, private.x, private.xlen);
        pair->private_der_bytes = br_encode_ec_pkcs8_der(pair->private_der, &private, &public);
        br_pem_encode(pair->private_pem, pair->private_der, pair->private_der_bytes,
                      BR_ENCODE_PEM_PKCS8, BR_PEM_LINE64);
        size_t count = public_key_der(SERVER_KEY_P256, point, der);
        br_pem_encode(pair->public_pem, der, count, "PUBLIC KEY", BR_PEM_LINE64);
        sha256(der, count, pair->digest);
    }
    explicit_bzero(bytes, sizeof(bytes));
    return good;
}

void certificate_pem(const uint8_t *der, size_t bytes, char pem[PEM_BYTES])
{
    br_pem_encode(pem, der, bytes, "CERTIFICATE", BR_PEM_LINE64);
}

static void write_date(int64_t when, int years, char date[CERTIFICATE_DATE_BYTES])
{
    struct tm time;

    gmtime_r(&(time_t){when}, &time);
    time.tm_year += years;
    if (time.tm_mon == 1 && time.tm_mday == 29)
        time.tm_mday = 28; /* which every year has */
    strftime(date, CERTIFICATE_DATE_BYTES, "%Y%m%d%H%M%SZ", &time);
}

void pair_certify(struct pair *pair, const char *name, int64_t now)
{
    char not_before[CERTIFICATE_DATE_BYTES], not_after[CERTIFICATE_DATE_BYTES];
    const int64_t day = 24 * 60 * 60;

    write_date(now - day, 0, not_before);
    write_date(now - day, 10, not_after);
    pair->certificate_bytes =
        certificate_of_client(&pair->key, name, not_before, not_after, pair->certificate);
    certificate_pem(pair->certificate, pair->certificate_bytes, pair->certificate_pem);
}
