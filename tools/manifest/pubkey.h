/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys of administrators. */
#ifndef BULKHEAD_PUBKEY_H
#define BULKHEAD_PUBKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 of the DER-encoded SubjectPublicKeyInfo in the first PEM block "PUBLIC KEY" of a file.
 * False if there is none or it is damaged.
 */
bool pubkey_digest(const uint8_t *file, size_t size, uint8_t digest[32]);

#endif
