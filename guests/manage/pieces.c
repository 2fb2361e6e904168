/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A separation check of many pieces, of a domain of one processor that prints at each of its ticks:
 * it goes on meanwhile, and can be stopped in the midst.
 */
#include "guests/lib/boot.h"
#include "guests/lib/call.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"
#include "manage.h"

enum { PATIENCE_SECONDS = 60, CHECK_SECONDS = 60, SEVERAL = 5, PREEMPTION_TIMER = 52 };

static const struct management_status *const status = (const void *)call_page;

/* Bytes that it has printed so far; 0: nobody may know. */
static uint64_t printed(uint32_t target)
{
    *(struct management_request *)(void *)call_page =
        (struct management_request){.version = MANAGEMENT_VERSION,
                                    .call = MANAGEMENT_SERIAL_READ,
                                    .index = target,
                                    .admin = MANAGEMENT_NO_ADMIN,
                                    .from = ~0ull};
    const struct management_serial *serial = (const void *)call_page;
    return call_at((uint64_t)call_page) == MANAGEMENT_DONE ? serial->next : 0;
}

/* Exits by which its processor came back to a check. */
static uint64_t came_back(uint32_t target)
{
    const struct management_counters *counters = (const void *)call_page;
    return call_make(MANAGEMENT_COUNTERS, target, 0) == MANAGEMENT_DONE
               ? counters->exits[PREEMPTION_TIMER]
               : 0;
}

/* Whether it is at rest, and what was asked last answered. */
static bool is_at_rest(uint32_t target)
{
    return call_make(MANAGEMENT_STATUS, target, 0) == MANAGEMENT_DONE &&
           status->answered == status->ticket;
}

static bool wait_for_rest(uint32_t target, enum life_state state, uint32_t checks)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz * PATIENCE_SECONDS;
    while (!is_at_rest(target) && rdtsc() < end) {
        cpu_relax();
    }
    return status->answered == status->ticket && status->state == state &&
           status->checks == checks && status->check_failed == 0;
}

/* Times that more was printed while the check lasts, at most `most`. */
static uint32_t times_printed(uint32_t target, uint32_t most)
{
    uint64_t before = printed(target);
    uint32_t times = 0;
    while (times < most && !is_at_rest(target)) {
        uint64_t now = printed(target);
        times += now != before;
        before = now;
    }
    return times;
}

static bool is_printing(uint32_t target)
{
    uint64_t end = rdtsc() + boot_info.tsc_hz * PATIENCE_SECONDS, before = printed(target);
    while (printed(target) == before && rdtsc() < end) {
        cpu_relax();
    }
    return printed(target) != before;
}

void try_pieces(uint32_t target)
{
    bool prints = is_printing(target);
    report(prints && came_back(target) == 0, "I12", "it prints", "and no timer is on");
    uint64_t start = rdtsc(), result = call_patiently(MANAGEMENT_CHECK, target);
    uint32_t times = times_printed(target, ~0u);
    uint64_t took = (rdtsc() - start) * 1000 / boot_info.tsc_hz;
    bool passed = wait_for_rest(target, LIFE_RUNNING, 1);
    report(result == MANAGEMENT_DONE && passed, "I12", "check",
           "result %lu, the last found %u, %lu ms", result, status->check_failed, took);
    uint64_t pieces = came_back(target);
    report(times >= SEVERAL && pieces >= SEVERAL, "I12", "it went on meanwhile",
           "printed %u times, came back %lu times", times, pieces);
    prints = is_printing(target);
    report(prints && came_back(target) == pieces, "I12", "the timer is off", "%lu times in all",
           came_back(target));
    for (uint64_t end = start + boot_info.tsc_hz * (CHECK_SECONDS + 1); rdtsc() < end;) {
        cpu_relax();
    }
    result = call_patiently(MANAGEMENT_CHECK, target);
    times = times_printed(target, 2);
    result |= call_patiently(MANAGEMENT_STOP, target);
    passed = wait_for_rest(target, LIFE_STOPPED, 2);
    report(result == MANAGEMENT_DONE && passed && times == 2, "I12", "stop in the midst",
           "result %lu, state %u, %u checks, the last found %u", result, status->state,
           status->checks, status->check_failed);
    result = call_patiently(MANAGEMENT_START, target);
    passed = wait_for_rest(target, LIFE_RUNNING, 2);
    prints = is_printing(target);
    report(result == MANAGEMENT_DONE && passed && prints && came_back(target) == 0, "I12",
           "its next life", "result %lu, came back %lu times", result, came_back(target));
}
