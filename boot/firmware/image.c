/* SPDX-License-Identifier: Apache-2.0 */
/* Sections of the loader's own PE image, as the firmware loaded it. PE format, "Section Table". */
#include "firmware.h"
#include <string.h>

enum {
    PE_OFFSET_FIELD = 0x3c,
    PE_SIGNATURE = 0x00004550,
    PE_SECTION_COUNT = 6, /* from the signature */
    PE_OPTIONAL_BYTES = 20,
    PE_HEADER_BYTES = 24,
    PE_SECTION_BYTES = 40,
    PE_MAX_HEADER = 4096,
};

EFI_SYSTEM_TABLE *firmware;
EFI_HANDLE firmware_image;

static uint32_t read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint16_t read16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static bool take_section(const EFI_LOADED_IMAGE *loaded, const uint8_t *header, const char *name,
                         struct image_section *out)
{
    char padded[8] = {0};
    memcpy(padded, name, strlen(name));
    if (memcmp(header, padded, sizeof(padded)) != 0)
        return false;
    uint32_t bytes = read32(header + 8), address = read32(header + 12);
    if (address >= loaded->ImageSize || bytes > loaded->ImageSize - address)
        refuse("the image's section %s lies outside the image: the file is damaged; write it anew",
               name);
    *out = (struct image_section){(const uint8_t *)loaded->ImageBase + address, bytes};
    return true;
}

void image_open(struct image *image)
{
    EFI_GUID guid = EFI_LOADED_IMAGE_PROTOCOL_GUID;
    EFI_LOADED_IMAGE *loaded = NULL;
    if (firmware->BootServices->HandleProtocol(firmware_image, &guid, (void **)&loaded) !=
        EFI_SUCCESS)
        refuse("the firmware does not say where it loaded the image; update the firmware");

    const uint8_t *base = loaded->ImageBase;
    uint32_t pe = read32(base + PE_OFFSET_FIELD);
    if (loaded->ImageSize < PE_MAX_HEADER || pe > PE_MAX_HEADER - PE_HEADER_BYTES ||
        read32(base + pe) != PE_SIGNATURE)
        refuse("the loaded image has no PE header: the firmware hides it; update the firmware");

    uint32_t section = pe + PE_HEADER_BYTES + read16(base + pe + PE_OPTIONAL_BYTES);
    uint32_t count = read16(base + pe + PE_SECTION_COUNT);
    for (uint32_t i = 0; i < count && section + PE_SECTION_BYTES <= PE_MAX_HEADER; i++) {
        const uint8_t *header = base + section;
        if (!take_section(loaded, header, ".kernel", &image->kernel) &&
            !take_section(loaded, header, ".manif", &image->manifest))
            take_section(loaded, header, ".payload", &image->payload);
        section += PE_SECTION_BYTES;
    }
    if (!image->kernel.data || !image->manifest.data || !image->payload.data)
        refuse("the image has no %s section: this is the bare loader or a truncated file; make the "
               "image with `bulkhead build`",
               !image->kernel.data     ? ".kernel"
               : !image->manifest.data ? ".manif"
                                       : ".payload");
}
