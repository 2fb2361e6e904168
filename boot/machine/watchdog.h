/* SPDX-License-Identifier: Apache-2.0 */
/* A watchdog that firmware left. */
#ifndef BULKHEAD_BOOT_WATCHDOG_H
#define BULKHEAD_BOOT_WATCHDOG_H

#include "boot/plan/facts.h"

/* Says if it runs, or can't be asked: it would reset the machine under all domains. */
void watchdog_tell(const struct fact_watchdog *watchdog);

#endif
