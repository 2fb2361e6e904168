/* SPDX-License-Identifier: Apache-2.0 */
/* The ACPI table DMAR: see the header. */
#include "dmar.h"
#include "align.h"
#include "diagnostic.h"
#include <string.h>

enum {
    DMAR_FLAGS = 37,
    DMAR_INTERRUPT_REMAPPING = 1 << 0,
    DMAR_X2APIC_OPT_OUT = 1 << 1,
    DMAR_ENTRIES = 48,
    ENTRY_BYTES = 4, /* type and length */
    ENTRY_UNIT = 0,  /* DRHD; its flags, segment, register base */
    UNIT_BYTES = 16,
    UNIT_INCLUDE_ALL = 1 << 0,
    ENTRY_RESERVED = 1, /* RMRR; its segment, base, last byte */
    RESERVED_BYTES = 24,
    SEGMENT = 6,
    BASE = 8,
    LAST = 16,
    SCOPE_BYTES = 6, /* type, length, flags, reserved, enumeration id, start bus; then the path */
    DEVICES = 32,
    FUNCTIONS = 8,
};
#define ADDRESS_LIMIT (1ull << 52)

/* What a list of scopes is read to. */
enum outcome { FOLLOWED, DOES_NOT_FIT, LIES };

static uint64_t read_le(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    memcpy(&value, at, bytes);
    return value;
}

static bool damaged(struct diagnostic *why, const char *what, uint64_t base)
{
    return diagnose(why,
                    "the firmware's ACPI tables are damaged: the DMAR has %s (at %lx); update the "
                    "firmware, or switch VT-d off in its setup",
                    what, base);
}

/* One scope, `length` bytes of it. False: no struct fact_scope can say what it says. */
static bool read_scope(const uint8_t *at, uint64_t length, struct fact_scope *scope)
{
    uint64_t hops = (length - SCOPE_BYTES) / 2;
    *scope = (struct fact_scope){
        .type = at[0], .enumeration = at[4], .bus = at[5], .hops = (uint8_t)hops};
    if (hops == 0 || hops > SCOPE_PATH)
        return false;
    for (uint64_t i = 0; i < hops; i++) {
        const uint8_t *hop = at + SCOPE_BYTES + 2 * i;
        if (hop[0] >= DEVICES || hop[1] >= FUNCTIONS)
            return false;
        scope->path[i] = (uint8_t)(hop[0] << 3 | hop[1]);
    }
    return true;
}

/* All `bytes` are scopes. What was added of a list that does not fit is taken back. */
static enum outcome read_scopes(const uint8_t *at, uint64_t bytes, struct facts *facts,
                                uint32_t *first, uint32_t *count)
{
    enum outcome outcome = FOLLOWED;
    *first = facts->scope_count;
    while (bytes > 0) {
        uint64_t length = bytes < SCOPE_BYTES ? 0 : at[1];
        if (length < SCOPE_BYTES || length > bytes || length % 2)
            return LIES;
        if (facts->scope_count == MAX_SCOPES ||
            !read_scope(at, length, &facts->scopes[facts->scope_count]))
            outcome = DOES_NOT_FIT;
        else
            facts->scope_count++;
        at += length;
        bytes -= length;
    }
    if (outcome != FOLLOWED)
        facts->scope_count = *first;
    *count = facts->scope_count - *first;
    return outcome;
}

static bool check_unit(const struct facts *facts, const struct fact_iommu *unit,
                       struct diagnostic *why)
{
    if (unit->registers == 0 || unit->registers % PAGE_BYTES)
        return damaged(why, "a unit without a place", unit->registers);
    for (uint32_t i = 0; i < facts->iommu_count; i++) {
        const struct fact_iommu *other = &facts->iommus[i];
        if (other->registers == unit->registers)
            return damaged(why, "two units at one place", unit->registers);
        if (other->include_all && unit->include_all && other->segment == unit->segment)
            return damaged(why, "two units that have all else of one segment", unit->registers);
    }
    if (facts->iommu_count == MAX_IOMMUS)
        return diagnose(
            why,
            "the firmware's DMAR table lists more than the %u IOMMU units that Bulkhead "
            "can silence (I3): switch VT-d off in the firmware's setup",
            MAX_IOMMUS);
    return true;
}

static bool read_unit(const uint8_t *entry, uint64_t length, struct facts *facts,
                      struct diagnostic *why)
{
    if (length < UNIT_BYTES)
        return damaged(why, "a unit that is shorter than its kind", length);
    struct fact_iommu unit = {.registers = read_le(entry + BASE, 8),
                              .segment = (uint32_t)read_le(entry + SEGMENT, 2),
                              .include_all = entry[4] & UNIT_INCLUDE_ALL};
    if (!check_unit(facts, &unit, why))
        return false;
    switch (read_scopes(entry + UNIT_BYTES, length - UNIT_BYTES, facts, &unit.scope_first,
                        &unit.scope_count)) {
    case LIES:
        return damaged(why, "a unit with a device scope of a wrong length", unit.registers);
    case DOES_NOT_FIT:
        return diagnose(why,
                        "I3: the firmware's DMAR table names the devices of the IOMMU unit at %lx "
                        "by a path that can't be followed, or more than %u of them: update the "
                        "firmware, or switch VT-d off in its setup",
                        unit.registers, MAX_SCOPES);
    case FOLLOWED:
        break;
    }
    facts->iommus[facts->iommu_count++] = unit;
    return true;
}

/* Firmware that names no whole pages keeps the pages that it names a part of. */
static bool read_reserved(const uint8_t *entry, uint64_t length, struct facts *facts,
                          struct diagnostic *why)
{
    if (length < RESERVED_BYTES)
        return damaged(why, "reserved memory that is shorter than its kind", length);
    uint64_t base = read_le(entry + BASE, 8), last = read_le(entry + LAST, 8);
    if (last < base || last >= ADDRESS_LIMIT)
        return damaged(why, "reserved memory that ends before it begins, or beyond all memory",
                       base);
    if (facts->reserved_count == MAX_RESERVED)
        return diagnose(why,
                        "I3: the firmware's DMAR table lists more than the %u ranges of reserved "
                        "memory that Bulkhead can keep: update the firmware, or switch VT-d off in "
                        "its setup",
                        MAX_RESERVED);
    struct fact_reserved reserved = {.base = align_down(base, PAGE_BYTES),
                                     .end = page_up(last + 1),
                                     .segment = (uint32_t)read_le(entry + SEGMENT, 2)};
    enum outcome outcome = read_scopes(entry + RESERVED_BYTES, length - RESERVED_BYTES, facts,
                                       &reserved.scope_first, &reserved.scope_count);
    if (outcome == LIES)
        return damaged(why, "reserved memory with a device scope of a wrong length", base);
    reserved.any = reserved.scope_count == 0;
    facts->reserved[facts->reserved_count++] = reserved;
    return true;
}

bool dmar_read(const uint8_t *table, uint64_t bytes, struct facts *facts, struct diagnostic *why)
{
    if (facts->dmar || bytes < DMAR_ENTRIES)
        return damaged(why, facts->dmar ? "a second table" : "no room for its flags", bytes);
    facts->dmar = true;
    facts->interrupt_remapping = table[DMAR_FLAGS] & DMAR_INTERRUPT_REMAPPING;
    facts->x2apic_opt_out = table[DMAR_FLAGS] & DMAR_X2APIC_OPT_OUT;
    for (uint64_t at = DMAR_ENTRIES; at < bytes;) {
        const uint8_t *entry = table + at;
        uint64_t left = bytes - at, length = left < ENTRY_BYTES ? 0 : read_le(entry + 2, 2);
        if (length < ENTRY_BYTES || length > left)
            return damaged(why, "an entry that reaches beyond it", at);
        uint64_t type = read_le(entry, 2);
        if (type == ENTRY_UNIT && !read_unit(entry, length, facts, why))
            return false;
        if (type == ENTRY_RESERVED && !read_reserved(entry, length, facts, why))
            return false;
        at += length;
    }
    return true;
}
