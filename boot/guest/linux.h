/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bzImage files and the zero page. Linux documentation, "The Linux/x86 Boot Protocol" and "Zero
 * Page".
 */
#ifndef BULKHEAD_BOOT_LINUX_H
#define BULKHEAD_BOOT_LINUX_H

#include "kernel/abi/guest.h"
#include <stddef.h>

struct linux_kernel {
    uint64_t load;                    /* guest-physical address of its 64-bit code */
    uint64_t code_offset, code_bytes; /* of that code in the file */
    uint64_t memory_bytes;            /* RAM that it needs at `load` before it reads e820 */
    uint64_t initrd_end_max;          /* the initrd must end at or below this address */
    uint32_t cmdline_max;             /* characters without the terminating zero */
    uint32_t header_bytes;            /* of the setup header in the file */
};

enum linux_error {
    LINUX_OK,
    LINUX_NOT_BZIMAGE,
    LINUX_TOO_OLD,    /* boot protocol before 2.12 */
    LINUX_NOT_64_BIT, /* no 64-bit entry */
    LINUX_TRUNCATED,
    LINUX_BAD_ADDRESS, /* load address, alignment or sizes that make no sense */
    LINUX_ERRORS,
};

/* Reads and checks `bytes` bytes at `file` (any alignment). `out` is valid only for LINUX_OK. */
enum linux_error linux_parse(const void *file, size_t bytes, struct linux_kernel *out);

/* What is wrong, as the end of a sentence that starts with the file's name. */
const char *linux_error_text(enum linux_error error);

/* The address where 64-bit code is entered. */
uint64_t linux_entry(const struct linux_kernel *kernel);

struct linux_boot {
    uint64_t initrd, initrd_bytes; /* 0, 0: none */
    uint32_t memory_count;
    const struct guest_memory *memory;
};

/* Fills the zeroed page `params` for the kernel in `file`, which linux_parse() has accepted. */
void linux_boot_params(const void *file, const struct linux_kernel *kernel,
                       const struct linux_boot *boot, uint8_t params[PAGE_BYTES]);

#endif
