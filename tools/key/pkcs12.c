/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#12 by OpenSSL's libcrypto, whose defaults browsers can read: PBES2 with AES-256. */
#include "pkcs12.h"

#include <openssl/pkcs12.h>
#include <string.h>
#include <sys/random.h>

/* Four groups of four, with hyphens between. */
bool password_make(char password[PASSWORD_BYTES])
{
    static const char symbols[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* 32: five bits each */
    uint8_t random[PASSWORD_BYTES - 1];

    if (getrandom(random, sizeof(random), 0) != sizeof(random))
        return false;
    for (size_t i = 0; i < sizeof(random); i++)
        password[i] = i % 5 == 4 ? '-' : symbols[random[i] % 32];
    password[PASSWORD_BYTES - 1] = 0;
    explicit_bzero(random, sizeof(random));
    return true;
}

size_t pkcs12_make(const struct pair *pair, const char *name, const char *password,
                   uint8_t out[PKCS12_BYTES])
{
    const uint8_t *key_at = pair->private_der, *certificate_at = pair->certificate;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &key_at, (long)pair->private_der_bytes);
    X509 *certificate = d2i_X509(NULL, &certificate_at, (long)pair->certificate_bytes);
    PKCS12 *all = key && certificate
                      ? PKCS12_create(password, name, key, certificate, NULL, 0, 0, 0, 0, 0)
                      : NULL;
    int bytes = all ? i2d_PKCS12(all, NULL) : 0;

    if (bytes > 0 && bytes <= PKCS12_BYTES)
        i2d_PKCS12(all, &out);
    else
        bytes = 0;
    PKCS12_free(all);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return (size_t)bytes;
}
