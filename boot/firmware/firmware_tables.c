/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the firmware's ACPI tables; where there are none, says what a PC has without them. */
#include "boot/plan/acpi_reader.h"
#include "firmware.h"
#include <string.h>

enum { DEFAULT_IOAPIC = 0xfec00000u };

static const uint8_t *map_known(uint64_t address, uint64_t bytes)
{
    return memory_known(address, bytes) ? (const uint8_t *)address : NULL;
}

uint16_t firmware_tables_collect(struct facts *facts)
{
    EFI_GUID wanted = ACPI_20_TABLE_GUID;
    struct diagnostic why;
    uint16_t pm_timer_port = 0;
    for (UINTN i = 0; i < firmware->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *table = &firmware->ConfigurationTable[i];
        if (memcmp(&table->VendorGuid, &wanted, sizeof(wanted)) != 0)
            continue;
        if (!acpi_read((uint64_t)table->VendorTable, map_known, facts, &pm_timer_port, &why))
            refuse("%s", why.text);
        return pm_timer_port;
    }
    facts->reset.space = 0xff;
    facts->ioapics[facts->ioapic_count++] = (struct handoff_ioapic){.address = DEFAULT_IOAPIC};
    return 0;
}
