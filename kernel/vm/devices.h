/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The devices that a domain finds (DESIGN, What a domain finds), behind ports and memory
 * (upcalls.h). One lock a domain, taken by its own processors only (I8).
 */
#ifndef BULKHEAD_DEVICES_H
#define BULKHEAD_DEVICES_H

#include "arch/x86/include/upcalls.h"

/* Once, by the domain's first processor; then before each life. */
void devices_setup(void);
void devices_reset(void);

/*
 * Between two lives, the domain's first processor: its PCI functions are brought to rest, piece by
 * piece; true: they are, or it is clear that some don't come. Then the first of these that has
 * just the flag FUNCTION_GO_ON, or has it not, as `flag` says; NULL: none.
 */
bool devices_calm(void);
const struct function *devices_lost(uint32_t flag);

/* Releases what this processor has locked of them: a machine check may end its work anywhere. */
void devices_let_go(void);

/* Bus mastering of these functions off, as bits. */
void devices_quarantine(uint32_t functions);

/* The domain's UART may have work: called at a knock on its first processor. */
void devices_pump(void);

/* Tells the guest that the power button was pressed (its ACPI tables: _SB.GED0). */
void devices_power_button(void);

/* The hypervisor's own words on the domain's UART, as if it had printed them; waits, so never in an
 * exit path. */
void devices_say(const char *text);

/* Says the exit counts so far on the domain's UART: tests/bench/mark.c. */
void life_mark(uint32_t mark);

#endif
