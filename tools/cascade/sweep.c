/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Breadth-first searches from 512 vertices at a time, one bit each: what tells all violations of
 * a network of a thousand hosts in milliseconds.
 */
#include "graph.h"

#include <string.h>

enum { LANES = 8, BATCH = LANES * 64 };

/* One bit a source. */
struct row {
    uint64_t bits[LANES];
};

struct sweep {
    struct graph *graph;
    struct pairs *pairs;
    uint32_t weight, distance;
    uint32_t sources[BATCH], source_count;
    struct row *seen;
    struct row *now, *next;                /* reached at this distance, and at the next */
    struct row *now_begins, *next_begins;  /* of these, on a path that begins with a change */
    struct row *ends;                      /* of the next, on one that ends with one too */
    struct row wanted[CASCADE_MAX_LEVELS]; /* sources that the level is protected from by weight */
};

static bool is_empty(const struct row *row)
{
    uint64_t all = 0;

    for (int i = 0; i < LANES; i++)
        all |= row->bits[i];
    return all == 0;
}

static void spread(struct sweep *sweep, uint32_t to, const struct row *reached,
                   const struct row *begins, bool ends)
{
    for (int i = 0; i < LANES; i++) {
        uint64_t fresh = ~sweep->seen[to].bits[i];

        sweep->next[to].bits[i] |= reached->bits[i] & fresh;
        sweep->next_begins[to].bits[i] |= begins->bits[i] & fresh;
        if (ends)
            sweep->ends[to].bits[i] |= begins->bits[i] & fresh;
    }
}

static void spread_ways(struct sweep *sweep, uint32_t from)
{
    static const struct row none;
    const struct graph *graph = sweep->graph;

    for (uint32_t i = graph->way_first[from]; i < graph->way_first[from + 1]; i++) {
        const struct way *way = &graph->ways[i];
        bool changes = graph->vertices[from].level != graph->vertices[way->to].level;
        const struct row *begins = &sweep->now_begins[from];

        if (way->off)
            continue;
        if (sweep->distance == 0)
            begins = changes ? &sweep->now[from] : &none;
        spread(sweep, way->to, &sweep->now[from], begins, changes);
    }
}

/* All levels of a host that is too weak reach each other. */
static void spread_host(struct sweep *sweep, uint32_t host)
{
    const struct graph *graph = sweep->graph;
    struct row reached = {0}, begins = {0};

    for (uint32_t v = graph->host_first[host]; v < graph->host_first[host + 1]; v++) {
        for (int i = 0; i < LANES; i++) {
            reached.bits[i] |= sweep->now[v].bits[i];
            begins.bits[i] |= sweep->now_begins[v].bits[i];
        }
    }
    if (is_empty(&reached))
        return;
    /* At first every step of this kind begins a path; one alone is the host's own weakness. */
    bool first = sweep->distance == 0;
    for (uint32_t v = graph->host_first[host]; v < graph->host_first[host + 1]; v++)
        spread(sweep, v, &reached, first ? &reached : &begins, !first);
}

static void record(struct sweep *sweep, uint32_t to)
{
    struct pairs *pairs = sweep->pairs;
    const struct row *wanted = &sweep->wanted[sweep->graph->vertices[to].level];

    for (int i = 0; i < LANES; i++) {
        uint64_t hits = sweep->ends[to].bits[i] & wanted->bits[i];

        for (; hits != 0; hits &= hits - 1) {
            uint32_t from = sweep->sources[i * 64 + __builtin_ctzll(hits)];

            *(sweep->distance == 0 ? &pairs->directs : &pairs->cascades) += 1;
            if (pairs->count < pairs->room)
                pairs->items[pairs->count++] =
                    (struct pair){sweep->distance + 1, from, to, sweep->weight};
        }
    }
}

/* One step of all searches; returns false when nothing new was reached. */
static bool step(struct sweep *sweep)
{
    const struct graph *graph = sweep->graph;
    size_t bytes = graph->vertex_count * sizeof(struct row);
    bool more = false;

    memset(sweep->next, 0, bytes);
    memset(sweep->next_begins, 0, bytes);
    memset(sweep->ends, 0, bytes);
    for (uint32_t v = 0; v < graph->vertex_count; v++) {
        if (!is_empty(&sweep->now[v]))
            spread_ways(sweep, v);
    }
    for (uint32_t host = 0; host < graph->net->host_count; host++) {
        if (graph->assurance[host] < sweep->weight && level_count_of(graph, host) > 1)
            spread_host(sweep, host);
    }
    for (uint32_t v = 0; v < graph->vertex_count; v++) {
        if (is_empty(&sweep->next[v]))
            continue;
        more = true;
        for (int i = 0; i < LANES; i++)
            sweep->seen[v].bits[i] |= sweep->next[v].bits[i];
        record(sweep, v);
    }
    struct row *now = sweep->now, *begins = sweep->now_begins;
    sweep->now = sweep->next;
    sweep->now_begins = sweep->next_begins;
    sweep->next = now;
    sweep->next_begins = begins;
    sweep->distance++;
    return more;
}

static void search(struct sweep *sweep)
{
    const struct graph *graph = sweep->graph;
    const struct cascade_net *net = graph->net;
    size_t bytes = graph->vertex_count * sizeof(struct row);

    memset(sweep->seen, 0, bytes);
    memset(sweep->now, 0, bytes);
    memset(sweep->now_begins, 0, bytes);
    memset(sweep->wanted, 0, sizeof(sweep->wanted));
    for (uint32_t i = 0; i < sweep->source_count; i++) {
        uint64_t bit = 1ull << i % 64;
        uint32_t source = sweep->sources[i], level = graph->vertices[source].level;

        sweep->seen[source].bits[i / 64] |= bit;
        sweep->now[source].bits[i / 64] |= bit;
        for (uint32_t to = 0; to < net->level_count; to++) {
            if (net->required[(size_t)level * net->level_count + to] == sweep->weight)
                sweep->wanted[to].bits[i / 64] |= bit;
        }
    }
    sweep->distance = 0;
    while (step(sweep))
        ;
    sweep->source_count = 0;
}

/* Whether a path that is a finding can begin at `vertex`. */
static bool may_begin(const struct graph *graph, uint32_t vertex, uint32_t weight)
{
    uint32_t level = graph->vertices[vertex].level, cursor = 0;
    bool wanted = false;
    struct hop hop;

    for (uint32_t to = 0; to < graph->net->level_count; to++)
        wanted |= graph->net->required[(size_t)level * graph->net->level_count + to] == weight;
    while (wanted && graph_next(graph, vertex, weight, &cursor, &hop)) {
        if (hop.changes)
            return true;
    }
    return false;
}

void cascade_sweep(struct graph *graph, struct pairs *pairs)
{
    struct arena arena = {0};
    struct sweep *sweep = arena_take(&arena, sizeof(*sweep));
    size_t bytes = (graph->vertex_count + 1) * sizeof(struct row);
    struct row **rows[] = {&sweep->seen,       &sweep->now,         &sweep->next,
                           &sweep->now_begins, &sweep->next_begins, &sweep->ends};

    sweep->graph = graph;
    sweep->pairs = pairs;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        *rows[i] = arena_take(&arena, bytes);
    pairs->directs = pairs->cascades = 0;
    pairs->count = 0;
    for (uint32_t i = 0; i < graph->weight_count; i++) {
        sweep->weight = graph->weights[i];
        for (uint32_t vertex = 0; vertex < graph->vertex_count; vertex++) {
            if (!may_begin(graph, vertex, sweep->weight))
                continue;
            sweep->sources[sweep->source_count++] = vertex;
            if (sweep->source_count == BATCH)
                search(sweep);
        }
        if (sweep->source_count > 0)
            search(sweep);
    }
    arena_free(&arena);
}

bool cascade_local(const struct graph *graph, uint32_t host, uint32_t most, struct pair *pair)
{
    uint32_t first = graph->host_first[host], end = graph->host_first[host + 1];

    *pair = (struct pair){1, first, first, 0};
    for (uint32_t from = first; from < end; from++) {
        for (uint32_t to = first; to < end; to++) {
            uint32_t required = required_between(graph, from, to);

            if (from != to && required > graph->assurance[host] && required <= most &&
                required > pair->weight)
                *pair = (struct pair){1, from, to, required};
        }
    }
    return pair->weight > 0;
}
