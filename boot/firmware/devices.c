/* SPDX-License-Identifier: Apache-2.0 */
/* PCI functions and IOMMU units, asked while the firmware still runs. UEFI Specification, "EFI PCI
 * I/O Protocol". */
#include "boot/devices/scan.h"
#include "boot/devices/vtd.h"
#include "boot/machine/reach.h"
#include "boot/plan/place.h"
#include "firmware.h"
#include <efipciio.h>

/* The function that the loaded image's device is, or is behind. */
static uint32_t find_boot_function(void)
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

/* At the highest level no timer of the firmware runs its drivers between two accesses. */
void devices_collect(const struct manifest *manifest, struct facts *facts)
{
    struct diagnostic why;
    uint32_t named;
    manifest_entries(manifest, MANIFEST_DEVICES, &named);
    uint8_t *configs = named ? memory_allocate((uint64_t)named * CONFIG_SPACE_BYTES) : NULL;
    memory_collect(facts);
    if (!facts_check(facts, &why))
        refuse("%s", why.text);
    for (uint32_t i = 0; i < facts->ecam_count; i++) {
        struct free_range range = ecam_range(&facts->ecam[i]);
        reach(range.base, range.bytes, "PCI configuration space");
    }
    vtd_collect(facts);
    facts->boot_function = named ? find_boot_function() : FUNCTION_NONE;
    EFI_TPL level = firmware->BootServices->RaiseTPL(TPL_HIGH_LEVEL);
    bool scanned = scan_functions(manifest, facts, configs, &why);
    if (scanned)
        scan_acs_on(facts);
    firmware->BootServices->RestoreTPL(level);
    if (!scanned)
        refuse("%s", why.text);
}
