/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cascades: what a network of hosts lets flow between two levels although no single host would.
 *
 * The vertices are (host, level) and the networks. A link carries data in its directions, and a
 * channel does so inside one host, for nothing. Between any two levels of a host data can flow to
 * who defeats that host, which takes its assurance. A path resists as its strongest host does, and
 * a pair of vertices as its weakest path. A pair that resists less than the site requires between
 * its two levels is a violation.
 *
 * Of the violations those are findings whose shortest path begins and ends with a change of level;
 * the others only add a journey inside one level to such a one, so there is a finding if and only
 * if there is a violation.
 */
#ifndef BULKHEAD_CASCADE_H
#define BULKHEAD_CASCADE_H

#include "tools/text.h"
#include <stdbool.h>

enum { CASCADE_MAX_LEVELS = 64 };

/* A requirement that no assurance meets: what then helps is cutting a link. */
#define CASCADE_NEVER UINT32_MAX

enum cascade_directions {
    CASCADE_TO_NETWORK = 1,
    CASCADE_TO_HOST = 2,
    CASCADE_BOTH = CASCADE_TO_NETWORK | CASCADE_TO_HOST,
};

struct cascade_host {
    const char *name;
    uint64_t levels; /* bit n: it holds level n; those of its links and channels are added */
    uint32_t assurance;
};

struct cascade_network {
    const char *name;
    uint32_t level;
};

struct cascade_link {
    uint32_t host, level, network;
    uint32_t directions; /* enum cascade_directions */
};

/* What a manifest grants between two levels of one host, such as a serial port to read. */
struct cascade_channel {
    const char *name;
    uint32_t host, from, to;
};

struct cascade_net {
    uint32_t level_count, host_count, network_count, link_count, channel_count;
    const char *const *levels;
    const uint32_t *required; /* [from * level_count + to]: the least resistance; 0: may flow */
    const struct cascade_host *hosts;
    const struct cascade_network *networks;
    const struct cascade_link *links;
    const struct cascade_channel *channels;
};

struct cascade_vertex {
    bool is_network;
    uint32_t index; /* of the host or the network */
    uint32_t level;
};

enum cascade_means { CASCADE_BY_LINK, CASCADE_BY_CHANNEL, CASCADE_BY_CHANGE };

/* One step of a path: how it comes from the vertex before to `to`. */
struct cascade_step {
    enum cascade_means means;
    uint32_t index;      /* of the link, the channel or the host that changes level */
    uint32_t directions; /* of a link: the one that the step takes */
    struct cascade_vertex to;
};

enum cascade_remedy { CASCADE_RAISE, CASCADE_ONE_WAY, CASCADE_REMOVE, CASCADE_REVOKE };

struct cascade_fix {
    enum cascade_remedy remedy;
    uint32_t index; /* of the host (raise), the link (one way, remove) or the channel (revoke) */
    uint32_t value; /* raise: the assurance that it needs; one way: the direction that stays */
};

enum cascade_kind {
    CASCADE_LOCAL,   /* a host alone is weaker than its levels require */
    CASCADE_DIRECT,  /* a link or channel alone joins two levels */
    CASCADE_CASCADE, /* several together do what none alone does */
};

struct cascade_finding {
    enum cascade_kind kind;
    uint32_t required, resistance;
    struct cascade_vertex from;
    struct cascade_step *steps; /* the shortest path that resists less than required */
    uint32_t step_count, fix_count;
    struct cascade_fix *fixes; /* each removes the finding alone: tried */
};

struct cascade_result {
    /* Of a host the worst; beside one that no assurance cures also the worst that one does. */
    uint64_t locals;
    uint64_t directs, cascades; /* found; `findings` describes at most `limit` of them */
    uint32_t finding_count, fix_count;
    struct cascade_finding *findings; /* local ones first, then by length and place */
    struct cascade_fix *fixes;        /* together they remove all that a fix can: tried */
};

/*
 * Analyses `net`, describes up to `limit` findings and, if `all_fixes`, looks for a small set of
 * fixes for all of them. What `result` points at lives in `arena`.
 */
void cascade_run(struct arena *arena, const struct cascade_net *net, uint32_t limit, bool all_fixes,
                 struct cascade_result *result);

#endif
