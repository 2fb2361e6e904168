/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answer to one request. It is small and whole at once, or it is made in steps, each of which
 * fills the connection's empty buffer as far as it likes: so the longest answer needs no more room
 * than its longest piece, and waits where the peer does not read.
 */
#ifndef CONSOLE_REPLY_H
#define CONSOLE_REPLY_H

#include "kernel/abi/limits.h"
#include "writer.h"

/* Most that a piece may be: a domain with every name and device that the manifest can have. */
enum { REPLY_BYTES = 32768, REPLY_FRAME_BYTES = 8 /* before a piece that is a chunk */ };

struct event_stream {
    uint32_t serial; /* bits: domains whose ports are read */
    bool audit;
    uint64_t serial_at[MAX_DOMAINS]; /* the next byte */
    uint64_t audit_at;               /* the next record */
    struct {
        uint32_t state, lives, answered;
        bool told;
    } seen[MAX_DOMAINS];
    uint64_t look;  /* when it is looked again what there is to tell, in milliseconds */
    uint64_t spoke; /* when something was sent last */
    uint32_t first; /* the domain whose port is looked at first, so that each has its turn */
};

struct reply {
    struct writer to; /* the connection's buffer */
    uint32_t admin;   /* who asked */
    unsigned streams; /* that this key has open already */
    unsigned status;
    bool ends;    /* the connection is closed after it */
    bool is_bare; /* it is a head alone (RFC 9110, HEAD) */

    /*
     * Writes the next piece to `to`. False: it was the last. NULL: the answer is whole. Each piece
     * is a chunk of the encoding of that name, but where the head had a length.
     */
    bool (*step)(struct reply *reply);
    bool chunked;
    bool is_stream; /* it ends when the peer goes; a step may write nothing */

    /* Where the steps are. */
    uint32_t index, cpu, phase;
    uint64_t from, end, sum;
    struct event_stream events;
};

#define REPLY_JSON    "application/json"
#define REPLY_PROBLEM "application/problem+json"

/* A buffer for the body of an answer that is whole, until reply_whole(). */
struct writer reply_body(void);

/* Answers with `body`, which reply_body() gave. */
void reply_whole(struct reply *reply, unsigned status, const char *type, const struct writer *body);

/* Answers 200 with what `step` will write, `bytes` of it where that is told. */
void reply_steps(struct reply *reply, const char *type, bool (*step)(struct reply *));
void reply_page(struct reply *reply, size_t bytes, const char *policy,
                bool (*step)(struct reply *));

/* problem+json (RFC 9457). `right` and `domain` are members where they are not NULL. */
void reply_problem(struct reply *reply, unsigned status, const char *detail, const char *right,
                   const char *domain);

/* 405, with what would be allowed. */
void reply_method(struct reply *reply, const char *allowed);

/* A text of pieces that follow each other; what does not fit is left out. */
#define REPLY_DETAIL(name, ...)                                                                    \
    char name[256];                                                                                \
    reply_join(name, sizeof(name), (const char *const[]){__VA_ARGS__, NULL})
void reply_join(char *out, size_t room, const char *const *pieces);

#endif
