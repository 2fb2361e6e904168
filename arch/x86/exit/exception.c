/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions during exceptions: see the header. A refused delivery that was answered by the same
 * exception again would go on for ever, inside of the guest and out. */
#include "exception.h"
#include "arch/x86/include/vcpu.h"

/* #DE, #TS, #NP, #SS, #GP; #DF as second one stands for an access that can't be carried out. */
#define CONTRIBUTORY (1u << 0 | 1u << 10 | 1u << 11 | 1u << 12 | 1u << VECTOR_GP | 1u << VECTOR_DF)

uint32_t exception_merge(uint32_t first, uint32_t second)
{
    uint32_t fatal = CONTRIBUTORY | 1u << VECTOR_PF;
    if (second >= 32 || !(fatal >> second & 1) || first >= 32 || !(fatal >> first & 1))
        return second;
    if (first == VECTOR_DF)
        return EXCEPTION_SHUTDOWN;
    /* A page fault while another is no page fault is delivered is served by itself. */
    return second == VECTOR_PF && first != VECTOR_PF ? VECTOR_PF : (uint32_t)VECTOR_DF;
}
