/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a test's file. */
#include "spec.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct spec *spec;
    const char *directory;
    const char *complaint; /* NULL: the line is good */
    bool elsewhere;        /* these lines are for another machine */
    char regex_error[128];
};

/* Takes the next word off `*rest` into `word`; false when there is none or it is too long. */
static bool take_word(char **rest, char *word, size_t room)
{
    *rest += strspn(*rest, " \t");
    size_t length = strcspn(*rest, " \t");
    if (length == 0 || length >= room)
        return false;
    memcpy(word, *rest, length);
    word[length] = 0;
    *rest += length;
    *rest += strspn(*rest, " \t");
    return true;
}

static bool take_number(char **rest, unsigned long *number)
{
    char word[32], *end;
    if (!take_word(rest, word, sizeof(word)) || !isdigit((unsigned char)*word))
        return false;
    *number = strtoul(word, &end, 0);
    return *end == 0;
}

static bool keep(char *out, size_t room, const char *text)
{
    return *text && (size_t)snprintf(out, room, "%s", text) < room;
}

static const char *const step_words[] = {"must",  "then", "times", "send",
                                         "never", "hush", "below", NULL};
static const char *const damage_words[] = {"flip", "poke", "redigest", "cut", NULL};

static int word_index(const char *const *words, const char *word)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

/* The number of a port; -1: it is none. */
static int port_of(const char *name, bool to_send)
{
    if (strcmp(name, "host") == 0)
        return SPEC_HOST;
    if (to_send && strcmp(name, "monitor") == 0)
        return SPEC_MONITOR;
    return strncmp(name, "com", 3) == 0 && name[3] >= '1' && name[3] < '1' + SERIAL_PORTS &&
                   !name[4]
               ? name[3] - '1'
               : -1;
}

static void read_step(struct reader *reader, enum step_kind kind, char *rest)
{
    struct spec *spec = reader->spec;
    char port[16];
    if (spec->step_count == MAX_STEPS) {
        reader->complaint = "too many expectations";
        return;
    }
    struct step *step = &spec->steps[spec->step_count];
    step->kind = kind;
    step->done = kind == STEP_NEVER || kind == STEP_HUSH;
    bool named = take_word(&rest, port, sizeof(port));
    step->port = named ? port_of(port, kind == STEP_SEND) : -1;
    if (step->port < 0) {
        reader->complaint = "a port is com1, com2, com3, com4 or host";
        return;
    }
    if ((kind == STEP_TIMES || kind == STEP_BELOW) && !take_number(&rest, &step->number)) {
        reader->complaint = "a number is missing after the port";
        return;
    }
    if (!keep(step->text, sizeof(step->text), rest)) {
        reader->complaint = "a text is missing after the port, or it is too long";
        return;
    }
    if (kind != STEP_SEND) {
        int error = regcomp(&step->regex, rest, REG_EXTENDED);
        if (error) {
            regerror(error, &step->regex, reader->regex_error, sizeof(reader->regex_error));
            reader->complaint = reader->regex_error;
            return;
        }
        if (kind == STEP_BELOW && step->regex.re_nsub == 0) {
            reader->complaint = "the number wants parentheses around it";
            return;
        }
    }
    spec->step_count++;
}

static void read_damage(struct reader *reader, enum damage_kind kind, char *rest)
{
    struct spec *spec = reader->spec;
    if (spec->damage_count == MAX_DAMAGES) {
        reader->complaint = "too many damages";
        return;
    }
    struct damage *damage = &spec->damages[spec->damage_count++];
    damage->kind = kind;
    bool section = kind == DAMAGE_FLIP || kind == DAMAGE_POKE;
    if ((section && !take_word(&rest, damage->section, sizeof(damage->section))) ||
        (kind != DAMAGE_REDIGEST && !take_number(&rest, &damage->offset)) ||
        (kind == DAMAGE_POKE && !take_word(&rest, damage->hex, sizeof(damage->hex))))
        reader->complaint = "section, offset or bytes are missing";
}

/* The machines named, as bits; 0: there is another word, or none. */
static unsigned read_machines(char *names)
{
    char name[16];
    unsigned machines = 0;
    while (take_word(&names, name, sizeof(name))) {
        unsigned before = machines;
        for (unsigned i = 0; i < MACHINE_KINDS; i++)
            if (strcmp(machine_names[i], name) == 0)
                machines |= 1u << i;
        if (machines == before)
            return 0;
    }
    return *names ? 0 : machines;
}

/*
 * Whether emulated time moves evenly enough to miss no tick: QEMU's clocks are the host's, which
 * may be busy, and Bochs since 3.0 lets all clocks jump by what a repeated string instruction of
 * one processor took.
 */
static bool time_is_steady(enum machine_kind kind)
{
    unsigned major = 0;
    if (kind != MACHINE_BOCHS)
        return false;
    FILE *version = popen("dpkg-query -W -f '${Version}' bochs 2>/dev/null", "r");
    if (!version)
        return false;
    bool known = fscanf(version, "%u.", &major) == 1;
    pclose(version);
    return known && major < 3;
}

static void read_on(struct reader *reader, char *names)
{
    enum machine_kind kind = reader->spec->options.kind;
    if (strcmp(names, "all") == 0) {
        reader->elsewhere = false;
    } else if (strcmp(names, "steady") == 0) {
        reader->elsewhere = !time_is_steady(kind);
    } else {
        unsigned machines = read_machines(names);
        reader->elsewhere = !(machines >> kind & 1);
        if (machines == 0)
            reader->complaint = "it is none of bochs, kvm, tcg, nested, steady, all";
    }
}

/* A directive whose value is kept as it is. */
static bool read_text(struct spec *spec, const char *word, const char *text, bool *good)
{
    struct {
        const char *word;
        char *to;
        size_t room;
    } places[] = {
        {"invariant", spec->invariant, sizeof(spec->invariant)},
        {"needs", spec->needs, sizeof(spec->needs)},
        {"before", spec->before, sizeof(spec->before)},
        {"disk", spec->disk, sizeof(spec->disk)},
        {"beside", spec->beside, sizeof(spec->beside)},
        {"kernel", spec->kernel, sizeof(spec->kernel)},
        {"model", spec->model, sizeof(spec->model)},
        {"absent", spec->absent, sizeof(spec->absent)},
        {"iommu", spec->iommu, sizeof(spec->iommu)},
    };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
        if (strcmp(places[i].word, word) == 0) {
            *good = keep(places[i].to, places[i].room, text);
            return true;
        }
    return false;
}

static bool read_number(struct spec *spec, const char *word, char *rest)
{
    unsigned long number = 0;
    if (!take_number(&rest, &number) || *rest || number == 0)
        return false;
    if (strcmp(word, "cpus") == 0)
        spec->options.cpus = (unsigned)number;
    else if (strcmp(word, "threads") == 0)
        spec->options.threads = (unsigned)number;
    else if (strcmp(word, "memory") == 0)
        spec->options.memory_mib = (unsigned)number;
    else if (strcmp(word, "ips") == 0)
        spec->options.ips = number;
    else if (strcmp(word, "limit") == 0)
        spec->limit = number;
    else
        return false;
    return true;
}

static bool read_other(struct reader *reader, const char *word, char *rest)
{
    struct spec *spec = reader->spec;
    if (strcmp(word, "manifest") == 0)
        return *rest &&
               snprintf(spec->manifest, SPEC_TEXT, "%s/%s", reader->directory, rest) < SPEC_TEXT;
    if (strcmp(word, "device") == 0)
        return spec->devices_used < MACHINE_EXTRA &&
               keep(spec->devices[spec->devices_used++], SPEC_WORD, rest);
    if (strcmp(word, "machine") == 0)
        return (spec->machines = read_machines(rest)) != 0;
    return read_number(spec, word, rest);
}

static void read_setting(struct reader *reader, const char *word, char *rest)
{
    struct spec *spec = reader->spec;
    bool good = false;
    if (!read_text(spec, word, rest, &good))
        good = read_other(reader, word, rest);
    if (!good)
        reader->complaint = "no such directive, or its value is missing or wrong";
}

static void read_line(struct reader *reader, char *line)
{
    char word[32];
    line[strcspn(line, "\r\n")] = 0;
    for (size_t end = strlen(line); end > 0 && isspace((unsigned char)line[end - 1]); end--)
        line[end - 1] = 0;
    line += strspn(line, " \t");
    if (*line == 0 || *line == '#')
        return;
    if (!take_word(&line, word, sizeof(word))) {
        reader->complaint = "no such directive";
        return;
    }
    if (strcmp(word, "on") == 0) {
        read_on(reader, line);
        return;
    }
    if (reader->elsewhere)
        return;
    int step = word_index(step_words, word), damage = word_index(damage_words, word);
    if (step >= 0)
        read_step(reader, (enum step_kind)step, line);
    else if (damage >= 0)
        read_damage(reader, (enum damage_kind)damage, line);
    else
        read_setting(reader, word, line);
}

/* The file's name without folder and ending; its folder. */
static void name_test(const char *path, struct spec *spec, char *directory, size_t room)
{
    const char *slash = strrchr(path, '/');
    snprintf(directory, room, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    snprintf(spec->name, sizeof(spec->name), "%s", slash ? slash + 1 : path);
    char *dot = strrchr(spec->name, '.');
    if (dot)
        *dot = 0;
}

bool spec_read(const char *path, enum machine_kind kind, struct spec *spec, char *why, size_t room)
{
    char directory[SPEC_TEXT], line[1024];
    *spec = (struct spec){.limit = kind == MACHINE_NESTED ? 400 : 120,
                          .machines = 1u << MACHINE_BOCHS | 1u << MACHINE_TCG,
                          .options = {.kind = kind, .ips = 50000000}};
    name_test(path, spec, directory, sizeof(directory));
    struct reader reader = {.spec = spec, .directory = directory};
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, room, "%s: %s", path, strerror(errno));
        return false;
    }
    unsigned number = 0;
    while (!reader.complaint && fgets(line, sizeof(line), file)) {
        number++;
        read_line(&reader, line);
    }
    fclose(file);
    bool wants = false;
    for (unsigned i = 0; i < spec->step_count; i++)
        wants |= !spec->steps[i].done;
    if (!reader.complaint && (!*spec->invariant || !*spec->manifest || !wants))
        reader.complaint = "an invariant, a manifest and something that must appear are required";
    if (reader.complaint)
        snprintf(why, room, "%s:%u: %s", path, number, reader.complaint);
    return !reader.complaint;
}
