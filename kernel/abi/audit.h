/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit trail: records that form a chain, each with the SHA-256 of the one before and itself.
 * The hypervisor computes the chain in root mode on management's processor and keeps the last
 * AUDIT_KEPT records; reading destroys nothing. Numbers begin with 0 at each boot, whose first
 * records are AUDIT_BOOT, AUDIT_STORE, AUDIT_CLOCK, AUDIT_BEFORE.
 */
#ifndef BULKHEAD_ABI_AUDIT_H
#define BULKHEAD_ABI_AUDIT_H

#include "limits.h"
#include <stdint.h>

enum { AUDIT_KEPT = 1024, AUDIT_RECORD_BYTES = 96, AUDIT_BODY_BYTES = 64, AUDIT_VALUES = 5 };
#define AUDIT_NOBODY 0xffffffffu /* domain of a record that is about none */

/* With what stands in `value`. A digest is its bytes in order, in value[0] to value[3]. */
enum audit_kind {
    AUDIT_BOOT = 1, /* digest of the compiled manifest; [4] boots so far, 0: not known */
    AUDIT_STORE,    /* [0] enum audit_store: how the boot counter was kept */
    AUDIT_CLOCK,    /* [0] TSC ticks a second, [1] Unix time, 0: unknown, [2] TSC then */
    AUDIT_BEFORE,   /* head of the chain of the boot before; [4] 1: it was still there, else 0
                       and the digest is zeros: a cold start */
    AUDIT_PANIC,    /* the boot before ended in a panic: [0] to [4] the text's first 40 bytes */
    AUDIT_START,    /* of `domain`: [0] its lives so far, [2] how many of them on_exit began since
                       somebody asked or its window ended; 0: somebody asked for this one */
    AUDIT_END,      /* [0] enum life_end, [1] life that ended, [2] as above, of the next one */
    AUDIT_REST,     /* it came to rest: [0] enum life_state, stopped or refused */
    AUDIT_CALL, /* taken: [0] enum management_call, [1] admin as the caller said, [2] ticket, 0: it
has none; of serial write [3] how many more there were since the last such record */
    AUDIT_REFUSED,       /* not taken: [0], [1] likewise, [2] enum management_result, [3] how many
                            more alike there were since the last such record */
    AUDIT_CONSOLE,       /* the console's word: [0] enum audit_note, [1] admin, [2] enum
                            management_call that it is about, 0: none, [3] likewise */
    AUDIT_DMA_FAULT,     /* [0] function, segment << 16 | bus << 8 | device << 3 | function,
                            [1] reason, perhaps with FAULT_DEAF, [2] address */
    AUDIT_QUARANTINE,    /* [0] function, whose bus mastering is off now */
    AUDIT_CHECK,         /* [0] 0: the separation check found nothing, else what, as a number */
    AUDIT_MACHINE_CHECK, /* [0] errors that its processor has seen since start-up */
    AUDIT_NMI,           /* [0] NMIs that nobody explains, which its processor has seen, at least */
    AUDIT_LOST,          /* [0] records of `domain`'s processor that were overwritten unread */
    AUDIT_KINDS,
};

enum audit_store { AUDIT_STORE_GOOD, AUDIT_STORE_ABSENT, AUDIT_STORE_FULL, AUDIT_STORE_READ_ONLY };

/* What the console saw at its door. */
enum audit_note {
    AUDIT_NOTE_LOGIN = 1, /* a key of the manifest, in a session of its own */
    AUDIT_NOTE_EXPIRED,   /* the key's last day is over */
    AUDIT_NOTE_ROLE,      /* an act that the key's role does not have */
    AUDIT_NOTE_CLOCK,     /* an operator, and the clock is not to be believed */
    AUDIT_NOTES,
};

struct audit_record {
    uint64_t number;    /* from 0 in each boot */
    uint64_t tsc;       /* when it happened, on that processor */
    uint16_t kind;      /* enum audit_kind */
    uint16_t processor; /* of the domain that wrote it, within that domain */
    uint32_t domain;    /* it is about, or AUDIT_NOBODY */
    uint64_t value[AUDIT_VALUES];
    uint8_t hash[DIGEST_BYTES]; /* of the former record's hash (zeros before the first), then of
                                   the AUDIT_BODY_BYTES above */
};

_Static_assert(sizeof(struct audit_record) == AUDIT_RECORD_BYTES, "audit ABI");

#endif
