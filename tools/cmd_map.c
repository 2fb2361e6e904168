/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead map`: the command, and the table for a terminal. */
#include "tool.h"
#include "tools/manifest/schema_parse.h"
#include "tools/map/map.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char map_help[] =
    "usage: bulkhead map [OPTION...] MANIFEST\n"
    "\n"
    "Shows who owns which processor, memory, serial port, device and network, of a manifest that\n"
    "has no error. MANIFEST is a YAML file, or - for standard input.\n"
    "\n"
    "      --format text|json|svg   text: a table; json: one object; svg: a picture\n"
    "      --date YYYY-MM-DD        the day to compare dates with, instead of today\n"
    "  -h, --help                   this text\n"
    "\n"
    "The table is coloured on a terminal unless NO_COLOR is set.\n"
    "\n"
    "Exit status: 0 good, 1 the manifest has errors, 2 wrong usage, 3 it cannot be read.\n"
    "\n"
    "Examples:\n"
    "  bulkhead map gate-7.yaml\n"
    "  bulkhead map --format svg gate-7.yaml >gate-7.svg\n"
    "  bulkhead map --format json gate-7.yaml | jq '.domains[].devices'\n";

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SVG };

/* Sequences that a terminal takes, or "". */
struct colours {
    const char *bold, *alarm, *plain;
};

static struct colours colours_of(int file)
{
    const char *no = getenv("NO_COLOR");

    if (!isatty(file) || (no && *no))
        return (struct colours){"", "", ""};
    return (struct colours){"\033[1m", "\033[1;31m", "\033[0m"};
}

static int wider(int width, const char *text)
{
    int length = (int)strlen(text);

    return length > width ? length : width;
}

static void text_networks(const struct map *map, struct colours colours)
{
    const struct model *model = &map->check->model;
    struct arena *arena = &map->check->arena;
    int name = 7, label = 5;

    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);

        name = wider(name, network->name.value);
        label = wider(label, label_text(arena, model, label_of(model, &network->label)));
    }
    if (model->networks.count > 0)
        printf("\n%s%-*s  %-*s  REACHED BY%s\n", colours.bold, name, "NETWORK", label, "LABEL",
               colours.plain);
    for (uint32_t i = 0; i < model->networks.count; i++) {
        const struct model_network *network = model_network(model, i);
        const char *separator = "";

        printf("%-*s  %-*s  ", name, network->name.value, label,
               label_text(arena, model, label_of(model, &network->label)));
        if (network->exposed.value)
            printf("%sstrangers (EXPOSED)%s, ", colours.alarm, colours.plain);
        for (uint32_t j = 0; j < map->owner_count; j++) {
            if (!map_reaches(&map->owners[j], network))
                continue;
            printf("%s%s", separator, map->owners[j].name);
            separator = ", ";
        }
        fputs(*separator ? "" : "nobody here", stdout);
        for (uint32_t j = 0; j < network->trunk.count; j++)
            printf("%s%s", j > 0 ? ", " : "; one cable with ",
                   listed_text(&network->trunk, j)->value);
        if (is_written(network->one_way.at))
            printf("; only from %s to %s", network->one_way.from.value, network->one_way.to.value);
        fputc('\n', stdout);
    }
}

static void text_devices(const struct map *map, const struct owner *owner)
{
    struct arena *arena = &map->check->arena;

    for (uint32_t i = 0; i < owner->device_count; i++) {
        const struct model_device *device = &owner->devices[i];
        const char *network = device->network.value;

        printf("  device %s  %-9s", pci_text(arena, device->pci.value),
               device->id.valid ? pci_id_text(arena, device->id.value) : "any id");
        const char *notes = map_device_notes(arena, device, ", ");

        printf("%s%s%s", network ? "  network " : "", network ? network : "",
               !*notes   ? ""
               : network ? ", "
                         : "  ");
        put_safely(stdout, notes);
        fputc('\n', stdout);
    }
}

static void text_map(const struct map *map)
{
    struct arena *arena = &map->check->arena;
    struct colours colours = colours_of(STDOUT_FILENO);
    int name = 5, label = 5, cpus = 10, memory = 6, serial = 6;
    bool roles = false;

    for (uint32_t i = 0; i < map->owner_count; i++) {
        name = wider(name, map->owners[i].name);
        label = wider(label, map->owners[i].label);
        cpus = wider(cpus, map_cpus(arena, map->owners[i].cpus));
        memory = wider(memory, map_memory(arena, &map->owners[i]));
        serial = wider(serial, map->owners[i].serial);
        roles |= *map->owners[i].role != 0;
    }
    printf("%s%s%s", colours.bold, map->check->model.host.value, colours.plain);
    if (map->classification)
        printf(", classified %s%s%s", colours.bold, map->classification, colours.plain);
    if (*map->unsafe)
        printf(", %sLAB, unsafe: %s%s", colours.alarm, map->unsafe, colours.plain);
    printf("\n\n%s%-*s  %-*s  %-*s  %-*s  %-*s%s%s\n", colours.bold, name, "OWNER", label, "LABEL",
           cpus, "PROCESSORS", memory, "MEMORY", roles ? serial : 0, "SERIAL",
           roles ? "  ROLE" : "", colours.plain);
    for (uint32_t i = 0; i < map->owner_count; i++) {
        const struct owner *owner = &map->owners[i];

        printf("%s%-*s%s  %-*s  %-*s  %-*s  %-*s%s%s\n", colours.bold, name, owner->name,
               colours.plain, label, owner->label, cpus, map_cpus(arena, owner->cpus), memory,
               map_memory(arena, owner), *owner->role ? serial : 0, owner->serial,
               *owner->role ? "  " : "", owner->role);
        text_devices(map, owner);
    }
    printf("hypervisor or nobody: %s\n", map->rest);
    text_networks(map, colours);
}

struct job {
    enum format format;
    uint64_t today; /* days since 1970-01-01; 0: today */
};

static enum exit_status show_map(const struct job *job, const char *path)
{
    struct check check = {.today = (uint32_t)job->today};
    enum exit_status status = EXIT_ENVIRONMENT;
    struct map map;

    if (check_manifest(&check, path)) {
        check_print(&check, stderr);
        status = check.errors > 0 ? EXIT_FINDINGS : EXIT_GOOD;
    }
    if (status == EXIT_GOOD) {
        map_make(&map, &check);
        if (job->format == FORMAT_JSON)
            map_json(&map, stdout);
        else if (job->format == FORMAT_SVG)
            map_svg(&map, stdout);
        else
            text_map(&map);
        if (fflush(stdout) != 0 || ferror(stdout)) {
            fputs("bulkhead map: the output cannot be written\n", stderr);
            status = EXIT_ENVIRONMENT;
        }
    }
    check_close(&check);
    return status;
}

static bool read_option(struct job *job, int option)
{
    static const char *const formats[] = {"text", "json", "svg"};

    if (option == 'f') {
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
            if (strcmp(optarg, formats[i]) == 0) {
                job->format = (enum format)i;
                return true;
            }
        }
        fputs("bulkhead map: --format is text, json or svg\n", stderr);
    } else if (option == 'd') {
        if (parse_date(optarg, &job->today))
            return true;
        fputs("bulkhead map: --date is a date such as 2027-06-30\n", stderr);
    }
    return false;
}

int map_main(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"date", required_argument, NULL, 'd'},
                                            {0}};
    struct job job = {0};
    int option;

    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option == 'h') {
            fputs(map_help, stdout);
            return EXIT_GOOD;
        }
        if (!read_option(&job, option))
            return EXIT_USAGE;
    }
    if (optind + 1 != argc) {
        fputs("bulkhead map: name one manifest; `bulkhead map --help` says more\n", stderr);
        return EXIT_USAGE;
    }
    return show_map(&job, argv[optind]);
}
