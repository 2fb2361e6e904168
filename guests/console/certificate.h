/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The X.509 certificates of the console's server and of its clients (RFC 5280), each signed by the
 * key that it is for: what counts is the key, which the manifest pins. Console and tool compile
 * this alike, so that both write the very same certificate of a server.
 */
#ifndef CONSOLE_CERTIFICATE_H
#define CONSOLE_CERTIFICATE_H

#include "kernel/abi/limits.h"
#include "kernel/abi/server_key.h"
#include <stddef.h>
#include <stdint.h>

enum {
    POINT_MAX_BYTES = 97,
    PUBLIC_DER_MAX_BYTES = 128,
    CERTIFICATE_BYTES = 2048,
    CERTIFICATE_NAME_BYTES = 96, /* a distinguished name */
    CERTIFICATE_DATE_BYTES = 16, /* "YYYYMMDDHHMMSSZ" */
};

/*
 * Writes the DER-encoded SubjectPublicKeyInfo of an uncompressed point on P-256 or P-384 (RFC 5480)
 * and returns its bytes.
 */
size_t public_key_der(enum server_key_curve curve, const uint8_t *point,
                      uint8_t der[PUBLIC_DER_MAX_BYTES]);

/* The issuer of all clients' certificates, in DER: the one that the server asks for. */
size_t certificate_client_issuer(uint8_t der[CERTIFICATE_NAME_BYTES]);

/*
 * The server's certificate in DER, for `names` ("NAME" or "NAME:PORT"; "" ends them) and the IPv4
 * `address`, the first number in the top byte. The same arguments give the same bytes. Returns
 * their count, 0 if the key is none.
 */
size_t certificate_of_server(const struct server_key *key,
                             const char names[MAX_SERVER_NAMES][SERVER_NAME_BYTES],
                             uint32_t address, uint8_t der[CERTIFICATE_BYTES]);

/* A client's, good for the time between two dates in UTC; `name` has at most 63 bytes. */
size_t certificate_of_client(const struct server_key *key, const char *name,
                             const char not_before[CERTIFICATE_DATE_BYTES],
                             const char not_after[CERTIFICATE_DATE_BYTES],
                             uint8_t der[CERTIFICATE_BYTES]);

#endif
