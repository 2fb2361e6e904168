/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the peer of a connection shows of itself: BearSSL's class for checking certificates, which
 * here knows keys and no authorities. What else a certificate says counts for nothing.
 */
#ifndef CONSOLE_TLS_CLIENT_H
#define CONSOLE_TLS_CLIENT_H

#include "kernel/abi/console.h"
#include <bearssl.h>
#include <stdbool.h>

/* Of one handshake; zero, but for the first two, before it. */
struct tls_client {
    const br_x509_class *vtable; /* &tls_client_class: must be first */
    const struct console_info *info;
    br_x509_decoder_context decoder; /* of the first certificate */
    uint32_t certificates;           /* that began so far */
    bool known;                      /* its key is that of the administrator `admin` */
    bool proved;                     /* and the peer has signed this handshake with it */
    uint32_t admin;
};

extern const br_x509_class tls_client_class;

/*
 * To be told of each signature that the library checked: whether it was good, and the key. It is
 * the proof of `client` if that is its key.
 */
void tls_client_signed(struct tls_client *client, const br_ec_public_key *key, bool good);

#endif
