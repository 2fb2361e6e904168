/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that makes the firmware one that enforces NX: it loads \NEXT.EFI, lets no page
 * run that is not a loaded image's or holds firmware's own code, and of \NEXT.EFI its sections of
 * code alone, which can't be written either; then it starts that. Where this does not come about it
 * does not. UEFI Specification, "Memory Type Usage before ExitBootServices()"; PE Format, "Section
 * Table"; Intel SDM, "4-Level Paging".
 */
#include "before.h"

enum {
    PAGE = 4096,
    PRESENT = 1,
    WRITABLE = 2,
    LARGE = 0x80,
    LARGE_PAT = 0x1000,
    SMALL_PAT = 0x80,
    CR0_WP = 1 << 16,
    CR4_PGE = 1 << 7,
    CR4_LA57 = 1 << 12,
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
#define ADDRESS 0x000ffffffffff000ull
#define NX      (1ull << 63)
#define CODE    0x20000000u
#define WRITE   0x80000000u

static BOOLEAN runs[LOW_PAGES];
static UINT8 *map, *spare;
static UINTN map_bytes, map_stride, spare_left;

static UINT64 read_cr0(void)
{
    UINT64 value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static void write_cr0(UINT64 value)
{
    __asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory");
}

static UINT64 read_cr3(void)
{
    UINT64 value;
    __asm__ volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static UINT64 read_cr4(void)
{
    UINT64 value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static void flush(void)
{
    UINT64 cr4 = read_cr4();
    __asm__ volatile("mov %0, %%cr3" ::"r"(read_cr3()) : "memory");
    __asm__ volatile("mov %0, %%cr4; mov %1, %%cr4" ::"r"(cr4 ^ CR4_PGE), "r"(cr4) : "memory");
}

static void switch_on_nx(void)
{
    UINT32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
    __asm__ volatile("wrmsr" ::"c"(MSR_EFER), "a"(low | EFER_NXE), "d"(high));
}

/* A table of the next level in place of a large page; its bit for the PAT lies elsewhere in leaves
 * of the last level. */
static BOOLEAN split(UINT64 *entry, unsigned shift)
{
    UINT64 *next = (UINT64 *)spare, flags = *entry & ~ADDRESS, base = *entry & ADDRESS;
    if (spare_left == 0)
        return FALSE;
    spare += PAGE;
    spare_left--;
    if (shift == 21) {
        flags &= ~(UINT64)LARGE;
        if (base & LARGE_PAT)
            flags |= SMALL_PAT;
        base &= ~(UINT64)LARGE_PAT;
    }
    for (UINT64 i = 0; i < 512; i++)
        next[i] = (base + (i << (shift - 9))) | flags;
    *entry = (UINT64)next | PRESENT | WRITABLE;
    return TRUE;
}

/* The entry of a page of 4 KiB, alone in it; NULL: not mapped, or no room for its table. */
static UINT64 *entry_of(UINT64 page)
{
    UINT64 table = read_cr3();
    for (unsigned shift = 39;; shift -= 9) {
        UINT64 *entry = (UINT64 *)(table & ADDRESS) + (page >> shift & 511);
        if (!(*entry & PRESENT))
            return NULL;
        if (shift == 12)
            return entry;
        if (*entry & LARGE && !split(entry, shift))
            return NULL;
        *entry &= ~NX; /* the last level decides */
        *entry |= WRITABLE;
        table = *entry;
    }
}

static void change(UINT64 page, UINT64 clear, UINT64 set)
{
    UINT64 *entry = entry_of(page);
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
    EFI_PHYSICAL_ADDRESS at = 0;
    BS->GetMemoryMap(&needed, NULL, &key, &map_stride, &version);
    map_bytes = 2 * needed + MAP_SLACK;
    if (BS->AllocatePool(EfiBootServicesData, map_bytes, (void **)&map) != EFI_SUCCESS)
        return EFI_OUT_OF_RESOURCES;
    spare_left = TABLES;
    if (BS->AllocatePages(AllocateAnyPages, EfiBootServicesData, spare_left, &at) != EFI_SUCCESS)
        return EFI_OUT_OF_RESOURCES;
    spare = (UINT8 *)at;
    return BS->GetMemoryMap(&map_bytes, (EFI_MEMORY_DESCRIPTOR *)map, &key, &map_stride, &version);
}

/* Whether a page that someone takes now can't run, and an image's can. */
static BOOLEAN enforces(void)
{
    const UINT64 *taken, *own = entry_of((UINT64)efi_main);
    EFI_PHYSICAL_ADDRESS at = 0;
    if (BS->AllocatePages(AllocateAnyPages, EfiLoaderData, 1, &at) != EFI_SUCCESS)
        return FALSE;
    taken = entry_of(at);
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
    flush();
    BS->RestoreTPL(level);
    BOOLEAN good = spare_left > 0 && enforces();
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
