/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead cascade`. */
#include "mapped.h"
#include "tool.h"
#include "tools/cascade/fleet.h"
#include "tools/cascade/print.h"
#include "tools/manifest/schema.h"

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
    "                     flow downwards, whatever the assurance, and the manifests' `levels:`\n"
    "                     together say what is up (each may have some of the levels only)\n"
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

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/*
 * Where nothing may flow downwards whatever the assurance, a host that has two levels is a finding
 * that no change of cables removes.
 */
static void print_way_out(const struct cascade_result *result)
{
    bool stuck = false;

    for (uint32_t i = 0; i < result->finding_count; i++)
        stuck |= result->findings[i].fix_count == 0;
    if (stuck)
        puts(
            "no table was given, so no assurance is enough: where no change removes a finding, the "
            "way out is a table\nof the assurance that the site requires between its levels "
            "(--table; `bulkhead cascade --help` shows one)");
}

static enum exit_status analyse(struct fleet *fleet, uint32_t limit, bool has_table)
{
    struct cascade_result result;

    fleet_finish(fleet);
    cascade_run(&fleet->arena, &fleet->net, limit, true, &result);
    uint64_t total = result.locals + result.directs + result.cascades;
    for (uint32_t i = 0; i < result.finding_count; i++)
        cascade_print_finding(&fleet->net, &result.findings[i], stdout);
    if (result.finding_count < total)
        printf("and %llu more; --limit says how many are described\n",
               (unsigned long long)total - result.finding_count);
    if (result.fix_count > 0 && total > 1) {
        puts("together these remove all that a change can remove");
        for (uint32_t i = 0; i < result.fix_count; i++)
            cascade_print_fix(&fleet->net, &result.fixes[i], stdout);
    }
    if (!has_table)
        print_way_out(&result);
    printf("%u host%s, %u network%s: %llu local, %llu direct, %llu cascade%s\n",
           fleet->net.host_count, plural(fleet->net.host_count), fleet->net.network_count,
           plural(fleet->net.network_count), (unsigned long long)result.locals,
           (unsigned long long)result.directs, (unsigned long long)result.cascades,
           plural(result.cascades));
    return total > 0 ? EXIT_FINDINGS : EXIT_GOOD;
}

/* Reads one manifest; its payloads are not looked at. */
static enum exit_status add_manifest(struct fleet *fleet, const struct cascade_table *table,
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
    check_print(&check, stderr);
    if (status == EXIT_GOOD)
        fleet_add(fleet, table, &check);
    check_close(&check);
    return status;
}

static enum exit_status run(const char *table_path, uint32_t limit, char **paths)
{
    struct fleet fleet = {0};
    struct cascade_table table = {0};
    struct check check = {0};
    enum exit_status worst = EXIT_GOOD;

    if (table_path) {
        worst = !cascade_table_read(&check, table_path, &table) ? EXIT_ENVIRONMENT
                : check.errors > 0                              ? EXIT_FINDINGS
                                                                : EXIT_GOOD;
        check_print(&check, stderr);
    }
    /* Against a table that is not good every manifest would be wrong. */
    for (bool go_on = worst == EXIT_GOOD; *paths && go_on; paths++) {
        enum exit_status status = add_manifest(&fleet, table_path ? &table : NULL, *paths);

        worst = status > worst ? status : worst;
        go_on = worst != EXIT_ENVIRONMENT;
    }
    if (worst == EXIT_GOOD && fleet.problems > 0)
        worst = EXIT_FINDINGS;
    if (worst == EXIT_GOOD)
        worst = analyse(&fleet, limit, table_path != NULL);
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

    while ((option = next_option(argc, argv, "t:n:h", options)) != -1) {
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
