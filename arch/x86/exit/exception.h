/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions during exceptions. */
#ifndef BULKHEAD_EXCEPTION_H
#define BULKHEAD_EXCEPTION_H

#include <stdint.h>

enum { EXCEPTION_SHUTDOWN = 0xff };

/*
 * What becomes of exception `second` that comes up while the exception `first` is delivered: its
 * vector, or EXCEPTION_SHUTDOWN. Intel SDM, "Interrupt 8—Double Fault Exception (#DF)"; AMD APM,
 * "#DF".
 */
uint32_t exception_merge(uint32_t first, uint32_t second);

#endif
