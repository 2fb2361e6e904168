/* SPDX-License-Identifier: Apache-2.0 */
/* How a record follows from the one before, as the hypervisor chains them (docs/audit.md). */
#ifndef BULKHEAD_AUDIT_HASH_H
#define BULKHEAD_AUDIT_HASH_H

#include "kernel/abi/audit.h"

/* The hash of a record: of the hash of the one before, zeros for a boot's first, and its own body.
 */
void audit_hash(const uint8_t before[DIGEST_BYTES], const void *body, uint8_t hash[DIGEST_BYTES]);

#endif
