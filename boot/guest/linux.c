/* SPDX-License-Identifier: Apache-2.0 */
/* bzImage files and the zero page. */
#include "linux.h"
#include "boot/plan/align.h"
#include <string.h>

/* Offsets in the file and, from SETUP_SECTS on, in the zero page alike. */
enum {
    ZERO_ACPI_RSDP = 0x070,
    ZERO_EXT_INITRD = 0x0c0,
    ZERO_EXT_INITRD_BYTES = 0x0c4,
    ZERO_E820_COUNT = 0x1e8,
    SETUP_SECTS = 0x1f1,
    SETUP_SYSSIZE = 0x1f4, /* 16-byte units */
    SETUP_BOOT_FLAG = 0x1fe,
    SETUP_JUMP = 0x200, /* its second byte says where the header ends */
    SETUP_MAGIC = 0x202,
    SETUP_VERSION = 0x206,
    SETUP_LOADER = 0x210,
    SETUP_LOADFLAGS = 0x211,
    SETUP_CODE32 = 0x214,
    SETUP_INITRD = 0x218,
    SETUP_INITRD_BYTES = 0x21c,
    SETUP_CMDLINE = 0x228,
    SETUP_INITRD_MAX = 0x22c,
    SETUP_ALIGNMENT = 0x230,
    SETUP_RELOCATABLE = 0x234,
    SETUP_XLOADFLAGS = 0x236,
    SETUP_CMDLINE_MAX = 0x238,
    SETUP_PREFERRED = 0x258,
    SETUP_INIT_BYTES = 0x260,
    SETUP_END_MIN = 0x264,
    SETUP_END_MAX = 0x290,
    ZERO_E820 = 0x2d0,
    E820_ENTRY_BYTES = 20,
};
enum {
    SECTOR_BYTES = 512,
    DEFAULT_SETUP_SECTS = 4,
    PROTOCOL_MIN = 0x20c, /* first with xloadflags */
    LOADED_HIGH = 1 << 0,
    KERNEL_64 = 1 << 0,
    LOADER_UNDEFINED = 0xff,
    ENTRY_64 = 0x200,
};
#define SETUP_MAGIC_VALUE 0x53726448u /* "HdrS" */

static const char *const error_texts[LINUX_ERRORS] = {
    [LINUX_OK] = "is a good bzImage",
    [LINUX_NOT_BZIMAGE] = "is no bzImage: give the kernel's vmlinuz file",
    [LINUX_TOO_OLD] = "has a boot protocol before 2.12: give a kernel of Linux 3.8 or later",
    [LINUX_NOT_64_BIT] = "has no 64-bit entry point: give an x86-64 kernel",
    [LINUX_TRUNCATED] = "is cut off: copy it again",
    [LINUX_BAD_ADDRESS] = "asks for an impossible load address: give another kernel",
};

const char *linux_error_text(enum linux_error error)
{
    return (unsigned int)error < LINUX_ERRORS ? error_texts[error] : "is bad";
}

static uint64_t get(const void *file, size_t offset, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, (const uint8_t *)file + offset, bytes);
    return value;
}

static void set(uint8_t *params, size_t offset, size_t bytes, uint64_t value)
{
    memcpy(params + offset, &value, bytes);
}

/*
 * The kernel is loaded at its preferred address. A relocatable one could go elsewhere, but below
 * it would move itself there, and above it only needs more memory.
 */
static enum linux_error read_addresses(const void *file, struct linux_kernel *out)
{
    uint64_t alignment = get(file, SETUP_ALIGNMENT, 4);
    out->load = get(file, SETUP_PREFERRED, 8);
    out->memory_bytes = max_u64(get(file, SETUP_INIT_BYTES, 4), out->code_bytes);
    if (out->load < GUEST_LOAD_MIN || out->load >= GUEST_HOLE_BASE || out->load % PAGE_BYTES)
        return LINUX_BAD_ADDRESS;
    if (get(file, SETUP_RELOCATABLE, 1) &&
        (alignment == 0 || alignment & (alignment - 1) || out->load % alignment))
        return LINUX_BAD_ADDRESS;
    return LINUX_OK;
}

enum linux_error linux_parse(const void *file, size_t bytes, struct linux_kernel *out)
{
    memset(out, 0, sizeof(*out));
    if (bytes < SETUP_END_MIN || get(file, SETUP_BOOT_FLAG, 2) != 0xaa55 ||
        get(file, SETUP_MAGIC, 4) != SETUP_MAGIC_VALUE)
        return LINUX_NOT_BZIMAGE;
    if (get(file, SETUP_VERSION, 2) < PROTOCOL_MIN)
        return LINUX_TOO_OLD;
    if (!(get(file, SETUP_LOADFLAGS, 1) & LOADED_HIGH))
        return LINUX_NOT_BZIMAGE;
    if (!(get(file, SETUP_XLOADFLAGS, 2) & KERNEL_64))
        return LINUX_NOT_64_BIT;
    uint64_t sectors = get(file, SETUP_SECTS, 1);
    out->code_offset = ((sectors ? sectors : DEFAULT_SETUP_SECTS) + 1) * SECTOR_BYTES;
    if (bytes <= out->code_offset + ENTRY_64)
        return LINUX_TRUNCATED;
    out->code_bytes = bytes - out->code_offset;
    if (get(file, SETUP_SYSSIZE, 4) * 16 >= out->code_bytes + 16)
        return LINUX_TRUNCATED;
    uint64_t end = SETUP_MAGIC + get(file, SETUP_JUMP + 1, 1);
    if (end < SETUP_END_MIN)
        return LINUX_NOT_BZIMAGE;
    out->header_bytes =
        (uint32_t)(min_u64(min_u64(end, SETUP_END_MAX), out->code_offset) - SETUP_SECTS);
    out->initrd_end_max = get(file, SETUP_INITRD_MAX, 4) + 1;
    out->cmdline_max = (uint32_t)get(file, SETUP_CMDLINE_MAX, 4);
    return read_addresses(file, out);
}

uint64_t linux_entry(const struct linux_kernel *kernel)
{
    return kernel->load + ENTRY_64;
}

void linux_boot_params(const void *file, const struct linux_kernel *kernel,
                       const struct linux_boot *boot, uint8_t params[PAGE_BYTES])
{
    memcpy(params + SETUP_SECTS, (const uint8_t *)file + SETUP_SECTS, kernel->header_bytes);
    set(params, ZERO_ACPI_RSDP, 8, GUEST_ACPI);
    set(params, SETUP_LOADER, 1, LOADER_UNDEFINED);
    set(params, SETUP_CODE32, 4, kernel->load);
    set(params, SETUP_CMDLINE, 4, GUEST_CMDLINE);
    set(params, SETUP_INITRD, 4, boot->initrd);
    set(params, SETUP_INITRD_BYTES, 4, boot->initrd_bytes);
    set(params, ZERO_EXT_INITRD, 4, boot->initrd >> 32);
    set(params, ZERO_EXT_INITRD_BYTES, 4, boot->initrd_bytes >> 32);
    set(params, ZERO_E820_COUNT, 1, boot->memory_count);
    for (uint32_t i = 0; i < boot->memory_count; i++) {
        size_t entry = ZERO_E820 + i * E820_ENTRY_BYTES;
        set(params, entry, 8, boot->memory[i].base);
        set(params, entry + 8, 8, boot->memory[i].bytes);
        set(params, entry + 16, 4, boot->memory[i].type);
    }
}
