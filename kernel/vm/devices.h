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

/* The domain's UART may have work: called at a knock on its first processor. */
void devices_pump(void);

/* The hypervisor's own words on the domain's UART; waits, so never in an exit path. */
void devices_say(const char *text);

#endif
