/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that runs the survey (all of boot/survey/, its entry renamed), says whether
 * the headers of all PCI functions are as before, and starts \NEXT.EFI. PCI Local Bus
 * Specification, "Configuration Mechanism".
 */
#include "before.h"

enum { BUSES = 16, HEADER = 64, STATUS = 6, SECONDARY_STATUS = 0x1e };

EFI_STATUS survey_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

static UINT32 read(UINT32 function, UINT32 offset)
{
    UINT32 value;
    __asm__ volatile("outl %0, %1" ::"a"(0x80000000u | function << 8 | offset),
                     "Nd"((UINT16)0xcf8));
    __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"((UINT16)0xcfc));
    return value;
}

/* Of all headers but their status registers, which accesses to others may change. */
static UINT64 sum_of_headers(void)
{
    UINT64 sum = 0xcbf29ce484222325;
    for (UINT32 function = 0; function < BUSES << 8; function++)
        for (UINT32 at = 0; at < HEADER; at += 4) {
            UINT32 value = read(function, at);
            if (at == (STATUS & ~3u) || at == (SECONDARY_STATUS & ~3u))
                value &= 0xffff;
            sum = (sum ^ value) * 0x100000001b3;
        }
    return sum;
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    InitializeLib(image, table);
    UINT64 before = sum_of_headers();
    EFI_STATUS status = survey_main(image, table);
    Print((CHAR16 *)L"bulkhead-test: the survey returned: %r\n", status);
    Print((CHAR16 *)L"bulkhead-test: configuration space is %a\n",
          sum_of_headers() == before ? "as it was" : "CHANGED");
    return before_start_next(image);
}
