/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The audit trail (kernel/abi/audit.h). Each processor of a domain writes its events into a ring of
 * its own in the domain's public pages, and knocks at management's first processor. That one drains
 * all rings, numbers and chains what it finds, and keeps the last records: no lock, and no hash in
 * another domain's way (TRAPS 28). It believes of a ring what it can count and bound: whose event
 * it is, is whose ring it lies in, and of what kind it may be depends on that. Of what on_exit does
 * again and again it keeps 16 records a domain, of its devices' faults and what its processors
 * count fewer of each; beyond these one a day, and the numbers in them tell of the rest.
 *
 * Who sees each life begin and end also lets those go that start after others.
 *
 * Without a management domain nothing is written.
 */
#ifndef BULKHEAD_AUDIT_H
#define BULKHEAD_AUDIT_H

#include "kernel/abi/slice.h"
#include <stdbool.h>

/*
 * Writes an event of this processor, which belongs to a domain, and knocks: not in an NMI's or a
 * machine check's handler. `domain`: which it is about; it counts on management's processors only.
 * An event that comes faster than the rings are drained overwrites the oldest one, and that is
 * counted (AUDIT_LOST).
 */
void audit_write(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2, uint64_t value3);

/* The same of this processor's own domain. */
static inline void audit_own(enum audit_kind kind, uint64_t value0, uint64_t value1,
                             uint64_t value2)
{
    audit_write(kind, 0, value0, value1, value2, 0);
}

/*
 * Management's processors: a call that was not taken, a word of the console, or bytes written to a
 * serial port, of what the caller said. Ten at once are written, then one a second: of all refused
 * calls, of each admin's words of a kind, of what each types to a domain. Of refused calls 128 are
 * kept at most, of each admin's words of a kind that are no log-in 4, and beyond these one a day.
 * What else comes is counted with the next one alike, so that no flood pushes the records of others
 * out, nor hides them. All this is so many for the domain, not for each of its processors.
 */
void audit_refused(const struct management_request *request, enum management_result result);
void audit_note(const struct management_request *request);
void audit_typed(const struct management_request *request);

/* After a knock, or whatever else calls this processor from its guest: what there is to write, and
 * on management's first processor what there is to drain. */
void audit_heed(void);

/* A number that changes with each event that the reader took, for which it was knocked at. */
uint32_t audit_knocks(void);

/* Management's processors: the records from number `from` on, as many as fit into the answer. */
void audit_read(uint64_t from, struct management_audit *answer);

/* Numbers a record, chains it to the one before, and keeps it. */
void audit_append(struct audit_trail *trail, struct audit_record *record);

#endif
