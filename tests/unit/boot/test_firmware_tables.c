/* SPDX-License-Identifier: Apache-2.0 */
/* Where the loader follows firmware to its ACPI tables, and what it does without any. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot/firmware/firmware_tables.c"

static uint64_t root;
static jmp_buf end;

/* The firmware's memory map has memory from 2 MiB to 3 MiB. */
bool memory_known(uint64_t address, uint64_t bytes)
{
    return address >= 0x200000 && address < 0x300000 && bytes <= 0x300000 - address;
}

bool acpi_read(uint64_t rsdp, const uint8_t *(*map)(uint64_t address, uint64_t bytes),
               struct facts *facts, uint16_t *pm_timer_port, struct diagnostic *why)
{
    (void)facts;
    root = rsdp;
    *pm_timer_port = 0x608;
    strcpy(why->text, "no memory there");
    return map(rsdp, 36) == (const uint8_t *)rsdp;
}

static EFI_CONFIGURATION_TABLE tables[2];
static EFI_SYSTEM_TABLE table = {.ConfigurationTable = tables};
EFI_SYSTEM_TABLE *firmware = &table;

_Noreturn void refuse(const char *text, ...)
{
    (void)text;
    longjmp(end, 1);
}

static const EFI_GUID acpi_1 = ACPI_TABLE_GUID, acpi_2 = ACPI_20_TABLE_GUID;

/* The PM timer's port; -1: it is refused. */
static int collect(struct facts *facts)
{
    memset(facts, 0, sizeof *facts);
    return setjmp(end) ? -1 : firmware_tables_collect(facts);
}

static void a_root_may_lie_in_a_hole_of_the_map(void **state)
{
    static const struct {
        uint64_t at;
        bool good;
    } places[] = {{0xe0000, true},     {0xfffdc, true},    {0xfffdd, false},  {0xdffff, false},
                  {0x100000, false},   {0x200000, true},   {0x2fffdd, false}, {0x400000, false},
                  {UINT64_MAX, false}, {0xffffff0, false}, {1, false}};
    struct facts facts;
    (void)state;
    table.NumberOfTableEntries = 2;
    for (unsigned i = 0; i < sizeof places / sizeof places[0]; i++) {
        tables[0] = (EFI_CONFIGURATION_TABLE){acpi_1, (void *)0x200000};
        tables[1] = (EFI_CONFIGURATION_TABLE){acpi_2, (void *)places[i].at};
        assert_int_equal(collect(&facts), places[i].good ? 0x608 : -1);
        assert_int_equal(root, places[i].at);
        assert_int_equal(facts.ioapic_count, 0);
    }
}

static void version_1_alone_is_refused(void **state)
{
    struct facts facts;
    (void)state;
    table.NumberOfTableEntries = 1;
    tables[0] = (EFI_CONFIGURATION_TABLE){acpi_1, (void *)0x200000};
    assert_int_equal(collect(&facts), -1);
}

static void without_any_there_is_a_pc_s_ioapic(void **state)
{
    struct facts facts;
    (void)state;
    table.NumberOfTableEntries = 0;
    assert_int_equal(collect(&facts), 0);
    assert_int_equal(facts.ioapic_count, 1);
    assert_int_equal(facts.ioapics[0].address, 0xfec00000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_root_may_lie_in_a_hole_of_the_map),
        cmocka_unit_test(version_1_alone_is_refused),
        cmocka_unit_test(without_any_there_is_a_pc_s_ioapic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
