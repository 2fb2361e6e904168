/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's public page (TRAPS 27): the only memory that its processors and others both see.
 * Each word has one writer: `go` the boot processor, `cpus[i]` processor i, the rest the domain's
 * first processor.
 */
#ifndef BULKHEAD_PUBLIC_H
#define BULKHEAD_PUBLIC_H

#include "abi/limits.h"
#include "life.h"
#include <stdint.h>

enum { PUBLIC_TEXT_BYTES = 160 };

/* Start-up of one processor, written by it, read by the boot processor. */
struct public_cpu {
    volatile uint32_t ready; /* the rest is valid */
    uint32_t ok;             /* set-up done and separation check passed (I12) */
    uint64_t leaves; /* entries that map the domain's RAM */
    uint8_t digest[DIGEST_BYTES];
    char text[PUBLIC_TEXT_BYTES]; /* what was wrong */
};

struct public_page {
    volatile uint32_t go;       /* processors may enter their domain */
    volatile uint32_t state;    /* enum life_state */
    volatile uint32_t lives;    /* starts so far */
    volatile uint32_t last_end; /* enum life_end */
    volatile uint64_t foreign_interrupts; /* interrupts refused: destination outside (I4) */
    struct public_cpu cpus[MAX_DOMAIN_CPUS];
};

_Static_assert(sizeof(struct public_page) <= PAGE_BYTES, "one page");

#endif
