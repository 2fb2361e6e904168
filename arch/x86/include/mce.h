/* SPDX-License-Identifier: Apache-2.0 */
/* Machine checks. Intel SDM, "Machine-Check Architecture"; TRAPS 18. */
#ifndef BULKHEAD_MCE_H
#define BULKHEAD_MCE_H

/*
 * A machine check while the guest ran: one that this processor can recover from ends this domain,
 * one that it can't stops the machine. Returns when there was nothing but a corrected error.
 */
void mce_handle(void);

#endif
