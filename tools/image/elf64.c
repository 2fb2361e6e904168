/* SPDX-License-Identifier: Apache-2.0 */
/* ELF64 executables, read defensively (System V ABI, Program Loading). */
#include "elf64.h"

#include <elf.h>
#include <string.h>

static const char link_remedy[] = "link it statically for x86-64 at a fixed address "
                                  "(-static -no-pie)";
static const char name_remedy[] = "name a static x86-64 executable; a Linux kernel (bzImage) "
                                  "boots with `linux`";

static const char *header_complaint(const Elf64_Ehdr *header, uint64_t size)
{
    if (size < sizeof(*header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
        return "is no ELF file";
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT)
        return "is not a 64-bit little-endian ELF file";
    if (header->e_machine != EM_X86_64)
        return "is an ELF file for another processor than x86-64";
    if (header->e_type == ET_DYN)
        return "is a shared object or position-independent executable";
    if (header->e_type != ET_EXEC)
        return "is an ELF file, but no executable (a .o file or core dump)";
    return NULL;
}

static const char *table_complaint(const Elf64_Ehdr *header, uint64_t size)
{
    uint64_t table = (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);

    if (header->e_phnum == 0)
        return "has no program headers";
    if (header->e_phentsize != sizeof(Elf64_Phdr))
        return "has program headers of an unknown size";
    if (header->e_phoff > size || table > size - header->e_phoff)
        return "is cut off within its program headers";
    if (header->e_phoff + table > ELF64_HEAD_BYTES)
        return "has program headers behind its first 1M";
    return NULL;
}

const char *elf64_open(const uint8_t *bytes, uint64_t size, struct elf64 *out, const char **remedy)
{
    Elf64_Ehdr header = {0};

    memset(out, 0, sizeof(*out));
    memcpy(&header, bytes, size < sizeof(header) ? (size_t)size : sizeof(header));
    const char *complaint = header_complaint(&header, size);
    *remedy = memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 ? link_remedy : name_remedy;
    if (complaint)
        return complaint;
    complaint = table_complaint(&header, size);
    *remedy = "build or copy the file again; a linker puts them behind the ELF header";
    if (complaint)
        return complaint;
    out->entry = header.e_entry;
    out->headers_end = header.e_phoff + (uint64_t)header.e_phnum * sizeof(Elf64_Phdr);
    for (uint32_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;

        memcpy(&segment, bytes + header.e_phoff + (uint64_t)i * sizeof(segment), sizeof(segment));
        *remedy = link_remedy;
        if (segment.p_type == PT_INTERP || segment.p_type == PT_DYNAMIC)
            return "asks for a dynamic linker, which a domain has not";
        if (segment.p_type != PT_LOAD || segment.p_memsz == 0)
            continue;
        *remedy = "link it with a linker script that merges them";
        if (out->count == ELF64_MAX_SEGMENTS)
            return "has more than 16 loadable segments";
        out->segments[out->count++] = (struct elf64_segment){.number = i,
                                                             .flags = segment.p_flags,
                                                             .offset = segment.p_offset,
                                                             .file_bytes = segment.p_filesz,
                                                             .address = segment.p_vaddr,
                                                             .bytes = segment.p_memsz,
                                                             .physical = segment.p_paddr,
                                                             .align = segment.p_align};
    }
    *remedy = "check the linker script";
    return out->count == 0 ? "has no loadable segment" : NULL;
}

int elf64_segment_is_whole(const struct elf64_segment *segment, uint64_t size)
{
    return segment->file_bytes <= segment->bytes && segment->offset <= size &&
           segment->file_bytes <= size - segment->offset &&
           segment->bytes - 1 <= UINT64_MAX - segment->address;
}
