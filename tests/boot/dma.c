/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that leaves a device of the firmware's time at work, and then starts
 * \NEXT.EFI. When the loader leaves boot services, QEMU's edu device (docs/specs/edu.rst) writes
 * into the lowest frames, in which the hypervisor's first ones are placed.
 */
#include "before.h"

enum {
    CONFIG_ADDRESS = 0xcf8,
    CONFIG_DATA = 0xcfc,
    EDU = 0x11e81234,
    COMMAND = 0x04,
    MEMORY_AND_MASTER = 6,
    BAR0 = 0x10,
    DMA_FROM = 0x80,
    DMA_TO = 0x88,
    DMA_BYTES = 0x90,
    DMA_COMMAND = 0x98,
    DMA_START = 1,
    DMA_TO_MEMORY = 2,
    EDU_BUFFER = 0x40000,
    FRAME = 4096,
    FRAMES = 8,
    MEBIBYTE = 1 << 20,
};

static volatile UINT8 *edu;
static UINT64 lowest;

static UINT32 config(UINT32 function, UINT32 offset)
{
    UINT32 value;
    __asm__ volatile("outl %0, %1" ::"a"(0x80000000u | function << 8 | offset),
                     "Nd"((UINT16)CONFIG_ADDRESS));
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((UINT16)CONFIG_DATA));
    return value;
}

static void find_edu(void)
{
    for (UINT32 function = 0; function < 256; function += 8) {
        if (config(function, 0) != EDU)
            continue;
        UINT32 command = config(function, COMMAND) | MEMORY_AND_MASTER;
        __asm__ volatile("outl %0, %1" ::"a"(command), "Nd"((UINT16)CONFIG_DATA));
        edu = (volatile UINT8 *)(UINTN)(config(function, BAR0) & ~15u);
    }
}

static void start_dma(UINT64 frame)
{
    *(volatile UINT64 *)(edu + DMA_FROM) = EDU_BUFFER;
    *(volatile UINT64 *)(edu + DMA_TO) = lowest + frame * FRAME;
    *(volatile UINT64 *)(edu + DMA_BYTES) = FRAME;
    *(volatile UINT64 *)(edu + DMA_COMMAND) = DMA_START | DMA_TO_MEMORY;
}

/* The device takes a tenth of a second for each. */
static VOID EFIAPI at_exit(EFI_EVENT event, VOID *context)
{
    (void)event;
    (void)context;
    for (UINT64 frame = 0; frame < FRAMES; frame++) {
        start_dma(frame);
        while (*(volatile UINT64 *)(edu + DMA_COMMAND) & DMA_START)
            ;
    }
}

/* The loader takes the lowest frames above 1 MiB. */
static void find_lowest(void)
{
    static UINT8 map[65536];
    UINTN bytes = sizeof(map), key, stride;
    UINT32 version;
    lowest = ~0ull;
    if (BS->GetMemoryMap(&bytes, (EFI_MEMORY_DESCRIPTOR *)map, &key, &stride, &version) !=
        EFI_SUCCESS)
        return;
    for (UINTN at = 0; at < bytes; at += stride) {
        const EFI_MEMORY_DESCRIPTOR *memory = (const EFI_MEMORY_DESCRIPTOR *)(map + at);
        if (memory->Type == EfiConventionalMemory && memory->PhysicalStart >= MEBIBYTE &&
            memory->PhysicalStart < lowest)
            lowest = memory->PhysicalStart;
    }
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_EVENT event;
    InitializeLib(image, table);
    find_edu();
    find_lowest();
    if (!edu || BS->CreateEvent(EVT_SIGNAL_EXIT_BOOT_SERVICES, TPL_CALLBACK, at_exit, NULL,
                                &event) != EFI_SUCCESS)
        return EFI_DEVICE_ERROR;
    Print((CHAR16 *)L"bulkhead-test: a device will write to 0x%lx\n", lowest);
    return before_start_next(image);
}
