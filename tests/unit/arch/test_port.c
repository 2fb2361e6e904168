/* SPDX-License-Identifier: Apache-2.0 */
/* Who answers which port, over all 65,536 of them. */
#include "arch/x86/grant/port.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

static void table_is_sorted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(port_table) / sizeof(port_table[0]); i++) {
        assert_true(port_table[i].first <= port_table[i].last);
        if (i > 0)
            assert_true(port_table[i - 1].last < port_table[i].first);
    }
}

static enum port_owner expected_byte(uint32_t port)
{
    if (port >= 0x3f8 && port <= 0x3ff)
        return PORT_UART;
    switch (port) {
    case 0x42:
    case 0x43:
        return PORT_PIT;
    case 0x61:
        return PORT_SYSTEM_CONTROL;
    case 0x70:
    case 0x71:
        return PORT_RTC;
    case 0x600:
    case 0x601:
        return PORT_SLEEP;
    case 0xcf9:
        return PORT_RESET;
    case 0xcfc:
    case 0xcfd:
    case 0xcfe:
    case 0xcff:
        return PORT_PCI_DATA;
    case 0x20:
    case 0x21:
    case 0xa0:
    case 0xa1:
    case 0x80:
    case 0xed:
        return PORT_QUIET;
    default:
        return PORT_NOBODY;
    }
}

static void every_byte_has_its_owner(void **state)
{
    (void)state;
    for (uint32_t port = 0; port < 0x10000; port++)
        assert_int_equal(port_owner((uint16_t)port, 1), expected_byte(port));
}

/* Wider than its owner takes, across a range's end, or round the end of the port space. */
static void wide_accesses(void **state)
{
    (void)state;
    for (uint32_t port = 0; port < 0x10000; port++) {
        bool data = port >= 0xcfc && port <= 0xcfe;

        assert_int_equal(port_owner((uint16_t)port, 2), data ? PORT_PCI_DATA : PORT_NOBODY);
        assert_int_equal(port_owner((uint16_t)port, 4), port == 0xcf8   ? PORT_PCI_ADDRESS
                                                        : port == 0xcfc ? PORT_PCI_DATA
                                                                        : PORT_NOBODY);
    }
}

/* What resets, traps or reconfigures real machines is nobody's. */
static void dangerous_ports_are_nobodys(void **state)
{
    static const uint16_t ports[] = {0x60,  0x64,  0x92,  0xb2,  0xb3,  0x40, 0x41, 0x4d0,
                                     0x510, 0x604, 0x2f8, 0x3e8, 0x2e8, 0xe9, 0xf4, 0x8900};

    (void)state;
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        assert_int_equal(port_owner(ports[i], 1), PORT_NOBODY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sorted),
        cmocka_unit_test(every_byte_has_its_owner),
        cmocka_unit_test(wide_accesses),
        cmocka_unit_test(dangerous_ports_are_nobodys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
