/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that locks VT-x off, as firmware does whose setup says so, and then starts
 * \NEXT.EFI, or says why the firmware doesn't. Intel SDM, "Enabling and Entering VMX Operation".
 */
#include <efi.h>
#include <efilib.h>

enum { MSR_FEATURE_CONTROL = 0x3a, FEATURE_CONTROL_LOCKED = 1 };

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *self = NULL;
    EFI_HANDLE next = NULL;
    InitializeLib(image, table);
    __asm__ volatile("wrmsr" ::"c"(MSR_FEATURE_CONTROL), "a"(FEATURE_CONTROL_LOCKED), "d"(0));
    EFI_STATUS status = table->BootServices->HandleProtocol(image, &guid, (void **)&self);
    if (status != EFI_SUCCESS)
        return status;
    EFI_DEVICE_PATH *path = FileDevicePath(self->DeviceHandle, (CHAR16 *)L"\\NEXT.EFI");
    status = table->BootServices->LoadImage(FALSE, image, path, NULL, 0, &next);
    if (status == EFI_SUCCESS)
        return table->BootServices->StartImage(next, NULL, NULL);
    Print((CHAR16 *)L"bulkhead-test: firmware refuses the image: %r\n", status);
    return status;
}
