/* SPDX-License-Identifier: Apache-2.0 */
/* Small ELF files and bzImages made in tests, to be broken there field by field. */
#ifndef BULKHEAD_MADE_FILES_H
#define BULKHEAD_MADE_FILES_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

struct made_elf {
    Elf64_Ehdr header;
    Elf64_Phdr programs[20];
    uint8_t data[0x10000];
    size_t used; /* of data; data starts at file offset 0x1000 */
};

/* An x86-64 ET_EXEC file without segments. */
void made_elf_init(struct made_elf *elf, uint64_t entry);

/* Adds a PT_LOAD segment: `file_bytes` of a pattern made from the address, then zeros. */
Elf64_Phdr *made_elf_segment(struct made_elf *elf, uint32_t flags, uint64_t address,
                             uint64_t file_bytes, uint64_t bytes);

/* The file: what there is from the start of `elf`'s header on. Returns its size. */
size_t made_elf_write(const struct made_elf *elf, uint8_t *out, size_t room);

/* A hypervisor as linker.ld lays it out: text, constants, 7+4+1+1 pages a processor, 1 a domain. */
void made_kernel(struct made_elf *elf);

/* Segments of made_kernel(), by index. */
enum {
    MADE_TEXT,
    MADE_CONSTANTS,
    MADE_START_TEXT,
    MADE_START_CONSTANTS,
    MADE_CPU,
    MADE_STACK,
    MADE_NMI,
    MADE_FAULT,
    MADE_DOMAIN
};

enum { MADE_BZIMAGE_BYTES = 5 * 512 + 0x3000, MADE_BZIMAGE_CODE = 5 * 512 };

/* A bzImage of protocol 2.15 with Debian's addresses: 16 MiB preferred, 32 MiB of init_size. */
void made_bzimage(uint8_t out[MADE_BZIMAGE_BYTES]);

#endif
