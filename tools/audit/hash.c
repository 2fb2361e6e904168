/* SPDX-License-Identifier: Apache-2.0 */
/* The chain's one step, for whoever verifies a trail or follows a log. */
#include "hash.h"
#include "kernel/sha256.h"

void audit_hash(const uint8_t before[DIGEST_BYTES], const void *body, uint8_t hash[DIGEST_BYTES])
{
    struct sha256 digest;
    sha256_init(&digest);
    sha256_update(&digest, before, DIGEST_BYTES);
    sha256_update(&digest, body, AUDIT_BODY_BYTES);
    sha256_final(&digest, hash);
}
