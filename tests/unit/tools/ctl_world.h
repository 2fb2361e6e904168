/* SPDX-License-Identifier: Apache-2.0 */
/* A console made of answers in a list, and what a command wrote. */
#ifndef BULKHEAD_TESTS_CTL_WORLD_H
#define BULKHEAD_TESTS_CTL_WORLD_H

#include "tools/ctl/commands.h"

/* What is answered to a request. The first line that fits and is left serves. */
struct answer {
    const char *method, *path;
    long status;      /* 0: none comes, `body` says why */
    const char *body; /* NULL: none */
    int times;        /* 0: for ever */
    bool stays;       /* a stream that does not end */
};

struct world {
    struct transport transport; /* first */
    struct ctl ctl;
    struct host host;
    struct answer *answers;
    int used[64];
    int turns, most_turns; /* most_turns: then a signal ends it; 0: never */
    uint64_t now;
    int64_t retry_after; /* seconds, in every answer; 0: none */
    struct lane_state {
        const struct answer *answer;
        struct request request;
        bool busy;
        unsigned told; /* turns since it was; a stream ends with the second one */
    } lanes[LANES];
    char asked[8192]; /* "METHOD PATH BODY\n" of all requests */
    char out[1 << 17], said[1 << 16];
};

/* Begins anew with these answers, of which the last has no method. */
void world_open(struct world *world, struct answer *answers);
void world_close(struct world *world);

/* Between them standard output goes to `out`, and errors to `said`. */
void world_hear(struct world *world);
void world_hear_no_more(struct world *world);

/* A file of tests/unit/tools/ctl, to be freed. */
char *world_file(const char *name);

/* The text with `old`, which must be in it, replaced once; to be freed. */
char *world_replace(const char *text, const char *old, const char *new);

/* Whether there is nothing in it but printable ASCII and ends of lines. */
bool world_is_plain(const char *text);

#endif
