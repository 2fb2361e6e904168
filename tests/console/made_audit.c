/* SPDX-License-Identifier: Apache-2.0 */
/* The made-up machine's audit chain. */
#include "guests/console/platform.h"
#include "kernel/sha256.h"
#include "made_parts.h"
#include <string.h>

static struct audit_record kept[AUDIT_KEPT];
static uint64_t next;

static void append(struct audit_record *record)
{
    static const uint8_t zeros[DIGEST_BYTES];
    struct sha256 hash;
    record->number = next;
    record->tsc = platform_tsc();
    sha256_init(&hash);
    sha256_update(&hash, next ? kept[(next - 1) % AUDIT_KEPT].hash : zeros, DIGEST_BYTES);
    sha256_update(&hash, record, AUDIT_BODY_BYTES);
    sha256_final(&hash, record->hash);
    kept[next % AUDIT_KEPT] = *record;
    next++;
}

void made_record(enum audit_kind kind, uint32_t domain, uint64_t value0, uint64_t value1,
                 uint64_t value2)
{
    struct audit_record record = {
        .kind = (uint16_t)kind, .domain = domain, .value = {value0, value1, value2}};
    append(&record);
}

void made_audit_start(void)
{
    struct audit_record boot = {
        .kind = AUDIT_BOOT, .domain = AUDIT_NOBODY, .value = {0, 0, 0, 0, 41}};
    memset(kept, 0, sizeof(kept));
    next = 0;
    memset(boot.value, 0xd1, DIGEST_BYTES);
    append(&boot);
    made_record(AUDIT_STORE, AUDIT_NOBODY, AUDIT_STORE_GOOD, 0, 0);
    made_record(AUDIT_CLOCK, AUDIT_NOBODY, MADE_HZ, made.unix_time, MADE_TSC_AT_BOOT);
    made_record(AUDIT_BEFORE, AUDIT_NOBODY, 0, 0, 0);
}

void made_audit_read(uint64_t from, struct management_audit *answer)
{
    memset(answer, 0, sizeof(*answer));
    answer->next = next;
    answer->first = next > AUDIT_KEPT ? next - AUDIT_KEPT : 0;
    uint64_t at = from > answer->first ? from : answer->first;
    while (at < next && answer->count < MANAGEMENT_AUDIT_RECORDS) {
        answer->records[answer->count++] = kept[at++ % AUDIT_KEPT];
    }
}
