/* SPDX-License-Identifier: Apache-2.0 */
/* PE32+ images: reading sections defensively, and appending some (PE Format specification). */
#ifndef BULKHEAD_PE_H
#define BULKHEAD_PE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct payload;

enum { PE_MAX_SECTIONS = 32 };

struct pe_section {
    char name[9];
    uint32_t virtual_bytes, address; /* in memory; the address counts from the image's base */
    uint32_t raw_bytes, raw_offset;  /* in the file */
    uint32_t flags;
};

struct pe {
    const uint8_t *bytes;
    uint64_t size;
    uint32_t file_header, optional_header, section_table; /* file offsets */
    uint32_t header_bytes, section_align, file_align, image_bytes;
    uint32_t section_count;
    struct pe_section sections[PE_MAX_SECTIONS];
};

/* A run of bytes that is followed by zeros up to the next multiple of 4 KiB. */
struct pe_piece {
    const void *bytes; /* NULL: those of `file` */
    uint64_t size;
    const struct payload *file;
};

/* A read-only data section that is to be appended. */
struct pe_addition {
    const char *name;
    const struct pe_piece *pieces;
    uint32_t piece_count;
};

/*
 * Reads the headers of an x86-64 EFI application. Returns NULL, or what is wrong as the rest of a
 * sentence ("is no PE file"). Every section of `out` lies within the file.
 */
const char *pe_open(const void *bytes, uint64_t size, struct pe *out);

/* The section of that name, or NULL. */
const struct pe_section *pe_find(const struct pe *pe, const char *name);

/* Where the first appended section will lie in memory, counted from the image's base. */
uint64_t pe_end(const struct pe *pe);

/*
 * Writes `pe` with the sections of `added` behind its own: headers corrected, NX_COMPAT set, time
 * stamp and symbol table cleared, .rsrc made the resource directory, what followed the last section
 * dropped, checksum computed. Returns NULL, or why this cannot be done with this file ("has no room
 * ..."); an error of writing shows in ferror(out).
 */
const char *pe_append(const struct pe *pe, const struct pe_addition *added, uint32_t count,
                      FILE *out);

#endif
