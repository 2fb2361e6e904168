/* SPDX-License-Identifier: Apache-2.0 */
/* PCI access and silence on made configuration spaces, by CF8/CFC and by ECAM. */
#define BULKHEAD_TEST_IO
#include "boot/devices/pci_quiet.c"
#include "boot/devices/scan.c"
#include "boot/machine/reach.h"
#include "drivers/pci.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BUSES_MADE = 4, FUNCTIONS = BUSES_MADE * 256, SPACE = 4096 };

static uint8_t *space; /* as ECAM lays it out */
static uint32_t address;
static uint32_t stuck; /* a function whose bus master bit can't be cleared */
static uint32_t held;  /* a USB semaphore's dword, as function << 8 | offset, that firmware keeps */
static unsigned asked[256]; /* accesses by port, by bus */

static bool first_run; /* the bridge is as its firmware left it */
static bool usb_registers_mapped = true;

bool reach_possible(uint64_t base, uint64_t bytes)
{
    (void)base;
    (void)bytes;
    return usb_registers_mapped;
}

const void *manifest_entries(const struct manifest *manifest, enum manifest_table_id table,
                             uint32_t *count)
{
    (void)manifest;
    (void)table;
    *count = 0;
    return NULL;
}

/* Scanned, then silenced. */
static struct pci_census quieted(struct facts *facts)
{
    struct diagnostic why;
    assert_true(scan_functions(NULL, facts, NULL, &why));
    return pci_quiet(facts, FUNCTION_NONE);
}

static uint8_t *at(uint32_t function, unsigned offset)
{
    return space + (size_t)function * SPACE + offset;
}

static void put16(uint32_t function, unsigned offset, unsigned value)
{
    at(function, offset)[0] = (uint8_t)value;
    at(function, offset)[1] = (uint8_t)(value >> 8);
}

static unsigned get16(uint32_t function, unsigned offset)
{
    return at(function, offset)[0] | at(function, offset)[1] << 8;
}

enum {
    ROOT = 0x001 << 3,         /* a root port with MSI and slot */
    NIC = 0x100,               /* behind it */
    DISK = 0x010 << 3,         /* on another root bus, with functions 0 and 3 */
    HIDDEN = (0x01f << 3) | 5, /* its function 0 is missing */
    PLAIN = 0x002 << 3,        /* single function */
    BRIDGE = 0,                /* the host's */
    FAR = 0x300,               /* a bus of its own */
};

static void access_data(uint16_t port, unsigned bytes, uint32_t *value, bool write)
{
    uint32_t function = address >> 8 & 0xffff, offset = (address & 0xfc) + (port & 3);

    asked[function >> 8]++;
    assert_true(port >= 0xcfc && port + bytes <= 0xd00);
    assert_true(address >> 31);
    if (!write)
        *value = 0xffffffff;
    if (function >= FUNCTIONS)
        return;
    /* TRAPS 43: whoever is below a bridge is handed over while the bridge passes its DMA on. */
    if (write && function == NIC && first_run)
        assert_true(get16(ROOT, PCI_COMMAND) & COMMAND_BUS_MASTER);
    if (write && offset == PCI_COMMAND && function == stuck)
        *value |= COMMAND_BUS_MASTER;
    if (write && held == (function << 8 | offset) && *value >> 24 & 1)
        *value &= ~(1u << 16); /* asked by the system, the firmware lets go */
    if (write)
        memcpy(at(function, offset), value, bytes);
    else
        memcpy(value, at(function, offset), bytes);
}

#define TEST_PORT(suffix, type)                                                                    \
    type in##suffix(uint16_t port)                                                                 \
    {                                                                                              \
        uint32_t value;                                                                            \
        access_data(port, sizeof(type), &value, false);                                            \
        return (type)value;                                                                        \
    }                                                                                              \
    void out##suffix(uint16_t port, type value)                                                    \
    {                                                                                              \
        uint32_t wide = value;                                                                     \
        if (port == 0xcf8)                                                                         \
            address = wide;                                                                        \
        else                                                                                       \
            access_data(port, sizeof(type), &wide, true);                                          \
    }
TEST_PORT(b, uint8_t)
TEST_PORT(w, uint16_t)
TEST_PORT(l, uint32_t)

static void add(uint32_t function, uint8_t header, unsigned command)
{
    memset(at(function, 0), 0, SPACE);
    put16(function, PCI_VENDOR, 0x8086);
    put16(function, PCI_COMMAND, command);
    *at(function, PCI_HEADER_TYPE) = header;
}

/* Links a capability in front of the others. */
static void add_capability(uint32_t function, unsigned offset, uint8_t id)
{
    unsigned head = (*at(function, PCI_HEADER_TYPE) & 0x7f) == 2 ? 0x14 : 0x34;
    *at(function, offset) = id;
    *at(function, offset + 1) = *at(function, head);
    *at(function, head) = (uint8_t)offset;
    put16(function, PCI_STATUS, 1 << 4);
}

static int setup(void **state)
{
    (void)state;
    space = aligned_alloc(SPACE, (size_t)FUNCTIONS * SPACE);
    memset(space, 0xff, (size_t)FUNCTIONS * SPACE);
    stuck = ~0u;
    held = 0;
    usb_registers_mapped = true;
    memset(asked, 0, sizeof(asked));

    add(ROOT, 0x01, 0x0107);
    put16(ROOT, PCI_BRIDGE_CONTROL, 0x0003);
    add_capability(ROOT, 0x50, 0x05);
    put16(ROOT, 0x52, 0x0081);
    add_capability(ROOT, 0x60, 0x10);
    put16(ROOT, 0x62, 0x0142); /* root port with a slot */
    put16(ROOT, 0x68, 0x201f);
    put16(ROOT, 0x78, 0x1fff);
    put16(ROOT, 0x7c, 0x001f);

    add(NIC, 0x00, 0x0107);
    add_capability(NIC, 0x40, 0x11);
    put16(NIC, 0x42, 0x8009);
    add_capability(NIC, 0x60, 0x10);
    put16(NIC, 0x62, 0x0002); /* endpoint: no slot or root registers */
    put16(NIC, 0x68, 0x201f);
    put16(NIC, 0x78, 0x1fff);
    put16(NIC, 0x7c, 0x001f);

    add(DISK, 0x80, 0x0004);
    add(DISK + 3, 0x80, 0x0006);
    add(HIDDEN, 0x00, 0x0006);
    add(BRIDGE, 0x00, 0x0006);
    put16(BRIDGE, PCI_CLASS + 2, 0x0600);
    add(PLAIN, 0x00, 0x0000);
    add(PLAIN + 1, 0x00, 0x0004); /* an echo that mustn't be counted */
    add(FAR, 0x00, 0x0006);
    return 0;
}

/* Windows of ECAM; the made space is segment 0's. */
static struct facts facts_with(uint32_t count, uint32_t first, uint32_t last)
{
    return (struct facts){
        .ecam_count = count,
        .ecam = {{.base = (uint64_t)space, .bus_first = first, .bus_last = last}}};
}

static int teardown(void **state)
{
    (void)state;
    free(space);
    return 0;
}

static void check_silence(struct pci_census census)
{
    /* I3: nobody is a bus master or can interrupt. */
    assert_int_equal(get16(NIC, PCI_COMMAND), 0x0403);
    assert_int_equal(get16(DISK, PCI_COMMAND), 0x0400);
    assert_int_equal(get16(DISK + 3, PCI_COMMAND), 0x0402);
    assert_int_equal(get16(HIDDEN, PCI_COMMAND), 0x0402);
    assert_int_equal(get16(PLAIN, PCI_COMMAND), 0x0400);
    assert_int_equal(get16(NIC, 0x42), 0x4009);
    assert_int_equal(get16(NIC, 0x68), 0x2010);
    assert_int_equal(get16(NIC, 0x78), 0x1fff);
    assert_int_equal(get16(NIC, 0x7c), 0x001f);
    assert_int_equal(get16(ROOT, PCI_COMMAND), 0x0403);
    assert_int_equal(get16(ROOT, PCI_BRIDGE_CONTROL), 0x0001);
    assert_int_equal(get16(ROOT, 0x52), 0x0080);
    assert_int_equal(get16(ROOT, 0x68), 0x2010);
    assert_int_equal(get16(ROOT, 0x78), 0x0fc0);
    assert_int_equal(get16(ROOT, 0x7c), 0x0010);
    assert_int_equal(get16(FAR, PCI_COMMAND), 0x0402);
    assert_int_equal(census.host_bridges, 1);
    assert_int_equal(census.endpoints, 7);
    assert_int_equal(census.bridges, 1);
    assert_int_equal(census.masters, 7);
    assert_int_equal(census.stubborn, 0);
}

static void ports_silence_everything(void **state)
{
    struct facts facts = facts_with(0, 0, 0);
    (void)state;
    first_run = true;
    check_silence(quieted(&facts));
    first_run = false;
}

static void ecam_silences_everything(void **state)
{
    struct facts facts = facts_with(1, 0, BUSES_MADE - 1);
    (void)state;
    check_silence(quieted(&facts));
    for (unsigned bus = 0; bus < BUSES_MADE; bus++)
        assert_int_equal(asked[bus], 0);
    assert_int_not_equal(asked[BUSES_MADE], 0); /* CF8/CFC where ECAM ends */
    assert_int_not_equal(asked[255], 0);
}

/* The window's base is bus 0's, and the buses below its first are there all the same. */
static void a_window_that_begins_above_bus_0(void **state)
{
    struct facts facts = facts_with(1, 1, 2);
    (void)state;
    check_silence(quieted(&facts));
    assert_int_not_equal(asked[0], 0);
    assert_int_equal(asked[1], 0);
    assert_int_equal(asked[2], 0);
    assert_int_not_equal(asked[3], 0);
}

static void two_windows_of_one_segment(void **state)
{
    struct facts facts = facts_with(2, 0, 1);
    (void)state;
    facts.ecam[1] = facts.ecam[0];
    facts.ecam[1].bus_first = 2;
    facts.ecam[1].bus_last = 3;
    check_silence(quieted(&facts));
    assert_int_equal(asked[3], 0);
}

static void other_segments_are_silenced_too(void **state)
{
    uint8_t *other = aligned_alloc(SPACE, (size_t)SPACE * 256 * 2);
    struct facts facts = facts_with(2, 0, 0); /* of segment 0 the ports reach bus 1 */
    (void)state;
    memset(other, 0xff, (size_t)SPACE * 256 * 2);
    memcpy(other + (size_t)0x110 * SPACE, at(NIC, 0), SPACE);
    facts.ecam[1] = (struct fact_ecam){(uint64_t)other, 7, 1, 1};
    assert_int_equal(quieted(&facts).endpoints, 8);
    assert_int_equal(get16(NIC, PCI_COMMAND), 0x0403);
    assert_int_equal(other[0x110 * SPACE + PCI_COMMAND], 0x03);
    free(other);
}

static void no_host_bridge_is_told(void **state)
{
    struct facts facts = facts_with(0, 0, 0);
    (void)state;
    put16(BRIDGE, PCI_VENDOR, 0xffff);
    assert_int_equal(quieted(&facts).host_bridges, 0);
}

static void a_stubborn_master_is_named(void **state)
{
    struct facts facts = facts_with(0, 0, 0);
    (void)state;
    stuck = DISK + 3;
    struct pci_census census = quieted(&facts);
    assert_int_equal(census.stubborn, 1);
    assert_int_equal(facts.functions[census.stubborn_functions[0]].pci, DISK + 3);
    *at(DISK + 3, PCI_CLASS + 3) = 0x06; /* a host or ISA bridge's bit is hard-wired */
    *at(DISK + 3, PCI_CLASS + 2) = 0x80;
    assert_int_equal(quieted(&facts).stubborn, 1);
    *at(DISK + 3, PCI_CLASS + 2) = 0x01;
    assert_int_equal(quieted(&facts).stubborn, 0);
}

static void put32(void *to, uint32_t value)
{
    memcpy(to, &value, sizeof(value));
}

/* NIC becomes a USB controller whose registers are `registers`. */
static struct facts with_usb(uint32_t interface, const void *registers)
{
    struct facts facts = facts_with(0, 0, 0);
    facts.tsc_hz = 1000000;
    put32(at(NIC, PCI_CLASS), interface << 8);
    put32(at(NIC, 0x10), (uint32_t)(uint64_t)registers | 4);
    put32(at(NIC, 0x14), (uint32_t)((uint64_t)registers >> 32));
    return facts;
}

static void firmware_lets_go_of_an_ehci(void **state)
{
    static uint32_t registers[16];
    struct facts facts = with_usb(USB_EHCI, registers);
    (void)state;
    registers[2] = 0x80 << 8;
    put32(at(NIC, 0x80), 0x9002); /* some other capability */
    put32(at(NIC, 0x90), 1 << 16 | 1);
    put32(at(NIC, 0x94), 0xe000003f);
    held = NIC << 8 | 0x90;
    assert_int_equal(quieted(&facts).usb_held, 0);
    assert_int_equal(get16(NIC, 0x92), 0x0100);
    assert_int_equal(get16(NIC, 0x94), 0); /* no SMI */
    assert_int_equal(get16(NIC, PCI_COMMAND) & COMMAND_BUS_MASTER, 0);
}

static void firmware_that_keeps_an_ehci_is_told(void **state)
{
    static uint32_t registers[16];
    struct facts facts = with_usb(USB_EHCI, registers);
    (void)state;
    registers[2] = 0x80 << 8;
    put32(at(NIC, 0x80), 1 << 16 | 1);
    struct pci_census census = quieted(&facts);
    assert_int_equal(census.usb_held, 1);
    assert_int_equal(census.usb_function, NIC);
}

static void an_xhci_is_asked_in_its_registers(void **state)
{
    static uint32_t registers[64];
    struct facts facts = with_usb(USB_XHCI, registers);
    (void)state;
    registers[4] = 0x10 << 16;
    registers[0x10] = 0x802; /* some other capability, the next is eight dwords on */
    registers[0x18] = 1;
    registers[0x19] = 0xe000e011 | 0x7 << 1;
    assert_int_equal(quieted(&facts).usb_held, 0);
    assert_int_equal(registers[0x18], 1 << 24 | 1);
    assert_int_equal(registers[0x19], 0x7 << 1); /* nor is what a 1 clears written */
    registers[0x18] |= 1 << 16;
    assert_int_equal(quieted(&facts).usb_held, 1);
    usb_registers_mapped = false;
    assert_int_equal(quieted(&facts).usb_held, 1);
    usb_registers_mapped = true;
    registers[0x18] = 1;
    put16(NIC, PCI_COMMAND, 0x0007);
    facts.memory_count = 1; /* it says that it lies where memory is */
    facts.memory[0] = (struct free_range){(uint64_t)registers - 4096, 8192};
    assert_int_equal(quieted(&facts).usb_held, 1);
    assert_int_equal(registers[0x18], 1);
    facts.memory[0].base = (uint64_t)registers + 0x60; /* or reaches into it */
    put16(NIC, PCI_COMMAND, 0x0007);
    assert_int_equal(quieted(&facts).usb_held, 1);
    assert_int_equal(registers[0x18], 1);
    facts.memory[0].base = (uint64_t)registers - 8192; /* or behind */
    put16(NIC, PCI_COMMAND, 0x0007);
    assert_int_equal(quieted(&facts).usb_held, 0);
    assert_int_equal(registers[0x18], 1 << 24 | 1);
    usb_registers_mapped = false;
    put16(NIC, PCI_COMMAND, 0x0005); /* its registers are off: nobody drives it */
    assert_int_equal(quieted(&facts).usb_held, 0);
}

static void capability_loops_end(void **state)
{
    struct facts facts = facts_with(1, 0, BUSES_MADE - 1);
    (void)state;
    *at(NIC, 0x41) = 0x60; /* 0x60 leads to 0x40, which leads back */
    *at(DISK, 0x34) = 0xfc;
    put16(DISK, PCI_STATUS, 1 << 4);
    *at(DISK, 0xfd) = 0xfc;
    *at(DISK + 3, 0x34) = 0x20; /* into the header: no capability */
    put16(DISK + 3, PCI_STATUS, 1 << 4);
    quieted(&facts);
    assert_int_equal(get16(NIC, PCI_COMMAND), 0x0403);
    assert_int_equal(get16(NIC, 0x42), 0x4009);
}

static void accesses_have_their_width(void **state)
{
    static const struct pci by_port = {.bus_last = 255};
    struct pci by_ecam = {.ecam = space, .bus_first = 1, .bus_last = 3};

    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        const struct pci *pci = way ? &by_ecam : &by_port;
        for (unsigned i = 0; i < 16; i++)
            *at(NIC, 0x80 + i) = (uint8_t)(0x10 + i);
        assert_int_equal(pci_read(pci, NIC, 0x84, 4), 0x17161514);
        assert_int_equal(pci_read(pci, NIC, 0x86, 2), 0x1716);
        assert_int_equal(pci_read(pci, NIC, 0x85, 1), 0x15);
        pci_write(pci, NIC, 0x85, 1, 0xaa);
        pci_write(pci, NIC, 0x8a, 2, 0xbbcc);
        pci_write(pci, NIC, 0x8c, 4, 0x12345678);
        assert_int_equal(*at(NIC, 0x84), 0x14);
        assert_int_equal(*at(NIC, 0x85), 0xaa);
        assert_int_equal(*at(NIC, 0x86), 0x16);
        assert_int_equal(get16(NIC, 0x8a), 0xbbcc);
        assert_int_equal(*at(NIC, 0x89), 0x19);
        assert_int_equal(get16(NIC, 0x8c), 0x5678);
        assert_int_equal(get16(NIC, 0x8e), 0x1234);
    }
    put16(NIC, 0x104, 0x7777);
    assert_int_equal(pci_read(&by_ecam, NIC, 0x104, 2), 0x7777);
    assert_int_equal(pci_read(&by_port, NIC, 0x104, 2), 0xffff); /* ports don't reach there */
    assert_int_equal(pci_read(&by_port, NIC, 0x104, 1), 0xff);
    pci_write(&by_port, NIC, 0x104, 2, 0);
    assert_int_equal(get16(NIC, 0x104), 0x7777);
    put16(PLAIN, 0x80, 0x1234); /* a bus without ECAM is reached by the ports */
    assert_int_equal(pci_read(&by_ecam, PLAIN, 0x80, 2), 0x1234);
    by_ecam.ecam_only = true; /* unless they lead to another segment */
    assert_int_equal(pci_read(&by_ecam, PLAIN, 0x80, 2), 0xffff);
    pci_write(&by_ecam, PLAIN, 0x80, 2, 0);
    assert_int_equal(get16(PLAIN, 0x80), 0x1234);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ports_silence_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(ecam_silences_everything, setup, teardown),
        cmocka_unit_test_setup_teardown(a_window_that_begins_above_bus_0, setup, teardown),
        cmocka_unit_test_setup_teardown(two_windows_of_one_segment, setup, teardown),
        cmocka_unit_test_setup_teardown(other_segments_are_silenced_too, setup, teardown),
        cmocka_unit_test_setup_teardown(no_host_bridge_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(a_stubborn_master_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(firmware_lets_go_of_an_ehci, setup, teardown),
        cmocka_unit_test_setup_teardown(firmware_that_keeps_an_ehci_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(an_xhci_is_asked_in_its_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(capability_loops_end, setup, teardown),
        cmocka_unit_test_setup_teardown(accesses_have_their_width, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
