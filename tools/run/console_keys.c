/* SPDX-License-Identifier: Apache-2.0 */
/* Whose the keys are that lie beside the files which a manifest names: any may have the name. */
#include "console.h"
#include "kernel/sha256.h"
#include "tools/key/pem.h"
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

/* SHA-256 of the SubjectPublicKeyInfo of a private key's file, or of a certificate's. */
static bool read_digest(FILE *file, bool certificate, uint8_t digest[DIGEST_BYTES])
{
    X509 *shown = certificate ? PEM_read_X509(file, NULL, pem_no_password, NULL) : NULL;
    EVP_PKEY *key = shown         ? X509_get_pubkey(shown)
                    : certificate ? NULL
                                  : PEM_read_PrivateKey(file, NULL, pem_no_password, NULL);
    uint8_t *der = NULL;
    int bytes = key ? i2d_PUBKEY(key, &der) : 0;
    if (bytes > 0)
        sha256(der, (size_t)bytes, digest);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    X509_free(shown);
    return bytes > 0;
}

enum key_state console_key_file(const char *path, const char *old, const char *end,
                                const uint8_t key[DIGEST_BYTES], char out[CONSOLE_PATH])
{
    uint8_t digest[DIGEST_BYTES];
    size_t length = strlen(path), cut = strlen(old);
    if (length < cut || strcmp(path + length - cut, old) != 0)
        cut = 0;
    int used = snprintf(out, CONSOLE_PATH, "%.*s%s", (int)(length - cut), path, end);
    FILE *file = used > 0 && used < CONSOLE_PATH ? pem_open(out) : NULL;
    if (!file)
        return KEY_ABSENT;
    bool same = read_digest(file, strcmp(end, ".pem") == 0, digest) &&
                memcmp(digest, key, DIGEST_BYTES) == 0;
    fclose(file);
    return same ? KEY_GOOD : KEY_OTHER;
}
