/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The private key of the management console's TLS server: a payload of its own in the image, which
 * no domain boots. It is for one page of the management domain's memory and for nothing else; the
 * compiled manifest, which everybody reads, has the digest of the public key, and as for every
 * payload that of these bytes, from which nobody guesses 256 random bits.
 */
#ifndef BULKHEAD_ABI_SERVER_KEY_H
#define BULKHEAD_ABI_SERVER_KEY_H

#include <stdint.h>

#define SERVER_KEY_MAGIC 0x59454b5653484c42ull /* "BLHSVKEY" */
enum { SERVER_KEY_VERSION = 1, SERVER_KEY_BYTES = 48 };

/* Numbers of TLS (Supported Groups, RFC 8422). */
enum server_key_curve { SERVER_KEY_P256 = 23, SERVER_KEY_P384 = 24 };

struct server_key {
    uint64_t magic;
    uint32_t version;
    uint32_t curve;                    /* enum server_key_curve */
    uint8_t private[SERVER_KEY_BYTES]; /* big endian, 32 or 48 bytes, 1 .. order - 1; then zeros */
};

_Static_assert(sizeof(struct server_key) == 64, "server key ABI");

#endif
