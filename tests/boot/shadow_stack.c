/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that makes the firmware one that has a shadow stack in use: it switches one on
 * and starts \NEXT.EFI, whose every CALL and RET goes by it, and the firmware's. As boot services
 * have ended, and it is still in use, it says so on com1. Where it does not come about it starts
 * nothing. Intel SDM, "Shadow Stacks", "Supervisor Shadow Stack Token", SETSSBSY.
 */
#include "before.h"
#include "paging.h"
#include <cpuid.h>

enum {
    USER = 4,
    DIRTY = 0x40,
    LEAF_FEATURES = 7,
    ECX_SHADOW_STACKS = 1 << 7,
    CR4_CET = 1 << 23,
    MSR_S_CET = 0x6a2,
    S_CET_SHADOW_STACK = 1,
    MSR_PL0_SSP = 0x6a4,
    TABLES = 4,
    COM1 = 0x3f8,
    COM1_LINE_STATUS = COM1 + 5,
    CAN_SEND = 0x20,
};

static EFI_EXIT_BOOT_SERVICES firmware_exit;

static void write_msr(UINT32 msr, UINT64 value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((UINT32)value), "d"((UINT32)(value >> 32)));
}

static BOOLEAN has_shadow_stacks(void)
{
    unsigned eax, ebx, ecx = 0, edx;
    return __get_cpuid_count(LEAF_FEATURES, 0, &eax, &ebx, &ecx, &edx) && ecx & ECX_SHADOW_STACKS;
}

/* Stays 0 where no shadow stack is in use: RDSSP does nothing then. */
static UINT64 shadow_stack_pointer(void)
{
    UINT64 value = 0;
    __asm__ volatile("rdsspq %0" : "+r"(value));
    return value;
}

/* While CR4.CET is off the processor keeps the shadow stack's pointer. No CALL to this, whose RET
 * would have no match. */
static inline __attribute__((always_inline)) void set_cet(BOOLEAN on)
{
    UINT64 cr4 = read_cr4() & ~(UINT64)CR4_CET;
    __asm__ volatile("mov %0, %%cr4" ::"r"(on ? cr4 | CR4_CET : cr4) : "memory");
}

static BOOLEAN in_use(void)
{
    return read_cr4() & CR4_CET && shadow_stack_pointer();
}

/* A page that only CALL, RET and what is like them write, with a token at its end, whose address
 * this is; 0: it does not come about. */
static UINT64 make_shadow_stack(void)
{
    EFI_PHYSICAL_ADDRESS page = 0;
    if (read_cr4() & CR4_LA57 || !paging_take_spare(TABLES) ||
        BS->AllocatePages(AllocateAnyPages, EfiBootServicesData, 1, &page) != EFI_SUCCESS)
        return 0;
    UINT64 token = page + PAGE - sizeof(token);
    *(volatile UINT64 *)token = token;
    EFI_TPL level = BS->RaiseTPL(TPL_HIGH_LEVEL);
    write_cr0(read_cr0() & ~(UINT64)CR0_WP);
    UINT64 *entry = paging_entry_of(page);
    if (entry)
        *entry = (*entry & ~(UINT64)(WRITABLE | USER)) | DIRTY;
    paging_flush();
    write_cr0(read_cr0() | CR0_WP);
    BS->RestoreTPL(level);
    return entry ? token : 0;
}

/* The frames made before are not in it: none may be returned from before CR4.CET is off again, nor
 * is there a CALL to this. */
static inline __attribute__((always_inline)) void switch_on(UINT64 token)
{
    EFI_TPL level = BS->RaiseTPL(TPL_HIGH_LEVEL);
    write_msr(MSR_PL0_SSP, token);
    write_msr(MSR_S_CET, S_CET_SHADOW_STACK);
    set_cet(TRUE);
    __asm__ volatile("setssbsy" ::: "memory");
    BS->RestoreTPL(level);
}

static UINT8 in8(UINT16 port)
{
    UINT8 value = 0;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void write_com1(const char *text)
{
    for (; *text; text++) {
        while (!(in8(COM1_LINE_STATUS) & CAN_SEND))
            ;
        __asm__ volatile("outb %0, %1" ::"a"(*text), "Nd"((UINT16)COM1));
    }
}

/* EDK2's clears CR0.WP for a moment, which CR4.CET does not let it. */
static EFI_STATUS EFIAPI exit_boot_services(EFI_HANDLE image, UINTN key)
{
    set_cet(FALSE);
    EFI_STATUS status = firmware_exit(image, key);
    set_cet(TRUE);
    if (status == EFI_SUCCESS && in_use())
        write_com1("bulkhead-test: after boot services CR4.CET is on, a shadow stack in use\r\n");
    return status;
}

static void take_exit(void)
{
    firmware_exit = BS->ExitBootServices;
    BS->ExitBootServices = exit_boot_services;
    BS->Hdr.CRC32 = 0;
    BS->CalculateCrc32(BS, BS->Hdr.HeaderSize, &BS->Hdr.CRC32);
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_HANDLE next = NULL;
    InitializeLib(image, table);
    EFI_STATUS status = before_load_next(image, &next);
    if (status != EFI_SUCCESS)
        return status;
    UINT64 token = has_shadow_stacks() ? make_shadow_stack() : 0;
    if (!token) {
        Print((CHAR16 *)L"bulkhead-test: the processor or the firmware has no shadow stack\n");
        return EFI_UNSUPPORTED;
    }
    take_exit();
    switch_on(token);
    status = BS->StartImage(next, NULL, NULL);
    set_cet(FALSE);
    return status;
}
