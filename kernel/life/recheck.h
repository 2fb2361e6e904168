/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The domain's part of the separation check, once more while it lives (I12): each of its processors
 * does its own part, in pieces between which it hears what others want, and its guest goes on where
 * a timer brings it back. Other domains notice nothing.
 */
#ifndef BULKHEAD_RECHECK_H
#define BULKHEAD_RECHECK_H

#include <stdbool.h>
#include <stdint.h>

/* The first processor asks all; only in a state of rest, as functions are not what is due while
 * they are reset, and not before the last one is done. */
void recheck_ask(void);

/*
 * A piece of this processor's part. False: it had none to do, or, only with `guest`, its guest is
 * entered next and comes back for the rest (vcpu_come_back()). The first one hears of the last.
 */
bool recheck_go_on(bool guest);

/* The first processor: whether all have done their part; if so the public page says how it went. */
bool recheck_is_done(void);

/* The number of an invariant that the last one found broken, 0: none. Till then no life begins. */
uint32_t recheck_found(void);

#endif
