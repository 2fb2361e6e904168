/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the separation check (I12) on this processor. */
#ifndef BULKHEAD_SEPARATION_H
#define BULKHEAD_SEPARATION_H

#include "check.h"

/* Checks this processor, which must run on its own page tables. Returns result->ok. */
bool separation_check(const struct manifest *manifest, struct check_result *result);

#endif
