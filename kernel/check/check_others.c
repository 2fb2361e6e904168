/* SPDX-License-Identifier: Apache-2.0 */
/* The separation check, what management's processors see of the other domains (I5, I11). */
#include "check_parts.h"
#include "kernel/abi/layout.h"
#include "kernel/abi/public.h"

bool check_expect_others(struct check *check)
{
    const struct handoff_slice *slice = check->slice;
    const struct handoff_book *book = handoff_book_of(slice);
    if (!(slice->rules.flags & MANIFEST_IS_MANAGEMENT))
        return true;
    uint32_t count = book->machine.counts[MANAGEMENT_DOMAIN];
    if (count > MAX_DOMAINS || book->machine.own != slice->domain)
        return check_fail(check->result, "I11", "%u domains, management is %u, expected %u", count,
                          book->machine.own, slice->domain);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t va = VA_OTHERS + (uint64_t)i * OTHERS_STRIDE;
        uint64_t hpa = book->public_hpa[i], bytes = book->public_bytes[i];
        uint32_t cpus = book->domains[i].cpu_count;
        if (i == slice->domain)
            continue;
        if (!public_is_seen(&book->domains[i])) { /* of the audit trail is everybody */
            va += public_counted(cpus);
            if (!check_expect(check, CHECK_COUNTED, va, hpa + public_counted(cpus),
                              public_rings(cpus)))
                return false;
            continue;
        }
        if (bytes > OTHERS_STRIDE || !check_expect(check, CHECK_ASKED, va, hpa, PAGE_BYTES) ||
            (bytes > PAGE_BYTES && !check_expect(check, CHECK_COUNTED, va + PAGE_BYTES,
                                                 hpa + PAGE_BYTES, bytes - PAGE_BYTES)))
            return check_fail(check->result, "I11", "public page of %u at %lx, %lx bytes", i, hpa,
                              bytes);
    }
    return true;
}
