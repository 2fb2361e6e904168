/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I4: made registers of HPETs, IOMMU units and USB controllers become quiet; page tables say
 * what is in reach. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/machine/reach.c"
#include "boot/machine/sources.h"

_Noreturn void refuse(const char *text, ...)
{
    fail_msg("%s", text);
    abort();
}

static uint32_t registers[0x1000 / 4];

static int setup(void **state)
{
    (void)state;
    memset(registers, 0, sizeof(registers));
    return 0;
}

static void timers_are_off(void **state)
{
    (void)state;
    registers[0] = 0x80860201 | 2 << 8; /* three timers */
    registers[1] = 0x0429b17f;
    registers[4] = 1; /* the counter runs */
    for (unsigned i = 0; i < 4; i++)
        registers[(0x100 + 0x20 * i) / 4] = 0xc044;
    assert_true(hpet_quiet(registers));
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(registers[(0x100 + 0x20 * i) / 4], 0x8040);
    assert_int_equal(registers[(0x100 + 0x20 * 3) / 4], 0xc044); /* there is no fourth */
    assert_int_equal(registers[4], 1);
}

static void what_is_no_hpet_is_left_alone(void **state)
{
    static const uint32_t no[][2] = {
        {0, 0}, {0xffffffff, 0xffffffff}, {0x80860201, 0}, {0x80860201, 100000001}};
    (void)state;
    for (unsigned i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
        memset(registers, 0xff, sizeof(registers));
        memcpy(registers, no[i], sizeof(no[i]));
        assert_false(hpet_answers(registers));
        assert_true(hpet_quiet(registers));
        assert_int_equal(registers[0x100 / 4], 0xffffffff);
    }
}

static void units_mask_their_own(void **state)
{
    (void)state;
    registers[0] = 0x10;
    registers[0x10 / 4] = 1 << 1 | 1 << 29;
    assert_true(iommu_quiet(registers));
    assert_int_equal(registers[0x38 / 4], 0x80000000);
    assert_int_equal(registers[0xa0 / 4], 0x80000000);
    assert_int_equal(registers[0xe0 / 4], 0x80000000);
    memset(registers, 0, sizeof(registers));
    registers[0] = 0x10; /* no queue, no page requests: these registers are reserved */
    assert_true(iommu_quiet(registers));
    assert_int_equal(registers[0x38 / 4], 0x80000000);
    assert_int_equal(registers[0xa0 / 4], 0);
    assert_int_equal(registers[0xe0 / 4], 0);
}

static void units_that_do_not_answer(void **state)
{
    (void)state;
    assert_false(iommu_quiet(registers));
    memset(registers, 0xff, sizeof(registers));
    assert_false(iommu_quiet(registers));
}

/* Tables of four levels; entries of the first half lead to themselves. */
static void only_what_is_mapped_is_in_reach(void **state)
{
    enum { P = 1, LARGE_LEAF = 0x81 };
    uint64_t(*table)[512] = aligned_alloc(4096, 4 * 4096);
    (void)state;
    memset(table, 0, 4 * 4096);
    table[0][0] = (uint64_t)table[1] | P;
    table[1][0] = (uint64_t)table[2] | P;
    table[1][2] = 2ull << 30 | LARGE_LEAF;
    table[1][3] = 5ull << 30 | LARGE_LEAF; /* not one to one */
    table[2][0] = (uint64_t)table[3] | P;
    table[2][1] = 2ull << 20 | LARGE_LEAF;
    table[3][511] = 511ull << 12 | P;
    uint64_t root = (uint64_t)table;
    assert_true(reach_maps(root, 511 << 12, 4096));
    assert_true(reach_maps(root, 511 << 12, 4096 + (2 << 20)));
    assert_false(reach_maps(root, 510 << 12, 4096));
    assert_false(reach_maps(root, (4 << 20) - 4, 8));
    assert_true(reach_maps(root, 2ull << 30, 1 << 30));
    assert_false(reach_maps(root, 2ull << 30, (1 << 30) + 1));
    assert_false(reach_maps(root, 3ull << 30, 4096));
    assert_false(reach_maps(root, 1ull << 39, 4096));
    assert_false(reach_maps(root, ~0ull - 4095, 8192));
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(timers_are_off, setup),
        cmocka_unit_test_setup(what_is_no_hpet_is_left_alone, setup),
        cmocka_unit_test_setup(units_mask_their_own, setup),
        cmocka_unit_test_setup(units_that_do_not_answer, setup),
        cmocka_unit_test(only_what_is_mapped_is_in_reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
