/* SPDX-License-Identifier: Apache-2.0 */
/* The header of a Linux kernel (The Linux/x86 Boot Protocol, The Real-Mode Kernel Header). */
#ifndef BULKHEAD_BZIMAGE_H
#define BULKHEAD_BZIMAGE_H

#include <stdbool.h>
#include <stdint.h>

enum { BZIMAGE_MIN_PROTOCOL = 0x20c };

struct bzimage {
    bool is_bzimage;  /* signatures are right and the kernel is loaded high */
    bool is_whole;    /* the file holds all of setup and protected-mode code */
    uint32_t version; /* of the protocol: 0x20c is 2.12 */
    bool entry_64;    /* XLF_KERNEL_64 */
    bool is_aligned;  /* the preferred address suits pages and the kernel's own alignment */
    uint64_t preferred_address;
    uint64_t init_bytes;     /* memory needed from there until the kernel manages its own */
    uint64_t initrd_max;     /* highest address that the initrd may occupy */
    uint32_t cmdline_length; /* longest command line, without its zero */
};

/* Reads a header; fields beyond the protocol's version are 0. */
struct bzimage bzimage_read(const uint8_t *bytes, uint64_t size);

#endif
