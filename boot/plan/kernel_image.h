/* SPDX-License-Identifier: Apache-2.0 */
/* The resident hypervisor's ELF file, held against linker.ld and kernel/abi/layout.h (I11). */
#ifndef BULKHEAD_BOOT_KERNEL_IMAGE_H
#define BULKHEAD_BOOT_KERNEL_IMAGE_H

#include "boot/guest/elf64.h"
#include "facts.h"

/* What a segment is, which says who has a copy of it and how it is mapped. */
enum kernel_area {
    KERNEL_TEXT,      /* one copy: read and execute */
    KERNEL_CONSTANTS, /* one copy: read */
    KERNEL_START_TEXT,
    KERNEL_START_CONSTANTS, /* the same, of start-up */
    KERNEL_CPU,             /* a copy for each processor: read and write */
    KERNEL_DOMAIN,          /* a copy for each domain: read and write */
    KERNEL_AREAS,
};

struct kernel_segment {
    enum kernel_area area;
    uint64_t va, bytes;          /* whole pages */
    uint64_t block_offset;       /* in its block: text and constants, VA_CPU, or VA_DOMAIN */
    uint64_t offset, file_bytes; /* in the file; 0 for state, which starts as zeros */
};

struct kernel_image {
    uint64_t entry;
    uint64_t bytes[KERNEL_AREAS]; /* of each area, whole pages */
    uint32_t count;
    struct kernel_segment segments[ELF64_MAX_SEGMENTS];
};

/* Reads the file; false, with `why` filled, for anything but what linker.ld makes. */
bool kernel_image_parse(const void *file, size_t bytes, struct kernel_image *image,
                        struct diagnostic *why);

#endif
