/* SPDX-License-Identifier: Apache-2.0 */
/* Reads ELF files, trusting nothing in them. */
#include "elf64.h"
#include "boot/plan/align.h"
#include <string.h>

struct elf64_file_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, program_offset, section_offset;
    uint32_t flags;
    uint16_t header_bytes, program_bytes, program_count;
    uint16_t section_bytes, section_count, section_names;
};

struct elf64_program_header {
    uint32_t type, flags;
    uint64_t offset, address, physical, file_bytes, bytes, alignment;
};

enum {
    ELF_TYPE_EXECUTABLE = 2,
    ELF_MACHINE_X86_64 = 62,
    ELF_LOAD = 1,
    ELF_INTERPRETER = 3,
};
/* Magic, class 64 bit, little endian, version 1. */
static const uint8_t elf_ident[7] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

static const char *const error_texts[ELF64_ERRORS] = {
    [ELF64_OK] = "is a good ELF file",
    [ELF64_TOO_SHORT] = "is cut off: its ELF headers lie outside the file",
    [ELF64_NOT_ELF] = "is no 64-bit little-endian ELF file",
    [ELF64_NOT_X86_64] = "is an ELF file for another processor than x86-64",
    [ELF64_NOT_STATIC] = "is no statically linked ELF executable (ET_EXEC without interpreter)",
    [ELF64_SEGMENT_COUNT] = "has no segment to load or more than 16",
    [ELF64_OUTSIDE_FILE] = "has a segment whose bytes lie outside the file",
    [ELF64_OUT_OF_RANGE] = "has a segment with impossible sizes",
    [ELF64_UNALIGNED] = "has an unaligned segment",
    [ELF64_OVERLAP] = "has segments that overlap or do not ascend",
    [ELF64_BAD_ENTRY] = "has its entry point outside of executable segments",
};

const char *elf64_error_text(enum elf64_error error)
{
    return (unsigned int)error < ELF64_ERRORS ? error_texts[error] : "is bad";
}

static enum elf64_error add_segment(struct elf64 *elf, const struct elf64_program_header *program,
                                    size_t file_bytes)
{
    if (program->offset > file_bytes || program->file_bytes > file_bytes - program->offset)
        return ELF64_OUTSIDE_FILE;
    if (program->file_bytes > program->bytes || program->address + program->bytes < program->bytes)
        return ELF64_OUT_OF_RANGE;
    if (program->alignment > 1) {
        if (program->alignment & (program->alignment - 1))
            return ELF64_UNALIGNED;
        if (program->file_bytes && (program->address - program->offset) % program->alignment)
            return ELF64_UNALIGNED;
    }
    if (elf->count == ELF64_MAX_SEGMENTS)
        return ELF64_SEGMENT_COUNT;
    if (elf->count > 0) {
        const struct elf64_segment *before = &elf->segments[elf->count - 1];
        if (program->address < before->address + before->bytes)
            return ELF64_OVERLAP;
    }
    elf->segments[elf->count++] = (struct elf64_segment){
        .address = program->address,
        .bytes = program->bytes,
        .offset = program->offset,
        .file_bytes = program->file_bytes,
        .physical = program->physical,
        .flags = program->flags & (ELF64_EXECUTE | ELF64_WRITE | ELF64_READ),
    };
    return ELF64_OK;
}

static enum elf64_error check_header(const struct elf64_file_header *header, size_t bytes)
{
    if (memcmp(header->ident, elf_ident, sizeof(elf_ident)) != 0 || header->version != 1)
        return ELF64_NOT_ELF;
    if (header->machine != ELF_MACHINE_X86_64)
        return ELF64_NOT_X86_64;
    if (header->type != ELF_TYPE_EXECUTABLE)
        return ELF64_NOT_STATIC;
    if (header->program_count > 0 && header->program_bytes != sizeof(struct elf64_program_header))
        return ELF64_NOT_ELF;
    if (header->program_offset > bytes ||
        (uint64_t)header->program_count * sizeof(struct elf64_program_header) >
            bytes - header->program_offset)
        return ELF64_TOO_SHORT;
    return ELF64_OK;
}

enum elf64_error elf64_parse(const void *file, size_t bytes, struct elf64 *out)
{
    struct elf64_file_header header;
    memset(out, 0, sizeof(*out));
    if (bytes < sizeof(header))
        return ELF64_TOO_SHORT;
    memcpy(&header, file, sizeof(header));
    enum elf64_error error = check_header(&header, bytes);
    for (uint32_t i = 0; i < header.program_count && !error; i++) {
        struct elf64_program_header program;
        memcpy(&program, (const uint8_t *)file + header.program_offset + i * sizeof(program),
               sizeof(program));
        if (program.type == ELF_INTERPRETER)
            error = ELF64_NOT_STATIC;
        else if (program.type == ELF_LOAD && program.bytes > 0)
            error = add_segment(out, &program, bytes);
    }
    if (error)
        return error;
    if (out->count == 0)
        return ELF64_SEGMENT_COUNT;
    out->entry = header.entry;
    for (uint32_t i = 0; i < out->count; i++) {
        const struct elf64_segment *segment = &out->segments[i];
        if (segment->flags & ELF64_EXECUTE && header.entry >= segment->address &&
            header.entry - segment->address < segment->bytes)
            return ELF64_OK;
    }
    return ELF64_BAD_ENTRY;
}
