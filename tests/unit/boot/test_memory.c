/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's memory map: what of it is free, what is lent, and what is to be cleared (I7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/firmware/memory.c"

/* The descriptors are longer than those that the headers know, as firmware's may be. */
enum { STRIDE = 48, ROOM = 600 };

static struct {
    EFI_MEMORY_DESCRIPTOR memory;
    uint64_t more;
} descriptors[ROOM];
static UINTN count;
static struct facts facts;
static struct handoff handoff;
static uint64_t used_page, refused_pages[8];
static uint32_t claimed, freed;
static jmp_buf refusal;

static EFI_STATUS EFIAPI get_map(UINTN *bytes, EFI_MEMORY_DESCRIPTOR *out, UINTN *key,
                                 UINTN *stride, UINT32 *version)
{
    *key = *version = 1;
    *stride = STRIDE;
    if (*bytes < count * STRIDE) {
        *bytes = count * STRIDE;
        return EFI_BUFFER_TOO_SMALL;
    }
    *bytes = count * STRIDE;
    memcpy(out, descriptors, *bytes);
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI take(EFI_ALLOCATE_TYPE how, EFI_MEMORY_TYPE type, UINTN pages,
                              EFI_PHYSICAL_ADDRESS *address)
{
    assert_int_equal(type, EfiLoaderData);
    if (how == AllocateAnyPages) {
        static uint8_t buffer[4 * ROOM * STRIDE];
        assert_true(pages * PAGE_BYTES <= sizeof(buffer));
        *address = (EFI_PHYSICAL_ADDRESS)buffer;
        return EFI_SUCCESS;
    }
    for (size_t i = 0; i < 8; i++)
        if (refused_pages[i] == *address)
            return EFI_NOT_FOUND;
    claimed++;
    return EFI_SUCCESS;
}

static EFI_STATUS EFIAPI give(EFI_PHYSICAL_ADDRESS address, UINTN pages)
{
    (void)address;
    (void)pages;
    freed++;
    return EFI_SUCCESS;
}

static EFI_BOOT_SERVICES services = {
    .GetMemoryMap = get_map, .AllocatePages = take, .FreePages = give};
static EFI_SYSTEM_TABLE table = {.BootServices = &services};
EFI_SYSTEM_TABLE *firmware = &table;
EFI_HANDLE firmware_image;

_Noreturn void refuse(const char *text, ...)
{
    (void)text;
    longjmp(refusal, 1);
}

void text_by_firmware(void (*print)(const char *), void (*keep)(const char *))
{
    (void)print;
    (void)keep;
}

bool processor_uses(uint64_t page)
{
    return page == used_page;
}

static void list(UINT32 type, uint64_t base, uint64_t bytes, uint64_t attribute)
{
    descriptors[count++].memory = (EFI_MEMORY_DESCRIPTOR){.Type = type,
                                                          .PhysicalStart = base,
                                                          .NumberOfPages = bytes / PAGE_BYTES,
                                                          .Attribute = attribute};
}

static int setup(void **state)
{
    (void)state;
    memset(&facts, 0, sizeof(facts));
    memset(&handoff, 0, sizeof(handoff));
    memset(refused_pages, 0xff, sizeof(refused_pages));
    count = claimed = freed = 0;
    used_page = 0;
    lent = (struct free_range){0, 0};
    map = NULL;
    return 0;
}

static void what_is_free(void **state)
{
    (void)state;
    list(EfiConventionalMemory, 0x1000, 0x9f000, 0xf);
    list(EfiConventionalMemory, 0x50000000, 0, 0xf); /* of no pages */
    list(EfiConventionalMemory, 0x200000, 0x100000, 0xf);
    list(EfiConventionalMemory, 0x100000, 0x100000, 0xf);
    list(EfiConventionalMemory, 0x40000000, 0x40000000, 0x4000f); /* specific-purpose */
    list(EfiBootServicesData, 0x300000, 0x1000, 0xf);
    list(EfiReservedMemoryType, 0x301000, 0x1000, 0xf);
    list(EfiACPIReclaimMemory, 0x302000, 0x1000, 0xf);
    memory_collect(&facts);
    assert_int_equal(facts.free_count, 2);
    assert_int_equal(facts.free[1].base, 0x100000);
    assert_int_equal(facts.free[1].bytes, 0x200000);
    assert_int_equal(facts.memory_count, 4);
    assert_int_equal(facts.memory[1].bytes, 0x201000);
    assert_int_equal(facts.memory[2].base, 0x302000);
    assert_int_equal(lent.bytes, 0);
    assert_true(memory_known(0x300000, 0x3000));
    assert_false(memory_known(0x300000, 0x3001));
    assert_false(memory_known(0x50000000, 1 << 30));
}

static void a_low_page_is_lent_where_none_is_free(void **state)
{
    (void)state;
    list(EfiConventionalMemory, 0, 0x1000, 0xf); /* of no use: real mode's vectors */
    list(EfiLoaderData, 0x2000, 0x1000, 0xf);
    list(EfiBootServicesData, 0x3000, 0x9d000, 0xf);
    list(EfiConventionalMemory, 0x100000, 0x100000, 0xf);
    used_page = 0x3000;
    memory_collect(&facts);
    assert_int_equal(lent.base, 0x4000);
    assert_int_equal(facts.free_count, 3);
    assert_int_equal(facts.free[1].base, 0x4000);
    assert_int_equal(facts.free[1].bytes, PAGE_BYTES);

    handoff.extents[0] = (struct handoff_extent){0x4000, PAGE_BYTES, EXTENT_TRAMPOLINE, 0};
    handoff.extents[1] = (struct handoff_extent){0x100000, PAGE_BYTES, EXTENT_TEXT, 0};
    handoff.extents[2] = (struct handoff_extent){0x102000, PAGE_BYTES, EXTENT_RAM, 0};
    handoff.extent_count = 3;
    assert_true(memory_claim(&handoff));
    assert_int_equal(claimed, 2);
    refused_pages[0] = 0x102000;
    assert_false(memory_claim(&handoff));
    assert_int_equal(freed, 1);

    take_last_map(&handoff); /* all but the trampoline, the first page and what nobody used */
    assert_int_equal(handoff.scrub_count, 2);
    assert_int_equal(handoff.scrubs[0].base, 0x2000);
    assert_int_equal(handoff.scrubs[0].bytes, 0x2000);
    assert_int_equal(handoff.scrubs[1].base, 0x5000);
    assert_int_equal(handoff.scrubs[1].bytes, 0x9b000);
}

static void what_was_lent_must_come_back(void **state)
{
    (void)state;
    list(EfiBootServicesData, 0x3000, 0x9d000, 0xf);
    memory_collect(&facts);
    assert_int_equal(lent.base, 0x3000);
    descriptors[0].memory.Type = EfiRuntimeServicesData;
    UINTN key;
    read_map(&key);
    if (setjmp(refusal) == 0) {
        take_last_map(&handoff);
        fail_msg("the firmware's own memory is taken");
    }
}

/* I7: what can't be listed is not passed over. */
static void more_pieces_than_the_list_has(void **state)
{
    (void)state;
    list(EfiConventionalMemory, 0x1000, 0x1000, 0xf);
    for (uint32_t i = 0; i < MAX_SCRUBS; i++)
        list(EfiBootServicesCode, 0x100000 + i * 0x2000, 0x1000, 0xf);
    UINTN key;
    read_map(&key);
    if (setjmp(refusal))
        fail_msg("refused as many as there may be");
    take_last_map(&handoff);
    assert_int_equal(handoff.scrub_count, MAX_SCRUBS);
    list(EfiBootServicesCode, 0x90000000, 0x1000, 0xf);
    map = NULL;
    read_map(&key);
    handoff.scrub_count = 0;
    if (setjmp(refusal) == 0) {
        take_last_map(&handoff);
        fail_msg("a piece was passed over");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_free, setup),
        cmocka_unit_test_setup(a_low_page_is_lent_where_none_is_free, setup),
        cmocka_unit_test_setup(what_was_lent_must_come_back, setup),
        cmocka_unit_test_setup(more_pieces_than_the_list_has, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
