/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stops that follow a power button: a domain that is still up so many seconds later is stopped, by
 * the wish of the same operator. At most one a domain. It is forgotten when that life has ended,
 * and with the console: one that is started again has none.
 */
#ifndef CONSOLE_PENDING_H
#define CONSOLE_PENDING_H

#include "machine.h"

enum { PENDING_AGAIN_MS = 100 /* where a stop came too soon */ };

void pending_start(void);

/*
 * Stops domain `index` in `seconds`, if it is still in the life that `status` tells of; in place of
 * what was pending. 0 seconds, or no life: nothing is pending then. `now` in milliseconds.
 */
void pending_set(uint32_t index, uint32_t admin, const struct management_status *status,
                 uint32_t seconds, uint64_t now);

/* Seconds left, begun ones counted whole, of a domain with this status; 0: nothing is pending. */
uint32_t pending_seconds(uint32_t index, const struct management_status *status, uint64_t now);

/* Stops what is due; the moment at which it must be called again, or NET_NEVER. */
uint64_t pending_poll(uint64_t now);

#endif
