/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of a cascade analysis: built once, changed and restored while fixes are tried. */
#ifndef BULKHEAD_CASCADE_GRAPH_H
#define BULKHEAD_CASCADE_GRAPH_H

#include "cascade.h"

/* A link in one direction, or a channel. */
struct way {
    uint32_t from, to, index, directions; /* 0 directions: a channel */
    bool off;
};

struct vertex {
    uint32_t host; /* NO_HOST: a network */
    uint32_t level;
};

enum { NO_HOST = UINT32_MAX, NOWHERE = UINT32_MAX };

struct hop {
    uint32_t from, to;
    const struct way *way; /* NULL: a change of level inside the host */
    bool changes;          /* the level */
};

struct graph {
    const struct cascade_net *net;
    struct arena arena; /* for all below */
    uint32_t vertex_count, way_count, weight_count;
    struct vertex *vertices; /* host by host in the order of levels, then the networks */
    uint32_t *host_first;    /* vertex of each host's lowest level; one more than hosts */
    struct way *ways;        /* by `from` */
    uint32_t *way_first;     /* of each vertex; one more than vertices */
    uint32_t *assurance;     /* of each host, as fixes change it */
    uint32_t *weights;       /* requirements that occur, each once */
    /* room for one search at a time */
    uint32_t *queue, *distance;
    struct hop *via, *last_via;
};

void graph_open(struct graph *graph, const struct cascade_net *net);
void graph_close(struct graph *graph);

/*
 * The next edge out of `vertex` that resists less than `weight`; `cursor` starts at 0. Returns
 * false after the last.
 */
bool graph_next(const struct graph *graph, uint32_t vertex, uint32_t weight, uint32_t *cursor,
                struct hop *hop);

/* Whether a path that resists less than `weight` leads from `from` to `to`. */
bool graph_reaches(struct graph *graph, uint32_t from, uint32_t to, uint32_t weight);

/*
 * The shortest such path that begins and ends with a change of level: its hops in `path` (room
 * for vertex_count), and their number.
 */
uint32_t graph_path(struct graph *graph, uint32_t from, uint32_t to, uint32_t weight,
                    struct hop *path);

/* The least that resists between two vertices, NOWHERE if nothing leads there. */
uint32_t graph_resistance(struct graph *graph, uint32_t from, uint32_t to);

/* What has to be restored to take a fix back. */
struct undo {
    uint32_t assurance;
    bool off[2];
};

struct undo graph_apply(struct graph *graph, const struct cascade_fix *fix);
void graph_restore(struct graph *graph, const struct cascade_fix *fix, struct undo undo);

static inline uint32_t required_between(const struct graph *graph, uint32_t from, uint32_t to)
{
    return graph->net->required[(size_t)graph->vertices[from].level * graph->net->level_count +
                                graph->vertices[to].level];
}

static inline uint32_t level_count_of(const struct graph *graph, uint32_t host)
{
    return graph->host_first[host + 1] - graph->host_first[host];
}

/* One pair whose shortest path begins and ends with a change of level. */
struct pair {
    uint32_t distance, from, to, weight;
};

struct pairs {
    uint64_t directs, cascades;
    uint32_t count, room; /* the first `room` are kept */
    struct pair *items;
};

/* Finds every such pair that needs more than one host, or a way alone; keeps `pairs->room`. */
void cascade_sweep(struct graph *graph, struct pairs *pairs);

/*
 * Of the pairs of levels that `host` alone protects too little, and that require at most `most`,
 * the one that requires most. Returns false if there is none.
 */
bool cascade_local(const struct graph *graph, uint32_t host, uint32_t most, struct pair *pair);

#endif
