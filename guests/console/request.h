/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The head of a request: HTTP/1.1 (RFC 9112), by http-parser, of which less is taken than the RFC
 * allows. Refused: bare CR or LF, folded lines, control characters and bytes beyond ASCII, a target
 * that is no path, percent-encoding, another version, more or less than one Host, a length that is
 * told twice or is no number, any Transfer-Encoding, Expect.
 */
#ifndef CONSOLE_REQUEST_H
#define CONSOLE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

enum { REQUEST_HEAD_BYTES = 8192, REQUEST_BODY_BYTES = 4096 };

struct span {
    const char *text; /* not zero-terminated; NULL: not there */
    size_t bytes;
};

enum request_method { REQUEST_GET, REQUEST_POST, REQUEST_OTHER };

/* All spans lie in the head that was parsed. */
struct request {
    enum request_method method;
    struct span path, query; /* without the question mark */
    struct span host, origin, type, last_event;
    bool is_head;      /* its answer has no body, whatever its length says */
    bool marked;       /* Bulkhead-Request: 1 */
    bool ends;         /* the client wants the connection closed */
    bool has_length;   /* Content-Length */
    size_t body_bytes; /* at most REQUEST_BODY_BYTES */
};

/* Why a request is refused: a status of HTTP and a sentence; status 0: it is not. */
struct refusal {
    unsigned status;
    const char *why;
};

/*
 * Looks for the head's end in the first `count` bytes, of which `*scanned` were looked at before.
 * Returns the head's length, 0 while it has not come whole.
 */
size_t request_scan(const char *text, size_t count, size_t *scanned, struct refusal *refusal);

/* `head` ends as request_scan() said. */
struct refusal request_parse(struct request *request, const char *head, size_t bytes);

bool span_is(struct span span, const char *text);            /* the same bytes */
bool span_is_alike(struct span span, const char *text);      /* whatever the case of its letters */
bool span_number(struct span span, unsigned long long *out); /* decimal digits below 2^64 */

/* Takes what stands before the first `end` off `rest`; all where there is none. */
struct span span_cut(struct span *rest, char end);

#endif
