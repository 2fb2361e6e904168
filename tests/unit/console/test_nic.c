/* SPDX-License-Identifier: Apache-2.0 */
/* I6: the console's card against a made-up one, whose registers are memory and whose word is not
 * believed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "guests/console/nic.c"

#include <cmocka.h>

enum { BAR_BYTES = 0x20000, VECTOR = 0x55, ALL = 1000 };

struct guest_boot_info boot_info = {.tsc_hz = 100000, .apic_ids = {3}};
static uint8_t *bar_memory;
static uint64_t bar_bytes;
static uint32_t device_id;
static bool has_msix;
static uint32_t msix_data;
static uint64_t msix_address;
static unsigned frames_taken;
static uint8_t last_frame[BUFFER_BYTES];
static size_t last_bytes;

void tsc_wait(uint64_t ticks)
{
    (void)ticks;
}

uint32_t pci_next(uint32_t after)
{
    return after < 2u << 3 ? after + (1u << 3) : PCI_NONE;
}

/* A device that is none of ours, and one that may be. */
uint32_t pci_read(uint32_t function, uint32_t offset, uint32_t bytes)
{
    assert_int_equal(bytes, 4);
    assert_int_equal(offset, PCI_ID);
    return function == 2u << 3 ? device_id : 0x11e81234;
}

struct pci_bar pci_bar(uint32_t function, uint32_t index)
{
    assert_int_equal(function, 2u << 3);
    assert_int_equal(index, 0);
    return (struct pci_bar){(uint64_t)bar_memory, bar_bytes, false};
}

void pci_command(uint32_t function, uint16_t on, uint16_t off)
{
    assert_int_equal(function, 2u << 3);
    assert_int_equal(on, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    assert_int_equal(off, 0);
}

bool pci_msix_set(uint32_t function, uint32_t entry, uint64_t address, uint32_t data)
{
    (void)function;
    assert_int_equal(entry, 0);
    msix_address = address;
    msix_data = data;
    return has_msix;
}

bool pci_msix_enable(uint32_t function, bool on)
{
    (void)function;
    return on && has_msix;
}

static void put(uint32_t offset, uint32_t value)
{
    memcpy(bar_memory + offset, &value, 4);
}

static uint32_t read_back(uint32_t offset)
{
    uint32_t value;
    memcpy(&value, bar_memory + offset, 4);
    return value;
}

static int make_card(void **state)
{
    (void)state;
    if (!bar_memory)
        bar_memory = mmap(NULL, BAR_BYTES, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    assert_ptr_not_equal(bar_memory, MAP_FAILED);
    memset(bar_memory, 0, BAR_BYTES);
    memset((void *)&receive, 0, sizeof(receive));
    memset((void *)&transmit, 0, sizeof(transmit));
    done = 0;
    skipping = false;
    frames_taken = 0;
    bar_bytes = BAR_BYTES;
    device_id = 0x10d38086;
    has_msix = true;
    put(ADDRESS_LOW, 0x12005452);
    put(ADDRESS_HIGH, 0x80005634);
    return 0;
}

static int make_started(void **state)
{
    make_card(state);
    const char *wrong = nic_start(VECTOR);
    if (wrong)
        fail_msg("%s", wrong);
    return 0;
}

static void take(const uint8_t *frame, size_t bytes)
{
    assert_in_range(bytes, NIC_HEADER_BYTES, NIC_FRAME_BYTES);
    memcpy(last_frame, frame, bytes);
    last_bytes = bytes;
    frames_taken++;
}

/* The card has written descriptor `i`: its address is gone. */
static void arrive(uint32_t i, uint32_t state, uint32_t last)
{
    memset(receive.buffers[i], (int)i, BUFFER_BYTES);
    receive.descriptors[i].address = 0xdeadbeefdeadbeef;
    receive.descriptors[i].last = last;
    receive.descriptors[i].state = state;
}

static void starts(void **state)
{
    (void)state;
    static const uint8_t address[] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};
    assert_memory_equal(nic_address(), address, sizeof(address));
    assert_string_equal(nic_name(), "82574");
    assert_int_equal(msix_address, 0xfee03000);
    assert_int_equal(msix_data, VECTOR);
    assert_int_equal(read_back(0x2800 + RING_LOW), (uint32_t)(uint64_t)receive.descriptors);
    assert_int_equal(read_back(0x2800 + RING_HIGH), (uint64_t)receive.descriptors >> 32);
    assert_int_equal(read_back(0x2800 + RING_BYTES), RING * 16);
    assert_int_equal(read_back(0x2800 + RING_TAIL), RING - 1);
    assert_int_equal(read_back(0x00e4), 8);
    assert_int_equal(read_back(0x00d0), 1 << 20);
    /* Its own address and broadcasts, nothing else. */
    assert_int_equal(read_back(RECEIVE_CONTROL), 1 << 1 | 1 << 15 | 1 << 26);
    assert_false(nic_has_link());
    put(STATUS, STATUS_LINK);
    assert_true(nic_has_link());
}

static void refuses_what_is_no_card(void **state)
{
    (void)state;
    device_id = 0x10d31af4; /* another maker's */
    assert_non_null(strstr(nic_start(VECTOR), "no network card"));
    device_id = 0x100e8086; /* one that is not known */
    assert_non_null(strstr(nic_start(VECTOR), "no network card"));
    device_id = 0x10d38086;
    bar_bytes = BAR_BYTES / 2;
    assert_non_null(strstr(nic_start(VECTOR), "registers"));
    bar_bytes = BAR_BYTES;
    put(ADDRESS_HIGH, 0x00005634);
    assert_non_null(strstr(nic_start(VECTOR), "no address"));
    put(ADDRESS_HIGH, 0x80005634);
    put(ADDRESS_LOW, 0x12005453);
    assert_non_null(strstr(nic_start(VECTOR), "none of a station"));
    put(ADDRESS_LOW, 0);
    put(ADDRESS_HIGH, 0x80000000);
    assert_non_null(strstr(nic_start(VECTOR), "none of a station"));
    put(ADDRESS_LOW, 0x12005452);
    has_msix = false;
    assert_non_null(strstr(nic_start(VECTOR), "MSI-X"));
    has_msix = true;
    device_id = 0x15338086; /* its PHY never says that it is ready */
    assert_non_null(strstr(nic_start(VECTOR), "PHY"));
    assert_string_equal(nic_name(), "I210 or I211");
}

/* Registers that read all ones, as of a card that is gone. */
static void ends_without_a_card(void **state)
{
    (void)state;
    memset(bar_memory, 0xff, BAR_BYTES);
    assert_non_null(strstr(nic_start(VECTOR), "none of a station"));
}

static void frames_come_whole(void **state)
{
    (void)state;
    arrive(0, DONE | RECEIVED_END, 60);
    arrive(1, DONE | RECEIVED_END, NIC_FRAME_BYTES | 0xabcd0000);
    assert_int_equal(nic_receive(ALL, take), 2);
    assert_int_equal(frames_taken, 2);
    assert_int_equal(last_bytes, NIC_FRAME_BYTES);
    assert_int_equal(last_frame[0], 1);
    assert_int_equal(read_back(0x2800 + RING_TAIL), 1);
    assert_int_equal(receive.descriptors[0].address, (uint64_t)receive.buffers[0]);
    assert_int_equal(receive.descriptors[0].state, 0);
    assert_int_equal(nic_receive(ALL, take), 0);
}

static void lengths_and_states_are_checked(void **state)
{
    static const uint32_t lengths[] = {0, 13, 1515, 2048, 2049, 0x7fff, 0xffff};
    static const uint32_t errors[] = {1u << 31, 1 << 24, 1 << 25, 1 << 26, 1 << 28};
    uint32_t i = 0;
    (void)state;
    for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++)
        arrive(i++, DONE | RECEIVED_END, lengths[k]);
    for (size_t k = 0; k < sizeof(errors) / sizeof(errors[0]); k++)
        arrive(i++, DONE | RECEIVED_END | errors[k], 60);
    arrive(i++, DONE, 60); /* the rest is in the next one, and in the one behind that */
    arrive(i++, DONE, 60);
    arrive(i++, DONE | RECEIVED_END, 60);
    assert_int_equal(nic_receive(ALL, take), i);
    assert_int_equal(frames_taken, 0);
    arrive(i, DONE | RECEIVED_END, 60);
    assert_int_equal(nic_receive(ALL, take), 1);
    assert_int_equal(frames_taken, 1);
}

static void work_is_bounded(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < RING; i++)
        arrive(i, DONE | RECEIVED_END, 60);
    assert_int_equal(nic_receive(64, take), 64);
    assert_int_equal(frames_taken, 64);
    put(0x00d0, 0);
    assert_int_equal(nic_receive(ALL, take), RING - 64);
    assert_int_equal(frames_taken, RING);
    assert_int_equal(read_back(0x2800 + RING_TAIL), RING - 1);
    assert_int_equal(read_back(0x00d0), 1 << 20); /* asks to be woken again, before it looks */
}

static void sends(void **state)
{
    (void)state;
    for (unsigned i = 0; i < RING - 1; i++) {
        uint8_t *room = nic_room();
        assert_ptr_equal(room, transmit.buffers[i]);
        nic_send(60 + i);
        assert_int_equal(transmit.descriptors[i].state, 0x0b000000 | (60 + i));
        assert_int_equal(transmit.descriptors[i].last, 0);
    }
    assert_null(nic_room());
    assert_int_equal(read_back(0x3800 + RING_TAIL), RING - 1);
    transmit.descriptors[0].last = DONE;
    transmit.descriptors[5].last = DONE; /* out of turn: waits */
    assert_ptr_equal(nic_room(), transmit.buffers[RING - 1]);
    nic_send(60);
    assert_null(nic_room());
    /* A card that says "done" of all gets no further than what it was given. */
    for (unsigned i = 0; i < RING; i++)
        transmit.descriptors[i].last = DONE;
    assert_ptr_equal(nic_room(), transmit.buffers[0]);
    assert_int_equal(done, transmit.next);
}

static void later_ones_say_the_length_twice(void **state)
{
    (void)state;
    family = &families[I225];
    nic_room();
    nic_send(100);
    assert_int_equal(transmit.descriptors[0].state, 0x2b300000 | 100);
    assert_int_equal(transmit.descriptors[0].last, 100 << 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(starts, make_started),
        cmocka_unit_test_setup(refuses_what_is_no_card, make_card),
        cmocka_unit_test_setup(ends_without_a_card, make_card),
        cmocka_unit_test_setup(frames_come_whole, make_started),
        cmocka_unit_test_setup(lengths_and_states_are_checked, make_started),
        cmocka_unit_test_setup(work_is_bounded, make_started),
        cmocka_unit_test_setup(sends, make_started),
        cmocka_unit_test_setup(later_ones_say_the_length_twice, make_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
