/* SPDX-License-Identifier: Apache-2.0 */
/* The PCI bus of a domain (I3): which function is found where, by ports and by memory. */
#include "function_world.h"

#include "kernel/vm/vfunction.c"
#include "kernel/vm/vmsi.c"
#include "kernel/vm/vpci.c"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { FUNCTIONS = 3, SILENT = 1, LAST_SLOT = 31 };
static struct world_function w[FUNCTIONS];
static uint8_t *devices, *config, *vectors; /* what VA_DEVICES, VA_CONFIG, VA_VECTORS have */

/* Slots 1, 2 (silent) and 31; the second function of the list has two pages of vectors. */
static int setup(void **state)
{
    (void)state;
    devices = world_pages(1 + 2 * FUNCTIONS);
    config = world_pages(FUNCTIONS);
    vectors = world_pages(FUNCTIONS + 1);
    for (unsigned n = 0; n < FUNCTIONS; n++) {
        struct function *function = &w[n].function;
        world_make(&w[n]);
        function->id += n << 16;
        world_put(w[n].pages, 0, 4, function->id);
        function->slot = n == 2 ? LAST_SLOT : n + 1;
        function->bars[0].gpa += n * 0x100000;
        function->traps[0].gpa += n * 0x100000;
        if (n == SILENT) {
            function->flags = FUNCTION_SILENT;
            function->vectors = 257;
            function->table_offset = 0;
        }
        memcpy(devices + n * sizeof(*function), function, sizeof(*function));
        memcpy(devices + 4096 + n * 8192, w[n].pages, 8192);
        memcpy(config + n * 4096, w[n].config, 4096);
    }
    world_watched = NULL; /* these look at more than one function */
    memset(&pci, 0, sizeof(pci));
    vpci_setup((const struct function *)devices, FUNCTIONS, config, vectors);
    vpci_reset();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned n = 0; n < FUNCTIONS; n++)
        world_free(&w[n]);
    free(devices);
    free(config);
    free(vectors);
    return 0;
}

static uint64_t ecam(unsigned device, unsigned function, unsigned at)
{
    return (uint64_t)device << 15 | (uint64_t)function << 12 | at;
}

static void each_slot_has_its_function(void **state)
{
    (void)state;
    assert_int_equal(pci.count, FUNCTIONS);
    for (unsigned device = 0; device < 32; device++) {
        for (unsigned function = 0; function < 8; function++) {
            uint32_t id = ~0u;
            if (function == 0 && device == 0)
                id = 0x00081b36;
            else if (function == 0 && device == 1)
                id = 0x10c98086;
            else if (function == 0 && device == LAST_SLOT)
                id = 0x10cb8086;
            assert_int_equal((uint32_t)vpci_read_ecam(ecam(device, function, 0), 4), id);
            vpci_write_address(0x80000000 | device << 11 | function << 8);
            assert_int_equal(vpci_read_data(0), id);
            assert_int_equal(vpci_read_data(2) & 0xffff, id >> 16);
        }
    }
    for (unsigned n = 0; n < FUNCTIONS; n++)
        assert_int_equal(vpci_function(n)->function->id, w[n].function.id);
    assert_ptr_equal(vpci_function(2)->msi.vectors, vectors + 3 * 4096);
    assert_ptr_equal(vpci_function(2)->config, config + 2 * 4096);
}

static void other_buses_are_empty(void **state)
{
    (void)state;
    for (unsigned bus = 1; bus < 256; bus++) {
        vpci_write_address(0x80000000 | bus << 16 | 1 << 11);
        assert_int_equal(vpci_read_data(0), ~0u);
        vpci_write_data(0, 4, ~0u);
        assert_int_equal(vpci_read_ecam((uint64_t)bus << 20 | 1 << 15, 4), ~0ull);
    }
    vpci_write_address(0x00000000 | 1 << 11); /* not enabled */
    assert_int_equal(vpci_read_data(0), ~0u);
    assert_int_equal(vpci_read_ecam(~0ull, 4), ~0ull);
}

static void an_access_stays_in_its_page(void **state)
{
    (void)state;
    for (unsigned device = 0; device < 2; device++) {
        for (unsigned bytes = 2; bytes <= 8; bytes *= 2) {
            for (unsigned at = 4097 - bytes; at < 4096; at++) {
                uint64_t value = vpci_read_ecam(ecam(device, 0, at), bytes);
                assert_int_equal(value, device == 0 ? 0 : ~0ull);
                vpci_write_ecam(ecam(device, 0, at), bytes, ~0ull);
            }
        }
        assert_int_equal(vpci_read_ecam(ecam(device, 0, 4088), 8), 0);
    }
}

/* One path: what is written by a port is read by memory, and the reverse. */
static void ports_and_memory_are_one(void **state)
{
    (void)state;
    vpci_write_address(0x80000000 | LAST_SLOT << 11 | 4);
    assert_int_equal(vpci_read_address(), 0x8000f804);
    vpci_write_data(0, 1, 0xffffff06);
    assert_int_equal(vpci_read_ecam(ecam(LAST_SLOT, 0, 4), 2), 6);
    assert_int_equal(vpci_read_ecam(ecam(1, 0, 4), 2), 0);
    assert_int_equal(world_get(config, 2 * 4096 + 4, 2), 0x0406);
    assert_int_equal(world_get(config, 0 * 4096 + 4, 2), 0x0402);
    vpci_write_data(1, 1, 0xff);
    assert_int_equal(vpci_read_data(0), 0x00100406);
    assert_int_equal(vpci_read_data(1) & 0xff, 0x04);
    vpci_write_data(2, 2, 0xffff);
    vpci_write_ecam(ecam(LAST_SLOT, 0, 4), 2, 0);
    assert_int_equal(vpci_read_data(0), 0x00100000);
    vpci_write_address(0xffffffff);
    assert_int_equal(vpci_read_address(), 0x80fffffc);
    vpci_reset();
    assert_int_equal(vpci_read_address(), 0);
}

/* I3: it is in the domain's group, and that is all. */
static void a_silent_function_decodes_nothing(void **state)
{
    (void)state;
    for (uint32_t n = 0; n < FUNCTIONS; n++) {
        assert_int_equal(world_get(config + n * 4096, 4, 2), n == SILENT ? 0x0400 : 0x0402);
        vfunction_quarantine(vpci_function(n));
        assert_int_equal(world_get(config + n * 4096, 4, 2), n == SILENT ? 0x0400 : 0x0402);
    }
}

/* I9: one processor reads the data while another one is in the midst of writing the address. */
static void a_torn_selection_stays_in_its_page(void **state)
{
    (void)state;
    vpci_write_address(0x80000000 | LAST_SLOT << 11 | 0xfc);
    struct vfunction *before = pci.selected_function;
    assert_non_null(before);
    for (uint32_t enabled = 0; enabled < 2; enabled++) {
        vpci_write_address(enabled << 31 | 1 << 11 | 0xff);
        pci.selected_function = before;
        vpci_read_data(0); /* the page is the last one: a byte more is noticed */
    }
}

static void pages_belong_to_their_function(void **state)
{
    (void)state;
    for (unsigned n = 0; n < FUNCTIONS; n++) {
        uint64_t gpa = BAR0_GPA + TRAP_OFFSET + n * 0x100000;
        uint64_t plain = gpa + 0xf00, value = 0x1122334455667700 + n;
        vpci_write_memory(plain, 8, value);
        assert_int_equal(vpci_read_memory(plain, 8), n == SILENT ? ~0ull : value);
        assert_int_equal(world_get(w[n].trapped, 0xf00, 8), n == SILENT ? 0 : value);
        vpci_write_memory(gpa + 8, 4, 0xfee00000 + n);
        assert_int_equal(vpci_read_memory(gpa + 8, 4), n == SILENT ? ~0ull : 0xfee00000ull + n);
        vpci_write_memory(gpa + TRAP_BYTES, 8, 0);
        assert_int_equal(vpci_read_memory(gpa + TRAP_BYTES, 8), ~0ull);
        assert_int_equal(vpci_read_memory(gpa - 8, 8), ~0ull);
    }
    assert_int_equal(world_get(vectors, 0, 4), 0xfee00000);
    assert_int_equal(world_get(vectors, 3 * 4096, 4), 0xfee00002);
}

/* A domain without functions. */
static void a_bus_may_be_empty(void **state)
{
    (void)state;
    memset(&pci, 0, sizeof(pci));
    const struct function none = {0};
    vpci_setup(&none, 0, config, vectors);
    vpci_reset();
    assert_int_equal(pci.count, 0);
    assert_int_equal(vpci_read_ecam(0, 4), 0x00081b36);
    assert_int_equal(vpci_read_ecam(10, 2) & 0xffff, 0x0600);
    for (unsigned device = 1; device < 32; device++)
        assert_int_equal(vpci_read_ecam(ecam(device, 0, 0), 4), ~0ull);
    assert_int_equal(vpci_read_memory(BAR0_GPA + TRAP_OFFSET, 4), ~0ull);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_slot_has_its_function, setup, teardown),
        cmocka_unit_test_setup_teardown(other_buses_are_empty, setup, teardown),
        cmocka_unit_test_setup_teardown(an_access_stays_in_its_page, setup, teardown),
        cmocka_unit_test_setup_teardown(ports_and_memory_are_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_function_decodes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_selection_stays_in_its_page, setup, teardown),
        cmocka_unit_test_setup_teardown(pages_belong_to_their_function, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bus_may_be_empty, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
