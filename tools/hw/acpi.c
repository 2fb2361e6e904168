/* SPDX-License-Identifier: Apache-2.0 */
/* ACPI tables and UARTs of a machine. */
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    TABLE_BYTES = 1 << 20,
    HEADER_BYTES = 36,
    UARTS = 32,
    ITEMS_MAX = 1024,
    /* PCI Firmware Specification, MCFG Table Description */
    MCFG_FIRST = 44,
    MCFG_ENTRY = 16,
    /* Intel VT-d Architecture Specification, DMA Remapping Reporting Structure */
    DMAR_FLAGS = 37,
    DMAR_FIRST = 48,
    DMAR_DRHD = 0,
    DMAR_RMRR = 1,
    SCOPE_BRIDGE = 2,
    SCOPE_IOAPIC = 3,
    SCOPE_HPET = 4,
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

/* One entry, "bus/dev.fn>dev.fn"; for a unit also what kind it is. */
static int scope_text(const uint8_t *entry, bool of_unit, char *out, int room)
{
    static const char *const kinds[] = {[SCOPE_IOAPIC] = "IOAPIC=", [SCOPE_HPET] = "HPET="};
    bool is_kind = of_unit && (entry[0] == SCOPE_IOAPIC || entry[0] == SCOPE_HPET);
    int used = snprintf(out, (size_t)room, "%s%02x:%02x.%u", is_kind ? kinds[entry[0]] : "",
                        entry[5], entry[6], entry[7]);

    for (int at = 8; at + 2 <= entry[1] && used < room; at += 2)
        used += snprintf(out + used, (size_t)(room - used), ">%02x.%u", entry[at], entry[at + 1]);
    if (of_unit && entry[0] == SCOPE_BRIDGE && used < room)
        used += snprintf(out + used, (size_t)(room - used), ">*");
    return used;
}

/* The entries of a device scope with blanks between, as far as there is room. */
static void take_scope(const uint8_t *scope, size_t count, bool of_unit, char *out, size_t room)
{
    static const char more[] = " and more";
    char text[32];
    size_t used = 0;

    for (size_t at = 0; at + 8 <= count && scope[at + 1] >= 8 && at + scope[at + 1] <= count;
         at += scope[at + 1]) {
        int length = scope_text(scope + at, of_unit, text, sizeof(text));

        if (length >= (int)sizeof(text) || used + (size_t)length + sizeof(more) + 1 > room) {
            memcpy(out + used, more, sizeof(more));
            return;
        }
        used += (size_t)snprintf(out + used, room - used, "%s%s", used ? " " : "", text);
    }
}

/* Returns false if an item leaves the table: others may be hidden behind it. */
static bool take_dmar(struct hw *hw, const uint8_t *table, size_t length)
{
    hw->has_dmar = true;
    hw->dmar_flags = table[DMAR_FLAGS];
    for (size_t at = DMAR_FIRST; at + 16 <= length;) {
        const uint8_t *item = table + at;
        uint32_t type = little(item, 2), bytes = little(item + 2, 2);

        if (bytes < 16 || at + bytes > length)
            return false;
        if (type == DMAR_DRHD && hw->unit_count < ITEMS_MAX) {
            hw->units = hw_grow(hw, hw->units, hw->unit_count, sizeof(*hw->units));
            struct hw_unit *unit = &hw->units[hw->unit_count++];

            *unit = (struct hw_unit){little(item + 6, 2), item[4], little64(item + 8), ""};
            take_scope(item + 16, bytes - 16, true, unit->scope, sizeof(unit->scope));
        }
        if (type == DMAR_RMRR && bytes >= 24 && hw->reserved_count < ITEMS_MAX) {
            hw->reserved = hw_grow(hw, hw->reserved, hw->reserved_count, sizeof(*hw->reserved));
            struct hw_reserved *range = &hw->reserved[hw->reserved_count++];

            *range = (struct hw_reserved){little(item + 6, 2), little64(item + 8),
                                          little64(item + 16), ""};
            take_scope(item + 24, bytes - 24, false, range->scope, sizeof(range->scope));
        }
        at += bytes;
    }
    return true;
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
    }
    if (read_table(hw, "APIC", HEADER_BYTES, table) == 0)
        hw_note_missing(hw, "sys/firmware/acpi/tables/APIC", "what firmware says of processors");
    size_t length = read_table(hw, "MCFG", HEADER_BYTES, table);
    if (length >= MCFG_FIRST + MCFG_ENTRY)
        hw->has_segments =
            length >= MCFG_FIRST + 2 * MCFG_ENTRY || little(table + MCFG_FIRST + 8, 2) != 0;
    read_table(hw, "IVRS", HEADER_BYTES, table); /* only so that a saved copy has it */
    length = read_table(hw, "DMAR", DMAR_FIRST, table);
    if (length == 0 || !take_dmar(hw, table, length))
        hw_note_missing(hw, "sys/firmware/acpi/tables/DMAR",
                        "IOMMU units and reserved memory (RMRR)");
    free(table);
}

void hw_read_ports(struct hw *hw)
{
    bool says = false;

    hw->shows_ttys = hw_has_folder(hw, "sys/class/tty");
    for (uint32_t i = 0; i < UARTS; i++) {
        const char *folder = say(&hw->arena, "sys/class/tty/ttyS%u", i);
        uint64_t type = 0, irq = 0;
        struct hw_uart uart = {.number = i};

        says |= hw_number(hw, say(&hw->arena, "%s/type", folder), &type);
        if (type == 0)
            continue;
        hw_number(hw, say(&hw->arena, "%s/port", folder), &uart.port);
        hw_number(hw, say(&hw->arena, "%s/iomem_base", folder), &uart.memory);
        hw_number(hw, say(&hw->arena, "%s/irq", folder), &irq);
        uart.irq = (uint32_t)irq;
        hw->uarts = hw_grow(hw, hw->uarts, hw->uart_count, sizeof(*hw->uarts));
        hw->uarts[hw->uart_count++] = uart;
    }
    if (!says) {
        errno = ENOENT;
        hw_note_missing(hw, "sys/class/tty/ttyS*", "UARTs (a boot log needs com1 or a display)");
    }
}
