/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the figure of what an idle console costs: the console's usual objects, linked anew so that
 * each of its sleeps goes through here (--wrap). Some seconds after its start, nobody asking it
 * anything, a span begins and ends with a mark; kernels that measure say the exits so far at each.
 */
#include "guests/console/clock.h"
#include "guests/console/platform.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/x86.h"

enum { MARK_PORT = 0x80, FIRST_MARK = 21, SETTLES_MS = 3000, SPAN_MS = 10000 };

void __wrap_clock_sleep(uint64_t milliseconds); /* the linker's names */
void __real_clock_sleep(uint64_t milliseconds);

/* No sleep is longer than to where the span begins or ends. */
void __wrap_clock_sleep(uint64_t milliseconds)
{
    static uint64_t due = SETTLES_MS, begun, sleeps;
    static uint8_t mark = FIRST_MARK;
    uint64_t now = platform_milliseconds();
    if (mark <= FIRST_MARK + 1 && now >= due) {
        outb(MARK_PORT, mark);
        due += SPAN_MS;
        if (mark++ == FIRST_MARK) {
            begun = rdtsc();
            sleeps = 0;
        } else {
            print("bench: console_idle_ticks %lu\nbench: console_idle_sleeps %lu\n",
                  rdtsc() - begun, sleeps);
        }
    }
    sleeps++;
    if (mark <= FIRST_MARK + 1 && milliseconds > due - now) {
        milliseconds = due - now;
    }
    __real_clock_sleep(milliseconds);
}
