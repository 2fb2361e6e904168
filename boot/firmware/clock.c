/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the TSC runs (TRAPS 4), and what time it is (TRAPS 5). */
#include "arch/x86/include/cpu.h"
#include "boot/plan/civil_time.h"
#include "drivers/io.h"
#include "firmware.h"

enum {
    PM_TIMER_HZ = 3579545,
    PM_TIMER_MASK = 0xffffff, /* the counter has at least 24 bits */
    SAMPLE_MICROSECONDS = 10000,
    SAMPLES = 3,
    STILL_TICKS = 1000000000, /* the fastest TSC's in a sample many times over; */
    SPIN_LIMIT = 100000000,   /* should that stand still too */
    FEATURES_LEAF = 7,
    CPUID_TSC_ADJUST = 1 << 1, /* EBX */
    MSR_TSC_ADJUST = 0x3b,
};

void clock_start(void)
{
    uint32_t leaf[4];
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] < FEATURES_LEAF)
        return;
    cpu_cpuid(FEATURES_LEAF, 0, leaf);
    if (leaf[1] & CPUID_TSC_ADJUST)
        cpu_wrmsr(MSR_TSC_ADJUST, 0);
}

/* TSC ticks in a sample by the PM timer; 0 when the timer, or the TSC, stands still. */
static uint64_t sample_by_pm_timer(uint16_t port)
{
    uint32_t wanted = (uint32_t)((uint64_t)PM_TIMER_HZ * SAMPLE_MICROSECONDS / 1000000);
    uint32_t first = inl(port) & PM_TIMER_MASK, passed = 0;
    uint64_t start = cpu_rdtsc();
    for (uint32_t spin = 0; passed < wanted; spin++) {
        if (spin == SPIN_LIMIT || cpu_rdtsc() - start > STILL_TICKS)
            return 0;
        passed = ((inl(port) & PM_TIMER_MASK) - first) & PM_TIMER_MASK;
    }
    return (cpu_rdtsc() - start) * wanted / passed;
}

static uint64_t sample_by_stall(void)
{
    uint64_t start = cpu_rdtsc();
    firmware->BootServices->Stall(SAMPLE_MICROSECONDS);
    return cpu_rdtsc() - start;
}

static void measure_tsc(struct facts *facts, uint16_t pm_timer_port)
{
    uint64_t sample[SAMPLES], start = cpu_rdtsc();
    for (unsigned i = 0; i < SAMPLES; i++) {
        sample[i] = pm_timer_port ? sample_by_pm_timer(pm_timer_port) : 0;
        if (sample[i] == 0)
            sample[i] = sample_by_stall();
    }
    for (unsigned i = 0; i < SAMPLES; i++)
        for (unsigned k = i + 1; k < SAMPLES; k++)
            if (sample[k] < sample[i]) {
                uint64_t other = sample[i];
                sample[i] = sample[k];
                sample[k] = other;
            }
    facts->wait_tsc = cpu_rdtsc() - start;
    facts->tsc_hz = sample[SAMPLES / 2] * (1000000 / SAMPLE_MICROSECONDS);
    if (facts->tsc_hz == 0)
        refuse("the TSC stands still: this processor or emulator can't run Bulkhead");
}

/* A call can take a second: the time is of its middle. */
static void read_time(struct facts *facts)
{
    EFI_TIME time = {0};
    uint64_t start = cpu_rdtsc();
    bool good = firmware->RuntimeServices->GetTime(&time, NULL) == EFI_SUCCESS;
    facts->unix_time_tsc = start + (cpu_rdtsc() - start) / 2;
    if (good)
        facts->unix_time = civil_unix_time(&(struct civil_time){.year = time.Year,
                                                                .month = time.Month,
                                                                .day = time.Day,
                                                                .hour = time.Hour,
                                                                .minute = time.Minute,
                                                                .second = time.Second,
                                                                .zone = time.TimeZone});
}

void clock_collect(struct facts *facts, uint16_t pm_timer_port)
{
    measure_tsc(facts, pm_timer_port);
    read_time(facts);
}
