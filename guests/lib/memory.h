/* SPDX-License-Identifier: Apache-2.0 */
/* A look at any guest-physical address, through page tables above the entry's 4 GiB. */
#ifndef GUEST_MEMORY_H
#define GUEST_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/* Maps the 2 MiB that hold `gpa`, writable, and returns where `gpa` then lies. One at a time. */
volatile void *memory_window(uint64_t gpa);

/*
 * Maps the page at `gpa` (a multiple of 4096) into slot 0..511 of a run of pages that follow
 * each other; returns the slot's address. MEMORY_NOTHING leaves the slot without a page.
 */
#define MEMORY_NOTHING (~0ull)
void *memory_page(uint32_t slot, uint64_t gpa);

/* Opens the first 6 MiB, which hold the payload, to CPL 3, or closes them. */
void memory_open(bool open);

#endif
