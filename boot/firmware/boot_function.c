/* SPDX-License-Identifier: Apache-2.0 */
/* From which PCI function the image was read. UEFI Specification, "EFI PCI I/O Protocol". */
#include "firmware.h"
#include "kernel/abi/function.h"
#include <efipciio.h>

uint32_t find_boot_function(void)
{
    EFI_GUID image_guid = EFI_LOADED_IMAGE_PROTOCOL_GUID, path_guid = EFI_DEVICE_PATH_PROTOCOL_GUID;
    EFI_GUID pci_guid = EFI_PCI_IO_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *image = NULL;
    EFI_DEVICE_PATH *path = NULL;
    EFI_PCI_IO_PROTOCOL *pci = NULL;
    EFI_HANDLE handle = NULL;
    UINTN segment, bus, device, function;
    EFI_BOOT_SERVICES *boot = firmware->BootServices;
    if (boot->HandleProtocol(firmware_image, &image_guid, (void **)&image) != EFI_SUCCESS ||
        !image->DeviceHandle ||
        boot->HandleProtocol(image->DeviceHandle, &path_guid, (void **)&path) != EFI_SUCCESS ||
        boot->LocateDevicePath(&pci_guid, &path, &handle) != EFI_SUCCESS ||
        boot->HandleProtocol(handle, &pci_guid, (void **)&pci) != EFI_SUCCESS ||
        pci->GetLocation(pci, &segment, &bus, &device, &function) != EFI_SUCCESS)
        return FUNCTION_NONE;
    return (uint32_t)(segment << 16 | bus << 8 | device << 3 | function);
}
