/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as the firmware's memory with its ACPI tables: first as they are, then as the bodies of
 * tables whose roots, lengths and checksums are right: a byte for the kind, one for the length.
 */
#include "boot/plan/acpi_reader.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { BASE = 0x7000000, RSDP_BYTES = 36, HEADER = 36, MAX_TABLES = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t *memory; /* exactly as long as it is: a byte more is noticed */
static size_t memory_bytes;

static const uint8_t *map(uint64_t address, uint64_t bytes)
{
    if (address < BASE || address - BASE > memory_bytes || bytes > memory_bytes - (address - BASE))
        return NULL;
    return memory + (address - BASE);
}

static void read_and_judge(void)
{
    static struct facts facts;
    struct diagnostic why = {{0}};
    uint16_t port = 0;

    memset(&facts, 0, sizeof(facts));
    if (!acpi_read(BASE, map, &facts, &port, &why)) {
        fuzz_expect(why.text[0], "refused without a word");
        return;
    }
    fuzz_expect(facts.cpu_count <= MAX_CPUS && facts.ecam_count <= MAX_ECAMS &&
                    facts.ioapic_count <= MAX_IOAPICS && facts.iommu_count <= MAX_IOMMUS,
                "more than fits");
    fuzz_expect(facts.ioapic_count > 0, "no I/O APIC, and no refusal");
    for (uint32_t i = 0; i < facts.cpu_count; i++) {
        fuzz_expect(facts.cpus[i].apic_id != 0xffffffff, "a processor without an id");
        for (uint32_t j = 0; j < i; j++)
            fuzz_expect(facts.cpus[j].apic_id != facts.cpus[i].apic_id, "a processor twice");
    }
    for (uint32_t i = 0; i < facts.ecam_count; i++)
        fuzz_expect(facts.ecam[i].bus_last <= 255 && facts.ecam[i].segment <= 0xffff,
                    "a window of no bus");
}

static void seal(uint8_t *table, size_t at, size_t bytes)
{
    uint8_t sum = 0;

    table[at] = 0;
    for (size_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + table[i]);
    table[at] = (uint8_t)-sum;
}

static void put(uint8_t *at, uint64_t value, size_t bytes)
{
    memcpy(at, &value, bytes);
}

/* RSDP, XSDT, then the tables, each where the one before ends. */
static void make_tables(const uint8_t *data, size_t size)
{
    static const char *const kinds[] = {"APIC", "MCFG", "FACP", "HPET", "DMAR"};
    uint8_t *xsdt = memory + RSDP_BYTES;
    size_t end = RSDP_BYTES + HEADER + MAX_TABLES * 8, tables = 0;

    memset(memory, 0, end);
    for (; tables < MAX_TABLES && size >= 2; tables++) {
        size_t body = data[1] < size - 2 ? data[1] : size - 2;
        uint8_t *table = memory + end;

        memset(table, 0, HEADER);
        memcpy(table, kinds[data[0] % 5], 4);
        put(table + 4, HEADER + body, 4);
        memcpy(table + HEADER, data + 2, body);
        seal(table, 9, HEADER + body);
        put(xsdt + HEADER + 8 * tables, BASE + end, 8);
        data += 2 + body;
        size -= 2 + body;
        end += HEADER + body;
    }
    memory_bytes = end;
    memcpy(xsdt, "XSDT", 4);
    put(xsdt + 4, HEADER + 8 * tables, 4);
    seal(xsdt, 9, HEADER + 8 * tables);
    memcpy(memory, "RSD PTR ", 8);
    put(memory + 24, BASE + RSDP_BYTES, 8);
    seal(memory, 32, RSDP_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    memory_bytes = size;
    memory = malloc(size + 1);
    fuzz_expect(memory != NULL, "no memory");
    if (size)
        memcpy(memory, data, size);
    read_and_judge();
    free(memory);

    uint8_t *made = malloc(RSDP_BYTES + HEADER + MAX_TABLES * (8 + HEADER) + size);
    fuzz_expect(made != NULL, "no memory");
    memory = made;
    make_tables(data, size);
    memory = malloc(memory_bytes);
    fuzz_expect(memory != NULL, "no memory");
    memcpy(memory, made, memory_bytes);
    free(made);
    read_and_judge();
    free(memory);
    return 0;
}
