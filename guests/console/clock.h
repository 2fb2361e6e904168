/* SPDX-License-Identifier: Apache-2.0 */
/* Sleep on the bare machine. Interrupts are on nowhere else: all that they do is to end it. */
#ifndef CONSOLE_CLOCK_H
#define CONSOLE_CLOCK_H

#include <stdint.h>

/* Must come first: the local APIC, its timer, and the moment that milliseconds count from. */
void clock_start(void);

/* Sleeps until an interrupt comes or so many milliseconds have passed; UINT64_MAX: for ever. */
void clock_sleep(uint64_t milliseconds);

#endif
