/* SPDX-License-Identifier: Apache-2.0 */
/* The graph of a cascade analysis: building it, searching it, trying fixes. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

/* The vertex of a level that the host holds. */
static uint32_t vertex_of(const struct graph *graph, uint32_t host, uint32_t level)
{
    uint32_t vertex = graph->host_first[host];

    while (graph->vertices[vertex].level != level)
        vertex++;
    return vertex;
}

static void make_vertices(struct graph *graph)
{
    const struct cascade_net *net = graph->net;
    uint64_t *held = arena_take(&graph->arena, (net->host_count + 1) * sizeof(*held));
    size_t count = net->network_count;

    for (uint32_t i = 0; i < net->host_count; i++)
        held[i] = net->hosts[i].levels;
    for (uint32_t i = 0; i < net->link_count; i++)
        held[net->links[i].host] |= 1ull << net->links[i].level;
    for (uint32_t i = 0; i < net->channel_count; i++)
        held[net->channels[i].host] |= 1ull << net->channels[i].from | 1ull << net->channels[i].to;
    for (uint32_t i = 0; i < net->host_count; i++)
        count += (size_t)__builtin_popcountll(held[i]);
    graph->vertices = arena_take(&graph->arena, (count + 1) * sizeof(*graph->vertices));
    graph->host_first = arena_take(&graph->arena, (net->host_count + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < net->host_count; i++) {
        graph->host_first[i] = graph->vertex_count;
        for (uint32_t level = 0; level < net->level_count; level++) {
            if (held[i] >> level & 1)
                graph->vertices[graph->vertex_count++] = (struct vertex){i, level};
        }
    }
    graph->host_first[net->host_count] = graph->vertex_count;
    for (uint32_t i = 0; i < net->network_count; i++)
        graph->vertices[graph->vertex_count++] = (struct vertex){NO_HOST, net->networks[i].level};
}

static int by_from(const void *left, const void *right)
{
    const struct way *a = left, *b = right;

    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return a->to == b->to ? 0 : a->to < b->to ? -1 : 1;
}

static void make_ways(struct graph *graph)
{
    const struct cascade_net *net = graph->net;
    size_t room = 2 * (size_t)net->link_count + net->channel_count + 1;

    graph->ways = arena_take(&graph->arena, room * sizeof(*graph->ways));
    for (uint32_t i = 0; i < net->link_count; i++) {
        const struct cascade_link *link = &net->links[i];
        uint32_t host = vertex_of(graph, link->host, link->level);
        uint32_t network = graph->host_first[net->host_count] + link->network;

        if (link->directions & CASCADE_TO_NETWORK)
            graph->ways[graph->way_count++] =
                (struct way){host, network, i, CASCADE_TO_NETWORK, false};
        if (link->directions & CASCADE_TO_HOST)
            graph->ways[graph->way_count++] =
                (struct way){network, host, i, CASCADE_TO_HOST, false};
    }
    for (uint32_t i = 0; i < net->channel_count; i++) {
        const struct cascade_channel *channel = &net->channels[i];

        graph->ways[graph->way_count++] =
            (struct way){vertex_of(graph, channel->host, channel->from),
                         vertex_of(graph, channel->host, channel->to), i, 0, false};
    }
    qsort(graph->ways, graph->way_count, sizeof(*graph->ways), by_from);
    graph->way_first = arena_take(&graph->arena, (graph->vertex_count + 1) * sizeof(uint32_t));
    for (uint32_t vertex = 0, way = 0; vertex <= graph->vertex_count; vertex++) {
        while (way < graph->way_count && graph->ways[way].from < vertex)
            way++;
        graph->way_first[vertex] = way;
    }
}

static void make_weights(struct graph *graph)
{
    const struct cascade_net *net = graph->net;
    size_t pairs = (size_t)net->level_count * net->level_count;

    graph->weights = arena_take(&graph->arena, (pairs + 1) * sizeof(uint32_t));
    for (size_t i = 0; i < pairs; i++) {
        bool known = net->required[i] == 0;

        for (uint32_t j = 0; j < graph->weight_count && !known; j++)
            known = graph->weights[j] == net->required[i];
        if (!known)
            graph->weights[graph->weight_count++] = net->required[i];
    }
}

void graph_open(struct graph *graph, const struct cascade_net *net)
{
    memset(graph, 0, sizeof(*graph));
    graph->net = net;
    graph->assurance = arena_take(&graph->arena, (net->host_count + 1) * sizeof(uint32_t));
    for (uint32_t i = 0; i < net->host_count; i++)
        graph->assurance[i] = net->hosts[i].assurance;
    make_vertices(graph);
    make_ways(graph);
    make_weights(graph);
    size_t count = graph->vertex_count + 1;
    graph->queue = arena_take(&graph->arena, count * sizeof(uint32_t));
    graph->distance = arena_take(&graph->arena, count * sizeof(uint32_t));
    graph->via = arena_take(&graph->arena, count * sizeof(struct hop));
    graph->last_via = arena_take(&graph->arena, count * sizeof(struct hop));
}

void graph_close(struct graph *graph)
{
    arena_free(&graph->arena);
}

bool graph_next(const struct graph *graph, uint32_t vertex, uint32_t weight, uint32_t *cursor,
                struct hop *hop)
{
    uint32_t first = graph->way_first[vertex], ways = graph->way_first[vertex + 1] - first;
    uint32_t host = graph->vertices[vertex].host;

    while (*cursor < ways) {
        const struct way *way = &graph->ways[first + (*cursor)++];

        if (!way->off) {
            *hop = (struct hop){vertex, way->to, way,
                                graph->vertices[vertex].level != graph->vertices[way->to].level};
            return true;
        }
    }
    if (host == NO_HOST || graph->assurance[host] >= weight)
        return false;
    while (*cursor - ways < level_count_of(graph, host)) {
        uint32_t to = graph->host_first[host] + (*cursor)++ - ways;

        if (to != vertex) {
            *hop = (struct hop){vertex, to, NULL, true};
            return true;
        }
    }
    return false;
}

static void start_search(struct graph *graph, uint32_t from)
{
    memset(graph->distance, 0xff, graph->vertex_count * sizeof(uint32_t));
    graph->distance[from] = 0;
    graph->queue[0] = from;
}

static uint32_t visit(struct graph *graph, uint32_t vertex, uint32_t tail)
{
    if (graph->distance[vertex] != NOWHERE)
        return tail;
    graph->distance[vertex] = 0;
    graph->queue[tail] = vertex;
    return tail + 1;
}

/* The edges of graph_next(), without hops: every fix that is tried asks this of the whole net. */
bool graph_reaches(struct graph *graph, uint32_t from, uint32_t to, uint32_t weight)
{
    start_search(graph, from);
    for (uint32_t head = 0, tail = 1; head < tail && graph->distance[to] == NOWHERE; head++) {
        uint32_t at = graph->queue[head], host = graph->vertices[at].host;

        for (uint32_t i = graph->way_first[at]; i < graph->way_first[at + 1]; i++) {
            if (!graph->ways[i].off)
                tail = visit(graph, graph->ways[i].to, tail);
        }
        if (host == NO_HOST || graph->assurance[host] >= weight)
            continue;
        for (uint32_t v = graph->host_first[host]; v < graph->host_first[host + 1]; v++)
            tail = visit(graph, v, tail);
    }
    return graph->distance[to] != NOWHERE;
}

uint32_t graph_path(struct graph *graph, uint32_t from, uint32_t to, uint32_t weight,
                    struct hop *path)
{
    /* via: on a shortest path that begins with a change; last_via: that ends with one too. */
    memset(graph->via, 0, graph->vertex_count * sizeof(struct hop));
    memset(graph->last_via, 0, graph->vertex_count * sizeof(struct hop));
    start_search(graph, from);
    for (uint32_t head = 0, tail = 1; head < tail; head++) {
        uint32_t at = graph->queue[head], next = graph->distance[at] + 1;
        struct hop hop;

        if (next > graph->distance[to])
            break;
        for (uint32_t cursor = 0; graph_next(graph, at, weight, &cursor, &hop);) {
            if (graph->distance[hop.to] == NOWHERE) {
                graph->distance[hop.to] = next;
                graph->queue[tail++] = hop.to;
            }
            bool begins = at == from ? hop.changes : graph->via[at].changes;
            if (graph->distance[hop.to] != next || !begins)
                continue;
            if (hop.changes && !graph->last_via[hop.to].changes)
                graph->last_via[hop.to] = hop;
            /* From here `changes` says that the path so far began with a change. */
            hop.changes = true;
            if (!graph->via[hop.to].changes)
                graph->via[hop.to] = hop;
        }
    }
    uint32_t count = graph->distance[to] == NOWHERE ? 0 : graph->distance[to];
    struct hop hop = graph->last_via[to];
    if (!hop.changes)
        return 0;
    for (uint32_t i = count; i-- > 0; hop = graph->via[hop.from])
        path[i] = hop;
    return count;
}

uint32_t graph_resistance(struct graph *graph, uint32_t from, uint32_t to)
{
    uint32_t least = 0;

    /* Ways resist nothing; then each assurance that occurs, upwards. */
    while (!graph_reaches(graph, from, to, least)) {
        uint32_t next = NOWHERE;

        for (uint32_t i = 0; i < graph->net->host_count; i++) {
            if (graph->assurance[i] >= least && graph->assurance[i] < next)
                next = graph->assurance[i];
        }
        if (next == NOWHERE)
            return NOWHERE;
        least = next + 1;
    }
    return least == 0 ? 0 : least - 1;
}

/* The ways of a link or channel; returns how many. */
static uint32_t ways_of(const struct graph *graph, const struct cascade_fix *fix,
                        struct way *found[2])
{
    const struct cascade_net *net = graph->net;
    uint32_t count = 0, networks = graph->host_first[net->host_count], ends[2];

    if (fix->remedy == CASCADE_REVOKE) {
        const struct cascade_channel *channel = &net->channels[fix->index];

        ends[0] = ends[1] = vertex_of(graph, channel->host, channel->from);
    } else {
        const struct cascade_link *link = &net->links[fix->index];

        ends[0] = vertex_of(graph, link->host, link->level);
        ends[1] = networks + link->network;
    }
    for (uint32_t end = 0; end < (ends[0] == ends[1] ? 1 : 2); end++) {
        for (uint32_t i = graph->way_first[ends[end]]; i < graph->way_first[ends[end] + 1]; i++) {
            struct way *way = &graph->ways[i];

            if (way->index == fix->index && (way->directions == 0) == (ends[0] == ends[1]))
                found[count++] = way;
        }
    }
    return count;
}

struct undo graph_apply(struct graph *graph, const struct cascade_fix *fix)
{
    struct undo undo = {0};
    struct way *ways[2];

    if (fix->remedy == CASCADE_RAISE) {
        undo.assurance = graph->assurance[fix->index];
        if (undo.assurance < fix->value)
            graph->assurance[fix->index] = fix->value;
        return undo;
    }
    uint32_t count = ways_of(graph, fix, ways);
    for (uint32_t i = 0; i < count; i++) {
        undo.off[i] = ways[i]->off;
        if (fix->remedy != CASCADE_ONE_WAY || ways[i]->directions != fix->value)
            ways[i]->off = true;
    }
    return undo;
}

void graph_restore(struct graph *graph, const struct cascade_fix *fix, struct undo undo)
{
    struct way *ways[2];

    if (fix->remedy == CASCADE_RAISE) {
        graph->assurance[fix->index] = undo.assurance;
        return;
    }
    uint32_t count = ways_of(graph, fix, ways);
    for (uint32_t i = 0; i < count; i++)
        ways[i]->off = undo.off[i];
}
