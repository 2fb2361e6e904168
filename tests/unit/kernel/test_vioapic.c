/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual I/O APIC, driven as Linux 6.1 drives its first one. */
#include "kernel/vm/vioapic.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct vioapic io;
static struct vioapic_message message;

static int setup(void **state)
{
    (void)state;
    vioapic_reset(&io);
    return 0;
}

static uint32_t get(unsigned index)
{
    vioapic_write(&io, 0, 4, index);
    return vioapic_read(&io, 0x10, 4);
}

static void set(unsigned index, uint32_t value)
{
    vioapic_write(&io, 0, 4, index);
    vioapic_write(&io, 0x10, 4, value);
}

static void is_what_linux_registers(void **state)
{
    (void)state;
    assert_int_equal(get(0), 0);
    assert_int_equal(get(1) & 0xff, 0x20);
    assert_int_equal((get(1) >> 16 & 0xff) + 1, 24);
    set(1, 0xffffffff);
    assert_int_equal(get(1), 0x00170020);
    set(0, 0xffffffff);
    assert_int_equal(get(0), 0x0f000000);
    assert_int_equal(get(2), 0x0f000000);
    set(2, 0);
    assert_int_equal(get(0), 0x0f000000);
}

static void pins_are_masked_after_reset(void **state)
{
    (void)state;
    set(0x18, 0x20);
    vioapic_reset(&io);
    for (unsigned pin = 0; pin < 24; pin++) {
        assert_int_equal(get(0x10 + 2 * pin), 0x10000);
        assert_int_equal(get(0x11 + 2 * pin), 0);
        assert_false(vioapic_pin_edge(&io, pin, &message));
    }
}

static void halves_keep_each_other(void **state)
{
    (void)state;
    set(0x19, 0x05000000);
    set(0x18, 0x00000831);
    assert_int_equal(get(0x19), 0x05000000);
    assert_int_equal(get(0x18), 0x00000831);
    assert_int_equal(get(0x16), 0x10000);
    assert_int_equal(get(0x1a), 0x10000);
    set(0x18, 0xffffffff); /* delivery status and remote IRR stay 0, reserved bits too */
    set(0x19, 0xffffffff);
    assert_int_equal(get(0x18), 0x0001afff);
    assert_int_equal(get(0x19), 0xff000000);
}

static void edge_becomes_a_message(void **state)
{
    (void)state;
    set(0x19, 0x07000000);
    set(0x18, 0x31);
    assert_true(vioapic_pin_edge(&io, 4, &message));
    assert_int_equal(message.vector, 0x31);
    assert_int_equal(message.destination, 7);
    assert_false(message.logical);
    assert_false(vioapic_pin_edge(&io, 3, &message));
    assert_false(vioapic_pin_edge(&io, 24, &message));
    set(0x18, 0x831);
    assert_true(vioapic_pin_edge(&io, 4, &message));
    assert_true(message.logical);
    assert_int_equal(message.destination, 7);
    set(0x18, 0x8031); /* level: as an edge */
    assert_true(vioapic_pin_edge(&io, 4, &message));
    set(0x19, 0xff000000);
    assert_true(vioapic_pin_edge(&io, 4, &message));
    assert_int_equal(message.destination, 0xffffffff);
    set(0x18, 0x831);
    assert_true(vioapic_pin_edge(&io, 4, &message));
    assert_int_equal(message.destination, 0xff);
}

/* I4: fixed interrupts with a legal vector, nothing else. */
static void only_fixed_interrupts_leave(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode < 8; mode++) {
        for (unsigned vector = 0; vector < 256; vector++) {
            set(0x10, mode << 8 | vector);
            assert_int_equal(vioapic_pin_edge(&io, 0, &message), mode == 0 && vector >= 16);
            set(0x10, 0x10000 | mode << 8 | vector);
            assert_false(vioapic_pin_edge(&io, 0, &message));
        }
    }
}

/* I1: no index and no offset reaches beyond the model. */
static void wild_accesses_reach_nothing(void **state)
{
    (void)state;
    set(4, 0x31);
    for (unsigned index = 0; index < 1024; index++) {
        if ((index & 0xff) < 0x40)
            continue;
        set(index, 0xffffffff);
        assert_int_equal(get(index), 0);
    }
    set(0x100 + 0x10, 0x44); /* the index has eight bits */
    assert_int_equal(get(0x10), 0x44);
    for (unsigned offset = 0; offset < 4096; offset++) {
        if (offset == 0 || offset == 0x10)
            continue;
        vioapic_write(&io, offset, 4, 0xffffffff);
        assert_int_equal(vioapic_read(&io, offset, 4), 0);
    }
    vioapic_write(&io, 0, 4, 0x12);
    vioapic_write(&io, 0x10, 1, 0x31);
    vioapic_write(&io, 0x10, 2, 0x31);
    vioapic_write(&io, 0x10, 8, 0x31);
    vioapic_write(&io, 0, 1, 0x10);
    assert_int_equal(vioapic_read(&io, 0, 4), 0x12);
    assert_int_equal(vioapic_read(&io, 0x10, 4), 0x10000);
    assert_int_equal(vioapic_read(&io, 0x10, 8), 0);
    assert_int_equal(vioapic_read(&io, 0x10, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(is_what_linux_registers, setup),
        cmocka_unit_test_setup(pins_are_masked_after_reset, setup),
        cmocka_unit_test_setup(halves_keep_each_other, setup),
        cmocka_unit_test_setup(edge_becomes_a_message, setup),
        cmocka_unit_test_setup(only_fixed_interrupts_leave, setup),
        cmocka_unit_test_setup(wild_accesses_reach_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
