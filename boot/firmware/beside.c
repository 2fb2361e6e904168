/* SPDX-License-Identifier: Apache-2.0 */
/* A file beside the image. UEFI Specification, "Simple File System Protocol", "File Path Media
 * Device Path". */
#include "firmware.h"
#include <string.h>

enum { PATH_MOST = 512, NODE_MEDIA = 4, NODE_FILE_PATH = 4, NODE_HEADER = 4 };

static const CHAR16 file_name[] = u"BULKHEAD.TXT";

/* The image's own path up to its last backslash, then the file's name. */
static bool path_beside(const EFI_DEVICE_PATH *node, CHAR16 *path)
{
    const uint8_t *bytes = (const uint8_t *)node;
    size_t length = 0, folder = 0, node_bytes = (size_t)(bytes[2] | bytes[3] << 8);
    if (bytes[0] != NODE_MEDIA || bytes[1] != NODE_FILE_PATH || node_bytes < NODE_HEADER)
        return false;
    for (; length < (node_bytes - NODE_HEADER) / sizeof(CHAR16); length++) {
        if (length + sizeof(file_name) / sizeof(CHAR16) >= PATH_MOST)
            return false;
        memcpy(&path[length], bytes + NODE_HEADER + length * sizeof(CHAR16), sizeof(CHAR16));
        if (path[length] == 0)
            break;
        if (path[length] == u'\\')
            folder = length + 1;
    }
    memcpy(path + folder, file_name, sizeof(file_name));
    return true;
}

/* What was there before is of another boot. */
EFI_FILE_HANDLE beside_create(void)
{
    static CHAR16 path[PATH_MOST];
    EFI_GUID image = EFI_LOADED_IMAGE_PROTOCOL_GUID, volume = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *loaded = NULL;
    EFI_FILE_IO_INTERFACE *files = NULL;
    EFI_FILE_HANDLE root = NULL, file = NULL;
    EFI_BOOT_SERVICES *boot = firmware->BootServices;
    UINT64 mode = EFI_FILE_MODE_READ | EFI_FILE_MODE_WRITE;
    if (boot->HandleProtocol(firmware_image, &image, (void **)&loaded) != EFI_SUCCESS ||
        !loaded->FilePath || !path_beside(loaded->FilePath, path) ||
        boot->HandleProtocol(loaded->DeviceHandle, &volume, (void **)&files) != EFI_SUCCESS ||
        files->OpenVolume(files, &root) != EFI_SUCCESS)
        return NULL;
    if (root->Open(root, &file, path, mode, 0) == EFI_SUCCESS)
        file->Delete(file);
    if (root->Open(root, &file, path, mode | EFI_FILE_MODE_CREATE, 0) != EFI_SUCCESS)
        file = NULL;
    root->Close(root);
    return file;
}
