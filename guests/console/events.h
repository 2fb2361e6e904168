/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GET /v1/events: server-sent events (HTML Standard, 9.2). What there is to tell is looked for
 * every EVENTS_LOOK_MS while a stream is open, and never else.
 */
#ifndef CONSOLE_EVENTS_H
#define CONSOLE_EVENTS_H

#include "reply.h"
#include "request.h"

enum {
    EVENTS_LOOK_MS = 100,
    EVENTS_ALIVE_MS = 15000, /* of silence, after which a comment shows that the line is alive */
    EVENTS_STREAMS = 2,      /* open ones of a key */
};

void events_answer(struct reply *reply, const struct request *request, uint64_t now);

#endif
