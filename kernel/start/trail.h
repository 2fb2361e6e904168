/* SPDX-License-Identifier: Apache-2.0 */
/* The first records of this boot's audit trail, and how that stands, on the screen. */
#ifndef BULKHEAD_TRAIL_H
#define BULKHEAD_TRAIL_H

#include "kernel/abi/limits.h"
#include <stdint.h>

/*
 * By the boot processor, on its page table, when all have passed; nothing without management.
 * `digest`: the manifest's.
 */
void trail_begin(const uint8_t digest[DIGEST_BYTES]);

#endif
