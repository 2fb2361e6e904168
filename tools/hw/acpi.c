/* SPDX-License-Identifier: Apache-2.0 */
/* ACPI tables of a machine. */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    TABLE_BYTES = 1 << 20,
    HEADER_BYTES = 36,
    /* PCI Firmware Specification, MCFG Table Description */
    MCFG_FIRST = 44,
    MCFG_ENTRY = 16,
    /* Intel VT-d Architecture Specification, DMA Remapping Reporting Structure */
    DMAR_FIRST = 48,
    /* AMD I/O Virtualization Technology (IOMMU) Specification, I/O Virtualization Reporting
       Structure */
    IVRS_FIRST = 48,
    IVHD_10 = 0x10,
    IVHD_11 = 0x11,
    IVHD_40 = 0x40,
};

/*
 * A table of `least` bytes or more, its length is what its header says; 0 with errno set if it is
 * absent, cut off or not that table.
 */
static size_t read_table(struct hw *hw, const char *name, size_t least, uint8_t *table)
{
    const char *path = say(&hw->arena, "sys/firmware/acpi/tables/%s", name);
    long count = hw_read(hw, path, table, TABLE_BYTES);

    if (count < 0)
        return 0;
    errno = EBADMSG;
    if (count < HEADER_BYTES || memcmp(table, name, 4) != 0)
        return 0;
    uint32_t length = little(table + 4, 4);
    return length < least || length > (size_t)count ? 0 : length;
}

/* The units of AMD's IOMMU, each once though it may have several blocks. */
static void take_ivrs(struct hw *hw, const uint8_t *table, size_t length)
{
    for (size_t at = IVRS_FIRST; at + 16 <= length;) {
        uint32_t type = table[at], bytes = little(table + at + 2, 2), i = 0;
        uint64_t base = little64(table + at + 8);

        if (bytes < 4)
            return;
        if (type == IVHD_10 || type == IVHD_11 || type == IVHD_40) {
            while (i < hw->amd_unit_count && hw->amd_units[i] != base)
                i++;
            if (i == hw->amd_unit_count) {
                hw->amd_units = hw_grow(hw, hw->amd_units, i, sizeof(*hw->amd_units));
                hw->amd_units[hw->amd_unit_count++] = base;
            }
        }
        at += bytes;
    }
}

/* The first window of segment group 0, as the loader takes it. */
static void take_mcfg(struct hw *hw, const uint8_t *table, size_t length)
{
    hw->has_segments = length >= MCFG_FIRST + 2 * MCFG_ENTRY;
    for (size_t at = MCFG_FIRST; at + MCFG_ENTRY <= length && !hw->has_ecam; at += MCFG_ENTRY) {
        hw->has_segments |= little(table + at + 8, 2) != 0;
        if (little(table + at + 8, 2) != 0)
            continue;
        hw->has_ecam = true;
        hw->ecam_base = little64(table + at);
        hw->ecam_first = table[at + 10];
        hw->ecam_last = table[at + 11];
    }
}

void hw_read_acpi(struct hw *hw)
{
    uint8_t *table = malloc(TABLE_BYTES);
    char **names;
    uint32_t count = hw_list(hw, "sys/firmware/acpi/tables", &names);

    if (!table)
        return;
    hw->tables_listed = count > 0;
    for (uint32_t i = 0; i < count; i++) {
        hw->lists_dmar |= strcmp(names[i], "DMAR") == 0;
        hw->has_mcfg |= strcmp(names[i], "MCFG") == 0;
        hw->has_ivrs |= strcmp(names[i], "IVRS") == 0;
        hw->has_ipmi |= strcmp(names[i], "SPMI") == 0;
    }
    if (read_table(hw, "APIC", HEADER_BYTES, table) == 0)
        hw_note_missing(hw, "sys/firmware/acpi/tables/APIC", "what firmware says of processors");
    size_t length = read_table(hw, "MCFG", HEADER_BYTES, table);
    take_mcfg(hw, table, length);
    take_ivrs(hw, table, read_table(hw, "IVRS", IVRS_FIRST, table));
    length = read_table(hw, "DMAR", DMAR_FIRST, table);
    hw->dmar_whole = length > 0 && hw_take_dmar(hw, table, length);
    if (!hw->dmar_whole)
        hw_note_missing(hw, "sys/firmware/acpi/tables/DMAR",
                        "IOMMU units and reserved memory (RMRR)");
    free(table);
}
