/* SPDX-License-Identifier: Apache-2.0 */
/* bzImages: a good one, Debian's where they have been fetched, and every kind of bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/guest/linux.h"
#include "made_files.h"

static uint8_t file[MADE_BZIMAGE_BYTES];

static int setup(void **state)
{
    (void)state;
    made_bzimage(file);
    return 0;
}

static enum linux_error parse(size_t bytes, struct linux_kernel *kernel)
{
    uint8_t *exact = malloc(bytes ? bytes : 1);
    memcpy(exact, file, bytes);
    enum linux_error error = linux_parse(exact, bytes, kernel);
    free(exact);
    return error;
}

static uint64_t get(const uint8_t *from, size_t offset, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, from + offset, bytes);
    return value;
}

static void set(size_t offset, size_t bytes, uint64_t value)
{
    memcpy(file + offset, &value, bytes);
}

static void a_good_one(void **state)
{
    struct linux_kernel kernel;
    (void)state;
    assert_int_equal(parse(sizeof(file), &kernel), LINUX_OK);
    assert_int_equal(kernel.load, 0x1000000);
    assert_int_equal(linux_entry(&kernel), 0x1000200);
    assert_int_equal(kernel.code_offset, MADE_BZIMAGE_CODE);
    assert_int_equal(kernel.code_bytes, sizeof(file) - MADE_BZIMAGE_CODE);
    assert_int_equal(kernel.memory_bytes, 0x2000000);
    assert_int_equal(kernel.initrd_end_max, 0x80000000);
    assert_int_equal(kernel.cmdline_max, 2047);
    set(0x1f1, 1, 0); /* means 4 */
    assert_int_equal(parse(sizeof(file), &kernel), LINUX_OK);
    assert_int_equal(kernel.code_offset, MADE_BZIMAGE_CODE);
}

static void every_bad_one(void **state)
{
    static const struct {
        const char *name;
        enum linux_error error;
        size_t offset, bytes;
        uint64_t value;
    } changes[] = {
        {"boot flag", LINUX_NOT_BZIMAGE, 0x1fe, 2, 0},
        {"magic", LINUX_NOT_BZIMAGE, 0x202, 4, 0x12345678},
        {"protocol 2.11", LINUX_TOO_OLD, 0x206, 2, 0x20b},
        {"zImage", LINUX_NOT_BZIMAGE, 0x211, 1, 0},
        {"32-bit kernel", LINUX_NOT_64_BIT, 0x236, 2, 0x7e},
        {"setup beyond the file", LINUX_TRUNCATED, 0x1f1, 1, 255},
        {"code beyond the file", LINUX_TRUNCATED, 0x1f4, 4, 0x10000},
        {"header too small", LINUX_NOT_BZIMAGE, 0x201, 1, 0x10},
        {"loaded at 0", LINUX_BAD_ADDRESS, 0x258, 8, 0},
        {"loaded in the hole", LINUX_BAD_ADDRESS, 0x258, 8, 0xc0000000},
        {"loaded far away", LINUX_BAD_ADDRESS, 0x258, 8, ~0ull},
        {"loaded in a page", LINUX_BAD_ADDRESS, 0x258, 8, 0x1000800},
        {"loaded unaligned", LINUX_BAD_ADDRESS, 0x258, 8, 0x1001000},
        {"alignment 0", LINUX_BAD_ADDRESS, 0x230, 4, 0},
        {"alignment 3", LINUX_BAD_ADDRESS, 0x230, 4, 3},
    };
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct linux_kernel kernel;
        setup(state);
        set(changes[i].offset, changes[i].bytes, changes[i].value);
        enum linux_error error = parse(sizeof(file), &kernel);
        if (error != changes[i].error)
            fail_msg("%s: error %d instead of %d", changes[i].name, error, changes[i].error);
        assert_true(strlen(linux_error_text(error)) > 10);
    }
}

static void fixed_addresses_need_no_alignment(void **state)
{
    struct linux_kernel kernel;
    (void)state;
    set(0x234, 1, 0);
    set(0x258, 8, 0x100000);
    assert_int_equal(parse(sizeof(file), &kernel), LINUX_OK);
    assert_int_equal(kernel.load, 0x100000);
}

static void truncated_or_noisy(void **state)
{
    struct linux_kernel kernel;
    for (size_t bytes = 0; bytes < sizeof(file) - 16; bytes += bytes < 800 ? 1 : 61)
        assert_int_not_equal(parse(bytes, &kernel), LINUX_OK);
    srand(3);
    for (int round = 0; round < 20000; round++) {
        setup(state);
        for (int n = rand() % 6; n >= 0; n--)
            file[0x1f1 + rand() % 0x90] = (uint8_t)rand();
        if (parse(sizeof(file), &kernel) != LINUX_OK)
            continue;
        assert_true(kernel.code_offset + kernel.code_bytes == sizeof(file));
        uint8_t params[4096] = {0};
        struct linux_boot boot = {.memory_count = 0};
        linux_boot_params(file, &kernel, &boot, params);
    }
}

static void boot_params(void **state)
{
    static uint8_t params[4096];
    const struct guest_memory memory[] = {{0, 0xa0000, GUEST_RAM, 0},
                                          {0xa0000, 0x60000, GUEST_RESERVED, 0},
                                          {1ull << 32, 7ull << 30, GUEST_RAM, 0}};
    struct linux_boot boot = {
        .initrd = 0x7f000000, .initrd_bytes = 0x123456, .memory_count = 3, .memory = memory};
    struct linux_kernel kernel;
    (void)state;
    parse(sizeof(file), &kernel);
    linux_boot_params(file, &kernel, &boot, params);
    assert_memory_equal(params + 0x1f1, file + 0x1f1, 0x210 - 0x1f1);
    assert_int_equal(get(params, 0x070, 8), GUEST_ACPI);
    assert_int_equal(get(params, 0x1e8, 1), 3);
    assert_int_equal(get(params, 0x1ef, 1), 0); /* sentinel */
    assert_int_equal(get(params, 0x210, 1), 0xff);
    assert_int_equal(get(params, 0x214, 4), 0x1000000);
    assert_int_equal(get(params, 0x218, 4), 0x7f000000);
    assert_int_equal(get(params, 0x21c, 4), 0x123456);
    assert_int_equal(get(params, 0x228, 4), GUEST_CMDLINE);
    assert_int_equal(get(params, 0x258, 8), 0x1000000);
    assert_int_equal(get(params, 0x26c, 4), 0); /* behind the header: none of the file's code */
    assert_int_equal(get(params, 0x2d0, 8), 0);
    assert_int_equal(get(params, 0x2d0 + 16, 4), GUEST_RAM);
    assert_int_equal(get(params, 0x2d0 + 20, 8), 0xa0000);
    assert_int_equal(get(params, 0x2d0 + 36, 4), GUEST_RESERVED);
    assert_int_equal(get(params, 0x2d0 + 40, 8), 1ull << 32);
    assert_int_equal(get(params, 0x2d0 + 48, 8), 7ull << 30);
    assert_int_equal(get(params, 0x2d0 + 60, 4), 0);
}

/* Real payloads, where `make guests` has fetched them. */
static void real_kernels(void **state)
{
    static const struct {
        const char *path;
        uint64_t load;
    } kernels[] = {{"build/guests/vmlinuz-6.1", 0x1000000},
                   {"build/guests/vmlinuz-6.12", 0x1000000},
                   {"build/guests/memtest.bin", 0x100000}};
    static uint8_t content[32 << 20];
    int found = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
        struct linux_kernel kernel;
        FILE *from = fopen(kernels[i].path, "rb");
        if (!from)
            continue;
        size_t bytes = fread(content, 1, sizeof(content), from);
        fclose(from);
        assert_int_equal(linux_parse(content, bytes, &kernel), LINUX_OK);
        assert_int_equal(kernel.load, kernels[i].load);
        found++;
    }
    if (found == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_one, setup),
        cmocka_unit_test(every_bad_one),
        cmocka_unit_test_setup(fixed_addresses_need_no_alignment, setup),
        cmocka_unit_test_setup(truncated_or_noisy, setup),
        cmocka_unit_test_setup(boot_params, setup),
        cmocka_unit_test(real_kernels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
