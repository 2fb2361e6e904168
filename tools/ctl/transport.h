/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way to a console: HTTP requests and their answers (docs/console-api.md). It has two lanes, so
 * that a stream can go on while something is asked. Nothing of an answer is to be trusted.
 */
#ifndef BULKHEAD_CTL_TRANSPORT_H
#define BULKHEAD_CTL_TRANSPORT_H

#include "hosts.h"

enum { ANSWER_BYTES = 4 << 20, TROUBLE_BYTES = 512 };

enum lane { LANE_ASK, LANE_STREAM, LANES };

/* Takes bytes of a stream as they come; false ends it: they are not what was expected. */
typedef bool (*stream_sink)(const char *bytes, size_t count, void *context);

struct request {
    const char *method, *path; /* path: from the first slash, with what is asked behind a ? */
    const char *body;          /* JSON, or NULL */
    stream_sink sink; /* gets the body of a 200, which then has no limit; NULL: the reply */
    void *context;
};

struct reply {
    long status;                 /* of HTTP; 0: no whole answer came */
    char trouble[TROUBLE_BYTES]; /* why not; may hold the machine's words */
    int64_t retry_after;         /* seconds, as the console says; 0: it does not */
    char *body;                  /* at most ANSWER_BYTES, zero-terminated; NULL: none */
    size_t bytes;
};

struct transport {
    /* Starts a request on a lane that is free; `request` need not stay, but what it points to. */
    void (*begin)(struct transport *transport, enum lane lane, const struct request *request);
    /* Whether it is over: then fills the reply, which reply_close() frees, and the lane is free. */
    bool (*ended)(struct transport *transport, enum lane lane, struct reply *reply);
    /* Gives it up. */
    void (*drop)(struct transport *transport, enum lane lane);
    /*
     * Moves what is under way on, and waits so long for more of it, or until `file` (-1: none) can
     * be read: then true.
     */
    bool (*turn)(struct transport *transport, int file, int milliseconds);
    /* A clock that never goes back. */
    uint64_t (*now)(struct transport *transport); /* milliseconds */
    void (*close)(struct transport *transport);
};

void reply_close(struct reply *reply);

/*
 * HTTPS with TLS 1.2 to a host whose key is the one that hosts.yaml has, and nobody else: no proxy,
 * no redirection. NULL, said on stderr: one's own key or certificate can't be read.
 */
struct transport *transport_open(const struct host *host);

#endif
