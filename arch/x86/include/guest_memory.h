/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's memory as its instructions see it, through this domain's private map of its RAM. */
#ifndef BULKHEAD_GUEST_MEMORY_H
#define BULKHEAD_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* The `bytes` at guest-physical `gpa`, or NULL where RAM does not back all of them. */
void *guest_ram(uint64_t gpa, uint64_t bytes);

/* Copies up to `bytes` of the instruction at RIP; returns how many could be read. */
unsigned guest_fetch(uint8_t *out, unsigned bytes);

/* The size of the guest's code segment: 16, 32 or 64. */
unsigned guest_code_bits(void);

#endif
