/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"
#include "x86.h"

uint8_t call_page[PAGE_BYTES] __attribute__((aligned(4096)));

uint64_t call_at(uint64_t gpa)
{
    static enum { UNKNOWN, INTEL, AMD } maker; /* asking takes an exit */
    uint64_t result;
    if (maker == UNKNOWN) {
        maker = is_intel() ? INTEL : AMD;
    }
    if (maker == INTEL) {
        __asm__ volatile("vmcall" : "=a"(result) : "a"(gpa) : "memory");
    } else {
        __asm__ volatile("vmmcall" : "=a"(result) : "a"(gpa) : "memory");
    }
    return result;
}

uint64_t call_make(uint32_t call, uint32_t index, uint32_t detail)
{
    volatile struct management_request *request = (void *)call_page;
    *request = (struct management_request){.version = MANAGEMENT_VERSION,
                                           .call = call,
                                           .index = index,
                                           .detail = detail,
                                           .admin = MANAGEMENT_NO_ADMIN};
    return call_at((uint64_t)call_page);
}
