/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the display that the screen is on may go on reading. It scans out of memory that the
 * firmware keeps for it, not of its registers: blocked like the rest of what is nobody's, it would
 * stand still, and nobody would see why the machine does not start (TRAPS 43, 61).
 */
#ifndef BULKHEAD_BOOT_DISPLAY_H
#define BULKHEAD_BOOT_DISPLAY_H

#include "plan.h"

/*
 * Fills handoff->display but for `table`, if units are in use, one range alone is kept for the
 * display (RMRR, named without doubt), in the unit's reach, and nothing known lies in it: no RAM,
 * no registers. Else it stays zero, and all that the display does is blocked.
 */
void display_grant(const struct facts *facts, struct handoff *handoff);

#endif
