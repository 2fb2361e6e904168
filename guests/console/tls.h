/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.2 with mutual authentication on the connections of net.h: BearSSL's engine. A connection
 * is TLS_OPEN only once the peer has shown a certificate with a key that the manifest pins and has
 * proved that it holds it; before that not a byte of what it sent comes out here.
 */
#ifndef CONSOLE_TLS_H
#define CONSOLE_TLS_H

#include "net.h"

enum tls_state { TLS_HANDSHAKE, TLS_OPEN, TLS_ENDED };

/*
 * Takes the server's key, its names and the keys of administrators; `info` stays where it is.
 * `seed` are at least 32 random bytes. Returns NULL, or what is wrong, in words.
 */
const char *tls_start(const struct console_info *info, const void *seed, size_t seed_bytes);

/* The server's certificate in DER, as tls_start() made it. */
size_t tls_certificate(const uint8_t **der);

void tls_begin(unsigned connection); /* a connection that net_accept() gave */

/*
 * Moves bytes between network and engine, both ways, as far as goes. After TLS_ENDED only
 * tls_end() is left.
 */
enum tls_state tls_pump(unsigned connection);

unsigned tls_admin(unsigned connection); /* whose key it is, while TLS_OPEN: index of the admin */

/* As net_received(), net_consume() and net_send(), of what is inside; 0 unless TLS_OPEN. */
size_t tls_received(unsigned connection, const uint8_t **bytes);
void tls_consume(unsigned connection, size_t count);
size_t tls_send(unsigned connection, const void *bytes, size_t count);
void tls_flush(unsigned connection); /* what was sent so far goes out as a record now */

/* Whether all that was sent has been handed to the network. */
bool tls_is_sent(unsigned connection);

/* Says goodbye if it can, forgets all secrets of the connection, closes it. */
void tls_end(unsigned connection, bool abort);

#endif
