/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ACPI tables that a guest finds: a hardware-reduced machine with a serial port, a PCI root,
 * a power button that is a Generic Event Device, and nothing else (TRAPS 31, 32).
 */
#include "acpi.h"
#include "aml.h"
#include "boot/plan/align.h"
#include <string.h>

struct __attribute__((packed)) acpi_rsdp {
    char signature[8];
    uint8_t checksum; /* of the first 20 bytes */
    char oem[6];
    uint8_t revision;
    uint32_t rsdt;
    uint32_t length;
    uint64_t xsdt;
    uint8_t extended_checksum;
    uint8_t reserved[3];
};

struct __attribute__((packed)) acpi_header {
    char signature[4];
    uint32_t length;
    uint8_t revision, checksum;
    char oem[6], oem_table[8];
    uint32_t oem_revision;
    char creator[4];
    uint32_t creator_revision;
};

struct __attribute__((packed)) acpi_address {
    uint8_t space, bit_width, bit_offset, access;
    uint64_t address;
};
enum { SPACE_IO = 1, ACCESS_BYTE = 1 };

struct __attribute__((packed)) acpi_fadt {
    struct acpi_header header;
    uint32_t facs, dsdt;
    uint8_t legacy[62]; /* of fixed hardware, which a hardware-reduced machine lacks */
    uint8_t day_alarm, month_alarm, century;
    uint16_t boot_architecture;
    uint8_t reserved;
    uint32_t flags;
    struct acpi_address reset;
    uint8_t reset_value;
    uint16_t arm_boot_architecture;
    uint8_t minor_version;
    uint64_t x_facs, x_dsdt;
    struct acpi_address fixed[8];
    struct acpi_address sleep_control, sleep_status;
    char hypervisor[8];
};
enum {
    FADT_REVISION = 6,
    FADT_NO_VGA = 1 << 2,
    FADT_WBINVD = 1 << 0,
    FADT_NO_POWER_BUTTON = 1 << 4,
    FADT_NO_SLEEP_BUTTON = 1 << 5,
    FADT_RESET_REGISTER = 1 << 10,
    FADT_HARDWARE_REDUCED = 1 << 20,
};

struct __attribute__((packed)) acpi_madt {
    struct acpi_header header;
    uint32_t local_apic;
    uint32_t flags;
};

struct __attribute__((packed)) madt_ioapic {
    uint8_t type, length, id, reserved;
    uint32_t address, gsi_base;
};

struct __attribute__((packed)) madt_x2apic {
    uint8_t type, length;
    uint16_t reserved;
    uint32_t apic_id, flags, uid;
};
enum { MADT_IOAPIC = 1, MADT_X2APIC = 9, MADT_ENABLED = 1 };

struct __attribute__((packed)) acpi_mcfg {
    struct acpi_header header;
    uint64_t reserved;
    uint64_t base;
    uint16_t segment;
    uint8_t first_bus, last_bus;
    uint32_t entry_reserved;
};

_Static_assert(sizeof(struct acpi_rsdp) == 36 && sizeof(struct acpi_header) == 36, "ACPI");
_Static_assert(sizeof(struct acpi_fadt) == 276 && sizeof(struct acpi_mcfg) == 60, "ACPI");

enum { TABLE_ALIGNMENT = 16, MAX_TABLES = 3 };

static uint8_t checksum(const void *from, size_t bytes)
{
    const uint8_t *at = from;
    uint8_t sum = 0;
    while (bytes > 0)
        sum = (uint8_t)(sum - at[--bytes]);
    return sum;
}

static struct acpi_header new_header(const char *signature, uint8_t revision)
{
    struct acpi_header header = {
        .revision = revision,
        .oem = {'B', 'U', 'L', 'K', 'H', 'D'},
        .oem_table = {'B', 'U', 'L', 'K', 'H', 'E', 'A', 'D'},
        .oem_revision = 1,
        .creator = {'B', 'L', 'K', 'H'},
        .creator_revision = 1,
    };
    memcpy(header.signature, signature, sizeof(header.signature));
    return header;
}

static void finish(struct acpi_header *header, uint64_t bytes)
{
    header->length = (uint32_t)bytes;
    header->checksum = 0;
    header->checksum = checksum(header, bytes);
}

static void write_serial_port(struct aml *aml)
{
    size_t device = aml_device(aml, "COM1");
    aml_name_eisa_id(aml, "_HID", "PNP0501");
    aml_name_integer(aml, "_UID", 1);
    size_t resources = aml_resources(aml);
    aml_io(aml, GUEST_COM1, 8);
    aml_edge_interrupt(aml, GUEST_COM1_IRQ);
    aml_close_resources(aml, resources);
    aml_close(aml, device);
}

/* Without an interrupt; Linux looks for one on line 8 unless the clock is named here. */
static void write_clock(struct aml *aml)
{
    size_t device = aml_device(aml, "RTC0");
    aml_name_eisa_id(aml, "_HID", "PNP0B00");
    size_t resources = aml_resources(aml);
    aml_io(aml, GUEST_RTC, 2);
    aml_close_resources(aml, resources);
    aml_close(aml, device);
}

static void write_pci_root(struct aml *aml, const struct acpi_windows *windows)
{
    size_t device = aml_device(aml, "PCI0");
    aml_name_eisa_id(aml, "_HID", "PNP0A08");
    aml_name_eisa_id(aml, "_CID", "PNP0A03");
    aml_name_integer(aml, "_UID", 0);
    size_t resources = aml_resources(aml);
    aml_buses(aml, 0, 0);
    for (uint32_t i = 0; i < windows->count; i++)
        aml_memory_window(aml, windows->base[i], windows->bytes[i]);
    aml_close_resources(aml, resources);
    aml_close(aml, device);
}

/* Linux takes ECAM only where a device of the board reserves it. */
static void write_ecam_reservation(struct aml *aml)
{
    size_t device = aml_device(aml, "MRES");
    aml_name_eisa_id(aml, "_HID", "PNP0C02");
    size_t resources = aml_resources(aml);
    aml_memory32(aml, GUEST_ECAM, GUEST_ECAM_BYTES);
    aml_close_resources(aml, resources);
    aml_close(aml, device);
}

/*
 * A request to shut down, which Linux carries out itself; a button on a machine without fixed
 * hardware would want a driver and somebody who listens to it.
 */
static void write_power_button(struct aml *aml)
{
    enum { SHUTDOWN_REQUEST = 0x81 }; /* of \_SB: ACPI, "Device Object Notification Values" */
    size_t device = aml_device(aml, "GED0");
    aml_name_text(aml, "_HID", "ACPI0013");
    aml_name_integer(aml, "_UID", 0);
    size_t resources = aml_resources(aml);
    aml_edge_interrupt(aml, GUEST_EVENT_IRQ);
    aml_close_resources(aml, resources);
    size_t method = aml_method(aml, "_EVT", 1);
    aml_notify(aml, "\\_SB_", SHUTDOWN_REQUEST);
    aml_close(aml, method);
    aml_close(aml, device);
}

static uint64_t write_dsdt(struct acpi_header *dsdt, const struct acpi_windows *windows)
{
    static const uint8_t sleep_types[4] = {GUEST_SLEEP_S5};
    struct aml aml = {.out = (uint8_t *)(dsdt + 1), .room = ACPI_BYTES / 2};
    size_t scope = aml_scope(&aml, "\\_SB_");
    write_serial_port(&aml);
    write_clock(&aml);
    write_pci_root(&aml, windows);
    write_ecam_reservation(&aml);
    write_power_button(&aml);
    aml_close(&aml, scope);
    aml_name_bytes(&aml, "_S5_", sleep_types, sizeof(sleep_types));
    *dsdt = new_header("DSDT", 2);
    finish(dsdt, sizeof(*dsdt) + aml.used);
    return dsdt->length;
}

static uint64_t write_fadt(struct acpi_fadt *fadt, uint64_t dsdt)
{
    const struct acpi_address port = {SPACE_IO, 8, 0, ACCESS_BYTE, 0};
    fadt->header = new_header("FACP", FADT_REVISION);
    fadt->dsdt = (uint32_t)dsdt;
    fadt->x_dsdt = dsdt;
    fadt->boot_architecture = FADT_NO_VGA;
    fadt->flags = FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON | FADT_RESET_REGISTER |
                  FADT_HARDWARE_REDUCED;
    fadt->reset = fadt->sleep_control = fadt->sleep_status = port;
    fadt->reset.address = GUEST_RESET_PORT;
    fadt->reset_value = GUEST_RESET_VALUE;
    fadt->sleep_control.address = GUEST_SLEEP_CONTROL;
    fadt->sleep_status.address = GUEST_SLEEP_STATUS;
    memcpy(fadt->hypervisor, "Bulkhead", sizeof(fadt->hypervisor));
    finish(&fadt->header, sizeof(*fadt));
    return fadt->header.length;
}

/*
 * Linux takes x2APIC entries for any id as long as there is no local APIC entry at all, so there
 * is only this kind.
 */
static uint64_t write_madt(struct acpi_madt *madt, const uint32_t *apic_ids, uint32_t cpu_count)
{
    struct madt_ioapic *ioapic = (struct madt_ioapic *)(madt + 1);
    struct madt_x2apic *cpu = (struct madt_x2apic *)(ioapic + 1);
    madt->header = new_header("APIC", 5);
    madt->local_apic = 0xfee00000;
    *ioapic = (struct madt_ioapic){
        .type = MADT_IOAPIC, .length = sizeof(*ioapic), .address = GUEST_IOAPIC};
    for (uint32_t i = 0; i < cpu_count; i++, cpu++)
        *cpu = (struct madt_x2apic){.type = MADT_X2APIC,
                                    .length = sizeof(*cpu),
                                    .apic_id = apic_ids[i],
                                    .flags = MADT_ENABLED,
                                    .uid = i};
    finish(&madt->header, (uint64_t)((uint8_t *)cpu - (uint8_t *)madt));
    return madt->header.length;
}

static uint64_t write_mcfg(struct acpi_mcfg *mcfg)
{
    mcfg->header = new_header("MCFG", 1);
    mcfg->base = GUEST_ECAM;
    finish(&mcfg->header, sizeof(*mcfg));
    return mcfg->header.length;
}

static void write_rsdp(struct acpi_rsdp *rsdp, uint64_t xsdt)
{
    memcpy(rsdp->signature, "RSD PTR ", sizeof(rsdp->signature));
    memcpy(rsdp->oem, "BULKHD", sizeof(rsdp->oem));
    rsdp->revision = 2;
    rsdp->length = sizeof(*rsdp);
    rsdp->xsdt = xsdt;
    rsdp->checksum = checksum(rsdp, 20);
    rsdp->extended_checksum = checksum(rsdp, sizeof(*rsdp));
}

uint64_t acpi_build(const uint32_t *apic_ids, uint32_t cpu_count,
                    const struct acpi_windows *windows, uint8_t out[ACPI_BYTES])
{
    uint64_t xsdt = align_up(sizeof(struct acpi_rsdp), TABLE_ALIGNMENT);
    uint64_t dsdt = align_up(xsdt + sizeof(struct acpi_header) + MAX_TABLES * sizeof(uint64_t),
                             TABLE_ALIGNMENT);
    uint64_t at[MAX_TABLES], end;
    at[0] = align_up(dsdt + write_dsdt((void *)(out + dsdt), windows), TABLE_ALIGNMENT);
    end = at[0] + write_fadt((void *)(out + at[0]), GUEST_ACPI + dsdt);
    at[1] = align_up(end, TABLE_ALIGNMENT);
    end = at[1] + write_madt((void *)(out + at[1]), apic_ids, cpu_count);
    at[2] = align_up(end, TABLE_ALIGNMENT);
    end = at[2] + write_mcfg((void *)(out + at[2]));

    struct acpi_header *header = (void *)(out + xsdt);
    *header = new_header("XSDT", 1);
    for (uint32_t i = 0; i < MAX_TABLES; i++) {
        uint64_t address = GUEST_ACPI + at[i];
        memcpy((uint8_t *)(header + 1) + i * sizeof(address), &address, sizeof(address));
    }
    finish(header, sizeof(*header) + MAX_TABLES * sizeof(uint64_t));
    write_rsdp((void *)out, GUEST_ACPI + xsdt);
    return end;
}
