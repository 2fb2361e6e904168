/* SPDX-License-Identifier: Apache-2.0 */
/* What a boot test boots: its image, and the machine that this wants. */
#include "prepare.h"
#include "tools/run/console.h"
#include "tools/run/devices.h"
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static bool port_is_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int on = 1, here = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = here >= 0 && setsockopt(here, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                bind(here, (void *)&address, sizeof(address)) == 0;
    if (here >= 0)
        close(here);
    return good;
}

/*
 * The way of programs on this host to the management console, by the first free port that is among
 * its names: CONSOLE_PORT tells them. False: the manifest has such names, and all are taken.
 */
static bool forward_console(const struct run_console *console, struct machine_options *options)
{
    char text[16];
    bool named = false;
    for (unsigned port = 1; port < 65536 && options->console.address; port++) {
        if (!console_has_name(console, port))
            continue;
        named = true;
        if (!port_is_free(port))
            continue;
        options->console.port = port;
        snprintf(text, sizeof(text), "%u", port);
        setenv("CONSOLE_PORT", text, 1);
        return true;
    }
    return !named;
}

bool prepare_devices(struct spec *spec, const char *image, struct run_image *facts)
{
    char why[512];
    if (run_image_read(image, facts))
        return false;
    remove_absent(spec, facts);
    run_image_defaults(facts, &spec->options);
    spec->options.console.no_random = strstr(spec->absent, "random") != NULL;
    if (!forward_console(&facts->console, &spec->options)) {
        printf("    no port that leads to its console is free\n");
        return false;
    }
    for (unsigned i = 0; i < spec->devices_used; i++)
        spec->options.extra[i] = spec->devices[i];
    unsigned files = 0;
    for (char *word = strtok(spec->beside, " "); word && files < MACHINE_BESIDE;
         word = strtok(NULL, " "))
        spec->options.beside[files++] = word;
    if (*spec->iommu)
        spec->options.iommu = strcmp(spec->iommu, "none") == 0 ? "" : spec->iommu;
    bool possible = spec->options.kind == MACHINE_BOCHS ||
                    devices_possible(facts->devices, facts->device_count, why, sizeof(why));
    if (!possible)
        printf("    %s\n", why);
    return possible;
}
