/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a domain, told on its own UART by its first processor, and in the public page for
 * a reader of its own. In a LAB image the boot log's UART gets a line too, unless it is a domain's;
 * not in a release: whoever waits for a port that another domain writes to measures that (I5).
 */
#ifndef BULKHEAD_TELL_H
#define BULKHEAD_TELL_H

#include "kernel/abi/function.h"
#include "kernel/abi/public.h"
#include <stdbool.h>

/* A life ended; `stay`: and no other follows, `limit`: there have been as many restarts as may be.
 */
void tell_end(enum life_end cause, uint32_t restarts, bool stay, bool limit);

/* On this processor the separation check found `invariant` broken, as `text` says. */
void tell_found(const char *invariant, const char *text);

/* There will be no life: `lost` does not come to rest or, if NULL, the work of `state` failed. */
void tell_refusal(enum life_state state, const struct function *lost);

/* A life begins without the DMA of `lost`, which does not come to rest. */
void tell_lost(const struct function *lost);

#endif
