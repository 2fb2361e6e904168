/* SPDX-License-Identifier: Apache-2.0 */
/* Is the image whole: the manifest's self-digest and every payload's SHA-256. */
#ifndef BULKHEAD_BOOT_PAYLOADS_H
#define BULKHEAD_BOOT_PAYLOADS_H

#include "firmware.h"
#include "kernel/manifest.h"

/* Opens the compiled manifest and checks all digests; refuses at the first that differs. */
void payloads_check(const struct image *image, struct manifest *manifest);

/* TSC ticks and bytes spent hashing so far, for the handover figure. */
extern uint64_t payloads_hash_tsc, payloads_hash_bytes;

#endif
