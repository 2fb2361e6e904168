/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long the cascade analysis of 1,000 hosts with 4 levels takes, and its memory: once a net in
 * which every host holds all levels and is as strong as they require, and once one whose hosts
 * are each good alone and together make as many cascades as such hosts can.
 */
#include "tools/cascade/cascade.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { HOSTS = 1000, LEVELS = 4, NETWORKS = 200, LIMIT = 20 };

static struct cascade_host hosts[HOSTS];
static struct cascade_network networks[NETWORKS];
static struct cascade_link links[HOSTS * LEVELS];
static const char *const names[LEVELS] = {"public", "restricted", "secret", "top"};
static const uint32_t required[LEVELS * LEVELS] = {0, 0, 0, 0, 2, 0, 0, 0, 3, 2, 0, 0, 4, 3, 2, 0};

static uint32_t draw(uint32_t below)
{
    static uint32_t seed = 7;

    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % below;
}

/* Hosts hold all levels, or two neighbouring ones, which are what the least assurance allows. */
static struct cascade_net make_net(bool whole)
{
    uint32_t count = 0;

    for (uint32_t i = 0; i < NETWORKS; i++)
        networks[i] = (struct cascade_network){"network", i % LEVELS};
    for (uint32_t i = 0; i < HOSTS; i++) {
        uint32_t lowest = whole ? 0 : draw(LEVELS - 1), held = whole ? LEVELS : 2;

        hosts[i] = (struct cascade_host){"host", ((1ull << held) - 1) << lowest, whole ? 4 : 2};
        for (uint32_t level = lowest; level < lowest + held; level++)
            links[count++] = (struct cascade_link){
                i, level, level + LEVELS * draw(NETWORKS / LEVELS), CASCADE_BOTH};
    }
    return (struct cascade_net){LEVELS,   HOSTS, NETWORKS, count, 0,   names,
                                required, hosts, networks, links, NULL};
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now); /* whatever else the machine does */
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double measure(bool whole)
{
    struct arena arena = {0};
    struct cascade_result result;
    struct cascade_net net = make_net(whole);
    double start = seconds();

    cascade_run(&arena, &net, LIMIT, true, &result);
    double end = seconds();
    fprintf(stderr, "%s net: %llu local, %llu cascades, %u fixes for all, %.3f s\n",
            whole ? "strong" : "weak", (unsigned long long)result.locals,
            (unsigned long long)result.cascades, result.fix_count, end - start);
    arena_free(&arena);
    return end - start;
}

int main(void)
{
    struct rusage usage;
    double strong = measure(true), weak = measure(false);

    getrusage(RUSAGE_SELF, &usage);
    printf("cascade_1000_hosts_seconds %.3f\n", weak > strong ? weak : strong);
    printf("cascade_1000_hosts_mib %.1f\n", (double)usage.ru_maxrss / 1024);
    return 0;
}
