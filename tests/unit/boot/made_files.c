/* SPDX-License-Identifier: Apache-2.0 */
/* Small ELF files and bzImages made in tests. */
#include "made_files.h"
#include "kernel/abi/layout.h"
#include <assert.h>
#include <string.h>

enum { DATA_OFFSET = 0x1000 };

void made_elf_init(struct made_elf *elf, uint64_t entry)
{
    memset(elf, 0, sizeof(*elf));
    elf->header = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_entry = entry,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
    };
}

Elf64_Phdr *made_elf_segment(struct made_elf *elf, uint32_t flags, uint64_t address,
                             uint64_t file_bytes, uint64_t bytes)
{
    Elf64_Phdr *program = &elf->programs[elf->header.e_phnum++];
    elf->used = ((elf->used + 0xfff) & ~(size_t)0xfff) + (file_bytes ? address % 0x1000 : 0);
    assert(elf->used + file_bytes <= sizeof(elf->data));
    *program = (Elf64_Phdr){
        .p_type = PT_LOAD,
        .p_flags = flags,
        .p_offset = file_bytes ? DATA_OFFSET + elf->used : 0,
        .p_vaddr = address,
        .p_paddr = address,
        .p_filesz = file_bytes,
        .p_memsz = bytes,
        .p_align = 0x1000,
    };
    for (size_t i = 0; i < file_bytes; i++)
        elf->data[elf->used++] = (uint8_t)(address >> 12) ^ (uint8_t)(i * 5 + 1);
    return program;
}

size_t made_elf_write(const struct made_elf *elf, uint8_t *out, size_t room)
{
    size_t programs = elf->header.e_phnum * sizeof(Elf64_Phdr);
    size_t bytes = DATA_OFFSET + elf->used;
    assert(bytes <= room);
    memset(out, 0, bytes);
    memcpy(out, &elf->header, sizeof(elf->header));
    memcpy(out + sizeof(elf->header), elf->programs, programs);
    memcpy(out + DATA_OFFSET, elf->data, elf->used);
    return bytes;
}

void made_kernel(struct made_elf *elf)
{
    made_elf_init(elf, VA_KERNEL + 0x40);
    made_elf_segment(elf, PF_R | PF_X, VA_KERNEL, 0x3456, 0x3456);
    made_elf_segment(elf, PF_R, VA_KERNEL + 0x4000, 0x1234, 0x1234);
    made_elf_segment(elf, PF_R | PF_X, VA_START, 0x1456, 0x1456);
    made_elf_segment(elf, PF_R, VA_START + 0x2000, 0x234, 0x234);
    made_elf_segment(elf, PF_R | PF_W, VA_CPU, 0, 0x7000);
    made_elf_segment(elf, PF_R | PF_W, VA_CPU + 0x8000, 0, 0x4000);
    made_elf_segment(elf, PF_R | PF_W, VA_CPU + 0xd000, 0, 0x1000);
    made_elf_segment(elf, PF_R | PF_W, VA_CPU + 0xf000, 0, 0x1000);
    made_elf_segment(elf, PF_R | PF_W, VA_DOMAIN, 0, 0x1000);
}

static void put(uint8_t *out, size_t offset, size_t bytes, uint64_t value)
{
    memcpy(out + offset, &value, bytes);
}

void made_bzimage(uint8_t out[MADE_BZIMAGE_BYTES])
{
    for (size_t i = 0; i < MADE_BZIMAGE_BYTES; i++)
        out[i] = (uint8_t)(i * 11 + 3);
    memset(out + 0x1f1, 0, 0x290 - 0x1f1);
    put(out, 0x1f1, 1, 4);
    put(out, 0x1f4, 4, (MADE_BZIMAGE_BYTES - MADE_BZIMAGE_CODE) / 16);
    put(out, 0x1fe, 2, 0xaa55);
    put(out, 0x200, 2, 0x6aeb);
    memcpy(out + 0x202, "HdrS", 4);
    put(out, 0x206, 2, 0x20f);
    put(out, 0x211, 1, 1);
    put(out, 0x214, 4, 0x100000);
    put(out, 0x22c, 4, 0x7fffffff);
    put(out, 0x230, 4, 0x200000);
    put(out, 0x234, 1, 1);
    put(out, 0x236, 2, 0x7f);
    put(out, 0x238, 4, 2047);
    put(out, 0x258, 8, 0x1000000);
    put(out, 0x260, 4, 0x2000000);
}
