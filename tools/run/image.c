/* SPDX-License-Identifier: Apache-2.0 */
/* Reading processors, memory and the owners of the ports from an image. */
#include "image.h"
#include "kernel/manifest.h"
#include "tools/image/image.h"
#include "tools/image/parts.h"
#include "tools/image/pe.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { USUAL_CPUS = 4, USUAL_MEMORY_MIB = 2048 };

static void take_devices(const struct manifest *manifest, struct run_image *out)
{
    uint32_t count;
    const struct manifest_device *device = manifest_entries(manifest, MANIFEST_DEVICES, &count);
    for (uint32_t i = 0; i < count && i < MAX_DEVICES; i++, device++) {
        struct machine_device *to = &out->devices[out->device_count++];
        *to =
            (struct machine_device){.pci = device->pci,
                                    .id = device->id,
                                    .network = device->network,
                                    .keeps = device->flags & (MANIFEST_NO_RESET | MANIFEST_SILENT)};
        snprintf(to->serial, sizeof(to->serial), "%s",
                 manifest_string(manifest, device->serial_number));
    }
}

static void take_manifest(const struct manifest *manifest, struct run_image *out)
{
    out->amd = manifest->header->cpu_vendor == MANIFEST_CPU_AMD;
    out->cpus = manifest->header->platform_cpus;
    out->memory_mib = (unsigned)(manifest->header->platform_memory >> 20);
    for (uint32_t i = 0; i < manifest->domain_count; i++) {
        uint32_t port = manifest->domains[i].serial_port;
        if (port >= 1 && port <= SERIAL_PORTS)
            memcpy(out->owners[port - 1], manifest->domains[i].name, NAME_BYTES);
        out->startable[i] =
            manifest->domains[i].manage & (MANIFEST_MAY_START | MANIFEST_MAY_RESTART);
        memcpy(out->domains[out->domain_count++], manifest->domains[i].name, NAME_BYTES);
    }
    out->holds_key = holds_server_key(manifest);
    take_devices(manifest, out);
    console_take(manifest, &out->console);
}

/* Why it is no image, or NULL. */
static const char *read_bytes(const void *bytes, size_t size, struct run_image *out)
{
    struct pe pe;
    struct manifest manifest;
    const char *complaint = pe_open(bytes, size, &pe);
    if (complaint)
        return complaint;
    const struct pe_section *section = pe_find(&pe, ".manif");
    out->survey = pe_find(&pe, PART_SURVEY_SECTION) != NULL;
    if (!section)
        return out->survey ? "is a survey, which looks at a machine and holds no manifest"
                           : "is an EFI program, but holds no manifest";
    if (!pe_find(&pe, ".kernel"))
        return "holds a manifest, but no hypervisor";
    void *copy = malloc(section->raw_bytes); /* aligned, as the reader wants it */
    if (!copy)
        return "is too large for the memory that is free";
    memcpy(copy, (const uint8_t *)bytes + section->raw_offset, section->raw_bytes);
    bool good = manifest_open(copy, section->raw_bytes, &manifest) == MANIFEST_OK;
    if (good)
        take_manifest(&manifest, out);
    free(copy);
    return good ? NULL : "holds a manifest that is damaged";
}

int run_image_read(const char *path, struct run_image *out)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    *out = (struct run_image){.cpus = 0};
    if (file < 0 || fstat(file, &status) != 0 || status.st_size == 0) {
        fprintf(stderr, "bulkhead: %s: %s\n", path, file < 0 ? strerror(errno) : "is empty");
        if (file >= 0)
            close(file);
        return -1;
    }
    size_t size = (size_t)status.st_size;
    void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (bytes == MAP_FAILED) {
        fprintf(stderr, "bulkhead: %s: %s\n", path, strerror(errno));
        return -1;
    }
    out->trouble = read_bytes(bytes, size, out);
    munmap(bytes, size);
    return 0;
}

void run_image_defaults(const struct run_image *image, struct machine_options *options)
{
    if (options->cpus == 0)
        options->cpus = image->cpus ? image->cpus : USUAL_CPUS;
    if (options->memory_mib == 0)
        options->memory_mib = image->memory_mib ? image->memory_mib : USUAL_MEMORY_MIB;
    if (!options->devices) {
        options->devices = image->devices;
        options->device_count = image->device_count;
    }
    options->console = image->console.card;
}
