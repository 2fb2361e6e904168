/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's ACPI tables, read defensively. */
#include "acpi_reader.h"
#include "diagnostic.h"
#include "dmar.h"
#include <string.h>

enum {
    RSDP_BYTES = 36,
    RSDP_XSDT = 24,
    HEADER_BYTES = 36,
    TABLE_LENGTH = 4,
    TABLE_MAX_BYTES = 1 << 20,
    MADT_ENTRIES = 44,
    MADT_LOCAL_APIC = 0,
    MADT_IO_APIC = 1,
    MADT_LOCAL_NMI = 4,
    MADT_LOCAL_X2APIC = 9,
    MADT_LOCAL_X2APIC_NMI = 10,
    MADT_ENABLED = 1,
    MCFG_ENTRIES = 44,
    MCFG_ENTRY_BYTES = 16,
    HPET_ADDRESS_SPACE = 40,
    HPET_ADDRESS = 44,
    HPET_BYTES = 56,
    FADT_PM_TIMER = 76,
    FADT_PM_TIMER_LENGTH = 91,
    SPACE_MEMORY = 0,
    SPACE_PORTS = 1,
    WDAT_FLAGS = 60,
    WDAT_ENABLED = 1,
    WDAT_COUNT = 64,
    WDAT_ENTRIES = 68,
    WDAT_ENTRY_BYTES = 24,
    WDAT_IS_RUNNING = 8, /* an action */
    WDAT_READ_VALUE = 0, /* an instruction */
};

struct reader {
    acpi_map map;
    struct facts *facts;
    uint16_t pm_timer_port;
    struct diagnostic *why;
};

static uint64_t read_le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, at, bytes);
    return value;
}

static bool damaged(struct reader *reader, const char *what)
{
    return diagnose(reader->why, "the firmware's ACPI tables are damaged: %s; update the firmware",
                    what);
}

static bool sums_to_zero(const uint8_t *table, uint64_t bytes)
{
    uint8_t sum = 0;
    for (uint64_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + table[i]);
    return sum == 0;
}

static bool add_cpu(struct reader *reader, uint64_t apic_id, uint64_t broadcast, uint64_t flags,
                    uint64_t uid)
{
    struct facts *facts = reader->facts;
    if (!(flags & MADT_ENABLED))
        return true;
    if (apic_id == broadcast)
        return damaged(reader, "the MADT enables a processor that has no APIC id of its own");
    for (uint32_t i = 0; i < facts->cpu_count; i++)
        if (facts->cpus[i].apic_id == apic_id)
            return true; /* listed as local APIC and as x2APIC */
    if (facts->cpu_count == MAX_CPUS)
        return diagnose(
            reader->why,
            "the machine has more than the %u processors that Bulkhead can hold: switch "
            "some, or their threads, off in the firmware",
            MAX_CPUS);
    facts->cpus[facts->cpu_count++] =
        (struct fact_cpu){.apic_id = (uint32_t)apic_id, .uid = (uint32_t)uid};
    return true;
}

static bool add_ioapic(struct reader *reader, const uint8_t *entry)
{
    struct facts *facts = reader->facts;
    if (facts->ioapic_count == MAX_IOAPICS)
        return damaged(reader, "the MADT lists more I/O APICs than Bulkhead can mask");
    facts->ioapics[facts->ioapic_count++] =
        (struct handoff_ioapic){.address = read_le(entry + 4, 4),
                                .gsi_base = (uint32_t)read_le(entry + 8, 4),
                                .id = entry[2],
                                .requester = FUNCTION_NONE};
    return true;
}

/* Pin `pin` of one local APIC, or of all, is an NMI; the other one, LINT0, is nobody's here. */
static void add_nmi(struct facts *facts, uint64_t uid, uint64_t all, uint64_t flags, unsigned pin)
{
    enum { POLARITY = 3, ACTIVE_LOW = 3, LINT1 = 1 };
    uint32_t low = (flags & POLARITY) == ACTIVE_LOW ? HANDOFF_NMI_LOW : 0;
    for (uint32_t i = 0; pin == LINT1 && i < facts->cpu_count; i++)
        if (uid == all || uid == facts->cpus[i].uid)
            facts->cpus[i].sources |= HANDOFF_NMI | low;
}

static bool read_madt_entry(struct reader *reader, const uint8_t *entry)
{
    static const uint8_t bytes[] = {[MADT_LOCAL_APIC] = 8,
                                    [MADT_IO_APIC] = 12,
                                    [MADT_LOCAL_NMI] = 6,
                                    [MADT_LOCAL_X2APIC] = 16,
                                    [MADT_LOCAL_X2APIC_NMI] = 12};
    if (entry[0] < sizeof(bytes) && entry[1] < bytes[entry[0]])
        return damaged(reader, "an entry of the MADT is shorter than its kind");
    switch (entry[0]) {
    case MADT_LOCAL_APIC:
        return add_cpu(reader, entry[3], 0xff, read_le(entry + 4, 4), entry[2]);
    case MADT_LOCAL_X2APIC:
        return add_cpu(reader, read_le(entry + 4, 4), 0xffffffff, read_le(entry + 8, 4),
                       read_le(entry + 12, 4));
    case MADT_IO_APIC:
        return add_ioapic(reader, entry);
    default:
        return true;
    }
}

/* What it says of processors may stand before them. */
static void read_nmi(struct facts *facts, const uint8_t *entry)
{
    if (entry[0] == MADT_LOCAL_NMI)
        add_nmi(facts, entry[2], 0xff, read_le(entry + 3, 2), entry[5]);
    else if (entry[0] == MADT_LOCAL_X2APIC_NMI)
        add_nmi(facts, read_le(entry + 4, 4), 0xffffffff, read_le(entry + 2, 2), entry[8]);
}

static bool read_madt(struct reader *reader, const uint8_t *table, uint64_t bytes)
{
    for (uint64_t at = MADT_ENTRIES; at < bytes;) {
        uint64_t left = bytes - at;
        const uint8_t *entry = table + at;
        if (left < 2 || entry[1] < 2 || entry[1] > left)
            return damaged(reader, "an entry of the MADT reaches beyond it");
        if (!read_madt_entry(reader, entry))
            return false;
        at += entry[1];
    }
    for (uint64_t at = MADT_ENTRIES; at < bytes; at += table[at + 1])
        read_nmi(reader->facts, table + at);
    return true;
}

/* An entry a window; several may be of one segment group. */
static bool read_mcfg(struct reader *reader, const uint8_t *table, uint64_t bytes)
{
    struct facts *facts = reader->facts;
    if (bytes < MCFG_ENTRIES || (bytes - MCFG_ENTRIES) % MCFG_ENTRY_BYTES)
        return damaged(reader, "the MCFG ends within an entry");
    for (uint64_t at = MCFG_ENTRIES; at < bytes; at += MCFG_ENTRY_BYTES) {
        const uint8_t *entry = table + at;
        if (facts->ecam_count == MAX_ECAMS)
            return damaged(reader, "the MCFG lists more windows than Bulkhead can silence (I3)");
        facts->ecam[facts->ecam_count++] =
            (struct fact_ecam){.base = read_le(entry, 8),
                               .segment = (uint32_t)read_le(entry + 8, 2),
                               .bus_first = entry[10],
                               .bus_last = entry[11]};
    }
    return true;
}

static bool read_hpet(struct reader *reader, const uint8_t *table, uint64_t bytes)
{
    if (bytes < HPET_BYTES || table[HPET_ADDRESS_SPACE] != SPACE_MEMORY)
        return damaged(reader, "the HPET's table is short, or it is not in memory");
    uint64_t base = read_le(table + HPET_ADDRESS, 8);
    if (reader->facts->hpet_base && reader->facts->hpet_base != base)
        return damaged(reader, "there are several HPETs, of which Bulkhead silences one");
    reader->facts->hpet_base = base;
    return true;
}

static bool read_dmar(struct reader *reader, const uint8_t *table, uint64_t bytes)
{
    return dmar_read(table, bytes, reader->facts, reader->why);
}

static bool read_fadt(struct reader *reader, const uint8_t *table, uint64_t bytes)
{
    if (bytes <= FADT_PM_TIMER_LENGTH)
        return damaged(reader, "the FADT is shorter than its fixed part");
    if (table[FADT_PM_TIMER_LENGTH] == 4)
        reader->pm_timer_port = (uint16_t)read_le(table + FADT_PM_TIMER, 2);
    return true;
}

/* The instruction that reads a port to say whether the watchdog runs, at `entry`. */
static void take_watchdog(struct fact_watchdog *watchdog, const uint8_t *entry)
{
    uint8_t space = entry[4], shift = entry[6], access = entry[7];
    uint64_t address = read_le(entry + 8, 8);
    if (entry[1] != WDAT_READ_VALUE || space != SPACE_PORTS || shift > 31 || access < 1 ||
        access > 3 || address > UINT16_MAX)
        return;
    watchdog->bytes = (uint8_t)(1 << (access - 1));
    watchdog->shift = shift;
    watchdog->port = (uint16_t)address;
    watchdog->value = (uint32_t)read_le(entry + 16, 4);
    watchdog->mask = (uint32_t)read_le(entry + 20, 4);
}

/* Nothing rests on it: whatever is wrong with it leaves a watchdog that can't be asked. */
static bool read_wdat(struct reader *reader, const uint8_t *table, uint64_t bytes)
{
    struct fact_watchdog *watchdog = &reader->facts->watchdog;
    if (bytes < WDAT_ENTRIES || !(table[WDAT_FLAGS] & WDAT_ENABLED))
        return true;
    uint64_t count = read_le(table + WDAT_COUNT, 4),
             room = (bytes - WDAT_ENTRIES) / WDAT_ENTRY_BYTES;
    watchdog->there = true;
    for (uint64_t i = 0; i < count && i < room; i++)
        if (table[WDAT_ENTRIES + i * WDAT_ENTRY_BYTES] == WDAT_IS_RUNNING)
            take_watchdog(watchdog, table + WDAT_ENTRIES + i * WDAT_ENTRY_BYTES);
    return true;
}

static const struct {
    char signature[5];
    bool dispensable; /* a damaged one is passed over */
    bool (*read)(struct reader *reader, const uint8_t *table, uint64_t bytes);
} readers[] = {{"APIC", false, read_madt}, {"MCFG", false, read_mcfg}, {"FACP", false, read_fadt},
               {"HPET", false, read_hpet}, {"DMAR", false, read_dmar}, {"WDAT", true, read_wdat}};

/* The table at `address` with its length and checksum checked, or NULL. */
static const uint8_t *open_table(struct reader *reader, uint64_t address, uint64_t *bytes)
{
    const uint8_t *table = reader->map(address, HEADER_BYTES);
    if (!table)
        return NULL;
    *bytes = read_le(table + TABLE_LENGTH, 4);
    if (*bytes < HEADER_BYTES || *bytes > TABLE_MAX_BYTES || !reader->map(address, *bytes) ||
        !sums_to_zero(table, *bytes))
        return NULL;
    return table;
}

bool acpi_read(uint64_t rsdp, acpi_map map, struct facts *facts, uint16_t *pm_timer_port,
               struct diagnostic *why)
{
    struct reader reader = {.map = map, .facts = facts, .why = why};
    const uint8_t *root = map(rsdp, RSDP_BYTES);
    if (!root || memcmp(root, "RSD PTR ", 8) != 0 || !sums_to_zero(root, RSDP_BYTES))
        return damaged(&reader, "the RSDP has a wrong place, signature or checksum");
    uint64_t bytes, table_bytes;
    const uint8_t *xsdt = open_table(&reader, read_le(root + RSDP_XSDT, 8), &bytes);
    if (!xsdt || memcmp(xsdt, "XSDT", 4) != 0)
        return damaged(&reader, "the XSDT has a wrong place, length, signature or checksum");
    for (uint64_t at = HEADER_BYTES; at + 8 <= bytes; at += 8) {
        uint64_t address = read_le(xsdt + at, 8);
        const uint8_t *table = map(address, HEADER_BYTES);
        if (!table && address != 0)
            return damaged(&reader, "the XSDT leads to where there is no memory");
        for (unsigned i = 0; table && i < sizeof(readers) / sizeof(readers[0]); i++) {
            if (memcmp(table, readers[i].signature, 4) != 0)
                continue;
            bool good = open_table(&reader, address, &table_bytes);
            if (!good && readers[i].dispensable)
                continue;
            if (!good)
                return damaged(&reader, readers[i].signature);
            if (!readers[i].read(&reader, table, table_bytes))
                return false;
        }
    }
    if (facts->ioapic_count == 0)
        return damaged(&reader, "no MADT lists the I/O APIC, whose lines must be masked");
    *pm_timer_port = reader.pm_timer_port;
    return true;
}
