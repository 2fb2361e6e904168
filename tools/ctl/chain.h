/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of audit records (kernel/abi/audit.h), looked at record by record as they are read. */
#ifndef BULKHEAD_CTL_CHAIN_H
#define BULKHEAD_CTL_CHAIN_H

#include "kernel/abi/audit.h"
#include <stdbool.h>

/* Zeroed, it waits for any record. */
struct chain {
    bool anchored; /* `head` is the hash of the record before `next` */
    uint64_t next;
    uint8_t head[DIGEST_BYTES];
};

enum chain_verdict {
    CHAIN_FIRST,  /* it is taken as the beginning, as what was before is not known */
    CHAIN_GOOD,   /* it follows, or is the first of a boot */
    CHAIN_GAP,    /* there are numbers between; it is a beginning again */
    CHAIN_BROKEN, /* it does not follow from what was before, or has a number that was */
};

/* Judges the body of a record (AUDIT_BODY_BYTES) and its hash, and goes on from there. */
enum chain_verdict chain_put(struct chain *chain, const uint8_t *body, const uint8_t *hash);

#endif
