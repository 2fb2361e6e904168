/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's public page (TRAPS 27): the only memory that its processors and others both see.
 * Each word has one writer: `go` the boot processor, the rest the domain's first processor.
 */
#ifndef BULKHEAD_PUBLIC_H
#define BULKHEAD_PUBLIC_H

#include "kernel/abi/limits.h"
#include "life.h"
#include <stdint.h>

struct public_page {
    volatile uint32_t go;                 /* processors may enter their domain */
    volatile uint32_t state;              /* enum life_state */
    volatile uint32_t lives;              /* starts so far */
    volatile uint32_t last_end;           /* enum life_end */
    volatile uint64_t foreign_interrupts; /* interrupts refused: destination outside (I4) */
};

_Static_assert(sizeof(struct public_page) <= PAGE_BYTES, "one page");

#endif
