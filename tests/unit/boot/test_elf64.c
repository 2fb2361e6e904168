/* SPDX-License-Identifier: Apache-2.0 */
/* ELF files: payloads and the hypervisor itself, good ones and every kind of bad one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/guest/elf64.h"
#include "boot/plan/kernel_image.h"
#include "kernel/abi/layout.h"
#include "made_files.h"

static struct made_elf made;
static uint8_t file[0x20000];
static size_t bytes;

static enum elf64_error parse(struct elf64 *elf)
{
    uint8_t *exact = malloc(bytes); /* so that the sanitizer sees an access behind the end */
    memcpy(exact, file, bytes);
    enum elf64_error error = elf64_parse(exact, bytes, elf);
    free(exact);
    return error;
}

static int payload(void **state)
{
    (void)state;
    made_elf_init(&made, 0x100010);
    made_elf_segment(&made, PF_R | PF_X, 0x100000, 0x1800, 0x1800);
    made_elf_segment(&made, PF_R | PF_W, 0x102345, 0x100, 0x2000);
    made_elf_segment(&made, PF_R | PF_W, 0x200000, 0, 0x5000);
    return 0;
}

static void a_good_payload(void **state)
{
    struct elf64 elf;
    (void)state;
    made.programs[made.header.e_phnum++].p_type = PT_GNU_STACK;
    made_elf_segment(&made, PF_R, 0, 0, 0);
    bytes = made_elf_write(&made, file, sizeof(file));
    assert_int_equal(parse(&elf), ELF64_OK);
    assert_int_equal(elf.count, 3);
    assert_int_equal(elf.entry, 0x100010);
    assert_int_equal(elf.segments[1].address, 0x102345);
    assert_int_equal(elf.segments[1].offset % 0x1000, 0x345);
    assert_int_equal(elf.segments[1].file_bytes, 0x100);
    assert_int_equal(elf.segments[1].bytes, 0x2000);
    assert_int_equal(elf.segments[1].flags, ELF64_READ | ELF64_WRITE);
}

#define BAD(X)                                                                                     \
    X(magic, ELF64_NOT_ELF, made.header.e_ident[1] = 'X')                                          \
    X(class, ELF64_NOT_ELF, made.header.e_ident[4] = ELFCLASS32)                                   \
    X(endian, ELF64_NOT_ELF, made.header.e_ident[5] = ELFDATA2MSB)                                 \
    X(machine, ELF64_NOT_X86_64, made.header.e_machine = EM_AARCH64)                               \
    X(dynamic, ELF64_NOT_STATIC, made.header.e_type = ET_DYN)                                      \
    X(interpreter, ELF64_NOT_STATIC, made.programs[2].p_type = PT_INTERP)                          \
    X(entry_bytes, ELF64_NOT_ELF, made.header.e_phentsize = 32)                                    \
    X(programs_outside, ELF64_TOO_SHORT, made.header.e_phoff = 0x10000000)                         \
    X(programs_wrap, ELF64_TOO_SHORT, made.header.e_phoff = ~0ull)                                 \
    X(programs_many, ELF64_TOO_SHORT, made.header.e_phnum = 0xffff)                                \
    X(none, ELF64_SEGMENT_COUNT, made.header.e_phnum = 0)                                          \
    X(offset_outside, ELF64_OUTSIDE_FILE, made.programs[0].p_offset = 0x10000000)                  \
    X(offset_wraps, ELF64_OUTSIDE_FILE, made.programs[0].p_offset = -0x1000ull)                    \
    X(bytes_outside, ELF64_OUTSIDE_FILE,                                                           \
      made.programs[0].p_filesz = made.programs[0].p_memsz = 0x10000000)                           \
    X(file_larger, ELF64_OUT_OF_RANGE, made.programs[0].p_memsz = 1)                               \
    X(wraps, ELF64_OUT_OF_RANGE, made.programs[2].p_memsz = -0x1000ull)                            \
    X(not_congruent, ELF64_UNALIGNED, made.programs[1].p_vaddr++)                                  \
    X(odd_alignment, ELF64_UNALIGNED, made.programs[1].p_align = 0x1001)                           \
    X(overlap, ELF64_OVERLAP, made.programs[1].p_memsz = 0x100000)                                 \
    X(descending, ELF64_OVERLAP, made.programs[2].p_vaddr = 0x10000)                               \
    X(entry_nowhere, ELF64_BAD_ENTRY, made.header.e_entry = 0x101800)                              \
    X(entry_in_data, ELF64_BAD_ENTRY, made.header.e_entry = 0x200000)
#define CHANGE(name, error, statement)                                                             \
    static void change_##name(void)                                                                \
    {                                                                                              \
        statement;                                                                                 \
    }
BAD(CHANGE)

static void every_bad_payload(void **state)
{
    static const struct {
        const char *name;
        enum elf64_error error;
        void (*make)(void);
    } changes[] = {
#define ENTRY(name, error, statement) {#name, error, change_##name},
        BAD(ENTRY)};
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct elf64 elf;
        payload(state);
        changes[i].make();
        uint16_t programs = made.header.e_phnum;
        made.header.e_phnum = 3;
        bytes = made_elf_write(&made, file, sizeof(file));
        ((Elf64_Ehdr *)file)->e_phnum = programs;
        enum elf64_error error = parse(&elf);
        if (error != changes[i].error)
            fail_msg("%s: error %d instead of %d", changes[i].name, error, changes[i].error);
        assert_true(strlen(elf64_error_text(error)) > 10);
    }
}

static void too_many_segments(void **state)
{
    struct elf64 elf;
    (void)state;
    for (uint64_t i = 0; i < ELF64_MAX_SEGMENTS - 3; i++)
        made_elf_segment(&made, PF_R, 0x300000 + i * 0x1000, 0, 0x1000);
    bytes = made_elf_write(&made, file, sizeof(file));
    assert_int_equal(parse(&elf), ELF64_OK);
    made_elf_segment(&made, PF_R, 0x400000, 0, 0x1000);
    bytes = made_elf_write(&made, file, sizeof(file));
    assert_int_equal(parse(&elf), ELF64_SEGMENT_COUNT);
}

static void truncated_or_noisy(void **state)
{
    struct elf64 elf;
    srand(2);
    payload(state);
    made_elf_write(&made, file, sizeof(file));
    size_t whole = made.programs[1].p_offset + made.programs[1].p_filesz;
    for (bytes = 1; bytes < whole; bytes += bytes < 300 ? 1 : 97)
        assert_int_not_equal(parse(&elf), ELF64_OK);
    bytes = 0x400;
    for (int round = 0; round < 20000; round++) {
        made_elf_write(&made, file, sizeof(file));
        for (int n = rand() % 6; n >= 0; n--)
            file[rand() % 250] = (uint8_t)rand();
        if (parse(&elf) == ELF64_OK)
            for (uint32_t i = 0; i < elf.count; i++)
                assert_true(elf.segments[i].offset + elf.segments[i].file_bytes <= bytes);
    }
}

/* The hypervisor's own file. */

static bool parse_kernel(struct kernel_image *image, struct diagnostic *why)
{
    bytes = made_elf_write(&made, file, sizeof(file));
    return kernel_image_parse(file, bytes, image, why);
}

static void a_good_kernel(void **state)
{
    struct kernel_image image;
    struct diagnostic why;
    (void)state;
    made_kernel(&made);
    assert_true(parse_kernel(&image, &why));
    assert_int_equal(image.count, 9);
    assert_int_equal(image.bytes[KERNEL_TEXT], 0x4000);
    assert_int_equal(image.bytes[KERNEL_CONSTANTS], 0x2000);
    assert_int_equal(image.bytes[KERNEL_START_TEXT], 0x2000);
    assert_int_equal(image.bytes[KERNEL_START_CONSTANTS], 0x1000);
    assert_int_equal(image.bytes[KERNEL_CPU], 0xd000);
    assert_int_equal(image.bytes[KERNEL_DOMAIN], 0x1000);
    assert_int_equal(image.segments[MADE_CONSTANTS].block_offset, 0x4000);
    assert_int_equal(image.segments[MADE_START_CONSTANTS].block_offset, 0x2000);
    assert_int_equal(image.segments[MADE_STACK].block_offset, 0x7000);
    assert_int_equal(image.segments[MADE_FAULT].block_offset, 0xc000);
    assert_int_equal(image.segments[MADE_DOMAIN].block_offset, 0);
}

#define BAD_KERNEL(X)                                                                              \
    X(writable_text, made.programs[MADE_TEXT].p_flags = PF_R | PF_W | PF_X)                        \
    X(writable_constants, made.programs[MADE_CONSTANTS].p_flags = PF_R | PF_W)                     \
    X(executable_state, made.programs[MADE_CPU].p_flags = PF_R | PF_W | PF_X)                      \
    X(executable_domain, made.programs[MADE_DOMAIN].p_flags = PF_R | PF_W | PF_X)                  \
    X(two_texts, made.programs[MADE_CONSTANTS].p_flags = PF_R | PF_X)                              \
    X(text_with_zeros, made.programs[MADE_TEXT].p_memsz += 8)                                      \
    X(state_in_file, made.programs[MADE_CPU].p_filesz = 8)                                         \
    X(elsewhere, made.programs[MADE_DOMAIN].p_vaddr = VA_DOMAIN_END)                               \
    X(beyond_its_area, made.programs[MADE_DOMAIN].p_memsz = VA_DOMAIN_END - VA_DOMAIN + 1)         \
    X(unaligned, made.programs[MADE_STACK].p_vaddr += 8)                                           \
    X(page_shared, made.programs[MADE_TEXT].p_filesz = made.programs[MADE_TEXT].p_memsz = 0x4001;  \
      made.programs[MADE_CONSTANTS].p_vaddr += 0x800;                                              \
      made.programs[MADE_CONSTANTS].p_offset += 0x800)                                             \
    X(no_state, made.header.e_phnum = 2)                                                           \
    X(no_constants, made.header.e_phnum = 1)                                                       \
    X(no_elf, made.header.e_machine = 0)
#define CHANGE_KERNEL(name, statement)                                                             \
    static void change_##name(void)                                                                \
    {                                                                                              \
        statement;                                                                                 \
    }
BAD_KERNEL(CHANGE_KERNEL)

static void every_bad_kernel(void **state)
{
    static const struct {
        const char *name;
        void (*make)(void);
    } changes[] = {
#define KERNEL_ENTRY(name, statement) {#name, change_##name},
        BAD_KERNEL(KERNEL_ENTRY)};
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        struct kernel_image image;
        struct diagnostic why = {""};
        made_kernel(&made);
        changes[i].make();
        if (parse_kernel(&image, &why))
            fail_msg("%s: accepted", changes[i].name);
        assert_non_null(strstr(why.text, "hypervisor"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_payload, payload),
        cmocka_unit_test(every_bad_payload),
        cmocka_unit_test_setup(too_many_segments, payload),
        cmocka_unit_test(truncated_or_noisy),
        cmocka_unit_test(a_good_kernel),
        cmocka_unit_test(every_bad_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
