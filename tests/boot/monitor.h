/* SPDX-License-Identifier: Apache-2.0 */
/* QEMU's own monitor in a boot test: a test may type there, and whether it answers tells who stands
 * still. */
#ifndef BULKHEAD_TESTS_MONITOR_H
#define BULKHEAD_TESTS_MONITOR_H

#include <stdbool.h>

enum { MONITOR_PATH = 640 };

struct monitor {
    char path[MONITOR_PATH]; /* a FIFO that QEMU reads; what it answers goes to PATH.txt */
    int keys;                /* where to type; 0: there is no monitor */
};

/* Makes the FIFO in `directory`; open here too, so that QEMU needs not wait. False: it can't be. */
bool monitor_open(struct monitor *monitor, const char *directory);

/* Whether QEMU says anything more within `seconds` of being asked for the state of its processors.
 */
bool monitor_answers(const struct monitor *monitor, double seconds);

#endif
