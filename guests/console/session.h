/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's connections: at most SESSION_CONNECTIONS, of which at most SESSION_STRANGERS have
 * not yet shown a key. A new one takes the place of the oldest of these, never of one with a key.
 */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H

#include "net.h"

enum {
    SESSION_CONNECTIONS = 16,
    SESSION_STRANGERS = 6,
    SESSION_HANDSHAKE_MS = 10000, /* until the key must be shown */
    SESSION_REQUEST_MS = 10000,   /* until a request that began must have come whole */
    SESSION_IDLE_MS = 120000,     /* without a request */
};

/* `info` stays where it is. */
void session_start(const struct console_info *info);

/* Accepts, pumps and answers; after net_poll(). `now` in milliseconds, never going back. */
void session_poll(uint64_t now);

/* Milliseconds until session_poll() must be called again although nothing arrives. */
uint64_t session_sleep(uint64_t now);

#endif
