/* SPDX-License-Identifier: Apache-2.0 */
/* The DMAR: IOMMU units with what they cover, and memory that firmware keeps for functions. */
#include "source.h"

#include <stdio.h>
#include <string.h>

enum {
    ITEMS_MAX = 1024,
    TEXT_BYTES = 200, /* of a scope, for people */
    /* Intel VT-d Architecture Specification, DMA Remapping Reporting Structure */
    DMAR_FLAGS = 37,
    DMAR_FIRST = 48,
    DMAR_DRHD = 0,
    DMAR_RMRR = 1,
    ITEM_BYTES = 8, /* the least, an ATSR for all root ports */
    DRHD_BYTES = 16,
    RMRR_BYTES = 24,
    INCLUDE_ALL = 1,
    SCOPE_BYTES = 8,
    SCOPE_ENDPOINT = 1,
    SCOPE_BRIDGE = 2,
    SCOPE_IOAPIC = 3,
    SCOPE_HPET = 4,
};

/* Behind the first hop of a path the bus is the one below the bridge. -1: it leads nowhere. */
static int64_t follow(const struct hw *hw, uint32_t segment, const uint8_t *entry)
{
    uint32_t bus = entry[5], address = 0;

    for (uint32_t at = 6; at + 2 <= entry[1]; at += 2) {
        if (at > 6) {
            const struct hw_function *above = hw_function_at(hw, address);

            if (!above || !above->is_bridge || above->secondary == 0)
                return -1;
            bus = above->secondary;
        }
        if (entry[at] > 31 || entry[at + 1] > 7)
            return -1;
        address = segment << 16 | bus << 8 | (uint32_t)entry[at] << 3 | entry[at + 1];
    }
    return address;
}

/* One entry, "bus:dev.fn>dev.fn"; for a unit also what kind it is. */
static int scope_text(const uint8_t *entry, bool of_unit, char *out, int room)
{
    static const char *const kinds[] = {[SCOPE_IOAPIC] = "IOAPIC=", [SCOPE_HPET] = "HPET="};
    bool is_kind = of_unit && (entry[0] == SCOPE_IOAPIC || entry[0] == SCOPE_HPET);
    int used = snprintf(out, (size_t)room, "%s%02x:%02x.%u", is_kind ? kinds[entry[0]] : "",
                        entry[5], entry[6], entry[7]);

    for (int at = 8; at + 2 <= entry[1] && used < room; at += 2)
        used += snprintf(out + used, (size_t)(room - used), ">%02x.%u", entry[at], entry[at + 1]);
    if (entry[0] == SCOPE_BRIDGE && used < room)
        used += snprintf(out + used, (size_t)(room - used), ">*");
    return used;
}

static void add_text(const uint8_t *entry, bool of_unit, char out[TEXT_BYTES])
{
    static const char more[] = " and more";
    char text[64];
    size_t used = strlen(out);
    int length = scope_text(entry, of_unit, text, sizeof(text));

    if (used >= sizeof(more) && strcmp(out + used - strlen(more), more) == 0)
        return;
    if (length >= (int)sizeof(text) || used + (size_t)length + sizeof(more) + 1 > TEXT_BYTES)
        memcpy(out + used, more, sizeof(more));
    else
        snprintf(out + used, TEXT_BYTES - used, "%s%s", used ? " " : "", text);
}

static void take_entry(struct hw *hw, uint32_t segment, const uint8_t *entry, bool of_unit,
                       struct hw_scope *out)
{
    bool is_bridge = entry[0] == SCOPE_BRIDGE;

    if (entry[0] != SCOPE_ENDPOINT && !is_bridge) {
        out->is_open |= !of_unit; /* memory is kept for functions only */
        return;
    }
    int64_t address = follow(hw, segment, entry);
    out->entries = hw_grow(hw, out->entries, out->count, sizeof(*out->entries));
    out->entries[out->count++] = (struct hw_scope_entry){address, is_bridge};
    out->is_open |= address < 0;
}

/* What is not whole, or empty where something must stand, leaves the scope open. */
static void take_scope(struct hw *hw, uint32_t segment, const uint8_t *scope, size_t count,
                       bool of_unit, struct hw_scope *out)
{
    char text[TEXT_BYTES] = "";
    size_t at = 0;

    while (at + SCOPE_BYTES <= count && scope[at + 1] >= SCOPE_BYTES && scope[at + 1] % 2 == 0 &&
           at + scope[at + 1] <= count) {
        take_entry(hw, segment, scope + at, of_unit, out);
        add_text(scope + at, of_unit, text);
        at += scope[at + 1];
    }
    out->is_open |= at != count || (!of_unit && count == 0);
    out->text = say(&hw->arena, "%s", text);
}

static void take_unit(struct hw *hw, const uint8_t *item, uint32_t bytes)
{
    hw->units = hw_grow(hw, hw->units, hw->unit_count, sizeof(*hw->units));
    struct hw_unit *unit = &hw->units[hw->unit_count++];

    *unit = (struct hw_unit){
        .segment = little(item + 6, 2), .flags = item[4], .base = little64(item + 8)};
    take_scope(hw, unit->segment, item + DRHD_BYTES, bytes - DRHD_BYTES, true, &unit->scope);
}

static void take_reserved(struct hw *hw, const uint8_t *item, uint32_t bytes)
{
    hw->reserved = hw_grow(hw, hw->reserved, hw->reserved_count, sizeof(*hw->reserved));
    struct hw_reserved *range = &hw->reserved[hw->reserved_count++];

    *range =
        (struct hw_reserved){little(item + 6, 2), little64(item + 8), little64(item + 16), {0}};
    take_scope(hw, range->segment, item + RMRR_BYTES, bytes - RMRR_BYTES, false, &range->scope);
}

/* Returns false if an item leaves the table or is too short: others may be hidden behind it. */
bool hw_take_dmar(struct hw *hw, const uint8_t *table, size_t length)
{
    size_t at = DMAR_FIRST;

    hw->has_dmar = true;
    hw->dmar_flags = table[DMAR_FLAGS];
    while (at + ITEM_BYTES <= length) {
        const uint8_t *item = table + at;
        uint32_t type = little(item, 2), bytes = little(item + 2, 2);
        uint32_t least = type == DMAR_DRHD   ? DRHD_BYTES
                         : type == DMAR_RMRR ? RMRR_BYTES
                                             : ITEM_BYTES;

        if (bytes < least || at + bytes > length || hw->unit_count >= ITEMS_MAX ||
            hw->reserved_count >= ITEMS_MAX)
            return false;
        if (type == DMAR_DRHD)
            take_unit(hw, item, bytes);
        else if (type == DMAR_RMRR)
            take_reserved(hw, item, bytes);
        at += bytes;
    }
    return at == length;
}

static bool is_below(const struct hw *hw, const struct hw_function *function, int64_t address)
{
    const struct hw_function *bridge = hw_function_at(hw, (uint64_t)address);
    uint32_t bus = function->address >> 8 & 0xff;

    return bridge && bridge->is_bridge && bridge->secondary != 0 &&
           bridge->address >> 16 == function->address >> 16 && bus >= bridge->secondary &&
           bus <= bridge->subordinate;
}

/* What is behind a bridge is meant with it, whichever kind of entry names the bridge. */
static bool names(const struct hw *hw, const struct hw_scope *scope,
                  const struct hw_function *function)
{
    for (uint32_t i = 0; i < scope->count; i++) {
        const struct hw_scope_entry *entry = &scope->entries[i];

        if (entry->address >= 0 && (entry->address == (int64_t)function->address ||
                                    is_below(hw, function, entry->address)))
            return true;
    }
    return false;
}

bool hw_scope_has(const struct hw *hw, const struct hw_scope *scope,
                  const struct hw_function *function)
{
    return scope->is_open || names(hw, scope, function);
}

const struct hw_reserved *hw_kept(const struct hw *hw, const struct hw_function *function,
                                  uint32_t n)
{
    for (uint32_t i = 0; i < hw->reserved_count; i++) {
        if (hw_scope_has(hw, &hw->reserved[i].scope, function) && n-- == 0)
            return &hw->reserved[i];
    }
    return NULL;
}

const char *hw_range_text(struct arena *arena, const struct hw_reserved *reserved)
{
    return say(arena, "0x%llx-0x%llx", (unsigned long long)reserved->base,
               (unsigned long long)reserved->limit);
}

/* A virtual function is where its physical one is. */
const struct hw_unit *hw_unit_of(const struct hw *hw, const struct hw_function *function)
{
    const struct hw_function *seen =
        function->physical >= 0 ? hw_function_at(hw, (uint64_t)function->physical) : function;
    const struct hw_unit *rest = NULL;
    bool is_open = !hw->dmar_whole;

    for (uint32_t i = 0; seen && i < hw->unit_count; i++) {
        const struct hw_unit *unit = &hw->units[i];

        if (unit->segment != seen->address >> 16)
            continue;
        if (names(hw, &unit->scope, seen))
            return unit;
        is_open |= unit->scope.is_open;
        if (unit->flags & INCLUDE_ALL)
            rest = unit;
    }
    return is_open ? NULL : rest;
}
