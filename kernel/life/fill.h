/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The long work between two lives: RAM is zeroed and the payloads are brought into it, in pieces
 * of at most 2 MiB, so that a processor looks at what others want in between (TRAPS 26).
 */
#ifndef BULKHEAD_FILL_H
#define BULKHEAD_FILL_H

#include <stdbool.h>

enum fill { FILL_GOES_ON, FILL_DONE, FILL_REFUSED };

/* Begins with what is called next. */
void fill_begin(void);

/* Zeroes the next piece of this processor's share of RAM. */
enum fill fill_zero(void);

/*
 * The domain's first processor: hashes the next piece of the payloads or, when all of them are as
 * the manifest has them, copies the next one into RAM. FILL_REFUSED: one of them is not.
 */
enum fill fill_load(void);

#endif
