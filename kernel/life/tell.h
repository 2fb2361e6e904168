/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a domain, told on its own UART by its first processor. The boot log's UART gets
 * none of it: domains would share the port, and with it a lock or each other's time (I8). What can
 * be told is in the public page, too, for a reader of its own.
 */
#ifndef BULKHEAD_TELL_H
#define BULKHEAD_TELL_H

#include "kernel/abi/public.h"
#include <stdbool.h>

/* A life ended; `stay`: and no other follows, `limit`: there have been as many restarts as may be.
 */
void tell_end(enum life_end cause, uint32_t restarts, bool stay, bool limit);

/* There will be no life, as the work of `state` failed. */
void tell_refusal(enum life_state state);

#endif
