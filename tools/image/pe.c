/* SPDX-License-Identifier: Apache-2.0 */
/* Reads PE32+ images defensively: every section lies within the file. */
#include "pe.h"

#include "pe_format.h"
#include <string.h>

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static const char *open_headers(const uint8_t *bytes, uint64_t size, struct pe *out)
{
    if (size < DOS_PE_OFFSET + 4 || memcmp(bytes, "MZ", 2) != 0)
        return "is no PE file";
    out->file_header = get32(bytes + DOS_PE_OFFSET);
    if (out->file_header > size || size - out->file_header < FILE_BYTES + OPTIONAL_MIN_BYTES ||
        memcmp(bytes + out->file_header, "PE\0\0", 4) != 0)
        return "is no PE file";
    const uint8_t *file = bytes + out->file_header;
    const uint8_t *optional = file + FILE_BYTES;
    if (get16(file + FILE_MACHINE) != MACHINE_X86_64 ||
        get16(optional + OPTIONAL_MAGIC) != MAGIC_PE32_PLUS ||
        get16(file + FILE_OPTIONAL_BYTES) < OPTIONAL_MIN_BYTES)
        return "is no PE32+ file for x86-64";
    if (get16(optional + OPTIONAL_SUBSYSTEM) != SUBSYSTEM_EFI_APPLICATION)
        return "is no EFI application";
    out->optional_header = out->file_header + FILE_BYTES;
    out->section_table = out->optional_header + get16(file + FILE_OPTIONAL_BYTES);
    out->section_count = get16(file + FILE_SECTIONS);
    out->header_bytes = get32(optional + OPTIONAL_HEADER_BYTES);
    out->section_align = get32(optional + OPTIONAL_SECTION_ALIGN);
    out->file_align = get32(optional + OPTIONAL_FILE_ALIGN);
    out->image_bytes = get32(optional + OPTIONAL_IMAGE_BYTES);
    if (out->section_count == 0 || out->section_count > PE_MAX_SECTIONS ||
        !is_power_of_two(out->section_align) || !is_power_of_two(out->file_align) ||
        out->file_align > 65536 || out->section_align > (1 << 20) || out->header_bytes > size ||
        (uint64_t)out->section_table + out->section_count * SECTION_BYTES > out->header_bytes)
        return "has a damaged PE header";
    return NULL;
}

const char *pe_open(const void *file, uint64_t size, struct pe *out)
{
    const uint8_t *bytes = file;

    memset(out, 0, sizeof(*out));
    out->bytes = bytes;
    out->size = size;
    const char *complaint = open_headers(bytes, size, out);
    for (uint32_t i = 0; !complaint && i < out->section_count; i++) {
        const uint8_t *from = bytes + out->section_table + i * SECTION_BYTES;
        struct pe_section *section = &out->sections[i];

        memcpy(section->name, from, 8);
        section->virtual_bytes = get32(from + SECTION_VIRTUAL_BYTES);
        section->address = get32(from + SECTION_ADDRESS);
        section->raw_bytes = get32(from + SECTION_RAW_BYTES);
        section->raw_offset = get32(from + SECTION_RAW_OFFSET);
        section->flags = get32(from + SECTION_FLAGS);
        if (section->raw_bytes > 0 &&
            (section->raw_offset > size || section->raw_bytes > size - section->raw_offset))
            complaint = "is cut off: a section lies beyond its end";
    }
    return complaint;
}

const struct pe_section *pe_find(const struct pe *pe, const char *name)
{
    for (uint32_t i = 0; i < pe->section_count; i++) {
        if (strcmp(pe->sections[i].name, name) == 0)
            return &pe->sections[i];
    }
    return NULL;
}
