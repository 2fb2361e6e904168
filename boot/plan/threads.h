/* SPDX-License-Identifier: Apache-2.0 */
/* Which processors are threads of one core (I2)? */
#ifndef BULKHEAD_BOOT_THREADS_H
#define BULKHEAD_BOOT_THREADS_H

#include "facts.h"

/*
 * Fills core_id of every processor in `facts` from the leaf 0xB that each read of itself: threads
 * of one core get the same number, which is never 0. Where cores differ, the shift is each core's
 * own. Intel SDM, "CPUID Extended Topology Enumeration". False, with `why` filled, when a
 * processor of several has no such leaf or one that contradicts itself: that is not "no threads"
 * (TRAPS 50).
 */
bool threads_judge(struct facts *facts, struct diagnostic *why);

#endif
