/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trails, record by record: does each follow from the one before, and each boot from the one
 * before? Nothing that a console says is believed; what can be computed is computed from the
 * records' own bytes.
 */
#ifndef BULKHEAD_AUDIT_TRAIL_H
#define BULKHEAD_AUDIT_TRAIL_H

#include "line.h"
#include <stdio.h>

struct trail {
    const char *name; /* of the file or the host, for messages */
    FILE *out;        /* where these go; NULL: nowhere */
    /* Where the trail is; zeros before the first line. */
    uint64_t line;              /* lines so far */
    bool has_head;              /* `head` is the hash of the record before `next` */
    uint64_t next;              /* number that the next record must have, unless a boot begins */
    uint8_t head[DIGEST_BYTES]; /* after a gap: of no use */
    bool in_boot, after_gap;
    uint64_t boot; /* the counter; 0: not known */
    bool has_before;
    uint8_t before[DIGEST_BYTES]; /* head of the boot before this one, as it was kept here */
    uint64_t tsc_hz, unix_time, unix_time_tsc;
    char domains[MAX_DOMAINS][NAME_BYTES]; /* as the console has called them in this boot */
    char admins[MAX_ADMINS][NAME_BYTES];   /* and the keys */
    /* What was found. */
    uint64_t records, boots;
    uint64_t broken, gaps, cold_starts;
    uint64_t lost;                     /* events that the machine's rings have lost, as it says */
    uint64_t first_broken;             /* line; 0: none */
    uint64_t reworded, first_reworded; /* records whose text this version would not say so; line */
    uint64_t since_boot, since_number; /* unbroken since this boot (0: not known) and record */
};

/* Looks at the next line, of `bytes` bytes without its end; false: something is wrong, said. */
bool trail_put(struct trail *trail, const char *text, size_t bytes);

/* Whether `record`, the first of a boot, has a counter that is not beyond that of the boot here. */
bool trail_goes_back(const struct trail *trail, const struct audit_record *record);

enum trail_verdict {
    TRAIL_ANCHORED, /* it begins with a boot's first record, and each boot follows from the former
                     */
    TRAIL_UNBROKEN, /* from `since_boot`, `since_number` on: what was before can't be tied to it */
    TRAIL_GAP,      /* records are missing */
    TRAIL_BROKEN,   /* what is there contradicts itself */
};
enum trail_verdict trail_verdict(const struct trail *trail);

/* Says it in one line on `out`. */
void trail_print(const struct trail *trail, FILE *out);

#endif
