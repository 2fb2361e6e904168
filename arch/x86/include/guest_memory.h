/* SPDX-License-Identifier: Apache-2.0 */
/* The guest's memory as its instructions see it, through this domain's private map of its RAM. */
#ifndef BULKHEAD_GUEST_MEMORY_H
#define BULKHEAD_GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* The `bytes` at guest-physical `gpa`, or NULL where RAM does not back all of them. */
void *guest_ram(uint64_t gpa, uint64_t bytes);

/* Copies the instruction at RIP, 15 bytes as far as they can be read; returns how many. */
enum { GUEST_FETCH_BYTES = 16 };
unsigned guest_fetch(uint8_t out[GUEST_FETCH_BYTES]);

/* The size of the guest's code segment: 16, 32 or 64. */
unsigned guest_code_bits(void);

#endif
