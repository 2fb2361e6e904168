/* SPDX-License-Identifier: Apache-2.0 */
/* What applications that the firmware starts before the image have in common. */
#ifndef BULKHEAD_TESTS_BEFORE_H
#define BULKHEAD_TESTS_BEFORE_H

#include <efi.h>
#include <efilib.h>

EFI_STATUS efi_main(EFI_HANDLE image, EFI_SYSTEM_TABLE *table);

/* Loads \NEXT.EFI, which lies beside the application on its volume. */
static inline EFI_STATUS before_load_next(EFI_HANDLE image, EFI_HANDLE *next)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *self = NULL;
    EFI_STATUS status = BS->HandleProtocol(image, &guid, (void **)&self);
    if (status != EFI_SUCCESS)
        return status;
    EFI_DEVICE_PATH *path = FileDevicePath(self->DeviceHandle, (CHAR16 *)L"\\NEXT.EFI");
    return BS->LoadImage(FALSE, image, path, NULL, 0, next);
}

/* And starts it; it returns if it can't be loaded, or has ended. */
static inline EFI_STATUS before_start_next(EFI_HANDLE image)
{
    EFI_HANDLE next = NULL;
    EFI_STATUS status = before_load_next(image, &next);
    return status == EFI_SUCCESS ? BS->StartImage(next, NULL, NULL) : status;
}

/* Takes the firmware's fonts away, as firmware has none whose set-up is not graphical; FALSE: it
 * keeps one. UEFI Specification, "HII Font Protocol". */
static inline BOOLEAN before_take_fonts(void)
{
    EFI_GUID guid = {0xe9ca4775, 0x8657, 0x47fc, {0x97, 0xe7, 0x7e, 0xd6, 0x5a, 0x08, 0x43, 0x24}};
    EFI_HANDLE *handles = NULL;
    UINTN count = 0;
    void *font = NULL;
    if (BS->LocateHandleBuffer(ByProtocol, &guid, NULL, &count, &handles) == EFI_SUCCESS)
        for (UINTN i = 0; i < count; i++)
            if (BS->HandleProtocol(handles[i], &guid, &font) == EFI_SUCCESS)
                BS->UninstallProtocolInterface(handles[i], &guid, font);
    return BS->LocateProtocol(&guid, NULL, &font) != EFI_SUCCESS;
}

#endif
