/* SPDX-License-Identifier: Apache-2.0 */
/* The firmware's map of memory, as Linux would name its parts. UEFI Specification, "Memory
 * Allocation Services". */
#include "boot/firmware/firmware.h"
#include "report.h"
#include "survey.h"

enum { SLACK = 16384, RANGES_MOST = 512 };

struct range {
    uint64_t base, end;
    const char *type;
};

static struct range ranges[RANGES_MOST];
static uint32_t count;

static const char *type_of(UINT32 type)
{
    switch (type) {
    case EfiLoaderCode:
    case EfiLoaderData:
    case EfiBootServicesCode:
    case EfiBootServicesData:
    case EfiConventionalMemory:
        return "System RAM";
    case EfiACPIReclaimMemory:
        return "ACPI Tables";
    case EfiACPIMemoryNVS:
        return "ACPI Non-volatile Storage";
    case EfiUnusableMemory:
        return "Unusable memory";
    default:
        return "Reserved";
    }
}

/* Adds a range where it belongs; false: there are too many. */
static bool add(uint64_t base, uint64_t end, const char *type)
{
    uint32_t at = 0;
    if (count == RANGES_MOST)
        return false;
    while (at < count && ranges[at].base < base)
        at++;
    for (uint32_t i = count++; i > at; i--)
        ranges[i] = ranges[i - 1];
    ranges[at] = (struct range){base, end, type};
    return true;
}

static void join(void)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct range *last = kept ? &ranges[kept - 1] : NULL;
        if (last && last->end == ranges[i].base && last->type == ranges[i].type)
            last->end = ranges[i].end;
        else
            ranges[kept++] = ranges[i];
    }
    count = kept;
}

static bool read_map(void)
{
    EFI_BOOT_SERVICES *boot = firmware->BootServices;
    UINTN bytes = 0, key, stride = 0;
    UINT32 version;
    uint8_t *map = NULL;
    boot->GetMemoryMap(&bytes, NULL, &key, &stride, &version);
    bytes += SLACK;
    if (boot->AllocatePool(EfiLoaderData, bytes, (void **)&map) != EFI_SUCCESS)
        return false;
    bool good = boot->GetMemoryMap(&bytes, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version) ==
                    EFI_SUCCESS &&
                stride >= sizeof(EFI_MEMORY_DESCRIPTOR);
    for (UINTN at = 0; good && at + sizeof(EFI_MEMORY_DESCRIPTOR) <= bytes; at += stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = (const EFI_MEMORY_DESCRIPTOR *)(map + at);
        uint64_t end = memory->PhysicalStart + memory->NumberOfPages * PAGE_BYTES;
        if (end > memory->PhysicalStart)
            good = add(memory->PhysicalStart, end, type_of(memory->Type));
    }
    boot->FreePool(map);
    return good;
}

void survey_memory(void)
{
    uint64_t ram = 0;
    if (!read_map()) {
        report_say("the firmware does not tell its memory map, or it has too many parts");
        return;
    }
    join();
    for (uint32_t i = 0; i < count; i++) {
        const struct range *range = &ranges[i];
        report_line(report_path("sys/firmware/memmap/%u/start", i), "0x%lx", range->base);
        report_line(report_path("sys/firmware/memmap/%u/end", i), "0x%lx", range->end - 1);
        report_line(report_path("sys/firmware/memmap/%u/type", i), "%s", range->type);
        if (range->type == type_of(EfiConventionalMemory))
            ram += range->end - range->base;
    }
    report_say("memory: %lu MiB in %u ranges of the firmware's map", ram >> 20, count);
}

bool survey_memory_known(uint64_t base, uint64_t bytes)
{
    uint64_t reached = base, end = base + bytes;
    for (uint32_t i = 0; i < count && end > base && reached < end; i++)
        if (ranges[i].base <= reached && reached < ranges[i].end)
            reached = ranges[i].end;
    return end > base && reached >= end;
}
