/* SPDX-License-Identifier: Apache-2.0 */
/* Loader and hypervisor as `build` takes them into images. */
#include "parts.h"
#include "elf64.h"
#include "kernel/manifest.h"
#include "kernel/sha256.h"
#include "tools/tool.h"

#include <string.h>
#include <unistd.h>

const char *part_path(struct arena *arena, const char *name)
{
    char self[4096];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (length <= 0)
        return name;
    self[length] = 0;
    *strrchr(self, '/') = 0;
    const char *built = say(arena, "%s/%s", self, name);
    const char *installed = say(arena, "%s/../lib/bulkhead/%s", self, strchr(name, '/') + 1);
    return access(built, F_OK) != 0 && access(installed, F_OK) == 0 ? installed : built;
}

const char *part_file(struct arena *arena, const char *path)
{
    char folder[4096];

    return *path == '/' || !getcwd(folder, sizeof(folder)) ? path
                                                           : say(arena, "%s/%s", folder, path);
}

const char *part_kernel(struct check *check)
{
    bool amd = check->model.platform.cpu.value == MANIFEST_CPU_AMD;

    return part_path(&check->arena, amd ? "kernel/kernel-amd.elf" : "kernel/kernel-intel.elf");
}

const char *part_strip_kernel(struct arena *arena, const struct mapped *file, uint8_t **out,
                              uint64_t *bytes)
{
    enum { SHOFF = 0x28, SHENTSIZE = 0x3a, SECTION_FIELDS = 6 };
    struct elf64 elf;
    const char *remedy;
    const char *complaint = elf64_open(file->bytes, file->size, &elf, &remedy);

    if (complaint)
        return complaint;
    *bytes = elf.headers_end;
    for (uint32_t i = 0; i < elf.count; i++) {
        const struct elf64_segment *segment = &elf.segments[i];

        if (!elf64_segment_is_whole(segment, file->size))
            return "is cut off";
        if (segment->file_bytes > 0 && segment->offset + segment->file_bytes > *bytes)
            *bytes = segment->offset + segment->file_bytes;
    }
    *out = arena_take(arena, *bytes);
    memcpy(*out, file->bytes, *bytes);
    memset(*out + SHOFF, 0, 8);
    memset(*out + SHENTSIZE, 0, SECTION_FIELDS);
    return NULL;
}

/* The loader holds .kernel against the manifest, also once no device can write any more. */
void part_seal_kernel(const struct compiled *compiled, const uint8_t *kernel, uint64_t bytes)
{
    struct manifest_header *header = compiled->manifest;

    sha256(kernel, bytes, header->kernel_digest);
    manifest_digest(header, header->digest);
}

/* The first line is the format's own. Ours: component, generation, vendor, package, version, where
 * to ask. The generation grows with every fix of a hole by which an image could be misused. */
const char part_sbat[] =
    "sbat,1,SBAT Version,sbat,1,https://github.com/rhboot/shim/blob/main/SBAT.md\n"
    "bulkhead,1,Bulkhead,bulkhead," TOOL_VERSION ",see SECURITY.md of the source\n";
