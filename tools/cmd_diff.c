/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead diff`. */
#include "json.h"
#include "tool.h"
#include "tools/diff/diff.h"
#include "tools/manifest/schema_parse.h"

#include <getopt.h>
#include <string.h>

const char diff_help[] =
    "usage: bulkhead diff [OPTION...] OLD NEW\n"
    "\n"
    "Says what changed between two manifests of one machine: who may do what, what each domain\n"
    "owns, boots and reaches, labels and classification, what is accepted; one line a change,\n"
    "with the lines of both files:\n"
    "\n"
    "  + only in NEW      - only in OLD      ~ in both, with another value\n"
    "\n"
    "[more] marks what there is more to attack with: paths, exposed networks, removable media,\n"
    "grants, exceptions; [less] the contrary. Both manifests must pass `bulkhead check`; nothing\n"
    "has expired in OLD.\n"
    "\n"
    "A device whose owner is another domain now, or has another label, still holds what the\n"
    "earlier one left: NEW must say `sanitized_by` there. A device is known by its serial number,\n"
    "else by its address and id.\n"
    "\n"
    "      --format text|json   json: one object\n"
    "      --date YYYY-MM-DD    the day to compare dates of NEW with, instead of today\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 good, changed or not, 1 a rule is broken, 2 wrong usage, 3 a manifest cannot\n"
    "be read.\n"
    "\n"
    "Examples:\n"
    "  bulkhead diff approved/gate-7.yaml gate-7.yaml\n"
    "  bulkhead show gate-7.efi > built.yaml && bulkhead diff built.yaml gate-7.yaml\n";

struct job {
    bool json;
    uint64_t today; /* days since 1970-01-01; 0: today */
};

static void put_place(struct place at, const char *before)
{
    fputs(before, stdout);
    if (!is_written(at)) {
        fputs("by default", stdout);
        return;
    }
    put_safely(stdout, at.file);
    printf(":%u", at.line);
}

static void print_change(const struct change *change)
{
    const char *value = change->sign == '-' ? change->old_value : change->new_value;

    printf("  %c ", change->sign);
    put_safely(stdout, change->what);
    if (change->sign == '~') {
        fputs(": ", stdout);
        put_safely(stdout, change->old_value);
        fputs(" -> ", stdout);
        put_safely(stdout, change->new_value);
        put_place(change->old_at, " (");
        put_place(change->new_at, ", ");
    } else {
        fputs(value ? ": " : "", stdout);
        put_safely(stdout, value ? value : "");
        put_place(change->sign == '-' ? change->old_at : change->new_at, " (");
    }
    puts(change->surface && change->sign == '+'   ? ") [more]"
         : change->surface && change->sign == '-' ? ") [less]"
                                                  : ")");
}

static void print_text(const struct diff *diff)
{
    const char *group = "";

    for (size_t i = 0; i < diff->count; i++) {
        if (strcmp(group, diff->changes[i].group) != 0) {
            group = diff->changes[i].group;
            put_safely(stdout, group);
            fputc('\n', stdout);
        }
        print_change(&diff->changes[i]);
    }
    if (diff->count == 0)
        puts("no change");
    else if (diff->grew + diff->shrank == 0)
        puts("attack surface: as before");
    else
        printf("attack surface: %s, %zu more and %zu less\n",
               diff->grew > 0 ? "grew" : "did not grow", diff->grew, diff->shrank);
}

static void put_json(const char *key, const char *text)
{
    printf("\"%s\": ", key);
    if (text)
        json_string(stdout, text);
    else
        fputs("null", stdout);
}

static void put_json_side(const char *side, const char *value, struct place at)
{
    printf(", \"%s\": {", side);
    put_json("value", value);
    fputs(", ", stdout);
    put_json("file", at.file);
    printf(", \"line\": %u}", at.line);
}

static void print_json_change(const struct change *change)
{
    printf("{\"change\": \"%c\", ", change->sign);
    put_json("group", change->group);
    fputs(", ", stdout);
    put_json("what", change->what);
    if (change->sign != '+')
        put_json_side("old", change->old_value, change->old_at);
    if (change->sign != '-')
        put_json_side("new", change->new_value, change->new_at);
    printf(", \"surface\": %s}", change->surface ? "true" : "false");
}

static void print_json(const struct diff *diff, bool compared)
{
    printf("{\"compared\": %s, \"changes\": [", compared ? "true" : "false");
    for (size_t i = 0; i < diff->count; i++) {
        fputs(i == 0 ? "\n  " : ",\n  ", stdout);
        print_json_change(&diff->changes[i]);
    }
    printf("],\n\"surface_more\": %zu, \"surface_less\": %zu,\n\"old\": ", diff->grew,
           diff->shrank);
    check_print_json(&diff->old, stdout);
    fputs(",\n\"new\": ", stdout);
    check_print_json(&diff->new, stdout);
    fputs("}\n", stdout);
}

static enum exit_status compare(const struct job *job, const char *old, const char *new)
{
    struct diff diff = {.today = (uint32_t)job->today};
    enum exit_status status = EXIT_ENVIRONMENT;

    if (diff_open(&diff, old, new)) {
        status = diff.old.errors + diff.new.errors > 0 ? EXIT_FINDINGS : EXIT_GOOD;
        if (job->json) {
            print_json(&diff, diff.compared);
        } else {
            if (diff.compared)
                print_text(&diff);
            check_print(&diff.old, stderr);
            check_print(&diff.new, stderr);
        }
        if (!diff.compared)
            fputs("bulkhead diff: nothing was compared, as a manifest is not good\n", stderr);
    }
    diff_close(&diff);
    return status;
}

/* Returns false after --help or a wrong option, with what to end with in `status`. */
static bool read_options(int argc, char **argv, struct job *job, enum exit_status *status)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"date", required_argument, NULL, 'd'},
                                            {0}};
    int option;

    *status = EXIT_USAGE;
    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option == 'h') {
            fputs(diff_help, stdout);
            *status = EXIT_GOOD;
            return false;
        }
        job->json = option == 'f' ? strcmp(optarg, "json") == 0 : job->json;
        if (option == 'f' && (job->json || strcmp(optarg, "text") == 0))
            continue;
        if (option == 'd' && parse_date(optarg, &job->today))
            continue;
        if (option != '?')
            fputs(option == 'f' ? "bulkhead diff: --format is text or json\n"
                                : "bulkhead diff: --date is a date such as 2027-06-30\n",
                  stderr);
        return false;
    }
    return true;
}

int diff_main(int argc, char **argv)
{
    enum exit_status status;
    struct job job = {0};

    if (!read_options(argc, argv, &job, &status))
        return status;
    if (optind + 2 != argc) {
        fputs("bulkhead diff: name two manifests; `bulkhead diff --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    return compare(&job, argv[optind], argv[optind + 1]);
}
