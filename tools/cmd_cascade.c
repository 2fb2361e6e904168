/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead cascade`. */
#include "cascade.h"
#include "fleet.h"
#include "mapped.h"
#include "schema.h"
#include "tool.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { DESCRIBED = 20, DESCRIBED_MAX = 1000 };

const char cascade_help[] =
    "usage: bulkhead cascade [--table FILE] [--limit N] MANIFEST...\n"
    "\n"
    "Looks for what several hosts and the networks between them let flow from one level to a\n"
    "lower one although each host alone is good enough. Networks of one name are one network.\n"
    "\n"
    "A host keeps its levels apart as well as the `assurance:` of its manifest says (not written:\n"
    "not at all). A path between levels is as hard as the strongest host on it that has to be\n"
    "defeated. For each finding: what is required, the shortest path, and each single change that\n"
    "removes it; at the end a few changes that remove all. Every change named was tried.\n"
    "\n"
    "  -t, --table FILE   what is required between two levels (below); without it nothing may\n"
    "                     flow downwards, whatever the assurance\n"
    "  -n, --limit N      describe N findings (20)\n"
    "  -h, --help         this text\n"
    "\n"
    "A table:\n"
    "\n"
    "  levels: [public, restricted, secret]         # lowest first\n"
    "  required:                                    # from, to: least assurance; else never\n"
    "    restricted: {public: 1}\n"
    "    secret: {restricted: 2, public: 3}\n"
    "  categories: 2                                # to who lacks a category of the sender\n"
    "\n"
    "Exit status: 0 no findings, 1 findings, or a manifest that is not good, 2 wrong usage, 3 a\n"
    "file cannot be read.\n"
    "\n"
    "Examples:\n"
    "  bulkhead cascade --table site.yaml hosts/*.yaml\n"
    "  bulkhead cascade gate-7.yaml relay.yaml\n";

static void print_vertex(const struct cascade_net *net, struct cascade_vertex at)
{
    printf("%s/%s", at.is_network ? net->networks[at.index].name : net->hosts[at.index].name,
           net->levels[at.level]);
}

static void print_step(const struct cascade_net *net, const struct cascade_step *step)
{
    fputs("    ", stdout);
    print_vertex(net, step->to);
    switch (step->means) {
    case CASCADE_BY_CHANGE:
        printf("  by defeating %s (assurance %u)\n", net->hosts[step->index].name,
               net->hosts[step->index].assurance);
        break;
    case CASCADE_BY_CHANNEL:
        printf("  by %s\n", net->channels[step->index].name);
        break;
    case CASCADE_BY_LINK:
        fputs("  by cable\n", stdout);
        break;
    }
}

static void print_fix(const struct fleet *fleet, const struct cascade_fix *fix)
{
    const struct cascade_net *net = &fleet->net;
    const struct cascade_link *link = &net->links[fix->index];

    switch (fix->remedy) {
    case CASCADE_RAISE:
        printf("    raise the assurance of %s from %u to %u\n", net->hosts[fix->index].name,
               net->hosts[fix->index].assurance, fix->value);
        break;
    case CASCADE_ONE_WAY:
        printf("    let data pass only %s between %s/%s and network %s\n",
               fix->value == CASCADE_TO_HOST ? "to the host" : "to the network",
               net->hosts[link->host].name, net->levels[link->level],
               net->networks[link->network].name);
        break;
    case CASCADE_REMOVE:
        printf("    take %s/%s off network %s\n", net->hosts[link->host].name,
               net->levels[link->level], net->networks[link->network].name);
        break;
    case CASCADE_REVOKE:
        printf("    on %s, revoke %s\n", net->hosts[net->channels[fix->index].host].name,
               net->channels[fix->index].name);
        break;
    }
}

static void print_finding(const struct fleet *fleet, const struct cascade_finding *finding)
{
    static const char *const kinds[] = {"LOCAL", "DIRECT", "CASCADE"};
    const struct cascade_net *net = &fleet->net;

    printf("%s: ", kinds[finding->kind]);
    print_vertex(net, finding->from);
    fputs(" -> ", stdout);
    print_vertex(net, finding->steps[finding->step_count - 1].to);
    if (finding->required == CASCADE_NEVER)
        printf(": must never be; what is in its way has assurance %u\n", finding->resistance);
    else
        printf(": requires assurance %u; what is in its way has %u\n", finding->required,
               finding->resistance);
    fputs("  path\n    ", stdout);
    print_vertex(net, finding->from);
    fputc('\n', stdout);
    for (uint32_t i = 0; i < finding->step_count; i++)
        print_step(net, &finding->steps[i]);
    if (finding->fix_count == 0)
        puts("  no single change removes it");
    else
        puts("  each of these removes it");
    for (uint32_t i = 0; i < finding->fix_count; i++)
        print_fix(fleet, &finding->fixes[i]);
}

static enum exit_status analyse(struct fleet *fleet, uint32_t limit)
{
    struct cascade_result result;

    fleet_finish(fleet);
    cascade_run(&fleet->arena, &fleet->net, limit, true, &result);
    uint64_t total = result.locals + result.directs + result.cascades;
    for (uint32_t i = 0; i < result.finding_count; i++)
        print_finding(fleet, &result.findings[i]);
    if (result.finding_count < total)
        printf("and %llu more; --limit says how many are described\n",
               (unsigned long long)total - result.finding_count);
    if (result.fix_count > 0 && total > 1) {
        puts("together these remove all that a change can remove");
        for (uint32_t i = 0; i < result.fix_count; i++)
            print_fix(fleet, &result.fixes[i]);
    }
    printf("%u hosts, %u networks: %llu local, %llu direct, %llu cascades\n", fleet->net.host_count,
           fleet->net.network_count, (unsigned long long)result.locals,
           (unsigned long long)result.directs, (unsigned long long)result.cascades);
    return total > 0 ? EXIT_FINDINGS : EXIT_GOOD;
}

/* Reads one manifest; its payloads are not looked at. */
static enum exit_status add_manifest(struct fleet *fleet, struct cascade_table *table,
                                     const char *path)
{
    struct check check = {.path = path};
    enum exit_status status = EXIT_ENVIRONMENT;
    struct mapped mapped;

    if (!mapped_open(path, &mapped))
        return status;
    schema_read(&check, mapped.bytes, mapped.size);
    mapped_close(&mapped);
    status = check.errors > 0 ? EXIT_FINDINGS : EXIT_GOOD;
    check_print(&check, stdout);
    if (status == EXIT_GOOD)
        fleet_add(fleet, table, &check);
    check_close(&check);
    return status;
}

static enum exit_status run(const char *table_path, uint32_t limit, char **paths)
{
    struct fleet fleet = {.table_follows = !table_path};
    struct cascade_table table = {0};
    struct check check = {0};
    enum exit_status worst = EXIT_GOOD;

    cascade_table_deny(&table);
    if (table_path) {
        worst = !cascade_table_read(&check, table_path, &table) ? EXIT_ENVIRONMENT
                : check.errors > 0                              ? EXIT_FINDINGS
                                                                : EXIT_GOOD;
        check_print(&check, stdout);
    }
    for (; *paths && worst != EXIT_ENVIRONMENT; paths++) {
        enum exit_status status = add_manifest(&fleet, &table, *paths);

        worst = status > worst ? status : worst;
    }
    if (worst == EXIT_GOOD && fleet.problems > 0)
        worst = EXIT_FINDINGS;
    if (worst == EXIT_GOOD)
        worst = analyse(&fleet, limit);
    else
        fputs("bulkhead cascade: nothing was analysed\n", stderr);
    check_close(&check);
    arena_free(&fleet.arena);
    return worst;
}

int cascade_main(int argc, char **argv)
{
    static const struct option options[] = {{"table", required_argument, NULL, 't'},
                                            {"limit", required_argument, NULL, 'n'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *table = NULL;
    unsigned long limit = DESCRIBED;
    char *end = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "t:n:h", options, NULL)) != -1) {
        if (option == 'h') {
            fputs(cascade_help, stdout);
            return EXIT_GOOD;
        }
        if (option == 't')
            table = optarg;
        else if (option == 'n')
            limit = strtoul(optarg, &end, 10);
        else
            return EXIT_USAGE;
        if (option == 'n' && (end == optarg || *end != 0 || limit > DESCRIBED_MAX)) {
            fputs("bulkhead cascade: --limit takes a number up to 1000\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        fputs("bulkhead cascade: name manifests; `bulkhead cascade --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    return run(table, (uint32_t)limit, argv + optind);
}
