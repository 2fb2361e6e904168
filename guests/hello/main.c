/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest domain, and the example to copy: says who it is, starts its siblings, and then
 * lives on its timer. A tick that comes a whole period late counts as missed: nothing that
 * another domain does may cause that (I9).
 *
 * Command line: ticks= how many before it stops (0: for ever), hz= ticks a second, report=
 * ticks from one line to the next.
 */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"

enum { TICK_VECTOR = 0x40, TICK_HZ = 100, TICKS_A_REPORT = 100, FIRST_TICKS = 3 };

static volatile uint64_t ticks, missed;
static uint64_t period, due;

static void tick(struct frame *frame)
{
    (void)frame;
    uint64_t late = (rdtsc() - due) / period;
    missed += late;
    due += (late + 1) * period;
    ticks++;
    timer_at(due);
    apic_eoi();
}

static void sibling(struct cpu *cpu)
{
    print("hello: processor %u is up, APIC id %u\n", cpu->index, cpu->apic_id);
}

void guest_main(void)
{
    uint64_t stop_at = cmdline_number("ticks", 0);
    uint64_t report = cmdline_number("report", TICKS_A_REPORT);
    period = boot_info.tsc_hz / cmdline_number("hz", TICK_HZ);
    print("hello: this is domain %s: %u processors, TSC %lu Hz\n", boot_info.domain, cpu_count(),
          boot_info.tsc_hz);
    for (uint32_t i = 1; i < cpu_count(); i++) {
        if (!sibling_start(i, sibling)) {
            print("hello: processor %u did not start\n", i);
        }
    }
    apic_enable();
    interrupt_set(TICK_VECTOR, tick);
    timer_init(TICK_VECTOR);
    due = rdtsc() + period;
    timer_at(due);
    for (uint64_t seen = 0; !stop_at || seen < stop_at;) {
        wait_for_interrupt();
        if (ticks == seen) {
            continue;
        }
        seen = ticks;
        if (seen <= FIRST_TICKS) {
            print("hello: tick %lu\n", seen);
        }
        if (report && seen % report == 0) {
            print("hello: %lu ticks, missed %lu\n", seen, missed);
        }
    }
    print("hello: %lu ticks, missed %lu\n", ticks, missed);
}
