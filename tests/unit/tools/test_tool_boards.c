/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of the small boards (tests/fixtures/hw/boards.txt), and their first manifests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/hw/hw.h"
#include "tools/rules/rules.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "build/fixtures/boards"

static char *text_of(const char *board, void (*write)(struct hw *hw, const char *from, FILE *out))
{
    char folder[256], *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    struct hw hw;

    snprintf(folder, sizeof(folder), FOLDER "/%s", board);
    assert_true(hw_open(&hw, folder, NULL));
    write(&hw, folder, out);
    hw_close(&hw);
    fclose(out);
    return text;
}

static void write_all(struct hw *hw, const char *from, FILE *out)
{
    (void)from;
    hw_print(hw, out);
    hw_check(hw, out);
}

static void write_manifest(struct hw *hw, const char *from, FILE *out)
{
    assert_true(hw_manifest(hw, from, out));
}

static const struct {
    const char *board, *said;
} said[] = {
    {"organs", "no: 00:1f.4 (the SMBus) is in its IOMMU group: the group is nobody's"},
    {"organs", "no: it is the controller of the firmware's flash (SPI), part of the chipset"},
    {"eight", "00:1a.0 00:1a.1 00:1a.2 00:1a.7\n"},
    {"eight", "    kept       0x7b800000-0x7b80ffff by firmware (RMRR)\n"},
    {"graphics", "no: firmware keeps memory for it (RMRR 0x8b800000-0x8fffffff): integrated "
                 "graphics can't be assigned yet"},
    {"lost", "for any function, as not all can be followed: 00:1c.0>00.0\n"},
    {"below", "for 00:1c.0>*\n"},
    {"atsr", "firmware keeps 0x7b800000-0x7b80ffff for any function, as not all can"},
    {"engine", "no: it is part of the management engine"},
    {"vmd", "PCI functions: 1, and 1 in segments that cannot be reached\n"},
    {"vmd", "no: it is the VMD, with all disks behind it"},
    {"vmd", "no   one PCI segment group        required; firmware: Intel VMD off"},
    {"vmd", "10000:e1:00.0 is in a segment that Bulkhead cannot reach"},
    {"acpi-reset", "acpi (the kernel's order): none that clears it\n"},
    {"acpi-reset", "acpi bus (the kernel's order)\n"},
    {"silent", "only together with 00:14.2 (in the same IOMMU group)\n"},
    {"amd", "  0xfd000000 is AMD's (IVRS), which is not supported\n"},
    {"amd", "no: AMD's IOMMU is not supported yet"},
    {"quirk", "only together with 07:00.0 (port 00:1c.0 shows no ACS)"},
    {"unseen", "only together with 07:00.0 (port 00:1c.0 shows no ACS)"},
    {"lines", "ttyS2 port 0x3e8 memory 0x0 interrupt 7: com3\n"},
    {"card-uart", "ttyS4 port 0xf0a0 memory 0x0 interrupt 19 (not its line): none that Bulkhead"},
    {"card-uart", "yes  UART at com1 to com4"},
    {"odd-uart", "no   UART at com1 to com4"},
    {"no-uart", "no   UART at com1 to com4"},
    {"edac", "?    UART at com1 to com4"},
    {"divided", "yes  UART at com1 to com4"},
};

static void what_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        char *text = text_of(said[i].board, write_all);

        if (!strstr(text, said[i].said))
            fail_msg("%s: missing: %s\n%s", said[i].board, said[i].said, text);
        free(text);
    }
}

static const struct {
    const char *board, *line;
    bool stands;
} proposed[] = {
    {"no-uart", "\n    serial:", false},
    {"card-uart", "\n    serial:", false},
    {"odd-uart", "\n    serial:", false},
    {"card-uart", "    # No port but com1, which is the boot log's.\n", true},
    {"odd-uart", "    # No port: none of the UARTs seen is at the address of com1 to com4.\n",
     true},
    {"lines", "\n    serial: {port: com3, irq: 7} ", true},
    {"quiet-uart", "\n    serial: {port: com2, polled: true} ", true},
    {"divided", "\n    serial: {port: com2} ", true},
    {"twins", "id: \"8086:1533\", network: work, serial_number: \"1122334455667788\"}", true},
    {"twins", "others have its id, and it shows no serial number\n", true},
    {"silent", "{pci: \"00:14.2\", id: \"8086:a36f\", interrupts: none}", true},
    {"organs", "00:1f.5", false},
    {"graphics", "for nobody: firmware keeps memory for it (RMRR 0x8b800000-0x8fffffff): integr",
     true},
    {"engine", "the management engine (AMT) may share it: accept_sideband\n", true},
    {"reader", "id: \"10ec:522a\", removable: true}", true},
    {"amd", "\n  cpu: amd\n", true},
};

static void what_is_proposed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(proposed) / sizeof(proposed[0]); i++) {
        char *text = text_of(proposed[i].board, write_manifest);

        if ((strstr(text, proposed[i].line) != NULL) != proposed[i].stands)
            fail_msg("%s: %s: %s\n%s", proposed[i].board,
                     proposed[i].stands ? "missing" : "should not be there", proposed[i].line,
                     text);
        free(text);
    }
}

static int is_board(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Warnings may stay, and that no image runs there: they are about the machine. */
static void every_first_manifest_passes(void **state)
{
    struct dirent **entries;
    int count = scandir(FOLDER, &entries, is_board, alphasort);

    (void)state;
    assert_true(count > 20);
    for (int i = 0; i < count; i++) {
        char *text = text_of(entries[i]->d_name, write_manifest);
        struct check check = {0};

        check_text(&check, "init", text, strlen(text));
        for (size_t j = 0; j < check.finding_count; j++) {
            const struct finding *finding = &check.findings[j];

            if (finding->rule->severity == SEVERITY_ERROR &&
                strcmp(finding->rule->name, "payload-missing") != 0 &&
                strcmp(finding->rule->name, "platform-lacks") != 0)
                fail_msg("%s: %s: %s\n%s", entries[i]->d_name, finding->rule->name, finding->what,
                         text);
        }
        check_close(&check);
        free(text);
        free(entries[i]);
    }
    free(entries);
}

static const struct hw_unit *unit_of(const struct hw *hw, uint32_t address)
{
    return hw_unit_of(hw, hw_function_at(hw, address));
}

static void the_unit_of_a_function_is_known(void **state)
{
    struct hw hw;

    (void)state;
    assert_true(hw_open(&hw, "build/fixtures/board", NULL));
    assert_ptr_equal(unit_of(&hw, 0x14 << 3), &hw.units[1]); /* the rest */
    assert_ptr_equal(unit_of(&hw, 0x600), &hw.units[1]);
    hw.dmar_whole = false; /* a further unit may have it */
    assert_null(unit_of(&hw, 0x600));
    hw_close(&hw);
    assert_true(hw_open(&hw, FOLDER "/edac", NULL));
    assert_false(hw.dmar_whole);
    hw_close(&hw);
    assert_true(hw_open(&hw, FOLDER "/atsr", NULL));
    assert_true(hw.dmar_whole);
    hw_close(&hw);
}

/* A copy has the names that it needs, the day, and a digest that follows every byte. */
static void a_copy_has_an_identity(void **state)
{
    char folder[] = "/tmp/bulkhead-boards-XXXXXX", copy[64], command[256];
    struct hw hw[3];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(copy, sizeof(copy), "%s/copy", folder);
    assert_int_equal(setenv("SOURCE_DATE_EPOCH", "1795392000", 1), 0);
    assert_true(hw_open(&hw[0], "build/fixtures/board", copy));
    assert_int_equal(unsetenv("SOURCE_DATE_EPOCH"), 0);
    const struct hw_function *card = hw_function_at(&hw[0], 0x100);
    assert_string_equal(card->name, "Intel Corporation I350 Gigabit Network Connection");
    assert_string_equal(card->class_name, "Ethernet controller");
    assert_null(hw_function_at(&hw[0], 0x14 << 3)->name);
    for (int i = 1; i < 3; i++)
        assert_true(hw_open(&hw[i], copy, NULL));
    assert_string_equal(hw_function_at(&hw[1], 0x100)->name, card->name);
    assert_string_equal(hw[1].saved, "2026-11-23");
    assert_memory_equal(hw[1].digest, hw[2].digest, sizeof(hw[1].digest));
    hw_close(&hw[2]);
    snprintf(command, sizeof(command),
             "! grep -q Other %s/usr/share/misc/pci.ids && echo 0xf5 >%s/sys/class/tty/ttyS1/irq",
             copy, copy);
    assert_int_equal(system(command), 0);
    assert_true(hw_open(&hw[2], copy, NULL));
    assert_memory_not_equal(hw[1].digest, hw[2].digest, sizeof(hw[1].digest));
    for (int i = 0; i < 3; i++)
        hw_close(&hw[i]);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said),
        cmocka_unit_test(what_is_proposed),
        cmocka_unit_test(every_first_manifest_passes),
        cmocka_unit_test(the_unit_of_a_function_is_known),
        cmocka_unit_test(a_copy_has_an_identity),
    };

    return cmocka_run_group_tests_name("tool_boards", tests, NULL, NULL);
}
