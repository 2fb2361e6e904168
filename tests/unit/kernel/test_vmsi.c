/* SPDX-License-Identifier: Apache-2.0 */
/* Message interrupts of a domain's function (I4): what reaches hardware, and what is read back. */
#include "function_world.h"

#include "kernel/vm/vmsi.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct world_function w;
static struct vmsi msi;

static int setup(void **state)
{
    (void)state;
    world_make(&w);
    msi = (struct vmsi){.function = &w.function,
                        .config = w.config,
                        .table = w.trapped + TABLE_OFFSET - TRAP_OFFSET,
                        .vectors = w.vectors,
                        .entries = VECTORS};
    vmsi_reset(&msi);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(&w);
    return 0;
}

static uint32_t hardware(unsigned entry, unsigned word)
{
    return (uint32_t)world_get((const uint8_t *)msi.table, entry * 16 + word * 4, 4);
}

static uint32_t shadow(unsigned entry, unsigned word)
{
    return (uint32_t)world_get(w.vectors, entry * 16 + word * 4, 4);
}

/* As Linux does: masked, the three words, unmasked. */
static void set_entry(unsigned entry, uint32_t address, uint32_t upper, uint32_t data)
{
    vmsi_write_table(&msi, entry * 16 + 12, 4, 1);
    vmsi_write_table(&msi, entry * 16, 4, address);
    vmsi_write_table(&msi, entry * 16 + 4, 4, upper);
    vmsi_write_table(&msi, entry * 16 + 8, 4, data);
    vmsi_write_table(&msi, entry * 16 + 12, 4, 0);
}

/* Which message selects what; LOCAL -1: refused. */
static const struct {
    uint32_t address, upper, data;
    int local, vector;
} messages[] = {
    {0xfee00000, 0, 0x0031, 0, 0x31},
    {0xfee02000, 0, 0x0031, 1, 0x31},
    {0xfee21000, 0, 0x00ff, 2, 0xff},
    {0xfee05000, 0, 0x0020, 3, 0x20},
    {0xfee02000, 0, 0x4131, 1, 0x31}, /* lowest priority; the level of an edge is nothing */
    {0xfee02008, 0, 0x3831, 1, 0x31}, /* redirection hint; reserved bits */
    {0xfee0200c, 0, 0x0031, -1, 0},   /* logical: nobody has bit 1 */
    {0xfee01004, 0, 0x0031, 0, 0x31}, /* logical: id 0 */
    {0xfee0400c, 0, 0x0031, 1, 0x31}, /* logical: id 2 */
    {0xfee25004, 0, 0x0031, 0, 0x31}, /* logical: ids 0, 2 and 5: the first */
    {0xfee20004, 0, 0x0031, 3, 0x31},
    {0xfee00004, 0, 0x0031, -1, 0},
    {0xfee02000, 0, 0x001f, -1, 0}, /* vector below 32 */
    {0xfee02000, 0, 0x0000, -1, 0},
    {0xfee02000, 0, 0x0231, -1, 0}, /* SMI */
    {0xfee02000, 0, 0x0331, -1, 0}, /* reserved */
    {0xfee02000, 0, 0x0431, -1, 0}, /* NMI */
    {0xfee02000, 0, 0x0531, -1, 0}, /* INIT */
    {0xfee02000, 0, 0x0631, -1, 0}, /* start-up */
    {0xfee02000, 0, 0x0731, -1, 0}, /* ExtINT */
    {0xfee02000, 0, 0x8031, -1, 0}, /* level */
    {0xfee02000, 0, 0xc031, -1, 0},
    {0xfee02000, 0, 0x10031, -1, 0},
    {0xfee01000, 0, 0x0031, -1, 0}, /* another domain's processor */
    {0xfeeff000, 0, 0x0031, -1, 0}, /* all of them */
    {0xfeeff004, 0, 0x0031, 0, 0x31},
    {0xfee02010, 0, 0x0031, -1, 0}, /* remappable format: an index of its own choice */
    {0xfee02020, 0, 0x0031, -1, 0}, /* extended destination */
    {0xfee02800, 0, 0x0031, -1, 0},
    {0xfee02001, 0, 0x0031, -1, 0},
    {0xfee02000, 1, 0x0031, -1, 0},
    {0xfed02000, 0, 0x0031, -1, 0},
    {0x00002000, 0, 0x0031, -1, 0},
    {0xbee02000, 0, 0x0031, -1, 0},
};
enum { MESSAGES = sizeof(messages) / sizeof(messages[0]) };

static uint32_t selects(unsigned n)
{
    return irte_message_address(
        function_irte(&w.function, (uint32_t)messages[n].local, (uint32_t)messages[n].vector));
}

static void entries_are_translated_or_stay_masked(void **state)
{
    (void)state;
    for (unsigned n = 0; n < MESSAGES; n++) {
        world.refused = 0;
        set_entry(n % VECTORS, messages[n].address, messages[n].upper, messages[n].data);
        assert_int_equal(shadow(n % VECTORS, 0), messages[n].address);
        assert_int_equal(shadow(n % VECTORS, 1), messages[n].upper);
        assert_int_equal(shadow(n % VECTORS, 2), messages[n].data);
        assert_int_equal(shadow(n % VECTORS, 3), 0);
        assert_int_equal(world.refused, messages[n].local < 0);
        assert_int_equal(hardware(n % VECTORS, 3), messages[n].local < 0);
        if (messages[n].local >= 0)
            assert_int_equal(hardware(n % VECTORS, 0), selects(n));
        vmsi_write_table(&msi, n % VECTORS * 16 + 12, 4, 1);
        assert_int_equal(hardware(n % VECTORS, 3), 1);
    }
}

/* Each delivery mode, vector and destination: what goes to hardware is the domain's (world_look).
 */
static void every_message_is_decided(void **state)
{
    unsigned good = 0;

    (void)state;
    vmsi_write_table(&msi, 12, 4, 0);
    for (unsigned destination = 0; destination < 256; destination++) {
        for (unsigned data = 0; data < 0x800; data++) {
            uint32_t message[3] = {0xfee00000 | destination << 12, 0, data}, address;
            bool may =
                (destination == 0 || destination == 2 || destination == 5 || destination == 33) &&
                data >> 8 < 2 && (data & 0xff) >= 32;
            assert_int_equal(vmsi_translate(&w.function, message, &address), may);
            good += may;
            vmsi_write_table(&msi, 0, 8, message[0]);
            vmsi_write_table(&msi, 8, 8, data);
            assert_int_equal(hardware(0, 3), !may);
        }
    }
    assert_int_equal(good, 4 * 2 * 224);
}

static void a_change_of_an_open_entry_is_whole(void **state)
{
    (void)state;
    set_entry(3, messages[0].address, 0, 0x31);
    assert_int_equal(hardware(3, 0), selects(0));
    vmsi_write_table(&msi, 3 * 16, 4, messages[1].address); /* world_look watches the order */
    assert_int_equal(hardware(3, 0), selects(1));
    assert_int_equal(hardware(3, 3), 0);
    vmsi_write_table(&msi, 3 * 16 + 8, 4, 7);
    assert_int_equal(hardware(3, 3), 1);
    assert_int_equal(shadow(3, 3), 0);
    vmsi_write_table(&msi, 3 * 16 + 8, 8, 0x32); /* data and control at once */
    assert_int_equal(hardware(3, 0), irte_message_address(function_irte(&w.function, 1, 0x32)));
    assert_int_equal(hardware(3, 3), 0);
    vmsi_write_table(&msi, 3 * 16 + 8, 8, 0xffffffff00000032);
    assert_int_equal(hardware(3, 3), 1);
    assert_int_equal(shadow(3, 3), 1);
}

static void a_mask_is_one_write(void **state)
{
    (void)state;
    set_entry(9, messages[0].address, 0, 0x31);
    unsigned writes = world_writes;
    vmsi_write_table(&msi, 9 * 16 + 12, 4, 1);
    assert_int_equal(world_writes - writes, 2); /* the shadow's, and hardware's */
    assert_int_equal(hardware(9, 3), 1);
}

static void narrow_writes_of_the_table_do_nothing(void **state)
{
    (void)state;
    set_entry(0, messages[0].address, 0, 0x31);
    for (unsigned offset = 0; offset < VECTORS * 16; offset++) {
        vmsi_write_table(&msi, offset, 1, 0xff);
        vmsi_write_table(&msi, offset & ~1u, 2, 0xffff);
    }
    assert_int_equal(shadow(0, 0), messages[0].address);
    assert_int_equal(hardware(0, 0), selects(0));
    assert_int_equal(hardware(0, 3), 0);
}

static void write_msi(unsigned n, uint32_t enable)
{
    vmsi_write(&msi, MSI, 0xffff0000, enable << 16);
    vmsi_write(&msi, MSI + 4, ~0u, messages[n].address);
    vmsi_write(&msi, MSI + 8, ~0u, messages[n].upper);
    vmsi_write(&msi, MSI + 12, ~0u, messages[n].data);
    vmsi_write(&msi, MSI, 0xffff0000, 0xffff0000);
}

static void msi_is_translated_or_stays_off(void **state)
{
    (void)state;
    for (unsigned n = 0; n < MESSAGES; n++) {
        bool may = messages[n].local >= 0;
        if (messages[n].data >> 16 != 0) /* the register has 16 bits */
            continue;
        if (messages[n].address & 3) /* and these are 0 */
            continue;
        world_put(w.config, MSI + 4, 4, 0x11111111);
        world_put(w.config, MSI + 12, 2, 0x1111);
        write_msi(n, 0);
        assert_int_equal(vmsi_read(&msi, MSI + 4, 0), messages[n].address);
        assert_int_equal(vmsi_read(&msi, MSI + 8, 0), messages[n].upper);
        assert_int_equal(vmsi_read(&msi, MSI + 12, 0), messages[n].data);
        assert_int_equal(vmsi_read(&msi, MSI, 0x01f07005), 0x01817005);
        assert_int_equal(world_get(w.config, MSI + 2, 2), may);
        if (may) {
            assert_int_equal(world_get(w.config, MSI + 4, 4), selects(n));
            assert_int_equal(world_get(w.config, MSI + 12, 2), 0);
        }
    }
    assert_true(world.refused > 0);
    write_msi(0, 1);
    assert_int_equal(world_get(w.config, MSI + 2, 2), 1);
    vmsi_write(&msi, MSI + 12, ~0u, 0x0431); /* an NMI while it is on: it goes off */
    assert_int_equal(world_get(w.config, MSI + 2, 2), 0);
    assert_int_equal(vmsi_read(&msi, MSI, 0x01807005), 0x01817005);
    vmsi_write(&msi, MSI, 0xffff0000, 0);
    assert_int_equal(vmsi_read(&msi, MSI, 0x01807005), 0x01807005);
}

static void a_mask_goes_to_hardware(void **state)
{
    (void)state;
    vmsi_write(&msi, MSI + 16, ~0u, ~0u);
    assert_int_equal(world_get(w.config, MSI + 16, 4), 1);
    assert_int_equal(vmsi_read(&msi, MSI + 16, 0), 1);
    vmsi_write(&msi, MSI + 16, 0xff, 0);
    assert_int_equal(world_get(w.config, MSI + 16, 4), 0);
    vmsi_write(&msi, MSIX, 0xff000000, ~0u);
    assert_int_equal(world_get(w.config, MSIX + 2, 2), 0xc000);
    assert_int_equal(vmsi_read(&msi, MSIX, 0x0009a011), 0xc009a011);
    vmsi_write(&msi, MSIX, 0xff000000, 0x40000000);
    assert_int_equal(world_get(w.config, MSIX + 2, 2), 0x4000);
}

/* 32-bit addresses, no mask: data lies where the upper address would. */
static void a_small_msi_has_no_more_registers(void **state)
{
    (void)state;
    w.function.msi_64 = w.function.msi_maskable = 0;
    msi.entries = 0;
    assert_int_equal(vmsi_registers(&msi), 7ull << MSI / 4);
    w.function.msi = 0;
    assert_int_equal(vmsi_registers(&msi), 0);
    w.function.msi_64 = w.function.msi_maskable = 1;
    assert_int_equal(vmsi_registers(&msi), 0);
    w.function.msi = MSI;
    msi.entries = 1;
    assert_int_equal(vmsi_registers(&msi), 31ull << MSI / 4 | 1ull << MSIX / 4);
    w.function.msi = 0xfc; /* ends with the space of capabilities */
    assert_int_equal(vmsi_registers(&msi), 1ull << 63 | 1ull << MSIX / 4);
}

/* I7: of a former life nothing is left, neither here nor in hardware. */
static void a_reset_masks_all(void **state)
{
    (void)state;
    for (unsigned entry = 0; entry < VECTORS; entry++)
        set_entry(entry, messages[1].address, 0, 0x40 + entry);
    write_msi(0, 1);
    vmsi_write(&msi, MSIX, ~0u, ~0u);
    vmsi_write(&msi, MSI + 16, ~0u, 1);
    vmsi_reset(&msi);
    for (unsigned entry = 0; entry < VECTORS; entry++) {
        assert_int_equal(hardware(entry, 3), 1);
        assert_int_equal(shadow(entry, 0) | shadow(entry, 1) | shadow(entry, 2), 0);
        assert_int_equal(shadow(entry, 3), 1);
    }
    assert_int_equal(world_get(w.config, MSI + 2, 2), 0);
    assert_int_equal(world_get(w.config, MSIX + 2, 2), 0);
    for (unsigned at = MSI + 4; at <= MSI + 16; at += 4)
        assert_int_equal(vmsi_read(&msi, at, ~0u), 0);
    assert_int_equal(vmsi_read(&msi, MSI, 0x01807005), 0x01807005);
    assert_int_equal(vmsi_read(&msi, MSIX, 0x0009a011), 0x0009a011);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entries_are_translated_or_stay_masked, setup, teardown),
        cmocka_unit_test_setup_teardown(every_message_is_decided, setup, teardown),
        cmocka_unit_test_setup_teardown(a_change_of_an_open_entry_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mask_is_one_write, setup, teardown),
        cmocka_unit_test_setup_teardown(narrow_writes_of_the_table_do_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(msi_is_translated_or_stays_off, setup, teardown),
        cmocka_unit_test_setup_teardown(a_mask_goes_to_hardware, setup, teardown),
        cmocka_unit_test_setup_teardown(a_small_msi_has_no_more_registers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reset_masks_all, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
