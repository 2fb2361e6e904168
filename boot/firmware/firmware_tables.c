/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the firmware's ACPI tables; where there are none, says what a PC has without them. */
#include "boot/plan/acpi_reader.h"
#include "firmware.h"
#include <string.h>

enum { DEFAULT_IOAPIC = 0xfec00000u, BIOS_BASE = 0xe0000, BIOS_END = 0x100000 };

static const uint8_t *map_known(uint64_t address, uint64_t bytes)
{
    /* Where a PC has its BIOS an RSDP may lie, and the firmware's memory map a hole. */
    bool bios = address >= BIOS_BASE && address < BIOS_END && bytes <= BIOS_END - address;
    return bios || memory_known(address, bytes) ? (const uint8_t *)address : NULL;
}

/* The configuration table with this GUID, or NULL. */
static const void *find_table(EFI_GUID wanted)
{
    for (UINTN i = 0; i < firmware->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *table = &firmware->ConfigurationTable[i];
        if (memcmp(&table->VendorGuid, &wanted, sizeof(wanted)) == 0)
            return table->VendorTable;
    }
    return NULL;
}

uint16_t firmware_tables_collect(struct facts *facts)
{
    EFI_GUID acpi = ACPI_20_TABLE_GUID, acpi_1 = ACPI_TABLE_GUID;
    struct diagnostic why;
    uint16_t pm_timer_port = 0;
    const void *root = find_table(acpi);
    if (root) {
        if (!acpi_read((uint64_t)root, map_known, facts, &pm_timer_port, &why))
            refuse("%s", why.text);
        return pm_timer_port;
    }
    if (find_table(acpi_1))
        refuse("the firmware has ACPI tables of version 1.0 only, in which I/O APICs and devices "
               "may go unseen: update the firmware");
    facts->ioapics[facts->ioapic_count++] = (struct handoff_ioapic){.address = DEFAULT_IOAPIC};
    return 0;
}
