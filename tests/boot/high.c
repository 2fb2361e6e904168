/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that moves the screen above 4 GiB, as boards have it whose graphics cards have
 * large windows, and tells its format by masks; takes the firmware's fonts away, which the reader
 * of the screen does not know; and starts \NEXT.EFI. The screen is QEMU's ramfb, which shows memory
 * (docs/specs/fw_cfg.rst, "DMA Interface"). Where this does not come about it starts nothing. UEFI
 * Specification, "Graphics Output Protocol".
 */
#include "before.h"

enum {
    SELECTOR = 0x510,
    DATA = 0x511,
    DMA_HIGH = 0x514,
    DMA_LOW = 0x518,
    FILE_DIRECTORY = 0x19,
    CONTROL_ERROR = 1,
    CONTROL_SELECT = 8,
    CONTROL_WRITE = 16,
    FORMAT_XR24 = 0x34325258,
    PAGE = 4096,
    NAME_BYTES = 56
};
#define FOUR_GIBIBYTES 0x100000000ull

struct __attribute__((packed)) file {
    UINT32 bytes;
    UINT16 select, reserved;
    char name[NAME_BYTES];
};

struct __attribute__((packed)) ramfb {
    UINT64 address;
    UINT32 format, flags, width, height, stride;
};

struct __attribute__((packed)) dma {
    UINT32 control, bytes;
    UINT64 address;
};

static UINT32 swap(UINT32 value)
{
    return __builtin_bswap32(value);
}

static void out32(UINT16 port, UINT32 value)
{
    __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port) : "memory");
}

static void read_bytes(void *to, UINTN bytes)
{
    for (UINT8 *at = to; bytes-- > 0; at++)
        __asm__ volatile("inb %1, %0" : "=a"(*at) : "Nd"((UINT16)DATA));
}

/* The selector of the file that says where the screen is; 0: there is no such screen. */
static UINT16 find_ramfb(void)
{
    static const char name[] = "etc/ramfb";
    UINT32 count;
    __asm__ volatile("outw %0, %1" ::"a"((UINT16)FILE_DIRECTORY), "Nd"((UINT16)SELECTOR));
    read_bytes(&count, sizeof(count));
    for (count = swap(count); count > 0; count--) {
        struct file file;
        read_bytes(&file, sizeof(file));
        if (CompareMem(file.name, name, sizeof(name)) == 0)
            return __builtin_bswap16(file.select);
    }
    return 0;
}

static BOOLEAN show_from(UINT64 base, const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode)
{
    UINT16 select = find_ramfb();
    struct ramfb ramfb = {.address = __builtin_bswap64(base),
                          .format = swap(FORMAT_XR24),
                          .width = swap(mode->HorizontalResolution),
                          .height = swap(mode->VerticalResolution),
                          .stride = swap(4 * mode->PixelsPerScanLine)};
    volatile struct dma dma = {.control =
                                   swap((UINT32)select << 16 | CONTROL_SELECT | CONTROL_WRITE),
                               .bytes = swap(sizeof(ramfb)),
                               .address = __builtin_bswap64((UINT64)&ramfb)};
    out32(DMA_HIGH, swap((UINT32)((UINT64)&dma >> 32)));
    out32(DMA_LOW, swap((UINT32)(UINT64)&dma));
    while (swap(dma.control) & ~(UINT32)CONTROL_ERROR)
        ;
    return select != 0 && dma.control == 0;
}

/* Pages above 4 GiB that stay the firmware's; 0: there are none. */
static UINT64 take_high(UINTN pages)
{
    UINTN bytes = 0, key, stride;
    UINT32 version;
    EFI_MEMORY_DESCRIPTOR *map = LibMemoryMap(&bytes, &key, &stride, &version);
    for (UINTN at = 0; map && at < bytes * stride; at += stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = (void *)((UINT8 *)map + at);
        EFI_PHYSICAL_ADDRESS base = memory->PhysicalStart;
        if (memory->Type == EfiConventionalMemory && base >= FOUR_GIBIBYTES &&
            memory->NumberOfPages >= pages &&
            BS->AllocatePages(AllocateAddress, EfiReservedMemoryType, pages, &base) == EFI_SUCCESS)
            return base;
    }
    return 0;
}

/* The firmware may show one screen by several handles. */
static BOOLEAN move_screen(void)
{
    EFI_GUID guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;
    UINT64 to = 0;
    if (BS->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) != EFI_SUCCESS)
        return FALSE;
    for (UINTN i = 0; i < count; i++) {
        EFI_GRAPHICS_OUTPUT_PROTOCOL *gop = NULL;
        if (BS->HandleProtocol(handles[i], &guid, (void **)&gop) != EFI_SUCCESS ||
            !gop->Mode->FrameBufferBase)
            continue;
        if (!to)
            to = take_high((gop->Mode->FrameBufferSize + PAGE - 1) / PAGE);
        if (!to || !show_from(to, gop->Mode->Info))
            return FALSE;
        gop->Mode->FrameBufferBase = to;
        gop->Mode->Info->PixelFormat = PixelBitMask;
        gop->Mode->Info->PixelInformation = (EFI_PIXEL_BITMASK){0xff0000, 0xff00, 0xff, 0xff000000};
    }
    Print((CHAR16 *)L"bulkhead-test: the screen is at 0x%lx\n", to);
    return to != 0;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    InitializeLib(image, table);
    return move_screen() && before_take_fonts() ? before_start_next(image) : EFI_UNSUPPORTED;
}
