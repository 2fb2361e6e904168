/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM's PCR holds: the only proof that a measurement was taken. */
#ifndef BULKHEAD_BOOT_PCR_H
#define BULKHEAD_BOOT_PCR_H

#include "tcg2.h"

enum { PCR_BYTES = 64 };

struct pcr {
    uint16_t hash;  /* TPM_ALG_ID of the bank that it is of: SHA-256, SHA-384 or SHA-512 */
    uint32_t bytes; /* of its value */
    uint8_t value[PCR_BYTES];
};

/* Reads PCR `number`, below 24, of the first of these banks that is active. False: none is, or the
 * TPM does not answer as it should. */
bool pcr_read(struct tcg2 *tcg2, uint32_t number, struct pcr *out);

#endif
