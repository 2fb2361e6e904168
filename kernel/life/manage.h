/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The management call (I6, kernel/abi/management.h), on the management domain's processors. What
 * is asked of another domain goes into its public page, with a knock at its first processor: no
 * call waits for it or takes a lock of it.
 */
#ifndef BULKHEAD_MANAGE_H
#define BULKHEAD_MANAGE_H

#include "kernel/abi/slice.h"
#include <stdbool.h>

/*
 * Whether `request` may be carried out, by the rights of `book` alone: MANAGEMENT_DONE, or what is
 * wrong with it. After MANAGEMENT_DONE `index` and `detail` are in range. Not: how often it comes.
 */
enum management_result manage_judge(const struct management_request *request,
                                    const struct handoff_book *book);

/* All that a domain is asked reaches it at most so often. */
enum { MANAGE_KNOCKS_A_SECOND = 50, MANAGE_CHECK_SECONDS = 60 };

/*
 * Whether a request at TSC `now` comes less than `ticks` after the one at `last`, 0: there was
 * none. A TSC that is behind, of another processor, comes too soon as well.
 */
static inline bool manage_is_too_soon(uint64_t now, uint64_t last, uint64_t ticks)
{
    return last && (int64_t)(now - last) < (int64_t)ticks;
}

#endif
