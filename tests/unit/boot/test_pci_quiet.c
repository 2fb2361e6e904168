/* SPDX-License-Identifier: Apache-2.0 */
/* I3, I4: silence where hardware is odd: displays, functions that stay masters, ports with slots.
 */
#include "boot/devices/pci_quiet.h"
#include "scan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint32_t index_of(uint32_t function)
{
    return (uint32_t)(found(function) - facts.functions);
}

static void a_display_goes_on(void **state)
{
    (void)state;
    capability(NIC, 0x50, 0x05);
    put(NIC, 0x52, 2, 0x0081);
    open_bits(NIC, 0x52, 2, 1);
    make(PLAIN, 1, 0, 0);
    put(PLAIN, PCI_COMMAND, 2, 7);
    assert_true(scans());
    assert_int_equal(pci_quiet(&facts, index_of(NIC)).stubborn, 0);
    assert_int_equal(get(NIC, PCI_COMMAND, 2), 0x0407);
    assert_int_equal(get(NIC, 0x52, 2), 0x0080); /* but not with messages */
    assert_int_equal(get(PLAIN, PCI_COMMAND, 2), 0x0403);
    put(NIC, PCI_COMMAND, 2, 3);
    pci_quiet(&facts, index_of(NIC));
    assert_int_equal(get(NIC, PCI_COMMAND, 2), 0x0403); /* as found */
    put(NIC, PCI_COMMAND, 2, 7);
    pci_quiet(&facts, FUNCTION_NONE);
    assert_int_equal(get(NIC, PCI_COMMAND, 2), 0x0403);
}

/* More than can be muted are counted, and not all listed. */
static void many_stay_masters(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < MAX_MUTED + 4; i++) {
        make(0x200 + i, 1, 0, 0x80);
        put(0x200 + i, PCI_COMMAND, 2, 4);
        open_bits(0x200 + i, PCI_COMMAND, 2, 0x0400);
    }
    assert_true(scans());
    struct pci_census census = pci_quiet(&facts, FUNCTION_NONE);
    assert_int_equal(census.stubborn, MAX_MUTED + 4);
    for (unsigned i = 0; i <= MAX_MUTED; i++)
        assert_int_equal(facts.functions[census.stubborn_functions[i]].pci, 0x20b - i);
    assert_int_equal(get(0x200, PCI_COMMAND, 2), 0x0404);
}

/* It reads all ones: nobody knows that it is not back in a moment. */
static void one_that_went_away_counts_as_master(void **state)
{
    (void)state;
    assert_true(scans());
    memset(at(NIC, 0), 0xff, SPACE);
    open_bits(NIC, PCI_COMMAND, 2, 0);
    struct pci_census census = pci_quiet(&facts, FUNCTION_NONE);
    assert_int_equal(census.stubborn, 1);
    assert_int_equal(facts.functions[census.stubborn_functions[0]].pci, NIC);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_display_goes_on),
        TEST(many_stay_masters),
        TEST(one_that_went_away_counts_as_master),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
