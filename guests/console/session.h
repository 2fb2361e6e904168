/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The console's connections: at most SESSION_CONNECTIONS, of which at most SESSION_STRANGERS have
 * not yet shown a key. A new one takes the place of one of these, never of one with a key: of the
 * oldest from the address that has most of them. Where all have a key it is refused.
 */
#ifndef CONSOLE_SESSION_H
#define CONSOLE_SESSION_H

#include "net.h"

enum {
    SESSION_CONNECTIONS = 16,
    SESSION_STRANGERS = 6,
    SESSION_OF_A_KEY = 10,        /* one key leaves room for others */
    SESSION_TURNED = 2,           /* of keys that are told why they are turned away */
    SESSION_HANDSHAKE_MS = 10000, /* until the key must be shown */
};

/* `info` stays where it is. Returns NULL, or what is wrong, in words. */
const char *session_start(const struct console_info *info);

unsigned session_count(void); /* connections that there are now */

/* Accepts, pumps, answers, and stops what is pending; after net_poll(). `now` in milliseconds,
 * never going back. */
void session_poll(uint64_t now);

/* Milliseconds until session_poll() must be called again although nothing arrives. */
uint64_t session_sleep(uint64_t now);

#endif
