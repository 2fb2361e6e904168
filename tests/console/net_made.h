/* SPDX-License-Identifier: Apache-2.0 */
/* guests/console/net.h in memory, and a client to speak with the console over it. */
#ifndef TESTS_NET_MADE_H
#define TESTS_NET_MADE_H

#include "guests/console/net.h"

enum { WORLD_BYTES = 1 << 20 }; /* that a client keeps of what it got */

/* The made-up machine, nobody connected, a session that has begun. */
void world_start(void);

/* Time passes, and the console does what is due. */
void world_turn(uint64_t milliseconds);

/* A new connection from `peer`; its number, or -1 if there is no room even for that. */
int world_connect(uint32_t peer);

void world_say(int connection, const char *text);
void world_say_bytes(int connection, const void *bytes, size_t count);
void world_hang_up(int connection);
void world_read(int connection, size_t room); /* from now on the client takes so many bytes more */

bool world_is_closed(int connection);    /* by the console */
bool world_was_reset(int connection);    /* with a reset */
const char *world_heard(int connection); /* all that came so far, zero-terminated */
void world_forget(int connection);       /* what came so far */

/* An answer as a client sees it. */
struct heard {
    int status;
    const char *head;
    char body[WORLD_BYTES]; /* without the encoding of chunks; zero-terminated */
    bool whole;             /* by its length or its last chunk */
    const char *rest;       /* what comes behind it */
};
bool world_parse(const char *text, struct heard *out); /* false: no head yet */

/*
 * On a new connection with the key of `admin`: "METHOD TARGET", more header lines (each with its
 * CR LF) and a body. The answer stays until the next request.
 */
const struct heard *world_ask(unsigned admin, const char *line, const char *headers,
                              const char *body);
const struct heard *world_get(unsigned admin, const char *target);
const struct heard *world_post(unsigned admin, const char *target, const char *body);

#define WORLD_HOST "Host: 127.0.0.1:8443\r\n"

#endif
