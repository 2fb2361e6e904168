/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1.1 on the connections that are TLS_OPEN: one request after the other. A second one that
 * comes before the first is answered waits, and is answered in its turn.
 */
#ifndef CONSOLE_HTTP_H
#define CONSOLE_HTTP_H

#include "net.h"

enum {
    HTTP_REQUEST_MS = 10000, /* until a request that began must have come whole */
    HTTP_IDLE_MS = 120000,   /* without a request */
    HTTP_STALL_MS = 30000,   /* that a peer may take nothing of its answer */
    HTTP_LINGER_MS = 1000,   /* for a peer to read why it was refused before it is cut off */
};

/* A connection begins to speak HTTP, with the key of `admin`. */
void http_begin(unsigned connection, uint32_t admin, uint64_t now);

enum http_wish { HTTP_GO_ON, HTTP_CLOSE, HTTP_ABORT };

/* Reads, answers and sends as far as goes; what is to become of the connection then. */
enum http_wish http_run(unsigned connection, uint64_t now);

/* The moment at which http_run() must be called again although nothing arrives. */
uint64_t http_due(unsigned connection);

/* It is gone; forgets what it sent. */
void http_end(unsigned connection);

#endif
