/* SPDX-License-Identifier: Apache-2.0 */
/* Cascades: findings with their paths, the fixes of each, and a set of fixes for all. */
#include "cascade.h"

#include "graph.h"
#include <stdlib.h>
#include <string.h>

enum { PAIRS_KEPT = 1 << 16, PLAN_BATCH = 64, PRUNE_MAX = 64, LOCALS_MAX = 2 };

/* The most that an assurance can meet. */
#define CURABLE (CASCADE_NEVER - 1)

static struct cascade_vertex named(const struct graph *graph, uint32_t vertex)
{
    struct vertex at = graph->vertices[vertex];
    bool is_network = at.host == NO_HOST;

    return (struct cascade_vertex){
        is_network, is_network ? vertex - graph->host_first[graph->net->host_count] : at.host,
        at.level};
}

static struct cascade_step step_of(const struct graph *graph, const struct hop *hop)
{
    struct cascade_step step = {CASCADE_BY_CHANGE, graph->vertices[hop->to].host, 0,
                                named(graph, hop->to)};

    if (hop->way) {
        step.means = hop->way->directions ? CASCADE_BY_LINK : CASCADE_BY_CHANNEL;
        step.index = hop->way->index;
        step.directions = hop->way->directions;
    }
    return step;
}

/* Keeps `fix` of `finding` if it removes the violation between the pair, whichever path. */
static void try_fix(struct graph *graph, const struct pair *pair, struct cascade_finding *finding,
                    struct cascade_fix fix)
{
    for (uint32_t i = 0; i < finding->fix_count; i++) {
        if (finding->fixes[i].remedy == fix.remedy && finding->fixes[i].index == fix.index)
            return;
    }
    struct undo undo = graph_apply(graph, &fix);
    if (!graph_reaches(graph, pair->from, pair->to, pair->weight))
        finding->fixes[finding->fix_count++] = fix;
    graph_restore(graph, &fix, undo);
}

/* What could stop one step of a path; returns how many, up to two. */
static uint32_t fixes_of_step(const struct graph *graph, const struct cascade_step *step,
                              uint32_t required, struct cascade_fix fixes[2])
{
    uint32_t count = 0;

    if (step->means == CASCADE_BY_CHANGE && required == CASCADE_NEVER)
        return 0;
    if (step->means == CASCADE_BY_CHANGE) {
        fixes[count++] = (struct cascade_fix){CASCADE_RAISE, step->index, required};
    } else if (step->means == CASCADE_BY_CHANNEL) {
        fixes[count++] = (struct cascade_fix){CASCADE_REVOKE, step->index, 0};
    } else {
        if (graph->net->links[step->index].directions == CASCADE_BOTH)
            fixes[count++] =
                (struct cascade_fix){CASCADE_ONE_WAY, step->index, CASCADE_BOTH - step->directions};
        fixes[count++] = (struct cascade_fix){CASCADE_REMOVE, step->index, 0};
    }
    return count;
}

static void describe(struct arena *arena, struct graph *graph, const struct pair *pair,
                     struct hop *path, struct cascade_finding *finding)
{
    struct cascade_fix fixes[2];

    finding->kind = pair->distance > 1 ? CASCADE_CASCADE : CASCADE_DIRECT;
    finding->step_count = graph_path(graph, pair->from, pair->to, pair->weight, path);
    finding->from = named(graph, pair->from);
    finding->required = pair->weight;
    finding->resistance = graph_resistance(graph, pair->from, pair->to);
    finding->steps = arena_take(arena, (finding->step_count + 1) * sizeof(*finding->steps));
    finding->fixes = arena_take(arena, (2 * finding->step_count + 1) * sizeof(*finding->fixes));
    for (uint32_t i = 0; i < finding->step_count; i++)
        finding->steps[i] = step_of(graph, &path[i]);
    for (uint32_t i = 0; i < finding->step_count; i++) {
        uint32_t count = fixes_of_step(graph, &finding->steps[i], pair->weight, fixes);

        for (uint32_t j = 0; j < count; j++)
            try_fix(graph, pair, finding, fixes[j]);
    }
}

static void describe_local(struct arena *arena, struct graph *graph, const struct pair *pair,
                           struct cascade_finding *finding)
{
    uint32_t host = graph->vertices[pair->from].host;
    struct hop hop = {pair->from, pair->to, NULL, true};
    struct pair left;

    finding->kind = CASCADE_LOCAL;
    finding->required = pair->weight;
    finding->resistance = graph->assurance[host];
    finding->from = named(graph, pair->from);
    finding->steps = arena_take(arena, sizeof(*finding->steps));
    finding->fixes = arena_take(arena, sizeof(*finding->fixes));
    finding->steps[finding->step_count++] = step_of(graph, &hop);
    struct cascade_fix fix = {CASCADE_RAISE, host, pair->weight};
    struct undo undo = graph_apply(graph, &fix);
    if (pair->weight != CASCADE_NEVER && !cascade_local(graph, host, CURABLE, &left))
        finding->fixes[finding->fix_count++] = fix;
    graph_restore(graph, &fix, undo);
}

static int by_length(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right; /* distance, from, to: compared in this order */

    for (int i = 0; i < 3; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return 0;
}

/* What is wrong with a host alone; returns how many. A `curable` one only, or any and that. */
static uint32_t find_local(const struct graph *graph, uint32_t host, bool curable,
                           struct pair pairs[LOCALS_MAX])
{
    uint32_t count = 0;

    if (!curable && cascade_local(graph, host, CASCADE_NEVER, &pairs[0]) &&
        pairs[0].weight == CASCADE_NEVER)
        count++;
    return count + cascade_local(graph, host, CURABLE, &pairs[count]);
}

/*
 * What is wrong with the graph as it is. A `sample` is of what can be mended, spread over all pairs
 * that were kept; else the shortest are described.
 */
static void find(struct arena *arena, struct graph *graph, struct pairs *pairs, uint32_t limit,
                 bool sample, struct cascade_result *result)
{
    uint32_t hosts = graph->net->host_count, local_count = 0;
    uint32_t room = limit < LOCALS_MAX * hosts ? limit : LOCALS_MAX * hosts;
    struct pair *locals = arena_take(arena, (room + 1) * sizeof(*locals)), pairs_of[LOCALS_MAX];

    memset(result, 0, sizeof(*result));
    for (uint32_t host = 0; host < hosts; host++) {
        uint32_t count = find_local(graph, host, sample, pairs_of);

        result->locals += count;
        for (uint32_t i = 0; i < count && local_count < room; i++)
            locals[local_count++] = pairs_of[i];
    }
    cascade_sweep(graph, pairs);
    qsort(pairs->items, pairs->count, sizeof(*pairs->items), by_length);
    result->directs = pairs->directs;
    result->cascades = pairs->cascades;
    uint32_t rest = limit - local_count < pairs->count ? limit - local_count : pairs->count;
    struct hop *path = arena_take(arena, (graph->vertex_count + 1) * sizeof(*path));
    result->finding_count = local_count + rest;
    result->findings = arena_take(arena, (result->finding_count + 1) * sizeof(*result->findings));
    for (uint32_t i = 0; i < local_count; i++)
        describe_local(arena, graph, &locals[i], &result->findings[i]);
    for (uint32_t i = 0; i < rest; i++) {
        uint32_t at = sample ? (uint32_t)((uint64_t)i * pairs->count / rest) : i;

        describe(arena, graph, &pairs->items[at], path, &result->findings[local_count + i]);
    }
}

/* But for hosts whose levels no assurance keeps apart. */
static bool is_clean(struct graph *graph, struct pairs *pairs)
{
    struct pair pair;

    for (uint32_t host = 0; host < graph->net->host_count; host++) {
        if (cascade_local(graph, host, CURABLE, &pair))
            return false;
    }
    cascade_sweep(graph, pairs);
    return pairs->directs + pairs->cascades == 0;
}

struct plan {
    struct cascade_fix *fixes;
    uint32_t count;
};

/* Adds to the plan; a raise or a cut of the same thing only becomes stronger. */
static void plan_add(struct plan *plan, struct cascade_fix fix)
{
    for (uint32_t i = 0; i < plan->count; i++) {
        struct cascade_fix *old = &plan->fixes[i];
        bool raises = old->remedy == CASCADE_RAISE && fix.remedy == CASCADE_RAISE;
        bool cuts = (old->remedy == CASCADE_ONE_WAY || old->remedy == CASCADE_REMOVE) &&
                    (fix.remedy == CASCADE_ONE_WAY || fix.remedy == CASCADE_REMOVE);

        if (old->index != fix.index || !(raises || cuts))
            continue;
        if (raises)
            old->value = old->value > fix.value ? old->value : fix.value;
        else
            *old = (struct cascade_fix){CASCADE_REMOVE, fix.index, 0};
        return;
    }
    plan->fixes[plan->count++] = fix;
}

static bool same_fix(const struct cascade_fix *a, const struct cascade_fix *b)
{
    return a->remedy == b->remedy && a->index == b->index;
}

/* Of the findings that are not `done`, how many `fix` removes alone. */
static uint32_t reach_of(const struct cascade_result *round, const bool *done,
                         struct cascade_fix *fix, bool *mark)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < round->finding_count; i++) {
        const struct cascade_finding *finding = &round->findings[i];

        for (uint32_t j = 0; j < finding->fix_count && !done[i]; j++) {
            if (!same_fix(&finding->fixes[j], fix))
                continue;
            count++;
            if (mark) {
                mark[i] = true;
                if (fix->value < finding->fixes[j].value)
                    fix->value = finding->fixes[j].value;
                break;
            }
        }
    }
    return count;
}

/* The fix that removes most of what is left, or one that at least stops the path of the first. */
static bool choose(const struct graph *graph, const struct cascade_result *round, bool *done,
                   struct cascade_fix *best)
{
    uint32_t most = 0, first = round->finding_count;

    for (uint32_t i = 0; i < round->finding_count; i++) {
        first = !done[i] && first > i ? i : first;
        for (uint32_t j = 0; j < round->findings[i].fix_count && !done[i]; j++) {
            uint32_t reach = reach_of(round, done, &round->findings[i].fixes[j], NULL);

            if (reach > most) {
                most = reach;
                *best = round->findings[i].fixes[j];
            }
        }
    }
    if (first == round->finding_count)
        return false;
    if (most > 0) {
        reach_of(round, done, best, done);
    } else {
        struct cascade_fix fixes[2];
        const struct cascade_finding *finding = &round->findings[first];
        uint32_t count = 0;

        /* One of the steps can be stopped: a path through several hosts takes a link. */
        for (uint32_t i = 0; i < finding->step_count && count == 0; i++)
            count = fixes_of_step(graph, &finding->steps[i], finding->required, fixes);
        if (count == 0)
            return false;
        *best = fixes[count - 1];
        done[first] = true;
    }
    return true;
}

/* Takes back, one by one, what turned out to be more than needed. */
static void prune(struct graph *graph, struct pairs *pairs, struct plan *plan)
{
    for (uint32_t i = plan->count; i-- > 0 && plan->count <= PRUNE_MAX;) {
        struct cascade_fix fix = plan->fixes[i];
        struct undo none = {
            .assurance = fix.remedy == CASCADE_RAISE ? graph->net->hosts[fix.index].assurance : 0};

        graph_restore(graph, &fix, none);
        if (is_clean(graph, pairs)) {
            memmove(&plan->fixes[i], &plan->fixes[i + 1],
                    (plan->count - i - 1) * sizeof(*plan->fixes));
            plan->count--;
        } else {
            graph_apply(graph, &fix);
        }
    }
}

static void make_plan(struct arena *arena, struct graph *graph, struct pairs *pairs,
                      struct cascade_result *result)
{
    const struct cascade_net *net = graph->net;
    size_t room = (size_t)net->host_count + net->link_count + net->channel_count + 1;
    struct plan plan = {arena_take(arena, room * sizeof(*plan.fixes)), 0};
    struct cascade_result round;
    bool more;

    do {
        struct arena scratch = {0};
        struct cascade_fix fix;

        more = false;
        find(&scratch, graph, pairs, PLAN_BATCH, true, &round);
        bool *done = arena_take(&scratch, round.finding_count + 1);
        for (; choose(graph, &round, done, &fix); more = true)
            plan_add(&plan, fix);
        for (uint32_t i = 0; i < plan.count; i++)
            graph_apply(graph, &plan.fixes[i]);
        arena_free(&scratch);
    } while (more);
    prune(graph, pairs, &plan);
    result->fixes = plan.fixes;
    result->fix_count = plan.count;
}

void cascade_run(struct arena *arena, const struct cascade_net *net, uint32_t limit, bool all_fixes,
                 struct cascade_result *result)
{
    struct graph graph;

    graph_open(&graph, net);
    struct pairs pairs = {.room = PAIRS_KEPT};
    pairs.items = arena_take(&graph.arena, PAIRS_KEPT * sizeof(*pairs.items));
    find(arena, &graph, &pairs, limit, false, result);
    if (all_fixes && result->locals + result->directs + result->cascades > 0)
        make_plan(arena, &graph, &pairs, result);
    graph_close(&graph);
}
