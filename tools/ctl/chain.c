/* SPDX-License-Identifier: Apache-2.0 */
/* Each record's hash is of the one before and itself. */
#include "chain.h"
#include "kernel/sha256.h"

#include <string.h>

enum chain_verdict chain_put(struct chain *chain, const uint8_t *body, const uint8_t *hash)
{
    static const uint8_t zeros[DIGEST_BYTES];
    enum chain_verdict verdict = CHAIN_GOOD;
    struct audit_record record;
    uint8_t head[DIGEST_BYTES];
    struct sha256 digest;

    memcpy(&record, body, AUDIT_BODY_BYTES);
    bool first = record.number == 0;
    sha256_init(&digest);
    sha256_update(&digest, first ? zeros : chain->head, DIGEST_BYTES);
    sha256_update(&digest, body, AUDIT_BODY_BYTES);
    sha256_final(&digest, head);
    if (chain->anchored && record.number < chain->next)
        verdict = CHAIN_BROKEN;
    else if (!first && !chain->anchored)
        verdict = CHAIN_FIRST;
    else if (chain->anchored && record.number > chain->next)
        verdict = CHAIN_GAP;
    else if (memcmp(head, hash, DIGEST_BYTES) != 0)
        verdict = CHAIN_BROKEN;
    chain->anchored = true;
    chain->next = record.number + 1;
    memcpy(chain->head, hash, DIGEST_BYTES);
    return verdict;
}
