/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest domain, and the example to copy: says who it is, starts its siblings, and then
 * lives on its timer. A tick that comes a whole period late counts as missed: nothing that
 * another domain does may cause that (I9).
 *
 * Command line: ticks= how many before it stops (0: for ever), hz= ticks a second, report= ticks
 * from one line to the next; without it there is one after the first second, and then one every ten
 * seconds; echo: it prints each line that comes to its serial port, up to 80 characters of it.
 */
#include "guests/lib/apic.h"
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/cpu.h"
#include "guests/lib/x86.h"

enum { TICK_VECTOR = 0x40, TICK_HZ = 100, FIRST_TICKS = 3, REPORT_SECONDS = 10, LINE_LENGTH = 80 };

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

/* At a tick, as long as something is there. Terminals end a line with CR, files with LF, some with
 * both: an empty one is none. */
static void listen(void)
{
    static char line[LINE_LENGTH + 1];
    static unsigned length;
    for (int c = console_read(); c >= 0; c = console_read()) {
        if (c >= ' ' && length < LINE_LENGTH) {
            line[length++] = (char)c;
        } else if ((c == '\r' || c == '\n') && length > 0) {
            line[length] = 0;
            length = 0;
            print("hello: heard %s\n", line);
        }
    }
}

void guest_main(void)
{
    bool echo = cmdline_has("echo");
    uint64_t stop_at = cmdline_number("ticks", 0);
    uint64_t hz = cmdline_number("hz", TICK_HZ);
    uint64_t report = cmdline_number("report", 0);
    uint64_t first_report = report ? report : hz;
    uint64_t each_report = report ? report : hz * REPORT_SECONDS;
    period = boot_info.tsc_hz / hz;
    print("hello: this is domain %s: %u processor%s, TSC %lu Hz\n", boot_info.domain, cpu_count(),
          cpu_count() == 1 ? "" : "s", boot_info.tsc_hz);
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
        if (echo) {
            listen();
        }
        if (seen <= FIRST_TICKS) {
            print("hello: tick %lu\n", seen);
        }
        if (seen == first_report || seen % each_report == 0) {
            print("hello: %lu ticks, missed %lu\n", seen, missed);
        }
    }
    print("hello: %lu ticks, missed %lu\n", ticks, missed);
}
