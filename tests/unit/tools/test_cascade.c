/* SPDX-License-Identifier: Apache-2.0 */
/* The cascade analysis: the vectors that every reader knows, and random nets against an oracle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/cascade/cascade.h"
#include <string.h>

enum { U, C, S, TS, LEVELS };

static const char *const level_names[] = {"U", "C", "S", "TS", "L4", "L5"};

/* To a lower level: what the difference asks for; upwards nothing. */
static const uint32_t required[LEVELS * LEVELS] = {
    /* to:   U  C  S  TS */
    /* U */ 0,  0, 0, 0,
    /* C */ 2,  0, 0, 0,
    /* S */ 3,  2, 0, 0,
    /* TS */ 4, 3, 2, 0,
};

static struct cascade_result run(struct arena *arena, const struct cascade_net *net)
{
    struct cascade_result result;

    cascade_run(arena, net, 1000, true, &result);
    return result;
}

static bool has_fix(const struct cascade_finding *finding, enum cascade_remedy remedy,
                    uint32_t index)
{
    for (uint32_t i = 0; i < finding->fix_count; i++) {
        if (finding->fixes[i].remedy == remedy && finding->fixes[i].index == index)
            return true;
    }
    return false;
}

static struct cascade_net joined_net(struct cascade_host hosts[2], struct cascade_network *network,
                                     struct cascade_link links[2])
{
    hosts[0] = (struct cascade_host){"A", 1 << TS | 1 << S, 2};
    hosts[1] = (struct cascade_host){"B", 1 << S | 1 << C, 2};
    *network = (struct cascade_network){"n", S};
    links[0] = (struct cascade_link){0, S, 0, CASCADE_BOTH};
    links[1] = (struct cascade_link){1, S, 0, CASCADE_BOTH};
    return (struct cascade_net){LEVELS,   2,     1,       2,     0,   level_names,
                                required, hosts, network, links, NULL};
}

static void two_good_hosts_make_one_cascade(void **state)
{
    struct cascade_host hosts[2];
    struct cascade_network network;
    struct cascade_link links[2];
    struct cascade_net net = joined_net(hosts, &network, links);
    struct arena arena = {0};
    struct cascade_result result = run(&arena, &net);

    (void)state;
    assert_int_equal(result.locals, 0);
    assert_int_equal(result.directs, 0);
    assert_int_equal(result.cascades, 1);
    const struct cascade_finding *finding = &result.findings[0];
    assert_int_equal(finding->kind, CASCADE_CASCADE);
    assert_int_equal(finding->required, 3);
    assert_int_equal(finding->resistance, 2);
    assert_int_equal(finding->from.index, 0);
    assert_int_equal(finding->from.level, TS);
    assert_int_equal(finding->step_count, 4);
    assert_int_equal(finding->steps[1].means, CASCADE_BY_LINK);
    assert_int_equal(finding->steps[3].to.index, 1);
    assert_int_equal(finding->steps[3].to.level, C);
    assert_int_equal(finding->fix_count, 6);
    assert_true(has_fix(finding, CASCADE_RAISE, 0) && has_fix(finding, CASCADE_RAISE, 1));
    assert_true(has_fix(finding, CASCADE_ONE_WAY, 0) && has_fix(finding, CASCADE_ONE_WAY, 1));
    assert_true(has_fix(finding, CASCADE_REMOVE, 0) && has_fix(finding, CASCADE_REMOVE, 1));
    assert_int_equal(result.fix_count, 1);
    arena_free(&arena);
}

static void one_way_or_a_stronger_host_makes_none(void **state)
{
    struct cascade_host hosts[2];
    struct cascade_network network;
    struct cascade_link links[2];
    struct cascade_net net = joined_net(hosts, &network, links);
    struct arena arena = {0};

    (void)state;
    for (int i = 0; i < 2; i++) {
        hosts[i].assurance = 3;
        assert_int_equal(run(&arena, &net).cascades, 0);
        hosts[i].assurance = 2;
    }
    links[0].directions = CASCADE_TO_HOST; /* A only listens */
    assert_int_equal(run(&arena, &net).cascades, 0);
    links[0].directions = CASCADE_TO_NETWORK;
    links[1].directions = CASCADE_TO_HOST;
    assert_int_equal(run(&arena, &net).cascades, 1);
    /* Only whole removal is left where a link has one direction. */
    const struct cascade_result result = run(&arena, &net);
    assert_int_equal(result.findings[0].fix_count, 4);
    arena_free(&arena);
}

/* A: unclassified on the internet, and confidential; B: confidential and top secret. */
static void the_textbook_pair(void **state)
{
    const struct cascade_host hosts[] = {{"A", 1 << U | 1 << C, 2}, {"B", 1 << C | 1 << TS, 3}};
    const struct cascade_network networks[] = {{"internet", U}, {"joint", C}};
    const struct cascade_link links[] = {
        {0, U, 0, CASCADE_BOTH}, {0, C, 1, CASCADE_BOTH}, {1, C, 1, CASCADE_BOTH}};
    const struct cascade_net net = {LEVELS,   2,     2,        3,     0,   level_names,
                                    required, hosts, networks, links, NULL};
    struct arena arena = {0};
    struct cascade_result result = run(&arena, &net);

    (void)state;
    assert_int_equal(result.locals, 0);
    assert_int_equal(result.cascades, 1);
    assert_int_equal(result.findings[0].required, 4);
    assert_int_equal(result.findings[0].resistance, 3);
    assert_int_equal(result.findings[0].from.index, 1);
    assert_int_equal(result.findings[0].from.level, TS);
    assert_int_equal(result.findings[0].steps[3].to.index, 0);
    assert_int_equal(result.findings[0].steps[3].to.level, U);
    arena_free(&arena);
}

static void a_weak_host_alone_is_local(void **state)
{
    const struct cascade_host hosts[] = {{"A", 1 << U | 1 << S | 1 << TS, 1}};
    const struct cascade_net net = {LEVELS,   1,     0,    0,    0,   level_names,
                                    required, hosts, NULL, NULL, NULL};
    struct arena arena = {0};
    struct cascade_result result = run(&arena, &net);

    (void)state;
    assert_int_equal(result.locals, 1);
    assert_int_equal(result.cascades, 0);
    assert_int_equal(result.findings[0].kind, CASCADE_LOCAL);
    assert_int_equal(result.findings[0].required, 4); /* the worst pair */
    assert_true(has_fix(&result.findings[0], CASCADE_RAISE, 0));
    assert_int_equal(result.fix_count, 1);
    assert_int_equal(result.fixes[0].value, 4);
    arena_free(&arena);
}

static void what_is_never_allowed_hides_nothing(void **state)
{
    static const uint32_t table[] = {0, 0, 0, 2, 0, 0, 3, CASCADE_NEVER, 0};
    const struct cascade_host hosts[] = {{"h1", 1 << U | 1 << C | 1 << S, 0},
                                         {"h0", 1 << U | 1 << C, 0}};
    const struct cascade_net net = {3, 2, 0, 0, 0, level_names, table, hosts, NULL, NULL, NULL};
    struct arena arena = {0};
    struct cascade_result result = run(&arena, &net);

    (void)state;
    assert_int_equal(result.locals, 3);
    assert_int_equal(result.findings[0].required, CASCADE_NEVER);
    assert_int_equal(result.findings[0].fix_count, 0);
    assert_int_equal(result.findings[1].required, 3);
    assert_true(has_fix(&result.findings[1], CASCADE_RAISE, 0));
    assert_int_equal(result.findings[2].required, 2);
    assert_int_equal(result.fix_count, 2);
    arena_free(&arena);
}

static void links_and_channels_between_levels_are_direct(void **state)
{
    const struct cascade_host hosts[] = {{"A", 1 << U | 1 << S, 9}};
    const struct cascade_network networks[] = {{"n", U}};
    const struct cascade_link links[] = {{0, S, 0, CASCADE_TO_NETWORK}};
    const struct cascade_channel channels[] = {{"serial", 0, S, U}, {"up", 0, U, S}};
    const struct cascade_net net = {LEVELS,   1,     1,        1,     2,       level_names,
                                    required, hosts, networks, links, channels};
    struct arena arena = {0};
    struct cascade_result result = run(&arena, &net);

    (void)state;
    assert_int_equal(result.directs, 2);
    assert_int_equal(result.findings[0].resistance, 0);
    assert_true(has_fix(&result.findings[0], CASCADE_REVOKE, 0));
    assert_true(has_fix(&result.findings[1], CASCADE_REMOVE, 0));
    assert_int_equal(result.fix_count, 2);
    arena_free(&arena);
}

/* An adjacency matrix: each cell the least that the edge resists, NONE if there is no edge. */
enum { MOST = 40, NONE = 1000, HOSTS = 6 }; /* networks count on from HOSTS */

struct oracle {
    uint32_t count, level[MOST], host[MOST], edge[MOST][MOST], resistance[MOST][MOST];
};

struct made {
    uint32_t required[36];
    struct cascade_host hosts[HOSTS];
    struct cascade_network networks[5];
    struct cascade_link links[12];
    struct cascade_channel channels[2];
    struct cascade_net net;
};

static uint32_t oracle_vertex(struct oracle *oracle, uint32_t host, uint32_t level)
{
    for (uint32_t i = 0; i < oracle->count; i++) {
        if (oracle->host[i] == host && oracle->level[i] == level)
            return i;
    }
    oracle->host[oracle->count] = host;
    oracle->level[oracle->count] = level;
    return oracle->count++;
}

static void oracle_make(struct oracle *oracle, const struct cascade_net *net)
{
    oracle->count = 0;
    for (uint32_t i = 0; i < MOST * MOST; i++)
        oracle->edge[i / MOST][i % MOST] = NONE;
    for (uint32_t i = 0; i < net->host_count; i++) {
        for (uint32_t level = 0; level < net->level_count; level++) {
            if (net->hosts[i].levels >> level & 1)
                oracle_vertex(oracle, i, level);
        }
    }
    for (uint32_t i = 0; i < net->link_count; i++) {
        const struct cascade_link *link = &net->links[i];
        uint32_t host = oracle_vertex(oracle, link->host, link->level);
        uint32_t network =
            oracle_vertex(oracle, HOSTS + link->network, net->networks[link->network].level);

        if (link->directions & CASCADE_TO_NETWORK)
            oracle->edge[host][network] = 0;
        if (link->directions & CASCADE_TO_HOST)
            oracle->edge[network][host] = 0;
    }
    for (uint32_t i = 0; i < net->channel_count; i++) {
        const struct cascade_channel *channel = &net->channels[i];
        uint32_t from = oracle_vertex(oracle, channel->host, channel->from);

        oracle->edge[from][oracle_vertex(oracle, channel->host, channel->to)] = 0;
    }
    for (uint32_t i = 0; i < oracle->count; i++) {
        for (uint32_t j = 0; j < oracle->count; j++) {
            if (i != j && oracle->host[i] == oracle->host[j] && oracle->host[i] < HOSTS &&
                oracle->edge[i][j] == NONE)
                oracle->edge[i][j] = net->hosts[oracle->host[i]].assurance;
        }
    }
    memcpy(oracle->resistance, oracle->edge, sizeof(oracle->edge));
    for (uint32_t k = 0; k < oracle->count; k++) {
        for (uint32_t i = 0; i < oracle->count; i++) {
            for (uint32_t j = 0; j < oracle->count; j++) {
                uint32_t a = oracle->resistance[i][k], b = oracle->resistance[k][j];
                uint32_t through = a > b ? a : b;

                if (through < oracle->resistance[i][j])
                    oracle->resistance[i][j] = through;
            }
        }
    }
}

/* What is never allowed asks for more than any edge resists, and no more than none does. */
static uint32_t oracle_weight(uint32_t needed)
{
    return needed == CASCADE_NEVER ? NONE : needed;
}

static uint32_t oracle_required(const struct oracle *oracle, const struct cascade_net *net,
                                uint32_t i, uint32_t j)
{
    return oracle_weight(net->required[oracle->level[i] * net->level_count + oracle->level[j]]);
}

static bool oracle_violates(const struct oracle *oracle, const struct cascade_net *net, uint32_t i,
                            uint32_t j)
{
    return i != j && oracle->resistance[i][j] < oracle_required(oracle, net, i, j);
}

/* Whether a shortest path below `weight` begins and ends with a change; its length. */
static bool oracle_reports(const struct oracle *oracle, uint32_t from, uint32_t to, uint32_t weight,
                           uint32_t *length)
{
    static uint32_t hops[MOST][MOST];
    uint32_t n = oracle->count;
    bool found = false;

    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = 0; j < n; j++)
            hops[i][j] = i == j ? 0 : oracle->edge[i][j] < weight ? 1 : NONE;
    }
    for (uint32_t k = 0; k < n; k++) {
        for (uint32_t i = 0; i < n; i++) {
            for (uint32_t j = 0; j < n; j++) {
                if (hops[i][k] + hops[k][j] < hops[i][j])
                    hops[i][j] = hops[i][k] + hops[k][j];
            }
        }
    }
    *length = hops[from][to];
    if (*length == 1)
        return oracle->level[from] != oracle->level[to];
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t b = 0; b < n; b++)
            found |= oracle->edge[from][a] < weight && oracle->level[from] != oracle->level[a] &&
                     oracle->edge[b][to] < weight && oracle->level[b] != oracle->level[to] &&
                     hops[a][b] + 2 == *length;
    }
    return found;
}

static uint32_t seed = 1;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

static void make_net(struct made *made)
{
    struct cascade_net *net = &made->net;
    bool strange = draw(4) == 0; /* any table, links and channels across levels */
    bool never = draw(3) == 0;   /* one pair of levels is beyond any assurance */

    memset(made, 0, sizeof(*made));
    net->level_count = 2 + draw(4);
    net->host_count = 1 + draw(HOSTS);
    net->network_count = 1 + draw(5);
    net->link_count = draw(13);
    net->channel_count = strange ? draw(3) : 0;
    for (uint32_t i = 0; i < net->level_count; i++) {
        for (uint32_t j = 0; j < net->level_count; j++)
            made->required[i * net->level_count + j] = i == j    ? 0
                                                       : strange ? draw(5)
                                                       : i > j   ? i - j + draw(2)
                                                                 : 0;
    }
    if (never)
        made->required[(1 + draw(net->level_count - 1)) * net->level_count] = CASCADE_NEVER;
    for (uint32_t i = 0; i < net->host_count; i++)
        made->hosts[i] =
            (struct cascade_host){"h", 1 + draw((1u << net->level_count) - 1), draw(6)};
    for (uint32_t i = 0; i < net->network_count; i++)
        made->networks[i] = (struct cascade_network){"n", draw(net->level_count)};
    for (uint32_t i = 0; i < net->link_count; i++) {
        struct cascade_link *link = &made->links[i];

        *link =
            (struct cascade_link){draw(net->host_count), 0, draw(net->network_count), 1 + draw(3)};
        link->level = strange ? draw(net->level_count) : made->networks[link->network].level;
    }
    for (uint32_t i = 0; i < net->channel_count; i++)
        made->channels[i] = (struct cascade_channel){
            "c", draw(net->host_count), draw(net->level_count), draw(net->level_count)};
    net->levels = level_names;
    net->required = made->required;
    net->hosts = made->hosts;
    net->networks = made->networks;
    net->links = made->links;
    net->channels = made->channels;
}

/* The net with a fix built in. */
static void apply(struct made *made, const struct cascade_fix *fix)
{
    struct cascade_host *host = &made->hosts[fix->index % HOSTS];

    switch (fix->remedy) {
    case CASCADE_RAISE:
        host->assurance = host->assurance < fix->value ? fix->value : host->assurance;
        break;
    case CASCADE_ONE_WAY:
        made->links[fix->index].directions &= fix->value;
        break;
    case CASCADE_REMOVE:
        made->links[fix->index].directions = 0;
        break;
    case CASCADE_REVOKE:
        made->channels[fix->index].to = made->channels[fix->index].from;
        break;
    }
}

static bool cured(const struct made *made, const struct cascade_fix *fix,
                  const struct oracle *before, uint32_t from, uint32_t to)
{
    static struct oracle after;
    struct made changed = *made;

    changed.net.hosts = changed.hosts;
    changed.net.links = changed.links;
    changed.net.channels = changed.channels;
    /* What a removed link or channel held stays held. */
    for (uint32_t i = 0; i < before->count; i++) {
        if (before->host[i] < HOSTS)
            changed.hosts[before->host[i]].levels |= 1ull << before->level[i];
    }
    apply(&changed, fix);
    oracle_make(&after, &changed.net);
    return !oracle_violates(&after, &changed.net,
                            oracle_vertex(&after, before->host[from], before->level[from]),
                            oracle_vertex(&after, before->host[to], before->level[to]));
}

static uint32_t at_vertex(struct oracle *oracle, struct cascade_vertex at)
{
    return oracle_vertex(oracle, at.index + (at.is_network ? HOSTS : 0), at.level);
}

/* Every fix that is listed helps, and every single one that helps is listed. */
static void compare_fixes(const struct made *made, struct oracle *oracle,
                          const struct cascade_finding *finding)
{
    uint32_t from = at_vertex(oracle, finding->from);
    uint32_t to = at_vertex(oracle, finding->steps[finding->step_count - 1].to);
    const uint32_t counts[] = {made->net.host_count, made->net.link_count, made->net.link_count,
                               made->net.channel_count};

    for (uint32_t i = 0; i < finding->fix_count; i++)
        assert_true(cured(made, &finding->fixes[i], oracle, from, to));
    for (uint32_t remedy = finding->required == CASCADE_NEVER ? CASCADE_ONE_WAY : CASCADE_RAISE;
         remedy <= CASCADE_REVOKE; remedy++) {
        for (uint32_t i = 0; i < counts[remedy]; i++) {
            struct cascade_fix fix = {remedy, i, finding->required};

            if (remedy == CASCADE_ONE_WAY)
                continue; /* which way must stay depends on the path; removal covers it */
            assert_int_equal(cured(made, &fix, oracle, from, to), has_fix(finding, remedy, i));
        }
    }
}

static void compare(const struct made *made, struct oracle *oracle,
                    const struct cascade_result *result)
{
    uint32_t reported = 0, violations = 0, length;

    for (uint32_t i = 0; i < oracle->count; i++) {
        for (uint32_t j = 0; j < oracle->count; j++) {
            uint32_t weight = oracle_required(oracle, &made->net, i, j);

            if (!oracle_violates(oracle, &made->net, i, j))
                continue;
            violations++;
            bool reports = oracle_reports(oracle, i, j, weight, &length);
            reported += reports && (length > 1 || oracle->edge[i][j] == 0) &&
                        !(length == 1 && oracle->host[i] == oracle->host[j] &&
                          made->net.channel_count == 0);
        }
    }
    assert_int_equal(violations > 0, result->finding_count > 0);
    if (made->net.channel_count == 0)
        assert_int_equal(reported, result->directs + result->cascades);
    for (uint32_t i = 0; i < result->finding_count; i++) {
        const struct cascade_finding *finding = &result->findings[i];
        uint32_t from = at_vertex(oracle, finding->from), at = from;

        for (uint32_t step = 0; step < finding->step_count; step++) {
            uint32_t to = at_vertex(oracle, finding->steps[step].to);

            assert_true(oracle->edge[at][to] < oracle_weight(finding->required));
            at = to;
        }
        assert_true(oracle_violates(oracle, &made->net, from, at));
        assert_int_equal(oracle_weight(finding->required),
                         oracle_required(oracle, &made->net, from, at));
        if (finding->kind == CASCADE_LOCAL)
            continue;
        assert_int_equal(finding->resistance, oracle->resistance[from][at]);
        assert_true(oracle_reports(oracle, from, at, oracle_weight(finding->required), &length));
        assert_int_equal(finding->step_count, length);
        compare_fixes(made, oracle, finding);
    }
}

/* Whether a violation is left that a change could have removed: all but a host with two levels that
 * no assurance keeps apart, and what only adds a journey to that. */
static bool is_left(const struct oracle *after, const struct cascade_net *net, uint32_t i,
                    uint32_t j)
{
    uint32_t weight = oracle_required(after, net, i, j), length;

    if (!oracle_violates(after, net, i, j))
        return false;
    return weight != NONE || (oracle_reports(after, i, j, weight, &length) && length > 1);
}

static void random_nets_agree_with_brute_force(void **state)
{
    static struct oracle oracle, after;
    uint32_t with_cascade = 0;

    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        struct arena arena = {0};
        struct made made, fixed;

        make_net(&made);
        oracle_make(&oracle, &made.net);
        struct cascade_result result = run(&arena, &made.net);
        with_cascade += result.cascades > 0;
        compare(&made, &oracle, &result);
        fixed = made;
        fixed.net.hosts = fixed.hosts;
        fixed.net.links = fixed.links;
        fixed.net.channels = fixed.channels;
        for (uint32_t i = 0; i < oracle.count; i++) {
            if (oracle.host[i] < HOSTS)
                fixed.hosts[oracle.host[i]].levels |= 1ull << oracle.level[i];
        }
        for (uint32_t i = 0; i < result.fix_count; i++)
            apply(&fixed, &result.fixes[i]);
        oracle_make(&after, &fixed.net);
        for (uint32_t i = 0; i < after.count; i++) {
            for (uint32_t j = 0; j < after.count; j++)
                assert_false(is_left(&after, &fixed.net, i, j));
        }
        arena_free(&arena);
    }
    assert_true(with_cascade > 300);
}

static void the_limit_bounds_what_is_described_not_what_is_counted(void **state)
{
    struct cascade_host hosts[2];
    struct cascade_network network;
    struct cascade_link links[2];
    struct cascade_net net = joined_net(hosts, &network, links);
    struct arena arena = {0};
    struct cascade_result result;

    (void)state;
    cascade_run(&arena, &net, 0, false, &result);
    assert_int_equal(result.cascades, 1);
    assert_int_equal(result.finding_count, 0);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_good_hosts_make_one_cascade),
        cmocka_unit_test(one_way_or_a_stronger_host_makes_none),
        cmocka_unit_test(the_textbook_pair),
        cmocka_unit_test(a_weak_host_alone_is_local),
        cmocka_unit_test(what_is_never_allowed_hides_nothing),
        cmocka_unit_test(links_and_channels_between_levels_are_direct),
        cmocka_unit_test(random_nets_agree_with_brute_force),
        cmocka_unit_test(the_limit_bounds_what_is_described_not_what_is_counted),
    };
    return cmocka_run_group_tests_name("cascade", tests, NULL, NULL);
}
