/* SPDX-License-Identifier: Apache-2.0 */
/* The resident hypervisor's ELF file. */
#include "kernel_image.h"
#include "align.h"
#include "diagnostic.h"
#include "kernel/abi/layout.h"
#include <string.h>

/* Every kind of segment that linker.ld makes; whatever else a file has is refused. */
static const struct area {
    uint64_t base, end;
    uint32_t flags;
    bool in_file; /* all of it; else nothing of it */
} areas[KERNEL_AREAS] = {
    [KERNEL_TEXT] = {VA_KERNEL, VA_KERNEL_END, ELF64_READ | ELF64_EXECUTE, true},
    [KERNEL_CONSTANTS] = {VA_KERNEL, VA_KERNEL_END, ELF64_READ, true},
    [KERNEL_START_TEXT] = {VA_START, VA_START_END, ELF64_READ | ELF64_EXECUTE, true},
    [KERNEL_START_CONSTANTS] = {VA_START, VA_START_END, ELF64_READ, true},
    [KERNEL_CPU] = {VA_CPU, VA_CPU_END, ELF64_READ | ELF64_WRITE, false},
    [KERNEL_DOMAIN] = {VA_DOMAIN, VA_DOMAIN_END, ELF64_READ | ELF64_WRITE, false},
};

static const struct area *find_area(const struct elf64_segment *segment)
{
    for (const struct area *area = areas; area < areas + KERNEL_AREAS; area++)
        if (segment->flags == area->flags && segment->address >= area->base &&
            segment->address < area->end && segment->bytes <= area->end - segment->address &&
            segment->file_bytes == (area->in_file ? segment->bytes : 0))
            return area;
    return NULL;
}

static bool add_segment(struct kernel_image *image, const struct elf64_segment *segment,
                        struct diagnostic *why)
{
    const struct area *found = find_area(segment);
    if (!found || segment->address % PAGE_BYTES)
        return diagnose(why,
                        "the hypervisor has an unexpected segment at %lx (flags %x, %lu bytes, %lu "
                        "of them in the file): build it with linker.ld and without writable data",
                        segment->address, segment->flags, segment->bytes, segment->file_bytes);
    enum kernel_area area = (enum kernel_area)(found - areas);
    uint64_t block_offset = image->bytes[area];
    if (area == KERNEL_CONSTANTS || area == KERNEL_START_CONSTANTS)
        block_offset += image->bytes[area - 1];
    if (area <= KERNEL_START_CONSTANTS && image->bytes[area] > 0)
        return diagnose(why,
                        "the hypervisor has two segments of one kind, the second at %lx: "
                        "build it with linker.ld",
                        segment->address);
    image->segments[image->count++] = (struct kernel_segment){
        .area = area,
        .va = segment->address,
        .bytes = page_up(segment->bytes),
        .block_offset = block_offset,
        .offset = segment->offset,
        .file_bytes = segment->file_bytes,
    };
    image->bytes[area] += page_up(segment->bytes);
    return true;
}

bool kernel_image_parse(const void *file, size_t bytes, struct kernel_image *image,
                        struct diagnostic *why)
{
    struct elf64 elf;
    memset(image, 0, sizeof(*image));
    enum elf64_error error = elf64_parse(file, bytes, &elf);
    if (error)
        return diagnose(why, "the hypervisor inside the image %s: build the image again",
                        elf64_error_text(error));
    for (uint32_t i = 0; i < elf.count; i++) {
        if (!add_segment(image, &elf.segments[i], why))
            return false;
        if (i > 0 &&
            image->segments[i - 1].va + image->segments[i - 1].bytes > image->segments[i].va)
            return diagnose(why,
                            "two segments of the hypervisor share the page at %lx: build it "
                            "with linker.ld",
                            image->segments[i].va);
    }
    for (unsigned area = KERNEL_TEXT; area <= KERNEL_CPU; area++)
        if (image->bytes[area] == 0)
            return diagnose(why, "the hypervisor lacks its text, its constants, those of start-up "
                                 "or its processors' state: build it with linker.ld");
    if (image->segments[0].area != KERNEL_TEXT)
        return diagnose(why, "the hypervisor's text does not come first: build it with linker.ld");
    image->entry = elf.entry;
    return true;
}
