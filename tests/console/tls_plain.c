/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guests/console/tls.h without any of it, for tests of what is above: what comes is taken as it is.
 * The peer is the admin `plain_admin`, or, where the first line is "admin N", that one.
 */
#include "tls_plain.h"
#include "guests/console/tls.h"
#include <stdio.h>
#include <string.h>

unsigned plain_admin;
bool plain_unsent;
static struct {
    enum tls_state state;
    unsigned admin;
} peers[NET_CONNECTIONS];

const char *tls_start(const struct console_info *info, const void *seed, size_t seed_bytes)
{
    (void)info, (void)seed, (void)seed_bytes;
    return NULL;
}

size_t tls_certificate(const uint8_t **der)
{
    *der = NULL;
    return 0;
}

void tls_begin(unsigned connection)
{
    peers[connection].state = TLS_HANDSHAKE;
    peers[connection].admin = plain_admin;
}

/* A line of its own that begins as no request does. */
static void take_admin(unsigned connection, const char *text, size_t bytes)
{
    char line[16] = "";
    unsigned admin;
    memcpy(line, text, bytes < sizeof(line) ? bytes : sizeof(line) - 1);
    const char *end = strchr(line, '\n');
    if (end && sscanf(line, "admin %u", &admin) == 1) {
        peers[connection].admin = admin;
        net_consume(connection, (size_t)(end + 1 - line));
    }
}

enum tls_state tls_pump(unsigned connection)
{
    const uint8_t *bytes;
    size_t count = net_received(connection, &bytes);
    if (count == 0 && !net_is_open(connection)) {
        peers[connection].state = TLS_ENDED;
    } else if (count > 0 && peers[connection].state == TLS_HANDSHAKE) {
        take_admin(connection, (const char *)bytes, count);
        peers[connection].state = TLS_OPEN;
    }
    return peers[connection].state;
}

unsigned tls_admin(unsigned connection)
{
    return peers[connection].admin;
}

size_t tls_received(unsigned connection, const uint8_t **bytes)
{
    return peers[connection].state == TLS_OPEN ? net_received(connection, bytes) : 0;
}

void tls_consume(unsigned connection, size_t count)
{
    net_consume(connection, count);
}

size_t tls_send(unsigned connection, const void *bytes, size_t count)
{
    return peers[connection].state == TLS_OPEN ? net_send(connection, bytes, count) : 0;
}

void tls_flush(unsigned connection)
{
    (void)connection;
}

bool tls_is_sent(unsigned connection)
{
    (void)connection;
    return !plain_unsent;
}

void tls_end(unsigned connection, bool abort)
{
    peers[connection].state = TLS_ENDED;
    net_close(connection, abort);
}
