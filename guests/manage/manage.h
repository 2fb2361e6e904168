/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the payload that tries the management call. */
#ifndef GUEST_MANAGE_H
#define GUEST_MANAGE_H

#include "kernel/abi/management.h"
#include <stdbool.h>

/* One line of the report. `invariant` is the one that a failure would break. */
void report(bool pass, const char *invariant, const char *name, const char *text, ...)
    __attribute__((format(printf, 4, 5)));

/* Whether `wanted` comes out of its serial port behind byte `*from`, which goes on. */
bool hear(uint32_t target, uint64_t *from, const char *wanted);

/* As call_make(), again and again for two seconds while it comes too often. */
uint64_t call_patiently(uint32_t call, uint32_t index);

/* Numbers by chance: the same ones after the same seed. */
void chance_begin(uint64_t seed);
uint64_t chance(void);

/* What the manifest does not grant, and what is not there. */
void try_refused(const struct management_machine *machine, uint32_t target, uint32_t other);

/* Pages that are none, not whole, or not in this domain's RAM. */
void try_pages(void);

/* The other maker's instruction, and CPL 3. */
void try_instructions(void);

/* A second of requests as fast as they go: 50 of them reach `other`. */
void try_flood(uint32_t other);

/* Calls made up by chance; none may do more than be refused. */
void try_random(uint32_t domains, uint64_t count);

/*
 * The audit trail so far: how this boot begins, and what was asked of `target` and came of it, in
 * this order, each record with the hash that it must have.
 */
void try_trail(const struct management_machine *machine, uint32_t target);

/* The numbers of three domains, of which one is down, one runs, and one waits for both. */
void try_order(uint32_t brief, uint32_t second, uint32_t third);

/* A check of `target`, on VT-x, which goes on meanwhile, and one in the midst of which it is
 * stopped. */
void try_pieces(uint32_t target);

/* How the trail begins: which boot this is, and what is known of the one before. */
void tell_trail(void);

/*
 * Reads on from where it ended, until there is no more, and computes the chain anew; `each`, if
 * there is one, sees the records too. Returns an enum management_result.
 */
uint64_t trail_read(void (*each)(const struct audit_record *record));

/* What was read of the trail so far. */
struct trail_sum {
    uint64_t records, broken, lost, refused;
};
struct trail_sum trail_sum(void);

/*
 * Starts, stops and restarts by chance, `count` in all, of every domain with which all three are
 * granted and whose port may be read (guests/lives), several at the same time: what becomes of each
 * is what was asked for, on record and in this order, and no life finds anything of the one before.
 */
void try_lives(const struct management_machine *machine, uint64_t count);

/*
 * The management domain ends itself under load, by a cause that follows from the number of its
 * life, until it has done so `count` times; returns in the life after that. Each life finds in the
 * trail, whole, how all before it ended. `target` is restarted meanwhile.
 */
void try_deaths(const struct management_machine *machine, uint32_t target, uint64_t count);

/* The trail after all else: it goes on without a break, no flood has pushed anything out. */
void try_trail_after(void);

#endif
