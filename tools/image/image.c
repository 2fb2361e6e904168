/* SPDX-License-Identifier: Apache-2.0 */
/* Images as `bulkhead build` makes them, from outside. */
#include "image.h"

#include "pe.h"
#include <string.h>

static struct mapped section_bytes(const struct pe *pe, const char *name)
{
    const struct pe_section *section = pe_find(pe, name);

    if (!section)
        return (struct mapped){0};
    size_t size =
        section->virtual_bytes < section->raw_bytes ? section->virtual_bytes : section->raw_bytes;
    return (struct mapped){pe->bytes + section->raw_offset, size};
}

bool image_is_pe(const void *bytes, size_t size)
{
    return size >= 2 && memcmp(bytes, "MZ", 2) == 0;
}

const char *image_open(struct arena *arena, const void *bytes, size_t size, struct image *out)
{
    struct pe pe;
    const char *complaint = pe_open(bytes, size, &pe);

    *out = (struct image){0};
    if (complaint)
        return complaint;
    struct mapped section = section_bytes(&pe, ".manif");
    if (!section.bytes)
        return "has no .manif section: it is no image of `bulkhead build`";
    out->payload = section_bytes(&pe, ".payload");
    out->kernel = section_bytes(&pe, ".kernel");
    /* Sections begin at any file offset; the reader wants an aligned manifest. */
    void *aligned = arena_take(arena, section.size + 1);
    memcpy(aligned, section.bytes, section.size);
    enum manifest_error error = manifest_open(aligned, section.size, &out->manifest);
    if (error != MANIFEST_OK)
        return manifest_error_text(error);
    return out->kernel.size > 0 ? NULL
                                : "has no .kernel section: it is no image of `bulkhead build`";
}
