/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of the console's TLS: a network in memory, keys, and BearSSL's client at its far end.
 */
#ifndef TLS_WORLD_H
#define TLS_WORLD_H

#include "guests/console/certificate.h"
#include "guests/console/tls.h"
#include <bearssl.h>

enum { WIRE_BYTES = 1 << 18 };

/* What lies between a client and connection 0, 1, ... of net.h. */
struct wire {
    uint8_t in[WIRE_BYTES], out[WIRE_BYTES]; /* to the server, from it */
    size_t in_at, in_count, out_at, out_count;
    size_t piece; /* bytes that pass at a time */
    bool open, closed, aborted;
};

extern struct wire wires[NET_CONNECTIONS];

void wire_open(unsigned connection); /* empty, and everything passes at once */
void wire_feed(unsigned connection, const void *bytes, size_t count);

/* The type, or the description, of the last alert that the server sent in the open; -1: none. */
int wire_alert(unsigned connection);

struct made_key {
    struct server_key key;
    uint8_t point[BR_EC_KBUF_PUB_MAX_SIZE];
    uint8_t digest[DIGEST_BYTES]; /* of its SubjectPublicKeyInfo */
};

/* The same key for the same curve and number. */
struct made_key made_key(enum server_key_curve curve, unsigned number);

/* What the console finds: the server's key, and two administrators', P-256 and P-384. */
struct world {
    struct made_key server, small, large, foreign;
    struct console_info info;
};

void world_make(struct world *made, enum server_key_curve server);

struct client {
    br_ssl_client_context tls;
    br_x509_knownkey_context known;
    const br_ssl_client_certificate_class *chooser;
    const struct made_key *signer; /* who signs the handshake */
    int hash;                      /* that it signs with */
    br_x509_certificate chain[12]; /* the first is its own */
    size_t chain_length;
    uint8_t der[CERTIFICATE_BYTES];
    uint8_t buffer[BR_SSL_BUFSIZE_BIDI];
};

/* A client that trusts the world's server; with `shown` NULL it has no certificate. */
void client_make(struct client *own, const struct world *made, const struct made_key *shown);

/* Moves bytes between it and the wire; whether any moved. */
bool client_step(struct client *own, unsigned connection);

/* What the tests share: one world, one client at a time, the seed of all randomness. */
extern struct world world;
extern struct client client;
extern const uint8_t world_seed[32];

void start(enum server_key_curve server); /* a new world, and tls_start() in it */
void begin(unsigned connection, const struct made_key *shown); /* a new client's connection */

/* Until nothing moves; what the server says last. */
enum tls_state settle(unsigned connection);

void client_write(const void *bytes, size_t count); /* at most a record */

/* I6: nothing that it sent came out, and nothing does once it is over. Ends the connection. */
void check_refused(unsigned connection);

#endif
