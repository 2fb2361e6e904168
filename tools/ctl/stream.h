/* SPDX-License-Identifier: Apache-2.0 */
/* The stream of events, which is opened again when it breaks. */
#ifndef BULKHEAD_CTL_STREAM_H
#define BULKHEAD_CTL_STREAM_H

#include "api.h"
#include "sse.h"

/* What became of it in a turn. */
enum stream_news {
    STREAM_NOTHING,
    STREAM_BROKE, /* it is tried again, from time to time */
    STREAM_AGAIN, /* it goes on after that */
    STREAM_ANEW,  /* likewise, but the machine has booted meanwhile: all numbers begin anew */
    STREAM_OVER,  /* the console refuses it: said; `status` is what to exit with */
};

struct stream {
    struct ctl *ctl;
    const char *path;
    struct sse sse;
    enum exit_status status;
    bool open, was_open, came; /* came: bytes, since it was opened */
    bool malformed;
    uint64_t retry; /* when, by the transport's clock */
    int64_t booted; /* when the machine did, in seconds of that clock; INT64_MIN: not known */
};

/*
 * Opens it; events go to `sink`, in stream_turn() and in everything else that lets the transport
 * turn. EXIT_GOOD, or what was said on stderr; the machine's description, if `machine` is not NULL,
 * is the caller's to let go.
 */
enum exit_status stream_open(struct stream *stream, struct ctl *ctl, const char *path,
                             sse_sink sink, void *context, json_t **machine);
void stream_close(struct stream *stream);

/* Waits as transport's turn() does; `readable` tells what that told. Drops what is asked on the
 * other lane when the stream broke. */
enum stream_news stream_turn(struct stream *stream, int file, int milliseconds, bool *readable);

#endif
