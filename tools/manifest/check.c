/* SPDX-License-Identifier: Apache-2.0 */
/* One run of `check`: read the file, apply the schema and the rules, sort what was found. */
#include "check.h"

#include "label.h"
#include "schema.h"
#include "tools/hw/inventory.h"
#include "tools/image/parts.h"
#include "tools/image/payload.h"
#include "tools/json.h"
#include "tools/rules/rules.h"
#include "tools/tool.h"
#include "yaml_load.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FINDINGS_MAX = 1000 };

bool check_full(const struct check *check)
{
    return check->errors >= FINDINGS_MAX;
}

static bool is_truncated(const struct check *check)
{
    return check_full(check) || check->errors + check->warnings > check->finding_count;
}

/* Room behind the others; when there is none, an error takes that of the last warning. */
static struct finding *room_for(struct check *check, enum severity severity)
{
    if (check->finding_count == FINDINGS_MAX) {
        for (size_t i = severity == SEVERITY_ERROR ? FINDINGS_MAX : 0; i > 0; i--) {
            if (check->findings[i - 1].rule->severity == SEVERITY_WARNING)
                return &check->findings[i - 1];
        }
        return NULL;
    }
    if (check->finding_count == check->finding_room) {
        size_t room = check->finding_room ? 2 * check->finding_room : 32;
        struct finding *grown = arena_take(&check->arena, room * sizeof(*grown));

        if (check->finding_count > 0)
            memcpy(grown, check->findings, check->finding_count * sizeof(*grown));
        check->findings = grown;
        check->finding_room = room;
    }
    return &check->findings[check->finding_count++];
}

void report_as(struct check *check, const char *rule, struct place at, const char *what,
               const char *remedy)
{
    const struct rule *named = rule_named(rule);

    if (!named) {
        fprintf(stderr, "bulkhead: a finding of the unknown rule %s\n", rule);
        abort();
    }
    if (!is_written(at))
        at = (struct place){check->path, 1, 1};
    *(named->severity == SEVERITY_ERROR ? &check->errors : &check->warnings) += 1;
    struct finding *finding = room_for(check, named->severity);
    if (finding)
        *finding = (struct finding){at, named, what, remedy};
}

void report(struct check *check, struct place at, const char *what, const char *remedy)
{
    report_as(check, check->rule->name, at, what, remedy);
}

const char *line_of(struct check *check, struct place at)
{
    if (!is_written(at))
        return "a default";
    if (strcmp(at.file, check->path) == 0 && check->model.include.count == 0)
        return say(&check->arena, "line %u", at.line);
    return say(&check->arena, "%s:%u", at.file, at.line);
}

uint32_t partition_count(const struct check *check)
{
    return check->model.domains.count + (is_written(check->model.management.at) ? 1 : 0);
}

struct model_domain *partition(struct check *check, uint32_t index)
{
    return index < check->model.domains.count ? model_domain(&check->model, index)
                                              : &check->management;
}

bool boots_own_console(const struct check *check)
{
    const struct model_management *management = &check->model.management;

    return check->console && is_written(management->at) && !is_written(management->boot.at);
}

const char *domain_of(struct check *check, const struct model_domain *domain)
{
    if (domain == &check->management)
        return "management";
    if (domain->name.value)
        return say(&check->arena, "domain %s", domain->name.value);
    return say(&check->arena, "the domain of %s", line_of(check, domain->at));
}

static int compare_places(const struct finding *a, const struct finding *b)
{
    int files = strcmp(a->at.file, b->at.file);

    if (files != 0)
        return files;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return 0;
}

/* Fast enough for the most findings that are kept. */
void check_sort(struct check *check)
{
    for (size_t i = 1; i < check->finding_count; i++) {
        struct finding moved = check->findings[i];
        size_t j = i;

        for (; j > 0 && compare_places(&check->findings[j - 1], &moved) > 0; j--)
            check->findings[j] = check->findings[j - 1];
        check->findings[j] = moved;
    }
}

bool check_today(uint32_t *days)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    unsigned long long seconds = (unsigned long long)time(NULL);

    if (epoch && *epoch) {
        errno = 0;
        seconds = strtoull(epoch, NULL, 10);
        if (epoch[strspn(epoch, "0123456789")] != 0 || errno != 0)
            return false;
    }
    seconds /= 24ull * 60 * 60;
    *days = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
    return true;
}

void check_text(struct check *check, const char *path, const char *text, size_t bytes)
{
    check->path = path;
    if (check->today == 0)
        check_today(&check->today);
    schema_read(check, text, bytes);
    check->management.at = check->model.management.at;
    check->management.cpus = check->model.management.cpus;
    check->management.memory = check->model.management.memory;
    check->management.boot = check->model.management.boot;
    check->management.serial = check->model.management.serial;
    if (boots_own_console(check))
        check->management.boot.elf64 = (struct text){check->model.management.at, check->console};
    if (check->cpu_vendor)
        check->model.platform.cpu.value = check->cpu_vendor;
    rules_apply(check);
    check_sort(check);
}

static bool complain(const char *path, const char *why)
{
    fputs("bulkhead: ", stderr);
    put_safely(stderr, path);
    fprintf(stderr, ": %s\n", why);
    return false;
}

/* Reads at most one byte more than a manifest may have. */
static bool read_all(int file, char *text, size_t *bytes)
{
    ssize_t got;

    *bytes = 0;
    do {
        got = read(file, text + *bytes, YAML_MAX_BYTES + 1 - *bytes);
        if (got > 0)
            *bytes += (size_t)got;
    } while ((got > 0 && *bytes <= YAML_MAX_BYTES) || (got < 0 && errno == EINTR));
    return got >= 0;
}

bool check_manifest(struct check *check, const char *path)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct stat status;
    size_t bytes;

    if (check->today == 0 && !check_today(&check->today))
        return complain("SOURCE_DATE_EPOCH", "is no number of seconds");
    if (!check->console) {
        const char *built = part_path(&check->arena, PART_CONSOLE);

        check->console = access(built, R_OK) == 0 ? built : NULL;
    }
    if (!standard_input && stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return complain(path, "is no regular file; `-` reads a manifest from standard input");
    int file = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return complain(path, strerror(errno));
    char *text = malloc(YAML_MAX_BYTES + 1); /* not the arena's: a fleet keeps that */
    if (!text) {
        fputs("bulkhead: out of memory\n", stderr);
        exit(EXIT_ENVIRONMENT);
    }
    bool good = read_all(file, text, &bytes) || complain(path, strerror(errno));
    if (!standard_input)
        close(file);
    if (good)
        check_text(check, standard_input ? "standard input" : path, text, bytes);
    free(text);
    return good;
}

void check_close(struct check *check)
{
    inventory_close(check);
    payloads_close(check);
    arena_free(&check->arena);
}

static const char *const severities[] = {"error", "warning"};

static void put_json(FILE *out, const char *key, const char *text)
{
    fprintf(out, "\"%s\": ", key);
    json_string(out, text);
    fputs(", ", out);
}

void check_print_json(const struct check *check, FILE *out)
{
    struct arena arena = {0};
    struct label machine = label_join(label_of(&check->model, &check->model.classification),
                                      label_of_machine(&check->model));

    fputc('{', out);
    put_json(out, "manifest", check->path);
    put_json(out, "host", check->model.host.value ? check->model.host.value : "");
    if (machine.level > 0)
        put_json(out, "classification", label_text(&arena, &check->model, machine));
    fprintf(out, "\"errors\": %zu, \"warnings\": %zu, \"truncated\": %s, \"findings\": [",
            check->errors, check->warnings, is_truncated(check) ? "true" : "false");
    for (size_t i = 0; i < check->finding_count; i++) {
        const struct finding *finding = &check->findings[i];

        fputs(i == 0 ? "\n  {" : ",\n  {", out);
        put_json(out, "file", finding->at.file);
        fprintf(out, "\"line\": %u, \"column\": %u, ", finding->at.line, finding->at.column);
        put_json(out, "severity", severities[finding->rule->severity]);
        put_json(out, "rule", finding->rule->name);
        put_json(out, "what", finding->what);
        fputs("\"remedy\": ", out);
        json_string(out, finding->remedy);
        fputc('}', out);
    }
    fputs("]}", out);
    arena_free(&arena);
}

void check_print(const struct check *check, FILE *out)
{
    for (size_t i = 0; i < check->finding_count; i++) {
        const struct finding *finding = &check->findings[i];

        put_safely(out, finding->at.file);
        fprintf(out, ":%u:%u: %s[%s]: ", finding->at.line, finding->at.column,
                severities[finding->rule->severity], finding->rule->name);
        put_safely(out, finding->what);
        fputs("; ", out);
        put_safely(out, finding->remedy);
        fputc('\n', out);
    }
    if (is_truncated(check))
        fprintf(out,
                "not all is shown: at most %d findings are, errors before warnings; correct these "
                "and check again\n",
                FINDINGS_MAX);
}
