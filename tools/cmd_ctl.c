/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead ctl`: its words and options. */
#include "kernel/abi/manifest.h"
#include "tool.h"
#include "tools/ctl/commands.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char ctl_help[] =
    "usage: bulkhead ctl [--host HOST] [--json] COMMAND ...\n"
    "       bulkhead ctl host add NAME --address ADDRESS[:PORT] --server-key DIGEST|FILE.pub\n"
    "                         --key FILE.key --certificate FILE.pem [--replace]\n"
    "       bulkhead ctl host list | host remove NAME\n"
    "\n"
    "Speaks with the management console of a running machine.\n"
    "\n"
    "  machine            what the machine is, and who one is there\n"
    "  domains            all domains, a line each\n"
    "  status NAME        one domain\n"
    "  start NAME, stop NAME, restart NAME\n"
    "                     says when it is done\n"
    "  power-button NAME  tells its system to shut down; with --wait says when it has\n"
    "  check NAME         looks again whether it is separated as when it started\n"
    "  serial NAME        its serial port: what it prints, with its name before each line and\n"
    "                     nothing that could steer the terminal, and what is typed; Ctrl-] leaves\n"
    "  log                the audit trail; its chain is checked as it is read\n"
    "  metrics            figures, as OpenMetrics\n"
    "  compare FILE       whether what runs is what is in an image, or is built from a manifest:\n"
    "                     then with this installation's hypervisor, for the processors that it\n"
    "                     names and, without --cpu and --kernel, for the other vendor's too; what\n"
    "                     the machine is, is the console's word\n"
    "\n"
    "  -H, --host HOST    one of hosts.yaml; needed where that has several\n"
    "      --json         JSON, as the console gives it, in plain ASCII; log: a record a line\n"
    "      --wait SECONDS how long to wait: for start, stop, restart and check at most (120); "
    "after\n"
    "                     power-button; serial: leaves then\n"
    "      --no-wait      start and the like: only gives the ticket\n"
    "      --then-stop    power-button: the console stops what is still up after --wait\n"
    "  -f, --follow       log: and what comes, until Ctrl-C\n"
    "      --from N       log: from record N on\n"
    "      --kernel FILE  compare: as for `bulkhead build`\n"
    "      --cpu VENDOR   likewise\n"
    "  -h, --help         this text\n"
    "\n"
    "Hosts are in ~/.config/bulkhead/hosts.yaml. DIGEST is what `bulkhead key new --role server`\n"
    "printed: nobody but who holds that key gets a request.\n"
    "\n"
    "Exit status: 0 good, 1 the machine refused it, it came to nothing, the audit trail is broken "
    "or\n"
    "has gaps, or the manifest to compare with is not good, 2 wrong usage, 3 no such host, it "
    "does\n"
    "not answer or not as it should, or a file cannot be read or written, 4 compare: it differs.\n"
    "\n"
    "Examples:\n"
    "  bulkhead ctl domains\n"
    "  bulkhead ctl --host gate-7 power-button office --wait 60 --then-stop\n"
    "  bulkhead ctl compare gate-7.efi\n"
    "  bulkhead ctl log -f --json >> gate-7.ndjson\n";

enum { MOST_STOP_SECONDS = 3600 }; /* that a console waits after a power button */

enum option_bit {
    OPTION_JSON = 1 << 0,
    OPTION_WAIT = 1 << 1,
    OPTION_NO_WAIT = 1 << 2,
    OPTION_THEN_STOP = 1 << 3,
    OPTION_FOLLOW = 1 << 4,
    OPTION_FROM = 1 << 5,
    OPTION_KERNEL = 1 << 6,
    OPTION_CPU = 1 << 7,
    OPTION_HOST = 1 << 8,
    OPTION_ADDRESS = 1 << 9,
    OPTION_SERVER_KEY = 1 << 10,
    OPTION_KEY = 1 << 11,
    OPTION_CERTIFICATE = 1 << 12,
    OPTION_REPLACE = 1 << 13,
    OPTIONS_ACT = OPTION_HOST | OPTION_JSON | OPTION_WAIT | OPTION_NO_WAIT,
};

/* What was said on the command line. */
struct words {
    uint32_t given; /* enum option_bit */
    const char *host;
    struct wish wish;
    struct comparison comparison;
    struct host_words host_words;
    int64_t from;
};

enum argument { ARGUMENT_NONE, ARGUMENT_DOMAIN, ARGUMENT_FILE };

static enum exit_status run_machine(struct ctl *ctl, const struct words *words)
{
    (void)words;
    return ctl_machine(ctl);
}

static enum exit_status run_domains(struct ctl *ctl, const struct words *words)
{
    (void)words;
    return ctl_domains(ctl);
}

static enum exit_status run_metrics(struct ctl *ctl, const struct words *words)
{
    (void)words;
    return ctl_metrics(ctl);
}

static enum exit_status run_status(struct ctl *ctl, const struct words *words)
{
    return ctl_status(ctl, words->wish.name);
}

static enum exit_status run_act(struct ctl *ctl, const struct words *words)
{
    return ctl_act(ctl, &words->wish);
}

static enum exit_status run_serial(struct ctl *ctl, const struct words *words)
{
    return ctl_serial(ctl, words->wish.name, words->wish.wait);
}

static enum exit_status run_log(struct ctl *ctl, const struct words *words)
{
    return ctl_log(ctl, words->from, words->given & OPTION_FOLLOW);
}

static enum exit_status run_compare(struct ctl *ctl, const struct words *words)
{
    return ctl_compare(ctl, &words->comparison);
}

static const struct verb {
    const char *name;
    enum exit_status (*run)(struct ctl *ctl, const struct words *words);
    enum argument argument;
    uint32_t options;
} verbs[] = {
    {"machine", run_machine, ARGUMENT_NONE, OPTION_HOST | OPTION_JSON},
    {"domains", run_domains, ARGUMENT_NONE, OPTION_HOST | OPTION_JSON},
    {"status", run_status, ARGUMENT_DOMAIN, OPTION_HOST | OPTION_JSON},
    {"start", run_act, ARGUMENT_DOMAIN, OPTIONS_ACT},
    {"stop", run_act, ARGUMENT_DOMAIN, OPTIONS_ACT},
    {"restart", run_act, ARGUMENT_DOMAIN, OPTIONS_ACT},
    {"power-button", run_act, ARGUMENT_DOMAIN, OPTIONS_ACT | OPTION_THEN_STOP},
    {"check", run_act, ARGUMENT_DOMAIN, OPTIONS_ACT},
    {"serial", run_serial, ARGUMENT_DOMAIN, OPTION_HOST | OPTION_WAIT},
    {"log", run_log, ARGUMENT_NONE, OPTION_HOST | OPTION_JSON | OPTION_FOLLOW | OPTION_FROM},
    {"metrics", run_metrics, ARGUMENT_NONE, OPTION_HOST},
    {"compare", run_compare, ARGUMENT_FILE, OPTION_HOST | OPTION_JSON | OPTION_KERNEL | OPTION_CPU},
};
enum { VERBS = sizeof(verbs) / sizeof(verbs[0]) };

static enum exit_status usage(const char *what, const char *word)
{
    fprintf(stderr, "bulkhead ctl: %s", what);
    if (word) {
        fputs(" `", stderr);
        put_safely(stderr, word);
        fputc('`', stderr);
    }
    fputs("; `bulkhead ctl --help` says more\n", stderr);
    return EXIT_USAGE;
}

/* A number of at most ten digits; -1: it is none. */
static int64_t number_of(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits >= 1 && digits <= 10 && !text[digits] ? atoll(text) : -1;
}

/* An option that the table below has by the bit in `option`. */
static enum exit_status take_option(struct words *words, int option)
{
    words->given |= (uint32_t)option;
    switch (option) {
    case OPTION_WAIT:
        words->wish.wait = number_of(optarg);
        return words->wish.wait < 0 ? usage("--wait takes seconds, not", optarg) : EXIT_GOOD;
    case OPTION_FROM:
        words->from = number_of(optarg);
        return words->from < 0 ? usage("--from takes a record's number, not", optarg) : EXIT_GOOD;
    case OPTION_CPU:
        words->comparison.cpu_vendor = strcmp(optarg, "intel") == 0 ? MANIFEST_CPU_INTEL
                                       : strcmp(optarg, "amd") == 0 ? MANIFEST_CPU_AMD
                                                                    : 0;
        return words->comparison.cpu_vendor ? EXIT_GOOD
                                            : usage("--cpu is intel or amd, not", optarg);
    case OPTION_KERNEL:
        words->comparison.kernel = optarg;
        return EXIT_GOOD;
    case OPTION_HOST:
        words->host = optarg;
        return EXIT_GOOD;
    case OPTION_ADDRESS:
        words->host_words.address = optarg;
        return EXIT_GOOD;
    case OPTION_SERVER_KEY:
        words->host_words.server_key = optarg;
        return EXIT_GOOD;
    case OPTION_KEY:
        words->host_words.key = optarg;
        return EXIT_GOOD;
    case OPTION_CERTIFICATE:
        words->host_words.certificate = optarg;
        return EXIT_GOOD;
    default:
        return EXIT_GOOD;
    }
}

static enum exit_status run_at_host(const struct verb *verb, const struct words *words)
{
    struct ctl ctl = {.json = words->given & OPTION_JSON};
    struct hosts hosts;
    enum exit_status status = EXIT_ENVIRONMENT;

    if (hosts_load(&hosts) && (ctl.host = hosts_find(&hosts, words->host)) != NULL &&
        (ctl.transport = transport_open(ctl.host)) != NULL) {
        status = verb->run(&ctl, words);
        ctl.transport->close(ctl.transport);
    }
    arena_free(&ctl.arena);
    hosts_close(&hosts);
    return status;
}

static enum exit_status run_verb(const struct verb *verb, struct words *words, char **arguments,
                                 int count)
{
    if (words->given & ~verb->options)
        return usage("there is an option that is not for", verb->name);
    if (count != (verb->argument == ARGUMENT_NONE ? 0 : 1))
        return usage(verb->argument == ARGUMENT_NONE     ? "nothing more goes with"
                     : verb->argument == ARGUMENT_DOMAIN ? "name one domain for"
                                                         : "name one file for",
                     verb->name);
    words->wish.action = verb->name;
    if (verb->argument == ARGUMENT_DOMAIN) {
        words->wish.name = arguments[0];
        if (!domain_name_is_good(arguments[0]))
            return usage("no domain can be called", arguments[0]);
    }
    if (verb->argument == ARGUMENT_FILE)
        words->comparison.file = arguments[0];
    if (words->wish.then_stop && (words->wish.wait < 1 || words->wish.wait > MOST_STOP_SECONDS))
        return usage("--then-stop needs --wait SECONDS, from 1 to 3600", NULL);
    if (words->wish.no_wait && words->wish.wait >= 0)
        return usage("--wait and --no-wait are one or the other", NULL);
    return run_at_host(verb, words);
}

static enum exit_status run_host(struct words *words, char **arguments, int count)
{
    const uint32_t more =
        OPTION_ADDRESS | OPTION_SERVER_KEY | OPTION_KEY | OPTION_CERTIFICATE | OPTION_REPLACE;
    struct host_words *host = &words->host_words;

    host->json = words->given & OPTION_JSON;
    host->replace = words->given & OPTION_REPLACE;
    if (count == 1 && strcmp(arguments[0], "list") == 0 && !(words->given & ~OPTION_JSON))
        return ctl_host_list(host);
    host->name = count == 2 ? arguments[1] : NULL;
    if (host->name && strcmp(arguments[0], "add") == 0 && !(words->given & ~more))
        return ctl_host_add(host);
    if (host->name && strcmp(arguments[0], "remove") == 0 && !words->given)
        return ctl_host_remove(host);
    return usage("say `host list`, `host add NAME` with its options, or `host remove NAME`", NULL);
}

static enum exit_status run(struct words *words, char **arguments, int count)
{
    const char *names[VERBS + 1] = {"host"};

    words->wish.no_wait = words->given & OPTION_NO_WAIT;
    words->wish.then_stop = words->given & OPTION_THEN_STOP;
    if (count < 1)
        return usage("say what to do", NULL);
    if (strcmp(arguments[0], "host") == 0)
        return run_host(words, arguments + 1, count - 1);
    for (int i = 0; i < VERBS; i++) {
        if (strcmp(arguments[0], verbs[i].name) == 0)
            return run_verb(&verbs[i], words, arguments + 1, count - 1);
        names[i + 1] = verbs[i].name;
    }
    const char *near = nearest_word(arguments[0], names, VERBS + 1);
    fputs("bulkhead ctl: there is no command `", stderr);
    put_safely(stderr, arguments[0]);
    if (near)
        fprintf(stderr, "`; did you mean `%s`?\n", near);
    else
        fputs("`; `bulkhead ctl --help` says more\n", stderr);
    return EXIT_USAGE;
}

int ctl_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"host", required_argument, NULL, OPTION_HOST},
        {"json", no_argument, NULL, OPTION_JSON},
        {"wait", required_argument, NULL, OPTION_WAIT},
        {"no-wait", no_argument, NULL, OPTION_NO_WAIT},
        {"then-stop", no_argument, NULL, OPTION_THEN_STOP},
        {"follow", no_argument, NULL, OPTION_FOLLOW},
        {"from", required_argument, NULL, OPTION_FROM},
        {"kernel", required_argument, NULL, OPTION_KERNEL},
        {"cpu", required_argument, NULL, OPTION_CPU},
        {"address", required_argument, NULL, OPTION_ADDRESS},
        {"server-key", required_argument, NULL, OPTION_SERVER_KEY},
        {"key", required_argument, NULL, OPTION_KEY},
        {"certificate", required_argument, NULL, OPTION_CERTIFICATE},
        {"replace", no_argument, NULL, OPTION_REPLACE},
        {"help", no_argument, NULL, 'h'},
        {0}};
    struct words words = {.wish.wait = -1};
    int option;

    while ((option = next_option(argc, argv, "hH:f", options)) != -1) {
        if (option == 'h') {
            fputs(ctl_help, stdout);
            return EXIT_GOOD;
        }
        if (option == '?')
            return EXIT_USAGE;
        option = option == 'H' ? OPTION_HOST : option == 'f' ? OPTION_FOLLOW : option;
        enum exit_status status = take_option(&words, option);
        if (status != EXIT_GOOD)
            return status;
    }
    return run(&words, argv + optind, argc - optind);
}
