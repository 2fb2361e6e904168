/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the TSC runs (TRAPS 4), and what time it is (TRAPS 5). */
#include "arch/x86/include/cpu.h"
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
    FEATURE_TSC_ADJUST = 1 << 1, /* EBX */
    MSR_TSC_ADJUST = 0x3b,
};

void clock_start(void)
{
    uint32_t leaf[4];
    cpu_cpuid(0, 0, leaf);
    if (leaf[0] < FEATURES_LEAF)
        return;
    cpu_cpuid(FEATURES_LEAF, 0, leaf);
    if (leaf[1] & FEATURE_TSC_ADJUST)
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

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static int64_t days_since_epoch(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void read_time(struct facts *facts)
{
    EFI_TIME time;
    facts->unix_time_tsc = cpu_rdtsc();
    if (firmware->RuntimeServices->GetTime(&time, NULL) != EFI_SUCCESS || time.Year < 1970 ||
        time.Month < 1 || time.Month > 12 || time.Day < 1 || time.Day > 31)
        return;
    int64_t zone = time.TimeZone == EFI_UNSPECIFIED_TIMEZONE ? 0 : time.TimeZone;
    facts->unix_time =
        (uint64_t)((days_since_epoch(time.Year, time.Month, time.Day) * 24 + time.Hour) * 3600 +
                   time.Minute * 60 + time.Second + zone * 60);
}

void clock_collect(struct facts *facts, uint16_t pm_timer_port)
{
    measure_tsc(facts, pm_timer_port);
    read_time(facts);
}
