/* SPDX-License-Identifier: Apache-2.0 */
/* The management call (kernel/abi/management.h). */
#ifndef GUEST_CALL_H
#define GUEST_CALL_H

#include "kernel/abi/management.h"

/* The page that call_at() is mostly given: requests there, and answers. */
extern uint8_t call_page[PAGE_BYTES];

/*
 * Makes the call with the page at `gpa`, by the instruction of this processor's maker; any other
 * domain than management gets #UD.
 */
uint64_t call_at(uint64_t gpa);

/* Asks by call_page; `detail` 0 where the call has none. The answer stands there. */
uint64_t call_make(uint32_t call, uint32_t index, uint32_t detail);

#endif
