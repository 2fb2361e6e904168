/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's ACPI tables: found as a guest finds them, checksums good, equal to the golden file
 * (GOLDEN=write makes it anew), and read without complaint by iasl where that is installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "boot/guest/acpi.h"

static uint8_t tables[ACPI_BYTES];
static uint64_t used;

static const struct acpi_windows both_windows = {
    2, {GUEST_DEVICES, 0x8000000000}, {GUEST_ECAM - GUEST_DEVICES, 0x40000000}};

static int setup(void **state)
{
    static const uint32_t apic_ids[] = {2, 3, 5, 254};
    (void)state;
    memset(tables, 0, sizeof(tables));
    used = acpi_build(apic_ids, 4, &(struct acpi_windows){0}, tables);
    return 0;
}

static uint64_t get(const uint8_t *from, size_t offset, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, from + offset, bytes);
    return value;
}

static uint8_t sum(const uint8_t *from, size_t bytes)
{
    uint8_t all = 0;
    for (size_t i = 0; i < bytes; i++)
        all = (uint8_t)(all + from[i]);
    return all;
}

static const uint8_t *at_gpa(uint64_t gpa)
{
    assert_in_range(gpa, GUEST_ACPI, GUEST_ACPI + used - 1);
    return tables + (gpa - GUEST_ACPI);
}

/* The way of a guest: RSDP, XSDT, FADT for the DSDT. */
static const uint8_t *table(const char *signature)
{
    const uint8_t *xsdt = at_gpa(get(tables, 24, 8)), *found = NULL;
    for (size_t i = 36; i < get(xsdt, 4, 4); i += 8) {
        const uint8_t *next = at_gpa(get(xsdt, i, 8));
        if (memcmp(next, signature, 4) == 0)
            found = next;
        if (memcmp(next, "FACP", 4) == 0 && memcmp(signature, "DSDT", 4) == 0)
            found = at_gpa(get(next, 140, 8));
    }
    if (!found)
        abort();
    assert_memory_equal(found, signature, 4);
    assert_true((uint64_t)(found - tables) + get(found, 4, 4) <= used);
    assert_int_equal(sum(found, get(found, 4, 4)), 0);
    return found;
}

static void roots(void **state)
{
    (void)state;
    assert_memory_equal(tables, "RSD PTR ", 8);
    assert_int_equal(sum(tables, 20), 0);
    assert_int_equal(sum(tables, 36), 0);
    assert_int_equal(tables[15], 2);
    const uint8_t *xsdt = at_gpa(get(tables, 24, 8));
    assert_memory_equal(xsdt, "XSDT", 4);
    assert_int_equal(get(xsdt, 4, 4), 36 + 3 * 8);
    assert_int_equal(sum(xsdt, 36 + 3 * 8), 0);
}

static void fadt(void **state)
{
    const uint8_t *fadt = table("FACP");
    (void)state;
    assert_int_equal(get(fadt, 4, 4), 276);
    assert_int_equal(fadt[8], 6);
    assert_int_equal(get(fadt, 40, 4), get(fadt, 140, 8));
    assert_int_equal(get(fadt, 76, 4), 0);       /* no PM timer (TRAPS 20) */
    assert_int_equal(get(fadt, 109, 2), 1 << 2); /* no VGA; no 8042, no legacy devices */
    assert_true(get(fadt, 112, 4) & 1 << 20);    /* hardware-reduced */
    assert_true(get(fadt, 112, 4) & 1 << 10);    /* reset register */
    assert_int_equal(fadt[116], 1);              /* port */
    assert_int_equal(get(fadt, 120, 8), GUEST_RESET_PORT);
    assert_int_equal(fadt[128], GUEST_RESET_VALUE);
    assert_int_equal(fadt[244], 1);
    assert_int_equal(get(fadt, 248, 8), GUEST_SLEEP_CONTROL);
    assert_int_equal(get(fadt, 260, 8), GUEST_SLEEP_STATUS);
}

static void madt_lists_the_boot_processor_first(void **state)
{
    const uint8_t *madt = table("APIC");
    static const uint32_t ids[] = {2, 3, 5, 254};
    (void)state;
    assert_int_equal(get(madt, 40, 4), 0); /* flags: no 8259 */
    assert_int_equal(get(madt, 4, 4), 44 + 12 + 4 * 16);
    assert_int_equal(madt[44], 1);
    assert_int_equal(get(madt, 48, 4), GUEST_IOAPIC);
    assert_int_equal(get(madt, 52, 4), 0);
    for (int i = 0; i < 4; i++) {
        const uint8_t *entry = madt + 56 + 16 * i;
        assert_int_equal(entry[0], 9);
        assert_int_equal(entry[1], 16);
        assert_int_equal(get(entry, 4, 4), ids[i]);
        assert_int_equal(get(entry, 8, 4), 1);
    }
}

static void mcfg_covers_one_bus(void **state)
{
    const uint8_t *mcfg = table("MCFG");
    (void)state;
    assert_int_equal(get(mcfg, 44, 8), GUEST_ECAM);
    assert_int_equal(mcfg[54], 0);
    assert_int_equal(mcfg[55], 0);
}

static void largest_domain_fits(void **state)
{
    uint32_t apic_ids[MAX_DOMAIN_CPUS];
    (void)state;
    for (uint32_t i = 0; i < MAX_DOMAIN_CPUS; i++)
        apic_ids[i] = 16 * i;
    memset(tables, 0, sizeof(tables));
    used = acpi_build(apic_ids, MAX_DOMAIN_CPUS, &both_windows, tables);
    assert_in_range(used, 1, ACPI_BYTES);
    assert_int_equal(get(table("APIC"), 4, 4), 44 + 12 + MAX_DOMAIN_CPUS * 16);
}

static void golden(void **state)
{
    const char *path = "tests/unit/golden/acpi.bin", *mode = getenv("GOLDEN");
    uint8_t expected[ACPI_BYTES];
    (void)state;
    if (mode && strcmp(mode, "write") == 0) {
        FILE *to = fopen(path, "wb");
        assert_non_null(to);
        assert_int_equal(fwrite(tables, 1, used, to), used);
        fclose(to);
    }
    FILE *from = fopen(path, "rb");
    if (!from)
        fail_msg("%s is missing; run from the top of the tree", path);
    size_t bytes = fread(expected, 1, sizeof(expected), from);
    fclose(from);
    assert_int_equal(bytes, used);
    assert_memory_equal(tables, expected, bytes);
}

/* Disassembles one table; the text must hold every word of `words` and no complaint. */
static void disassemble(const char *signature, const char *const *words)
{
    char command[256], text[65536];
    const uint8_t *from = table(signature);
    char folder[] = "/tmp/bulkhead-acpi-XXXXXX";
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof(command), "%s/%s.aml", folder, signature);
    FILE *file = fopen(command, "wb");
    assert_non_null(file);
    fwrite(from, 1, get(from, 4, 4), file);
    fclose(file);
    snprintf(command, sizeof(command),
             "cd %s && iasl -d %s.aml 2>&1 && cat %s.dsl && iasl -p again %s.dsl 2>&1; rm -r %s",
             folder, signature, signature, signature, folder);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t bytes = fread(text, 1, sizeof(text) - 1, pipe);
    text[bytes] = 0;
    assert_int_equal(pclose(pipe), 0);
    const char *const complaints[] = {"Invalid", "Could not", "Checksum error", "Unknown", NULL};
    for (const char *const *bad = complaints; *bad; bad++)
        if (strstr(text, *bad))
            fail_msg("%s: iasl says %s in:\n%s", signature, *bad, text);
    if (!strstr(text, "0 Errors"))
        fail_msg("%s does not compile again:\n%s", signature, text);
    for (; *words; words++)
        if (!strstr(text, *words))
            fail_msg("%s: no `%s` in:\n%s", signature, *words, text);
}

static void iasl_accepts_them(void **state)
{
    (void)state;
    if (system("iasl -v >/dev/null 2>&1") != 0)
        skip();
    disassemble("DSDT", (const char *const[]){
                            "Scope (\\_SB)",
                            "Device (COM1)",
                            "EisaId (\"PNP0501\")",
                            "0x03F8,             // Range Minimum",
                            "Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive, ,, )",
                            "0x00000004,",
                            "Device (PCI0)",
                            "EisaId (\"PNP0A08\")",
                            "EisaId (\"PNP0A03\")",
                            "WordBusNumber (ResourceProducer, MinFixed, "
                            "MaxFixed, PosDecode,",
                            "Device (GED0)",
                            "\"ACPI0013\"",
                            "0x00000005,",
                            "Method (_EVT, 1, NotSerialized)",
                            "Notify (\\_SB, 0x81)",
                            "Device (MRES)",
                            "EisaId (\"PNP0C02\")",
                            "Memory32Fixed (ReadWrite,",
                            "0xE0000000,         // Address Base",
                            "0x00100000,         // Address Length",
                            "Name (_S5, Package (0x04)",
                            NULL});
    disassemble("FACP", (const char *const[]){"Hardware Reduced (V5) : 1",
                                              "Reset Register Supported (V2) : 1",
                                              "VGA Not Present (V4) : 1",
                                              "8042 Present on ports 60/64 (V2) : 0", NULL});
    disassemble("APIC", (const char *const[]){"Processor Local x2APIC", "I/O APIC", NULL});
    disassemble("MCFG", (const char *const[]){"00000000E0000000", NULL});
}

static void windows_of_functions(void **state)
{
    static const uint32_t apic_ids[] = {0};
    (void)state;
    if (system("iasl -v >/dev/null 2>&1") != 0)
        skip();
    memset(tables, 0, sizeof(tables));
    acpi_build(apic_ids, 1, &both_windows, tables);
    disassemble("DSDT",
                (const char *const[]){"QWordMemory", "0x00000000C0000000", "0x00000000DFFFFFFF",
                                      "0x0000008000000000", "0x000000803FFFFFFF", NULL});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(roots, setup),
        cmocka_unit_test_setup(fadt, setup),
        cmocka_unit_test_setup(madt_lists_the_boot_processor_first, setup),
        cmocka_unit_test_setup(mcfg_covers_one_bus, setup),
        cmocka_unit_test_setup(golden, setup),
        cmocka_unit_test_setup(iasl_accepts_them, setup),
        cmocka_unit_test_setup(largest_domain_fits, setup),
        cmocka_unit_test_setup(windows_of_functions, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
