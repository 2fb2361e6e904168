/* SPDX-License-Identifier: Apache-2.0 */
/* The manual's table of exceptions during exceptions, all 32 times 32 and what is no exception. */
#include "arch/x86/exit/exception.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

enum { DF = 8, PF = 14 };

static bool is_contributory(uint32_t vector)
{
    return vector == 0 || (vector >= 10 && vector <= 13);
}

static void pairs(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 32; first++) {
        for (uint32_t second = 0; second < 32; second++) {
            uint32_t due = second;
            if (second == DF)
                continue;
            if (first == DF && (is_contributory(second) || second == PF))
                due = EXCEPTION_SHUTDOWN;
            else if (is_contributory(first) && is_contributory(second))
                due = DF;
            else if (first == PF && (is_contributory(second) || second == PF))
                due = DF;
            if (exception_merge(first, second) != due)
                fail_msg("%u during %u: %u", second, first, exception_merge(first, second));
        }
    }
}

/* A delivery that can't be carried out at all. */
static void double_faults(void **state)
{
    (void)state;
    for (uint32_t first = 0; first < 32; first++)
        assert_int_equal(exception_merge(first, DF), first == DF ? EXCEPTION_SHUTDOWN : DF);
    assert_int_equal(exception_merge(0xff, DF), DF);
}

/* What is no exception counts for nothing: QEMU gives an interrupt as an exception above 31. */
static void alone(void **state)
{
    (void)state;
    for (uint32_t second = 0; second < 32; second++)
        assert_int_equal(exception_merge(0xff, second), second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs),
        cmocka_unit_test(double_faults),
        cmocka_unit_test(alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
