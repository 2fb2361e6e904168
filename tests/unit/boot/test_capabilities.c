/* SPDX-License-Identifier: Apache-2.0 */
/* I3: what made functions say that they can do, and what of it is switched on and off. */
#include "scan_world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void make_capable(uint32_t function)
{
    capability(function, 0xc8, 0x01);
    put(function, 0xca, 2, 0x4823);
    put(function, 0xcc, 2, 1 << 3);
    capability(function, 0xd0, 0x05);
    put(function, 0xd2, 2, 0x0181);
    capability(function, 0xa0, 0x11);
    put(function, 0xa2, 2, 0x8004);
    put(function, 0xa4, 4, 0x3);
    put(function, 0xa8, 4, 0x2003);
    capability(function, 0x98, 0x13);
    put(function, 0x9b, 1, 3);
    capability(function, 0x90, 0x09);
    express(function, 0);
    put(function, 0x44, 4, 0x10008cc2);
    put(function, 0x54, 4, 0xffffffff); /* no slot */
    put(function, 0x100, 4, 0x14010001);
    put(function, 0x140, 4, 0x15010003);
    put(function, 0x144, 4, 0x89abcdef);
    put(function, 0x148, 4, 0x01234567);
    put(function, 0x150, 4, 0x1601000d);
    put(function, 0x154, 4, 0x0008000c);
    put(function, 0x160, 4, 0x1b010010);
    put(function, 0x1b0, 4, 0x1c01000f);
    put(function, 0x1c0, 4, 0x1d010013);
    put(function, 0x1d0, 4, 0x0001001b);
}

static void capabilities_are_read(void **state)
{
    (void)state;
    make_capable(NIC);
    express(PORT, 6);
    put(PORT, 0x42, 2, 0x0162);
    put(PORT, 0x54, 4, 0x0008007f);
    assert_true(scans());
    const struct fact_function *nic = found(NIC), *port = found(PORT);
    assert_false(nic->bad_list);
    assert_int_equal(nic->power, 0xc8);
    assert_int_equal(nic->power_capabilities, 0x4823);
    assert_true(nic->no_soft_reset);
    assert_int_equal(nic->msi, 0xd0);
    assert_int_equal(nic->msi_control, 0x0181);
    assert_int_equal(nic->msix, 0xa0);
    assert_int_equal(nic->msix_control, 0x8004);
    assert_int_equal(nic->msix_table, 3);
    assert_int_equal(nic->msix_pending, 0x2003);
    assert_int_equal(nic->advanced, 0x98);
    assert_int_equal(nic->advanced_capabilities, 3);
    assert_int_equal(nic->express, 0x40);
    assert_int_equal(nic->port_type, 0);
    assert_int_equal(nic->express_capabilities, 0x10008cc2);
    assert_int_equal(nic->slot_capabilities, 0);
    assert_true(nic->has_serial_number);
    assert_true(nic->serial_number == 0x0123456789abcdef);
    assert_int_equal(nic->acs, 0x150);
    assert_int_equal(nic->acs_capability, 0xc);
    assert_int_equal(nic->acs_control, 8);
    assert_int_equal(nic->sriov, 0x160);
    assert_int_equal(nic->ats, 0x1b0);
    assert_int_equal(nic->pri, 0x1c0);
    assert_int_equal(nic->pasid, 0x1d0);
    assert_int_equal(port->port_type, 6);
    assert_int_equal(port->slot_capabilities, 0x0008007f);
    assert_false(port->has_serial_number);
}

static void lists_that_lie_are_told(void **state)
{
    static const struct {
        unsigned at, bytes;
        uint32_t value;
        bool bad;
    } cases[] = {
        {PCI_CAPABILITIES, 1, 0, false},
        {PCI_CAPABILITIES, 1, 0x3c, true},
        {PCI_CAPABILITIES, 1, 0x42, true},
        {PCI_CAPABILITIES, 1, 0xff, true},
        {0xc9, 1, 0x40, true},  /* back to the first */
        {0xc9, 1, 0xfc, false}, /* a capability of no kind, the last */
        {0xd2, 2, 0x0180, false},
        {0x91, 1, 0xf8, true}, /* MSI-X leaves its room */
        {0x100, 4, 0, false},
        {0x100, 4, 0xffffffff, false},
        {0x100, 4, 0x08010001, true},
        {0x100, 4, 0x14210001, true},
        {0x1d0, 4, 0x1001001b, true}, /* back to the first */
        {0x1d0, 4, 0xfc01001b, true}, /* a second ATS that leaves its room */
        {0x1d0, 4, 0xff81001b, true},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        teardown(state);
        setup(state);
        make_capable(NIC);
        put(NIC, 0xf8, 2, 0x0011);
        put(NIC, 0xfc, 2, 0x0000);
        put(NIC, 0xfc0, 4, 0xffc1000f);
        put(NIC, 0xff8, 4, 0xffffffff);
        put(NIC, 0xffc, 4, 0x0001000f);
        put(NIC, cases[i].at, cases[i].bytes, cases[i].value);
        assert_true(scans());
        assert_int_equal(found(NIC)->bad_list, cases[i].bad);
        assert_false(found(PORT)->bad_list);
    }
}

/* Behind a bridge to PCI the registers may appear twice; ports don't reach so far. */
static void extended_capabilities_of_express_only(void **state)
{
    (void)state;
    make_capable(NIC);
    put(NIC, 0x40, 1, 0x09);
    make(FAR, 1, 0, 0);
    make_capable(FAR);
    assert_true(scans());
    assert_int_equal(found(NIC)->ats, 0);
    assert_int_equal(found(FAR)->express, 0x40);
    assert_int_equal(found(FAR)->ats, 0);
    assert_false(found(FAR)->bad_list);
}

enum { ACS = 0x150 };

static void make_acs(uint32_t function, unsigned type, unsigned capabilities, unsigned control)
{
    express(function, type);
    put(function, 0x100, 4, ACS << 20 | 1 << 16 | 1);
    put(function, ACS, 4, 0x0001000d);
    put(function, ACS + 4, 2, capabilities);
    put(function, ACS + 6, 2, control);
    open_bits(function, ACS + 6, 2, capabilities);
}

static void access_control_is_switched_on(void **state)
{
    (void)state;
    make_acs(PORT, 4, 0x7f, 0x62);
    make_acs(NIC, 0, 0x5f, 0);
    make(PAIR, 1, 0, 0x80);
    make_acs(PAIR, 0, 0x0c, 0);
    make(0x1e0, 1, 0x06040000, 1);
    make_acs(0x1e0, 6, 0x1f, 0);
    open_bits(0x1e0, ACS + 6, 2, 0x1b); /* one stays off */
    make(0x1e8, 1, 0x06040000, 1);
    make_acs(0x1e8, 5, 0x1f, 0); /* an upstream port */
    assert_true(scans());
    scan_acs_on(&facts);
    assert_int_equal(get(PORT, ACS + 6, 2), 0x1f); /* translation blocking stays as it was */
    assert_int_equal(found(PORT)->acs_control, 0x1f);
    assert_int_equal(get(NIC, ACS + 6, 2), 0);
    assert_int_equal(found(PAIR)->acs_control, 0x0c);
    assert_int_equal(found(0x1e0)->acs_control, 0x19);
    assert_int_equal(found(0x1e8)->acs_control, 0);
    assert_true(scan_acs_stays(&facts, &why));
    put(PAIR, ACS + 6, 2, 8);
    assert_false(scan_acs_stays(&facts, &why));
    assert_non_null(strstr(why.text, "(ACS) of the PCI function 0000:00:03.0 is not what it was"));
}

/* TRAPS 71. */
static void ports_with_dwords_have_none(void **state)
{
    static const uint16_t ids[] = {0xa110, 0xa11f, 0xa167, 0xa290, 0xa2ee, 0x9d10, 0x9d1b};
    static const uint32_t others[] = {0xa1208086, 0xa10f8086, 0xa1101234, 0x9d1c8086};
    (void)state;
    make_acs(PORT, 4, 0x1f, 0);
    for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        put(PORT, 0, 4, (uint32_t)ids[i] << 16 | 0x8086);
        assert_true(scans());
        assert_int_equal(found(PORT)->acs, 0);
    }
    scan_acs_on(&facts);
    assert_int_equal(writes(PORT), 0);
    for (unsigned i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        put(PORT, 0, 4, others[i]);
        assert_true(scans());
        assert_int_equal(found(PORT)->acs, ACS);
    }
}

/* TRAPS 64. */
static void what_bypasses_is_switched_off(void **state)
{
    static const struct {
        unsigned at;
        uint16_t before, after;
        const char *name;
    } controls[] = {{0x1b6, 0x8003, 0x0003, "(ATS)"},
                    {0x1c4, 0x0003, 0x0002, "(PRI)"},
                    {0x1d6, 0x0007, 0x0006, "(PASID)"},
                    {0x168, 0x0019, 0x0010, "(SR-IOV)"}};
    (void)state;
    make_capable(NIC);
    for (unsigned i = 0; i < 4; i++) {
        put(NIC, controls[i].at, 2, controls[i].before);
        open_bits(NIC, controls[i].at, 2, 0xffff);
    }
    assert_true(scans());
    assert_true(scan_switch_off(&facts, &why));
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(get(NIC, controls[i].at, 2), controls[i].after);
    assert_int_equal(writes(NIC), 4);
    assert_true(scan_switch_off(&facts, &why));
    assert_int_equal(writes(NIC), 4);
    for (unsigned i = 0; i < 4; i++) {
        put(NIC, controls[i].at, 2, controls[i].before);
        open_bits(NIC, controls[i].at, 2, 0);
        assert_false(scan_switch_off(&facts, &why));
        assert_non_null(strstr(why.text, controls[i].name));
        assert_non_null(strstr(why.text, "0000:01:00.0"));
        put(NIC, controls[i].at, 2, controls[i].after);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(capabilities_are_read),
        TEST(lists_that_lie_are_told),
        TEST(extended_capabilities_of_express_only),
        TEST(access_control_is_switched_on),
        TEST(ports_with_dwords_have_none),
        TEST(what_bypasses_is_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
