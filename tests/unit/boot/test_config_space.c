/* SPDX-License-Identifier: Apache-2.0 */
/* I3: what a guest reads in its function's configuration space, and which bits are hardware's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/plan/assign.h"

static uint8_t config[CONFIG_SPACE_BYTES], reads[CONFIG_SPACE_BYTES], hardware[CONFIG_SPACE_BYTES];
static struct fact_function fact;
static struct function function;

static void put(uint32_t at, uint32_t bytes, uint32_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        config[at + i] = (uint8_t)(value >> (8 * i));
}

static uint32_t get(const uint8_t *page, uint32_t at, uint32_t bytes)
{
    uint32_t value = 0;
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint32_t)page[at + i] << (8 * i);
    return value;
}

/* A capability: id, next, and 0xff in all of its other bytes. */
static void capability(uint32_t at, uint32_t id, uint32_t next, uint32_t bytes)
{
    memset(&config[at], 0xff, bytes);
    config[at] = (uint8_t)id;
    config[at + 1] = (uint8_t)next;
}

/* Everything set that can be; VPD (3) and a vendor's own (9) stand between what is shown. */
static int setup(void **state)
{
    (void)state;
    memset(config, 0xff, sizeof(config));
    put(0, 4, 0x10c98086);
    put(8, 4, 0x02000001);
    config[0x0c] = 0x10;
    put(0x2c, 4, 0xa03c8086);
    config[0x34] = 0x43; /* the lowest bits are reserved */
    capability(0x40, 0x01, 0x50, 8);
    capability(0x50, 0x05, 0xf0, 24);
    capability(0xf0, 0x03, 0x70, 8);
    capability(0x70, 0x11, 0xd0, 12);
    capability(0xd0, 0x09, 0x80, 16);
    capability(0x80, 0x10, 0x00, 60);
    put(0x88, 2, 0xff3f); /* Device Control: Max_Payload_Size 256 */
    put(0x100, 4, 0x14020001);
    put(0x140, 4, 0x00010003);
    fact = (struct fact_function){.id = 0x10c98086,
                                  .class_code = 0x02000001,
                                  .config = config,
                                  .express_capabilities = 0xffffffff,
                                  .msix_control = 0xffff,
                                  .msix_table = 0x2003,
                                  .msix_pending = 0x3003};
    function =
        (struct function){.id = fact.id,
                          .power = 0x40,
                          .msi = 0x50,
                          .msix = 0x70,
                          .express = 0x80,
                          .msi_64 = 1,
                          .msi_maskable = 1,
                          .bars = {{.bytes = 0x20000}, [3] = {.bytes = 0x4000, .type = BAR_64}}};
    put(0x88, 2, 0xff3f);
    return 0;
}

/* The shown capabilities' offsets, in order; ends with 0. */
static void expect_list(const uint8_t *offsets)
{
    uint32_t link = 0x34;
    config_space_build(&fact, &function, reads, hardware);
    for (;; offsets++) {
        if (reads[link] != *offsets)
            fail_msg("%x behind %x, not %x", reads[link], link, *offsets);
        if (*offsets == 0)
            break;
        assert_int_equal(reads[*offsets], config[*offsets]);
        link = *offsets + 1u;
    }
    assert_int_equal(reads[6], reads[0x34] ? 0x10 : 0);
}
#define LIST(...) expect_list((const uint8_t[]){__VA_ARGS__, 0})

static void the_header_is_an_endpoints(void **state)
{
    (void)state;
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0, 4), 0x10c98086);
    assert_int_equal(get(reads, 4, 4), 0x00100000);
    assert_int_equal(get(reads, 8, 4), 0x02000001);
    assert_int_equal(get(reads, 0xc, 4), 0x10); /* one function, type 0, no self test */
    assert_int_equal(get(reads, 0x10, 4), 0);
    assert_int_equal(get(reads, 0x1c, 4), BAR_64);
    assert_int_equal(get(reads, 0x14, 4) | get(reads, 0x18, 4) | get(reads, 0x20, 4), 0);
    assert_int_equal(get(reads, 0x28, 4), 0);
    assert_int_equal(get(reads, 0x2c, 4), 0xa03c8086);
    assert_int_equal(get(reads, 0x30, 4), 0);
    assert_int_equal(get(reads, 0x38, 4) | get(reads, 0x3c, 4), 0);
}

static void capabilities_show_what_is_harmless(void **state)
{
    (void)state;
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0x42, 2), 7);     /* no PME, no D1, no D2 */
    assert_int_equal(get(reads, 0x44, 4), 8);     /* D0, No_Soft_Reset */
    assert_int_equal(get(reads, 0x52, 2), 0x180); /* one message */
    assert_int_equal(get(reads, 0x54, 4) | get(reads, 0x58, 4) | get(reads, 0x5c, 4), 0);
    assert_int_equal(get(reads, 0x72, 2), 0x7ff);
    assert_int_equal(get(reads, 0x74, 4), 0x2003);
    assert_int_equal(get(reads, 0x78, 4), 0x3003);
    assert_int_equal(get(reads, 0x82, 2), 0x9f); /* a root complex' integrated endpoint */
    assert_int_equal(get(reads, 0x84, 4), 0x8fe1);
    assert_int_equal(get(reads, 0x88, 4), 0x20);
    for (uint32_t at = 0x8c; at < 0x100; at++)
        assert_int_equal(reads[at], 0);
    assert_int_equal(get(reads, 0x100, 4), 0x00020001); /* alone, and without an error */
    for (uint32_t at = 0x104; at < CONFIG_SPACE_BYTES; at++)
        assert_int_equal(reads[at], 0);
}

/* Nothing else ever comes from hardware. */
static void hardware_answers_for_named_bits_only(void **state)
{
    (void)state;
    LIST(0x40, 0x50, 0x70, 0x80);
    static const struct {
        uint32_t at, bits;
    } named[] = {{0x52, 1}, {0x60, 1}, {0x64, 1}, {0x72, 0xc000}, {0x88, 0x7110}, {0x8a, 0x20}};
    for (uint32_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        assert_int_equal(get(hardware, named[i].at, 2), named[i].bits);
        assert_int_equal(get(reads, named[i].at, 2) & named[i].bits, 0);
        hardware[named[i].at] = hardware[named[i].at + 1] = 0;
    }
    for (uint32_t at = 0; at < CONFIG_SPACE_BYTES; at++)
        assert_int_equal(hardware[at], 0);
}

static void msi_has_the_fields_it_has(void **state)
{
    (void)state;
    function.msi_64 = 0;
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0x52, 2), 0x100);
    assert_int_equal(get(hardware, 0x5c, 4), 1);
    assert_int_equal(get(hardware, 0x60, 4), 1);
    assert_int_equal(get(hardware, 0x64, 4), 0);
    function.msi_maskable = 0;
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0x52, 2), 0);
    for (uint32_t at = 0x54; at < 0x70; at++)
        assert_int_equal(hardware[at], 0);
}

static void virtio_shows_where_its_registers_are(void **state)
{
    (void)state;
    static const struct {
        uint8_t type, bytes, bar;
        uint32_t flags;
        uint8_t shown;
    } table[] = {
        {1, 16, 0, FUNCTION_VIRTIO, 16},
        {2, 20, 3, FUNCTION_VIRTIO, 20},
        {3, 16, 0, FUNCTION_VIRTIO, 16},
        {4, 255, 3, FUNCTION_VIRTIO, 16},
        {5, 20, 0, FUNCTION_VIRTIO, 0},
        {0, 16, 0, FUNCTION_VIRTIO, 0},
        {1, 16, 0, 0, 0},
        {1, 16, 1, FUNCTION_VIRTIO, 0},
        {1, 16, 6, FUNCTION_VIRTIO, 0},
        {1, 15, 0, FUNCTION_VIRTIO, 0},
        {2, 19, 3, FUNCTION_VIRTIO, 0},
    };
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        memset(&config[0xd0], 0x5a, 32);
        config[0xd0] = 9;
        config[0xd1] = 0x80;
        config[0xd2] = table[i].bytes;
        config[0xd3] = table[i].type;
        config[0xd4] = table[i].bar;
        function.flags = table[i].flags;
        if (table[i].shown == 0) {
            LIST(0x40, 0x50, 0x70, 0x80);
            assert_int_equal(get(reads, 0xd0, 4), 0);
            continue;
        }
        LIST(0x40, 0x50, 0x70, 0xd0, 0x80);
        assert_int_equal(reads[0xd2], table[i].shown);
        assert_memory_equal(&reads[0xd3], &config[0xd3], table[i].shown - 3u);
        assert_int_equal(reads[0xd0 + table[i].shown], 0);
    }
}

static void a_list_is_not_trusted(void **state)
{
    (void)state;
    config[0xf1] = 0x40; /* loops */
    LIST(0x40, 0x50);
    config[0xf1] = 0x20; /* leads into the header */
    LIST(0x40, 0x50);
    config[0xf1] = 0xf8; /* ends where none has room */
    capability(0xf8, 0x11, 0x80, 8);
    function.msix = 0xf8;
    LIST(0x40, 0x50, 0x80);
    config[0xf1] = 0x60; /* lies over one before it */
    config[0x60] = 0x11;
    config[0x61] = 0x80;
    function.msix = 0x60;
    LIST(0x40, 0x50, 0x80);
    function.msix = 0x70; /* another of the same kind than was judged */
    LIST(0x40, 0x50, 0x80);
    config[0x34] = 0;
    expect_list((const uint8_t[]){0});
    config[0xfd] = 0; /* a last one, without room for its fields */
    config[0xfc] = 9;
    config[0x34] = 0xfc;
    function.flags = FUNCTION_VIRTIO;
    expect_list((const uint8_t[]){0});
}

static void errors_are_found_wherever_they_stand(void **state)
{
    (void)state;
    put(0x100, 4, 0x14010003);
    put(0x140, 4, 0x20020001);
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0x100, 4), 0x00020001);
    put(0x140, 4, 0x1001000e); /* a loop without one */
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0x100, 4), 0);
    put(0x140, 4, 0xffffffff); /* to the last dword, and nothing behind */
    LIST(0x40, 0x50, 0x70, 0x80);
    assert_int_equal(get(reads, 0x100, 4), 0);
    put(0x100, 4, 0x14020001);
    function.express = 0; /* conventional: 256 bytes are all */
    LIST(0x40, 0x50, 0x70);
    assert_int_equal(get(reads, 0x100, 4), 0);
}

static void what_is_silent_shows_nothing(void **state)
{
    (void)state;
    static const uint8_t nothing[CONFIG_SPACE_BYTES];
    function.flags = FUNCTION_SILENT;
    config_space_build(&fact, &function, reads, hardware);
    assert_memory_equal(reads, nothing, sizeof(nothing));
    assert_memory_equal(hardware, nothing, sizeof(nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_header_is_an_endpoints, setup),
        cmocka_unit_test_setup(capabilities_show_what_is_harmless, setup),
        cmocka_unit_test_setup(hardware_answers_for_named_bits_only, setup),
        cmocka_unit_test_setup(msi_has_the_fields_it_has, setup),
        cmocka_unit_test_setup(virtio_shows_where_its_registers_are, setup),
        cmocka_unit_test_setup(a_list_is_not_trusted, setup),
        cmocka_unit_test_setup(errors_are_found_wherever_they_stand, setup),
        cmocka_unit_test_setup(what_is_silent_shows_nothing, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
