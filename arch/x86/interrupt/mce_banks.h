/* SPDX-License-Identifier: Apache-2.0 */
/* Where this processor's machine-check registers are: mce.c reads them, start/mce.c finds them. */
#ifndef BULKHEAD_MCE_BANKS_H
#define BULKHEAD_MCE_BANKS_H

#include <stdint.h>

enum { MC_CTL, MC_STATUS, MC_ADDR, MC_MISC }; /* a bank's registers, from its first */

struct mce_banks {
    uint32_t first, stride, banks; /* 0 banks: nothing is known of machine checks */
    uint32_t rules;                /* enum mce_rules */
    uint64_t counted;              /* errors seen and gone on from */
};
extern struct mce_banks mce;

#define MC_VALID           (1ull << 63)
#define MC_OVERFLOW        (1ull << 62)
#define MC_UNCORRECTED     (1ull << 61)
#define MC_ADDRESS_VALID   (1ull << 58)
#define MC_CONTEXT_CORRUPT (1ull << 57)
#define MC_SIGNALED        (1ull << 56)
#define MC_ACTION_REQUIRED (1ull << 55)

#define MCG_RESTART_IP  (1ull << 0)
#define MCG_ERROR_IP    (1ull << 1)
#define MCG_IN_PROGRESS (1ull << 2)

#endif
