/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that makes the firmware one that enforces NX: it loads \NEXT.EFI, lets no page
 * run that is not a loaded image's or holds firmware's own code, and of \NEXT.EFI its sections of
 * code alone, which can't be written either; then it starts that. Where this does not come about it
 * does not. UEFI Specification, "Memory Type Usage before ExitBootServices()"; PE Format, "Section
 * Table"; Intel SDM, "4-Level Paging".
 */
#include "before.h"
#include "paging.h"

enum {
    MSR_EFER = 0xc0000080,
    EFER_NXE = 1 << 11,
    VECTORS = 256,
    MAP_SLACK = 65536,
    LOW_PAGES = 1 << 18, /* of the memory in which images lie: 1 GiB */
    TABLES = 600,
    PE_AT = 0x3c,
    PE_SECTIONS = 6,
    PE_OPTIONAL_BYTES = 20,
    PE_HEADER_BYTES = 24,
    SECTION_BYTES = 40,
};
#define CODE  0x20000000u
#define WRITE 0x80000000u

static BOOLEAN runs[LOW_PAGES];
static UINT8 *map;
static UINTN map_bytes, map_stride;

static void switch_on_nx(void)
{
    UINT32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    __asm__ volatile("wrmsr" ::"c"(MSR_EFER), "a"(low | EFER_NXE), "d"(high));
}

static void change(UINT64 page, UINT64 clear, UINT64 set)
{
    UINT64 *entry = paging_entry_of(page);
    if (entry)
        *entry = (*entry & ~clear) | set;
}

static UINT64 pages_of(UINT64 base, UINT64 bytes)
{
    return (bytes + base % PAGE + PAGE - 1) / PAGE;
}

static void let_run(UINT64 base, UINT64 bytes)
{
    UINT64 first = base / PAGE, pages = pages_of(base, bytes);
    for (UINT64 page = first; page < first + pages && page < LOW_PAGES; page++)
        runs[page] = TRUE;
}

static void let_images_run(void)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;
    if (BS->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) != EFI_SUCCESS)
        return;
    for (UINTN i = 0; i < count; i++) {
        EFI_LOADED_IMAGE *image = NULL;
        if (BS->HandleProtocol(handles[i], &guid, (void **)&image) == EFI_SUCCESS)
            let_run((UINT64)image->ImageBase, image->ImageSize);
    }
}

/* Firmware's first instructions for each interrupt lie in memory of any type. */
static void let_interrupts_run(void)
{
    struct __attribute__((packed)) {
        UINT16 limit;
        UINT64 base;
    } idt;
    __asm__ volatile("sidt %0" : "=m"(idt));
    for (UINTN i = 0; i < VECTORS && 16 * i + 15 <= idt.limit; i++) {
        const UINT16 *gate = (const UINT16 *)(idt.base + 16 * i);
        UINT64 to = gate[0] | (UINT64)gate[3] << 16 | (UINT64)gate[4] << 32 | (UINT64)gate[5] << 48;
        let_run(to, PAGE);
    }
}

/* All of memory but for the types that firmware's own code has, as processors wait in it. */
static void stop_the_rest(void)
{
    for (UINTN at = 0; at < map_bytes; at += map_stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = (const EFI_MEMORY_DESCRIPTOR *)(map + at);
        UINT64 page = memory->PhysicalStart / PAGE, end = page + memory->NumberOfPages;
        if (memory->Type == EfiBootServicesCode || memory->Type == EfiRuntimeServicesCode ||
            memory->Type == EfiReservedMemoryType || memory->Type > EfiACPIMemoryNVS)
            continue;
        for (; page < end; page++)
            if (page >= LOW_PAGES || !runs[page])
                change(page * PAGE, 0, NX);
    }
}

/* Headers and sections of what is to be started, each as it says of itself. */
static void judge_next(const EFI_LOADED_IMAGE *next)
{
    const UINT8 *base = next->ImageBase, *pe = base + *(const UINT32 *)(base + PE_AT);
    const UINT8 *section = pe + PE_HEADER_BYTES + *(const UINT16 *)(pe + PE_OPTIONAL_BYTES);
    for (UINT64 at = 0; at < next->ImageSize; at += PAGE)
        change((UINT64)base + at, WRITABLE, NX);
    for (UINT16 i = 0; i < *(const UINT16 *)(pe + PE_SECTIONS); i++, section += SECTION_BYTES) {
        UINT32 bytes = *(const UINT32 *)(section + 8), flags = *(const UINT32 *)(section + 36);
        const UINT8 *from = base + *(const UINT32 *)(section + 12);
        for (UINT32 at = 0; at < bytes; at += PAGE)
            change((UINT64)from + at, flags & CODE ? NX : 0, flags & WRITE ? WRITABLE : 0);
    }
}

static EFI_STATUS read_map(void)
{
    UINTN needed = 0, key;
    UINT32 version;
    BS->GetMemoryMap(&needed, NULL, &key, &map_stride, &version);
    map_bytes = 2 * needed + MAP_SLACK;
    if (BS->AllocatePool(EfiBootServicesData, map_bytes, (void **)&map) != EFI_SUCCESS)
        return EFI_OUT_OF_RESOURCES;
    if (!paging_take_spare(TABLES))
        return EFI_OUT_OF_RESOURCES;
    return BS->GetMemoryMap(&map_bytes, (EFI_MEMORY_DESCRIPTOR *)map, &key, &map_stride, &version);
}

/* Whether a page that someone takes now can't run, and an image's can. */
static BOOLEAN enforces(void)
{
    const UINT64 *taken, *own = paging_entry_of((UINT64)efi_main);
    EFI_PHYSICAL_ADDRESS at = 0;
    if (BS->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, &at) != EFI_SUCCESS)
        return FALSE;
    taken = paging_entry_of(at);
    return taken && *taken & NX && own && !(*own & NX);
}

static BOOLEAN make_strict(const EFI_LOADED_IMAGE *next)
{
    if (read_cr4() & CR4_LA57)
        return FALSE;
    let_images_run();
    let_interrupts_run();
    EFI_TPL level = BS->RaiseTPL(TPL_HIGH_LEVEL);
    write_cr0(read_cr0() & ~(UINT64)CR0_WP);
    switch_on_nx();
    stop_the_rest();
    judge_next(next);
    paging_flush();
    BS->RestoreTPL(level);
    BOOLEAN good = paging_spare_left > 0 && enforces();
    write_cr0(read_cr0() | CR0_WP);
    return good;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *loaded = NULL;
    EFI_HANDLE next = NULL;
    InitializeLib(image, table);
    EFI_STATUS status = before_load_next(image, &next);
    if (status == EFI_SUCCESS)
        status = BS->HandleProtocol(next, &guid, (void **)&loaded);
    if (status == EFI_SUCCESS)
        status = read_map();
    if (status != EFI_SUCCESS)
        return status;
    if (!make_strict(loaded)) {
        Print((CHAR16 *)L"bulkhead-test: the firmware does not come to enforce NX\n");
        return EFI_UNSUPPORTED;
    }
    Print((CHAR16 *)L"bulkhead-test: no page that is allocated runs\n");
    return BS->StartImage(next, NULL, NULL);
}
