/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF files of the hypervisor and of `elf64` payloads. System V ABI, "ELF Header" and "Program
 * Header".
 */
#ifndef BULKHEAD_BOOT_ELF64_H
#define BULKHEAD_BOOT_ELF64_H

#include <stddef.h>
#include <stdint.h>

enum { ELF64_MAX_SEGMENTS = 16 };
enum elf64_flags { ELF64_EXECUTE = 1, ELF64_WRITE = 2, ELF64_READ = 4 };

/* A PT_LOAD segment with at least one byte of memory. */
struct elf64_segment {
    uint64_t address, bytes;     /* in memory; [address, address + bytes) does not wrap */
    uint64_t offset, file_bytes; /* inside the file; file_bytes <= bytes */
    uint64_t physical;           /* p_paddr */
    uint32_t flags;              /* enum elf64_flags */
};

struct elf64 {
    uint64_t entry;
    uint32_t count;
    struct elf64_segment segments[ELF64_MAX_SEGMENTS]; /* ascending by address, disjoint */
};

enum elf64_error {
    ELF64_OK,
    ELF64_TOO_SHORT, /* the header or the program headers lie outside the file */
    ELF64_NOT_ELF,   /* no 64-bit little-endian ELF file of version 1 */
    ELF64_NOT_X86_64,
    ELF64_NOT_STATIC,    /* not ET_EXEC, or it asks for an interpreter */
    ELF64_SEGMENT_COUNT, /* none to load, or more than ELF64_MAX_SEGMENTS */
    ELF64_OUTSIDE_FILE,  /* a segment's bytes lie outside the file */
    ELF64_OUT_OF_RANGE,  /* a segment wraps around, or has more bytes in the file than in memory */
    ELF64_UNALIGNED,     /* address and file offset differ modulo p_align, or that is no 2^n */
    ELF64_OVERLAP,       /* segments overlap or do not ascend */
    ELF64_BAD_ENTRY,     /* the entry lies in no executable segment */
    ELF64_ERRORS,
};

/* Reads and checks `bytes` bytes at `file` (any alignment). `out` is valid only for ELF64_OK. */
enum elf64_error elf64_parse(const void *file, size_t bytes, struct elf64 *out);

/* What is wrong, as the end of a sentence that starts with the file's name. */
const char *elf64_error_text(enum elf64_error error);

#endif
