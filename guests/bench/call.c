/* SPDX-License-Identifier: Apache-2.0 */
/* The management call's round trips, where this is the management domain: of the first other one.
 */
#include "guests/lib/call.h"
#include "bench.h"
#include "guests/lib/x86.h"

extern uint32_t bench_loops;

static uint64_t no_call(uint64_t gpa)
{
    (void)gpa;
    return MANAGEMENT_DONE;
}

/* TSC ticks of bench_loops requests, written anew each, as the answer lies where they stood. */
static uint64_t ticks_of(uint32_t call, uint64_t (*at)(uint64_t gpa))
{
    volatile struct management_request *request = (void *)call_page;
    const struct management_request asked = {
        .version = MANAGEMENT_VERSION, .call = call, .admin = MANAGEMENT_NO_ADMIN};
    uint64_t start = rdtsc(), failed = 0;
    for (uint32_t i = 0; i < bench_loops; i++) {
        *request = asked;
        failed += at((uint64_t)call_page) != MANAGEMENT_DONE;
    }
    return failed ? UINT64_MAX / 2 : rdtsc() - start; /* a figure that no bound lets pass */
}

uint64_t sample_status(void)
{
    return ticks_of(MANAGEMENT_STATUS, call_at);
}

uint64_t base_status(void)
{
    return ticks_of(MANAGEMENT_STATUS, no_call);
}

uint64_t sample_counters(void)
{
    return ticks_of(MANAGEMENT_COUNTERS, call_at);
}

uint64_t base_counters(void)
{
    return ticks_of(MANAGEMENT_COUNTERS, no_call);
}
