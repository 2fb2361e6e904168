/* SPDX-License-Identifier: Apache-2.0 */
/* How the loader's arithmetic says why the machine does not start (I10). */
#ifndef BULKHEAD_BOOT_DIAGNOSTIC_H
#define BULKHEAD_BOOT_DIAGNOSTIC_H

#include "facts.h"

/* Fills `why` as format() of kernel/format.h does; always false, so that callers return it. */
bool diagnose(struct diagnostic *why, const char *text, ...) __attribute__((format(printf, 2, 3)));

#endif
