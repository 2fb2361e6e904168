/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead check`. */
#include "tool.h"
#include "tools/image/payload.h"
#include "tools/manifest/label.h"
#include "tools/manifest/schema_parse.h"
#include "tools/rules/assurance.h"
#include "tools/rules/check_fleet.h"
#include "tools/rules/undone.h"

#include <getopt.h>
#include <string.h>

const char check_help[] =
    "usage: bulkhead check [OPTION...] MANIFEST...\n"
    "       bulkhead check [OPTION...] --fleet FOLDER\n"
    "\n"
    "Says everything that is wrong with a manifest, one line a finding, sorted by place:\n"
    "\n"
    "  FILE:LINE:COLUMN: error[RULE]: what is wrong, and the other party; what to do about it\n"
    "\n"
    "MANIFEST is a YAML file, or - for standard input. Payloads with a relative path are looked\n"
    "for in the manifest's folder first, then in the current directory.\n"
    "\n"
    "A manifest:\n"
    "\n"
    "  host: gate-7\n"
    "  platform: {cpu: intel, processors: 4, memory: 4G}\n"
    "  domains:\n"
    "    - name: office\n"
    "      cpus: 2                              # a number, or APIC ids: [2, 3]\n"
    "      memory: 512M\n"
    "      boot: {linux: vmlinuz, initrd: initrd.img, cmdline: console=ttyS0}\n"
    "      serial: {port: com2}\n"
    "      on_exit: {do: restart, limit: 3, within: 60s}\n"
    "    - name: control\n"
    "      cpus: 1\n"
    "      memory: 64M\n"
    "      boot: {elf64: control.elf}\n"
    "\n"
    "      --fleet FOLDER       check each *.yaml and *.yml directly in FOLDER by itself (files\n"
    "                           that only others include are parts of those), and then the rules\n"
    "                           across hosts: what may be on one host only, networks, firewalls\n"
    "      --format text|json   json: one array, an object for each manifest\n"
    "      --table FILE         what the site requires between levels, as `bulkhead cascade` "
    "takes\n"
    "                           it: is each host assured that far by itself?\n"
    "      --date YYYY-MM-DD    the day to compare dates with, instead of today\n"
    "  -h, --help               this text\n"
    "\n"
    "Exit status: 0 good (perhaps with warnings), 1 errors found, 2 wrong usage, 3 a manifest\n"
    "cannot be read.\n"
    "\n"
    "Examples:\n"
    "  bulkhead check gate-7.yaml\n"
    "  bulkhead check --fleet hosts/ --table site.table\n"
    "  sed s/512M/1G/ gate-7.yaml | bulkhead check -\n";

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static void print_good(const struct check *check, FILE *out)
{
    uint64_t cpus = 0, memory = 0;

    for (uint32_t i = 0; i < check->model.domains.count; i++) {
        cpus += model_domain(&check->model, i)->cpus.value;
        memory += model_domain(&check->model, i)->memory.value;
    }
    struct label machine = label_join(label_of(&check->model, &check->model.classification),
                                      label_of_machine(&check->model));
    struct arena arena = {0};

    put_safely(out, check->path);
    fprintf(out, ": good: %s, %u domain%s with %llu processor%s and %lluM", check->model.host.value,
            check->model.domains.count, plural(check->model.domains.count),
            (unsigned long long)cpus, plural(cpus), (unsigned long long)(memory >> 20));
    if (machine.level > 0)
        fprintf(out, ", classified %s", label_text(&arena, &check->model, machine));
    fputc('\n', out);
    arena_free(&arena);
}

struct job {
    bool json;
    uint64_t today;                    /* days since 1970-01-01; 0: today */
    int printed;                       /* manifests so far */
    const char *fleet;                 /* folder; NULL: manifests are named */
    const struct cascade_table *table; /* NULL: none was given */
};

static void print_text(struct check *check)
{
    check_print(check, stdout);
    if (check->errors == 0) {
        print_good(check, stdout);
        undone_print(check, stderr);
    } else {
        fprintf(stderr, "bulkhead: %zu error%s, %zu warning%s\n", check->errors,
                plural(check->errors), check->warnings, plural(check->warnings));
    }
}

static enum exit_status print_checked(struct job *job, struct check *check)
{
    if (job->table) {
        rules_table_apply(check, job->table);
        check_sort(check);
    }
    if (job->json) {
        fputs(job->printed++ ? ",\n" : "", stdout);
        check_print_json(check, stdout);
    } else {
        print_text(check);
    }
    return check->errors > 0 ? EXIT_FINDINGS : EXIT_GOOD;
}

static enum exit_status check_one(struct job *job, const char *path)
{
    struct check check = {.today = (uint32_t)job->today};
    enum exit_status status = EXIT_ENVIRONMENT;

    if (check_manifest(&check, path))
        status = print_checked(job, &check);
    check_close(&check);
    return status;
}

static enum exit_status check_fleet(struct job *job)
{
    struct fleet_check fleet = {.today = (uint32_t)job->today};
    enum exit_status worst = EXIT_ENVIRONMENT;

    if (fleet_check_open(&fleet, job->fleet)) {
        worst = fleet.incomplete ? EXIT_ENVIRONMENT : EXIT_GOOD;
        for (size_t i = 0; i < fleet.count; i++) {
            enum exit_status status = print_checked(job, &fleet.hosts[i]);

            worst = status > worst ? status : worst;
        }
    }
    fleet_check_close(&fleet);
    return worst;
}

static enum exit_status check_all(struct job *job, char **paths)
{
    enum exit_status worst = EXIT_GOOD;

    fputs(job->json ? "[" : "", stdout);
    if (job->fleet)
        worst = check_fleet(job);
    for (; *paths; paths++) {
        enum exit_status status = check_one(job, *paths);

        worst = status > worst ? status : worst;
    }
    fputs(job->json ? "]\n" : "", stdout);
    return worst;
}

/* A table that is not good is none: what it lacks would count as forbidden. */
static enum exit_status check_with_table(struct job *job, const char *table_path, char **paths)
{
    struct cascade_table table = {0};
    struct check check = {0};
    enum exit_status status = EXIT_ENVIRONMENT;

    if (cascade_table_read(&check, table_path, &table)) {
        job->table = &table;
        check_print(&check, check.errors > 0 ? stderr : stdout);
        status = check.errors > 0 ? EXIT_FINDINGS : check_all(job, paths);
        job->table = NULL;
    }
    check_close(&check);
    return status;
}

static bool read_option(struct job *job, int option)
{
    if (option == 'f') {
        job->json = strcmp(optarg, "json") == 0;
        if (job->json || strcmp(optarg, "text") == 0)
            return true;
        fputs("bulkhead check: --format is text or json\n", stderr);
    } else if (option == 'd') {
        if (parse_date(optarg, &job->today))
            return true;
        fputs("bulkhead check: --date is a date such as 2027-06-30\n", stderr);
    } else if (option == 'F') {
        job->fleet = optarg;
        return true;
    }
    return false;
}

int check_main(int argc, char **argv)
{
    static const struct option options[] = {
        {"help", no_argument, NULL, 'h'},        {"format", required_argument, NULL, 'f'},
        {"date", required_argument, NULL, 'd'},  {"fleet", required_argument, NULL, 'F'},
        {"table", required_argument, NULL, 't'}, {0}};
    const char *table = NULL;
    struct job job = {0};
    int option;

    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option == 'h') {
            fputs(check_help, stdout);
            return EXIT_GOOD;
        }
        if (option == 't')
            table = optarg;
        else if (!read_option(&job, option))
            return EXIT_USAGE;
    }
    if ((optind == argc) != (job.fleet != NULL)) {
        fputs("bulkhead check: name manifests, or one folder with --fleet; "
              "`bulkhead check --help` says more\n",
              stderr);
        return EXIT_USAGE;
    }
    return table ? check_with_table(&job, table, argv + optind) : check_all(&job, argv + optind);
}
