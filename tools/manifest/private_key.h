/* SPDX-License-Identifier: Apache-2.0 */
/* The private key of the management console's TLS server, read from its file. */
#ifndef BULKHEAD_PRIVATE_KEY_H
#define BULKHEAD_PRIVATE_KEY_H

#include "kernel/abi/server_key.h"
#include <stddef.h>

enum { POINT_MAX_BYTES = 97, PUBLIC_DER_MAX_BYTES = 128, PRIVATE_KEY_FILE_BYTES = 16 << 10 };

/*
 * Writes the DER-encoded SubjectPublicKeyInfo of an uncompressed point on P-256 or P-384 (RFC 5480)
 * and returns its bytes.
 */
size_t public_key_der(enum server_key_curve curve, const uint8_t *point,
                      uint8_t der[PUBLIC_DER_MAX_BYTES]);

/*
 * Reads the one PEM block "PRIVATE KEY" or "EC PRIVATE KEY" of a file. `digest` becomes the SHA-256
 * of the SubjectPublicKeyInfo that belongs to it. Returns NULL, or why it is none as the rest of a
 * sentence ("holds an encrypted key"); `out` is then zero.
 */
const char *private_key_read(const uint8_t *file, size_t size, struct server_key *out,
                             uint8_t digest[32]);

#endif
