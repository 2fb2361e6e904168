/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot test boots: its image, and the machine that this wants. */
#include "prepare.h"
#include "tools/run/devices.h"
#include <stdio.h>
#include <string.h>

bool prepare_image(const struct spec *spec, const char *image, char *why, size_t room)
{
    char command[2048], line[512], kernel[SPEC_WORD + 64] = "";
    size_t used = 0;
    if (*spec->kernel)
        snprintf(kernel, sizeof(kernel), "--kernel build/kernel/kernel-%s-%s.elf ",
                 spec->options.kind == MACHINE_TCG ? "amd" : "intel", spec->kernel);
    snprintf(command, sizeof(command), "build/bulkhead build %s%s%s -o %s 2>&1",
             spec->options.kind == MACHINE_TCG ? "--cpu amd " : "", kernel, spec->manifest, image);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof(line), pipe))
        used += (size_t)snprintf(why + used, used < room ? room - used : 0, "%s", line);
    if (!pipe || pclose(pipe) != 0)
        return false;
    return spec_damage(spec, image, why, room);
}

/* Takes out of the image's devices what the test wants absent. */
static void remove_absent(const struct spec *spec, struct run_image *facts)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < facts->device_count; i++) {
        uint32_t pci = facts->devices[i].pci;
        char address[16];
        snprintf(address, sizeof(address), "%02x:%02x.%u", pci >> 8 & 0xff, pci >> 3 & 31, pci & 7);
        if (strcmp(spec->absent, "all") != 0 && !strstr(spec->absent, address))
            facts->devices[kept++] = facts->devices[i];
    }
    facts->device_count = kept;
}

bool prepare_devices(struct spec *spec, const char *image, struct run_image *facts)
{
    char why[512];
    if (run_image_read(image, facts))
        return false;
    remove_absent(spec, facts);
    run_image_defaults(facts, &spec->options);
    for (unsigned i = 0; i < spec->devices_used; i++)
        spec->options.extra[i] = spec->devices[i];
    if (*spec->iommu)
        spec->options.iommu = strcmp(spec->iommu, "none") == 0 ? "" : spec->iommu;
    bool possible = spec->options.kind == MACHINE_BOCHS ||
                    devices_possible(facts->devices, facts->device_count, why, sizeof(why));
    if (!possible)
        printf("    %s\n", why);
    return possible;
}
