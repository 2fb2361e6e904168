/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A UEFI application that takes the firmware's fonts away, as firmware has none whose setup is not
 * graphical, and then starts \NEXT.EFI. UEFI Specification, "HII Font Protocol".
 */
#include <efi.h>
#include <efilib.h>

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

static void take_away(EFI_BOOT_SERVICES *boot, EFI_GUID guid)
{
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;
    if (boot->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) != EFI_SUCCESS)
        return;
    for (UINTN i = 0; i < count; i++) {
        void *font = NULL;
        if (boot->HandleProtocol(handles[i], &guid, &font) == EFI_SUCCESS)
            boot->UninstallProtocolInterface(handles[i], &guid, font);
    }
}

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_GUID font = {0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}};
    EFI_LOADED_IMAGE *self = NULL;
    EFI_HANDLE next = NULL;
    void *left = NULL;
    InitializeLib(image, table);
    take_away(table->BootServices, font);
    if (table->BootServices->LocateProtocol(&font, NULL, &left) == EFI_SUCCESS)
        Print((CHAR16 *)L"bulkhead-test: the firmware keeps its fonts\n");
    EFI_STATUS status = table->BootServices->HandleProtocol(image, &guid, (void **)&self);
    if (status != EFI_SUCCESS)
        return status;
    EFI_DEVICE_PATH *path = FileDevicePath(self->DeviceHandle, (CHAR16 *)L"\\NEXT.EFI");
    status = table->BootServices->LoadImage(FALSE, image, path, NULL, 0, &next);
    return status == EFI_SUCCESS ? table->BootServices->StartImage(next, NULL, NULL) : status;
}
