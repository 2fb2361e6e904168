/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of PE32+ files (PE Format: "Optional Header", "Section Table"). */
#ifndef BULKHEAD_PE_FORMAT_H
#define BULKHEAD_PE_FORMAT_H

#include <stdint.h>

/* Offsets in the file, the COFF file header, the optional header and a section header. */
enum {
    DOS_PE_OFFSET = 0x3c,
    FILE_MACHINE = 4,
    FILE_SECTIONS = 6,
    FILE_TIME = 8,
    FILE_SYMBOLS = 12,
    FILE_SYMBOL_COUNT = 16,
    FILE_OPTIONAL_BYTES = 20,
    FILE_BYTES = 24, /* with the signature */
    OPTIONAL_MAGIC = 0,
    OPTIONAL_DATA_BYTES = 8,
    OPTIONAL_SECTION_ALIGN = 32,
    OPTIONAL_FILE_ALIGN = 36,
    OPTIONAL_IMAGE_BYTES = 56,
    OPTIONAL_HEADER_BYTES = 60,
    OPTIONAL_CHECKSUM = 64,
    OPTIONAL_SUBSYSTEM = 68,
    OPTIONAL_DLL_FLAGS = 70,
    OPTIONAL_DIRECTORIES = 108,
    OPTIONAL_RESOURCE = 128,    /* directory 2 */
    OPTIONAL_CERTIFICATE = 144, /* directory 4 */
    OPTIONAL_MIN_BYTES = 152,
    SECTION_VIRTUAL_BYTES = 8,
    SECTION_ADDRESS = 12,
    SECTION_RAW_BYTES = 16,
    SECTION_RAW_OFFSET = 20,
    SECTION_FLAGS = 36,
    SECTION_BYTES = 40,
    MACHINE_X86_64 = 0x8664,
    MAGIC_PE32_PLUS = 0x20b,
    SUBSYSTEM_EFI_APPLICATION = 10,
    NX_COMPAT = 0x100,
    PAGE = 4096,
};
#define SECTION_DATA    0x00000040u
#define SECTION_EXECUTE 0x20000000u
#define SECTION_READ    0x40000000u
#define SECTION_WRITE   0x80000000u

static inline uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

#endif
