/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's memory map. UEFI Specification, "Memory Allocation Services" and
 * "EFI_BOOT_SERVICES.ExitBootServices()". */
#include "boot/plan/align.h"
#include "firmware.h"
#include "processor.h"
#include <string.h>

enum {
    LOW_END = 0xa0000,
    MAP_SLACK = 16384,
    EXIT_ATTEMPTS = 8,
    MEMORY_SP = 0x40000 /* specific-purpose */
};

static uint8_t *map;
static struct free_range lent; /* a page that boot services will give back; no bytes: none is */
static UINTN map_room, map_bytes, map_stride;

void *memory_allocate(uint64_t bytes)
{
    EFI_PHYSICAL_ADDRESS address = 0;
    if (firmware->BootServices->AllocatePages(AllocateAnyPages, EfiLoaderData,
                                              (bytes + PAGE_BYTES - 1) / PAGE_BYTES,
                                              &address) != EFI_SUCCESS)
        refuse("the firmware has no %lu bytes left for the loader; add memory", bytes);
    return (void *)address;
}

/* Reads the map; the buffer is over-sized so that the last call needs no allocation (TRAPS 2). */
static EFI_STATUS read_map(UINTN *key)
{
    UINT32 version;
    if (!map) {
        UINTN needed = 0;
        firmware->BootServices->GetMemoryMap(&needed, NULL, key, &map_stride, &version);
        map_room = needed * 2 + MAP_SLACK;
        map = memory_allocate(map_room);
    }
    map_bytes = map_room;
    return firmware->BootServices->GetMemoryMap(&map_bytes, (EFI_MEMORY_DESCRIPTOR *)map, key,
                                                &map_stride, &version);
}

static const EFI_MEMORY_DESCRIPTOR *descriptor(UINTN offset)
{
    return (const EFI_MEMORY_DESCRIPTOR *)(map + offset);
}

/* Adds [base, base + bytes) to the sorted list, joined with its neighbours. */
static bool add_range(struct free_range *list, uint32_t *count, uint32_t room, uint64_t base,
                      uint64_t bytes)
{
    uint32_t at = 0;
    while (at < *count && list[at].base < base)
        at++;
    if (at > 0 && list[at - 1].base + list[at - 1].bytes == base) {
        list[at - 1].bytes += bytes;
        if (at < *count && base + bytes == list[at].base) {
            list[at - 1].bytes += list[at].bytes;
            memmove(&list[at], &list[at + 1], (*count - at - 1) * sizeof(*list));
            --*count;
        }
        return true;
    }
    if (at < *count && base + bytes == list[at].base) {
        list[at].base = base;
        list[at].bytes += bytes;
        return true;
    }
    if (*count == room)
        return false;
    memmove(&list[at + 1], &list[at], (*count - at) * sizeof(*list));
    list[at] = (struct free_range){base, bytes};
    ++*count;
    return true;
}

static bool ends_with_boot(UINT32 type)
{
    return type == EfiLoaderCode || type == EfiLoaderData || type == EfiBootServicesCode ||
           type == EfiBootServicesData;
}

/* RAM, whoever uses it; what it may hold for run time or ACPI is read at start-up too. */
static bool is_memory(UINT32 type)
{
    return ends_with_boot(type) || type == EfiConventionalMemory ||
           type == EfiRuntimeServicesCode || type == EfiRuntimeServicesData ||
           type == EfiACPIReclaimMemory || type == EfiACPIMemoryNVS;
}

static bool is_of_boot_services(UINT32 type)
{
    return type == EfiBootServicesCode || type == EfiBootServicesData;
}

static bool has_low_page(const struct facts *facts)
{
    for (uint32_t i = 0; i < facts->free_count; i++) {
        const struct free_range *range = &facts->free[i];
        if (max_u64(range->base, PAGE_BYTES) + PAGE_BYTES <=
            min_u64(range->base + range->bytes, LOW_END))
            return true;
    }
    return false;
}

/*
 * Where nothing below 1 MiB is free the trampoline goes where boot services lie, as it is written
 * when they have gone. Page 0 holds real mode's vectors.
 */
static void lend_low_page(struct facts *facts)
{
    for (UINTN at = 0; at + sizeof(EFI_MEMORY_DESCRIPTOR) <= map_bytes; at += map_stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = descriptor(at);
        uint64_t end = memory->PhysicalStart + memory->NumberOfPages * PAGE_BYTES;
        if (!is_of_boot_services(memory->Type))
            continue;
        for (uint64_t page = max_u64(memory->PhysicalStart, PAGE_BYTES);
             page + PAGE_BYTES <= min_u64(end, LOW_END); page += PAGE_BYTES)
            if (!processor_uses(page) &&
                add_range(facts->free, &facts->free_count, MAX_FREE_RANGES, page, PAGE_BYTES)) {
                lent = (struct free_range){page, PAGE_BYTES};
                return;
            }
    }
}

void memory_collect(struct facts *facts)
{
    UINTN key;
    if (read_map(&key) != EFI_SUCCESS)
        refuse("the firmware does not tell its memory map; update the firmware");
    facts->free_count = 0;
    facts->memory_count = 0;
    for (UINTN at = 0; at + sizeof(EFI_MEMORY_DESCRIPTOR) <= map_bytes; at += map_stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = descriptor(at);
        uint64_t bytes = memory->NumberOfPages * PAGE_BYTES;
        if (bytes == 0)
            continue;
        /* Ranges beyond the list's room are small: they go unused, nothing else; so does memory
           that the firmware sets apart for a purpose. */
        if (memory->Type == EfiConventionalMemory && !(memory->Attribute & MEMORY_SP))
            add_range(facts->free, &facts->free_count, MAX_FREE_RANGES, memory->PhysicalStart,
                      bytes);
        if (is_memory(memory->Type) && !add_range(facts->memory, &facts->memory_count,
                                                  MAX_MEMORY_RANGES, memory->PhysicalStart, bytes))
            refuse("the firmware's memory lies in more than %u pieces; update the firmware",
                   MAX_MEMORY_RANGES);
    }
    lent = (struct free_range){0, 0};
    if (!has_low_page(facts))
        lend_low_page(facts);
}

bool memory_known(uint64_t base, uint64_t bytes)
{
    UINTN key;
    if (!map && read_map(&key) != EFI_SUCCESS)
        return false;
    uint64_t reached = base, end = base + bytes;
    if (end < base)
        return false;
    for (bool moved = true; moved && reached < end;) {
        moved = false;
        for (UINTN at = 0; at + sizeof(EFI_MEMORY_DESCRIPTOR) <= map_bytes; at += map_stride) {
            const EFI_MEMORY_DESCRIPTOR *memory = descriptor(at);
            uint64_t last = memory->PhysicalStart + memory->NumberOfPages * PAGE_BYTES;
            if (memory->PhysicalStart <= reached && reached < last) {
                reached = last;
                moved = true;
            }
        }
    }
    return reached >= end;
}

static bool is_lent(uint64_t page)
{
    return lent.bytes > 0 && page == lent.base;
}

void memory_release(const struct handoff *handoff, uint32_t extents)
{
    for (uint32_t i = 0; i < extents; i++)
        if (!is_lent(handoff->extents[i].base))
            firmware->BootServices->FreePages(handoff->extents[i].base,
                                              handoff->extents[i].bytes / PAGE_BYTES);
}

bool memory_claim(const struct handoff *handoff)
{
    for (uint32_t i = 0; i < handoff->extent_count; i++) {
        EFI_PHYSICAL_ADDRESS address = handoff->extents[i].base;
        if (!is_lent(address) &&
            firmware->BootServices->AllocatePages(AllocateAddress, EfiLoaderData,
                                                  handoff->extents[i].bytes / PAGE_BYTES,
                                                  &address) != EFI_SUCCESS) {
            memory_release(handoff, i);
            return false;
        }
    }
    return true;
}

static void scrub(struct handoff *handoff, uint64_t base, uint64_t bytes)
{
    struct free_range *list = (struct free_range *)handoff->scrubs;
    _Static_assert(sizeof(struct free_range) == sizeof(struct handoff_scrub), "same shape");
    if (!add_range(list, &handoff->scrub_count, MAX_SCRUBS, base, bytes))
        refuse("I7: the firmware leaves its memory in more than %u pieces, too many to clear them "
               "all; update the firmware",
               MAX_SCRUBS);
}

/* Lists the part of [base, end) that no extent covers; the first page holds real-mode vectors. */
static void scrub_list(struct handoff *handoff, uint64_t base, uint64_t end)
{
    if (base < PAGE_BYTES)
        base = PAGE_BYTES;
    for (uint32_t i = 0; i < handoff->extent_count && base < end; i++) {
        const struct handoff_extent *extent = &handoff->extents[i];
        if (extent->base + extent->bytes <= base || extent->base >= end)
            continue;
        if (extent->base > base)
            scrub(handoff, base, extent->base - base);
        base = extent->base + extent->bytes;
    }
    if (base < end)
        scrub(handoff, base, end - base);
}

/* By the last map: what is to be scrubbed, and that what was lent is given back. */
static void take_last_map(struct handoff *handoff)
{
    bool back = lent.bytes == 0;
    for (UINTN at = 0; at + sizeof(EFI_MEMORY_DESCRIPTOR) <= map_bytes; at += map_stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = descriptor(at);
        uint64_t end = memory->PhysicalStart + memory->NumberOfPages * PAGE_BYTES;
        if (!ends_with_boot(memory->Type))
            continue;
        scrub_list(handoff, memory->PhysicalStart, end);
        back |= is_of_boot_services(memory->Type) && lent.base >= memory->PhysicalStart &&
                lent.base < end;
    }
    if (!back)
        refuse("the firmware keeps the memory below 1 MiB that processors start in; update the "
               "firmware");
}

void memory_leave_boot_services(struct handoff *handoff)
{
    UINTN key = 0;
    EFI_STATUS status = EFI_INVALID_PARAMETER;
    text_by_firmware(NULL, NULL);
    for (unsigned i = 0; i < EXIT_ATTEMPTS && status != EFI_SUCCESS; i++)
        if (read_map(&key) == EFI_SUCCESS)
            status = firmware->BootServices->ExitBootServices(firmware_image, key);
    if (status != EFI_SUCCESS)
        refuse("the firmware does not let go (ExitBootServices fails); update the firmware");
    __asm__ volatile("cli");
    take_last_map(handoff);
}
