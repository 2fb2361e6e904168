/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What changed between two manifests of one machine. Each is taken apart into facts, one a grant
 * or a setting; facts that only one of them has, or with another value, are the changes.
 */
#ifndef BULKHEAD_DIFF_H
#define BULKHEAD_DIFF_H

#include "tools/manifest/check.h"

/* Of one manifest. Facts are sorted by group and `what`, which together name one. */
struct fact {
    uint32_t rank;     /* of the kind of group: machine first */
    const char *group; /* "domain office" */
    const char *what;  /* "memory" */
    const char *value; /* "512M"; NULL: it is there, or it is not */
    struct place at;
    bool surface; /* with it there is more to attack */
};

struct facts {
    struct check *check;
    uint32_t rank; /* of the facts that are added now, as `group` */
    const char *group;
    struct fact *items;
    size_t count, room;
};

struct change {
    const char *group, *what;
    const char *old_value, *new_value;
    struct place old_at, new_at; /* not written: in the other manifest only, or by default */
    char sign;                   /* '+', '-' or '~' */
    bool surface;                /* '+': the attack surface grew; '-': it shrank */
};

struct diff {
    struct arena arena;
    uint32_t today; /* as in struct check */
    struct check old, new;
    bool compared; /* both are good, and `changes` is filled */
    struct change *changes;
    size_t count, room;
    size_t grew, shrank; /* changes of the attack surface */
};

/*
 * Checks both manifests and, if both are good, fills `changes` and adds the findings of the rules
 * about changes to those of the new one. Nothing has expired in the old one: it was good in its
 * time. Returns false with a message on stderr if a file cannot be read.
 */
bool diff_open(struct diff *diff, const char *old_path, const char *new_path);
void diff_close(struct diff *diff);

void diff_add(struct diff *diff, struct change change);

/* facts.c: all that `check` has read. */
void facts_collect(struct facts *facts);
/* domain.c: one domain's part of it. */
void facts_of_domain(struct facts *facts, const struct model_domain *domain);

/* To be called between setting `group` and the next group. */
void fact_add(struct facts *facts, bool surface, struct place at, const char *what,
              const char *value);
/* The same for a text or number that was written. */
void fact_text(struct facts *facts, const char *what, const struct text *text);
void fact_word(struct facts *facts, const char *what, const char *path,
               const struct number *number);
void fact_size(struct facts *facts, const char *what, const struct number *size);
/* A file that is booted, with its digest; nothing for one that cannot be read. */
void fact_payload(struct facts *facts, const char *what, const struct text *path);
void fact_count(struct facts *facts, const char *what, const struct number *number);
/* "a, b" of a list of names. */
const char *names_text(struct arena *arena, const struct list *names);
/* "2", or "2: 4, 5". */
void fact_cpus(struct facts *facts, const struct count_or_list *cpus);

/* device.c: devices whose owner is another one now, and the rule device-moved. */
void diff_devices(struct diff *diff);
/* "8086:10d3, serial number A17" */
const char *device_identity(struct arena *arena, const struct model_device *device);

#endif
