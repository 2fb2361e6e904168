/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead audit`. */
#include "tool.h"
#include "tools/audit/keep.h"
#include "tools/ctl/api.h"
#include "tools/text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>

enum { EXIT_UNANCHORED = 4 };

const char audit_help[] =
    "usage: bulkhead audit verify [--quiet] FILE...\n"
    "       bulkhead audit collect --output DIR [HOST...]\n"
    "\n"
    "verify says whether the audit trail in each file is whole: records as the console's "
    "/v1/audit\n"
    "has them, a line each, of one boot or of many (docs/audit.md). Each hash is computed anew "
    "from\n"
    "the record's bytes and the hash before; the number, kind, domain and time that stand beside\n"
    "them must agree with the bytes. Of `text`, which is not in the chain, it says where it is not "
    "what\n"
    "this version says of the bytes. FILE may be - for standard input.\n"
    "\n"
    "  unbroken and anchored    it begins with a boot's first record, and each boot says the hash\n"
    "                           of the last record of the one before\n"
    "  unbroken from boot N     what was before can't be tied to it: the machine was off between\n"
    "                           two boots, or the file begins later\n"
    "  records are missing      a gap: in the numbers, between two boots, or the last records of "
    "one\n"
    "  broken                   a record was changed, added or taken out; at which line, and both\n"
    "                           hashes\n"
    "\n"
    "collect adds what each host's trail has grown by to DIR/HOST.ndjson, looks at it the same "
    "way,\n"
    "and says how many records that were. Where the counter of boots went back, or the file is "
    "broken,\n"
    "it goes on in HOST.2.ndjson, and so on. The hosts are those of `bulkhead ctl` (hosts.yaml), "
    "all\n"
    "of them if none is named. A machine keeps its last 1,023 records: collect before it has more, "
    "and\n"
    "after each act that counts.\n"
    "\n"
    "  -o, --output DIR   collect: the folder of the files; it is made where it is missing\n"
    "  -q, --quiet        verify: only findings, no line of what is good\n"
    "  -h, --help         this text\n"
    "\n"
    "Exit status: 0 verify: unbroken and anchored; collect: what came follows on what was there, "
    "a\n"
    "cold start included; 1 broken, records are missing, a boot's head does not follow, or the\n"
    "counter of boots goes back; 2 wrong usage; 3 a file cannot be read or written or is empty, a\n"
    "host does not answer; 4 verify: unbroken from some boot on. Of several files or hosts the "
    "worst\n"
    "counts: 1, then 3, 4, 0.\n"
    "\n"
    "Examples:\n"
    "  bulkhead audit collect -o trails\n"
    "  bulkhead audit verify trails/gate-7.ndjson\n";

/* The worst of what several files or hosts gave. */
static enum exit_status worse(int one, int other)
{
    static const int order[] = {EXIT_FINDINGS, EXIT_ENVIRONMENT, EXIT_UNANCHORED};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (one == order[i] || other == order[i])
            return (enum exit_status)order[i];
    return EXIT_GOOD;
}

static int verify(const char *path, bool quiet)
{
    bool is_input = strcmp(path, "-") == 0;
    FILE *file = is_input ? stdin : fopen(path, "r");
    struct trail trail = {.name = is_input ? "standard input" : path, .out = stdout};
    if (!file) {
        fputs("bulkhead audit: ", stderr);
        put_safely(stderr, path);
        fprintf(stderr, ": %s\n", strerror(errno));
        return EXIT_ENVIRONMENT;
    }
    bool read = keep_read(file, &trail, NULL);
    if (!is_input)
        fclose(file);
    if (!read)
        return EXIT_ENVIRONMENT;
    enum trail_verdict verdict = trail_verdict(&trail);
    if (!quiet || verdict >= TRAIL_GAP)
        trail_print(&trail, stdout);
    if (trail.records == 0 && verdict < TRAIL_GAP)
        return EXIT_ENVIRONMENT;
    return verdict == TRAIL_ANCHORED   ? EXIT_GOOD
           : verdict == TRAIL_UNBROKEN ? EXIT_UNANCHORED
                                       : EXIT_FINDINGS;
}

/* The trail by the console's API; `context` is a struct ctl. */
static bool fetch(void *context, const char *host, uint64_t from, char **text, size_t *bytes)
{
    struct ctl *ctl = context;
    struct reply reply;
    (void)host; /* it is the one that ctl speaks with */
    const char *path = say(&ctl->arena, "/v1/audit?from=%" PRIu64, from);
    if (api_ask(ctl, "GET", path, NULL, &reply) != EXIT_GOOD)
        return false;
    *text = reply.body; /* freed by who keeps it, as reply_close() would */
    *bytes = reply.body ? reply.bytes : 0;
    return true;
}

static int collect_host(const struct host *host, const char *folder)
{
    struct ctl ctl = {.host = host};
    const struct keep_source source = {fetch, &ctl};
    ctl.transport = transport_open(host);
    if (!ctl.transport)
        return EXIT_ENVIRONMENT;
    enum exit_status status = keep_collect(&source, host->name, folder);
    ctl.transport->close(ctl.transport);
    arena_free(&ctl.arena);
    return status;
}

static int collect(char **names, const char *folder)
{
    struct hosts hosts;
    int worst = EXIT_GOOD;
    if (!hosts_load(&hosts)) {
        worst = EXIT_ENVIRONMENT;
    } else if (*names) {
        for (; *names; names++) {
            const struct host *host = hosts_find(&hosts, *names);
            worst = worse(worst, host ? collect_host(host, folder) : EXIT_ENVIRONMENT);
        }
    } else if (hosts.count == 0) {
        fputs("bulkhead audit: hosts.yaml has no hosts; `bulkhead ctl host add` puts them there\n",
              stderr);
        worst = EXIT_ENVIRONMENT;
    } else {
        for (uint32_t i = 0; i < hosts.count; i++)
            worst = worse(worst, collect_host(&hosts.list[i], folder));
    }
    hosts_close(&hosts);
    return worst;
}

static int usage(const char *text)
{
    fprintf(stderr, "bulkhead audit: %s; `bulkhead audit --help` says more\n", text);
    return EXIT_USAGE;
}

int audit_main(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"quiet", no_argument, NULL, 'q'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *folder = NULL;
    bool quiet = false;
    int option, worst = EXIT_GOOD;

    while ((option = next_option(argc, argv, "o:qh", options)) != -1) {
        if (option == 'h') {
            fputs(audit_help, stdout);
            return EXIT_GOOD;
        }
        if (option == 'o')
            folder = optarg;
        else if (option == 'q')
            quiet = true;
        else
            return EXIT_USAGE;
    }
    const char *verb = optind < argc ? argv[optind++] : "";
    if (strcmp(verb, "collect") == 0) {
        if (!folder || quiet)
            return usage(quiet ? "collect takes no --quiet" : "collect needs --output DIR");
        return collect(argv + optind, folder);
    }
    if (strcmp(verb, "verify") != 0)
        return usage("it takes `verify` or `collect`");
    if (folder || optind == argc)
        return usage("verify takes the files that hold trails, and no --output");
    for (int i = optind; i < argc; i++)
        worst = worse(worst, verify(argv[i], quiet));
    return worst;
}
