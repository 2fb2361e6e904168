/* SPDX-License-Identifier: Apache-2.0 */
/* The private key of the management console's TLS server, read from its file. */
#ifndef BULKHEAD_PRIVATE_KEY_H
#define BULKHEAD_PRIVATE_KEY_H

#include "kernel/abi/server_key.h"
#include <stddef.h>

enum { PRIVATE_KEY_FILE_BYTES = 16 << 10 };

/*
 * Reads the one PEM block "PRIVATE KEY" or "EC PRIVATE KEY" of a file. `digest` becomes the SHA-256
 * of the SubjectPublicKeyInfo that belongs to it. Returns NULL, or why it is none as the rest of a
 * sentence ("holds an encrypted key"); `out` is then zero.
 */
const char *private_key_read(const uint8_t *file, size_t size, struct server_key *out,
                             uint8_t digest[32]);

#endif
