/* SPDX-License-Identifier: Apache-2.0 */
/* I3: the bridges above functions that somebody has become bus masters again, and no others. */
#include "boot/devices/bridges.h"
#include "scan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum {
    INNER = 0x100,             /* 01:00.0, to the buses 2 and 3 */
    BELOW = 0x300,             /* 03:00.0 */
    SIBLING = 0x108,           /* 01:01.0, to bus 4 */
    EMPTY = 0x0e8,             /* 00:1d.0, without buses */
    ELSEWHERE = 7 << 16 | 0x10 /* with the same buses in another segment group */
};

static struct handoff handoff;

static void bridge(uint32_t function, unsigned secondary, unsigned subordinate)
{
    make(function, 0x000c1b36, 0x06040000, 1);
    put(function, 0x18, 4, subordinate << 16 | secondary << 8);
    put(function, PCI_COMMAND, 2, 0x0400); /* as silence left it */
}

static int prepare(void **state)
{
    setup(state);
    bridge(PORT, 1, 4);
    bridge(INNER, 2, 3);
    bridge(SIBLING, 4, 4);
    bridge(EMPTY, 0, 0);
    bridge(ELSEWHERE, 1, 4);
    make(BELOW, 0x10d38086, 0x02000000, 0);
    make(PLAIN, 1, 0x02000000, 0);
    assert_true(scans());
    memset(&handoff, 0, sizeof(handoff));
    handoff.function_count = 1;
    handoff.functions[0].pci = BELOW;
    return 0;
}

static void expect(uint32_t function, unsigned command)
{
    if (get(function, PCI_COMMAND, 2) != command)
        fail_msg("%x: command %x, not %x", function, get(function, PCI_COMMAND, 2), command);
}

static void those_that_lead_to_one_are_open(void **state)
{
    (void)state;
    assert_true(bridges_open(&facts, &handoff, &why));
    expect(PORT, 0x0406);
    expect(INNER, 0x0406);
    expect(SIBLING, 0x0400);
    expect(EMPTY, 0x0400);
    expect(ELSEWHERE, 0x0400);
    assert_int_equal(writes(BELOW), 0); /* its own bit is its owner's to set */
    assert_int_equal(writes(SIBLING), 0);
    assert_int_equal(writes(ELSEWHERE), 0);
}

static void each_function_counts(void **state)
{
    (void)state;
    handoff.function_count = 2;
    handoff.functions[1].pci = 0x408;
    assert_true(bridges_open(&facts, &handoff, &why));
    expect(SIBLING, 0x0406);
    expect(INNER, 0x0406);
}

static void one_that_ends_before_stays_closed(void **state)
{
    (void)state;
    handoff.functions[0].pci = 0x408;
    assert_true(bridges_open(&facts, &handoff, &why));
    expect(PORT, 0x0406);
    expect(SIBLING, 0x0406);
    expect(INNER, 0x0400);
}

static void nobody_s_stay_closed(void **state)
{
    (void)state;
    handoff.functions[0].flags = FUNCTION_SILENT;
    assert_true(bridges_open(&facts, &handoff, &why));
    expect(PORT, 0x0400);
    expect(INNER, 0x0400);
    handoff.functions[0] = (struct function){.pci = PLAIN}; /* on the root bus */
    assert_true(bridges_open(&facts, &handoff, &why));
    expect(PORT, 0x0400);
    expect(EMPTY, 0x0400);
    handoff.function_count = 0;
    assert_true(bridges_open(&facts, &handoff, &why));
    expect(PORT, 0x0400);
}

static void one_that_does_not_open_is_told(void **state)
{
    static const unsigned kept[] = {2, 4};
    (void)state;
    for (unsigned i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        put(INNER, PCI_COMMAND, 2, 0x0400);
        open_bits(INNER, PCI_COMMAND, 2, kept[i]);
        assert_false(bridges_open(&facts, &handoff, &why));
        if (!strstr(why.text, "I3: the bridge 01:00.0, which leads to an assigned PCI function"))
            fail_msg("%s", why.text);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, prepare, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(those_that_lead_to_one_are_open),   TEST(each_function_counts),
        TEST(one_that_ends_before_stays_closed), TEST(nobody_s_stay_closed),
        TEST(one_that_does_not_open_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
