/* SPDX-License-Identifier: Apache-2.0 */
/* I10: how fast the TSC runs and what time it is, by timers that stand still, a slow clock and one
 * that is wrong. The TSC moves by what reading it and the timer take. */
#define BULKHEAD_TEST_IO
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/include/cpu.h"
static uint64_t made_rdtsc(void);
static void made_wrmsr(uint32_t msr, uint64_t value);
static void made_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
#define cpu_rdtsc made_rdtsc
#define cpu_wrmsr made_wrmsr
#define cpu_cpuid made_cpuid
#include "boot/firmware/clock.c"

enum { PORT = 0x608, HZ = 2000000000 };

static struct {
    uint64_t tsc, step; /* what reading the TSC takes */
    uint64_t inl_ticks; /* and reading the timer */
    bool timer_still;
    unsigned timer_reads;
    uint64_t get_time_ticks; /* what GetTime takes */
    EFI_STATUS get_time;
    EFI_TIME time;
    uint32_t leaf_7_ebx, greatest;
    unsigned adjusted;
} world;
static jmp_buf end;

static uint64_t made_rdtsc(void)
{
    return world.tsc += world.step;
}

static void made_wrmsr(uint32_t msr, uint64_t value)
{
    assert_int_equal(msr, MSR_TSC_ADJUST);
    assert_int_equal(value, 0);
    world.adjusted++;
}

static void made_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    memset(out, 0, 16);
    assert_int_equal(subleaf, 0);
    if (leaf == 0)
        out[0] = world.greatest;
    else if (leaf == FEATURES_LEAF)
        out[1] = world.leaf_7_ebx;
}

/* 24 bits that overflow in the midst of the first sample. */
uint32_t inl(uint16_t port)
{
    assert_int_equal(port, PORT);
    world.timer_reads++;
    world.tsc += world.inl_ticks;
    uint64_t count = world.timer_still ? 0 : world.tsc * (PM_TIMER_HZ / 1000) / (HZ / 1000);
    return (uint32_t)(0xab000000 | ((count + 0xfffff0) & 0xffffff));
}

static EFI_STATUS EFIAPI stall(UINTN microseconds)
{
    if (world.step) /* else the TSC stands still */
        world.tsc += microseconds * (HZ / 1000000);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI get_time(EFI_TIME *time, EFI_TIME_CAPABILITIES *capabilities)
{
    assert_null(capabilities);
    world.tsc += world.get_time_ticks;
    *time = world.time;
    return world.get_time;
}

static EFI_BOOT_SERVICES boot = {.Stall = stall};
static EFI_RUNTIME_SERVICES runtime = {.GetTime = get_time};
static EFI_SYSTEM_TABLE table = {.BootServices = &boot, .RuntimeServices = &runtime};
EFI_SYSTEM_TABLE *firmware = &table;

_Noreturn void refuse(const char *text, ...)
{
    assert_non_null(strstr(text, "the TSC stands still"));
    longjmp(end, 1);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.step = 20;
    world.inl_ticks = 2000;
    world.time = (EFI_TIME){.Year = 2026, .Month = 11, .Day = 30, .Hour = 1};
    return 0;
}

static void near(uint64_t hz)
{
    assert_true(hz > HZ - HZ / 1000 && hz < HZ + HZ / 1000);
}

static void the_pm_timer_measures(void **state)
{
    struct facts facts = {0};
    (void)state;
    clock_collect(&facts, PORT);
    near(facts.tsc_hz);
    assert_true(world.timer_reads > 3);
    assert_true(facts.wait_tsc > 3 * (HZ / 100) && facts.wait_tsc < 4 * (HZ / 100));
}

static void without_one_the_firmware_waits(void **state)
{
    struct facts facts = {0};
    (void)state;
    clock_collect(&facts, 0);
    near(facts.tsc_hz);
    assert_int_equal(world.timer_reads, 0);
}

/* Half a second a sample of the fastest TSC that there is, and not so many reads as it takes. */
static void a_pm_timer_that_stands_still_is_left(void **state)
{
    struct facts facts = {0};
    (void)state;
    world.timer_still = true;
    clock_collect(&facts, PORT);
    near(facts.tsc_hz);
    assert_true(facts.wait_tsc < 3ull * STILL_TICKS + 4 * (HZ / 100));
    assert_true(world.timer_reads < 3 * SPIN_LIMIT / 10);
}

static void a_tsc_that_stands_still_is_refused(void **state)
{
    struct facts facts = {0};
    (void)state;
    world.step = world.inl_ticks = 0;
    if (setjmp(end))
        return;
    clock_collect(&facts, 0);
    fail_msg("it was not");
}

static void the_time_is_of_the_middle_of_its_call(void **state)
{
    struct facts facts = {0};
    (void)state;
    world.get_time_ticks = HZ;
    clock_collect(&facts, 0);
    assert_int_equal(facts.unix_time, 1796000400);
    assert_true(facts.unix_time_tsc > world.tsc - HZ / 2 - 100);
    assert_true(facts.unix_time_tsc < world.tsc - HZ / 2 + 100);
}

/* No time is none: nothing counts years down from it. */
static void a_clock_before_1970_or_none_has_no_time(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct facts facts = {0};
        setup(NULL);
        world.time.Year = i == 0 ? 1969 : i == 1 ? 0 : 2026;
        world.get_time = i == 2 ? EFI_DEVICE_ERROR : EFI_SUCCESS;
        clock_collect(&facts, 0);
        assert_int_equal(facts.unix_time, 0);
    }
}

static void the_tsc_is_adjusted_where_it_can_be(void **state)
{
    (void)state;
    clock_start();
    world.greatest = FEATURES_LEAF;
    clock_start();
    world.leaf_7_ebx = ~(uint32_t)CPUID_TSC_ADJUST;
    clock_start();
    assert_int_equal(world.adjusted, 0);
    world.leaf_7_ebx = CPUID_TSC_ADJUST;
    clock_start();
    assert_int_equal(world.adjusted, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_pm_timer_measures, setup),
        cmocka_unit_test_setup(without_one_the_firmware_waits, setup),
        cmocka_unit_test_setup(a_pm_timer_that_stands_still_is_left, setup),
        cmocka_unit_test_setup(a_tsc_that_stands_still_is_refused, setup),
        cmocka_unit_test_setup(the_time_is_of_the_middle_of_its_call, setup),
        cmocka_unit_test_setup(a_clock_before_1970_or_none_has_no_time, setup),
        cmocka_unit_test_setup(the_tsc_is_adjusted_where_it_can_be, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
