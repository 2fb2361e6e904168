/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a Linux kernel (The Linux/x86 Boot Protocol, The Real-Mode Kernel Header). */
#include "bzimage.h"

#include <string.h>

enum {
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4, /* in 16-byte paragraphs */
    BOOT_FLAG = 0x1fe,
    HEADER = 0x202,
    VERSION = 0x206,
    LOADFLAGS = 0x211,
    INITRD_ADDR_MAX = 0x22c,
    XLOADFLAGS = 0x236,
    CMDLINE_SIZE = 0x238,
    PREF_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    HEADER_END = 0x268,
    LOADED_HIGH = 1 << 0,
    XLF_KERNEL_64 = 1 << 0,
    SECTOR = 512,
};

/* A little-endian number of up to eight bytes. */
static uint64_t field(const uint8_t *bytes, uint32_t offset, uint32_t length)
{
    uint64_t value = 0;

    while (length-- > 0)
        value = value << 8 | bytes[offset + length];
    return value;
}

struct bzimage bzimage_read(const uint8_t *bytes, uint64_t size)
{
    struct bzimage image = {0};

    if (size < HEADER_END || field(bytes, BOOT_FLAG, 2) != 0xaa55 ||
        memcmp(bytes + HEADER, "HdrS", 4) != 0)
        return image;
    image.is_bzimage = bytes[LOADFLAGS] & LOADED_HIGH;
    image.version = (uint32_t)field(bytes, VERSION, 2);
    uint64_t sectors = bytes[SETUP_SECTS] ? bytes[SETUP_SECTS] : 4;
    image.is_whole = size > (sectors + 1) * SECTOR &&
                     field(bytes, SYSSIZE, 4) * 16 <= (size - (sectors + 1) * SECTOR + 15);
    if (image.version < BZIMAGE_MIN_PROTOCOL)
        return image;
    image.entry_64 = field(bytes, XLOADFLAGS, 2) & XLF_KERNEL_64;
    image.preferred_address = field(bytes, PREF_ADDRESS, 8);
    image.init_bytes = field(bytes, INIT_SIZE, 4);
    image.initrd_max = field(bytes, INITRD_ADDR_MAX, 4);
    image.cmdline_length = (uint32_t)field(bytes, CMDLINE_SIZE, 4);
    return image;
}
