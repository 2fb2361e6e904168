/* SPDX-License-Identifier: Apache-2.0 */
/* ELF64 executables, read defensively (System V ABI, Program Loading). */
#ifndef BULKHEAD_TOOL_ELF64_H
#define BULKHEAD_TOOL_ELF64_H

#include <stddef.h>
#include <stdint.h>

/* The program headers lie in a file's first ELF64_HEAD_BYTES: no more of it is read. */
enum { ELF64_MAX_SEGMENTS = 16, ELF64_HEAD_BYTES = 1 << 20 };

/* A PT_LOAD entry with bytes in memory. */
struct elf64_segment {
    uint32_t number; /* in the program header table, from 0, as readelf counts */
    uint32_t flags;  /* PF_R, PF_W, PF_X */
    uint64_t offset, file_bytes;
    uint64_t address, bytes; /* in memory; the virtual address */
    uint64_t physical;
    uint64_t align;
};

struct elf64 {
    uint64_t entry;
    uint32_t count;
    struct elf64_segment segments[ELF64_MAX_SEGMENTS];
    uint64_t headers_end; /* of ELF header and program header table, in the file */
};

/*
 * Fills `out` from an x86-64 executable of type ET_EXEC, of whose `size` bytes the first
 * ELF64_HEAD_BYTES are at `bytes`. Returns NULL, or what is wrong as the rest of a sentence ("is a
 * shared object ...") with what to do about it in `remedy`. Segments are listed as they are, not
 * checked.
 */
const char *elf64_open(const uint8_t *bytes, uint64_t size, struct elf64 *out, const char **remedy);

/*
 * Whether the segment's bytes lie in a file of `size` bytes, and its address range below 2^64, and
 * it has no more bytes in the file than in memory.
 */
int elf64_segment_is_whole(const struct elf64_segment *segment, uint64_t size);

#endif
