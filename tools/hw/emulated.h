/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the functions of the emulated machine (tools/run/devices.h) without booting it.
 */
#ifndef BULKHEAD_HW_EMULATED_H
#define BULKHEAD_HW_EMULATED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether the emulated machine has devices with this id (vendor << 16 | device) that can't be reset
 * at this address (segment << 16 | bus << 8 | device << 3 | function): such a one has no reset of
 * its own, and on bus 00 there is no port above that could reset it. The loader refuses it there.
 */
bool emulated_lacks_reset(uint32_t id, uint32_t pci);

/* What to do about it. */
#define EMULATED_REMEDY                                                                            \
    "give it a bus of its own, as 01:00.0, or name a card that resets itself, as 8086:10c9"

#endif
