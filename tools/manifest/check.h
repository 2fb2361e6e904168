/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of `check` over one manifest: what was read, what was found. Reading a manifest and
 * applying the rules never stops at the first finding, unless the file is no YAML at all.
 */
#ifndef BULKHEAD_CHECK_H
#define BULKHEAD_CHECK_H

#include "model.h"
#include "tools/text.h"
#include <stdio.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING };

struct finding {
    struct place at;
    const struct rule *rule;
    const char *what;   /* what is wrong, and both parties with their lines */
    const char *remedy; /* what to write instead */
};

struct payload;
struct inventory;

struct check {
    struct arena arena;
    const char *path; /* the manifest's, as on the command line */
    struct model model;
    struct reference *references; /* names that must exist, newest first */
    uint32_t today;   /* days since 1970-01-01; 0: of SOURCE_DATE_EPOCH, else of the clock */
    bool beside_only; /* files are looked for beside the manifest, never in the current directory */
    struct model_domain management; /* its processors and memory, as a partition */
    const char *console; /* what management boots that names no payload, as an absolute path; NULL:
                            it boots nothing, which no image does */
    uint64_t cpu_vendor; /* enum manifest_cpu_vendor, in place of platform.cpu; 0: as written */
    const struct rule *rule; /* the one that runs */
    struct finding *findings;
    size_t finding_count, finding_room;
    size_t errors, warnings;     /* findings of each severity, also those there was no room for */
    struct payload *payloads;    /* files opened so far, newest first */
    struct inventory *inventory; /* NULL: not opened */
};

/*
 * Reads the manifest at `path` ("-": standard input), fills model, applies every rule and sorts
 * the findings by place. Returns false with a message on stderr if the file cannot be read.
 */
bool check_manifest(struct check *check, const char *path);

/* As check_manifest() for a text in memory that is called `path`. */
void check_text(struct check *check, const char *path, const char *text, size_t bytes);

/*
 * Today in days since 1970-01-01, by SOURCE_DATE_EPOCH (reproducible builds) or the clock. Returns
 * false if SOURCE_DATE_EPOCH is no number of seconds.
 */
bool check_today(uint32_t *days);

/* Whether management boots check->console. */
bool boots_own_console(const struct check *check);

/* Sorts the findings by place; those of one place keep their order. */
void check_sort(struct check *check);

/* Whether there are so many errors that looking for more is no use. */
bool check_full(const struct check *check);

/* Frees everything, also the mapped payloads. */
void check_close(struct check *check);

/* Writes one line a finding, and nothing when there is none. */
void check_print(const struct check *check, FILE *out);

/* The same as one JSON object, without a new line behind it. */
void check_print_json(const struct check *check, FILE *out);

/* A finding of the rule that runs; `what` and `remedy` live in the arena or for ever. */
void report(struct check *check, struct place at, const char *what, const char *remedy);

/* The same for a rule of the reader, by name. */
void report_as(struct check *check, const char *rule, struct place at, const char *what,
               const char *remedy);

/* "line 9", or "other.yaml:9" where more than one file is read. */
const char *line_of(struct check *check, struct place at);

/* The domains, and behind them the management domain if there is one. */
uint32_t partition_count(const struct check *check);
struct model_domain *partition(struct check *check, uint32_t index);

/* "domain office", or "the domain of line 9" when it has no good name. */
const char *domain_of(struct check *check, const struct model_domain *domain);

#endif
