/* SPDX-License-Identifier: Apache-2.0 */
/* Machine checks. Intel SDM, "Machine-Check Architecture"; AMD APM, "Machine Check Architecture";
 * TRAPS 18. */
#ifndef BULKHEAD_MCE_H
#define BULKHEAD_MCE_H

#include <stdint.h>

/*
 * What this processor's banks mean; without either recovery an uncorrected error is fatal. The
 * first two are as in CPUID 8000_0007, EBX.
 */
enum mce_rules {
    MCE_AMD_OVERFLOW = 1, /* OVER hides no fatal error */
    MCE_AMD_RECOVERY = 2, /* SUCCOR: without PCC an uncorrected error is contained */
    MCE_AMD = 4,          /* S and AR are other bits, and #MC comes to who used the data only */
    MCE_RECOVERY = 8,     /* Intel: S and AR say what an uncorrected error asks for */
};

enum mce_verdict {
    MCE_GO_ON, /* corrected, optional, another processor's, or nothing */
    MCE_ENDS,  /* what runs on this processor can't go on */
    MCE_STOPS, /* no processor's state is to be trusted */
};

enum { MCE_MOST_BANKS = 64 };

/* Of one bank's status (MCi_STATUS), MCG_STATUS of this processor being `global`. */
enum mce_verdict mce_judge_bank(uint32_t rules, uint64_t global, uint64_t status);

/* Of all banks; what none of them explains stops the machine where it can't be gone on from. */
enum mce_verdict mce_judge(uint32_t rules, uint64_t global, const uint64_t *status, uint32_t banks);

/*
 * A machine check while the guest ran or, in the second form, anywhere else: ends this domain,
 * stops the machine, or counts and returns. The second leaves MCG_STATUS for its caller to clear,
 * who is then ready for the next one.
 */
void mce_handle(void);
void mce_look(void);

/* What the banks held at start: the first that did, and in all. */
struct mce_found {
    uint32_t count, bank;
    uint64_t status, address;
};

/* Where this processor's machine-check registers are: set once at start-up. */
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
