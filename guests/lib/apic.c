/* SPDX-License-Identifier: Apache-2.0 */
/* Local APIC and its timer. */
#include "apic.h"
#include "boot.h"

enum {
    APIC_BASE_EXTD = 1 << 10,
    CPUID_TSC_DEADLINE = 1 << 24,
    SPURIOUS_VECTOR = 0xff,
    MEASURE_TICKS = 1 << 17, /* of the TSC */
};

static bool has_deadline, measured;
static uint8_t timer_vector;
static uint64_t counts_per_tick; /* of the APIC per TSC tick, 32.32 */

void apic_enter_x2apic(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);
    if (!(base & APIC_BASE_EXTD)) {
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_EXTD);
    }
}

void apic_enable(void)
{
    wrmsr(APIC_SVR, APIC_SVR_ENABLE | SPURIOUS_VECTOR);
}

void tsc_wait(uint64_t ticks)
{
    uint64_t end = rdtsc() + ticks;
    while (rdtsc() < end) {
        cpu_relax();
    }
}

static void measure(void)
{
    wrmsr(APIC_TDCR, APIC_DIVIDE_BY_1);
    wrmsr(APIC_LVT_TIMER, APIC_MASKED | timer_vector);
    wrmsr(APIC_TMICT, 0xffffffff);
    uint64_t start = rdtsc();
    tsc_wait(MEASURE_TICKS);
    uint64_t counts = 0xffffffff - rdmsr(APIC_TMCCT);
    uint64_t ticks = rdtsc() - start;
    wrmsr(APIC_TMICT, 0);
    counts_per_tick = (counts << 32) / ticks;
    measured = true;
}

static uint64_t counts_in(uint64_t ticks)
{
    uint64_t n = (uint64_t)((unsigned __int128)ticks * counts_per_tick >> 32);
    return n == 0 ? 1 : n > 0xffffffff ? 0xffffffff : n;
}

void timer_init(uint8_t vector)
{
    timer_vector = vector;
    has_deadline = cpuid(1, 0).ecx & CPUID_TSC_DEADLINE && !cmdline_lists("timer", "count", false);
    if (has_deadline) {
        wrmsr(APIC_LVT_TIMER, APIC_TIMER_DEADLINE | vector);
        return;
    }
    if (!measured) {
        measure();
    }
    wrmsr(APIC_TDCR, APIC_DIVIDE_BY_1);
    wrmsr(APIC_LVT_TIMER, vector);
}

bool timer_has_deadline(void)
{
    return has_deadline;
}

void timer_at(uint64_t tsc)
{
    if (has_deadline) {
        wrmsr(MSR_TSC_DEADLINE, tsc);
    } else {
        uint64_t now = rdtsc();
        wrmsr(APIC_TMICT, counts_in(tsc > now ? tsc - now : 1));
    }
}

void timer_periodic(uint8_t vector, uint64_t ticks)
{
    if (!measured) {
        timer_vector = vector;
        measure();
    }
    wrmsr(APIC_TDCR, APIC_DIVIDE_BY_1);
    wrmsr(APIC_LVT_TIMER, APIC_TIMER_PERIODIC | vector);
    wrmsr(APIC_TMICT, counts_in(ticks));
}

void timer_stop(void)
{
    if (has_deadline) {
        wrmsr(MSR_TSC_DEADLINE, 0);
    }
    wrmsr(APIC_LVT_TIMER, APIC_MASKED | timer_vector);
    wrmsr(APIC_TMICT, 0);
}
