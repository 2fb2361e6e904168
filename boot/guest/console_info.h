/* SPDX-License-Identifier: Apache-2.0 */
/* What the management domain finds at GUEST_CONSOLE: its network, admins, and its server's key. */
#ifndef BULKHEAD_BOOT_CONSOLE_INFO_H
#define BULKHEAD_BOOT_CONSOLE_INFO_H

#include "boot/plan/plan.h"
#include "kernel/abi/console.h"

/*
 * What the manifest says of management, as far as no console could do with it: functions, address,
 * names, admins, the server's key. False, with `why` filled.
 */
bool console_info_check(const struct plan_input *in, struct diagnostic *why);

/*
 * Fills the zeroed `out`, of a manifest that console_info_check() took. The private key is copied
 * from the payload straight to there.
 */
void console_info_fill(const struct plan_input *in, struct console_info *out);

#endif
