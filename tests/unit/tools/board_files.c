/* SPDX-License-Identifier: Apache-2.0 */
/* A board of tests/unit/boot/board.h in the form of the files that Linux shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "board_files.h"
#include "tests/fixtures/board.h"
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CONFIG_BYTES = 4096,
    TABLE_BYTES = 1024,
    /* as the kernel's resource files have them */
    RESOURCE_PORTS = 0x100,
    RESOURCE_MEMORY = 0x200,
    RESOURCE_UNSET = 0x20000000,
    EXTENDED_SERIAL = 3,
    EXTENDED_VENDOR = 0xb,
    EXTENDED_ACS = 0xd,
};

static void write_bytes(const char *path, unsigned char *bytes, size_t count)
{
    FILE *out = fopen(path, "wb");

    assert_non_null(out);
    assert_int_equal(fwrite(bytes, 1, count, out), count);
    fclose(out);
}

static void write_text(const char *folder, const char *path, const char *form, ...)
    __attribute__((format(printf, 3, 4)));

static void write_text(const char *folder, const char *path, const char *form, ...)
{
    char text[8192];
    va_list args;

    va_start(args, form);
    int count = vsnprintf(text, sizeof(text), form, args);
    va_end(args);
    assert_in_range(count, 0, sizeof(text) - 1);
    write_bytes(board_path(folder, path), (unsigned char *)text, (size_t)count);
}

static void put(uint8_t *bytes, uint64_t value, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static void put_window(uint8_t *config, uint32_t at, const struct free_range *window)
{
    uint64_t last = window->base + window->bytes - 1;
    bool wide = at == 0x24;

    put(config + at, window->bytes > 0 ? (window->base >> 16 & 0xfff0) | wide : 0xfff0, 2);
    put(config + at + 2, window->bytes > 0 ? (last >> 16 & 0xfff0) | wide : 0, 2);
    if (wide && window->bytes > 0) {
        put(config + 0x28, window->base >> 32, 4);
        put(config + 0x2c, last >> 32, 4);
    }
}

static void put_capabilities(uint8_t *config, const struct fact_function *fact)
{
    const struct {
        uint8_t at, id;
    } list[] = {{fact->power, 1},
                {fact->msi, 5},
                {fact->msix, 0x11},
                {fact->express, 0x10},
                {fact->advanced, 0x13}};
    uint8_t *link = config + 0x34;

    for (uint32_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (list[i].at == 0)
            continue;
        config[6] = 0x10;
        *link = list[i].at;
        config[list[i].at] = list[i].id;
        link = config + list[i].at + 1;
    }
    if (fact->bad_list)
        *link = config[0x34] ? config[0x34] : 0x20;
    if (fact->power)
        put(config + fact->power + 4, fact->no_soft_reset << 3, 2);
    if (fact->msi)
        put(config + fact->msi + 2, fact->msi_control, 2);
    if (fact->msix) {
        put(config + fact->msix + 2, fact->msix_control, 2);
        put(config + fact->msix + 4, fact->msix_table, 4);
        put(config + fact->msix + 8, fact->msix_pending, 4);
    }
    if (fact->express) {
        put(config + fact->express + 2, (uint32_t)fact->port_type << 4 | 2, 2);
        put(config + fact->express + 4, fact->express_capabilities, 4);
    }
    if (fact->advanced)
        config[fact->advanced + 3] = fact->advanced_capabilities;
}

static void put_extended(uint8_t *config, const struct fact_function *fact)
{
    put(config + 0x100,
        (uint32_t)fact->acs << 20 | 1 << 16 |
            (fact->has_serial_number ? EXTENDED_SERIAL : EXTENDED_VENDOR),
        4);
    put(config + 0x104, fact->serial_number, 8);
    if (fact->acs) {
        put(config + fact->acs, 1 << 16 | EXTENDED_ACS, 4);
        put(config + fact->acs + 4, fact->acs_capability, 2);
        put(config + fact->acs + 6, fact->acs_control, 2);
    }
}

static void write_config(const char *folder, const char *path, const struct fact_function *fact)
{
    uint8_t config[CONFIG_BYTES] = {0};

    put(config, fact->id, 4);
    put(config + 8, fact->class_code, 4);
    config[0x0e] = fact->header;
    if (fact->header == 1) {
        config[0x18] = (uint8_t)(fact->pci >> 8);
        config[0x19] = fact->secondary;
        config[0x1a] = fact->subordinate;
        put_window(config, 0x20, &fact->windows[0]);
        put_window(config, 0x24, &fact->windows[1]);
    }
    put_capabilities(config, fact);
    if (fact->express)
        put_extended(config, fact);
    write_bytes(board_path(folder, path), config, sizeof(config));
}

static void write_resource(const char *folder, const char *path, const struct fact_function *fact)
{
    char text[MAX_BARS * 64] = "";

    for (uint32_t i = 0; i < MAX_BARS; i++) {
        const struct fact_bar *bar = &fact->bars[i];
        uint64_t flags = bar->bytes == 0 ? 0
                         : bar->type & BAR_PORTS
                             ? RESOURCE_PORTS
                             : RESOURCE_MEMORY | (bar->base == 0 ? RESOURCE_UNSET : 0);

        sprintf(text + strlen(text), "0x%016lx 0x%016lx 0x%016lx\n", bar->bytes ? bar->base : 0,
                bar->bytes ? bar->base + bar->bytes - 1 : 0, flags);
    }
    write_text(folder, path, "%s", text);
}

static void write_function(const char *folder, const struct fact_function *fact)
{
    char path[128];
    int length = snprintf(path, sizeof(path), "sys/bus/pci/devices/" PCI_LONG_NAME,
                          PCI_LONG_PARTS(fact->pci));
    char *name = path + length;

    strcpy(name, "/vendor");
    write_text(folder, path, "0x%04x\n", fact->id & 0xffff);
    strcpy(name, "/device");
    write_text(folder, path, "0x%04x\n", fact->id >> 16);
    strcpy(name, "/class");
    write_text(folder, path, "0x%06x\n", fact->class_code >> 8);
    strcpy(name, "/config");
    write_config(folder, path, fact);
    strcpy(name, "/resource");
    write_resource(folder, path, fact);
}

static uint8_t *put_scopes(uint8_t *at, const struct facts *facts, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        const struct fact_scope *scope = &facts->scopes[i];

        *at++ = scope->type;
        *at++ = (uint8_t)(6 + 2 * scope->hops);
        put(at, 0, 2);
        at[2] = scope->enumeration;
        at[3] = scope->bus;
        at += 4;
        for (uint32_t hop = 0; hop < scope->hops; hop++) {
            *at++ = scope->path[hop] >> 3;
            *at++ = scope->path[hop] & 7;
        }
    }
    return at;
}

static void write_dmar(const char *folder, const struct facts *facts)
{
    uint8_t table[TABLE_BYTES] = "DMAR", *at = table + 48;

    table[36] = 38;
    table[37] = (uint8_t)(facts->interrupt_remapping | facts->x2apic_opt_out << 1);
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const struct fact_iommu *unit = &facts->iommus[i];
        uint8_t *start = at;

        start[4] = unit->include_all;
        put(start + 8, unit->registers, 8);
        at = put_scopes(at + 16, facts, unit->scope_first, unit->scope_count);
        put(start + 2, (uint64_t)(at - start), 2);
    }
    for (uint32_t i = 0; i < facts->reserved_count; i++) {
        const struct fact_reserved *kept = &facts->reserved[i];
        uint8_t *start = at;

        start[0] = 1;
        put(start + 6, kept->segment, 2);
        put(start + 8, kept->base, 8);
        put(start + 16, kept->end - 1, 8);
        at = put_scopes(at + 24, facts, kept->scope_first, kept->scope_count);
        put(start + 2, (uint64_t)(at - start), 2);
    }
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const struct fact_iommu *unit = &facts->iommus[i];
        char path[64];

        snprintf(path, sizeof(path), "sys/class/iommu/dmar%u/intel-iommu/address", i);
        write_text(folder, path, "%lx\n", unit->registers);
        snprintf(path, sizeof(path), "sys/class/iommu/dmar%u/intel-iommu/cap", i);
        write_text(folder, path, "%lx\n", unit->capability);
        snprintf(path, sizeof(path), "sys/class/iommu/dmar%u/intel-iommu/ecap", i);
        write_text(folder, path, "%lx\n", unit->extended_capability);
    }
    put(table + 4, (uint64_t)(at - table), 4);
    write_bytes(board_path(folder, "sys/firmware/acpi/tables/DMAR"), table, (size_t)(at - table));
}

static void write_mcfg(const char *folder, const struct facts *facts)
{
    uint8_t table[TABLE_BYTES] = "MCFG", *at = table + 44;

    for (uint32_t i = 0; i < facts->ecam_count; i++, at += 16) {
        put(at, facts->ecam[i].base, 8);
        put(at + 8, facts->ecam[i].segment, 2);
        at[10] = (uint8_t)facts->ecam[i].bus_first;
        at[11] = (uint8_t)facts->ecam[i].bus_last;
    }
    put(table + 4, (uint64_t)(at - table), 4);
    write_bytes(board_path(folder, "sys/firmware/acpi/tables/MCFG"), table, (size_t)(at - table));
}

static void write_memory(const char *folder, const struct facts *facts)
{
    char path[64];

    for (uint32_t i = 0; i < facts->memory_count; i++) {
        snprintf(path, sizeof(path), "sys/firmware/memmap/%u/start", i);
        write_text(folder, path, "0x%lx\n", facts->memory[i].base);
        snprintf(path, sizeof(path), "sys/firmware/memmap/%u/end", i);
        write_text(folder, path, "0x%lx\n", facts->memory[i].base + facts->memory[i].bytes - 1);
        snprintf(path, sizeof(path), "sys/firmware/memmap/%u/type", i);
        write_text(folder, path, "System RAM\n");
    }
}

static void write_boot(const char *folder, uint32_t pci)
{
    char link[256];

    write_text(folder, "proc/self/mountinfo", "22 1 8:2 / / rw - ext4 /dev/sda2 rw\n");
    snprintf(link, sizeof(link),
             "../../devices/pci0000:00/" PCI_LONG_NAME
             "/ata1/host0/target0:0:0/0:0:0:0/block/sda/sda2",
             PCI_LONG_PARTS(pci));
    assert_int_equal(symlink(link, board_path(folder, "sys/dev/block/8:2")), 0);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    return walk->level > 0 ? remove(path) : 0;
}

void board_write(const struct board *board, const char *folder)
{
    const struct facts *facts = &board->facts;
    char processors[BOARD_PROCESSORS * 64] = "";

    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
    for (int i = 0; i < BOARD_PROCESSORS; i++)
        sprintf(processors + strlen(processors), "processor : %d\napicid : %d\n", i, i);
    write_text(folder, "proc/cpuinfo", "vendor_id : GenuineIntel\n%s", processors);
    write_mcfg(folder, facts);
    if (facts->dmar)
        write_dmar(folder, facts);
    write_memory(folder, facts);
    if (facts->boot_function != FUNCTION_NONE)
        write_boot(folder, facts->boot_function);
    for (uint32_t i = 0; i < facts->function_count; i++)
        write_function(folder, &facts->functions[i]);
}

static void add_device(const struct board *board, const struct manifest_device *device, FILE *out)
{
    const struct fact_function *fact = fact_function(&board->facts, device->pci);

    fprintf(out, "      - {pci: \"" PCI_LONG_NAME "\"", PCI_LONG_PARTS(device->pci));
    if (device->id)
        fprintf(out, ", id: \"%04x:%04x\"", device->id >> 16, device->id & 0xffff);
    if (device->flags & MANIFEST_SILENT)
        fputs(", interrupts: none", out);
    if (device->flags & MANIFEST_NO_RESET)
        fputs(", accept_no_reset: true", out);
    if (fact && (fact->class_code >> 16 == CLASS_USB || fact->class_code >> 16 == 0x0805))
        fputs(", removable: true", out);
    fputs("}\n", out);
}

void board_manifest(const struct board *board, const char *folder, char *out, size_t room)
{
    FILE *text = fmemopen(out, room, "w");

    assert_non_null(text);
    fprintf(text, "host: board\nplatform: {inventory: %s}\ndomains:\n", folder);
    for (uint32_t d = 0; d < board->made.header.tables[MANIFEST_DOMAINS].count; d++) {
        bool first = true;

        fprintf(text,
                "  - name: %s\n    cpus: %u\n    memory: 64M\n"
                "    boot: {elf64: build/fixtures/good.elf}\n",
                board->made.domains[d].name, board->made.domains[d].cpu_count);
        for (uint32_t i = 0; i < board->made.header.tables[MANIFEST_DEVICES].count; i++) {
            if (board->devices[i].domain != d)
                continue;
            if (first)
                fputs("    devices:\n", text);
            first = false;
            add_device(board, &board->devices[i], text);
        }
    }
    assert_int_equal(fclose(text), 0);
}
