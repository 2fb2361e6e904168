/* SPDX-License-Identifier: Apache-2.0 */
/* Each record's hash is of the one before and itself. */
#include "chain.h"
#include "tools/audit/hash.h"

#include <string.h>

enum chain_verdict chain_put(struct chain *chain, const uint8_t *body, const uint8_t *hash)
{
    static const uint8_t zeros[DIGEST_BYTES];
    enum chain_verdict verdict = CHAIN_GOOD;
    struct audit_record record;
    uint8_t head[DIGEST_BYTES];

    memcpy(&record, body, AUDIT_BODY_BYTES);
    bool first = record.number == 0;
    audit_hash(first ? zeros : chain->head, body, head);
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
