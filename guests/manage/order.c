/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Domains that start after others: `second` after `brief`, which ends at once, and `third` after
 * both, so that it waits until somebody starts it.
 */
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"
#include "manage.h"

enum { PATIENCE_SECONDS = 20 };

static bool is_in(uint32_t domain, enum life_state state, uint32_t lives)
{
    const struct management_status *status = (const void *)call_page;
    return call_make(MANAGEMENT_STATUS, domain, 0) == MANAGEMENT_DONE && status->state == state &&
           status->lives == lives;
}

static bool wait_for(uint32_t domain, enum life_state state, uint32_t lives)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz * PATIENCE_SECONDS;
    while (!is_in(domain, state, lives)) {
        if (rdtsc() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

/* Number of the record of that domain's first start; 0: there is none, as a boot's first is 0. */
static uint64_t started_at(uint32_t domain)
{
    const struct management_audit *audit = (const void *)call_page;
    if (call_make(MANAGEMENT_AUDIT_READ, 0, 0) != MANAGEMENT_DONE) {
        return 0;
    }
    for (uint32_t i = 0; i < audit->count; i++) {
        if (audit->records[i].kind == AUDIT_START && audit->records[i].domain == domain) {
            return audit->records[i].number;
        }
    }
    return 0;
}

void try_order(uint32_t brief, uint32_t second, uint32_t third)
{
    const struct management_status *status = (const void *)call_page;
    uint64_t end;
    bool runs = wait_for(second, LIFE_RUNNING, 1);
    report(runs, "I5", "second runs", "state %u, life %u", status->state, status->lives);
    bool down = wait_for(brief, LIFE_STOPPED, 1);
    report(down && status->last_end == END_POWER_OFF, "I5", "brief is down", "state %u, life %u",
           status->state, status->lives);
    bool waits = true;
    for (end = rdtsc() + boot_info.tsc_hz / 2; waits && rdtsc() < end; cpu_relax()) {
        waits = is_in(third, LIFE_NEW, 0);
    }
    report(waits, "I5", "third waits", "state %u, life %u, ticket %u", status->state, status->lives,
           status->ticket);
    report(started_at(third) == 0, "I6", "its start is not on record", "%lu", started_at(third));
    uint64_t result = call_patiently(MANAGEMENT_CHECK, third);
    uint32_t ticket = ((const struct management_ticket *)call_page)->ticket;
    for (end = rdtsc() + boot_info.tsc_hz * 2;
         is_in(third, LIFE_NEW, 0) && status->answered != ticket && rdtsc() < end;) {
        cpu_relax();
    }
    report(result == MANAGEMENT_DONE && status->checks == 1 && status->check_failed == 0, "I12",
           "check of third", "result %lu, %u, the last found %u", result, status->checks,
           status->check_failed);
    result = call_patiently(MANAGEMENT_START, third);
    runs = wait_for(third, LIFE_RUNNING, 1);
    report(result == MANAGEMENT_DONE && runs, "I6", "third is started", "state %u, life %u",
           status->state, status->lives);
    uint64_t first = started_at(brief), next = started_at(second), last = started_at(third);
    report(first > 0 && first < next && next < last, "I6", "order on record", "%lu, %lu, %lu",
           first, next, last);
    uint64_t heard = 0;
    bool spoke = hear(third, &heard, "this is domain third: ");
    report(spoke, "I6", "third speaks", "%lu bytes", heard);
    result = call_patiently(MANAGEMENT_STOP, third);
    down = wait_for(third, LIFE_STOPPED, 1);
    result |= call_patiently(MANAGEMENT_START, brief);
    runs = wait_for(brief, LIFE_STOPPED, 2);
    for (end = rdtsc() + boot_info.tsc_hz / 2; down && rdtsc() < end; cpu_relax()) {
        down = is_in(third, LIFE_STOPPED, 1);
    }
    report(result == MANAGEMENT_DONE && runs && down, "I6", "only the first start is ordered",
           "state %u, life %u", status->state, status->lives);
}
