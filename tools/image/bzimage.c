/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a Linux kernel (The Linux/x86 Boot Protocol, The Real-Mode Kernel Header). */
#include "bzimage.h"

#include <string.h>

enum {
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4, /* in 16-byte paragraphs */
    BOOT_FLAG = 0x1fe,
    JUMP_LENGTH = 0x201, /* the header ends so many bytes behind HEADER */
    HEADER = 0x202,
    VERSION = 0x206,
    LOADFLAGS = 0x211,
    INITRD_ADDR_MAX = 0x22c,
    KERNEL_ALIGNMENT = 0x230,
    RELOCATABLE_KERNEL = 0x234,
    XLOADFLAGS = 0x236,
    CMDLINE_SIZE = 0x238,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    HEADER_END = 0x264, /* of protocol 2.12 */
    LOADED_HIGH = 1 << 0,
    XLF_KERNEL_64 = 1 << 0,
    SECTOR = 512,
    ENTRY_64 = 0x200, /* of the 64-bit entry in the protected-mode code */
    PAGE = 4096,
};

/* A little-endian number of up to eight bytes. */
static uint64_t field(const uint8_t *bytes, uint32_t offset, uint32_t length)
{
    uint64_t value = 0;

    while (length-- > 0)
        value = value << 8 | bytes[offset + length];
    return value;
}

static bool is_aligned(const uint8_t *bytes, uint64_t address)
{
    uint64_t alignment = field(bytes, KERNEL_ALIGNMENT, 4);

    if (bytes[RELOCATABLE_KERNEL] &&
        (alignment == 0 || (alignment & (alignment - 1)) != 0 || address % alignment != 0))
        return false;
    return address % PAGE == 0;
}

struct bzimage bzimage_read(const uint8_t *bytes, uint64_t size)
{
    struct bzimage image = {0};

    if (size < HEADER_END || field(bytes, BOOT_FLAG, 2) != 0xaa55 ||
        memcmp(bytes + HEADER, "HdrS", 4) != 0)
        return image;
    image.is_bzimage = bytes[LOADFLAGS] & LOADED_HIGH;
    image.version = (uint32_t)field(bytes, VERSION, 2);
    uint64_t code = ((bytes[SETUP_SECTS] ? bytes[SETUP_SECTS] : 4u) + 1) * SECTOR;
    image.is_whole = size > code + ENTRY_64 && field(bytes, SYSSIZE, 4) * 16 <= size - code + 15;
    if (image.version < BZIMAGE_MIN_PROTOCOL || HEADER + bytes[JUMP_LENGTH] < HEADER_END)
        return image;
    image.entry_64 = field(bytes, XLOADFLAGS, 2) & XLF_KERNEL_64;
    image.preferred_address = field(bytes, PREF_ADDRESS, 8);
    image.is_aligned = is_aligned(bytes, image.preferred_address);
    image.init_bytes = field(bytes, INIT_SIZE, 4);
    if (image.is_whole && image.init_bytes < size - code)
        image.init_bytes = size - code;
    image.initrd_max = field(bytes, INITRD_ADDR_MAX, 4);
    image.cmdline_length = (uint32_t)field(bytes, CMDLINE_SIZE, 4);
    return image;
}
