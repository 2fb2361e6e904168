/* SPDX-License-Identifier: Apache-2.0 */
/* Where the audit trail begins: see the header. */
#include "trail.h"
#include "arch/x86/include/machine_words.h"
#include "arch/x86/include/start.h"
#include "arch/x86/include/upcalls.h"
#include "kernel/abi/handoff.h"
#include "kernel/life/audit.h"
#include "kernel/life/memory.h"
#include "show.h"

static void append(struct audit_trail *trail, enum audit_kind kind, const uint64_t *words,
                   uint32_t count, uint64_t last)
{
    struct audit_record record = {
        .tsc = machine_tsc(), .kind = (uint16_t)kind, .domain = AUDIT_NOBODY};
    memory_copy(record.value, words, count * sizeof(words[0]));
    if (count < AUDIT_VALUES)
        record.value[AUDIT_VALUES - 1] = last;
    audit_append(trail, &record);
}

void trail_begin(const uint8_t digest[DIGEST_BYTES])
{
    static const char *const stores[] = {
        [AUDIT_STORE_GOOD] = "kept by the firmware",
        [AUDIT_STORE_ABSENT] = "not kept: the firmware has no store",
        [AUDIT_STORE_FULL] = "not kept: the firmware's store is full",
        [AUDIT_STORE_READ_ONLY] = "not kept: the firmware's store can't be written",
    };
    const struct handoff *all = handoff();
    const struct handoff_audit *audit = &all->audit;
    if (all->management == HANDOFF_NOBODY)
        return;
    const struct handoff_domain *own = &all->domains[all->management];
    struct audit_trail *trail = public_trail((void *)own->public_hpa, own->public_bytes);
    const uint64_t store =
        audit->store <= AUDIT_STORE_READ_ONLY ? audit->store : AUDIT_STORE_ABSENT;
    const uint64_t clock[] = {all->tsc_hz, all->unix_time, all->unix_time_tsc}, none[4] = {0};
    bool head = audit->survived & HANDOFF_HEAD_SURVIVED;
    uint64_t manifest[DIGEST_BYTES / sizeof(uint64_t)];
    memory_copy(manifest, digest, DIGEST_BYTES);
    append(trail, AUDIT_BOOT, manifest, 4, audit->boots);
    append(trail, AUDIT_STORE, &store, 1, 0);
    append(trail, AUDIT_CLOCK, clock, 3, 0);
    append(trail, AUDIT_BEFORE, head ? audit->head : none, 4, head);
    if (audit->survived & HANDOFF_PANIC_SURVIVED)
        append(trail, AUDIT_PANIC, audit->panic, AUDIT_VALUES, 0);
    show("  audit: boot %lu, counter %s; head of the boot before %s\n", audit->boots, stores[store],
         head ? "found" : "unknown (cold start)");
}
