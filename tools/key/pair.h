/* SPDX-License-Identifier: Apache-2.0 */
/* A new key pair (ECDSA on P-256) and the files that it is written to. */
#ifndef BULKHEAD_KEY_PAIR_H
#define BULKHEAD_KEY_PAIR_H

#include "guests/console/certificate.h"
#include <stdbool.h>

enum { PRIVATE_DER_BYTES = 256, PEM_BYTES = 4096 };

struct pair {
    struct server_key key;
    uint8_t private_der[PRIVATE_DER_BYTES]; /* PKCS#8 */
    size_t private_der_bytes;
    char private_pem[PEM_BYTES], public_pem[PEM_BYTES];
    uint8_t digest[DIGEST_BYTES]; /* of the public key */
    uint8_t certificate[CERTIFICATE_BYTES];
    size_t certificate_bytes;
    char certificate_pem[PEM_BYTES];
};

/* False: the system has no randomness to give. Whoever has one wipes it at the end. */
bool pair_make(struct pair *pair);

/*
 * The certificate with which a browser shows the key: of `name`, from a day before `now` (Unix
 * time in seconds) for ten years, as the manifest says until when the key counts.
 */
void pair_certify(struct pair *pair, const char *name, int64_t now);

/* One PEM block "CERTIFICATE". */
void certificate_pem(const uint8_t *der, size_t bytes, char pem[PEM_BYTES]);

#endif
