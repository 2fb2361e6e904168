/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the firmware, as they lie in memory. ACPI Specification, "Root System Description
 * Pointer"; System Management BIOS Reference Specification, "Table Formats"; Intel VT-d
 * Architecture Specification, "DMA Remapping Reporting Structure". */
#include "boot/firmware/firmware.h"
#include "kernel/abi/survey.h"
#include "report.h"
#include "survey.h"
#include <string.h>

enum {
    BIOS_BASE = 0xe0000, /* where a PC has its BIOS tables may lie, and the map a hole */
    BIOS_END = 0x100000,
    RSDP_BYTES = 36,
    RSDP_XSDT = 24,
    HEADER_BYTES = 36,
    LENGTH = 4,
    TABLES_MOST = 256,
    DMAR_FLAGS = 37,
    DMAR_FIRST = 48,
    DMAR_UNIT = 0,
    DMAR_RESERVED = 1,
    SMBIOS3_BYTES = 24,
    SMBIOS_BYTES = 31,
};

static const char *const wanted[] = {"APIC", "MCFG", "DMAR", "IVRS", "FACP",
                                     "HPET", "SPMI", "SPCR", "TPM2", "WDAT"};

static uint64_t read_le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, at, bytes);
    return value;
}

static const uint8_t *at_address(uint64_t address, uint64_t bytes)
{
    bool bios = address >= BIOS_BASE && address < BIOS_END && bytes <= BIOS_END - address;
    return address != 0 && (bios || survey_memory_known(address, bytes)) ? (const uint8_t *)address
                                                                         : NULL;
}

static const uint8_t *find_table(const EFI_GUID *guid, uint64_t bytes)
{
    for (UINTN i = 0; i < firmware->NumberOfTableEntries; i++) {
        const EFI_CONFIGURATION_TABLE *table = &firmware->ConfigurationTable[i];
        if (memcmp(&table->VendorGuid, guid, sizeof(*guid)) == 0)
            return at_address((uint64_t)table->VendorTable, bytes);
    }
    return NULL;
}

/* What the DMAR is about, for the screen. */
static void say_dmar(const uint8_t *table, uint64_t bytes)
{
    uint32_t units = 0;
    for (uint64_t at = DMAR_FIRST; at + 4 <= bytes;) {
        uint64_t type = read_le(table + at, 2), length = read_le(table + at + 2, 2);
        if (length < 4 || length > bytes - at)
            break;
        units += type == DMAR_UNIT;
        if (type == DMAR_RESERVED && length >= 24)
            report_say("firmware keeps 0x%lx-0x%lx for functions (RMRR)",
                       read_le(table + at + 8, 8), read_le(table + at + 16, 8));
        at += length;
    }
    report_say("IOMMU units (VT-d): %u, interrupt remapping %s%s", units,
               table[DMAR_FLAGS] & 1 ? "yes" : "no",
               table[DMAR_FLAGS] & 2 ? ", x2APIC opted out of by firmware" : "");
}

/* Takes a table if it is one of those that are wanted, the first of its name. */
static void take_table(uint64_t address, uint32_t *taken)
{
    const uint8_t *table = at_address(address, HEADER_BYTES);
    uint64_t bytes = table ? read_le(table + LENGTH, 4) : 0;
    if (bytes < HEADER_BYTES || bytes > SURVEY_DATA_MOST || !at_address(address, bytes))
        return;
    for (unsigned i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        if (memcmp(table, wanted[i], 4) != 0 || *taken & 1u << i)
            continue;
        *taken |= 1u << i;
        report_data(report_path("sys/firmware/acpi/tables/%s", wanted[i]), table, bytes);
        if (memcmp(table, "DMAR", 4) == 0 && bytes >= DMAR_FIRST)
            say_dmar(table, bytes);
    }
}

static void take_acpi(void)
{
    static const EFI_GUID guid = ACPI_20_TABLE_GUID;
    const uint8_t *root = find_table(&guid, RSDP_BYTES);
    uint64_t address = root ? read_le(root + RSDP_XSDT, 8) : 0;
    const uint8_t *list = at_address(address, HEADER_BYTES);
    uint64_t bytes = list ? read_le(list + LENGTH, 4) : 0;
    uint32_t taken = 0;
    if (bytes < HEADER_BYTES || bytes > HEADER_BYTES + 8 * TABLES_MOST ||
        !at_address(address, bytes)) {
        report_say("the firmware has no ACPI tables of version 2.0, or damaged ones");
        return;
    }
    for (uint64_t at = HEADER_BYTES; at + 8 <= bytes; at += 8)
        take_table(read_le(list + at, 8), &taken);
    report_say("ACPI tables:%s%s%s%s", taken & 1 ? " APIC" : "", taken & 2 ? " MCFG" : "",
               taken & 4 ? " DMAR" : " no DMAR (VT-d is off in the firmware, or not there)",
               taken & 8 ? " IVRS" : "");
}

static void take_smbios(void)
{
    static const EFI_GUID guid = SMBIOS_TABLE_GUID, guid_3 = SMBIOS3_TABLE_GUID;
    const uint8_t *entry = find_table(&guid_3, SMBIOS3_BYTES);
    uint64_t address = 0, bytes = 0;
    if (entry && memcmp(entry, "_SM3_", 5) == 0) {
        address = read_le(entry + 16, 8);
        bytes = read_le(entry + 12, 4);
    } else {
        entry = find_table(&guid, SMBIOS_BYTES);
        if (entry && memcmp(entry, "_SM_", 4) == 0) {
            address = read_le(entry + 24, 4);
            bytes = read_le(entry + 22, 2);
        }
    }
    if (bytes != 0 && bytes <= SURVEY_DATA_MOST && at_address(address, bytes))
        report_data("sys/firmware/dmi/tables/DMI", (const void *)address, bytes);
}

void survey_tables(void)
{
    take_acpi();
    take_smbios();
}
