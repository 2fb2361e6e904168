/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that locks VT-x off, as firmware does whose setup says so, and then starts
 * \NEXT.EFI, or says why the firmware doesn't. Intel SDM, "Enabling and Entering VMX Operation".
 */
#include "before.h"

enum { MSR_FEATURE_CONTROL = 0x3a, FEATURE_CONTROL_LOCKED = 1 };

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    InitializeLib(image, table);
    __asm__ volatile("wrmsr" ::"c"(MSR_FEATURE_CONTROL), "a"(FEATURE_CONTROL_LOCKED), "d"(0));
    EFI_STATUS status = before_start_next(image);
    Print((CHAR16 *)L"bulkhead-test: firmware refuses the image: %r\n", status);
    return status;
}
